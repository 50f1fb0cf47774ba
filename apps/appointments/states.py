"""The statuses of a booking and who may take which time."""

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


class TicketStatus(models.TextChoices):
    """Somebody who is there: waiting, called to a counter, served."""

    WAITING = "waiting", _("wartet")
    CALLED = "called", _("aufgerufen")
    SERVING = "serving", _("wird bedient")
    DONE = "done", _("bedient")
    NO_SHOW = "no_show", _("nicht erschienen")
    LEFT = "left", _("Nummer zurückgegeben")


# At a counter: one at a time.
AT_COUNTER = (TicketStatus.CALLED, TicketStatus.SERVING)

TICKETS = Workflow(
    name="ticket",
    states=TicketStatus,
    moves={
        # Whoever has drawn it goes, their appointment is gone, or the day is over.
        TicketStatus.WAITING: by(Who.STAFF, TicketStatus.CALLED) | by((Who.PARTY, Who.PORTAL), TicketStatus.LEFT),
        # Back to waiting: for another counter. Done by itself: what was forgotten the day before.
        TicketStatus.CALLED: by(Who.STAFF, TicketStatus.SERVING, TicketStatus.NO_SHOW, TicketStatus.WAITING)
        | by((Who.STAFF, Who.PORTAL), TicketStatus.DONE),
        TicketStatus.SERVING: by(Who.STAFF, TicketStatus.WAITING) | by((Who.STAFF, Who.PORTAL), TicketStatus.DONE),
        # They came after all.
        TicketStatus.NO_SHOW: by(Who.STAFF, TicketStatus.WAITING),
    },
)


class Source(models.TextChoices):
    """Where a number was drawn, or somebody said that they are there."""

    HOME = "home", _("von unterwegs")
    TERMINAL = "terminal", _("am Terminal")
    DESK = "desk", _("am Empfang")


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
