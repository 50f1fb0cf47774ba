"""Whether a letter is one of ours, for whoever holds it: nothing of what it says is told."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from apps.core.references import CHECK_CODES
from apps.notices.models import HEARING, Delivery, Letter, LetterDocument
from apps.notices.states import NoticeStatus


@dataclass(frozen=True)
class FileFinding:
    """What a file is that somebody holds beside a letter: the one that was issued, and what its seal says."""

    unchanged: bool
    sealed: bool = False
    seal_valid: bool = False
    signer: str = ""


def letter_of(code: str) -> Letter | None:
    """The issued letter with a check code, as people type it; None if there is none (any more)."""
    normalised = CHECK_CODES.normalise(code)
    if normalised is None:
        return None
    found = Letter.objects.filter(check_code=normalised, status=NoticeStatus.DONE)
    return found.defer("context").select_related("notice").first()


def is_replaced(letter: Letter) -> bool:
    """Whether another letter has taken the place of this one: written again to the same people, or decided anew.

    Only one that has gone out: what its addressees do not know yet has no effect (§ 43 Abs. 1 VwVfG).
    """
    out = Delivery.objects.exclude(posted_on=None, notified_on=None, opened_at=None)
    if out.filter(instead_of__letter=letter).exists():
        return True
    newer = out.filter(letter__notice__case=letter.notice.case_id, letter__notice__number__gt=letter.notice.number)
    return letter.template != HEARING and newer.exclude(letter__template=HEARING).exists()


def look_at(letter: Letter, chunks: Iterable[bytes]) -> FileFinding:
    """Compare a file, which is not kept, with the document of a letter. Only our own document is ever parsed."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    if digest.hexdigest() != letter.sha256:
        return FileFinding(unchanged=False)
    return _what_its_seal_says(letter.pk)


@lru_cache(maxsize=256)
def _what_its_seal_says(letter_id: UUID) -> FileFinding:
    """Of the document of a letter, which never changes: asked once in a process."""
    from apps.notices.seal import verdict_on  # pyHanko takes a second to load, and few ask

    verdict = verdict_on(bytes(LetterDocument.objects.get(letter=letter_id).content))
    return FileFinding(True, verdict.sealed, verdict.valid, verdict.signer)
