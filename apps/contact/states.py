"""The life of a message to the city."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Phase, Workflow


class Status(models.TextChoices):
    RECEIVED = "received", _("Eingegangen")
    IN_PROGRESS = "in_progress", _("In Bearbeitung")
    ANSWERED = "answered", _("Beantwortet")
    CLOSED = "closed", _("Abgeschlossen")


class Topic(models.TextChoices):
    INITIATIVE = "initiative", _("#WolfsburgDigital")
    BARRIER = "barrier", _("Barriere gemeldet")


WORKFLOW = Workflow(
    name="contact",
    states=Status,
    moves={
        Status.RECEIVED: {Status.IN_PROGRESS, Status.ANSWERED, Status.CLOSED},
        Status.IN_PROGRESS: {Status.ANSWERED, Status.CLOSED},
        # A second answer keeps the status; a reply brings the case back.
        Status.ANSWERED: {Status.ANSWERED, Status.IN_PROGRESS, Status.CLOSED},
    },
    phases={
        Status.RECEIVED: Phase.NEW,
        Status.IN_PROGRESS: Phase.WORKING,
        Status.ANSWERED: Phase.WAITING,
        Status.CLOSED: Phase.CLOSED,
    },
)
