"""A notice's life: created with the decision, tried again, opened by its parties.

Making its document is in rendering.py, which only workers load.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.cases.models import Case, record
from apps.cases.states import Act
from apps.core import bell
from apps.core.transitions import move
from apps.notices.models import Notice
from apps.notices.states import WORKFLOW, NoticeStatus

RENDER_TASK = "notices.render"
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
    )
    record(case, Act.NOTICE_CREATED, by=by, public=False, title=title)
    bell.ring(RENDER_TASK, notice.pk)
    return notice


def retry(notice: Notice, *, by: Any) -> None:
    """Try a given-up notice again; the clerk has asked for it."""
    with transaction.atomic():
        notice.attempts.all().delete()
        move(notice, WORKFLOW, NoticeStatus.PENDING, by=by, changes={"next_try": timezone.now()})
        bell.ring(RENDER_TASK, notice.pk)


def opened(notice: Notice, *, by: Any) -> None:
    """Write down that somebody has fetched the document."""
    record(notice.case, Act.NOTICE_OPENED, by=by, public=not by.is_staff, title=notice.title)
