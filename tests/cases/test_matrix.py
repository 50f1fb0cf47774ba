"""Who gets what in a case of two and of three: person by page, and person by what was written where.

Aylin has applied. Maria was named, has joined by a code and is represented by Rosa; her address is protected. Ole was named,
too, where there are three. Jürgen is a stranger, Piotr works on the case, Karla in another department.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import acts, parties, proposals
from apps.cases import transitions as verbs
from apps.cases.models import Attachment, Case, Party, PartyContact
from apps.cases.states import JoinedBy
from apps.core.business_calendar import add_working_days, today
from apps.notices.models import Delivery, Letter
from tests import factories
from tests.cases.test_audience import everything, file, shared_case
from tests.conftest import SecureClient

PEOPLE = ("aylin", "maria", "rosa", "ole", "juergen", "piotr", "karla")

# Who gets a page at all: a for Aylin, m for Maria, r for Rosa, o for Ole, j for Jürgen, p for Piotr, k for Karla.
PAGES = {
    "case": "amro",
    "answer": "amro",
    "withdraw": "amro",
    "proposal": "amro",
    # How one's own letters come; Rosa has none of her own.
    "delivery": "amro",
    "receipt": "a",
    "file of aylin": "a",
    "file of maria": "mr",
    "file of ole": "o",
    "letter of aylin": "ap",
    # Its address is protected: Piotr has to say why first.
    "letter of maria": "m",
    "letter of ole": "op",
    "staff case": "p",
    "staff page of maria": "p",
    "staff file of maria": "p",
    "staff decision": "p",
}
# Who reads what, wherever it may stand.
THINGS = {
    "Bruno": "amrop",
    "Aylinweg": "ap",
    "Mariaweg": "m",
    "Oleweg": "op",
    "Bemerkung von Aylin": "ap",
    "Nachricht von Aylin": "ap",
    "Nachricht von Maria": "mrp",
    "Nachricht von Ole": "op",
    "anlage-aylin": "ap",
    "anlage-maria": "mrp",
    "anlage-ole": "op",
    "Frage an Maria": "mrp",
    "Frage an alle": "amrop",
    "Notiz unter uns": "p",
    "Auskunftssperre": "p",
}


@dataclass
class Stage:
    """The case, and who is who."""

    case: Case
    people: dict[str, User]
    proposal: int


def _stage(people: dict[str, User], *, three: bool) -> Stage:
    aylin, maria, ole, piotr = (people[name] for name in ("aylin", "maria", "ole", "piotr"))
    more = [{"given_name": "Ole", "family_name": "Petersen"}] if three else []
    case = shared_case(aylin, maria, more=more, street="Aylinweg", remarks="Bemerkung von Aylin")
    if three:
        Party.objects.filter(case=case, family_name="Petersen").update(account=ole, joined_by=JoinedBy.CODE)
        PartyContact.objects.filter(party__account=ole).update(street="Oleweg")
    of_maria = case.parties.get(account=maria)
    PartyContact.objects.filter(party=of_maria).update(street="Mariaweg")
    rosa = verbs.new_party(account=people["rosa"], family_name="Kanzlei")
    parties.grant_mandate(of_maria, rosa, receives=False, valid_until=None, by=piotr)
    for name in ("Aylin", "Maria", *(["Ole"] if three else [])):
        files = [file(f"anlage-{name.lower()}.jpg")]
        verbs.message_in(
            Case.objects.get(pk=case.pk), body=f"Nachricht von {name}", files=files, by=people[name.lower()]
        )
    due = add_working_days(today(), 5)
    for body, to in (("Frage an Maria", of_maria), ("Frage an alle", None)):
        fresh = Case.objects.get(pk=case.pk)
        verbs.ask(fresh, body=body, due_on=due, by=piotr, to=to)
        verbs.answer(Case.objects.get(pk=case.pk), body="Antwort", by=maria)
    verbs.add_note(case, body="Notiz unter uns", by=piotr)
    parties.protect(of_maria, by=piotr)
    withdraw = acts.get("withdraw")
    assert withdraw is not None
    proposal = proposals.propose(withdraw, Case.objects.get(pk=case.pk), typed={}, by=aylin)
    return Stage(Case.objects.get(pk=case.pk), people, proposal.pk)


@pytest.fixture(params=[2, 3], ids=["two parties", "three parties"])
def stage(request: Any, aylin: User, juergen: User, karla: User, piotr: User) -> Stage:
    people = {"aylin": aylin, "juergen": juergen, "karla": karla, "piotr": piotr}
    for name, family in (("maria", "Yıldız"), ("rosa", "Kanzlei"), ("ole", "Petersen")):
        people[name] = factories.citizen(f"{name}@example.org", name.title(), family)
    return _stage(people, three=request.param == 3)


def _expected(stage: Stage, letters: str) -> set[str]:
    """The people of a cell, without Ole where there are two."""
    there = set(PEOPLE) - (set() if stage.case.parties.filter(account=stage.people["ole"]).exists() else {"ole"})
    return {name for name in there if name[0] in letters}


def _paths(stage: Stage) -> dict[str, str]:
    case = stage.case
    reference = case.reference
    found = {
        "case": case.get_absolute_url(),
        "withdraw": reverse("portal:act", args=[reference, "withdraw"]),
        "delivery": reverse("portal:delivery", args=[reference]),
        "receipt": reverse("applications:receipt", args=[reference]),
        "staff case": case.staff_url,
        "staff page of maria": reverse(
            "admin:party", args=[reference, case.parties.get(account=stage.people["maria"]).pk]
        ),
        "staff decision": reverse("admin:decide", args=[reference]),
    }
    for name in ("aylin", "maria", "ole"):
        for attachment in Attachment.objects.filter(case=case, file__name=f"anlage-{name}.jpg"):
            found[f"file of {name}"] = reverse("portal:attachment", args=[reference, attachment.pk])
            if name == "maria":
                found["staff file of maria"] = reverse("admin:attachment", args=[reference, attachment.pk])
    return found


def test_person_by_page(stage: Stage) -> None:
    wrong = []
    for page, path in _paths(stage).items():
        got = {n for n in PEOPLE if SecureClient().as_(stage.people[n]).get(path).status_code in (200, 302)}
        if got != _expected(stage, PAGES[page]):
            wrong.append(f"{page}: {sorted(got)}")
    assert not wrong, "\n".join(wrong)
    assert len(set(PAGES) - set(_paths(stage))) in (5, 6), "what is missing here has a test of its own below"


def test_person_by_form(stage: Stage) -> None:
    """Whoever may not, gets a 404 and changes nothing."""
    forms = {
        "answer": (reverse("portal:answer", args=[stage.case.reference]), {"body": "Noch etwas."}),
        "proposal": (reverse("portal:proposal", args=[stage.case.reference, stage.proposal]), {"act": "x"}),
    }
    for page, (path, data) in forms.items():
        before = stage.case.messages.count()
        may = {n for n in PEOPLE if SecureClient().as_(stage.people[n]).post(path, data).status_code == 302}
        # An unknown word is a 404 for those who have the word; nobody else gets as far.
        if page == "answer":
            assert may == _expected(stage, PAGES[page])
            assert stage.case.messages.count() == before + len(may)
    for name in set(PEOPLE) - _expected(stage, PAGES["proposal"]):
        path, _data = forms["proposal"]
        assert SecureClient().as_(stage.people[name]).post(path, {"act": "agree"}).status_code == 404, name


def test_person_by_letter(stage: Stage) -> None:
    applications.decide(stage.case, outcome=Status.ASSESSED, reasons="", by=stage.people["piotr"])
    for delivery in Delivery.objects.select_related("letter", "party__account"):
        factories.finished(delivery.letter)
        account = delivery.party.account
        assert account is not None
        name = next(n for n, person in stage.people.items() if person == account)
        got = {
            n for n in PEOPLE
            if SecureClient().as_(stage.people[n]).get(delivery.get_absolute_url()).status_code == 200
        }  # fmt: skip
        assert got == _expected(stage, PAGES[f"letter of {name}"]), name


def test_person_by_what_was_written(stage: Stage) -> None:
    got = {}
    for name in ("piotr", "karla"):
        client = SecureClient().as_(stage.people[name])
        paths = [stage.case.staff_url, reverse("admin:decide", args=[stage.case.reference])]
        got[name] = "".join(client.get(path).content.decode() for path in paths)
    applications.decide(stage.case, outcome=Status.ASSESSED, reasons="", by=stage.people["piotr"])
    for letter in Letter.objects.all():
        factories.finished(letter)
    for name in sorted(_expected(stage, "amroj")):
        got[name] = everything(stage.people[name], Case.objects.get(pk=stage.case.pk))
    wrong = []
    there = stage.case.parties.filter(account=stage.people["ole"]).exists()
    for thing, letters in THINGS.items():
        if not there and "ole" in thing.lower():
            continue
        seen = {name for name, text in got.items() if thing in text}
        # Rosa represents and is no debtor; Jürgen and Karla are in no cell.
        if seen != _expected(stage, letters) & set(got):
            wrong.append(f"{thing}: {sorted(seen)}")
    assert not wrong, "\n".join(wrong)
