"""What staff note about a party: where it lives, that nobody may know it, and who acts for it."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.cases.access import roles_in
from apps.cases.addressee import PRINCIPALS
from apps.cases.models import AccessCode, Case, Hearing, Mandate, Note, Party, PartyContact, record
from apps.cases.sockets import standing_ends
from apps.cases.states import Act, JoinedBy, PartyRole
from apps.cases.transitions import PLACE_FIELDS, NewParty, index_for_search
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, TransitionError


def change_contact(party: Party, *, by: User, **fields: str) -> None:
    """Where a party lives and how it is reached has become known anew; letters that are written keep their address.

    Where it is another place, nobody has checked it yet.
    """
    with transaction.atomic():
        Case.objects.held(party.case_id)
        place = {name: value for name, value in fields.items() if name in PLACE_FIELDS}
        moved = PartyContact.objects.filter(party=party).exclude(**place)
        if moved.update(checked_on=None):
            # What was posted to where they are not proves nothing.
            party.access_codes.filter(way=JoinedBy.CODE, used_at=None).delete()
            Hearing.objects.waiting().filter(party=party).update(void_on=today())
        PartyContact.objects.filter(party=party).update(**fields)
        _protect_newcomers(party.case)
        index_for_search(party.case)
        record(party.case, Act.CONTACT_CHANGED, by=by, only_for=[party.pk])


def want_letters_as(party: Party, letter_form: str, *, by: User) -> None:
    """Somebody has told the office in which form (``LetterForm``, empty for none) they can perceive letters (§ 8 NBGG)."""
    with transaction.atomic():
        Case.objects.held(party.case_id)
        PartyContact.objects.filter(party=party).update(letter_form=letter_form)
        record(party.case, Act.FORM_WANTED, by=by, only_for=[party.pk])


def check_contact(party: Party, *, seen: str | None = None, by: User) -> None:
    """The office has looked up where a party lives, and it is right; ``seen`` is what it has looked at (place_lines).

    Raises TransitionError where there is no address, TransitionConflict when it was checked before or is another by now.
    """
    with transaction.atomic():
        known = PartyContact.objects.filter(party=party).exclude(street="").exclude(city="")
        found = known.select_for_update(of=("self",)).first()
        if found is None:
            raise TransitionError("there is no address")
        if seen is not None and seen != "\n".join(found.place_lines):
            raise TransitionConflict("it is another one by now")
        if known.filter(checked_on=None).update(checked_on=today()) != 1:
            raise TransitionConflict("it is checked already")
        record(party.case, Act.CHECKED, by=by, public=False)


def _protect_all_at(known: PartyContact) -> None:
    if known.street and known.city:
        same = {name: getattr(known, name) for name in ("street", "house_number", "postcode", "city")}
        PartyContact.objects.filter(party__case=known.party.case_id, **same).update(protected=True)


def _protect_newcomers(case: Case) -> None:
    """Whoever is noted at an address that is secret in the case gives it away as well."""
    for known in PartyContact.objects.filter(party__case=case, protected=True).select_related("party"):
        _protect_all_at(known)


def protect(party: Party, *, by: User) -> None:
    """Note an Auskunftssperre (§ 51 BMG): from now on the address is shown only to whoever gives a reason.

    That holds for all parties at the address.

    Raises TransitionConflict when there is one already.
    """
    with transaction.atomic():
        Case.objects.held(party.case_id)
        if PartyContact.objects.filter(party=party, protected=False).update(protected=True) != 1:
            raise TransitionConflict("it is protected already")
        # Whoever is said to live at the same place gives it away.
        _protect_all_at(PartyContact.objects.get(party=party))
        # Nothing reaches another party before the office has decided what: what was sent before opens nothing any more.
        sent = AccessCode.objects.filter(party__case=party.case_id, used_at=None).exclude(party=party)
        without_code = list(sent.filter(way=JoinedBy.CODE).values_list("party", flat=True))
        sent.delete()
        Hearing.objects.waiting().filter(party__in=without_code).update(void_on=today())
        index_for_search(party.case)
        record(party.case, Act.PROTECTED, by=by, public=False)


def unprotect(party: Party, *, by: User) -> None:
    """An Auskunftssperre has ended. A head says so, whom another has asked to: whoever is wrong here cannot take it back.

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
    principal: Party, representative: NewParty, *, receives: bool, valid_until: dt.date | None, by: User
) -> Mandate:
    """Note that somebody acts for a party from now on; an earlier Vollmacht ends with it.

    Raises TransitionError where there is nobody to be represented.
    """
    if principal.role not in PRINCIPALS:
        raise TransitionError("a representative has none")
    case = principal.case
    with transaction.atomic():
        Case.objects.held(case.pk)
        principal.mandates.filter(revoked_at=None).update(revoked_at=timezone.now())
        representative.party.case, representative.party.role = case, PartyRole.REPRESENTATIVE
        representative.party.save()
        representative.contact.party = representative.party
        representative.contact.save()
        _protect_newcomers(case)
        mandate = Mandate.objects.create(
            principal=principal, representative=representative.party, receives=receives, valid_until=valid_until,
            recorded_by=by,
        )  # fmt: skip
        index_for_search(case)
        record(case, Act.MANDATE, by=by, only_for=[principal.pk, representative.party.pk])
    return mandate


def end_mandate(principal: Party, *, by: User) -> None:
    """A Vollmacht was revoked: the party is written to again.

    Raises TransitionConflict when none is in force.
    """
    with transaction.atomic():
        Case.objects.held(principal.case_id)
        ended = principal.mandates.filter(revoked_at=None).first()
        if ended is None or principal.mandates.filter(revoked_at=None).update(revoked_at=timezone.now()) != 1:
            raise TransitionConflict("nobody acts for the party")
        record(principal.case, Act.MANDATE_ENDED, by=by, only_for=[principal.pk, ended.representative_id])
        ended.representative.access_codes.filter(used_at=None).delete()
        for told in standing_ends:
            told(principal.case)


def waive_hearing(party: Party, *, reason: str, by: User) -> Hearing:
    """A party need not be heard, and why (§ 91 Abs. 2 and 3 AO, § 28 Abs. 2 and 3 VwVfG, § 24 Abs. 2 SGB X).

    Raises TransitionConflict when it has been heard.
    """
    with transaction.atomic():
        Case.objects.held(party.case_id)
        if party.hearings.over().exists():
            raise TransitionConflict("it has been heard")
        waived = Hearing.objects.create(party=party, opened_by=by, waived_because=reason)
        record(party.case, Act.HEARING_WAIVED, by=by, public=False)
    return waived


def statement_came(party: Party, *, body: str, by: User) -> None:
    """A party has said something in its hearing on paper, at the counter or by telephone; it becomes a note.

    Raises TransitionConflict when no hearing is open.
    """
    with transaction.atomic():
        Case.objects.held(party.case_id)
        if not party.hearings.filter(waived_because="", answered_at=None).update(answered_at=timezone.now()):
            raise TransitionConflict("no hearing is open")
        Note.objects.create(case=party.case, author=by, body=f"{party.name}: {body}")
        record(party.case, Act.HEARING_ENDED, by=by, only_for=[party.pk])


def is_no_party(party: Party, *, reason: str, by: User) -> None:
    """Somebody was named by others and has nothing to do with the matter: no decision is about them, and they see nothing more.

    Raises TransitionConflict unless it is a party that others have named.
    """
    with transaction.atomic():
        Case.objects.held(party.case_id)
        if Party.objects.filter(pk=party.pk, role=PartyRole.JOINT).update(role=PartyRole.NONE) != 1:
            raise TransitionConflict("nobody has named them, or it was found before")
        party.access_codes.filter(used_at=None).delete()
        Note.objects.create(case=party.case, author=by, body=f"{party.name}: {reason}")
        record(party.case, Act.NO_PARTY, by=by, only_for=[party.pk])
        for told in standing_ends:
            told(party.case)
