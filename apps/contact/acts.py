"""What staff can do with a message."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.cases.acts import CaseAct, register
from apps.contact.states import KIND

register(
    CaseAct(
        key="contact_reply",
        kind=KIND,
        label=_("Antworten"),
        page=lambda case: reverse("admin:contact_reply", args=[case.reference]),
        style="primary",
    ),
    CaseAct(
        key="contact_close",
        kind=KIND,
        label=_("Abschließen, ohne zu antworten"),
        page=lambda case: reverse("admin:contact_close", args=[case.reference]),
    ),
)
