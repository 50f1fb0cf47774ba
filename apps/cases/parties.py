"""What staff note about a party: where it lives, that nobody may know it, and who acts for it."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role
from apps.cases.addressee import PRINCIPALS
from apps.cases.models import Case, Mandate, Party, PartyContact, record
from apps.cases.states import Act, PartyRole
from apps.cases.transitions import NewParty, index_for_search
from apps.core.transitions import TransitionConflict, TransitionError


def change_contact(party: Party, *, by: Any, **fields: str) -> None:
    """Where a party lives and how it is reached has become known anew; letters that are written keep their address."""
    with transaction.atomic():
        PartyContact.objects.filter(party=party).update(**fields)
        index_for_search(party.case)
        record(party.case, Act.CONTACT_CHANGED, by=by, only_for=[party.pk])


def protect(party: Party, *, by: Any) -> None:
    """Note an Auskunftssperre (§ 51 BMG): from now on the address is shown only to whoever gives a reason.

    That holds for all parties at the address.

    Raises TransitionConflict when there is one already.
    """
    with transaction.atomic():
        if PartyContact.objects.filter(party=party, protected=False).update(protected=True) != 1:
            raise TransitionConflict("it is protected already")
        # Whoever is said to live at the same place gives it away.
        own = PartyContact.objects.get(party=party)
        same = {name: getattr(own, name) for name in ("street", "house_number", "postcode", "city")}
        PartyContact.objects.filter(party__case=party.case_id, **same).update(protected=True)
        index_for_search(party.case)
        record(party.case, Act.PROTECTED, by=by, public=False)


def unprotect(party: Party, *, by: Any) -> None:
    """An Auskunftssperre has ended. For heads only: whoever is wrong here cannot take it back.

    Raises TransitionError for others, TransitionConflict when there is none.
    """
    if not any(r.role == Role.HEAD and r.department_id == party.case.department_id for r in by.role_list):
        raise TransitionError("for heads only")
    with transaction.atomic():
        if PartyContact.objects.filter(party=party, protected=True).update(protected=False) != 1:
            raise TransitionConflict("it is not protected")
        index_for_search(party.case)
        record(party.case, Act.UNPROTECTED, by=by, public=False)


def grant_mandate(
    principal: Party, representative: NewParty, *, receives: bool, valid_until: dt.date | None, by: Any
) -> Mandate:
    """Note that somebody acts for a party from now on; an earlier Vollmacht ends with it.

    Raises TransitionError where there is nobody to be represented.
    """
    if principal.role not in PRINCIPALS:
        raise TransitionError("a representative has none")
    case = principal.case
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)
        principal.mandates.filter(revoked_at=None).update(revoked_at=timezone.now())
        representative.party.case, representative.party.role = case, PartyRole.REPRESENTATIVE
        representative.party.save()
        representative.contact.party = representative.party
        representative.contact.save()
        mandate = Mandate.objects.create(
            principal=principal, representative=representative.party, receives=receives, valid_until=valid_until,
            recorded_by=by,
        )  # fmt: skip
        index_for_search(case)
        record(case, Act.MANDATE, by=by, only_for=[principal.pk, representative.party.pk])
    return mandate


def end_mandate(principal: Party, *, by: Any) -> None:
    """A Vollmacht was revoked: the party is written to again.

    Raises TransitionConflict when none is in force.
    """
    with transaction.atomic():
        ended = principal.mandates.filter(revoked_at=None).first()
        if ended is None or principal.mandates.filter(revoked_at=None).update(revoked_at=timezone.now()) != 1:
            raise TransitionConflict("nobody acts for the party")
        record(principal.case, Act.MANDATE_ENDED, by=by, only_for=[principal.pk, ended.representative_id])
