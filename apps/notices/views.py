"""Notices over HTTP."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.cases.models import Case
from apps.core.downloads import private_bytes
from apps.core.transitions import TransitionError
from apps.notices import transitions
from apps.notices.kinds import notice_panel
from apps.notices.models import Notice
from apps.notices.states import NoticeStatus


@login_required
@require_safe
def document(request: HttpRequest, pk: Any) -> HttpResponse:
    """The PDF, for its parties and the department; each retrieval is in the timeline."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user).select_related("case"), pk=pk)
    if not notice.is_done:
        raise Http404
    if request.method == "GET":
        transitions.opened(notice, by=request.user)
    inline = "herunterladen" not in request.GET
    return private_bytes(
        bytes(notice.document.content),
        name=notice.filename,
        media_type="application/pdf",
        inline=inline,
    )


@login_required
@require_safe
def panel(request: HttpRequest, reference: str, side: str) -> HttpResponse:
    """The letters of a case as a fragment, asked for again and again until all are there."""
    visible = Case.objects.worked_by(request.user) if side == "amt" else Case.objects.of(request.user)
    case = get_object_or_404(visible, reference=reference)
    panels = notice_panel(request, case, side == "amt")
    if not panels:
        raise Http404
    return render(request, panels[0].template, {"panel": panels[0].context})


@login_required
@require_POST
def retry(request: HttpRequest, pk: Any) -> HttpResponse:
    """The clerk asks for another try."""
    found = Notice.objects.filter(case__in=Case.objects.worked_by(request.user))
    notice = get_object_or_404(found.select_related("case"), pk=pk, status=NoticeStatus.DEAD)
    try:
        transitions.retry(notice, by=request.user)
        messages.success(request, _("Der Bescheid wird noch einmal erstellt."))
    except TransitionError:
        messages.info(request, _("Das hat gerade schon jemand anderes getan."))
    return redirect(notice.case.staff_url)
