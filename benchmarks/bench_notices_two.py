"""Notices per second of two worker processes against one, on the same Redis and PostgreSQL."""

import shutil
from typing import Any

from common import alternating, result, run, skipped
from letters import LETTERS, UNIT, work_off, worker, works

ROUNDS = 5


def main() -> dict[str, Any]:
    """Two workers in turn; the one whose turn it is not has nothing to do."""
    if shutil.which("redis-server") is None:
        return skipped("notices_two", unit=UNIT, why="redis-server is missing: apt-get install redis-server")
    with works() as (_folder, patterns):

        def with_processes(number: int) -> float:
            with worker(patterns, processes=number) as process:
                return work_off(patterns * 2, process)

        sides = {"ours": lambda: with_processes(2), "peer": lambda: with_processes(1)}
        measured = alternating(sides, rounds=ROUNDS)
    return result("notices_two", **measured, unit=UNIT, at_least=1.6, letters=2 * LETTERS)


if __name__ == "__main__":
    run(main)
