"""Checks a result against its instance. Written from docs/kita.md alone: it shares no code with what finds results.

That the answer is the best one for children is seen without finding one: in a stable assignment each
pool can pass on to the first child it refused that child's place at another pool, and so on; only a round of such
steps, in which all would gain, leads from a stable assignment to a better one.
"""

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

type Row = dict[str, Any]
# What places a child in a pool's order, smaller first: comes before all, less points, (less tie, lottery, id).
type Rank = tuple[bool, int, tuple[tuple[int, ...], int, str]]

KEYS = {"format", "instance_sha256", "assignment", "unstable", "reasons", "proved"}
MOST_PROBLEMS = 100


def problems_of(instance: Row, result: object) -> list[str]:
    """What is wrong with a result, as sentences; none if it is right.

    ``instance`` is parsed JSON of format kita-instance/1 and was found valid, ``result`` any parsed JSON.
    """
    if not isinstance(result, dict):
        return ["The result is no object."]
    problems = [f"The result has no key {_shown(key)}." for key in sorted(KEYS - result.keys())]
    problems += [
        f"The result has a key {_shown(key)} that does not belong there." for key in sorted(result.keys() - KEYS)
    ]
    if problems:
        return problems[:MOST_PROBLEMS]
    if result["format"] != "kita-result/1":
        problems.append(f"The format is {_shown(result['format'])}, not kita-result/1.")
    if result["instance_sha256"] != _sha256(instance):
        problems.append("instance_sha256 is not the hash of this instance.")
    proved = result["proved"]
    if not isinstance(proved, bool):
        problems.append(f"proved is {_shown(proved)}, neither true nor false.")
    elif not proved and not instance["siblings"]:
        problems.append("proved is false; without siblings it is true.")
    check = Check(instance)
    wrong = list(islice(check.take(result["assignment"]), MOST_PROBLEMS))
    if not wrong:
        wrong = list(islice(check.compare(result["unstable"], result["reasons"]), MOST_PROBLEMS))
    return (problems + wrong)[:MOST_PROBLEMS]


class Check:
    """One instance with one assignment."""

    def __init__(self, instance: Row) -> None:
        self.children: dict[str, Row] = {child["id"]: child for child in instance["children"]}
        self.pool_of: dict[str, str] = {contract["id"]: contract["pool"] for contract in instance["contracts"]}
        self.facility_of: dict[str, str] = {pool["id"]: pool["facility"] for pool in instance["pools"]}
        self.places: dict[str, int] = {pool["id"]: pool["places"] for pool in instance["pools"]}
        self.groups: list[tuple[list[str], bool]] = [
            (sorted(group["children"]), group["rule"] == "only_together") for group in instance["siblings"]
        ]
        self.used = {child: _used(row) for child, row in self.children.items()}
        seed = instance["seed"]
        self.tail = {
            child: (
                tuple(-value for value in row["tie"]),
                int(hashlib.sha256(f"{seed}:{child}".encode()).hexdigest(), 16),
                child,
            )
            for child, row in self.children.items()
        }
        self.first = {
            child: None if (kept := _kept(row)) is None else self.pool_of[kept] for child, row in self.children.items()
        }
        self.pools = {child: [self.pool_of[contract] for contract in used] for child, used in self.used.items()}
        self.position: dict[str, int] = {}
        self.inside: dict[str, list[Rank]] = {}
        # Where each child stands in the pools of the wishes before the one it got.
        self.refused: dict[str, list[Rank]] = {}

    def rank(self, child: str, pool: str) -> Rank:
        """Where a child stands in a pool's order."""
        points = self.children[child]["points"].get(self.facility_of[pool], 0)
        return self.first[child] != pool, -points, self.tail[child]

    def take(self, assignment: object) -> Iterator[str]:
        """Take an assignment in; yields what makes it none of this instance."""
        if not isinstance(assignment, dict):
            yield "assignment is no object."
            return
        yield from (
            f"assignment names {_shown(child)}, who is no child here."
            for child in assignment
            if child not in self.children
        )
        yield from (
            f"assignment leaves out child {_shown(child)}." for child in self.children if child not in assignment
        )
        self.inside = {pool: [] for pool in self.places}
        for child, used in self.used.items():
            contract = assignment.get(child)
            if contract is None:
                self.position[child] = len(used)
                if _kept(self.children[child]) is not None and child in assignment:
                    yield f"Child {_shown(child)} loses what it holds or is pinned to."
            elif contract not in used:
                yield f"Child {_shown(child)} cannot be given {_shown(contract)}."
            else:
                self.position[child] = used.index(contract)
                pool = self.pool_of[contract]
                self.inside[pool].append(self.rank(child, pool))
            pools = self.pools[child][: self.position.get(child, 0)]
            self.refused[child] = [self.rank(child, pool) for pool in pools]
        for pool, inside in self.inside.items():
            inside.sort()
            if len(inside) > self.places[pool]:
                yield f"Pool {_shown(pool)} has {self.places[pool]} places and {len(inside)} children."
        if len(self.position) == len(self.used):
            yield from self._torn()

    def compare(self, unstable: object, reasons: object) -> Iterator[str]:
        """Yields where the rest of the result is not what follows from the assignment."""
        expected = sorted(
            [*self._single(), *self._together()], key=lambda entry: (entry["children"], entry["contracts"])
        )
        if not self.groups:
            yield from (
                f"Child {_shown(e['children'][0])} has the better claim to {_shown(e['contracts'][0])}."
                for e in expected
            )
            if not expected and self._round_of_gains():
                yield "Another stable assignment is better for some children and worse for none."
        if unstable != expected:
            listed = list(map(_written, unstable)) if isinstance(unstable, list) else []
            right, named = set(map(_written, expected)), set(listed)
            yield from (f"unstable leaves out {_shown(entry)}." for entry in expected if _written(entry) not in named)
            yield from (f"unstable has {entry[:200]}, which is not so." for entry in listed if entry not in right)
            yield "unstable is not the sorted list of all who have a better claim."
        if not isinstance(reasons, dict):
            yield "reasons is no object."
            return
        yield from (
            f"reasons names {_shown(child)}, who is no child here." for child in reasons if child not in self.children
        )
        for child in self.used:
            yield from self._compare_reasons(child, reasons.get(child))

    def _compare_reasons(self, child: str, said: object) -> Iterator[str]:
        right = self._reasons(child)
        if not isinstance(said, list) or len(said) != len(right):
            found = len(said) if isinstance(said, list) else "no"
            yield f"Child {_shown(child)} has {found} reasons; wishes that count are {len(right)}, each with a reason."
            return
        for number, (row, expected) in enumerate(zip(said, right, strict=True), 1):
            if row != expected:
                yield f"The reason of child {_shown(child)} for wish {number} is {_shown(row)}, not {_shown(expected)}."

    def _home(self, members: list[str]) -> str | None:
        """The facility in which all members are; None where there is none."""
        homes = {self._facility(child, self.position[child]) for child in members}
        return homes.pop() if len(homes) == 1 else None

    def _facility(self, child: str, position: int) -> str | None:
        used = self.used[child]
        return self.facility_of[self.pools[child][position]] if position < len(used) else None

    def _torn(self) -> Iterator[str]:
        """Groups that wanted all or nothing and got something else."""
        for members, only_together in self.groups:
            if only_together and self._home(members) is None:
                for child in members:
                    kept = _kept(self.children[child])
                    at = len(self.used[child]) if kept is None else self.used[child].index(kept)
                    if self.position[child] != at:
                        yield f"Child {_shown(child)} is given a new place without its siblings."

    def _admits(self, child: str, at: int) -> bool:
        """Whether a wish's pool, the child left out, has a free place or somebody who comes after the child."""
        pools, position = self.pools[child], self.position[child]
        inside = self.inside[pools[at]]
        if len(inside) < self.places[pools[at]] or (inside and self.refused[child][at] < inside[-1]):
            return True
        # It left out, a pool that it is in itself has a place.
        return position < len(pools) and pools[position] == pools[at]

    def _single(self) -> Iterator[Row]:
        bound: dict[str, str | None] = {}
        for members, only_together in self.groups:
            home = self._home(members)
            if home is not None or only_together:
                bound.update(dict.fromkeys(members, home))
        for child, used in self.used.items():
            for at, contract in enumerate(used[: self.position[child]]):
                pool = self.pools[child][at]
                if (child not in bound or bound[child] == self.facility_of[pool]) and self._admits(child, at):
                    yield {
                        "children": [child],
                        "contracts": [contract],
                        "pools": [pool],
                        "reason": self._reason([child], child, pool),
                    }

    def _reason(self, left_out: list[str], child: str, pool: str) -> str:
        others = [rank for rank in self.inside[pool] if rank[2][2] not in left_out]
        return "free_place" if len(others) < self.places[pool] else _criterion(self.rank(child, pool), others[-1])

    def _together(self) -> Iterator[Row]:
        for members, only_together in self.groups:
            if self._home(members) is not None:
                continue
            shared = set.intersection(
                *({self.facility_of[self.pool_of[contract]] for contract in self.used[child]} for child in members)
            )
            for facility in shared:
                positions = self._best_together(members, facility, only_together)
                if positions is not None:
                    contracts = [self.used[child][at] for child, at in zip(members, positions, strict=True)]
                    pools = [self.pool_of[contract] for contract in contracts]
                    # The lowest: whoever has most before them; of two, the later by id.
                    _, _, child, pool = max(
                        (self._before(members, list(zip(members, pools, strict=True)), child, pool), i, child, pool)
                        for i, (child, pool) in enumerate(zip(members, pools, strict=True))
                    )
                    yield {
                        "children": members,
                        "contracts": contracts,
                        "pools": pools,
                        "reason": self._reason(members, child, pool),
                    }

    def _before(self, members: list[str], going: list[tuple[str, str]], child: str, pool: str) -> int:
        """How many come before a child in a pool when its group goes there from nowhere."""
        own = self.rank(child, pool)
        others = sum(rank < own for rank in self.inside[pool] if rank[2][2] not in members)
        return others + sum(other == pool and self.rank(sibling, pool) < own for sibling, other in going)

    def _best_together(self, members: list[str], facility: str, only_together: bool) -> tuple[int, ...] | None:
        """Positions of wishes in a facility that would take all members; the smallest sum, then the earliest.

        All who choose a pool are among its first if the last of them is: what a pool leaves to a group is its places
        less the others before that one.
        """

        def room(child: str, pool: str) -> int:
            own = self.rank(child, pool)
            return self.places[pool] - sum(rank < own for rank in self.inside[pool] if rank[2][2] not in members)

        options: list[list[tuple[int, str, int]]] = []
        for child in members:
            pools = self.pools[child]
            most = self.position[child] if only_together else len(pools)
            there = [at for at, pool in enumerate(pools) if self.facility_of[pool] == facility and at <= most]
            options.append([(at, pools[at], room(child, pools[at])) for at in there])

        # By what has been chosen of each pool (how often, with how much room) the best choice of those so far.
        ways: dict[frozenset[tuple[str, int, int]], tuple[int, tuple[int, ...]]] = {frozenset(): (0, ())}
        for own in options:
            further: dict[frozenset[tuple[str, int, int]], tuple[int, tuple[int, ...]]] = {}
            for taken, (total, chosen) in ways.items():
                for at, pool, left in own:
                    before = next((entry for entry in taken if entry[0] == pool), (pool, 0, left))
                    now = (pool, before[1] + 1, min(before[2], left))
                    if now[1] <= now[2]:
                        key, way = taken - {before} | {now}, (total + at, (*chosen, at))
                        if key not in further or way < further[key]:
                            further[key] = way
            ways = further
        return min(ways.values())[1] if ways else None

    def _round_of_gains(self) -> bool:
        """Whether pools could pass places round so that all children concerned gain (siblings aside)."""
        first_refused: dict[str, tuple[Rank, str]] = {}
        for child, ranks in self.refused.items():
            for pool, rank in zip(self.pools[child], ranks, strict=False):
                if pool not in first_refused or rank < first_refused[pool][0]:
                    first_refused[pool] = rank, child
        leads_to: dict[str, str] = {}
        for pool, (_, child) in first_refused.items():
            if self.position[child] < len(self.used[child]):
                leads_to[pool] = self.pools[child][self.position[child]]
        seen: dict[str, str] = {}
        for start in leads_to:
            pool = start
            while pool in leads_to and pool not in seen:
                seen[pool] = start
                pool = leads_to[pool]
            if seen.get(pool) == start and pool in leads_to:
                return True
        return False

    def _reasons(self, child: str) -> list[Row]:
        rows = []
        position = self.position[child]
        for at, contract in enumerate(self.used[child]):
            outcome, criterion = ("assigned" if at == position else "not_needed"), None
            if at < position:
                outcome = "refused"
                pool = self.pools[child][at]
                if not self.places[pool]:
                    criterion = "no_places"
                elif self._admits(child, at):
                    criterion = "siblings"
                else:
                    criterion = _criterion(self.refused[child][at], self.inside[pool][-1])
            rows.append({"contract": contract, "outcome": outcome, "criterion": criterion})
        return rows


def _kept(child: Row) -> str | None:
    kept: str | None = child["holds"] if child["pinned"] is None else child["pinned"]
    return kept


def _used(child: Row) -> list[str]:
    """The wishes that count."""
    wishes: list[str] = child["wishes"]
    if child["pinned"] is not None:
        return [child["pinned"]]
    holds = child["holds"]
    if holds is None:
        return wishes
    return wishes[: wishes.index(holds) + 1] if holds in wishes else [*wishes, holds]


def _criterion(rank: Rank, other: Rank) -> str:
    for name, own, theirs in (
        ("holds", rank[0], other[0]),
        ("points", rank[1], other[1]),
        ("tie", rank[2][0], other[2][0]),
    ):
        if own != theirs:
            return name
    return "lottery"


def _sha256(instance: Row) -> str:
    groups = sorted(
        ({**g, "children": sorted(g["children"])} for g in instance["siblings"]), key=lambda g: g["children"]
    )
    ordered = {key: sorted(instance[key], key=lambda row: row["id"]) for key in ("children", "contracts", "pools")}
    text = json.dumps(
        {**instance, **ordered, "siblings": groups}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _written(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:
        return "something nested too deeply"


def _shown(value: object) -> str:
    text = _written(value)
    return text if len(text) <= 200 else f"{text[:200]} …"
