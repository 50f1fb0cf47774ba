"""The statuses of a number, and where it was drawn."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Who, Workflow, by


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
