"""The verbs that make documents of notices and previews; the web server never loads them, for WeasyPrint is large."""

import hashlib
import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.cases.emails import notify
from apps.core.locks import try_lock
from apps.core.transitions import move
from apps.notices import pdf
from apps.notices.models import LetterPreview, Notice, NoticeAttempt, NoticeDocument, PreviewPage
from apps.notices.states import WORKFLOW, NoticeStatus

log = logging.getLogger(__name__)

# A letter that fails this often by an error of its own is given up and shown to the clerk.
MAX_FAILURES = 8
# A worker that dies over a letter may be killed from outside, so much more is forgiven.
MAX_INTERRUPTIONS = 60
# Somebody waits for a preview; they can ask for another one.
MAX_PREVIEW_TRIES = 3


def render(notice_id: Any) -> bool:
    """Make the document of a pending notice; True when this call made it.

    Exactly once: a lock keeps others away while it lasts, the document row is unique, and
    document and status share one commit. Whoever finds the notice done or locked does nothing.
    """
    with try_lock(f"notice:{notice_id}") as held:
        if not held:
            return False
        notice = Notice.objects.filter(pk=notice_id, status=NoticeStatus.PENDING).first()
        if notice is None or not _may_try(notice):
            return False
        attempt = NoticeAttempt.objects.create(notice=notice)
        try:
            html = pdf.letter_html(notice.template, notice.context)
            content, pages = pdf.write_pdf(html)
        except pdf.RenderError as error:
            _note_failure(notice, attempt, str(error))
            return False
        _store(notice, attempt, content, pages)
        return True


def render_preview(preview_id: Any) -> bool:
    """Make the letter of a pending preview and pictures of its pages; True when this call made it.

    Nothing is delivered and nobody is told. Words that the fonts cannot print are written down with it.
    """
    with try_lock(f"preview:{preview_id}") as held:
        preview = LetterPreview.objects.filter(pk=preview_id, status=NoticeStatus.PENDING).first() if held else None
        if preview is None:
            return False
        if preview.tries >= MAX_PREVIEW_TRIES:
            LetterPreview.objects.filter(pk=preview.pk).update(status=NoticeStatus.DEAD)
            return False
        LetterPreview.objects.filter(pk=preview.pk).update(tries=preview.tries + 1)
        try:
            content, _pages = pdf.write_pdf(pdf.letter_html(preview.template, preview.context))
            pictures = pdf.pictures(content)
        except pdf.RenderError as error:
            log.warning("preview %s not rendered (try %s): %s", preview.pk, preview.tries + 1, str(error)[:120])
            if preview.tries + 1 >= MAX_PREVIEW_TRIES:
                LetterPreview.objects.filter(pk=preview.pk).update(status=NoticeStatus.DEAD)
            return False
        with transaction.atomic():
            # Under a lock: a decision may have removed it meanwhile.
            if not LetterPreview.objects.select_for_update().filter(pk=preview.pk).exists():
                return False
            PreviewPage.objects.bulk_create(
                PreviewPage(preview=preview, number=number, picture=picture)
                for number, picture in enumerate(pictures, start=1)
            )
            LetterPreview.objects.filter(pk=preview.pk).update(
                status=NoticeStatus.DONE, content=content, unprintable=pdf.unprintable(preview.context)
            )
        return True


def _may_try(notice: Notice) -> bool:
    interrupted = notice.attempts.filter(ended_at=None).count()
    if interrupted >= MAX_INTERRUPTIONS:
        move(notice, WORKFLOW, NoticeStatus.DEAD)
        log.error("notice %s given up after %s interruptions", notice.pk, interrupted)
        return False
    return True


def _store(notice: Notice, attempt: NoticeAttempt, content: bytes, pages: int) -> None:
    digest = hashlib.sha256(content).hexdigest()
    now = timezone.now()
    with transaction.atomic():
        move(notice, WORKFLOW, NoticeStatus.DONE, changes={"sha256": digest, "done_at": now})
        NoticeDocument.objects.create(notice=notice, content=content, sha256=digest, pages=pages)
        NoticeAttempt.objects.filter(pk=attempt.pk).update(ended_at=now)
        told = notify(notice.case, "notice_ready", retrieval_ends=notice.retrieval_ends)
        # Without an address nobody can be told: then it goes by post.
        unreachable = now if told is None and not notice.by_post else None
        Notice.objects.filter(pk=notice.pk).update(notification=told, unreachable_at=unreachable)


def _note_failure(notice: Notice, attempt: NoticeAttempt, error: str) -> None:
    now = timezone.now()
    NoticeAttempt.objects.filter(pk=attempt.pk).update(ended_at=now, error=error[:120])
    failures = notice.attempts.exclude(error="").count()
    log.warning("notice %s not rendered (try %s): %s", notice.pk, failures, error[:120])
    if failures >= MAX_FAILURES:
        move(notice, WORKFLOW, NoticeStatus.DEAD)
        log.error("notice %s given up after %s failures", notice.pk, failures)
        return
    wait = timedelta(seconds=min(10 * 2**failures, 3600))
    Notice.objects.filter(pk=notice.pk).update(next_try=now + wait)
