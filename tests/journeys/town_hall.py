"""Opens an office around the clock in the database of a running portal: ``python -m tests.journeys.town_hall``.

It serves one service that no other office has, so that the other journeys see nothing of it.
"""

import datetime as dt
import os

import django

SLUG, SERVICE = "standesamt", "kirchenaustritt"


def main() -> None:
    """Counters for appointments and one for people without; three appointments for today, one of them nearly due."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from django.utils import timezone

    from apps.accounts.models import Department
    from apps.appointments.booking import holding, transitions
    from apps.appointments.timetable.minutes import minute, moment
    from apps.appointments.timetable.models import Counter, OpeningRule
    from apps.core.business_calendar import is_holiday, today
    from tests.appointments import setting

    service = setting.bookable(SERVICE, 6)
    department = Department.objects.get(slug="strassenverkehr")
    office = setting.office(
        SLUG, counters=4, services=[service], opens="00:00", closes="23:59", department=department, grid_minutes=6
    )
    rule = OpeningRule.objects.get(office=office)
    last = Counter.objects.get(office=office, name="Platz 4")
    rule.counters.remove(last)
    walk_in = OpeningRule.objects.create(
        office=office, weekdays=setting.EVERY_DAY, opens=dt.time(0), closes=dt.time(23, 59), audience="walk_in",
        valid_from=today(), tickets=200, home_tickets=100,
    )  # fmt: skip
    walk_in.counters.set([last])
    if is_holiday(today()) or timezone.localtime().hour >= 23:
        # Closed, or nearly: the journeys that need these people are left out.
        return
    soon = minute(timezone.now()) // 6 * 6 + 6
    for number, name in enumerate(["Zoë D’Angelo", "Mehmet Yıldız", "Ngọc Anh Nguyễn"]):
        booking = holding.hold(
            office=office, services=[service], persons=1, starts_at=moment(soon + 6 * number), audience="internal"
        )
        transitions.confirm(booking, name=name, phone="05361 1234")


if __name__ == "__main__":
    main()
