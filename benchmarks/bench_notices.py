"""Notices per second of one worker, from row to committed document, against bare WeasyPrint.

Ours is a real worker as ``make run`` starts it, with one process, on a Redis of its own and a
durable PostgreSQL: the clock runs from the first bell to the last commit. The peer renders the
same pages as PDF/UA-1, already filled in, in one process without a broker or a database, with
fonts and certificates made ready beforehand. Ours are PDF/A-3a as well, with a file for machines
in them. A stricter peer, which has the style sheet ready as well, is measured for information.
"""

import shutil
from typing import Any

from common import alternating, result, run, skipped
from letters import LETTERS, UNIT, peer, typical_document, work_off, worker, works

ROUNDS = 5


def main() -> dict[str, Any]:
    """Start Redis, worker and peer; let them work in turn."""
    if shutil.which("redis-server") is None:
        return skipped("notices", unit=UNIT, why="redis-server is missing: apt-get install redis-server")
    with (
        works() as (folder, patterns), worker(patterns) as process,
        peer(folder, patterns) as bare, peer(folder, patterns, style_ready=True) as stricter,
    ):  # fmt: skip
        sides = {"ours": lambda: work_off(patterns, process), "peer": bare, "stricter": stricter}
        measured = alternating(sides, rounds=ROUNDS)
        size, pages = typical_document()
    ready = round(measured.pop("stricter"), 3)
    return result(
        "notices",
        **measured,
        unit=UNIT,
        at_least=1.0,
        letters=LETTERS,
        bytes=size,
        pages=pages,
        peer_with_style_ready=ready,
    )


if __name__ == "__main__":
    run(main)
