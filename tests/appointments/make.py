"""Sets up an office for load in the database of a running portal: ``python -m tests.appointments.make 5``."""

import os
import sys

import django


def main(counters: int) -> None:
    """The registry office with so many counters and services of 12, 24 and 48 minutes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from apps.appointments.timetable.models import BookableService
    from tests.appointments import setting

    services = [setting.bookable("kirchenaustritt", 48), *BookableService.objects.filter(
        service__slug__in=["personalausweis", "reisepass"]
    )]  # fmt: skip
    setting.office("standesamt", counters=counters, services=services, opens="08:00", closes="16:00")


if __name__ == "__main__":
    main(int(sys.argv[1]))
