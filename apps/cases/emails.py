"""Mails about a case: they say that there is something, not what (only an answer to a message says more)."""

from django.conf import settings
from django.utils import translation

from apps.cases import kinds
from apps.cases.models import Case, record
from apps.cases.states import Act, PartyRole
from apps.core import emails
from apps.core.models import OutgoingEmail


def address_of(case: Case) -> str:
    """Where mails about the case go: the account's address, else the party's, else nowhere."""
    if case.applicant_id and case.applicant and case.applicant.is_active:
        return case.applicant.email
    party = case.parties.filter(role=PartyRole.APPLICANT).first()
    return party.email if party else ""


def link_for(case: Case) -> str:
    """The page on which the addressee reads on; empty when there is none."""
    with translation.override(case.language):
        kind = kinds.of(case)
        if case.applicant_id is None:
            # Without an account there is no page behind a sign-in to lead to.
            return settings.SITE_URL + kind.reply_path(case) if kind.reply_path else ""
        return settings.SITE_URL + case.get_absolute_url()


def notify(case: Case, template: str, **context: object) -> OutgoingEmail | None:
    """Queue a mail about the case and note it in the timeline; None without an address."""
    address = address_of(case)
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
