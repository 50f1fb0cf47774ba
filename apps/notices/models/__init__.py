"""Notices, their letters and deliveries, and letters that are only looked at."""

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
    "Delivery",
    "LegalRemedy",
    "Letter",
    "LetterAttempt",
    "LetterDocument",
    "LetterPreview",
    "Notice",
    "PreviewPage",
]
