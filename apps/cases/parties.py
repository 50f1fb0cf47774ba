"""What staff note about a party: where it lives, that nobody may know it, and who acts for it."""

import datetime as dt
import secrets
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts.models import Role
from apps.cases.access import held_in, roles_in
from apps.cases.addressee import PRINCIPALS
from apps.cases.models import AccessCode, Case, Mandate, Party, PartyContact, record
from apps.cases.states import Act, PartyRole
from apps.cases.transitions import NewParty, index_for_search
from apps.core.transitions import TransitionConflict, TransitionError

# Nothing that looks like something else on paper.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH, CODE_DAYS = 12, 30


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
    if Role.HEAD not in roles_in(party.case, by):
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


def make_code(party: Party, *, by: Any) -> str:
    """A code to be put into a letter to an address that the office has checked; codes made before are void.

    Raises TransitionError when the party has an account already.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with transaction.atomic():
        if Party.objects.select_for_update().get(pk=party.pk).account_id is not None:
            raise TransitionError("the party has an account")
        party.access_codes.filter(used_at=None).delete()
        AccessCode.objects.create(
            party=party, code_hash=_hashed(party.case.reference, code), made_by=by,
            expires_at=timezone.now() + dt.timedelta(days=CODE_DAYS),
        )  # fmt: skip
        record(party.case, Act.CODE_MADE, by=by, public=False)
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def join(reference: str, code: str, *, by: Any) -> Case | None:
    """Connect the account of who types a code with the party it was written to; None when it does not fit.

    A wrong code counts against every open code of the case before anything is compared.
    """
    typed = "".join(character for character in code.upper() if character.isalnum())
    with transaction.atomic():
        codes = list(
            AccessCode.objects.open().select_for_update(of=("self",)).filter(party__case__reference=reference)
            .select_related("party__case")
        )  # fmt: skip
        AccessCode.objects.filter(pk__in=[found.pk for found in codes]).update(tries=F("tries") + 1)
        wanted = _hashed(reference, typed)
        fitting = next((found for found in codes if constant_time_compare(found.code_hash, wanted)), None)
        if fitting is None:
            return None
        party, case = fitting.party, fitting.party.case
        # Who handles the letters must not use what is in them.
        if held_in(case, by) or case.parties.filter(account=by).exists():
            return None
        if Party.objects.filter(pk=party.pk, account=None).update(account=by) != 1:
            return None
        AccessCode.objects.filter(pk=fitting.pk).update(used_at=timezone.now())
        record(case, Act.JOINED, by=by, only_for=[party.pk])
    return case


def _hashed(reference: str, code: str) -> str:
    return salted_hmac("cases.access_code", f"{reference} {code}", algorithm="sha256").hexdigest()
