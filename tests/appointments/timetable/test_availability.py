"""What is offered equals an independent computation: slow, and obviously right."""

import datetime as dt
import sys
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.appointments.booking import holding
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.availability import Visit
from apps.appointments.timetable.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office
from apps.core.business_calendar import is_holiday
from tests.appointments import setting

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = dt.timedelta(minutes=1)


def offered(
    *offices: Office, visit: Visit, first: dt.date, last: dt.date, now: dt.datetime, audience: str = "public"
) -> set[Any]:
    """The portal's answer as a set of (office, moment)."""
    read = availability.office_days([o.pk for o in offices], first, last, audience=audience, now=now)
    return {(s.office, s.starts_at) for slots in availability.slots(read, visit).values() for s in slots}


def expected(
    *offices: Office, visit: Visit, first: dt.date, last: dt.date, now: dt.datetime, audience: str = "public"
) -> set[Any]:
    """Minute by minute, counter by counter, rule by rule."""
    found = set()
    for office in offices:
        policy = OfficePolicy.objects.get(office=office)
        for counter in Counter.objects.filter(office=office, active=True):
            if not visit.services <= set(counter.services.values_list("pk", flat=True)):
                continue
            found |= {(office.pk, start) for start in _starts(counter, policy, visit, first, last, now, audience)}
    return found


def _hours(rule: OpeningRule, day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    applies = (
        day.weekday() in rule.weekdays and rule.valid_from <= day
        and (rule.valid_until is None or day <= rule.valid_until) and not is_holiday(day)
    )  # fmt: skip
    if not applies:
        return None
    opens, closes = (dt.datetime.combine(day, t, BERLIN).astimezone(dt.UTC) for t in (rule.opens, rule.closes))
    return opens, closes


def _starts(
    counter: Counter, policy: OfficePolicy, visit: Visit, first: dt.date, last: dt.date, now: dt.datetime, audience: str
) -> set[dt.datetime]:
    reach = {"public": ["public"], "internal": ["public", "internal"]}[audience]
    rules = list(counter.opening_rules.filter(audience__in=reach))
    closures = [c for c in Closure.objects.filter(office=counter.office) if c.counter_id in (None, counter.pk)]
    bookings = [
        b for b in Booking.objects.filter(counter=counter, status__in=["held", "reserved", "confirmed"])
        if b.expires_at is None or b.expires_at > timezone.now()
    ]  # fmt: skip
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    days = [d for d in days if (d - now.astimezone(BERLIN).date()).days <= policy.horizon_days]
    hours = [(rule, day, span) for rule in rules for day in days if (span := _hours(rule, day)) and span[0] < span[1]]
    found = set()

    def is_open(moment: dt.datetime) -> bool:
        return any(a <= moment < b for _r, _d, (a, b) in hours) and not any(
            c.begins < moment + MINUTE and c.ends > moment for c in closures
        )

    for _rule, _day, (opens, closes) in hours:
        start = opens
        while start < closes:
            end = start + visit.minutes * MINUTE
            early = policy.lead_minutes if audience == "public" else 0
            on_time = start >= now.replace(second=0, microsecond=0) + early * MINUTE
            whole = all(is_open(start + n * MINUTE) for n in range(visit.minutes))
            alone = not any(
                b.during.lower < end + policy.buffer_minutes * MINUTE and b.during.upper > start for b in bookings
            )
            if on_time and whole and alone:
                found.add(start)
            start += policy.grid_minutes * MINUTE
    return found


times = st.integers(0, 24 * 12 - 2).map(lambda n: dt.time(n * 5 // 60, n * 5 % 60))
# Around an ordinary week with a holiday, and the two odd days of the year.
first_days = st.sampled_from(
    [dt.date(2026, 12, 21), dt.date(2026, 10, 23), dt.date(2027, 3, 26), dt.date(2026, 11, 23)]
)


@st.composite
def rule_sets(draw: Any) -> dict[str, Any]:
    """Rules, closures and bookings of two counters."""
    first = draw(first_days)
    hours = draw(
        st.lists(
            st.tuples(
                times, times, st.sets(st.integers(0, 6), min_size=1), st.sets(st.integers(0, 1), min_size=1),
                st.sampled_from(["public", "public", "internal", "walk_in"]), st.integers(-3, 6), st.none() | st.integers(0, 9),
            ),
            min_size=1, max_size=4,
        )
    )  # fmt: skip
    # Beside the openings, where they matter: rule, day, steps of five minutes after it opens, length, counter, lapsed.
    bookings = st.tuples(
        st.integers(0, 3), st.integers(0, 4), st.integers(-6, 50), st.integers(1, 10), st.integers(0, 1), st.booleans()
    )  # fmt: skip
    span = st.tuples(st.integers(0, 5 * 24 * 60), st.integers(1, 30 * 60), st.none() | st.integers(0, 1))
    return {
        "first": first, "hours": hours, "closures": draw(st.lists(span, max_size=3)),
        "bookings": draw(st.lists(bookings, max_size=10)),
        "minutes": draw(st.sampled_from([5, 12, 24, 48, 60])), "grid": draw(st.sampled_from([5, 7, 12, 15, 60])),
        "buffer": draw(st.sampled_from([0, 0, 3, 10])), "lead": draw(st.sampled_from([0, 60, 2000])),
        "horizon": draw(st.sampled_from([1, 3, 60])), "audience": draw(st.sampled_from(["public", "internal"])),
        "now": draw(st.integers(0, 36 * 60)), "skills": draw(st.tuples(st.booleans(), st.booleans())),
    }  # fmt: skip


def build(case: dict[str, Any]) -> Office:
    """Make the office of a rule set."""
    one, two = setting.bookable("personalausweis"), setting.bookable("reisepass", 24)
    office = Office.objects.get(slug="vorsfelde")
    OfficePolicy.objects.create(
        office=office, grid_minutes=case["grid"], buffer_minutes=case["buffer"], lead_minutes=case["lead"],
        horizon_days=case["horizon"],
    )  # fmt: skip
    counters = [Counter.objects.create(office=office, name=str(n)) for n in range(2)]
    for counter, both in zip(counters, case["skills"], strict=True):
        counter.services.set([one, two] if both else [one])
    midnight = dt.datetime.combine(case["first"], dt.time.min, BERLIN)
    for one_end, other_end, weekdays, chosen, audience, begin, length in case["hours"]:
        if one_end == other_end:
            continue
        opens, closes = sorted([one_end, other_end])
        since = case["first"] + dt.timedelta(days=begin)
        rule = OpeningRule.objects.create(
            office=office, weekdays=sorted(weekdays), opens=opens, closes=closes, audience=audience, valid_from=since,
            valid_until=None if length is None else since + dt.timedelta(days=length),
        )  # fmt: skip
        rule.counters.set([counters[n] for n in chosen])
    for begin, length, which in case["closures"]:
        Closure.objects.create(
            office=office, counter=None if which is None else counters[which],
            begins=midnight + begin * MINUTE, ends=midnight + (begin + length) * MINUTE,
        )  # fmt: skip
    for number, day, step, length, which, lapsed in case["bookings"]:
        opens = min(case["hours"][number % len(case["hours"])][:2])
        local = dt.datetime.combine(case["first"] + dt.timedelta(days=day), opens, BERLIN)
        start = local.astimezone(dt.UTC) + step * 5 * MINUTE
        end = start + length * 6 * MINUTE
        during = (start, end + case["buffer"] * MINUTE)
        if Booking.objects.filter(counter=counters[which], during__overlap=during).exists():
            continue
        Booking.objects.create(
            counter=counters[which], starts_at=start, ends_at=end, during=during,
            status=BookingStatus.HELD if lapsed else BookingStatus.CONFIRMED,
            expires_at=timezone.now() - MINUTE if lapsed else None,
        )  # fmt: skip
    return office


@hypothesis_settings(
    max_examples=5000 if "--soak" in sys.argv else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=rule_sets())
def test_offer_equals_the_slow_computation(case: dict[str, Any]) -> None:
    with transaction.atomic():
        office = build(case)
        now = dt.datetime.combine(case["first"], dt.time.min, BERLIN).astimezone(dt.UTC) + case["now"] * MINUTE
        for service in ("personalausweis", "reisepass"):
            visit = Visit(frozenset([BookableService.objects.get(service__slug=service).pk]), case["minutes"])
            asked: dict[str, Any] = {
                "visit": visit, "first": case["first"], "last": case["first"] + dt.timedelta(days=4), "now": now,
                "audience": case["audience"],
            }  # fmt: skip
            assert offered(office, **asked) == expected(office, **asked)
        transaction.set_rollback(True)


def test_what_is_held_is_not_offered_and_lapses(settings: Any) -> None:
    office, service = setting.office(counters=1), setting.bookable()
    day = setting.working_day()
    asked: dict[str, Any] = {
        "visit": availability.visit_of([service], 1),
        "first": day,
        "last": day,
        "now": timezone.now(),
    }
    before = offered(office, **asked)
    held = holding.hold(office=office, services=[service], persons=1, starts_at=setting.at("09:00"))
    assert before - offered(office, **asked) == {(office.pk, setting.at("09:00").astimezone(dt.UTC))}
    Booking.objects.filter(pk=held.pk).update(expires_at=timezone.now() - MINUTE)
    assert offered(office, **asked) == before


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (dt.date(2026, 10, 25), 25),  # the hour from two to three comes twice
        (dt.date(2027, 3, 28), 23),  # and is left out
        (dt.date(2026, 11, 22), 24),
    ],
)
def test_odd_days_of_the_year_have_their_hours(day: dt.date, count: int) -> None:
    office = setting.office(
        opens="00:00", closes="23:59", grid_minutes=60, horizon_days=365, services=[setting.bookable(minutes=30)]
    )
    visit = availability.visit_of([setting.bookable()], 1)
    now = dt.datetime.combine(day, dt.time.min, BERLIN) - dt.timedelta(days=1)
    found = offered(office, visit=visit, first=day, last=day, now=now)
    assert len(found) == count
    assert {m.astimezone(BERLIN).date() for _o, m in found} == {day}


def test_holidays_of_the_land_are_closed() -> None:
    office, visit = setting.office(horizon_days=365), availability.visit_of([setting.bookable()], 1)
    reformation = dt.date(2026, 10, 31)
    now = dt.datetime(2026, 10, 28, 8, tzinfo=BERLIN)
    found = offered(office, visit=visit, first=reformation, last=reformation + dt.timedelta(days=1), now=now)
    assert {m.astimezone(BERLIN).date() for _o, m in found} == {reformation + dt.timedelta(days=1)}


def test_minutes_add_up_over_services_and_persons() -> None:
    passport, card = setting.bookable("reisepass", 24, 12), setting.bookable("personalausweis", 12, 6)
    assert availability.visit_of([passport, card], 3).minutes == 24 + 24 + 12 + 12


def test_who_can_do_least_is_taken_first() -> None:
    card, passport = setting.bookable(), setting.bookable("reisepass", 24)
    office = setting.office(counters=3, services=[card, passport])
    simple = Counter.objects.get(name="Platz 2")
    simple.services.set([card])
    held = holding.hold(office=office, services=[card], persons=1, starts_at=setting.at("09:00"))
    assert held.counter == simple


def test_offer_takes_as_many_queries_for_three_offices_as_for_one() -> None:
    for slug in ("rathaus-b", "vorsfelde", "fallersleben"):
        setting.office(slug, counters=3)
    ids = list(OfficePolicy.objects.values_list("office_id", flat=True))
    day = setting.working_day()

    def queries(offices: list[int]) -> int:
        with CaptureQueriesContext(connection) as captured:
            availability.office_days(
                offices, day, day + dt.timedelta(days=60), audience=Audience.PUBLIC, now=timezone.now()
            )
        return len(captured)

    assert queries(ids[:1]) > 2, "rules are read"
    # Then they are kept until one changes: the stamp, and what is taken.
    assert queries(ids[:1]) == queries(ids) == 2
