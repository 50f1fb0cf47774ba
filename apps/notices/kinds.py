"""What notices plugs in: the panel on every case page, its sweep, a tile for letters given up."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.cases.kinds import case_panels
from apps.cases.models import Case
from apps.core.sockets import Panel, Sweep, Tile, desk_tiles, sweeps
from apps.notices.models import Notice
from apps.notices.states import NoticeStatus
from apps.notices.transitions import RENDER_TASK


def _overdue(cutoff: dt.datetime) -> list[Any]:
    return list(
        Notice.objects.waiting().filter(created_at__lt=cutoff).order_by("created_at").values_list("pk", flat=True)[:500]
    )


sweeps.plug(Sweep(RENDER_TASK, _overdue))


@case_panels.plug
def notice_panel(request: HttpRequest, case: Case, staff: bool) -> list[Panel]:
    """The letters of a case, above everything else."""
    notices = list(case.notices.all())
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
