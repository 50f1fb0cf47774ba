"""Who gets which place: deferred acceptance in which children propose (docs/kita.md).

A child is given a contract; contracts share the places of their pool. Priority is by child and
pool, so one whole number, the *key*, says where a child stands in a pool's order (smaller first),
and carries the child's number: ``key = child + children * level``.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from apps.kita.allocation.formats import Child, Instance

# Position of the wish that each child gets; as many as it has wishes where it gets none.
type Positions = list[int]


@dataclass(frozen=True, slots=True)
class Group:
    """Siblings, as numbers of children in the order of their ids."""

    members: tuple[int, ...]
    only_together: bool


@dataclass(slots=True)
class Market:
    """An instance as numbers, which do not depend on the order of arrays nor on the names of what is given.

    Children are numbered by what breaks ties of points (``tie``, lottery, id); contracts, pools and
    facilities as the wishes of the children, in that order, come upon them. ``wishes[k]`` are the contracts child
    ``k`` can be given, best first; ``keys[k]`` its keys in their pools; ``kept[k]`` the position of what it has
    or must get. ``span`` is how many levels of points there are.
    """

    ids: list[str]
    contract_ids: list[str] = field(default_factory=list)
    pool_ids: list[str] = field(default_factory=list)
    pool_of: list[int] = field(default_factory=list)
    facility_of: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    wishes: list[list[int]] = field(default_factory=list)
    pools: list[list[int]] = field(default_factory=list)
    keys: list[list[int]] = field(default_factory=list)
    kept: list[int | None] = field(default_factory=list)
    tie_class: list[int] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    span: int = 1

    def facility(self, child: int, position: int) -> int:
        """The facility of a child's wish."""
        return self.facility_of[self.pools[child][position]]

    def criterion(self, key: int, other: int) -> str:
        """The first of holds, points, tie and lottery that separates two keys of one pool."""
        children = len(self.ids)
        level, other_level = key // children, other // children
        if level // self.span != other_level // self.span:
            return "holds"
        if level != other_level:
            return "points"
        return "lottery" if self.tie_class[key % children] == self.tie_class[other % children] else "tie"


def lottery_number(seed: str, child: str) -> int:
    """A child's number in the draw, the smaller the better; it depends on nothing but the two."""
    return int(hashlib.sha256(f"{seed}:{child}".encode()).hexdigest(), 16)


def used_wishes(child: Child) -> tuple[str, ...]:
    """What a child can be given: what it is pinned to, or its wishes down to what it holds."""
    if child.pinned is not None:
        return (child.pinned,)
    if child.holds is None:
        return child.wishes
    if child.holds in child.wishes:
        return child.wishes[: child.wishes.index(child.holds) + 1]
    return (*child.wishes, child.holds)


def market_of(instance: Instance) -> Market:
    """The instance as numbers."""
    order = sorted(
        instance.children,
        key=lambda child: (tuple(-value for value in child.tie), lottery_number(instance.seed, child.id), child.id),
    )
    market = Market([child.id for child in order])
    facility_ids: dict[str, int] = {}
    pool_numbers: dict[str, int] = {}
    contract_numbers: dict[str, int] = {}
    pools = {pool.id: pool for pool in instance.pools}
    pool_of = {contract.id: contract.pool for contract in instance.contracts}
    all_points = [0, *(value for child in order for value in child.points.values())]
    most = max(all_points)
    market.span = most - min(all_points) + 1
    ties: dict[tuple[int, ...], int] = {}
    facilities: list[str] = []
    for number, child in enumerate(order):
        market.tie_class.append(ties.setdefault(child.tie, len(ties)))
        kept = child.holds if child.pinned is None else child.pinned
        first_pool = None if kept is None else pool_of[kept]
        used = used_wishes(child)
        wishes, in_pools, keys = [], [], []
        for wish in used:
            pool_id = pool_of[wish]
            contract = contract_numbers.get(wish)
            if contract is None:
                contract = contract_numbers[wish] = len(contract_numbers)
                pool = pool_numbers.get(pool_id)
                if pool is None:
                    pool = pool_numbers[pool_id] = len(pool_numbers)
                    found = pools[pool_id]
                    market.places.append(min(found.places, len(order)))
                    market.facility_of.append(facility_ids.setdefault(found.facility, len(facility_ids)))
                    facilities.append(found.facility)
                market.pool_of.append(pool)
            pool = market.pool_of[contract]
            level = most - child.points.get(facilities[pool], 0)
            if pool_id != first_pool:
                level += market.span
            wishes.append(contract)
            in_pools.append(pool)
            keys.append(number + len(order) * level)
        market.wishes.append(wishes)
        market.pools.append(in_pools)
        market.keys.append(keys)
        market.kept.append(None if kept is None else used.index(kept))
    market.contract_ids = list(contract_numbers)
    market.pool_ids = list(pool_numbers)
    numbers = {child: number for number, child in enumerate(market.ids)}
    market.groups = sorted(
        (
            Group(tuple(numbers[child] for child in sorted(group.children)), group.only_together)
            for group in instance.siblings
        ),
        key=lambda group: sorted(group.members),
    )
    return market


def assign(pools: Sequence[Sequence[int]], keys: Sequence[Sequence[int]], places: Sequence[int]) -> Positions:
    """The stable assignment that is best for every child, siblings aside.

    ``pools[k]`` are the pools that child ``k`` proposes to, in order; ``keys[k]`` its key in each (smaller first,
    different for any two, child = key modulo children); ``places`` by pool. Gives the position of each child's
    pool in its list, the list's length for a child that is left without.
    """
    children = len(pools)
    # A heap of negated keys has the last one admitted on top. A free place is a key that comes after all others.
    free = -children * (1 + max((max(row) for row in keys if row), default=0))
    wanted = Counter(chain.from_iterable(pools))
    admitted = [[free] * min(count, wanted[pool]) for pool, count in enumerate(places)]
    replace = heapq.heappushpop
    positions = [0] * children
    for newcomer in range(children):
        child = newcomer
        while True:
            position = positions[child]
            own = pools[child]
            if position == len(own):
                break
            heap = admitted[own[position]]
            if not heap:  # a pool without places
                positions[child] += 1
                continue
            out = replace(heap, -keys[child][position])
            if out == free:
                break
            child = -out % children  # whoever had to go proposes next
            positions[child] += 1
    return positions
