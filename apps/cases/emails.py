"""Mails about a case: they say that there is something, not what (only an answer to a message says more)."""

from django.conf import settings
from django.utils import translation

from apps.cases import kinds
from apps.cases.addressee import Addressee, addressees_of, correspondents
from apps.cases.models import Case, Party, record
from apps.cases.states import Act
from apps.core import emails
from apps.core.models import OutgoingEmail


def link_for(case: Case, addressee: Addressee) -> str:
    """The page on which the addressee reads on; empty when there is none."""
    with translation.override(case.language):
        kind = kinds.of(case)
        if addressee.account is None:
            # Without an account there is no page behind a sign-in to lead to.
            return f"{settings.SITE_URL}{kind.reply_path(case)}" if kind.reply_path else ""
        return f"{settings.SITE_URL}{case.get_absolute_url()}"


def notify(case: Case, template: str, *, to: Party | None = None, **context: object) -> OutgoingEmail | None:
    """Queue a mail about the case to everybody who gets mails in it, or about one party, and note each in the timeline.

    Returns the first one, which is the addressee's; None when nobody has an address.
    """
    if to is None:
        told = correspondents(case)
    else:
        told = [addressee for addressee in addressees_of(case) if addressee.principal == to and addressee.email]
    queued = [mail_to(addressee, case, template, **context) for addressee in told]
    return next(iter(queued), None)


def mail_to(addressee: Addressee, case: Case, template: str, **context: object) -> OutgoingEmail:
    """Queue a mail about the case to one of those who are written to; they must have an address."""
    email = emails.queue(
        addressee.email,
        template,
        {"reference": case.reference, "link": link_for(case, addressee), "case": case, **context},
        language=case.language,
    )
    record(case, Act.EMAIL, public=False, email=email, purpose=template)
    return email
