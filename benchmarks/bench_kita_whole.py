"""Matching, reasons and verification together against the plain matching alone, 2,000 children, no siblings.

The plain matching goes from an instance that was read to who gets what. Neither side reads, hashes or prints.
"""

import time
from typing import Any
from unittest import mock

from common import alternating, result, run

ROUNDS = 15


def bench() -> dict[str, Any]:
    from apps.kita.allocation import verifier
    from apps.kita.allocation.formats import instance_from
    from apps.kita.allocation.invention import invented_instance
    from apps.kita.allocation.matching import assign, market_of
    from apps.kita.allocation.results import result_for, result_of

    document = invented_instance(children=2_000, facilities=80, wishes=12, siblings=0, seed=1)
    instance, hashed = instance_from(document), result_of(document, 1)["instance_sha256"]

    def plain() -> float:
        began = time.perf_counter()
        market = market_of(instance)
        assign(market.pools, market.keys, market.places)
        return time.perf_counter() - began

    def whole() -> float:
        began = time.perf_counter()
        problems = verifier.problems_of(document, result_for(instance, hashed, 1))
        seconds = time.perf_counter() - began
        assert problems == []
        return seconds

    with mock.patch.object(verifier, "_sha256", return_value=hashed):
        medians = alternating({"whole": whole, "plain": plain}, rounds=ROUNDS)
    return result("kita_whole", ours=medians["whole"], peer=medians["plain"], unit="s", at_most=5)


if __name__ == "__main__":
    run(bench)
