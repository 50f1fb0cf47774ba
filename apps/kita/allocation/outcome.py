"""What an assignment means: who has a better claim to a place than somebody in it, and why a wish was not met."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

from apps.kita.allocation.formats import Document
from apps.kita.allocation.matching import Group, Market, Positions

# A combination of wishes, one for each member of a group: their positions.
type Wishes = tuple[int, ...]


class Outcome:
    """An assignment of a market, looked at. Positions are those of ``Market.wishes``."""

    def __init__(self, market: Market, positions: Positions) -> None:
        self.market = market
        self.positions = positions
        # The keys of those who are in each pool, the last one admitted at the end.
        self.inside: list[list[int]] = [[] for _ in market.places]
        for pools, keys, position in zip(market.pools, market.keys, positions, strict=True):
            if position < len(pools):
                self.inside[pools[position]].append(keys[position])
        for keys in self.inside:
            keys.sort()

    def facility_of(self, child: int) -> int | None:
        """The facility in which a child has got a place."""
        position = self.positions[child]
        return self.market.facility(child, position) if position < len(self.market.wishes[child]) else None

    def home(self, group: Group) -> int | None:
        """The one facility in which all of a group are, None where they are not together."""
        first, *others = (self.facility_of(child) for child in group.members)
        return first if all(other == first for other in others) else None

    def admits(self, child: int, position: int) -> bool:
        """Whether a wish's pool, the child left out, has a free place or somebody of lower priority."""
        pool, key = self.market.pools[child][position], self.market.keys[child][position]
        return bisect_left(self.inside[pool], key) < self.market.places[pool]

    def blocking_children(self) -> Iterator[tuple[int, int]]:
        """Each child and position of a wish that it prefers to what it has, and has the better claim to."""
        # The facility in which alone a sibling may block; None, of siblings who come only together and did not, is nowhere.
        limits: dict[int, int | None] = {}
        for group in self.market.groups:
            home = self.home(group)
            if home is not None or group.only_together:
                limits |= dict.fromkeys(group.members, home)
        for child, position in enumerate(self.positions):
            for better in range(position):
                allowed = child not in limits or limits[child] == self.market.facility(child, better)
                if allowed and self.admits(child, better):
                    yield child, better

    def blocking_groups(self) -> Iterator[tuple[Group, Wishes]]:
        """Each group and facility that could take all of it: the best combination of wishes there."""
        for group in self.market.groups:
            if self.home(group) is None:
                for choices in choices_by_facility(self.market, group).values():
                    wishes = self.best_combination(group, choices)
                    if wishes is not None:
                        yield group, wishes

    def best_combination(self, group: Group, choices: Sequence[Sequence[int]]) -> Wishes | None:
        """The combination of the smallest sum of positions in which every member would be admitted.

        ``choices`` are the positions that each member has in one facility, ascending. Of equal sums the first by
        the members' order. None where there is none, or where, of siblings who want all or nothing, one would be worse off.

        A pool takes those who choose it if they are no more than its places less the others before the last of them: so it
        is enough to know of each pool how many have chosen it and the least that one of them leaves room for.
        """
        best: dict[frozenset[tuple[int, int, int]], tuple[int, Wishes]] = {frozenset(): (0, ())}
        for child, own in zip(group.members, choices, strict=True):
            longest = self.positions[child] if group.only_together else len(self.market.wishes[child])
            first = {self.market.pools[child][at]: at for at in reversed(own) if at <= longest}
            rooms = {pool: self._room(group, pool, self.market.keys[child][at]) for pool, at in first.items()}
            found: dict[frozenset[tuple[int, int, int]], tuple[int, Wishes]] = {}
            for state, (total, chosen) in best.items():
                counts = {pool: (count, room) for pool, count, room in state}
                for pool, at in first.items():
                    count, room = counts.get(pool, (0, len(group.members)))
                    room = min(room, rooms[pool])
                    if count < room:
                        after = frozenset({*(one for one in state if one[0] != pool), (pool, count + 1, room)})
                        found[after] = min(found.get(after, (total + at, (*chosen, at))), (total + at, (*chosen, at)))
            best = found
        return min(best.values())[1] if best else None

    def _room(self, group: Group, pool: int, key: int) -> int:
        """How many of a group a pool can take of whom this key is the last."""
        return self.market.places[pool] - self._others(group, pool, key)

    def _others(self, group: Group, pool: int, key: int) -> int:
        """How many who are not of the group come before a key in a pool."""
        return bisect_left(self.inside[pool], key) - sum(own < key for own in self.own_keys(group, pool))

    def before(self, group: Group, wishes: Wishes) -> list[int]:
        """How many would stand before each member in its pool.

        The group is left out of where it is now, and ranked together with the others where it would be.
        """
        places = [
            (self.market.pools[child][position], self.market.keys[child][position])
            for child, position in zip(group.members, wishes, strict=True)
        ]
        return [
            self._others(group, pool, key) + sum(other == pool and sibling < key for other, sibling in places)
            for pool, key in places
        ]

    def own_keys(self, group: Group, pool: int) -> list[int]:
        """The keys of the members of a group who are in a pool now."""
        return [
            self.market.keys[child][position]
            for child in group.members
            if (position := self.positions[child]) < len(self.market.pools[child])
            and self.market.pools[child][position] == pool
        ]

    def assignment(self) -> dict[str, str | None]:
        """What each child gets: the id of a contract, or None."""
        ids = self.market.contract_ids
        return {
            child: ids[wishes[position]] if position < len(wishes) else None
            for child, wishes, position in zip(self.market.ids, self.market.wishes, self.positions, strict=True)
        }

    def unstable(self) -> list[Document]:
        """All who have a better claim than somebody who was admitted, sorted (docs/kita.md)."""
        found = [self._entry([child], (position,), set()) for child, position in self.blocking_children()]
        for group, wishes in self.blocking_groups():
            before = self.before(group, wishes)
            last = max(range(len(before)), key=lambda i: (before[i], i))
            found.append(self._entry(list(group.members), wishes, set(group.members), last))
        return sorted(found, key=lambda entry: (entry["children"], entry["contracts"]))

    def _entry(self, children: list[int], wishes: Wishes, left_out: set[int], lowest: int = 0) -> Document:
        market = self.market
        pools = [market.pools[child][position] for child, position in zip(children, wishes, strict=True)]
        child, position, pool = children[lowest], wishes[lowest], pools[lowest]
        size = len(market.ids)
        others = [key for key in self.inside[pool] if key % size not in (left_out or {child})]
        free = len(others) < market.places[pool]
        return {
            "children": [market.ids[child] for child in children],
            "contracts": [market.contract_ids[market.wishes[c][p]] for c, p in zip(children, wishes, strict=True)],
            "pools": [market.pool_ids[pool] for pool in pools],
            "reason": "free_place" if free else market.criterion(market.keys[child][position], others[-1]),
        }

    def reasons(self) -> dict[str, list[Document]]:
        """For each wish that counted whether it was met, and if not, what decided."""
        market = self.market
        names = market.contract_ids
        last = [
            keys[-1] if keys and len(keys) >= places else None
            for keys, places in zip(self.inside, market.places, strict=True)
        ]
        found: dict[str, list[Document]] = {}
        for child, position in enumerate(self.positions):
            rows = found[market.ids[child]] = []
            pools, keys = market.pools[child], market.keys[child]
            for i, contract in enumerate(market.wishes[child]):
                outcome, criterion = "refused", None
                if i == position:
                    outcome = "assigned"
                elif i > position:
                    outcome = "not_needed"
                elif not market.places[pools[i]]:
                    criterion = "no_places"
                elif (bar := last[pools[i]]) is None or keys[i] <= bar:
                    criterion = "siblings"
                else:
                    criterion = market.criterion(keys[i], bar)
                rows.append({"contract": names[contract], "outcome": outcome, "criterion": criterion})
        return found


def choices_by_facility(market: Market, group: Group) -> dict[int, list[list[int]]]:
    """The facilities where every member of a group has a wish, and the positions of those wishes by member."""
    by_member: list[dict[int, list[int]]] = []
    for child in group.members:
        positions: dict[int, list[int]] = defaultdict(list)
        for position in range(len(market.wishes[child])):
            positions[market.facility(child, position)].append(position)
        by_member.append(positions)
    return {
        facility: [of[facility] for of in by_member]
        for facility in by_member[0]
        if all(facility in of for of in by_member)
    }
