"""Hearing whoever was merely named in an application, before a decision binds them: the letter, and who still waits for it."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import formats, timezone, translation

from apps.applications.letters import department_of, fill
from apps.applications.reading import shared
from apps.cases import invitations
from apps.cases.addressee import addressee_at
from apps.cases.models import Case, Hearing, Party, record
from apps.cases.states import Act, PartyRole
from apps.catalogue.models import Regime
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, TransitionError
from apps.formbuilder.models import FormVersion
from apps.notices.models import Notice
from apps.notices.transitions import Copy, Draft, create_notice

TEMPLATE = "hearing"
TITLE = "Anhörung"
RESULT = {
    "de": "Jemand hat Sie in einem Antrag genannt. Bevor wir entscheiden, können Sie sich dazu äußern.",
    "en": "Somebody has named you in an application. Before we decide, you can say what you think.",
}
# Who is to be heard before they are bound.
PROVISION: dict[str, str] = {
    Regime.AO: "§ 91 Abs. 1 AO",
    Regime.SGBX: "§ 24 Abs. 1 SGB X",
    Regime.VWVFG: "§ 28 Abs. 1 VwVfG",
}
DAYS_IN_A_YEAR = 365


class NotHeard(TransitionError):
    """Somebody who was merely named has not been heard; ``parties`` says who."""

    def __init__(self, parties: list[Party]) -> None:
        super().__init__(len(parties))
        self.parties = parties


def not_heard(case: Case) -> list[Party]:
    """Who was merely named by others, and has neither been heard nor rightly been left out (§ 91 AO, § 28 VwVfG, § 24 SGB X)."""
    heard = set(Hearing.objects.over().filter(party__case=case).values_list("party", flat=True))
    return [party for party in case.parties.all() if party.role == PartyRole.JOINT and party.pk not in heard]


def words_of(case: Case) -> dict[str, Any]:
    """What the form says to those it names; as the newest version has it where the application's own has nothing."""
    own = case.application.form_version.parsed
    newest = FormVersion.objects.current(own.slug)
    for definition in (own, newest.parsed if newest is not None else own):
        found: dict[str, Any] = definition.extra.get("parties", {}).get("joint", {}).get("hearing", {})
        if found:
            return found
    return {}


def may_be_heard(party: Party) -> bool:
    """Whether a hearing of the party would make sense now."""
    return (
        party.case.is_open
        and party.role == PartyRole.JOINT
        and not party.hearings.exists()
        and bool(words_of(party.case))
    )


def hear(party: Party, *, due_on: dt.date, by: Any) -> Notice:
    """Write to a party what others have said of it, and until when it can say something; with the information of Art. 14 DSGVO.

    Without an account the letter has a code to answer with, and goes to an address that the office has checked. Raises
    TransitionError where that is missing or nobody is to be heard, TransitionConflict when a hearing was begun before.
    """
    if not may_be_heard(party):
        raise TransitionError("there is nobody to be heard")
    if due_on <= today():
        raise TransitionError("nobody could answer in time")
    with transaction.atomic():
        # One after the other: a second hearing would make the first code void.
        Case.objects.select_for_update(of=("self",)).get(pk=party.case_id)
        if party.hearings.exists():
            raise TransitionConflict("a hearing was begun before")
        code = "" if party.account_id is not None else invitations.make_code(party, by=by)
        Hearing.objects.create(party=party, opened_by=by, due_on=due_on)
        record(party.case, Act.HEARD, by=by, only_for=[party.pk])
        letter = Draft(_context(party, code=code, due_on=due_on, by=by), Copy(addressee_at(party, party)))
        return create_notice(party.case, template=TEMPLATE, title=TITLE, result=RESULT, letters=[letter], by=by)


def _context(party: Party, *, code: str, due_on: dt.date, by: Any) -> dict[str, Any]:
    case = party.case
    words, service = words_of(case), case.service
    named_by = " und ".join(p.name for p in case.parties.all() if p.role == PartyRole.APPLICANT)
    with translation.override("de"):
        values = {
            "applicants": named_by,
            "filed_on": formats.date_format(timezone.localdate(case.submitted_at), "DATE_FORMAT"),
        }
        return {
            "title": TITLE,
            "subject": fill(words["subject"], values),
            "reference": case.reference,
            "date": formats.date_format(today(), "DATE_FORMAT"),
            "recipients": addressee_at(party, party).lines,
            "salutation": "Guten Tag,",
            "opening": fill(words["opening"], values),
            "told": [
                [line.label, line.value] for step in shared(case.application) for line in step.all_lines if line.value
            ],
            "consequence": [fill(line, values) for line in words["consequence"]],
            "provision": PROVISION.get(service.regime if service is not None else "", PROVISION[Regime.VWVFG]),
            "due_on": formats.date_format(due_on, "DATE_FORMAT"),
            "code": code,
            "address": settings.SITE_URL + reverse("portal:join"),
            "named_by": named_by,
            "purpose": service.name_de if service is not None else case.title_de,
            "legal_basis": ", ".join(service.legal_basis) if service is not None else "",
            "years": settings.RETENTION_DAYS["applications"] // DAYS_IN_A_YEAR,
            "privacy_address": settings.SITE_URL + reverse("portal:privacy"),
            "department": department_of(case),
            "clerk": by.full_name,
        }
