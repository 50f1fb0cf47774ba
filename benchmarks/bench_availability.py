"""Free times of 60 days at three offices with twenty counters, against libres on the same PostgreSQL.

A quarter of all seats is taken. Both compute everything anew each time: ours keeps nothing between two
calls, and the session of libres is emptied before each.
"""

import datetime as dt
import os
import time
from typing import Any

from common import alternating, note, portal, result, run

ROUNDS = 5


def main() -> dict[str, Any]:
    """Fill both, ask both in turn."""
    with portal():
        import town_hall
        from django.utils import timezone

        from apps.appointments.timetable import availability
        from apps.core.business_calendar import today

        offices, service = town_hall.ours()
        chosen = town_hall.taken()
        town_hall.book_ours(chosen)
        schedulers = town_hall.libres_counters(os.environ["DATABASE_URL"])
        town_hall.book_libres(schedulers, chosen)
        visit = availability.visit_of([service], 1)
        first, last = today() + dt.timedelta(days=1), today() + dt.timedelta(days=town_hall.DAYS - 1)
        counts: dict[str, int] = {}

        def ours() -> float:
            begin = time.perf_counter()
            read = availability.office_days(
                [o.pk for o in offices], first, last, audience="public", now=timezone.now(),
                given=availability.read_rules(0),
            )  # fmt: skip
            found = availability.slots(read, visit)
            elapsed = time.perf_counter() - begin
            counts["ours"] = sum(len(slots) for slots in found.values())
            return 1 / elapsed

        def peer() -> float:
            schedulers[0].session.expunge_all()
            schedulers[0].rollback()
            begin = time.perf_counter()
            free = {
                (index % 20, start)
                for index, scheduler in enumerate(schedulers)
                for allocation in scheduler.search_allocations(
                    dt.datetime.combine(first, dt.time.min), dt.datetime.combine(last, dt.time.max)
                )
                for start, _end in allocation.free_slots()
            }
            elapsed = time.perf_counter() - begin
            counts["peer"] = len(free)
            return 1 / elapsed

        measured = alternating({"ours": ours, "peer": peer}, rounds=ROUNDS)
        note(f"{counts} of {len(town_hall.seats()) * 20} seats, {len(chosen)} taken")
        schedulers[0].close()
    if counts["peer"] != len(town_hall.seats()) * 20 - len(chosen):
        raise RuntimeError(f"libres offers {counts['peer']} seats")
    return result("availability", **measured, unit="calendars/s", at_least=20, beginnings=counts["ours"])


if __name__ == "__main__":
    run(main)
