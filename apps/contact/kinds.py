"""A message to the initiative as a kind of case."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.cases import kinds
from apps.cases.audience import standing_for
from apps.cases.kinds import StatusText
from apps.cases.models import Case
from apps.contact.states import KIND, WORKFLOW, Status
from apps.contact.transitions import reply_path
from apps.core.sockets import Panel

SENTENCES = {
    Status.RECEIVED: StatusText(gettext_lazy("Ihre Nachricht ist da.")),
    Status.IN_PROGRESS: StatusText(gettext_lazy("Wir kümmern uns um Ihre Nachricht.")),
    Status.ANSWERED: StatusText(gettext_lazy("Wir haben Ihnen geantwortet.")),
    Status.CLOSED: StatusText(gettext_lazy("Diese Anfrage ist abgeschlossen.")),
}
BADGES = {Status.RECEIVED: "info", Status.IN_PROGRESS: "info", Status.ANSWERED: "success",
          Status.CLOSED: "info"}  # fmt: skip


def _panel(request: HttpRequest, case: Case) -> list[Panel]:
    return [Panel("contact/_panel.html", {"contact": case.contact}, order=35)]


def _search_text(case: Case) -> str:
    return " ".join(case.messages.values_list("body", flat=True))[:4000]


def _export(case: Case, user: User) -> dict[str, Any]:
    return {_("Nachrichten"): list(case.messages.heard_by(standing_for(case, user)).values_list("body", flat=True))}


kinds.register(
    kinds.Kind(
        key=KIND,
        label=gettext_lazy("Anfrage"),
        workflow=WORKFLOW,
        sentences=SENTENCES,
        working=Status.IN_PROGRESS,
        waiting=Status.ANSWERED,
        resumed=Status.IN_PROGRESS,
        staff_panels=_panel,
        search_text=_search_text,
        reply_path=reply_path,
        export=_export,
        badge=BADGES,
        asks_questions=False,
    )
)
