"""The portal's web server with waitress' own queue: who comes first is served first. The peer of bench_turns.py."""

import sys
from pathlib import Path

from waitress.task import ThreadedTaskDispatcher

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


class FirstCome(ThreadedTaskDispatcher):
    """Takes the number of threads at once, as the portal's does."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.set_thread_count(threads)

    def forget(self, _task: object) -> bool:
        """Whatever waits keeps its turn."""
        return False


if __name__ == "__main__":
    from wolfsburg_portal import web

    web.FairDispatcher = FirstCome  # type: ignore[misc, assignment]  # another class on purpose
    web.main(sys.argv[1:])
