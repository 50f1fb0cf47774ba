"""What staff do: book for people without e-mail, look at the day, serve at a counter."""

import datetime as dt
import logging
import re
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.accounts.models import Department
from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.plugs import invitations
from apps.appointments.booking.states import BookedBy, BookingStatus
from apps.appointments.reception import shifts
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.states import Source, TicketStatus
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.core.models import OutgoingEmail
from tests import factories
from tests.appointments import setting
from tests.appointments.booking.test_transitions import confirmed, hold
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db

DAY = "/verwaltung/termine/"
BOOK = "/verwaltung/termine/buchen/"
WHO = {"name": "Mehmet Yıldız", "phone": "05361 1234", "email": "", "booked_by": "phone"}


@pytest.fixture
def office(traffic: Department) -> Any:
    return setting.office(counters=2, department=traffic)


@pytest.fixture
def clerk(client: Any, karla: Any) -> Any:
    return client.as_(karla)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def choice(time: str = "09:00", **more: str) -> dict[str, str]:
    return {"leistung": "personalausweis", "personen": "1", "zeit": f"rathaus-b.{minute(setting.at(time))}", **more}


def book(clerk: Any, time: str = "09:00", **who: str) -> tuple[Booking, str]:
    """Book by telephone; the booking and the page that follows."""
    answer = clerk.post(BOOK, choice(time))
    assert answer.status_code == 302, text(answer)
    slip = clerk.post(answer["Location"], {**WHO, **who}, follow=True)
    return Booking.objects.latest("created_at"), text(slip)


def code_on(slip: str) -> str:
    found = re.search(r">(\d{3}) (\d{3})<", slip)
    assert found, slip
    return found[1] + found[2]


# -- booking for somebody -----------------------------------------------------------------------------------


def test_number_and_code_on_the_slip_move_and_cancel(clerk: Any, office: Any) -> None:
    booking, slip = book(clerk)
    assert (booking.status, booking.booked_by, booking.name) == (BookingStatus.CONFIRMED, BookedBy.PHONE, WHO["name"])
    assert booking.reference in slip
    code = code_on(slip)
    # Shown as long as somebody prints it.
    assert code_on(text(clerk.get(f"{DAY}{booking.pk}/zettel/"))) == code
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
        assert code[:3] + " " + code[3:] not in text(clerk.get(f"{DAY}{booking.pk}/zettel/"))
    clerk.as_(None)
    answer = clerk.post("/termine/mit-code/", {"nummer": booking.reference.lower(), "code": code}, follow=True)
    assert "Ihr Termin steht." in text(answer)
    assert "Verschieben" in text(answer)


def test_internal_times_are_for_staff_alone(clerk: Any, office: Any) -> None:
    OpeningRule.objects.update(audience=Audience.INTERNAL)
    page = text(clerk.get(f"{BOOK}?leistung=personalausweis&personen=1"))
    assert 'name="zeit"' in page
    assert 'name="zeit"' not in text(clerk.get("/termine/zeiten/?leistung=personalausweis&personen=1"))
    assert book(clerk)[0].audience == Audience.INTERNAL


def test_with_an_address_the_usual_mail_goes_out(clerk: Any, office: Any) -> None:
    book(clerk, email="mehmet@example.org")
    assert OutgoingEmail.objects.get(purpose="appointment_confirmed").to_address == "mehmet@example.org"


@pytest.mark.parametrize("tries", [["000000"] * 6, ["", "abc", "🙂"]])
def test_wrong_codes_open_nothing_and_are_counted(
    clerk: Any, office: Any, tries: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "security")
    booking, slip = book(clerk)
    code = code_on(slip)
    wrong = [c if c != code else "111111" for c in tries]
    for typed in wrong:
        answer = clerk.post("/termine/mit-code/", {"nummer": booking.reference, "code": typed})
        assert answer.status_code == 422
    answer = clerk.post("/termine/mit-code/", {"nummer": booking.reference, "code": code})
    assert answer.status_code == (422 if len(tries) > 5 else 302)
    if len(tries) > 5:
        assert caplog.text.count("event=code_failed") == 7


def test_code_on_a_slip_outlives_a_change_of_the_key(clerk: Any, office: Any, settings: Any) -> None:
    booking, slip = book(clerk)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key " * 5
    answer = SecureClient().post("/termine/mit-code/", {"nummer": booking.reference, "code": code_on(slip)})
    assert answer.status_code == 302


def test_number_that_is_none_says_nothing_else_than_a_wrong_code(
    clerk: Any, office: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "security")
    booking, _slip = book(clerk)
    wrong = text(clerk.post("/termine/mit-code/", {"nummer": booking.reference, "code": "000000"}))
    Booking.objects.all().delete()
    caplog.clear()
    none = text(clerk.post("/termine/mit-code/", {"nummer": booking.reference, "code": "000000"}))
    assert "event=code_failed" in caplog.text
    said = "Nummer und Code passen nicht zusammen"
    assert said in wrong
    assert said in none


def test_time_that_went_is_said_and_others_offered(clerk: Any, office: Any) -> None:
    hold(office), hold(office)
    page = text(clerk.post(BOOK, choice()))
    assert "gerade vergeben worden" in page
    assert 'name="zeit"' in page


def test_hold_that_lapsed_is_said(clerk: Any, office: Any) -> None:
    answer = clerk.post(BOOK, choice())
    Booking.objects.all().delete()
    assert "nicht mehr gehalten" in text(clerk.post(answer["Location"], WHO, follow=True))


def test_moving_tells_the_person_why(clerk: Any, office: Any) -> None:
    old = confirmed(office, "09:00")
    page = text(clerk.get(f"{BOOK}?leistung=personalausweis&personen=1&verschieben={old.pk}"))
    assert old.reference in page
    answer = clerk.post(BOOK, choice("10:00", verschieben=str(old.pk)))
    clerk.post(answer["Location"], {"note": "Der Platz ist <b>zu</b>."})
    new = Booking.objects.confirmed().get()
    assert (new.name, new.email, new.starts_at) == (old.name, old.email, setting.at("10:00"))
    assert "Der Platz ist <b>zu</b>." in OutgoingEmail.objects.get(purpose="appointment_moved").body
    assert Booking.objects.get(pk=old.pk).status == BookingStatus.CANCELLED


def test_moving_somebody_without_address_puts_them_on_the_list(clerk: Any, office: Any) -> None:
    old, _slip = book(clerk)
    answer = clerk.post(BOOK, choice("10:00", verschieben=str(old.pk)))
    slip = text(clerk.post(answer["Location"], {"note": "Krank."}, follow=True))
    new = Booking.objects.confirmed().get()
    assert code_on(slip)
    page = text(clerk.get("/verwaltung/termine/anrufen/"))
    assert new.reference in page
    assert "Krank." in page
    assert "verschoben auf diese Zeit" in page


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"leistung": "x"},
        {"leistung": "personalausweis", "personen": "99"},
        {
            "zeit": "x.y",
        },
    ],
)
def test_nonsense_is_said_or_not_there(clerk: Any, office: Any, data: dict[str, str]) -> None:
    assert clerk.post(BOOK, data).status_code in (200, 404, 422)
    assert clerk.post(BOOK, {**choice(), "zeit": "x.y"}).status_code == 404
    assert clerk.get(f"{BOOK}?verschieben=x&leistung=personalausweis&personen=1").status_code == 404
    assert clerk.get(f"{BOOK}?tag=x&leistung=personalausweis&personen=1").status_code == 200


# -- the day ------------------------------------------------------------------------------------------------


def test_day_lists_everybody_and_search_finds_all_days(clerk: Any, office: Any) -> None:
    booking, _slip = book(clerk)
    held = hold(office, "10:00")
    page = text(clerk.get(f"{DAY}?tag={setting.working_day()}"))
    assert WHO["name"] in page
    assert held.reference not in page
    for wanted in (booking.reference.replace("-", "").lower(), "yıldız", "05361 1234"):
        assert booking.reference in text(clerk.post(DAY, {"q": wanted})), wanted
    assert "Nichts gefunden." in text(clerk.post(DAY, {"q": "gibt es nicht"}))
    for odd in ({"tag": "x"}, {"tag": "9999-12-31"}, {"standort": "x"}, {"tag": "0001-01-01"}):
        assert clerk.get(DAY, odd).status_code == 200


def test_day_asks_the_same_number_of_queries(clerk: Any, office: Any, django_assert_num_queries: Any) -> None:
    url = f"{DAY}?tag={setting.working_day()}"
    confirmed(office, "09:00")
    clerk.get(url)
    with django_assert_num_queries(10):
        clerk.get(url)
    confirmed(office, "09:12"), confirmed(office, "09:24")
    with django_assert_num_queries(10):
        clerk.get(url)


def test_offices_of_others_are_not_there(client: Any, piotr: Any, office: Any) -> None:
    booking = confirmed(office)
    client.as_(piotr)
    for path in (DAY, BOOK, f"{DAY}{booking.pk}/", f"{DAY}{booking.pk}/zettel/", "/verwaltung/schalter/"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"{DAY}{booking.pk}/", {"absagen": "1"}).status_code == 404


def test_cancelling_says_why(clerk: Any, office: Any) -> None:
    booking = confirmed(office)
    clerk.post(f"{DAY}{booking.pk}/", {"absagen": "1", "note": "Stromausfall."})
    assert "Stromausfall." in OutgoingEmail.objects.get(purpose="appointment_cancelled").body
    # Twice is once.
    assert "schneller" in text(clerk.post(f"{DAY}{booking.pk}/", {"absagen": "1", "note": ""}, follow=True))


# -- the counter --------------------------------------------------------------------------------------------


@pytest.fixture
def morning() -> Any:
    with time_machine.travel(setting.at("09:00"), tick=True):
        yield


def arrived(office: Any, time: str) -> Ticket:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, audience=Audience.INTERNAL,
        starts_at=setting.at(time, timezone.localdate()),
    )  # fmt: skip
    transitions.confirm(booking, name="Zoë D’Angelo")
    return queueing.check_in(booking, source=Source.DESK)


def press(clerk: Any, counter: Counter, act: str, **more: str) -> str:
    answer = clerk.post(f"/verwaltung/schalter/{counter.pk}/tun/", {"tun": act, **more}, follow=True)
    assert answer.status_code == 200, answer
    return text(answer)


@pytest.mark.usefixtures("morning")
def test_a_morning_at_the_counter(clerk: Any, office: Any, piotr: Any) -> None:
    shifts.sit_down(Counter.objects.get(name="Platz 2"), piotr)
    tickets = [arrived(office, time) for time in ("09:00", "09:12", "09:24")]
    here, other = Counter.objects.order_by("name")
    # Nobody acts at a counter where they do not sit.
    assert "Wo sitzen Sie heute?" in press(clerk, here, "naechste")
    page = text(clerk.post("/verwaltung/schalter/", {"platz": str(here.pk)}, follow=True))
    assert "Es warten 3 Personen" in page
    page = press(clerk, here, "naechste")
    assert "T 01" in page
    assert "Zoë D’Angelo" in page
    press(clerk, here, "noch-einmal")
    assert "Noch einmal aufrufen" not in press(clerk, here, "noch-einmal")
    press(clerk, here, "ist-da")
    assert "T 02" in press(clerk, here, "fertig-naechste")
    assert "doch da" in press(clerk, here, "nicht-erschienen")
    press(clerk, here, "doch-da", nummer=str(tickets[1].pk))
    press(clerk, here, "aufrufen", nummer=str(tickets[2].pk))
    press(clerk, here, "uebergeben", an=str(other.pk))
    assert Ticket.objects.get(pk=tickets[2].pk).for_counter == other
    press(clerk, here, "pause")
    assert shifts.staffed(office) == [other]
    press(clerk, here, "weiter")
    assert "T 02" in press(clerk, here, "naechste")
    press(clerk, here, "fertig")
    assert "Gerade wartet niemand, den dieser Platz" in press(clerk, here, "naechste")
    assert "Wo sitzen Sie heute?" in press(clerk, here, "aufstehen")
    assert [s.counter for s in Shift.objects.filter(ended_at=None)] == [other]
    assert Booking.objects.filter(status=BookingStatus.SERVED).count() == 2


@pytest.mark.usefixtures("morning")
def test_reception_checks_people_in(clerk: Any, office: Any) -> None:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, audience=Audience.INTERNAL,
        starts_at=setting.at("11:00", timezone.localdate()),
    )  # fmt: skip
    transitions.confirm(booking, name="Zoë D’Angelo")
    here = Counter.objects.order_by("name")[0]
    clerk.post("/verwaltung/schalter/", {"platz": str(here.pk)})
    assert "Ein Termin wird noch erwartet" in text(clerk.get(f"/verwaltung/schalter/{here.pk}/"))
    assert "Angemeldet: T 01" in press(clerk, here, "anmelden", termin=booking.reference)
    assert "schneller" in press(clerk, here, "anmelden", termin=booking.reference)
    assert "Ist gekommen" not in text(clerk.get(f"{DAY}{booking.pk}/"))


@pytest.mark.usefixtures("morning")
def test_stale_buttons_change_nothing(clerk: Any, office: Any) -> None:
    ticket = arrived(office, "09:00")
    here, other = Counter.objects.order_by("name")
    clerk.post("/verwaltung/schalter/", {"platz": str(here.pk)})
    queueing.call(ticket, other)
    for act in ("aufrufen", "fertig", "ist-da", "nicht-erschienen", "uebergeben", "doch-da"):
        assert "schneller" in press(clerk, here, act, nummer=str(ticket.pk)), act
    for termin in ("x", "a\x00", "", "3PE-E79-K49"):
        assert "schneller" in press(clerk, here, "anmelden", termin=termin)
    for data in ({"tun": "x"}, {"tun": "aufrufen", "nummer": "x"}, {}):
        assert clerk.post(f"/verwaltung/schalter/{here.pk}/tun/", data).status_code == 404
    assert clerk.post("/verwaltung/schalter/", {"platz": "x"}).status_code == 404
    assert Ticket.objects.get().status == TicketStatus.CALLED


@pytest.mark.usefixtures("morning")
def test_line_asks_the_same_number_of_queries(clerk: Any, office: Any, django_assert_num_queries: Any) -> None:
    here = Counter.objects.order_by("name")[0]
    clerk.post("/verwaltung/schalter/", {"platz": str(here.pk)})
    arrived(office, "09:00")
    clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")
    with django_assert_num_queries(12):
        clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")
    arrived(office, "09:12"), arrived(office, "09:24")
    with django_assert_num_queries(12):
        clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")


# -- figures -------------------------------------------------------------------------------------------------


def test_figures_are_numbers_without_people(client: Any, samir: Any, office: Any) -> None:
    confirmed(office)
    page = text(client.as_(samir).get("/verwaltung/termine/zahlen/"))
    assert "Auslastung" in page
    assert "Zoë" not in page
    assert client.get(DAY).status_code == 404
    for odd in ("?tage=x", "?leistung=x", "?tage=7&leistung=personalausweis"):
        assert client.get(f"/verwaltung/termine/zahlen/{odd}").status_code == 200


def test_day_without_role_is_none(client: Any, aylin: Any, office: Any) -> None:
    assert client.as_(aylin).get(DAY).status_code == 404


# -- from a case into a booking -------------------------------------------------------------------------------


def test_clerk_invites_and_the_case_leads_to_the_booking(client: Any, karla: Any, aylin: Any, office: Any) -> None:
    case = factories.parking_case(aylin)
    client.as_(karla)
    path = f"/verwaltung/termine/einladen/{case.reference}/"
    page = text(client.post(path, {"leistung": "personalausweis"}, follow=True))
    assert "noch nicht gebucht" in page
    # Twice is once.
    client.post(path, {"leistung": "personalausweis"})
    assert OutgoingEmail.objects.filter(purpose="appointment_invitation").count() == 1
    client.as_(aylin)
    page = text(client.get(case.get_absolute_url()))
    link = re.search(r'href="(/termine/zeiten/[^"]+)"', page)
    assert link
    times = text(client.get(link[1].replace("&amp;", "&")))
    assert case.reference in times
    held = client.post("/termine/halten/", choice(vorgang=case.reference))
    client.post(held["Location"], {"name": "Aylin", "email": aylin.email, "phone": ""})
    booking = Booking.objects.confirmed().get()
    assert booking.case == case
    page = text(client.get(case.get_absolute_url()))
    assert booking.reference in page
    assert "Bitte kommen Sie" not in page


def test_case_of_somebody_else_is_not_taken_along(client: Any, juergen: Any, aylin: Any, office: Any) -> None:
    case = factories.parking_case(aylin)
    client.as_(juergen)
    page = text(client.get(f"/termine/zeiten/?leistung=personalausweis&personen=1&vorgang={case.reference}"))
    assert "Für Ihren Vorgang" not in page
    held = client.post("/termine/halten/", choice(vorgang=case.reference))
    assert held.status_code == 302
    assert Booking.objects.get().case is None


@pytest.mark.parametrize("data", [{}, {"leistung": "x"}, {"leistung": "hundesteuer-anmelden"}, {"leistung": "\x00"}])
def test_invitation_to_nothing_is_not_there(clerk: Any, aylin: Any, office: Any, data: dict[str, str]) -> None:
    case = factories.parking_case(aylin)
    assert clerk.post(f"/verwaltung/termine/einladen/{case.reference}/", data).status_code == 404


def test_clerk_of_another_department_invites_nobody(client: Any, piotr: Any, aylin: Any, office: Any) -> None:
    case = factories.parking_case(aylin)
    client.as_(piotr)
    path = f"/verwaltung/termine/einladen/{case.reference}/"
    assert client.post(path, {"leistung": "personalausweis"}).status_code == 404


def test_invitation_stays_settled_and_opens_again_when_the_appointment_is_cancelled(aylin: Any, karla: Any) -> None:
    office = setting.office()
    case = factories.parking_case(aylin)
    transitions.invite(case, setting.bookable(), by=karla)
    booking = hold(office, user=aylin, case=case)
    # Another address than the account's: the case stays.
    transitions.reserve(booking, name="Aylin", email="andere@example.org")
    transitions.confirm(booking)
    assert Booking.objects.get().case == case
    assert invitations(case) == []
    Booking.objects.update(case=None)
    assert invitations(case) == [], "what is forgotten after a month does not ask again"
    Booking.objects.update(case=case)
    transitions.cancel(Booking.objects.get())
    assert len(invitations(case)) == 1


def test_office_that_is_switched_off_still_shows_whom_it_concerns(clerk: Any, office: Any) -> None:
    booking = confirmed(office)
    OfficePolicy.objects.update(active=False)
    assert booking.reference in text(clerk.get("/verwaltung/termine/betroffen/"))


@pytest.mark.usefixtures("morning")
def test_yesterdays_forgotten_visit_does_not_block_the_counter(office: Any) -> None:
    ticket = arrived(office, "09:00")
    here = Counter.objects.select_related("office").order_by("name")[0]
    queueing.call(ticket, here)
    with time_machine.travel(timezone.now() + dt.timedelta(days=7), tick=True):
        assert queueing.call_next(here) is None
        today = arrived(office, "09:12")
        assert queueing.call_next(here) == today
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.DONE


@pytest.mark.usefixtures("morning")
def test_somebody_handed_to_a_counter_that_was_left_is_anybodys_again(office: Any, karla: Any, piotr: Any) -> None:
    ticket = arrived(office, "09:00")
    here, other = Counter.objects.select_related("office").order_by("name")
    shifts.sit_down(here, karla)
    shift = shifts.sit_down(other, piotr)
    queueing.call_next(here)
    ticket.refresh_from_db()
    queueing.hand_over(ticket, other)
    assert queueing.call_next(here) is None
    shifts.stand_up(shift)
    assert queueing.call_next(here) == ticket
