"""Booking over HTTP: choose, hold, leave details, confirm, move, cancel – and what goes wrong on the way."""

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone
from icalendar import Calendar

from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import BookableService
from apps.catalogue.models import Office
from apps.core.models import OutgoingEmail
from tests.appointments import setting

pytestmark = pytest.mark.django_db

VISIT = {"leistung": "personalausweis", "personen": "1"}
DETAILS = {"name": "Zoë D’Angelo", "email": "zoe@example.org", "phone": ""}


@pytest.fixture
def office() -> Office:
    return setting.office(counters=1)


def time(hour: str = "09:00") -> str:
    return f"rathaus-b.{minute(setting.at(hour))}"


def hold(client: Any, hour: str = "09:00", **more: str) -> Booking:
    answer = client.post("/termine/halten/", {**VISIT, "zeit": time(hour), **more})
    assert answer.status_code == 302, answer.content.decode()
    pk = re.search(r"/termine/([0-9a-f-]{36})/", answer["Location"])
    assert pk, answer["Location"]
    return Booking.objects.get(pk=pk[1])


def text(answer: Any) -> str:
    return str(answer.content.decode())


def mail(purpose: str) -> OutgoingEmail:
    return OutgoingEmail.objects.filter(purpose=purpose).latest("created_at")


def link_in(email: OutgoingEmail) -> str:
    found = re.search(r"https?://[^/]+(/\S+)", email.body)
    assert found
    return found[1]


def booked(client: Any, hour: str = "09:00") -> Booking:
    booking = hold(client, hour)
    client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    client.post(link_in(mail("appointment_confirm")))
    booking.refresh_from_db()
    assert booking.status == BookingStatus.CONFIRMED
    return booking


# -- choosing ---------------------------------------------------------------------------------------------


def test_choice_lists_what_can_be_booked(client: Any, office: Office) -> None:
    page = text(client.get("/termine/"))
    assert "Personalausweis" in page
    assert "Reisepass" not in page
    assert "egal wo" in page


def test_without_counters_there_is_the_telephone(client: Any) -> None:
    assert "nur am Telefon" in text(client.get("/termine/"))


def test_service_page_and_home_lead_to_the_booking(client: Any, office: Office) -> None:
    assert "/termine/zeiten/?leistung=personalausweis&amp;personen=1" in text(
        client.get("/leistungen/personalausweis/")
    )
    assert 'href="/termine/"' in text(client.get("/"))


def test_times_show_next_calendar_and_day(client: Any, office: Office) -> None:
    setting.office("vorsfelde", opens="10:00")
    page = text(client.get("/termine/zeiten/", {**VISIT, "tag": setting.working_day().isoformat()}))
    assert "Nächste freie Zeit" in page
    assert f'value="{time("09:00")}"' in page
    assert "Vorsfelde" in page
    assert 'aria-current="date"' in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"personen": "1"}, "wofür Sie den Termin brauchen"),
        ({"leistung": "reisepass", "personen": "1"}, "gibt es keine Termine"),
        ({"leistung": "x\x00", "personen": "1"}, "leistung"),
        ({**VISIT, "personen": "0"}, "Mindestens eine Person"),
        ({**VISIT, "personen": "viele"}, "Bitte geben Sie eine Zahl ein"),
        ({**VISIT, "personen": "6"}, "höchstens 5 Personen"),
        ({**VISIT, "standort": "mond"}, "Diesen Standort gibt es nicht"),
    ],
)
def test_choice_that_does_not_hold_is_said(client: Any, office: Office, query: dict[str, str], sentence: str) -> None:
    answer = client.get("/termine/zeiten/", query)
    assert answer.status_code == 422
    assert sentence in text(answer)


@pytest.mark.parametrize(
    "odd", [{"tag": "gestern"}, {"tag": "2026-02-31"}, {"um": "²"}, {"um": "9" * 30}, {"verschieben": "x"}]
)
def test_odd_addresses_are_forgiven(client: Any, office: Office, odd: dict[str, str]) -> None:
    assert client.get("/termine/zeiten/", VISIT | odd).status_code == 200


def test_nothing_free_says_so(client: Any, office: Office) -> None:
    office.policy.active = True
    office.opening_rules.all().delete()
    assert "Gerade ist keine Zeit frei." in text(client.get("/termine/zeiten/", VISIT))


# -- holding and details --------------------------------------------------------------------------------------


def test_booking_by_mailed_link(client: Any, office: Office) -> None:
    booking = hold(client)
    page = text(client.get(f"/termine/{booking.pk}/angaben/"))
    assert "für Sie gehalten" in page
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    assert answer["Location"] == f"/termine/{booking.pk}/code/"
    booking.refresh_from_db()
    assert booking.expires_at is not None
    assert booking.expires_at > timezone.now() + dt.timedelta(minutes=29)
    path = link_in(mail("appointment_confirm"))
    # Mail scanners open links.
    assert "Termin bestätigen" in text(client.get(path))
    booking.refresh_from_db()
    assert booking.status == BookingStatus.RESERVED
    answer = client.post(path, follow=True)
    assert "Ihr Termin steht." in text(answer)
    assert booking.reference in text(answer)
    assert mail("appointment_confirmed").to_address == DETAILS["email"]


def test_booking_by_code(client: Any, office: Office) -> None:
    booking = hold(client)
    client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    code = re.search(r"\b[0-9]{6}\b", mail("appointment_confirm").body)
    assert code
    wrong = client.post(f"/termine/{booking.pk}/code/", {"code": "000000" if code[0] != "000000" else "1"})
    assert "Dieser Code passt nicht" in text(wrong)
    answer = client.post(f"/termine/{booking.pk}/code/", {"code": code[0]}, follow=True)
    assert "Ihr Termin steht." in text(answer)


def test_signed_in_confirms_at_once(client: Any, aylin: Any, office: Office) -> None:
    client.as_(aylin)
    booking = hold(client)
    assert aylin.email in text(client.get(f"/termine/{booking.pk}/angaben/"))
    answer = client.post(
        f"/termine/{booking.pk}/angaben/", {"name": aylin.full_name, "email": aylin.email, "phone": ""}, follow=True
    )
    assert "Ihr Termin steht." in text(answer)
    assert booking.reference in text(client.get("/mein-bereich/"))


def test_signed_in_with_a_foreign_address_has_to_prove_it(client: Any, aylin: Any, office: Office) -> None:
    client.as_(aylin)
    booking = hold(client)
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    assert answer["Location"] == f"/termine/{booking.pk}/code/"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Ihr Name fehlt"),
        ({"email": ""}, "Ihre E-Mail-Adresse fehlt"),
        ({"email": "zoe@"}, "nicht vollständig"),
        ({"name": "Z\x00oë"}, "nicht"),
    ],
)
def test_details_that_do_not_hold_are_said_and_kept(
    client: Any, office: Office, changes: dict[str, str], sentence: str
) -> None:
    booking = hold(client)
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS | {"phone": "05361 1"} | changes)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "05361 1" in text(answer)
    booking.refresh_from_db()
    assert booking.status == BookingStatus.HELD


def test_time_that_is_gone_leads_to_the_nearest(client: Any, office: Office) -> None:
    hold(type(client)(), "09:00")
    answer = client.post("/termine/halten/", {**VISIT, "zeit": time("09:00")}, follow=True)
    page = text(answer)
    assert "gerade vergeben worden" in page
    assert "Am nächsten an Ihrer Zeit" in page
    assert time("08:48") in page
    assert time("09:12") in page


def lapse(booking: Booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))


def form_of(client: Any, booking: Booking) -> dict[str, str]:
    """The hidden fields of the details page."""
    page = text(client.get(f"/termine/{booking.pk}/angaben/"))
    return dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', page))


def test_hold_that_lapsed_while_typing_is_taken_again(client: Any, office: Office) -> None:
    booking = hold(client)
    hidden = form_of(client, booking)
    lapse(booking)
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS | hidden)
    [again] = Booking.objects.all()
    assert answer["Location"] == f"/termine/{again.pk}/code/"
    assert (again.name, again.starts_at) == (DETAILS["name"], booking.starts_at)


def test_time_that_went_while_typing_is_said_with_the_nearest_and_nothing_is_lost(client: Any, office: Office) -> None:
    booking = hold(client)
    hidden = form_of(client, booking)
    lapse(booking)
    holding.hold(office=office, services=[BookableService.objects.get()], persons=1, starts_at=setting.at("09:00"))
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS | hidden)
    assert answer.status_code == 409
    page = text(answer)
    assert "inzwischen vergeben" in page
    assert "Zoë D’Angelo" in page
    assert f'name="other" value="{time("09:12")}"' in page
    # One click on another time goes on with what was typed.
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS | hidden | {"other": time("09:12")})
    assert answer.status_code == 302
    assert Booking.objects.get(name=DETAILS["name"]).starts_at == setting.at("09:12")


def test_hold_is_extended_and_given_back(client: Any, office: Office) -> None:
    booking = hold(client)
    page = text(client.post(f"/termine/{booking.pk}/angaben/", DETAILS | {"_extend": "1"}))
    assert "weitere zehn Minuten" in page
    assert "Zoë D’Angelo" in page
    client.post(f"/termine/{booking.pk}/angaben/", {"_release": "1"})
    assert not Booking.objects.exists()


def test_hold_belongs_to_its_browser(client: Any, office: Office, aylin: Any) -> None:
    booking = hold(client)
    stranger = type(client)()
    for place in ("angaben", "code"):
        assert stranger.get(f"/termine/{booking.pk}/{place}/").status_code == 404
    assert stranger.get(f"/termine/{booking.pk}/").status_code == 404
    assert stranger.as_(aylin).get(f"/termine/{booking.pk}/angaben/").status_code == 404


def test_holds_have_a_limit(client: Any, office: Office, settings: Any) -> None:
    settings.APPOINTMENT_HOLDS_PER_HOUR = 1
    hold(client)
    assert client.post("/termine/halten/", {**VISIT, "zeit": time("10:00")}).status_code == 429


def test_browser_holds_one_time(client: Any, office: Office) -> None:
    hold(client, "09:00")
    assert hold(client, "10:00") == Booking.objects.get()


def test_address_may_have_three_times_ahead(client: Any, office: Office) -> None:
    for hour in ("08:00", "09:00", "10:00"):
        booked(client, hour)
    booking = hold(client, "11:00")
    client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    answer = client.post(link_in(mail("appointment_confirm")))
    assert answer.status_code == 409
    assert "Mehr als drei Termine" in text(answer)


def test_second_click_on_the_details_finds_the_first(client: Any, office: Office, monkeypatch: Any) -> None:
    setting.Counter.objects.create(office=office, name="Platz 9").services.set([setting.bookable()])
    setting.OpeningRule.objects.get().counters.set(setting.Counter.objects.all())
    booking = hold(client)
    hidden = form_of(client, booking)
    real = transitions.reserve

    def late(late_booking: Booking, **details: Any) -> str:
        # The other click was faster.
        real(Booking.objects.get(pk=late_booking.pk), **details)
        return real(late_booking, **details)

    monkeypatch.setattr(transitions, "reserve", late)
    answer = client.post(f"/termine/{booking.pk}/angaben/", DETAILS | hidden)
    assert answer["Location"] == f"/termine/{booking.pk}/code/"
    assert Booking.objects.get() == booking


def test_second_click_on_a_time_finds_the_hold(client: Any, office: Office) -> None:
    # The page with the times gives the browser the cookie by which both clicks are known.
    client.get("/termine/zeiten/", VISIT)
    assert hold(client) == hold(client)


def test_mistyped_address_is_corrected_on_the_way(client: Any, office: Office) -> None:
    booking = hold(client)
    client.post(f"/termine/{booking.pk}/angaben/", DETAILS | {"email": "zeo@example.org"})
    assert "Adresse ändern" in text(client.get(f"/termine/{booking.pk}/code/"))
    page = text(client.get(f"/termine/{booking.pk}/angaben/?aendern=1"))
    assert "zeo@example.org" in page
    client.post(f"/termine/{booking.pk}/angaben/?aendern=1", DETAILS)
    assert mail("appointment_confirm").to_address == DETAILS["email"]


def test_link_shows_and_changes_nobody(client: Any, office: Office) -> None:
    """Whoever has the link may move the time; name and address stay what they were, and unseen."""
    token = transitions.manage_token(booked(client))
    other = type(client)()
    new = hold(other, "10:00", verschieben=other.handle(f"/termine/link/{token}/"))
    page = text(other.get(f"/termine/{new.pk}/angaben/"))
    assert "Zoë" not in page
    assert "zoe@example.org" not in page
    other.post(f"/termine/{new.pk}/angaben/", {"name": "Eve", "email": "eve@example.org"})
    new.refresh_from_db()
    assert (new.status, new.email, new.name) == (BookingStatus.CONFIRMED, "zoe@example.org", "Zoë D’Angelo")
    # The link does not wander into other forms.
    assert token not in text(other.get(f"/termine/link/{token}/")).split("<footer")[1]


def test_choice_with_a_mistake_stays_a_move(client: Any, office: Office) -> None:
    handle = client.handle(f"/termine/link/{transitions.manage_token(booked(client))}/")
    page = text(client.get("/termine/zeiten/", {"personen": "1", "verschieben": handle}))
    assert f'name="verschieben" value="{handle}"' in page


def test_move_of_what_no_longer_stands_is_said(client: Any, office: Office) -> None:
    booking = booked(client)
    token = transitions.manage_token(booking)
    transitions.cancel(booking)
    answer = client.post("/termine/halten/", {**VISIT, "zeit": time("10:00"), "verschieben": token}, follow=True)
    assert "steht nicht mehr" in text(answer)
    assert not Booking.objects.filter(status=BookingStatus.HELD).exists()


def test_what_no_counter_can_do_is_said(client: Any, office: Office) -> None:
    setting.office("vorsfelde", services=[setting.bookable("reisepass", 24)])
    page = text(client.get("/termine/zeiten/", {"leistung": ["personalausweis", "reisepass"], "personen": "1"}))
    assert "Zusammen geht das hier nicht." in page


@pytest.mark.parametrize(
    "chosen",
    [
        "",
        "rathaus-b",
        "rathaus-b.",
        "mond.1",
        "rathaus-b.-1",
        "rathaus-b.²",
        "\x00.5",
        "rathaus b.5",
        "rathaus-b." + "9" * 40,
    ],
)
def test_odd_times_are_asked_again(client: Any, office: Office, chosen: str) -> None:
    assert client.post("/termine/halten/", {**VISIT, "zeit": chosen}).status_code == 302
    assert not Booking.objects.exists()


# -- afterwards ---------------------------------------------------------------------------------------------


def test_link_moves_without_account_and_keeps_the_old_time_until_then(client: Any, office: Office) -> None:
    old = booked(client)
    token = transitions.manage_token(old)
    other = type(client)()
    page = text(other.get(f"/termine/link/{token}/"))
    assert "Verschieben" in page
    handle = other.handle(f"/termine/link/{token}/")
    times = other.get("/termine/zeiten/", VISIT | {"verschieben": handle})
    assert "bleibt bestehen" in text(times)
    new = hold(other, "10:00", verschieben=handle)
    old.refresh_from_db()
    assert old.status == BookingStatus.CONFIRMED
    answer = other.post(f"/termine/{new.pk}/angaben/", DETAILS, follow=True)
    assert "Ihr Termin steht." in text(answer)
    old.refresh_from_db()
    assert old.status == BookingStatus.CANCELLED
    assert "verschoben" in text(other.get(f"/termine/link/{token}/"))


def test_link_cancels_by_post_only(client: Any, office: Office) -> None:
    booking = booked(client)
    token = transitions.manage_token(booking)
    assert client.get(f"/termine/link/{token}/absagen/").status_code == 405
    answer = client.post(f"/termine/link/{token}/absagen/", follow=True)
    assert "abgesagt" in text(answer)
    booking.refresh_from_db()
    assert booking.status == BookingStatus.CANCELLED
    assert "steht nicht mehr" in text(client.post(f"/termine/link/{token}/absagen/", follow=True))


def test_forged_link_leads_nowhere(client: Any, office: Office) -> None:
    token = transitions.manage_token(booked(client))
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    for place in ("", "absagen/", "termin.ics"):
        assert client.get(f"/termine/link/{forged}/{place}").status_code in (404, 405)
    assert client.get(f"/termine/link/{forged}/bestaetigen/").status_code == 410


def test_lapsed_link_says_so(client: Any, office: Office) -> None:
    booking = hold(client)
    client.post(f"/termine/{booking.pk}/angaben/", DETAILS)
    path = link_in(mail("appointment_confirm"))
    lapse(booking)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert "wieder frei" in text(answer)


def test_calendar_file_says_when_and_where(client: Any, office: Office) -> None:
    booking = booked(client)
    answer = client.get(f"/termine/link/{transitions.manage_token(booking)}/termin.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event.decoded("dtstart") == booking.starts_at
    assert "Porschestraße 49" in event["location"]
    assert "Personalausweis" not in text(answer)
    assert "Zoë" not in text(answer)


def test_english_is_complete(client: Any, office: Office) -> None:
    for path in ("/en/termine/", "/en/termine/zeiten/?leistung=personalausweis&personen=1"):
        page = text(client.get(path))
        for german in ("Uhr<", "Termin", "Freie", "Personen kommen"):
            assert german not in re.sub(r'href="[^"]*"|action="[^"]*"', "", page), german


def test_what_was_typed_goes_along_to_another_time(client: Any, office: Office) -> None:
    booking = hold(client)
    answer = client.post(f"/termine/{booking.pk}/angaben/", {**VISIT, **DETAILS, "zeit": time(), "_release": "1"})
    assert answer.status_code == 302
    other = hold(client, "10:00")
    page = text(client.get(f"/termine/{other.pk}/angaben/"))
    assert 'value="zoe@example.org"' in page
    assert "D’Angelo" in page


def test_all_times_from_the_page_of_a_time_that_went_keep_what_was_typed(client: Any, office: Office) -> None:
    booking = hold(client)
    Booking.objects.all().delete()
    answer = client.post(f"/termine/{booking.pk}/angaben/", {**VISIT, **DETAILS, "zeit": time(), "_all": "1"})
    assert "/zeiten/" in answer["Location"]
    other = hold(client, "10:00")
    assert 'value="zoe@example.org"' in text(client.get(f"/termine/{other.pk}/angaben/"))


def test_what_was_typed_is_not_shown_to_whoever_signs_in_next(client: Any, office: Office, juergen: Any) -> None:
    booking = hold(client)
    client.post(f"/termine/{booking.pk}/angaben/", {**VISIT, **DETAILS, "zeit": time(), "_release": "1"})
    client.as_(juergen)
    other = hold(client, "10:00")
    assert "zoe@example.org" not in text(client.get(f"/termine/{other.pk}/angaben/"))
