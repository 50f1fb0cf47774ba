"""A change of the rules: whoever it concerns is listed, and nobody silently dropped."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Department
from apps.appointments.booking import holding, transitions
from apps.appointments.booking.concerned import concerned
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.timetable.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.core.models import OutgoingEmail
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold, racing

pytestmark = pytest.mark.django_db


def close_office(booking: Booking) -> None:
    Closure.objects.create(office=booking.office, begins=setting.at("08:00"), ends=setting.at("09:06"))


def close_counter(booking: Booking) -> None:
    Closure.objects.create(
        office=booking.office, counter=booking.counter, begins=setting.at("09:06"), ends=setting.at("10:00")
    )


def open_later(_booking: Booking) -> None:
    OpeningRule.objects.update(opens=dt.time(9, 6))


def end_rule(_booking: Booking) -> None:
    OpeningRule.objects.update(valid_until=setting.working_day() - dt.timedelta(days=1))


def for_walk_ins(_booking: Booking) -> None:
    OpeningRule.objects.update(audience=Audience.WALK_IN)


def delete_rule(_booking: Booking) -> None:
    OpeningRule.objects.all().delete()


def counter_out_of_service(booking: Booking) -> None:
    Counter.objects.filter(pk=booking.counter_id).update(active=False)


def counter_unlearns(booking: Booking) -> None:
    booking.counter.services.clear()


def service_ends(_booking: Booking) -> None:
    BookableService.objects.update(active=False)


def office_ends(_booking: Booking) -> None:
    OfficePolicy.objects.update(active=False)


CHANGES: list[Callable[[Booking], None]] = [
    close_office, close_counter, open_later, end_rule, for_walk_ins, delete_rule, counter_out_of_service,
    counter_unlearns, service_ends, office_ends,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_that_touches_a_booking_lists_it(change: Callable[[Booking], None]) -> None:
    office = setting.office()
    booking = confirmed(office)
    assert concerned([office]) == []
    change(Booking.objects.select_related("counter__office").get(pk=booking.pk))
    assert concerned([office]) == [booking]


def test_who_is_not_touched_is_not_listed() -> None:
    office = setting.office()
    confirmed(office, "09:12")
    close_office(confirmed(office, "09:24"))
    confirmed(office, "09:48")
    assert concerned([office]) == []


def test_kept_one_is_settled() -> None:
    office = setting.office()
    booking = confirmed(office)
    close_office(booking)
    [found] = concerned([office])
    transitions.keep(found, found.concerned_for)
    assert concerned([office]) == []
    # Kept for that reason and no other.
    Closure.objects.create(office=office, begins=setting.at("00:30"), ends=setting.at("23:00"))
    assert concerned([office]) == [booking]


def test_another_counter_at_the_same_time_tells_nobody() -> None:
    office = setting.office(counters=3)
    booking = confirmed(office)
    close_counter(booking)
    mails = OutgoingEmail.objects.count()
    assert transitions.change_counter(concerned([office])[0])
    assert concerned([office]) == []
    assert OutgoingEmail.objects.count() == mails
    # Where all others are taken it stays where it is, and listed.
    others = [confirmed(office, "09:00") for _ in range(1)]
    close_counter(others[0])
    Closure.objects.create(office=office, begins=setting.at("08:00"), ends=setting.at("10:00"))
    assert not any(transitions.change_counter(b) for b in concerned([office]))
    assert len(concerned([office])) == 2


# -- the page -------------------------------------------------------------------------------------------------


@pytest.fixture
def office(traffic: Department) -> Any:
    return setting.office(counters=2, department=traffic)


def test_tile_leads_to_the_list_and_several_are_cancelled_with_a_message(client: Any, karla: Any, office: Any) -> None:
    mailed, called = confirmed(office, "09:00"), hold(office, "09:00")
    transitions.confirm(called, name="Mehmet Yıldız", phone="05361 1234")
    close_office(mailed)
    client.as_(karla)
    assert "Betroffene Termine" in client.get("/verwaltung/").content.decode()
    page = client.get("/verwaltung/termine/betroffen/").content.decode()
    assert mailed.reference in page
    assert "Mehmet Yıldız" in page
    data = {"chosen": [str(mailed.pk), str(called.pk)], "what": "cancel", "note": "Am Montag ist\nPersonalversammlung."}
    answer = client.post("/verwaltung/termine/betroffen/", data, follow=True)
    assert "2 Termine sind erledigt." in answer.content.decode()
    assert "Personalversammlung" in OutgoingEmail.objects.get(purpose="appointment_cancelled").body
    assert set(Booking.objects.values_list("status", flat=True)) == {BookingStatus.CANCELLED}
    # Who has no e-mail address is called.
    page = client.get("/verwaltung/termine/anrufen/").content.decode()
    assert "05361 1234" in page
    assert "Personalversammlung" in page
    assert mailed.reference not in page
    client.post(f"/verwaltung/termine/{called.pk}/", {"called": "1"})
    assert "05361 1234" not in client.get("/verwaltung/termine/anrufen/").content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Bitte wählen Sie Termine aus."),
        ({"chosen": ["x"], "what": "keep"}, "nicht mehr dabei"),
        ({"what": "explode"}, "Bitte wählen Sie Termine aus."),
    ],
)
def test_what_does_not_hold_is_said(client: Any, karla: Any, office: Any, data: dict[str, Any], said: str) -> None:
    close_office(confirmed(office))
    answer = client.as_(karla).post("/verwaltung/termine/betroffen/", data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Booking.objects.get().status == BookingStatus.CONFIRMED


def test_no_counter_is_free_at_that_time(client: Any, karla: Any, office: Any) -> None:
    bookings = [confirmed(office) for _ in range(2)]
    close_counter(bookings[0])
    answer = client.as_(karla).post(
        "/verwaltung/termine/betroffen/", {"chosen": [str(bookings[0].pk)], "what": "counter"}, follow=True
    )
    assert "kein anderer Platz frei" in answer.content.decode()
    assert bookings[0].reference in answer.content.decode()


def test_whoever_changes_the_rules_is_told(client: Any, traffic: Department, office: Any) -> None:
    from tests import factories

    editor = factories.staff("redaktion@example.org", "Redaktion", "Portal")
    editor.is_superuser = True
    editor.save()
    booking = confirmed(office)
    data = {
        "office": office.pk, "counter": "", "begins": f"{setting.at('08:00'):%Y-%m-%dT%H:%M}",
        "ends": f"{setting.at('12:00'):%Y-%m-%dT%H:%M}", "reason_de": "", "reason_en": "",
    }  # fmt: skip
    answer = client.as_(editor).post("/verwaltung/appointments/closure/add/", data, follow=True)
    page = answer.content.decode()
    assert Closure.objects.count() == 1, page
    assert "Ein Termin ist betroffen" in page
    assert booking.name not in page


def test_list_asks_the_same_number_of_queries(
    client: Any, karla: Any, office: Any, django_assert_num_queries: Any
) -> None:
    client.as_(karla)
    close_office(confirmed(office, "09:00"))
    client.get("/verwaltung/termine/betroffen/")
    with django_assert_num_queries(11):
        client.get("/verwaltung/termine/betroffen/")
    for time_of_day in ("08:12", "08:24"):
        Closure.objects.all().delete()
        confirmed(office, time_of_day)
        close_office(Booking.objects.all()[0])
    assert len(concerned([office])) == 3
    with django_assert_num_queries(11):
        client.get("/verwaltung/termine/betroffen/")


# -- a closure during load ----------------------------------------------------------------------------------


@racing
def test_closure_under_load_misses_nobody(django_db_serialized_rollback: Any) -> None:
    """What was taken before is listed, and nothing is taken afterwards."""
    office = setting.office(counters=4)
    service = setting.bookable()
    starts = [setting.at("09:00") + dt.timedelta(minutes=12 * n) for n in range(10)]
    closed = threading.Event()
    held: list[tuple[bool, Booking]] = []
    lock = threading.Lock()

    def book() -> None:
        try:
            for start in starts * 3:
                after = closed.is_set()
                try:
                    booking = holding.hold(office=office, services=[service], persons=1, starts_at=start)
                    transitions.confirm(booking, name="Zoë")
                    with lock:
                        held.append((after, booking))
                except (holding.Full, holding.NotOffered):
                    continue
        finally:
            connection.close()

    threads = [threading.Thread(target=book) for _ in range(6)]
    for thread in threads:
        thread.start()
    while not held and any(thread.is_alive() for thread in threads):
        time.sleep(0.002)
    Closure.objects.create(office=office, begins=setting.at("08:00"), ends=setting.at("12:00"))
    closed.set()
    for thread in threads:
        thread.join(60)
    assert held
    assert not [b for after, b in held if after], "taken after the closure was there"
    assert {b.pk for b in concerned([office])} == {b.pk for _after, b in held}
