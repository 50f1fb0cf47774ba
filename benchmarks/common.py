"""What the benchmarks share: an empty portal of their own, fair rounds, one JSON line.

Each file in this folder that is called ``bench_*.py`` is run by ``make bench`` and compares the
portal with a peer. Both are measured alternately in the same run, so that whatever else the
machine does slows down both, and the medians of their rounds are compared.
"""

import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# A benchmark is run as a file, so that only its own folder is on the path.
sys.path.insert(0, str(ROOT))


@contextmanager
def portal(*, settings: str = "wolfsburg_portal.settings", database: bool = True, **more: str) -> Iterator[Path]:
    """Set Django up on an empty, durable database in a temporary folder, which is yielded.

    ``more`` goes into the environment, and processes started meanwhile inherit all of it. Without
    ``database`` the address leads nowhere. Everything is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": settings,
            "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
            "VAR_DIR": str(folder / "var"),
            "SITE_URL": "http://127.0.0.1",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEMO": "0",
            "HTTPS": "0",
            "DEBUG": "0",
            "EMAIL_URL": "",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            **more,
        }
        from wolfsburg_portal.engines import EmbeddedPostgres

        server = EmbeddedPostgres(folder / "postgres", durable=True)
        try:
            if database:
                os.environ["DATABASE_URL"] = server.start()
            _set_up(load=database)
            yield folder
        finally:
            server.remove()


def _set_up(*, load: bool) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    if load:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_wolfsburg", verbosity=0)


def alternating(sides: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Measure every side ``rounds`` times, taking turns at going first; returns their medians."""
    values: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    for number in range(rounds):
        for name in order:
            values[name].append(sides[name]())
        order.reverse()
        found = ", ".join(f"{name} {numbers[-1]:.4g}" for name, numbers in values.items())
        note(f"round {number + 1} of {rounds}: {found}")
    return {name: statistics.median(numbers) for name, numbers in values.items()}


def note(text: str) -> None:
    """Say something to who watches."""
    print(text, file=sys.stderr, flush=True)


def result(
    bench: str, *, ours: float, peer: float, unit: str, at_least: float | None = None, at_most: float | None = None,
    ok: bool = True, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """The line of a benchmark: ``ratio`` is ours/peer and must be ``at_least`` or ``at_most`` the goal."""
    ratio = ours / peer
    if at_least is not None:
        goal, reached = f">= {at_least}", ratio >= at_least
    else:
        goal, reached = f"<= {at_most}", at_most is not None and ratio <= at_most
    return {
        "bench": bench, "ours": round(ours, 3), "peer": round(peer, 3), "unit": unit,
        "ratio": round(ratio, 3), "goal": goal, "ok": ok and reached, **more,
    }  # fmt: skip


def skipped(bench: str, *, unit: str, why: str) -> dict[str, Any]:
    """The line of a benchmark that cannot be run here; ``ok`` is null, for nothing is known."""
    note(f"{bench} skipped: {why}")
    empty: dict[str, Any] = dict.fromkeys(("ours", "peer", "ratio", "goal", "ok"))
    return {"bench": bench, "unit": unit, **empty, "skipped": why}


def run(benchmark: Callable[[], dict[str, Any]]) -> None:
    """Run a benchmark, print its line, end the process: with 1 when the goal was missed.

    Standard output is kept for that line: what anybody else prints, the processes started
    included, goes to standard error.
    """
    out = os.dup(1)
    os.dup2(2, 1)
    # Unwinds the stack when asked to end, so that nothing started stays behind.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with suppress(KeyboardInterrupt):
        line = benchmark()
        os.write(out, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        sys.exit(1 if line["ok"] is False else 0)
    sys.exit(130)
