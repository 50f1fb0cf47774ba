"""Figures for those who decide: how full, how far ahead, who did not come, how long it took. Numbers, never people."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.figures.models import LeadTime
from apps.appointments.timetable import availability
from apps.appointments.timetable.availability import Visit
from apps.appointments.timetable.minutes import local_minute, moment
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office
from apps.core.business_calendar import today

# Below this many visits a median says more about one clerk than about the office.
FEWEST = 5
WHICH_FREE_SLOT = 3


@dataclass(frozen=True)
class Row:
    """A line of a table and a bar of its picture; ``value`` None: too few to say."""

    label: str
    value: float | None
    count: int
    more: str = ""


def utilisation(offices: Iterable[Office], first: dt.date, last: dt.date) -> list[Row]:
    """Share (0 to 1) of the open time for appointments that was booked and not cancelled, by office.

    Days are counted up to ``last``; what the rules say now is taken for what they said then.
    """
    rows = []
    known = availability.rules()
    stood = [BookingStatus.CONFIRMED, BookingStatus.SERVED, BookingStatus.NO_SHOW]
    begin, end = (moment(local_minute(day, dt.time.min)) for day in (first, last + dt.timedelta(days=1)))
    for office in offices:
        minutes = availability.open_minutes(known, office.pk, first, last)
        bookings = Booking.objects.filter(
            counter__office=office, status__in=stood, starts_at__gte=begin, starts_at__lt=end
        )
        spans = list(bookings.values_list("starts_at", "ends_at"))
        taken = sum((high - low).total_seconds() / 60 for low, high in spans)
        rows.append(Row(str(office.name), min(taken / minutes, 1) if minutes else None, len(spans)))
    return rows


def no_shows(offices: Iterable[Office], first: dt.date, last: dt.date) -> list[Row]:
    """Share (0 to 1) of those with an appointment who did not come, where somebody noted it, by office."""
    counted = {
        row["counter__office"]: row
        for row in Booking.objects.filter(starts_at__date__gte=first, starts_at__date__lte=last)
        .values("counter__office")
        .annotate(
            missed=Count("pk", filter=Q(status=BookingStatus.NO_SHOW)),
            came=Count("pk", filter=Q(status=BookingStatus.SERVED)),
        )
    }
    rows = []
    for office in offices:
        row = counted.get(office.pk, {"missed": 0, "came": 0})
        both = row["missed"] + row["came"]
        rows.append(Row(str(office.name), row["missed"] / both if both >= FEWEST else None, both))
    return rows


def waiting(offices: Iterable[Office], first: dt.date, last: dt.date) -> list[Row]:
    """Median minutes between one's turn by the clock and the first call, with and without appointment, by office."""
    found = {(office, booked): numbers for office, booked, *numbers in _rows(_WAITED, first, last)}
    rows = []
    for office in offices:
        for with_booking in (True, False):
            count, median, late = found.get((office.pk, with_booking), (0, None, None))
            enough = count >= FEWEST
            rows.append(
                Row(f"{office.name}, {_('mit Termin') if with_booking else _('ohne Termin')}", median if enough else None,
                    count, f"{late:.0f}" if enough and late is not None else "")
            )  # fmt: skip
    return rows


def counter_time(first: dt.date, last: dt.date) -> list[Row]:
    """Median minutes at the counter by service, of visits for this one alone; ``more`` is what was planned."""
    names = {s.pk: s for s in availability.rules().services.values()}
    return [
        Row(str(names[service].service.name), median if count >= FEWEST else None, count, str(names[service].minutes))
        for service, count, median in _rows(_SERVED, first, last)
        if service in names
    ]


def lead_times(offices: Iterable[Office], service: int) -> list[Row]:
    """Days until the third free time now, by office; None where there are not three within the horizon."""
    return [Row(str(office.name), third_free(office, service), 1) for office in offices]


def third_free(office: Office, service: int) -> int | None:
    """Days until the third free public time for one person; None where there are not three within the horizon."""
    known = availability.rules()
    chosen = next((s for s in known.services.values() if s.pk == service), None)
    policy = known.policies.get(office.pk)
    if chosen is None or policy is None:
        return None
    start = today()
    read = availability.office_days(
        [office.pk], start, start + dt.timedelta(days=policy.horizon_days), audience=Audience.PUBLIC,
        now=timezone.now(), given=known,
    )  # fmt: skip
    count = 0
    for day, slots in availability.slots(read, Visit(frozenset({chosen.pk}), chosen.minutes)).items():
        count += len(slots)
        if count >= WHICH_FREE_SLOT:
            return (day - start).days
    return None


def note_lead_times() -> int:
    """Write down today's for every office and service; once a day, however often it is called. Returns how many."""
    known = availability.rules()
    day = today()
    made = 0
    for office in known.offices.values():
        skills = frozenset().union(*known.skills.get(office.pk, {}).values())
        for service in known.services.values():
            if service.pk in skills:
                days = third_free(office, service.pk)
                _row, created = LeadTime.objects.get_or_create(
                    office=office, service=service, day=day, defaults={"days": days}
                )
                made += created
    return made


def lead_time_course(offices: Iterable[Office], service: int, first: dt.date) -> list[dict[str, Any]]:
    """What was written down since ``first``: by office the days, with gaps where there were not three."""
    rows = LeadTime.objects.filter(service=service, day__gte=first, office__in=list(offices)).order_by("day")
    found: dict[int, list[tuple[dt.date, int | None]]] = {}
    for row in rows:
        found.setdefault(row.office_id, []).append((row.day, row.days))
    return [{"office": office, "points": found[office.pk]} for office in offices if office.pk in found]


def _rows(sql: str, first: dt.date, last: dt.date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"first": first, "last": last})
        return list(cursor.fetchall())


_WAITED = """
    SELECT office_id, with_booking, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes),
           percentile_cont(0.9) WITHIN GROUP (ORDER BY minutes)
    FROM (SELECT office_id, with_booking,
                 greatest(date_part('epoch', first_called_at - greatest(created_at, due_at)) / 60, 0) AS minutes
          FROM appointments_ticket
          WHERE day BETWEEN %(first)s AND %(last)s AND first_called_at IS NOT NULL) AS calls
    GROUP BY office_id, with_booking
"""
_SERVED = """
    SELECT service, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes)
    FROM (SELECT min(s.bookableservice_id) AS service, date_part('epoch', t.ended_at - t.began_at) / 60 AS minutes
          FROM appointments_ticket t JOIN appointments_ticket_services s ON s.ticket_id = t.id
          WHERE t.day BETWEEN %(first)s AND %(last)s AND t.status = 'done' AND t.persons = 1
            AND t.ended_at IS NOT NULL
          GROUP BY t.id HAVING count(*) = 1) AS visits
    GROUP BY service ORDER BY count(*) DESC, service LIMIT 20
"""
