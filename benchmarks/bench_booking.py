"""Times held and confirmed per second in one process, against libres on the same PostgreSQL.

Neither sends mail. Every round takes seats that are still free.
"""

import datetime as dt
import os
import time
from typing import Any

from common import alternating, portal, result, run

BOOKINGS = 60
ROUNDS = 5


def main() -> dict[str, Any]:
    """Book in turn."""
    with portal():
        import town_hall
        from django.utils import timezone

        from apps.appointments.booking import holding, transitions

        offices, service = town_hall.ours()
        schedulers = town_hall.libres_counters(os.environ["DATABASE_URL"])
        seats = iter(town_hall.seats())
        length = dt.timedelta(minutes=town_hall.MINUTES)
        zone = timezone.get_default_timezone()

        def ours() -> float:
            starts = [next(seats) for _ in range(BOOKINGS)]
            begin = time.perf_counter()
            for start in starts:
                booking = holding.hold(office=offices[0], services=[service], persons=1, starts_at=start)
                transitions.confirm(booking, name="Zoë Özdemir")
            return BOOKINGS / (time.perf_counter() - begin)

        def peer() -> float:
            starts = [next(seats).astimezone(zone).replace(tzinfo=None) for _ in range(BOOKINGS)]
            begin = time.perf_counter()
            for start in starts:
                token = schedulers[0].reserve("zoe@example.org", (start, start + length))
                schedulers[0].approve_reservations(token)
                schedulers[0].commit()
            return BOOKINGS / (time.perf_counter() - begin)

        measured = alternating({"ours": ours, "peer": peer}, rounds=ROUNDS)
        schedulers[0].close()
    return result("booking", **measured, unit="bookings/s", at_least=5)


if __name__ == "__main__":
    run(main)
