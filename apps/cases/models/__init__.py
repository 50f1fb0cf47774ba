"""The spine: what a clerk works on, whichever door it came through."""

from apps.cases.models.case import DUE_SOON_DAYS, Case, CaseQuerySet, Party, Recusal, record
from apps.cases.models.content import Attachment, Message, Note, TimelineEntry

__all__ = [
    "DUE_SOON_DAYS",
    "Attachment",
    "Case",
    "CaseQuerySet",
    "Message",
    "Note",
    "Party",
    "Recusal",
    "TimelineEntry",
    "record",
]
