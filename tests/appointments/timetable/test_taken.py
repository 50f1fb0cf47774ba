"""What is kept of taken times is never older than the last thing that happened."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.appointments.booking import holding, transitions, waiting_list
from apps.appointments.booking.models import Booking, Wish
from apps.appointments.booking.states import BookingStatus
from apps.appointments.timetable import availability, taken
from apps.appointments.timetable.models import Closure
from apps.core.business_calendar import today
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold, lapse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept(settings: Any) -> None:
    settings.APPOINTMENT_CACHE = True


def free(office: Any, *, shown: bool) -> Any:
    """What is taken and what is free in four weeks, out of the cache or not."""
    first = today()
    read = availability.office_days(
        [office.pk], first, first + dt.timedelta(days=28), audience="public", now=timezone.now(), shown=shown
    )
    spans = {counter: sorted(found) for days in read for counter, found in days.taken.items()}
    return spans, availability.slots(read, availability.visit_of([setting.bookable()], 1))


def give_back(office: Any) -> None:
    transitions.cancel(Booking.objects.confirmed()[0])


def lapse_and_sweep(office: Any) -> None:
    for booking in Booking.objects.filter(status__in=[BookingStatus.FREED, BookingStatus.HELD]):
        lapse(booking)
    holding.release_lapsed()


def offer(office: Any) -> None:
    waiting_list.offer(Booking.objects.filter(status=BookingStatus.FREED).latest("created_at").pk)


def pass_on(office: Any) -> None:
    waiting_list.pass_on(Booking.objects.get(status=BookingStatus.OFFERED))


def move(office: Any) -> None:
    old = Booking.objects.confirmed()[0]
    new = hold(office, "11:00", replaces=old)
    transitions.confirm(new)


def other_counter(office: Any) -> None:
    assert transitions.change_counter(Booking.objects.confirmed()[0])


def close(office: Any) -> None:
    Closure.objects.create(office=office, begins=setting.at("10:00"), ends=setting.at("10:30"))


STEPS: list[Callable[[Any], Any]] = [
    hold, lambda office: confirmed(office, "09:12"), other_counter, close,
    move, give_back, offer, pass_on, lapse_and_sweep, lambda office: hold(office, "09:12"),
]  # fmt: skip


def test_after_every_step_the_cache_shows_what_is(django_capture_on_commit_callbacks: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(waiting_list, "DAY_BEGINS", dt.time.min)
    monkeypatch.setattr(waiting_list, "DAY_ENDS", dt.time.max)
    office = setting.office(counters=2)
    wish = Wish.objects.create(
        first_day=today(), last_day=today() + dt.timedelta(days=40), weekdays=setting.EVERY_DAY, earliest="00:00",
        latest="23:59", email="zoe@example.org", status="waiting", waiting_since=timezone.now(),
    )  # fmt: skip
    wish.services.set([setting.bookable()])
    seen = []
    assert free(office, shown=True) == free(office, shown=False)
    for number, step in enumerate(STEPS):
        with django_capture_on_commit_callbacks(execute=True):
            step(office)
        now = free(office, shown=False)
        assert free(office, shown=True) == now, number
        seen.append(str(now))
    assert len(set(seen)) > 3, "the steps change something"


def test_second_look_asks_the_database_for_the_rules_stamp_only(django_assert_num_queries: Any) -> None:
    office = setting.office(counters=2)
    confirmed(office)
    free(office, shown=True)
    with django_assert_num_queries(2):
        # The stamp of the rules, and the service the test asks for.
        availability.office_days(
            [office.pk], today(), today() + dt.timedelta(days=28), audience="public", now=timezone.now(), shown=True
        )
        setting.Service.objects.get(slug="personalausweis")


def test_what_a_reader_computed_before_a_booking_is_not_shown_after_it(
    django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    """The booking commits while the reader computes: what the reader keeps then is kept under the old version."""
    office = setting.office()
    read = taken.read_taken

    def slow(*given: Any) -> Any:
        found = read(*given)
        monkeypatch.setattr(taken, "read_taken", read)
        with django_capture_on_commit_callbacks(execute=True):
            hold(office)
        return found

    monkeypatch.setattr(taken, "read_taken", slow)
    before = free(office, shown=True)
    after = free(office, shown=True)
    assert after == free(office, shown=False)
    assert before != after


def test_without_a_shared_cache_nothing_is_kept(settings: Any) -> None:
    settings.APPOINTMENT_CACHE = False
    office = setting.office()
    free(office, shown=True)
    hold(office)
    taken.touch(office.pk, today())
    assert free(office, shown=True) == free(office, shown=False)
    assert cache.get(taken._name(office.pk, today())) is None
