"""What contact registers: the kind, the door on the home page, retention, export."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases import kinds
from apps.cases.acts import CaseAct, register
from apps.cases.audience import standing_for
from apps.cases.kinds import StatusText
from apps.cases.models import Case
from apps.contact import staff_views
from apps.contact.states import WORKFLOW, Status
from apps.contact.transitions import KIND, reply_path
from apps.core import sockets
from apps.core.kinds import days
from apps.core.retention import delete_each
from apps.core.sockets import Door, Panel, RetentionRule

SENTENCES = {
    Status.RECEIVED: StatusText(gettext_lazy("Ihre Nachricht ist da.")),
    Status.IN_PROGRESS: StatusText(gettext_lazy("Wir kümmern uns um Ihre Nachricht.")),
    Status.ANSWERED: StatusText(gettext_lazy("Wir haben Ihnen geantwortet.")),
    Status.CLOSED: StatusText(gettext_lazy("Diese Anfrage ist abgeschlossen.")),
}
BADGES = {Status.RECEIVED: "info", Status.IN_PROGRESS: "info", Status.ANSWERED: "success",
          Status.CLOSED: "info"}  # fmt: skip


register(
    CaseAct(
        key="contact_reply",
        kind=KIND,
        label=gettext_lazy("Antworten"),
        page=lambda case: reverse("admin:contact_reply", args=[case.reference]),
        style="primary",
    )
)
register(
    CaseAct(
        key="contact_close",
        kind=KIND,
        label=gettext_lazy("Abschließen, ohne zu antworten"),
        page=lambda case: reverse("admin:contact_close", args=[case.reference]),
    )
)


def _panel(request: HttpRequest, case: Case) -> list[Panel]:
    return [Panel("contact/_panel.html", {"contact": case.contact}, order=35)]


def _search_text(case: Case) -> str:
    return " ".join(case.messages.values_list("body", flat=True))[:4000]


def _export(case: Case, user: Any) -> dict[str, Any]:
    return {"Nachrichten": list(case.messages.heard_by(standing_for(case, user)).values_list("body", flat=True))}


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


@sockets.home_doors.plug
def contact_door(request: HttpRequest) -> list[Door]:
    """The way to the team of the initiative."""
    return [
        Door(
            _("#WolfsburgDigital schreiben"),
            reverse("contact:write"),
            _("Fragen, Ideen und Kritik zur digitalen Stadt"),
        )
    ]


def _closed_cases(now: dt.datetime) -> QuerySet[Case]:
    return Case.objects.filter(kind=KIND, closed_at__lt=now - days("contact"))


sockets.retention_rules.plug(RetentionRule("contact", "Abgeschlossene Anfragen", _closed_cases, delete_each))


def _staff_urls() -> list[Any]:
    return [
        path("vorgaenge/<str:reference>/antworten/", staff_views.reply, name="contact_reply"),
        path("vorgaenge/<str:reference>/abschliessen/", staff_views.close, name="contact_close"),
    ]


sockets.staff_urls.plug(_staff_urls)
