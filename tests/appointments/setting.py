"""A small town hall to book in."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.timetable.models import BookableService, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office, Service
from apps.core.business_calendar import add_working_days, today

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


def bookable(slug: str = "personalausweis", minutes: int = 12, further: int = 0) -> BookableService:
    """A bookable service."""
    made, _created = BookableService.objects.get_or_create(
        service=Service.objects.get(slug=slug), defaults={"minutes": minutes, "minutes_per_further_person": further}
    )
    return made


def office(
    slug: str = "rathaus-b", *, counters: int = 1, services: Sequence[BookableService] = (), opens: str = "08:00",
    closes: str = "12:00", audience: str = Audience.PUBLIC, weekdays: Sequence[int] = tuple(EVERY_DAY), **policy: Any,
) -> Office:  # fmt: skip
    """An office with counters that are open every day and can do the services."""
    found = Office.objects.get(slug=slug)
    OfficePolicy.objects.create(office=found, **({"lead_minutes": 0} | policy))
    made = [Counter.objects.create(office=found, name=f"Platz {n}") for n in range(1, counters + 1)]
    for counter in made:
        counter.services.set(services or [bookable()])
    rule = OpeningRule.objects.create(
        office=found, weekdays=list(weekdays), opens=dt.time.fromisoformat(opens),
        closes=dt.time.fromisoformat(closes), valid_from=dt.date(2020, 1, 1), audience=audience,
    )  # fmt: skip
    rule.counters.set(made)
    return found


def working_day(number: int = 5) -> dt.date:
    """The working day that lies so many working days ahead."""
    return add_working_days(today(), number)


def at(time: str, day: dt.date | None = None) -> dt.datetime:
    """A time of day in Wolfsburg on a working day ahead."""
    return dt.datetime.combine(day or working_day(), dt.time.fromisoformat(time), timezone.get_default_timezone())


racing = pytest.mark.django_db(transaction=True)


def hold(office: Any, time: str = "09:00", **more: Any) -> Booking:
    services = more.pop("services", None) or [bookable()]
    return holding.hold(office=office, services=services, persons=1, starts_at=at(time), **more)


def confirmed(office: Any, time: str = "09:00", **more: Any) -> Booking:
    booking = hold(office, time, **more)
    transitions.confirm(booking, name="Zoë D’Angelo", email="zoe@example.org")
    return booking


def lapse(booking: Booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))


def many(work: Callable[[int], Any], number: int) -> list[Any]:
    """Call ``work`` in so many threads at once; returns results and exceptions."""
    results: list[Any] = []
    gate = threading.Barrier(number)

    def run(index: int) -> None:
        gate.wait()
        try:
            results.append(work(index))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
