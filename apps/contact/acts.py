"""What staff can do with a message."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.cases.acts import CaseAct, register
from apps.contact.states import KIND

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
