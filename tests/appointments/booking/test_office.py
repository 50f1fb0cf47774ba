"""What staff do for people at the telephone or the counter: book, move, invite."""

import datetime as dt
import logging
import re
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.appointments.booking import transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.plugs import invitations
from apps.appointments.booking.states import BookedBy, BookingStatus
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.core.models import OutgoingEmail
from tests import factories
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db

DAY = "/verwaltung/termine/"
BOOK = "/verwaltung/termine/buchen/"
WHO = {"name": "Mehmet Yıldız", "phone": "05361 1234", "email": "", "booked_by": "phone"}


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
