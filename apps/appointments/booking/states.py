"""The statuses of a booking and of a wish on the waiting list."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Who, Workflow, by


class BookingStatus(models.TextChoices):
    """A time is held while somebody types, reserved until they confirm, then theirs."""

    HELD = "held", _("gehalten")
    RESERVED = "reserved", _("Bestätigung offen")
    CONFIRMED = "confirmed", _("bestätigt")
    CANCELLED = "cancelled", _("abgesagt")
    SERVED = "served", _("bedient")
    NO_SHOW = "no_show", _("nicht erschienen")
    # A time that somebody gave back: first it is offered to those who wait, then it rests, then it is public.
    FREED = "freed", _("wird frei")
    OFFERED = "offered", _("angeboten")


# What takes a counter's time; the exclusion constraint speaks of these.
ACTIVE = (
    BookingStatus.HELD, BookingStatus.RESERVED, BookingStatus.CONFIRMED, BookingStatus.FREED, BookingStatus.OFFERED,
)  # fmt: skip
# What has an end, ``expires_at``.
LAPSING = (BookingStatus.HELD, BookingStatus.RESERVED, BookingStatus.FREED, BookingStatus.OFFERED)
# What makes way by itself at that end; an offer goes to the next in line instead.
MAKING_WAY = (BookingStatus.HELD, BookingStatus.RESERVED, BookingStatus.FREED)
# What somebody is about to confirm.
CONFIRMABLE = (BookingStatus.HELD, BookingStatus.RESERVED, BookingStatus.OFFERED)

_BOTH = (Who.PARTY, Who.STAFF)
WORKFLOW = Workflow(
    name="booking",
    states=BookingStatus,
    moves={
        # Staff hold and confirm for whoever stands at the counter.
        BookingStatus.HELD: by(Who.PARTY, BookingStatus.RESERVED) | by(_BOTH, BookingStatus.CONFIRMED),
        # Again reserved: the address was mistyped.
        BookingStatus.RESERVED: by(Who.PARTY, BookingStatus.RESERVED) | by(_BOTH, BookingStatus.CONFIRMED),
        BookingStatus.FREED: by(Who.PORTAL, BookingStatus.OFFERED),
        BookingStatus.OFFERED: by(Who.PARTY, BookingStatus.CONFIRMED),
        BookingStatus.CONFIRMED: by(_BOTH, BookingStatus.CANCELLED)
        | by((Who.STAFF, Who.PORTAL), BookingStatus.SERVED, BookingStatus.NO_SHOW),
        # They came after all.
        BookingStatus.NO_SHOW: by((Who.STAFF, Who.PORTAL), BookingStatus.SERVED),
    },
)


class BookedBy(models.TextChoices):
    """How a booking came about."""

    ONLINE = "online", _("online")
    PHONE = "phone", _("am Telefon")
    COUNTER = "counter", _("am Schalter")
    API = "api", _("über die Schnittstelle")


class CancelledBy(models.TextChoices):
    CITIZEN = "citizen", _("von der Person")
    OFFICE = "office", _("von der Stadt")
    MOVED = "moved", _("verschoben")


class WishStatus(models.TextChoices):
    """Somebody who waits for a time that others give back."""

    NEW = "new", _("Bestätigung offen")
    WAITING = "waiting", _("wartet")
    SERVED = "served", _("hat einen Termin")
    ENDED = "ended", _("beendet")


WISHES = Workflow(
    name="wish",
    states=WishStatus,
    moves={
        WishStatus.NEW: by(Who.PARTY, WishStatus.WAITING, WishStatus.ENDED),
        WishStatus.WAITING: by(Who.PARTY, WishStatus.SERVED) | by((Who.PARTY, Who.PORTAL), WishStatus.ENDED),
    },
)
