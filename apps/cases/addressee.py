"""Who is written to in a case, and how: the one answer for letters, mails and the outgoing post."""

from dataclasses import dataclass
from typing import Any

from apps.cases.models import Case, Party
from apps.cases.states import Delivery, PartyRole


@dataclass(frozen=True)
class Addressee:
    """The person or organisation that is written to.

    ``account`` is theirs, if they have one that is open: only then can they fetch something here. ``email`` is empty where
    no mail reaches them; ``delivery`` says how letters come.
    """

    party: Party | None
    account: Any
    email: str
    delivery: Delivery


def addressee_of(case: Case) -> Addressee:
    """A representative if there is one (§ 14 Abs. 3 VwVfG, § 80 Abs. 5 AO, § 13 Abs. 3 SGB X), else the first applicant.

    Letters come into the portal only with consent and an open account (§ 41 Abs. 2a VwVfG, § 122a AO, § 37 Abs. 2a SGB X).
    """
    parties = list(case.parties.all())
    by_role = {party.role: party for party in reversed(parties)}
    first = parties[0] if parties else None
    party = by_role.get(PartyRole.REPRESENTATIVE) or by_role.get(PartyRole.APPLICANT) or first
    account = case.applicant if case.applicant is not None and case.applicant.is_active else None
    if party is not None and party.role == PartyRole.REPRESENTATIVE and account is not None:
        # The account is the applicant's, unless the representative has filed with their own.
        account = account if account.email.lower() == party.email.lower() else None
    if account is not None:
        consents = party is not None and party.delivery == Delivery.PORTAL
        return Addressee(party, account, account.email, Delivery.PORTAL if consents else Delivery.POST)
    return Addressee(party, None, party.email if party is not None else "", Delivery.POST)
