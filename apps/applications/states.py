"""The life of an application."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.transitions import Phase, Who, Workflow, by


class Status(models.TextChoices):
    SUBMITTED = "submitted", _("Eingegangen")
    IN_REVIEW = "in_review", _("In Bearbeitung")
    QUESTION = "question", _("Rückfrage offen")
    GRANTED = "granted", _("Erteilt")
    REJECTED = "rejected", _("Abgelehnt")
    ASSESSED = "assessed", _("Festgesetzt")
    CERTIFIED = "certified", _("Bescheinigt")
    FORWARDED = "forwarded", _("An andere Behörde weitergegeben")
    WITHDRAWN = "withdrawn", _("Zurückgezogen")


class Together(models.TextChoices):
    """Why several parties may get one letter."""

    SPOUSES = (
        "spouses",
        _("Eheleute, Lebenspartner oder Eltern mit ihren Kindern unter einer Anschrift (§ 122 Abs. 7 AO)"),
    )
    CONSENT = "consent", _("Alle haben zugestimmt (§ 122 Abs. 6 AO)")


OUTCOMES = {Status.GRANTED, Status.REJECTED, Status.ASSESSED, Status.CERTIFIED, Status.FORWARDED}

WORKFLOW = Workflow(
    name="application",
    states=Status,
    moves={
        Status.SUBMITTED: by(Who.STAFF, Status.IN_REVIEW, Status.QUESTION, *OUTCOMES) | by(Who.PARTY, Status.WITHDRAWN),
        Status.IN_REVIEW: by(Who.STAFF, Status.QUESTION, *OUTCOMES) | by(Who.PARTY, Status.WITHDRAWN),
        # An unanswered question does not keep the city from deciding.
        Status.QUESTION: by(Who.PARTY, Status.IN_REVIEW, Status.WITHDRAWN) | by(Who.STAFF, *OUTCOMES),
    },
    phases={
        Status.SUBMITTED: Phase.NEW,
        Status.IN_REVIEW: Phase.WORKING,
        Status.QUESTION: Phase.WAITING,
        Status.GRANTED: Phase.DECIDED,
        Status.REJECTED: Phase.DECIDED,
        Status.ASSESSED: Phase.DECIDED,
        Status.CERTIFIED: Phase.DECIDED,
        Status.FORWARDED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.CLOSED,
    },
)
