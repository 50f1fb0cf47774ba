"""Sealed notices per second of one worker against bare WeasyPrint, which seals nothing (see bench_notices).

The seal is PAdES with a key in a file (EC P-256), as the demo makes one.
"""

import shutil
from typing import Any

from common import alternating, result, run, skipped
from letters import LETTERS, UNIT, peer, typical_document, work_off, worker, works

ROUNDS = 5


def main() -> dict[str, Any]:
    """Start Redis, worker and peer; let them work in turn."""
    if shutil.which("redis-server") is None:
        return skipped("notices_sealed", unit=UNIT, why="redis-server is missing: apt-get install redis-server")
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="portal-bench-seal-") as keys:
        certificate, key = str(Path(keys) / "seal" / "seal.pem"), str(Path(keys) / "seal" / "seal.key")
        with works(SEAL_CERTIFICATE=certificate, SEAL_KEY=key) as (folder, patterns):
            from apps.notices import demo_authority

            demo_authority.ensure(Path(keys) / "seal")
            with worker(patterns) as process, peer(folder, patterns, seal=demo_authority.NAME) as bare:
                measured = alternating({"ours": lambda: work_off(patterns, process), "peer": bare}, rounds=ROUNDS)
            size, pages = typical_document()
    return result("notices_sealed", **measured, unit=UNIT, at_least=0.55, letters=LETTERS, bytes=size, pages=pages)


if __name__ == "__main__":
    run(main)
