"""Notices, their letters and deliveries, and letters that are only looked at."""

from apps.notices.models.appeals import Appeal, AppealKind
from apps.notices.models.copies import AccessibleCopy
from apps.notices.models.corrections import CorrectedFact, DeliveryCorrection
from apps.notices.models.letters import (
    HEARING,
    Delivery,
    LegalRemedy,
    Letter,
    LetterAttempt,
    LetterDocument,
    Notice,
)
from apps.notices.models.previews import LetterPreview, PreviewPage

__all__ = [
    "HEARING",
    "AccessibleCopy",
    "Appeal",
    "AppealKind",
    "CorrectedFact",
    "Delivery",
    "DeliveryCorrection",
    "LegalRemedy",
    "Letter",
    "LetterAttempt",
    "LetterDocument",
    "LetterPreview",
    "Notice",
    "PreviewPage",
]
