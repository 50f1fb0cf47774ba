"""Who is written to in a case, and how: the one answer for letters, mails and the outgoing post."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.cases.models import Case, Mandate, Party, PartyContact
from apps.cases.states import ConsentTo, PartyRole, Way

# Whose case it is: a notice is made known to each of them (§ 41 Abs. 1 VwVfG, § 122 Abs. 1 AO).
PRINCIPALS = (PartyRole.APPLICANT, PartyRole.JOINT)


@dataclass(frozen=True)
class Addressee:
    """A person or organisation that is written to.

    ``principal`` is whose letter it is, ``party`` who gets it: the same, or a representative with power of receipt.
    ``account`` is the receiver's, if there is one that is open: only then can they fetch something here. ``email`` is empty
    where no mail reaches them; ``way`` says how letters come, ``lines`` are the address field.
    """

    principal: Party
    party: Party
    account: Any
    email: str
    way: Way
    lines: list[str]
    contact: PartyContact


def addressees_of(case: Case) -> list[Addressee]:
    """Each party whose case it is, or who receives for them; the applicant first.

    A representative with power of receipt stands for the party (§ 14 Abs. 3 VwVfG, § 80 Abs. 5 AO, § 13 Abs. 3 SGB X). Letters
    come into the portal only with consent and an open account (§ 41 Abs. 2a VwVfG, § 122a AO, § 37 Abs. 2a SGB X).
    """
    parties = {party.pk: party for party in case.parties.select_related("account").prefetch_related("consents")}
    contacts = {contact.pk: contact for contact in PartyContact.objects.filter(party__case=case)}
    mandates = Mandate.objects.in_force().filter(principal__case=case, receives=True)
    receivers = {mandate.principal_id: parties[mandate.representative_id] for mandate in mandates}
    concerned = [party for party in parties.values() if party.role in PRINCIPALS]
    concerned.sort(key=lambda party: (party.role != PartyRole.APPLICANT, party.pk))
    return [_addressee(party, receivers.get(party.pk, party), contacts) for party in concerned]


def known_addressees(case: Case) -> list[Addressee]:
    """The same, asked once for a case as it was read: for pages, which ask in several places. Verbs ask anew."""
    known: list[Addressee] = case.__dict__.setdefault("_addressees", [])
    if not known:
        known += addressees_of(case)
    return known


def addressee_of(case: Case) -> Addressee:
    """Who is asked and told in the first place: the first of ``addressees_of``."""
    return addressees_of(case)[0]


def addressee_at(principal: Party, party: Party) -> Addressee:
    """How ``party`` is written to today about what is ``principal``'s."""
    contacts = PartyContact.objects.select_related("party__account__profile").prefetch_related("party__consents")
    contact = contacts.filter(pk=party.pk).first()
    found = contact.party if contact is not None else Party.objects.get(pk=party.pk)
    return _addressee(principal, found, {contact.pk: contact} if contact is not None else {})


def share_an_address(addressees: Sequence[Addressee]) -> bool:
    """Whether one letter reaches all of them: at one address that is no secret, with nobody receiving for another."""
    places = {tuple(addressee.contact.place_lines) for addressee in addressees}
    alone = any(a.contact.protected or a.party != a.principal for a in addressees)
    return len(addressees) == 1 or (len(places) == 1 and not alone)


def correspondents(case: Case) -> list[Addressee]:
    """Who gets mails, each address once; the applicant first."""
    found: dict[str, Addressee] = {}
    for addressee in addressees_of(case):
        if addressee.email:
            found.setdefault(addressee.email, addressee)
    return list(found.values())


def _addressee(principal: Party, party: Party, contacts: dict[int, PartyContact]) -> Addressee:
    # Every party has one; a row that was lost must not keep a letter from the others.
    contact = contacts.get(party.pk) or PartyContact(party=party)
    account = party.account if party.account is not None and party.account.is_active else None
    # An address that one party has given for another proves nothing.
    own_words = party.role != PartyRole.JOINT
    consents = any(consent.to == ConsentTo.PORTAL and consent.is_given for consent in party.consents.all())
    return Addressee(
        principal=principal,
        party=party,
        account=account,
        email=account.email if account is not None else contact.email if own_words else "",
        way=Way.PORTAL if consents and account is not None and not party.by_mail_only else Way.POST,
        lines=[*party.name_lines, *contact.place_lines],
        contact=contact,
    )
