"""The plain matching of 100,000 children against that of 2,000: no worse than n log n, and half as much again.

The plain matching is what goes from an instance that was read to who gets what, without reasons.
"""

import gc
import time
from collections.abc import Callable
from math import log
from typing import Any

from common import alternating, result, run

SMALL, LARGE = 2_000, 100_000
ROUNDS = 3


def bench() -> dict[str, Any]:
    from apps.kita.allocation.formats import instance_from
    from apps.kita.allocation.invention import invented_instance
    from apps.kita.allocation.matching import assign, market_of

    def side(children: int, times: int) -> Callable[[], float]:
        document = invented_instance(children=children, facilities=80, wishes=12, siblings=0, seed=1)
        instance = instance_from(document)

        def matched() -> float:
            gc.collect()
            began = time.perf_counter()
            for _ in range(times):
                market = market_of(instance)
                assign(market.pools, market.keys, market.places)
            return (time.perf_counter() - began) / times

        return matched

    medians = alternating({"large": side(LARGE, 1), "small": side(SMALL, 20)}, rounds=ROUNDS)
    growth = LARGE * log(LARGE) / (SMALL * log(SMALL))
    return result(
        "kita_growth", ours=medians["large"], peer=medians["small"] * growth, unit="s", at_most=1.5,
        children=[SMALL, LARGE], small=round(medians["small"], 4),
    )  # fmt: skip


if __name__ == "__main__":
    run(bench)
