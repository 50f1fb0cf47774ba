"""The statuses of a booking and who may take which time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Workflow


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

WORKFLOW = Workflow(
    name="booking",
    states=BookingStatus,
    moves={
        BookingStatus.HELD: {BookingStatus.RESERVED, BookingStatus.CONFIRMED},
        # Again reserved: the address was mistyped.
        BookingStatus.RESERVED: {BookingStatus.RESERVED, BookingStatus.CONFIRMED},
        BookingStatus.FREED: {BookingStatus.OFFERED},
        BookingStatus.OFFERED: {BookingStatus.CONFIRMED},
        BookingStatus.CONFIRMED: {BookingStatus.CANCELLED, BookingStatus.SERVED, BookingStatus.NO_SHOW},
    },
)


class Audience(models.TextChoices):
    """For whom a counter is open at a time."""

    PUBLIC = "public", _("online und intern")
    INTERNAL = "internal", _("nur intern")
    WALK_IN = "walk_in", _("ohne Termin")


# Whose booking may use which opening: staff may use what the public may, never the walk-ins' time.
REACH: dict[str, tuple[str, ...]] = {
    Audience.PUBLIC: (Audience.PUBLIC,),
    Audience.INTERNAL: (Audience.PUBLIC, Audience.INTERNAL),
}


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
