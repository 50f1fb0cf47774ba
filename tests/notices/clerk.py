"""Decides cases in a running portal while it is being broken: ``python -m tests.notices.clerk`` reads a number a line.

Says for each notice its id when it is written, or ``failed`` when the citizen would have seen an error; then ``-``.
"""

import os
import sys
from decimal import Decimal

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
    django.setup()

    from django.db import DatabaseError, InterfaceError, close_old_connections, connection

    from apps.accounts.models import User
    from apps.applications import transitions
    from apps.applications.states import Status
    from apps.core.business_calendar import today
    from tests import factories

    karla = User.objects.get(email="karla@example.org")
    juergen = User.objects.get(email="juergen@example.org")
    for line in sys.stdin:
        for _ in range(int(line)):
            # What every request begins with.
            close_old_connections()
            try:
                case = factories.parking_case(juergen)
                transitions.decide(
                    case, outcome=Status.GRANTED, reasons="", by=karla, fee=Decimal(0), valid_from=today(), valid_until=today()
                )  # fmt: skip
                print(case.notices.get().pk, flush=True)
            except (DatabaseError, InterfaceError):
                connection.close()
                print("failed", flush=True)
        print("-", flush=True)


if __name__ == "__main__":
    main()
