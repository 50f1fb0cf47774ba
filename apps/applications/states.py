"""The life of an application."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalogue.models import OutcomeType
from apps.core.transitions import Phase, Who, Workflow, by

# The kind of its cases.
KIND = "application"


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

# Which outcomes a clerk may choose, by what the service ends in.
OUTCOMES_BY_TYPE: dict[str, tuple[str, ...]] = {
    OutcomeType.PERMIT: (Status.GRANTED, Status.REJECTED),
    OutcomeType.TAX_ASSESSMENT: (Status.ASSESSED, Status.REJECTED),
    OutcomeType.CERTIFICATE: (Status.CERTIFIED, Status.REJECTED),
    OutcomeType.FORWARDED: (Status.FORWARDED,),
    OutcomeType.NONE: (Status.FORWARDED,),
}

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
