"""The verbs that make documents of letters and previews; the web server never loads them, for WeasyPrint is large."""

import hashlib
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.utils import timezone

from apps.accounts.models import LetterForm
from apps.cases.addressee import addressee_at
from apps.cases.emails import mail_to
from apps.cases.states import Way
from apps.core.locks import try_lock
from apps.core.transitions import TransitionConflict, Who, move
from apps.notices import pdf, printing, seal
from apps.notices.braille import BrailleError, brf
from apps.notices.copies import as_wished
from apps.notices.models import (
    AccessibleCopy,
    Delivery,
    Letter,
    LetterAttempt,
    LetterDocument,
    LetterPreview,
    PreviewPage,
)
from apps.notices.reading import lines_of
from apps.notices.states import WORKFLOW, NoticeStatus

log = logging.getLogger(__name__)

# A letter that fails this often by an error of its own is given up and shown to the clerk.
MAX_FAILURES = 8
# A worker that dies over a letter may be killed from outside, so much more is forgiven.
MAX_INTERRUPTIONS = 60
# How errors of the seal begin, and those of a database that cannot take the document; they are counted apart.
SEAL, STORE = "seal: ", "store: "
AWAY = Q(error__startswith=SEAL) | Q(error__startswith=STORE)
# What a preview prints where the letter will have its code.
NO_CODE_YET = "XXXX-XXXX-XXXX-XXXX-XXXX"
# Somebody waits for a preview; they can ask for another one.
MAX_PREVIEW_TRIES = 3


def render(letter_id: Any) -> bool:
    """Make the document of a pending letter; True when this call made it.

    Exactly once: a lock keeps others away while it lasts, the document row is unique, and
    document and status share one commit. Whoever finds the letter done or locked does nothing.
    """
    with try_lock(f"letter:{letter_id}") as held:
        if not held:
            return False
        # With all that is asked of it below.
        letters = Letter.objects.select_related("notice__case__service")
        letter = letters.filter(pk=letter_id, status=NoticeStatus.PENDING).first()
        if letter is None or not _may_try(letter):
            return False
        attempt = LetterAttempt.objects.create(letter=letter)
        try:
            signer = seal.signer()
            content, pages = drawn(letter, signer)
            if signer is not None:
                content = signer.sealed(content)
        except pdf.RenderError as error:
            _note_failure(letter, attempt, str(error), most=MAX_FAILURES)
            return False
        except seal.SealError as error:
            # A token or a server that is away for days is no fault of the letter: it waits.
            _note_failure(letter, attempt, f"{SEAL}{error}", most=None)
            return False
        try:
            _store(letter, attempt, content, pages)
        except OperationalError as error:
            # A disk that is full, say: what has gone with the connection is counted as an interruption.
            _note_failure(letter, attempt, f"{STORE}{type(error).__name__}", most=None)
            return False
        except DatabaseError as error:
            # As it is in the database again.
            letter.refresh_from_db(fields=["status"])
            _note_failure(letter, attempt, type(error).__name__, most=MAX_FAILURES)
            return False
        return True


def drawn(letter: Letter, signer: seal.Signer | None) -> tuple[bytes, int]:
    """The document of a letter without its seal: the same bytes whenever it is drawn, and the number of pages."""
    return pdf.letter_pdf(
        letter.template, letter.context, letter.created_at,
        check_code=letter.check_code, seal=signer.name if signer is not None else "",
    )  # fmt: skip


def render_copy(copy_id: Any) -> bool:
    """Make a finished letter in another form; True when this call made it."""
    with try_lock(f"copy:{copy_id}") as held:
        copy = AccessibleCopy.objects.waiting().filter(pk=copy_id).first() if held else None
        if copy is None:
            return False
        if copy.tries >= MAX_FAILURES:
            # It has killed its worker each time, or failed.
            with suppress(TransitionConflict):
                move(copy, WORKFLOW, NoticeStatus.DEAD, who=Who.PORTAL)
            return False
        tries = copy.tries + 1
        wait = timedelta(seconds=10 * 2**tries)
        AccessibleCopy.objects.filter(pk=copy.pk).update(tries=tries, next_try=timezone.now() + wait)
        try:
            content = _in_form(LetterForm(copy.form), copy.delivery.letter)
        except (pdf.RenderError, BrailleError) as error:
            log.warning("copy %s not made (try %s): %s", copy.pk, tries, str(error)[:120])
            return False
        with suppress(TransitionConflict):
            move(copy, WORKFLOW, NoticeStatus.DONE, who=Who.PORTAL, changes={"content": content})
        return True


def _in_form(form: LetterForm, letter: Letter) -> bytes:
    if form == LetterForm.LARGE_PRINT:
        return pdf.letter_pdf(
            letter.template, letter.context, letter.created_at, check_code=None, edition="large-print"
        )[0]
    lines = lines_of(pdf.letter_html(letter.template, letter.context | {"edition": form.value}))
    if form == LetterForm.READ_ALOUD:
        return ("\n".join(lines).strip() + "\n").encode()
    return brf(lines, contracted=form == LetterForm.BRAILLE_CONTRACTED)


def render_preview(preview_id: Any) -> bool:
    """Make the letters of a pending preview and pictures of their pages; True when this call made it.

    Nothing is delivered and nobody is told. Words that the fonts cannot print are written down with it.
    """
    with try_lock(f"preview:{preview_id}") as held:
        preview = LetterPreview.objects.filter(pk=preview_id, status=NoticeStatus.PENDING).first() if held else None
        if preview is None:
            return False
        if preview.tries >= MAX_PREVIEW_TRIES:
            _give_up(preview)
            return False
        LetterPreview.objects.filter(pk=preview.pk).update(tries=preview.tries + 1)
        try:
            made = [
                pdf.letter_pdf(preview.template, letter, preview.created_at, check_code=NO_CODE_YET)[0]
                for letter in preview.letters
            ]
            pictures = [(number, p) for number, content in enumerate(made, start=1) for p in pdf.pictures(content)]
        except pdf.RenderError as error:
            log.warning("preview %s not rendered (try %s): %s", preview.pk, preview.tries + 1, str(error)[:120])
            if preview.tries + 1 >= MAX_PREVIEW_TRIES:
                _give_up(preview)
            return False
        with transaction.atomic():
            # Under a lock: a decision may have removed it meanwhile.
            if not LetterPreview.objects.select_for_update().filter(pk=preview.pk).exists():
                return False
            PreviewPage.objects.bulk_create(
                PreviewPage(preview=preview, number=number, letter=letter, picture=picture)
                for number, (letter, picture) in enumerate(pictures, start=1)
            )
            changes = {
                "content": made[0] if len(made) == 1 else printing.one_file(made),
                "unprintable": pdf.unprintable(preview.letters),
            }
            move(preview, WORKFLOW, NoticeStatus.DONE, who=Who.PORTAL, changes=changes)
        return True


def _give_up(preview: LetterPreview) -> None:
    # A decision may have removed it meanwhile.
    with suppress(TransitionConflict):
        move(preview, WORKFLOW, NoticeStatus.DEAD, who=Who.PORTAL)


def _may_try(letter: Letter) -> bool:
    interrupted = letter.attempts.filter(ended_at=None).count()
    if interrupted >= MAX_INTERRUPTIONS:
        move(letter, WORKFLOW, NoticeStatus.DEAD, who=Who.PORTAL)
        log.error("letter %s given up after %s interruptions", letter.pk, interrupted)
        return False
    return True


def _store(letter: Letter, attempt: LetterAttempt, content: bytes, pages: int) -> None:
    digest = hashlib.sha256(content).hexdigest()
    at = timezone.now()
    with transaction.atomic():
        # As they are now, once for the timeline and for those who are told.
        worth = Delivery.objects.worth_sending().filter(pk=OuterRef("pk"))
        now = Delivery.objects.select_related("principal", "party").prefetch_related("also_to")
        prefetch_related_objects([letter], Prefetch("deliveries", now.annotate(is_worth_sending=Exists(worth))))
        deliveries: list[Any] = list(letter.deliveries.all())
        move(letter, WORKFLOW, NoticeStatus.DONE, who=Who.PORTAL, changes={"sha256": digest, "done_at": at})
        LetterDocument.objects.create(letter=letter, content=content, sha256=digest, pages=pages)
        LetterAttempt.objects.filter(pk=attempt.pk).update(ended_at=at)
        for delivery in deliveries:
            _tell(delivery, worth_sending=delivery.is_worth_sending)


def _tell(delivery: Delivery, *, worth_sending: bool) -> None:
    addressee = addressee_at(delivery.principal, delivery.party)
    if not delivery.by_post and addressee.way != Way.PORTAL:
        # Taken back since it was decided, or the account was closed.
        delivery.way = Way.POST
        Delivery.objects.filter(pk=delivery.pk).update(way=Way.POST)
    if not worth_sending:
        return
    as_wished(delivery, addressee)
    told = None
    # Whoever has only shown that they read a mailbox cannot fetch it.
    if addressee.email and not delivery.party.by_mail_only:
        template = "hearing_ready" if delivery.letter.is_hearing else "notice_ready"
        told = mail_to(addressee, delivery.notice.case, template, retrieval_ends=delivery.retrieval_ends)
    # Without an address nobody can be told: then it goes by post.
    unreachable = timezone.now() if told is None and not delivery.by_post else None
    Delivery.objects.filter(pk=delivery.pk).update(notification=told, unreachable_at=unreachable)


def _note_failure(letter: Letter, attempt: LetterAttempt, error: str, *, most: int | None) -> None:
    now = timezone.now()
    LetterAttempt.objects.filter(pk=attempt.pk).update(ended_at=now, error=error[:120])
    failures = letter.attempts.exclude(error="").filter(AWAY if most is None else ~AWAY).count()
    log.warning("letter %s not rendered (try %s): %s", letter.pk, failures, error[:120])
    if most is not None and failures >= most:
        move(letter, WORKFLOW, NoticeStatus.DEAD, who=Who.PORTAL)
        log.error("letter %s given up after %s failures", letter.pk, failures)
        return
    wait = timedelta(seconds=min(10 * 2 ** min(failures, 9), 3600))
    Letter.objects.filter(pk=letter.pk).update(next_try=now + wait)
