"""What notices plugs in: the panel on every case page, its sweep, a tile for letters given up."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.cases.kinds import case_exports, case_panels
from apps.cases.models import Case
from apps.cases.states import Delivery
from apps.core.kinds import days
from apps.core.retention import delete_each
from apps.core.sockets import (
    Panel,
    RetentionRule,
    Sweep,
    Tile,
    closings,
    desk_tiles,
    export_files,
    mail_fates,
    retention_rules,
    staff_urls,
    sweeps,
)
from apps.notices.models import LetterPreview, Notice
from apps.notices.states import NoticeStatus
from apps.notices.transitions import PREVIEW_TASK, RENDER_TASK, told


def _overdue(cutoff: dt.datetime) -> list[Any]:
    return list(
        Notice.objects.waiting().filter(created_at__lt=cutoff).order_by("created_at").values_list("pk", flat=True)[:500]
    )


def _overdue_previews(cutoff: dt.datetime) -> list[Any]:
    waiting = LetterPreview.objects.filter(status=NoticeStatus.PENDING, created_at__lt=cutoff).exclude(template="")
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])


def _old_previews(now: dt.datetime) -> QuerySet[LetterPreview]:
    return LetterPreview.objects.filter(created_at__lt=now - days("previews"))


sweeps.plug(Sweep(RENDER_TASK, _overdue))
sweeps.plug(Sweep(PREVIEW_TASK, _overdue_previews))
retention_rules.plug(RetentionRule("previews", "Vorschauen von Bescheiden", _old_previews, delete_each))
mail_fates.plug(told)


@case_panels.plug
def notice_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The letters of a case, above everything else."""
    notices = list(case.notices.select_related("notification"))
    if not notices:
        return []
    return [
        Panel(
            "notices/_panel.html",
            {"notices": notices, "case": case, "staff": staff,
             "pending": any(n.is_pending for n in notices)},
            order=10,
        )
    ]  # fmt: skip


@desk_tiles.plug
def given_up(request: HttpRequest) -> list[Tile]:
    """Letters that could not be made: shown only when there are any."""
    dead = Notice.objects.visible_to(request.user).filter(status=NoticeStatus.DEAD)
    count = dead.count()
    if not count:
        return []
    url = reverse("admin:queue") + "?list=dead_notices"
    return [Tile(_("Bescheide mit Fehler"), count, url, urgent=True)]


@desk_tiles.plug
def outbox_tile(request: HttpRequest) -> list[Tile]:
    """Letters for the post; one that waits for more than a day is urgent."""
    mine = Notice.objects.filter(case__in=Case.objects.worked_by(request.user)).to_post()
    count = mine.count()
    if not count:
        return []
    late = mine.filter(done_at__lt=timezone.now() - dt.timedelta(days=1)).exists()
    return [Tile(_("Noch zu versenden"), count, reverse("admin:outbox"), urgent=late)]


@case_exports.plug
def export_notices(case: Case) -> dict[str, Any]:
    """The letters of a case: what they decide, when they were there, how they came."""
    return {
        _("Bescheide"): [
            {_("Titel"): n.title, _("Ergebnis"): n.result, _("Erstellt"): n.done_at.isoformat() if n.done_at else "",
             _("Zustellung"): str(n.get_delivery_display()), _("Adresse"): settings.SITE_URL + n.get_absolute_url()}
            for n in case.notices.all()
        ]
    }  # fmt: skip


@export_files.plug
def letters_of_cases(user: Any) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Letters that are known to the person. Taking one along that was never opened would be its retrieval."""
    found = Notice.objects.filter(case__in=Case.objects.of(user), status=NoticeStatus.DONE)
    known = found.exclude(opened_at=None, posted_on=None)
    for notice in known.select_related("case", "document").order_by("case", "number").iterator(chunk_size=10):
        yield f"{notice.case.reference}/{notice.filename}", [bytes(notice.document.content)]


@closings.plug
def unread_letters_by_post(user: Any) -> None:
    """Who closes the account gets by post what was not fetched."""
    unread = Notice.objects.filter(case__in=Case.objects.of(user), opened_at=None, delivery=Delivery.PORTAL)
    unread.update(delivery=Delivery.POST)


def _staff_urls() -> list[Any]:
    # Here and not above: the views need the panel of this module.
    from apps.notices import views

    return [path("postausgang/", views.outbox, name="outbox")]


staff_urls.plug(_staff_urls)
