"""The spine: what a clerk works on, whichever door it came through."""

from apps.cases.models.case import PROTECTED_MINUTES, Case, CaseQuerySet, Party, PartyContact, Recusal, record
from apps.cases.models.content import Attachment, Look, Message, Note, TimelineEntry
from apps.cases.models.parties import ACCESS_TRIES, AccessCode, Consent, Hearing, Mandate
from apps.cases.models.proposals import Agreement, Proposal

__all__ = [
    "ACCESS_TRIES",
    "PROTECTED_MINUTES",
    "AccessCode",
    "Agreement",
    "Attachment",
    "Case",
    "CaseQuerySet",
    "Consent",
    "Hearing",
    "Look",
    "Mandate",
    "Message",
    "Note",
    "Party",
    "PartyContact",
    "Proposal",
    "Recusal",
    "TimelineEntry",
    "record",
]
