"""Applications as a kind of case."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

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
    Status.SUBMITTED: StatusText(
        gettext_lazy("Ihr Antrag ist da."),
        gettext_lazy("Wir sehen ihn uns an. Sie müssen jetzt nichts tun."),
    ),
    Status.IN_REVIEW: StatusText(
        gettext_lazy("Wir bearbeiten Ihren Antrag."), gettext_lazy("Sie müssen jetzt nichts tun.")
    ),
    Status.QUESTION: StatusText(
        gettext_lazy("Wir haben eine Frage an Sie."),
        gettext_lazy("Bitte antworten Sie hier. Danach geht es weiter."),
    ),
    Status.GRANTED: StatusText(gettext_lazy("Ihr Antrag ist genehmigt.")),
    Status.REJECTED: StatusText(
        gettext_lazy("Ihr Antrag ist abgelehnt."),
        gettext_lazy("Im Bescheid stehen die Gründe und was Sie dagegen tun können."),
    ),
    Status.ASSESSED: StatusText(
        gettext_lazy("Die Abgabe ist festgesetzt."),
        gettext_lazy("Im Bescheid stehen der Betrag und die Zahlungstermine."),
    ),
    Status.CERTIFIED: StatusText(gettext_lazy("Ihre Bescheinigung ist ausgestellt.")),
    Status.FORWARDED: StatusText(
        gettext_lazy("Wir haben Ihren Antrag an die zuständige Behörde weitergegeben."),
        gettext_lazy("Von dort erhalten Sie Nachricht."),
    ),
    Status.WITHDRAWN: StatusText(gettext_lazy("Sie haben Ihren Antrag zurückgezogen.")),
}
BADGES = {
    Status.SUBMITTED: "info", Status.IN_REVIEW: "info", Status.QUESTION: "warning",
    Status.GRANTED: "success", Status.ASSESSED: "success", Status.CERTIFIED: "success",
    Status.REJECTED: "danger", Status.FORWARDED: "info", Status.WITHDRAWN: "info",
}  # fmt: skip


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
        label=gettext_lazy("Antrag"),
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
        badge=BADGES,
        has_letters=True,
    )
)
