"""Deferred acceptance of 2,000 children at 80 Kitas with 12 wishes against PyPI's ``matching``.

Both start from the same Python lists (whom children wish for, how Kitas rank them, how many places there
are) and end with who is where, which must be the same. Beside it the assignment alone, from the numbers that the
portal's matching makes of an instance.
"""

import random
import time
import warnings
from typing import Any

from common import alternating, note, result, run

CHILDREN, FACILITIES, WISHES = 2_000, 80, 12
ROUNDS = 5
AT_LEAST, PLAIN_AT_LEAST = 40, 80

Lists = dict[int, list[int]]


def invented() -> tuple[Lists, Lists, dict[int, int]]:
    """Wishes by child, the order of each Kita, its places: some children are left without."""
    draw = random.Random(1)
    liked = [draw.random() + 0.2 for _ in range(FACILITIES)]
    wishes: Lists = {}
    for child in range(CHILDREN):
        ranked = sorted(range(FACILITIES), key=lambda f: draw.expovariate(liked[f]))
        wishes[child] = ranked[:WISHES]
    orders: Lists = {f: [] for f in range(FACILITIES)}
    for child, own in wishes.items():
        for facility in own:
            orders[facility].append(child)
    for order in orders.values():
        draw.shuffle(order)
    return wishes, orders, dict.fromkeys(range(FACILITIES), CHILDREN // FACILITIES - 2)


def keys_of(wishes: Lists, orders: Lists) -> list[list[int]]:
    """What ``assign`` wants to know of the orders."""
    ranks = [{child: rank for rank, child in enumerate(orders[f])} for f in range(FACILITIES)]
    return [[child + CHILDREN * ranks[f][child] for f in own] for child, own in wishes.items()]


def bench() -> dict[str, Any]:
    from matching.games import HospitalResident

    from apps.kita.allocation.matching import assign

    wishes, orders, places = invented()
    pools, keys, counts = list(wishes.values()), keys_of(wishes, orders), list(places.values())
    found: dict[str, dict[int, int]] = {}

    def ours() -> float:
        began = time.perf_counter()
        positions = assign(list(wishes.values()), keys_of(wishes, orders), list(places.values()))
        given = {c: own[p] for (c, own), p in zip(wishes.items(), positions, strict=True) if p < len(own)}
        found["ours"] = given
        return time.perf_counter() - began

    def plain() -> float:
        began = time.perf_counter()
        assign(pools, keys, counts)
        return time.perf_counter() - began

    def peer() -> float:
        began = time.perf_counter()
        game = HospitalResident.create_from_dictionaries(wishes, orders, places)
        solved = game.solve(optimal="resident")
        found["peer"] = {r.name: h.name for h, residents in solved.items() for r in residents}
        return time.perf_counter() - began

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of children whom no Kita can take
        medians = alternating({"ours": ours, "plain": plain, "peer": peer}, rounds=ROUNDS)
    same = found["ours"] == found["peer"]
    times, plain_times = medians["peer"] / medians["ours"], medians["peer"] / medians["plain"]
    note(f"{times:.0f} times as fast, the assignment alone {plain_times:.0f} times; the same result: {same}")
    return result(
        "kita_matching", ours=medians["ours"], peer=medians["peer"], unit="s", at_most=1 / AT_LEAST,
        ok=same and plain_times >= PLAIN_AT_LEAST, times=round(times, 1), plain_times=round(plain_times, 1), same=same,
    )  # fmt: skip


if __name__ == "__main__":
    run(bench)
