"""Mails about a case: they say that there is something, not what (only an answer to a message says more)."""

from django.conf import settings
from django.utils import translation

from apps.cases import kinds
from apps.cases.addressee import addressee_of
from apps.cases.models import Case, record
from apps.cases.states import Act
from apps.core import emails
from apps.core.models import OutgoingEmail


def link_for(case: Case) -> str:
    """The page on which the addressee reads on; empty when there is none."""
    with translation.override(case.language):
        kind = kinds.of(case)
        if addressee_of(case).account is None:
            # Without an account there is no page behind a sign-in to lead to.
            return settings.SITE_URL + kind.reply_path(case) if kind.reply_path else ""
        return settings.SITE_URL + case.get_absolute_url()


def notify(case: Case, template: str, **context: object) -> OutgoingEmail | None:
    """Queue a mail about the case and note it in the timeline; None without an address."""
    address = addressee_of(case).email
    if not address:
        return None
    email = emails.queue(
        address,
        template,
        {"reference": case.reference, "link": link_for(case), "case": case, **context},
        language=case.language,
    )
    record(case, Act.EMAIL, public=False, email=email, purpose=template)
    return email
