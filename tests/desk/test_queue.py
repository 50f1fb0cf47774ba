"""The clerk's lists: what they hold, what the search finds, what they cost."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import transitions as verbs
from apps.cases.models import Case, Party
from apps.cases.states import PartyRole
from apps.contact import transitions as contact
from apps.core import uploads
from apps.core.business_calendar import today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.desk import views
from apps.notices.models import Letter
from apps.notices.states import NoticeStatus
from tests import factories, walk

# Queries of a page, however many rows it shows.
QUEUE, SEARCH, DESK, CASE = 9, 9, 21, 39


def references(client: Any, **query: str) -> list[str]:
    """References of the rows, in the order of the page."""
    # What is searched for goes into no address.
    ask = client.post if query.get("q") else client.get
    response = ask(reverse("admin:queue"), query)
    if response.status_code == 302:
        response = client.get(response["Location"])
    assert response.status_code == 200
    return [row["case"].reference for row in response.context["rows"]]


def question(case: Case, by: User) -> None:
    """Ask the citizen something."""
    verbs.ask(case, body="Bitte ein Foto.", due_on=today() + dt.timedelta(days=8), by=by)


@pytest.fixture
def desk(karla: User) -> Any:
    """Karla's browser."""
    return walk.browser(karla)


# -- lists ---------------------------------------------------------------------------------------------------


def test_mine_holds_what_is_open_and_on_my_desk(desk: Any, aylin: User, karla: User, henrike: User) -> None:
    mine, hers, nobodys, done = (factories.parking_case(aylin) for _ in range(4))
    verbs.take(mine, by=karla)
    verbs.take(hers, by=henrike)
    verbs.take(done, by=karla)
    applications.decide(done, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    assert references(desk, liste="mine") == [mine.reference]
    assert nobodys.reference in references(desk, liste="open")


def test_mine_keeps_what_waits_for_the_citizen(desk: Any, parking_case: Case, karla: User) -> None:
    verbs.take(parking_case, by=karla)
    question(parking_case, karla)
    assert references(desk, liste="mine") == [parking_case.reference]


@pytest.mark.parametrize(
    ("days", "due"), [(-30, True), (-1, True), (0, True), (2, True), (3, False), (None, False)], ids=str
)
def test_due_holds_what_has_two_days_left_or_less(desk: Any, parking_case: Case, days: int | None, due: bool) -> None:
    Case.objects.update(due_on=None if days is None else today() + dt.timedelta(days=days))
    assert references(desk, liste="due") == ([parking_case.reference] if due else [])


def test_due_leaves_out_what_waits_for_the_citizen(desk: Any, parking_case: Case, karla: User) -> None:
    Case.objects.update(due_on=today())
    question(parking_case, karla)
    assert references(desk, liste="due") == []
    assert references(desk, liste="waiting") == [parking_case.reference]


def test_came_back_holds_answers_until_the_assignee_has_looked(
    desk: Any, aylin: User, karla: User, henrike: User
) -> None:
    answered, waiting = factories.parking_case(aylin), factories.parking_case(aylin)
    for case in (answered, waiting):
        verbs.take(case, by=karla)
        question(case, karla)
    verbs.answer(answered, body="Hier.", by=aylin)
    assert references(desk, liste="came_back") == [answered.reference]
    # A colleague's look does not take it off the list.
    walk.browser(henrike).get(answered.staff_url)
    assert references(desk, liste="came_back") == [answered.reference]
    desk.get(answered.staff_url)
    assert references(desk, liste="came_back") == []


def test_came_back_holds_replies_to_messages(contact_case: Case, karla: User) -> None:
    digital = factories.staff("tom@example.org", "Tom", "Ahrens", (Role.CLERK, contact_case.department))
    contact.reply(contact_case, body="Ja, bald.", by=digital)
    client = walk.browser(digital)
    assert references(client, liste="came_back") == []
    contact.reply_in(Case.objects.get(pk=contact_case.pk), body="Wann?")
    assert references(client, liste="came_back") == [contact_case.reference]
    contact.close(Case.objects.get(pk=contact_case.pk), by=digital)
    assert references(client, liste="came_back") == []


def test_unassigned_holds_what_nobody_has_taken(desk: Any, aylin: User, karla: User) -> None:
    free, taken, waiting = (factories.parking_case(aylin) for _ in range(3))
    verbs.take(taken, by=karla)
    question(waiting, karla)
    assert references(desk, liste="unassigned") == [free.reference]
    verbs.assign(Case.objects.get(pk=taken.pk), to=None, by=karla)
    assert set(references(desk, liste="unassigned")) == {free.reference, taken.reference}


def test_open_and_done_share_the_cases_between_them(desk: Any, aylin: User, karla: User) -> None:
    new, withdrawn, rejected = (factories.parking_case(aylin) for _ in range(3))
    applications.withdraw(withdrawn, by=aylin)
    applications.decide(rejected, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    assert references(desk, liste="open") == [new.reference]
    assert set(references(desk, liste="done")) == {withdrawn.reference, rejected.reference}


def test_undeliverable_holds_a_case_once(desk: Any, parking_case: Case, karla: User) -> None:
    assert references(desk, liste="undeliverable") == []
    question(parking_case, karla)
    OutgoingEmail.objects.update(status=EmailStatus.UNDELIVERABLE)
    assert OutgoingEmail.objects.count() == 2
    assert references(desk, liste="undeliverable") == [parking_case.reference]


def test_letters_given_up_hold_a_case_once(desk: Any, parking_case: Case, karla: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    factories.letter(parking_case)
    assert references(desk, liste="dead_notices") == []
    Letter.objects.update(status=NoticeStatus.DEAD)
    assert references(desk, liste="dead_notices") == [parking_case.reference]


def test_what_is_due_first_comes_first(desk: Any, aylin: User) -> None:
    cases = [factories.parking_case(aylin) for _ in range(4)]
    days = [9, None, 1, 5]
    for case, day in zip(cases, days, strict=True):
        Case.objects.filter(pk=case.pk).update(due_on=today() + dt.timedelta(days=day) if day else None)
    assert references(desk) == [cases[i].reference for i in (2, 3, 0, 1)]


@pytest.mark.parametrize("chosen", ["mine", "due", "came_back", "unassigned", "waiting", "open", "done"])
def test_no_list_holds_another_departments_case(desk: Any, aylin: User, karla: User, piotr: User, chosen: str) -> None:
    states = [factories.dog_case(aylin) for _ in range(4)]
    verbs.take(states[1], by=piotr)
    question(states[2], piotr)
    applications.withdraw(states[3], by=aylin)
    # Even one that lies on Karla's desk by mistake.
    Case.objects.filter(pk=states[0].pk).update(assignee=karla, came_back_at=timezone.now(), due_on=today())
    assert references(desk, liste=chosen) == []


def test_unknown_list_and_page_are_forgiven(desk: Any, parking_case: Case) -> None:
    assert references(desk, liste="gibt-es-nicht", seite="hundert", art="x") == [parking_case.reference]


def test_kind_narrows_a_list(desk: Any, parking_case: Case, contact_case: Case) -> None:
    Case.objects.filter(pk=contact_case.pk).update(department=parking_case.department)
    assert len(references(desk)) == 2
    assert references(desk, art="contact") == [contact_case.reference]
    assert references(desk, art="application") == [parking_case.reference]


def test_a_page_ends_after_its_size(desk: Any, aylin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    cases = {factories.parking_case(aylin).reference for _ in range(3)}
    first, second = references(desk), references(desk, seite="2")
    assert (len(first), len(second)) == (2, 1)
    assert {*first, *second} == cases
    assert "seite=2" in desk.get(reverse("admin:queue")).content.decode()


# -- search -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda r: r.replace("-", ""),
        lambda r: r.replace("-", "").lower(),
        lambda r: " ".join(r.lower()),
        lambda r: f"  {r.replace('-', ' ')}  ",
        lambda r: r.replace("-", " - ").lower(),
    ],
)
def test_search_finds_a_reference_however_it_is_typed(desk: Any, aylin: User, parking_case: Case, typed: Any) -> None:
    factories.parking_case(aylin)
    assert references(desk, q=typed(parking_case.reference)) == [parking_case.reference]


@pytest.mark.parametrize(
    "typed", ["Özdemir", "ozdemir", "OEZDEMIR-GROSS", "aylin groß", "Groß Aylin", "demir", "wob ao 123"]
)
@pytest.mark.parametrize("state", ["open", "withdrawn"])
def test_search_finds_a_name_across_lists(desk: Any, aylin: User, parking_case: Case, typed: str, state: str) -> None:
    if state == "withdrawn":
        applications.withdraw(parking_case, by=aylin)
    for chosen in ("mine", "open", "done"):
        assert references(desk, q=typed, liste=chosen) == [parking_case.reference], chosen


def test_search_does_not_find_what_does_not_fit(desk: Any, parking_case: Case) -> None:
    for typed in ("Wiśniewski", "aylin wiśniewski", "%", "aylin_", "zzz"):
        assert references(desk, q=typed) == [], typed


def test_search_does_not_find_another_departments_case(desk: Any, dog_case: Case, piotr: User) -> None:
    for typed in (dog_case.reference, "Özdemir", "Käthe"):
        assert references(desk, q=typed) == [], typed
        assert references(walk.browser(piotr), q=typed) == [dog_case.reference], typed


# -- the desk ---------------------------------------------------------------------------------------------------


def tiles(client: Any) -> dict[str, int]:
    """What the desk counts, by the list it leads to."""
    return {tile.url.split("=")[-1]: tile.count for tile in client.get(reverse("admin:index")).context["tiles"]}


def test_the_desk_counts_what_its_lists_hold(desk: Any, aylin: User, karla: User) -> None:
    cases = [factories.parking_case(aylin) for _ in range(4)]
    factories.dog_case(aylin)
    verbs.take(cases[0], by=karla)
    question(cases[1], karla)
    verbs.answer(cases[1], body="Hier.", by=aylin)
    question(cases[2], karla)
    Case.objects.filter(pk=cases[3].pk).update(due_on=today())
    counted = tiles(desk)
    assert counted == {name: len(references(desk, liste=name)) for name in counted}
    assert counted == {"mine": 1, "due": 1, "came_back": 1, "unassigned": 2, "waiting": 1}


def test_the_desk_names_mail_that_did_not_arrive_only_when_there_is_some(desk: Any, parking_case: Case) -> None:
    assert "undeliverable" not in tiles(desk)
    OutgoingEmail.objects.update(status=EmailStatus.UNDELIVERABLE)
    assert tiles(desk)["undeliverable"] == 1


# -- what it costs --------------------------------------------------------------------------------------------------


def furnish(case: Case, times: int, *, karla: User, aylin: User) -> None:
    """Questions and answers with files, notes, people, letters and lost mails: each so many times."""
    for number in range(times):
        question(case, karla)
        checked = uploads.check(ContentFile(factories.jpeg_bytes(), "foto.jpg"))
        verbs.answer(case, body="Hier.", files=[uploads.store(checked)], by=aylin)
        verbs.add_note(case, body="Angerufen.", by=karla)
        Party.objects.create(case=case, role=PartyRole.JOINT, family_name=f"Groß {number}")
        factories.letter(case)
    OutgoingEmail.objects.update(status=EmailStatus.UNDELIVERABLE)


@pytest.mark.parametrize("rows", [1, 3])
def test_queue_asks_the_same_number_of_queries(
    desk: Any, aylin: User, karla: User, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        verbs.take(factories.parking_case(aylin), by=karla)
    # What is looked up once in a process is not counted.
    references(desk, liste="mine")
    with django_assert_num_queries(QUEUE):
        assert len(references(desk, liste="mine")) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_search_asks_the_same_number_of_queries(
    desk: Any, aylin: User, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        factories.parking_case(aylin)
    with django_assert_num_queries(SEARCH):
        assert len(references(desk, q="Özdemir")) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_desk_asks_the_same_number_of_queries(
    desk: Any, aylin: User, karla: User, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        case = factories.parking_case(aylin)
        verbs.take(case, by=karla)
        furnish(case, 1, karla=karla, aylin=aylin)
    Letter.objects.update(status=NoticeStatus.DEAD)
    with django_assert_num_queries(DESK):
        response = desk.get(reverse("admin:index"))
    assert len(response.context["next_cases"]) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_case_page_asks_the_same_number_of_queries(
    desk: Any, parking_case: Case, aylin: User, karla: User, rows: int, django_assert_num_queries: Any
) -> None:
    furnish(parking_case, rows, karla=karla, aylin=aylin)
    with django_assert_num_queries(CASE):
        page = desk.get(parking_case.staff_url).content.decode()
    assert page.count("Angerufen.") == rows
    assert page.count("nicht zustellbar. Bitte") == rows + 1


def test_search_of_the_desk_finds_and_stands_in_no_address(desk: Any, parking_case: Case, contact_case: Case) -> None:
    page = desk.get("/verwaltung/").content.decode()
    form = re.search(r'<form[^>]*role="search"[^>]*>', page)
    assert form
    assert 'method="post"' in form[0]
    action = re.search(r'action="([^"]+)"', form[0])
    assert action
    found = desk.post(action[1], {"q": parking_case.reference}).content.decode()
    assert f"Suche: {parking_case.reference}" in found


def test_search_stands_in_no_address(desk: Any, parking_case: Case) -> None:
    assert references(desk, q="Özdemir") == [parking_case.reference]
    page = desk.post(reverse("admin:queue"), {"q": "Özdemir"}).content.decode()
    assert "Suche: Özdemir" in page
    assert not re.findall(r'(?:href|action)="[^"]*[?&]q=', page)
    assert 'role="search" method="post"' in page
    # An address with words in it, kept from before, is not searched for.
    page = desk.get(reverse("admin:queue"), {"q": "Lüdenscheid"}).content.decode()
    assert "Lüdenscheid" not in page


def test_choosing_a_kind_gives_an_address_to_go_back_to(desk: Any, parking_case: Case) -> None:
    answer = desk.post(reverse("admin:queue"), {"q": " ", "liste": "open", "art": "application"})
    assert answer["Location"] == "/verwaltung/vorgaenge/?liste=open&art=application"
    assert desk.get(answer["Location"]).status_code == 200


def test_pages_of_a_search_are_turned_by_form(desk: Any, aylin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.desk.views.PAGE_SIZE", 1)
    both = {factories.parking_case(aylin).reference for _ in range(2)}
    first = references(desk, q="Özdemir")
    page = desk.post(reverse("admin:queue"), {"q": "Özdemir"}).content.decode()
    assert 'form="suche" name="seite" value="2"' in page
    assert {*first, *references(desk, q="Özdemir", seite="2")} == both
