"""A message to the initiative as a kind of case."""

from django.utils.translation import gettext_lazy as _

from apps.cases import kinds
from apps.cases.kinds import StatusText
from apps.contact.states import KIND, WORKFLOW, Status
from apps.contact.transitions import reply_path
from apps.core.sockets import Panel

SENTENCES = {
    Status.RECEIVED: StatusText(_("Ihre Nachricht ist da.")),
    Status.IN_PROGRESS: StatusText(_("Wir kümmern uns um Ihre Nachricht.")),
    Status.ANSWERED: StatusText(_("Wir haben Ihnen geantwortet."), badge="success"),
    Status.CLOSED: StatusText(_("Diese Anfrage ist abgeschlossen.")),
}


kinds.register(
    kinds.Kind(
        key=KIND,
        label=_("Anfrage"),
        workflow=WORKFLOW,
        sentences=SENTENCES,
        working=Status.IN_PROGRESS,
        waiting=Status.ANSWERED,
        resumed=Status.IN_PROGRESS,
        staff_panels=lambda _request, case: [Panel("contact/_panel.html", {"contact": case.contact}, order=35)],
        search_text=lambda case: " ".join(case.messages.values_list("body", flat=True))[:4000],
        reply_path=reply_path,
        asks_questions=False,
    )
)
