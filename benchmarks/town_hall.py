"""Three offices with twenty counters, in the portal and in libres, on the same PostgreSQL and with the same bookings."""

import datetime as dt
import random
from typing import Any

COUNTERS = {"rathaus-b": 12, "vorsfelde": 4, "fallersleben": 4}
MINUTES = 15
DAYS = 60
OPENS, CLOSES = dt.time(8, 30), dt.time(16, 30)
TAKEN_SHARE = 0.25
ZONE = "Europe/Berlin"


def ours() -> tuple[list[Any], Any]:
    """Make the offices in the portal; returns them and the one bookable service."""
    from apps.appointments.timetable.models import BookableService, Counter, OfficePolicy, OpeningRule
    from apps.catalogue.models import Office, Service
    from apps.core.business_calendar import today

    service = BookableService.objects.create(service=Service.objects.get(slug="personalausweis"), minutes=MINUTES)
    offices = []
    for slug, number in COUNTERS.items():
        office = Office.objects.get(slug=slug)
        OfficePolicy.objects.create(office=office, grid_minutes=MINUTES, lead_minutes=0, horizon_days=DAYS)
        counters = [Counter.objects.create(office=office, name=f"Platz {n}") for n in range(1, number + 1)]
        for counter in counters:
            counter.services.set([service])
        rule = OpeningRule.objects.create(
            office=office, weekdays=[0, 1, 2, 3, 4], opens=OPENS, closes=CLOSES, valid_from=today()
        )
        rule.counters.set(counters)
        offices.append(office)
    return offices, service


def working_days() -> list[dt.date]:
    """The days ahead on which the offices are open."""
    from apps.core.business_calendar import is_working_day, today

    days = [today() + dt.timedelta(days=n) for n in range(1, DAYS)]
    return [day for day in days if is_working_day(day)]


def seats() -> list[dt.datetime]:
    """Every beginning there is at one counter."""
    from django.utils import timezone

    zone = timezone.get_default_timezone()
    found = []
    for day in working_days():
        start = dt.datetime.combine(day, OPENS, zone)
        while start < dt.datetime.combine(day, CLOSES, zone):
            found.append(start.astimezone(dt.UTC))
            start += dt.timedelta(minutes=MINUTES)
    return found


def taken() -> list[tuple[int, dt.datetime]]:
    """Which seats are taken beforehand: number of the counter and beginning."""
    draw = random.Random(1)
    total = sum(COUNTERS.values())
    every = [(counter, start) for start in seats() for counter in range(total)]
    return draw.sample(every, int(len(every) * TAKEN_SHARE))


def book_ours(chosen: list[tuple[int, dt.datetime]]) -> None:
    """Write the bookings that are there beforehand."""
    from apps.appointments.booking.models import Booking
    from apps.appointments.booking.states import BookingStatus
    from apps.appointments.timetable.models import Counter

    counters = list(Counter.objects.order_by("pk").values_list("pk", flat=True))
    length = dt.timedelta(minutes=MINUTES)
    Booking.objects.bulk_create(
        [
            Booking(counter_id=counters[counter], starts_at=start, ends_at=start + length,
                    during=(start, start + length), status=BookingStatus.CONFIRMED)
            for counter, start in chosen
        ],
        batch_size=1000,
    )  # fmt: skip


def libres_counters(url: str) -> list[Any]:
    """The same in libres: a scheduler for each counter with an allocation for each day."""
    from libres import new_scheduler, registry

    context = registry.register_context("bench", replace=True)
    context.set_setting(
        "dsn", url.replace("postgres://", "postgresql+psycopg://").replace("postgresql://", "postgresql+psycopg://")
    )
    schedulers = [new_scheduler(context, f"Platz {n}", ZONE) for n in range(sum(COUNTERS.values()))]
    schedulers[0].setup_database()
    schedulers[0].commit()
    for scheduler in schedulers:
        scheduler.allocate(
            [(dt.datetime.combine(day, OPENS), dt.datetime.combine(day, CLOSES)) for day in working_days()],
            partly_available=True, raster=MINUTES, approve_manually=True,
        )  # fmt: skip
    schedulers[0].commit()
    return schedulers


def book_libres(schedulers: list[Any], chosen: list[tuple[int, dt.datetime]]) -> None:
    """The bookings that are there beforehand, written as libres would."""
    from libres.db.models import ReservedSlot

    by_counter: dict[int, dict[dt.date, Any]] = {}
    session = schedulers[0].session
    for index, scheduler in enumerate(schedulers):
        by_counter[index] = {a.display_start().date(): a for a in scheduler.managed_allocations()}
    length = dt.timedelta(minutes=MINUTES, microseconds=-1)
    for counter, start in chosen:
        allocation = by_counter[counter][start.astimezone().date()]
        slot = ReservedSlot()
        slot.resource, slot.start, slot.end = schedulers[counter].resource, start, start + length
        slot.allocation, slot.source_type, slot.source_id = allocation, "reservation", 0
        slot.reservation_token = schedulers[counter].resource
        session.add(slot)
    schedulers[0].commit()
