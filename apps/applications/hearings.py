"""Hearing whoever was merely named in an application, before a decision binds them: the letter, and who still waits for it."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone, translation

from apps.accounts.models import User
from apps.applications.letters import department_of, fill, newest_extra, source_of
from apps.applications.reading import shared
from apps.cases import invitations
from apps.cases.addressee import Addressee, addressees_of
from apps.cases.forms import SHORTEST_HEARING
from apps.cases.models import Case, Hearing, Party, record
from apps.cases.states import Act, PartyRole
from apps.catalogue.models import Regime
from apps.core.business_calendar import today
from apps.core.transitions import TransitionConflict, TransitionError
from apps.notices.models import HEARING, Delivery, Notice
from apps.notices.transitions import Draft, create_notice, letter_out, letter_returned, takes_the_place

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
    words = (extra.get("parties", {}).get("joint", {}).get("hearing") for extra in (own.extra, newest_extra(own.slug)))
    found: dict[str, Any] = next(filter(None, words), {})
    return found


def may_be_heard(party: Party) -> bool:
    """Whether a hearing of the party would make sense now."""
    return (
        party.case.is_open
        and party.role == PartyRole.JOINT
        and not party.hearings.stands().exists()
        and bool(words_of(party.case))
    )


def hear(party: Party, *, due_on: dt.date, decided: bool = False, by: User) -> Notice:
    """Write to a party what others have said of it, and until when it can say something; with the information of Art. 14 DSGVO.

    Whoever has not proved who they are gets a code to answer with, at an address that the office has checked. Where somebody
    receives for the party the letter goes there, without a code, which is nobody's but theirs. Raises NotDecided (see invitations) and TransitionError where that is missing or nobody is to be heard, TransitionConflict when a hearing was begun before.
    """
    if not may_be_heard(party):
        raise TransitionError("there is nobody to be heard")
    if due_on < today() + SHORTEST_HEARING:
        raise TransitionError("nobody could answer in time")
    with transaction.atomic():
        # One after the other: a second hearing would make the first code void.
        Case.objects.held(party.case_id)
        if party.hearings.stands().exists():
            raise TransitionConflict("a hearing was begun before")
        addressee = next(one for one in addressees_of(party.case) if one.principal == party)
        invitations.demand_decision(party, decided)
        # Whether who gets the letter has an account that stands for the party.
        code, here = "", addressee.account is not None and not addressee.party.by_mail_only
        # A code says who somebody is: it goes to nobody else, and not to whoever has shown it already.
        if not here and addressee.party == addressee.principal and not party.has_proved:
            code = invitations.make_code(party, decided=decided, until=due_on, by=by)
        Hearing.objects.create(party=party, opened_by=by, due_on=due_on)
        record(party.case, Act.HEARD, by=by, only_for=[party.pk], decided=decided)
        letter = Draft(_context(addressee, code=code, here=here, due_on=due_on, by=by), addressee)
        notice = create_notice(party.case, template=HEARING, title=TITLE, result=RESULT, letters=[letter], by=by)
        takes_the_place(Delivery.objects.get(letter__notice=notice))
        return notice


def _hearing_of(delivery: Delivery) -> QuerySet[Hearing]:
    """The hearing that a letter belongs to, none for other letters: the last that was begun before it was written."""
    begun = Hearing.objects.none()
    if delivery.letter.is_hearing:
        written = delivery.notice.created_at
        begun = Hearing.objects.filter(party=delivery.principal, opened_at__lte=written, waived_because="")
    return Hearing.objects.filter(pk__in=begun.order_by("-opened_at", "-pk").values("pk")[:1])


@letter_out.plug
def _is_asked(delivery: Delivery, on: dt.date | None) -> None:
    """A hearing asks when its letter goes out, not when it is written; what reaches them again later takes nothing away."""
    hearing = _hearing_of(delivery)
    if on is None:
        hearing.update(sent_on=None)
    else:
        hearing.filter(Q(sent_on=None) | Q(sent_on__gt=on)).update(sent_on=on)


@letter_returned.plug
def _nobody_was_asked(delivery: Delivery) -> None:
    """A hearing whose letter comes back has asked nobody."""
    _hearing_of(delivery).filter(answered_at=None).update(returned_on=delivery.returned_on or today())


def _context(addressee: Addressee, *, code: str, here: bool, due_on: dt.date, by: User) -> dict[str, Any]:
    case = addressee.principal.case
    words, service = words_of(case), case.service
    source = source_of(case)
    with translation.override("de"):
        values = {
            "applicants": source["named_by"],
            "filed_on": formats.date_format(timezone.localdate(case.submitted_at), "DATE_FORMAT"),
        }
        return {
            "title": TITLE,
            "subject": fill(words["subject"], values),
            "reference": case.reference,
            "date": formats.date_format(today(), "DATE_FORMAT"),
            "recipients": addressee.lines,
            "on_behalf_of": addressee.principal.name if addressee.party != addressee.principal else "",
            "salutation": "Guten Tag,",
            "opening": fill(words["opening"], values),
            "told": [
                [line.label, line.value] for step in shared(case.application) for line in step.all_lines if line.value
            ],
            "consequence": [fill(line, values) for line in words["consequence"]],
            "provision": PROVISION.get(service.regime if service is not None else "", PROVISION[Regime.VWVFG]),
            "due_on": formats.date_format(due_on, "DATE_FORMAT"),
            "code": code,
            "in_writing_only": not code and not here,
            "address": settings.SITE_URL + reverse("portal:join"),
            "source": source,
            "checked": addressee.contact.checked_on is not None,
            "department": department_of(case),
            "clerk": by.full_name,
        }
