"""Files and grants applications in the database of a running portal: ``python -m tests.notices.make 5``."""

import os
import sys
from decimal import Decimal

import django


def main(count: int) -> None:
    """Create ``count`` pending notices through the portal's own verbs; each rings its bell."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from apps.accounts.models import User
    from apps.applications import transitions
    from apps.applications.states import Status
    from apps.core.business_calendar import today
    from tests import factories

    karla = User.objects.get(email="karla@example.org")
    juergen = User.objects.get(email="juergen@example.org")
    for _ in range(count):
        case = factories.parking_case(juergen)
        transitions.decide(
            case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal(0), valid_from=today(), valid_until=today()
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
