"""The life of a message to the city."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Phase, Who, Workflow, by

# The kind of its cases.
KIND = "contact"


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
        Status.RECEIVED: by(Who.STAFF, Status.IN_PROGRESS, Status.ANSWERED, Status.CLOSED),
        Status.IN_PROGRESS: by(Who.STAFF, Status.ANSWERED, Status.CLOSED),
        # A second answer keeps the status; a reply brings the case back; what stays quiet is closed.
        Status.ANSWERED: by(Who.STAFF, Status.ANSWERED)
        | by(Who.PARTY, Status.IN_PROGRESS)
        | by((Who.STAFF, Who.PORTAL), Status.CLOSED),
    },
    phases={
        Status.RECEIVED: Phase.NEW,
        Status.IN_PROGRESS: Phase.WORKING,
        Status.ANSWERED: Phase.WAITING,
        Status.CLOSED: Phase.CLOSED,
    },
)
