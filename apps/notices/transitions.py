"""A notice's life: created with the decision, tried again, opened by its parties.

Making its document is in rendering.py, which only workers load.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from apps.cases.addressee import addressee_of
from apps.cases.models import Case, record
from apps.cases.states import Act, Delivery
from apps.core import bell
from apps.core.business_calendar import next_working_day
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.transitions import TransitionError, move
from apps.notices.models import LetterPreview, Notice
from apps.notices.states import WORKFLOW, NoticeStatus

RENDER_TASK = "notices.render"
PREVIEW_TASK = "notices.preview"
# How long a letter waits to be fetched (§ 41 Abs. 2a Satz 4 VwVfG); AO and SGB X know no such end.
RETRIEVAL_DAYS = 10
# Before that nothing can have come back.
MAIL_IS_OUT = Q(notification=None) | Q(notification__status=EmailStatus.SENT)
TEMPLATE_VERSION = 1


def create_notice(
    case: Case, *, template: str, title: str, result: dict[str, str], context: dict[str, Any], by: Any
) -> Notice:
    """Write the notice in the caller's transaction and ring for its rendering after the commit.

    ``context`` is frozen: whatever changes later, the letter stays what was decided.
    """
    last = case.notices.aggregate(last=Max("number"))["last"] or 0
    notice = Notice.objects.create(
        case=case,
        number=last + 1,
        title=title,
        result_de=result["de"],
        result_en=result["en"],
        template=template,
        template_version=TEMPLATE_VERSION,
        context=context,
        decided_by=by,
        delivery=addressee_of(case).delivery,
    )
    record(case, Act.NOTICE_CREATED, by=by, public=False, title=title)
    bell.ring(RENDER_TASK, notice.pk)
    return notice


def preview_letter(
    case: Case, *, template: str, context: dict[str, Any], typed: dict[str, list[str]], by: Any
) -> LetterPreview:
    """Let a worker make the letter that a decision would send, to be looked at; nothing else happens.

    ``template`` is empty for a decision without a letter. ``typed`` is what the decision was made from, by name of the field. The clerk's earlier previews of the case go.
    """
    with transaction.atomic():
        case.previews.filter(made_by=by).delete()
        preview = LetterPreview.objects.create(case=case, made_by=by, typed=typed, template=template, context=context)
        if template:
            bell.ring(PREVIEW_TASK, preview.pk)
    return preview


def retry(notice: Notice, *, by: Any) -> None:
    """Try a given-up notice again; the clerk has asked for it."""
    with transaction.atomic():
        notice.attempts.all().delete()
        move(notice, WORKFLOW, NoticeStatus.PENDING, by=by, changes={"next_try": timezone.now()})
        bell.ring(RENDER_TASK, notice.pk)


def opened(notice: Notice, *, by: Any) -> None:
    """Write down that somebody has fetched the document; the citizen's first time counts (§ 41 Abs. 2a VwVfG)."""
    if by.pk == notice.case.applicant_id:
        Notice.objects.filter(pk=notice.pk, opened_at=None).update(opened_at=timezone.now())
    record(notice.case, Act.NOTICE_OPENED, by=by, public=not by.is_staff, title=notice.title)


def told(email: OutgoingEmail, status: str) -> None:
    """What became of the mail that a letter can be fetched (plugged into ``mail_fates``).

    Sent, it begins the ten days of § 41 Abs. 2a Satz 4 VwVfG: the first is the day after it (§ 187 Abs. 1 BGB), and the
    last one a working day (§ 31 Abs. 3 VwVfG). When it reaches nobody, the letter goes by post.
    """
    for notice in Notice.objects.filter(notification=email, opened_at=None, posted_on=None).select_related(
        "case__service"
    ):
        changes: dict[str, Any] = {"unreachable_at": timezone.now()}
        if status == EmailStatus.SENT:
            sent_on = timezone.localdate(email.sent_at or timezone.now())
            last = next_working_day(sent_on + dt.timedelta(days=RETRIEVAL_DAYS)) if notice.retrieval_ends else None
            changes = {"unreachable_at": None, "available_until": last}
        elif notice.by_post:
            continue
        Notice.objects.filter(pk=notice.pk).update(**changes)


def came_back(notice: Notice, *, by: Any) -> None:
    """A clerk has learned that the mail reached nobody, though it was sent: the letter goes by post.

    Raises TransitionError when there is nothing (more) to stop.
    """
    with transaction.atomic():
        unheard = Notice.objects.filter(
            MAIL_IS_OUT, pk=notice.pk, status=NoticeStatus.DONE, delivery=Delivery.PORTAL, opened_at=None, posted_on=None,
            unreachable_at=None,
        )  # fmt: skip
        if unheard.update(unreachable_at=timezone.now()) != 1:
            raise TransitionError("it was fetched, posted or stopped before")
        record(notice.case, Act.EMAIL_BACK, by=by, public=False, title=notice.title)


def posted(notices: Iterable[Notice], *, on: dt.date, by: Any) -> int:
    """Write down that letters were given to the post on a day; returns how many that was news for.

    The day begins the period after which a letter counts as known (§ 41 Abs. 2 VwVfG, § 122 Abs. 2 AO).
    """
    count = 0
    for notice in notices:
        with transaction.atomic():
            waiting = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.DONE, posted_on=None)
            if waiting.update(posted_on=on, posted_by=by):
                record(notice.case, Act.NOTICE_POSTED, by=by, title=notice.title, on=on.isoformat())
                count += 1
    return count
