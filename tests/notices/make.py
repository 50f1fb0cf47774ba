"""Files and grants applications in the database of a running portal: ``python -m tests.notices.make 5 3``, with 3 letters each."""

import os
import sys
from decimal import Decimal

import django


def main(count: int, letters: int = 1) -> None:
    """Create ``count`` notices of some pending letters each through the portal's own verbs; each letter rings its bell."""
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
        for _other in range(letters - 1):
            factories.joint_party(case)
        factories.heard(case)
        transitions.decide(
            case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal(0), valid_from=today(), valid_until=today()
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
