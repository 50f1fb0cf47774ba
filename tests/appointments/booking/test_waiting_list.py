"""The waiting list: in order, each for half an hour, not at night, and public only after a rest."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.appointments.booking import holding, transitions, waiting_list
from apps.appointments.booking.models import Booking, Passed, Wish
from apps.appointments.booking.states import BookingStatus, CancelledBy, WishStatus
from apps.appointments.timetable.models import Closure, OfficePolicy
from apps.core.business_calendar import today
from apps.core.models import OutgoingEmail
from apps.core.transitions import TransitionConflict, TransitionError
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold, lapse, many, racing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day(monkeypatch: Any) -> None:
    """Offers are made at any hour: the database's clock does not travel."""
    monkeypatch.setattr(waiting_list, "DAY_BEGINS", dt.time.min)
    monkeypatch.setattr(waiting_list, "DAY_ENDS", dt.time.max)


def wish(number: int = 1, **more: Any) -> Wish:
    """Somebody who waits, later than those before."""
    services, proved = more.pop("services", None) or [setting.bookable()], more.pop("proved", True)
    made = Wish(
        **{
            "first_day": today(), "last_day": today() + dt.timedelta(days=40), "weekdays": [0, 1, 2, 3, 4, 5],
            "earliest": dt.time(8), "latest": dt.time(17), "name": f"Person {number}",
            "email": f"person{number}@example.org",
        } | more
    )  # fmt: skip
    waiting_list.wish(made, services, proved=proved)
    Wish.objects.filter(pk=made.pk).update(waiting_since=timezone.now() - dt.timedelta(days=10 - number))
    made.refresh_from_db()
    return made


def freed(office: Any, time: str = "09:00", **more: Any) -> Booking:
    """A time that somebody has just given back."""
    transitions.cancel(confirmed(office, time, **more))
    return Booking.objects.get(status=BookingStatus.FREED)


def offered_to() -> str:
    [offer] = Booking.objects.filter(status=BookingStatus.OFFERED)
    return offer.email.split("@")[0]


def run_out() -> None:
    Booking.objects.filter(status=BookingStatus.OFFERED).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    waiting_list.sweep()


def test_freed_time_goes_to_the_first_in_line_then_to_the_next() -> None:
    office = setting.office()
    second, first = wish(2), wish(1)
    assert waiting_list.offer(freed(office).pk)
    assert offered_to() == "person1"
    # It is theirs alone.
    with pytest.raises(holding.Full):
        hold(office)
    run_out()
    assert offered_to() == "person2"
    offer = Booking.objects.get(status=BookingStatus.OFFERED)
    transitions.confirm(offer)
    assert Booking.objects.confirmed().get().name == "Person 2"
    assert Wish.objects.get(pk=second.pk).status == WishStatus.SERVED
    assert Wish.objects.get(pk=first.pk).status == WishStatus.WAITING


def test_what_nobody_takes_rests_for_a_while_nobody_knows_and_is_public_then() -> None:
    office = setting.office()
    wish(1)
    waiting_list.offer(freed(office).pk)
    run_out()
    row = Booking.objects.get(status=BookingStatus.FREED)
    assert row.name == row.email == "", "the next one does not see who it was offered to"
    assert not row.services.exists()
    assert row.expires_at
    assert 100 < (row.expires_at - timezone.now()).total_seconds() <= 1200
    with pytest.raises(holding.Full):
        hold(office)
    lapse(row)
    assert hold(office)


def test_rest_is_never_the_same() -> None:
    office = setting.office(counters=1)
    ends = set()
    for time in ("08:00", "08:12", "08:24", "08:36", "08:48"):
        row = freed(office, time)
        assert row.expires_at
        ends.add(int((row.expires_at - timezone.now()).total_seconds()))
        Booking.objects.filter(pk=row.pk).delete()
    assert len(ends) > 1


def test_link_of_a_lapsed_offer_leads_to_nobody_elses(client: Any) -> None:
    office = setting.office()
    wish(1), wish(2)
    waiting_list.offer(freed(office).pk)
    mail = OutgoingEmail.objects.get(purpose="appointment_offer")
    link = re.search(r"https?://[^/]+(/\S+bestaetigen/)", mail.body)
    assert link
    assert client.get(link[1]).status_code == 200
    run_out()
    answer = client.get(link[1])
    assert answer.status_code == 410
    assert "Person 2" not in answer.content.decode()
    assert client.post(link[1]).status_code == 410
    assert offered_to() == "person2"


def test_offer_is_taken_or_declined_behind_its_link(client: Any) -> None:
    office = setting.office()
    first, _second = wish(1), wish(2)
    waiting_list.offer(freed(office).pk)
    token = transitions.manage_token(Booking.objects.get(status=BookingStatus.OFFERED))
    page = client.get(f"/termine/link/{token}/bestaetigen/").content.decode()
    assert "frei geworden" in page
    # A GET takes nothing and declines nothing.
    assert client.get(f"/termine/link/{token}/ablehnen/").status_code == 405
    assert offered_to() == "person1"
    answer = client.post(f"/termine/link/{token}/ablehnen/", follow=True)
    assert "Sie stehen auf der Warteliste." in answer.content.decode()
    waiting_list.sweep()
    assert offered_to() == "person2"
    assert Wish.objects.get(pk=first.pk).waits
    token = transitions.manage_token(Booking.objects.get(status=BookingStatus.OFFERED))
    answer = client.post(f"/termine/link/{token}/bestaetigen/", follow=True)
    assert "Ihr Termin steht." in answer.content.decode()


@pytest.mark.parametrize(
    "other",
    [
        {"weekdays": []},
        {"earliest": dt.time(9, 1)},
        {"latest": dt.time(8, 59)},
        {"first_day": today() + dt.timedelta(days=100), "last_day": today() + dt.timedelta(days=130)},
        {"persons": 5},
    ],
    ids=["weekday", "too-early", "too-late", "day", "too-long"],
)
def test_only_what_suits_is_offered(other: dict[str, Any]) -> None:
    office = setting.office(closes="09:12", services=[setting.bookable(further=12)])
    if other.get("weekdays") == []:
        other = {"weekdays": [d for d in range(6) if d != setting.working_day().weekday()]}
    wish(1, **other)
    assert not waiting_list.offer(freed(office).pk)
    wish(2)
    assert waiting_list.offer(Booking.objects.get(status=BookingStatus.FREED).pk)


def test_other_office_and_other_service_are_not_offered() -> None:
    office = setting.office()
    elsewhere = setting.office("vorsfelde")
    wish(1, office=elsewhere)
    wish(2, services=[setting.bookable("reisepass", 24)])
    assert not waiting_list.offer(freed(office).pk)


def test_longer_visit_takes_what_is_free_beside_and_a_shorter_one_leaves_the_rest() -> None:
    passport = setting.bookable("reisepass", 24)
    office = setting.office(services=[setting.bookable(), passport])
    row = freed(office, "09:00")
    wish(1, services=[passport])
    assert waiting_list.offer(row.pk)
    offer = Booking.objects.get(status=BookingStatus.OFFERED)
    assert offer.ends_at - offer.starts_at == dt.timedelta(minutes=24)
    assert [s.service.slug for s in offer.services.all()] == ["reisepass"]
    transitions.confirm(offer)
    transitions.cancel(offer)
    row = Booking.objects.get(status=BookingStatus.FREED)
    wish(2)
    assert waiting_list.offer(row.pk)
    short = Booking.objects.get(status=BookingStatus.OFFERED)
    rest = Booking.objects.get(status=BookingStatus.FREED)
    assert (short.ends_at - short.starts_at, rest.starts_at) == (dt.timedelta(minutes=12), short.ends_at)


def test_nothing_is_offered_at_night_and_what_suits_somebody_waits_for_the_morning(monkeypatch: Any) -> None:
    monkeypatch.setattr(waiting_list, "DAY_BEGINS", dt.time(8))
    monkeypatch.setattr(waiting_list, "DAY_ENDS", dt.time(20))
    office = setting.office()
    wish(1)
    tomorrow = today() + dt.timedelta(days=1)
    wanted = setting.at("09:00", setting.working_day(5))
    with time_machine.travel(setting.at("22:00", tomorrow), tick=True):
        booking = holding.hold(office=office, services=[setting.bookable()], persons=1, starts_at=wanted)
        transitions.confirm(booking, name="Zoë")
        transitions.cancel(booking)
        assert not waiting_list.offer(Booking.objects.get(status=BookingStatus.FREED).pk)
        assert not waiting_list.sweep()
    assert not OutgoingEmail.objects.filter(purpose="appointment_offer").exists()
    with time_machine.travel(setting.at("07:59", tomorrow + dt.timedelta(days=1)), tick=True):
        assert not waiting_list.sweep()
        with pytest.raises(holding.Full):
            holding.hold(office=office, services=[setting.bookable()], persons=1, starts_at=wanted)
    with time_machine.travel(setting.at("08:01", tomorrow + dt.timedelta(days=1)), tick=True):
        assert waiting_list.sweep() == 1
    assert offered_to() == "person1"


def test_what_nobody_could_answer_in_time_is_public_at_once() -> None:
    office = setting.office(weekdays=setting.EVERY_DAY, opens="00:00", closes="23:59", lead_minutes=60)
    wish(1)
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1,
        starts_at=setting.at("09:00"),
    )  # fmt: skip
    transitions.confirm(booking, name="Zoë")
    with time_machine.travel(booking.starts_at - dt.timedelta(minutes=50)):
        transitions.cancel(booking)
        assert not Booking.objects.filter(status=BookingStatus.FREED).exists()


def test_what_the_office_closes_is_offered_to_nobody() -> None:
    office = setting.office()
    booking = confirmed(office)
    Closure.objects.create(office=office, begins=setting.at("08:00"), ends=setting.at("12:00"))
    wish(1)
    transitions.cancel(booking, by=CancelledBy.OFFICE)
    assert not Booking.objects.filter(status__in=[BookingStatus.FREED, BookingStatus.OFFERED]).exists()


def test_earlier_time_replaces_the_one_somebody_has() -> None:
    office = setting.office(counters=2)
    late = confirmed(office, "11:00")
    wish(1, replaces=late)
    # A later one is none they wish for.
    row = freed(office, "11:36")
    assert not waiting_list.offer(row.pk)
    Booking.objects.filter(pk=row.pk).delete()
    waiting_list.offer(freed(office, "09:00").pk)
    offer = Booking.objects.get(status=BookingStatus.OFFERED)
    assert Booking.objects.get(pk=late.pk).status == BookingStatus.CONFIRMED, "until the new one is certain"
    transitions.confirm(offer)
    assert Booking.objects.get(pk=late.pk).cancelled_by == CancelledBy.MOVED
    # Theirs is free for the next in line.
    assert Booking.objects.get(status=BookingStatus.FREED).starts_at == late.starts_at


def test_address_has_two_wishes_at_most_and_counts_once_confirmed() -> None:
    setting.office()
    for _ in range(2):
        wish(1)
    with pytest.raises(waiting_list.TooManyWishes):
        wish(1)
    unproved = wish(3, proved=False)
    assert unproved.status == WishStatus.NEW
    assert "person3@example.org" in OutgoingEmail.objects.get(purpose="appointment_wish").to_address


def test_ended_wish_gives_its_offer_to_the_next() -> None:
    office = setting.office()
    first, _second = wish(1), wish(2)
    waiting_list.offer(freed(office).pk)
    waiting_list.end(first)
    waiting_list.sweep()
    assert offered_to() == "person2"
    with pytest.raises(TransitionError):
        waiting_list.end(Wish.objects.get(pk=first.pk))


def test_wish_ends_with_its_last_day_and_says_so() -> None:
    made = wish(1, last_day=today())
    with time_machine.travel(setting.at("12:00", today() + dt.timedelta(days=1))):
        waiting_list.sweep()
        waiting_list.sweep()
    assert Wish.objects.get(pk=made.pk).status == WishStatus.ENDED
    assert OutgoingEmail.objects.filter(purpose="appointment_wish_over").count() == 1


def test_mails_of_the_list_say_neither_who_nor_what() -> None:
    wish(1)
    waiting_list.offer(freed(setting.office()).pk)
    for mail in OutgoingEmail.objects.filter(purpose__in=["appointment_offer", "appointment_wish_waits"]):
        assert "Person 1" not in mail.subject + mail.body
        assert "ausweis" not in (mail.subject + mail.body).lower()


@racing
def test_two_workers_offer_a_time_once(django_db_serialized_rollback: Any) -> None:
    office = setting.office()
    for n in range(1, 5):
        wish(n)
    row = freed(office)
    results = many(lambda _n: waiting_list.offer(row.pk), 4)
    assert results.count(True) == 1, results
    assert offered_to() == "person1"


@racing
def test_accepting_races_with_the_offer_running_out(django_db_serialized_rollback: Any) -> None:
    office = setting.office()
    for turn in range(6):
        made, _other = wish(1), wish(2)
        waiting_list.offer(freed(office).pk)
        offer = Booking.objects.get(status=BookingStatus.OFFERED)
        Booking.objects.filter(pk=offer.pk).update(expires_at=timezone.now() + dt.timedelta(milliseconds=3 * turn))
        offer.refresh_from_db()
        acts: list[Any] = [lambda offer=offer: transitions.confirm(offer), *[waiting_list.sweep] * 3]
        results = many(lambda n, acts=acts: acts[n](), 4)  # type: ignore[misc]  # default of the loop's value
        # Results come in order of completion; sweeps return numbers.
        taken = None in results
        assert Booking.objects.confirmed().filter(name="Person 1").exists() == taken
        assert (Wish.objects.get(pk=made.pk).status == WishStatus.SERVED) == taken
        active = Booking.objects.filter(starts_at=offer.starts_at).exclude(status=BookingStatus.CANCELLED)
        assert active.count() == 1, list(active)
        Booking.objects.all().delete()
        Passed.objects.all().delete()
        Wish.objects.all().delete()


def test_larger_buffer_since_then_breaks_nothing() -> None:
    office = setting.office()
    first, _second = confirmed(office, "09:00"), confirmed(office, "09:12")
    OfficePolicy.objects.update(buffer_minutes=6)
    transitions.cancel(Booking.objects.get(pk=first.pk))
    wish(1)
    waiting_list.sweep()
    run_out()
    assert Booking.objects.filter(status=BookingStatus.OFFERED).count() <= 1


def test_what_staff_booked_goes_to_the_list_as_well() -> None:
    office = setting.office()
    wish(1)
    assert waiting_list.offer(freed(office, audience="internal").pk)


def test_time_that_could_not_be_booked_after_its_rest_does_not_rest() -> None:
    office = setting.office(weekdays=setting.EVERY_DAY, opens="00:00", closes="23:59", lead_minutes=60)
    booking = confirmed(office)
    with time_machine.travel(booking.starts_at - dt.timedelta(minutes=61)):
        transitions.cancel(booking)
    assert not Booking.objects.filter(status=BookingStatus.FREED).exists()


def test_wish_goes_along_when_the_appointment_it_is_to_replace_moves_or_goes() -> None:
    office = setting.office(counters=2)
    late = confirmed(office, "11:00")
    made = wish(1, replaces=late)
    later = hold(office, "11:36", replaces=late)
    transitions.confirm(later)
    made.refresh_from_db()
    assert made.replaces == later
    transitions.cancel(later)
    made.refresh_from_db()
    assert made.replaces is None
    assert made.waits


@racing
def test_two_times_at_once_go_to_two_people(django_db_serialized_rollback: Any) -> None:
    office = setting.office(counters=2)
    wish(1), wish(2)
    rows = []
    for time in ("09:00", "10:00"):
        transitions.cancel(confirmed(office, time))
        rows.append(Booking.objects.filter(status=BookingStatus.FREED).latest("created_at").pk)
    many(lambda n: waiting_list.offer(rows[n]), 2)
    offers = Booking.objects.filter(status=BookingStatus.OFFERED)
    assert len({o.wish_id for o in offers}) == offers.count()


@racing
def test_leaving_the_list_and_accepting_at_once_end_well(django_db_serialized_rollback: Any) -> None:
    office = setting.office()
    for _ in range(5):
        made = wish(1)
        waiting_list.offer(freed(office).pk)
        offer = Booking.objects.get(status=BookingStatus.OFFERED)
        acts: list[Any] = [lambda offer=offer: transitions.confirm(offer), lambda made=made: waiting_list.end(made)]
        results = many(lambda n, acts=acts: acts[n](), 2)  # type: ignore[misc]  # default of the loop's value
        assert {type(r) for r in results} <= {type(None), TransitionConflict, TransitionError}, results
        assert None in results
        Booking.objects.all().delete()
        Wish.objects.all().delete()
        Passed.objects.all().delete()


# -- pages ----------------------------------------------------------------------------------------------------


def asked(**more: Any) -> dict[str, Any]:
    return {
        "leistung": "personalausweis", "personen": "1", "standort": "", "first_day": f"{today():%d.%m.%Y}",
        "last_day": f"{today() + dt.timedelta(days=20):%d.%m.%Y}", "weekdays": ["0", "1"], "earliest": "8:00",
        "latest": "12:00", "name": "Zoë D’Angelo", "email": "zoe@example.org", "phone": "", **more,
    }  # fmt: skip


def test_wish_counts_once_the_mailed_link_was_confirmed(client: Any) -> None:
    setting.office()
    answer = client.post("/termine/warteliste/", asked(), follow=True)
    assert "Bitte bestätigen Sie die E-Mail" in answer.content.decode()
    link = re.search(r"https?://[^/]+(/\S+)", OutgoingEmail.objects.get(purpose="appointment_wish").body)
    assert link
    assert "Ja, auf die Warteliste" in client.get(link[1]).content.decode()
    assert Wish.objects.get().status == WishStatus.NEW, "a GET confirms nothing"
    answer = client.post(link[1], follow=True)
    assert "Sie stehen auf der Warteliste." in answer.content.decode()
    answer = client.post(link[1], {"end": "1"}, follow=True)
    assert "nicht mehr auf der Warteliste" in answer.content.decode()


def test_wish_does_not_begin_in_the_past(client: Any) -> None:
    setting.office()
    answer = client.post("/termine/warteliste/", asked(first_day=f"{today() - dt.timedelta(days=1):%d.%m.%Y}"))
    assert "Dieser Tag ist schon vorbei." in answer.content.decode()
    assert not Wish.objects.exists()


def test_signed_in_person_waits_at_once_and_sees_it_in_their_area(client: Any, aylin: Any) -> None:
    setting.office()
    client.as_(aylin)
    client.post("/termine/warteliste/", asked(email=aylin.email))
    assert Wish.objects.get().status == WishStatus.WAITING
    assert "Sie warten auf einen Termin" in client.get("/mein-bereich/").content.decode()


def test_wish_is_understood_as_people_type_on_a_telephone(client: Any) -> None:
    setting.office()
    day = today() + dt.timedelta(days=20)
    typed = asked(
        last_day=f"{day:%d%m%Y}", earliest="8 Uhr", latest="17.30", name="Zoë\u200b Özdemir\u2011Groß", phone="05361\u00a0281234",
        personen="2\u200b",
    )  # fmt: skip
    assert client.post("/termine/warteliste/", typed).status_code in (200, 302)
    wish = Wish.objects.get()
    assert (wish.last_day, wish.earliest, wish.latest) == (day, dt.time(8), dt.time(17, 30))
    assert (wish.name, wish.phone, wish.persons) == ("Zoë Özdemir-Groß", "05361 281234", 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"weekdays": []}, "mindestens einen Wochentag"),
        ({"last_day": "1.1.2020"}, "vor dem Anfang"),
        ({"latest": "7:00"}, "vor dem Anfang"),
        ({"first_day": "morgen"}, "Bitte geben Sie einen Tag ein"),
        ({"earliest": "früh"}, "Bitte geben Sie eine Uhrzeit ein"),
        ({"last_day": "1.1.2199"}, "So weit im Voraus"),
        ({"email": "zoe"}, "nicht vollständig"),
        ({"leistung": "gibt-es-nicht"}, "keine Termine"),
        ({"name": "Zoë\x00"}, "Zoë"),
    ],
)
def test_what_does_not_hold_is_said_and_nothing_is_lost(client: Any, wrong: dict[str, Any], said: str) -> None:
    setting.office()
    answer = client.post("/termine/warteliste/", asked(**wrong))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert 'value="20"' in page or f"{today() + dt.timedelta(days=20):%d.%m.%Y}" in page or "last_day" in wrong
    assert 'name="name" value="Zoë' in page.replace("\n", "")
    assert not Wish.objects.exists()


def test_forged_link_leads_nowhere(client: Any) -> None:
    assert client.get("/termine/warteliste/x/").status_code == 404
    assert client.post("/termine/link/x/ablehnen/").status_code == 404


def test_earlier_time_is_wished_with_the_link_of_the_appointment(client: Any) -> None:
    booking = confirmed(setting.office(), "11:00")
    token = client.handle(f"/termine/link/{transitions.manage_token(booking)}/")
    page = client.get(f"/termine/warteliste/?frueher={token}").content.decode()
    assert "Zoë" not in page, "whoever has the link does not learn who it is"
    answer = client.post("/termine/warteliste/", {**asked(), "frueher": token}, follow=True)
    assert "Sie stehen auf der Warteliste." in answer.content.decode()
    made = Wish.objects.get()
    assert (made.replaces, made.email) == (booking, booking.email)


def test_earlier_than_an_appointment_just_after_midnight_is_until_its_day_in_wolfsburg(client: Any) -> None:
    office = setting.office(opens="00:00", closes="01:00")
    token = client.handle(f"/termine/link/{transitions.manage_token(confirmed(office, '00:24'))}/")
    page = client.get(f"/termine/warteliste/?frueher={token}").content.decode()
    assert f'value="{setting.working_day():%d.%m.%Y}"' in page
