"""Applications as a kind of case."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.applications.reading import read_by, searched, shared
from apps.applications.states import KIND, WORKFLOW, Status
from apps.applications.transitions import files_of
from apps.cases import kinds
from apps.cases.kinds import StatusText
from apps.cases.models import Case
from apps.core.sockets import Panel
from apps.formbuilder.summary import Line

SENTENCES = {
    Status.SUBMITTED: StatusText(_("Ihr Antrag ist da."), _("Wir sehen ihn uns an. Sie müssen jetzt nichts tun.")),
    Status.IN_REVIEW: StatusText(_("Wir bearbeiten Ihren Antrag."), _("Sie müssen jetzt nichts tun.")),
    Status.QUESTION: StatusText(
        _("Wir haben eine Frage an Sie."), _("Bitte antworten Sie hier. Danach geht es weiter."), badge="warning"
    ),
    Status.GRANTED: StatusText(_("Ihr Antrag ist genehmigt."), badge="success"),
    Status.REJECTED: StatusText(
        _("Ihr Antrag ist abgelehnt."),
        _("Im Bescheid stehen die Gründe und was Sie dagegen tun können."),
        badge="danger",
    ),
    Status.ASSESSED: StatusText(
        _("Die Abgabe ist festgesetzt."),
        _("Im Bescheid stehen der Betrag und die Zahlungstermine."),
        badge="success",
    ),
    Status.CERTIFIED: StatusText(_("Ihre Bescheinigung ist ausgestellt."), badge="success"),
    Status.FORWARDED: StatusText(
        _("Wir haben Ihren Antrag an die zuständige Behörde weitergegeben."), _("Von dort erhalten Sie Nachricht.")
    ),
    Status.WITHDRAWN: StatusText(_("Sie haben Ihren Antrag zurückgezogen.")),
}


def _answers(request: HttpRequest, case: Case, *, staff: bool) -> list[Panel]:
    summary = read_by(case, request.user, staff=staff)
    if not summary:
        return []
    context = {"summary": summary, "files": files_of(case.application), "case": case, "staff": staff}
    return [Panel("applications/_answers.html", context, order=40)]


def _shared(request: HttpRequest, case: Case) -> list[Panel]:
    summary = shared(case.application)
    return [Panel("applications/_shared.html", {"summary": summary}, order=40)] if summary else []


def _export(case: Case, user: User) -> dict[str, Any]:
    return {
        step.title: _told(step.lines) | {block.title: _told(block.lines) for block in step.blocks}
        for step in read_by(case, user, staff=False)
    }


def _told(lines: list[Line]) -> dict[str, str]:
    return {line.label: line.value for line in lines}


kinds.register(
    kinds.Kind(
        key=KIND,
        label=_("Antrag"),
        workflow=WORKFLOW,
        sentences=SENTENCES,
        working=Status.IN_REVIEW,
        waiting=Status.QUESTION,
        resumed=Status.IN_REVIEW,
        staff_panels=lambda request, case: _answers(request, case, staff=True),
        citizen_panels=lambda request, case: _answers(request, case, staff=False),
        shared_panels=_shared,
        search_text=searched,
        export=_export,
        has_letters=True,
    )
)
