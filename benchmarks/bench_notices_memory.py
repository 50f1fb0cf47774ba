"""Memory of a worker (its own and its child's, shared pages counted once) after 2,300 letters against after 50."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from common import note, result, run, skipped
from letters import work_off, worker, works

FEW, MANY = 50, 2300


def main() -> dict[str, Any]:
    """One worker as it is configured makes few, then many letters."""
    if shutil.which("redis-server") is None:
        return skipped("notices_memory", unit="MB", why="redis-server is missing: apt-get install redis-server")
    with works() as (_folder, patterns), worker(patterns) as process:
        made, measured = 0, {}
        for goal in (FEW, MANY):
            while made < goal:
                some = patterns[: goal - made]
                work_off(some, process)
                made += len(some)
            measured[goal] = _memory(process)
            note(f"{made} letters: {measured[goal]:.1f} MB")
    return result("notices_memory", ours=measured[MANY], peer=measured[FEW], unit="MB", at_most=1.2, letters=MANY)


def _memory(process: "subprocess.Popen[bytes]") -> float:
    """What a process and its children take, in megabytes (PSS)."""
    pids, total = [process.pid], 0
    while pids:
        pid = pids.pop()
        pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


if __name__ == "__main__":
    run(main)
