"""The answers that siblings leave possible, as a constraint program for CP-SAT (docs/kita.md)."""

from bisect import bisect_left
from collections import defaultdict
from itertools import product

from ortools.sat.python import cp_model
from ortools.sat.python.cp_model_helper import IntVar, Literal

from apps.kita.allocation.matching import Group, Market, Positions
from apps.kita.allocation.outcome import choices_by_facility

# Of the combinations of pools in which groups could come into one facility, so many are written out: for one group and
# facility, and in all.
MOST_COMBINATIONS, MOST_IN_ALL = 2_000, 20_000


def possible_positions(market: Market) -> list[list[int]]:
    """The positions that each child can have in an answer in which nobody has a better claim.

    Nobody gets into a pool that as many others of higher priority want more than all that is possible for them;
    nobody comes to what they wished after a pool that admits them whatever the others get. Siblings, who may pass over
    a place, are neither the others nor kept from what comes later.
    """
    possible = [list(range(len(wishes))) for wishes in market.wishes]
    siblings = {child for group in market.groups for child in group.members}
    choices = [(group, choices_by_facility(market, group)) for group in market.groups]
    changed = True
    while changed:
        changed = False
        firsts: dict[int, list[int]] = defaultdict(list)
        applicants: dict[int, set[int]] = defaultdict(set)
        for child, own in enumerate(possible):
            for number, i in enumerate(own):
                pool, key = market.pools[child][i], market.keys[child][i]
                applicants[pool].add(key)
                if number == 0 and child not in siblings:
                    firsts[pool].append(key)
        bars = {pool: _nth(firsts[pool], market.places[pool]) for pool in applicants}
        secure = {pool: _nth(applicants[pool], market.places[pool]) for pool in applicants}
        for child, own in enumerate(possible):
            left = []
            for i in own:
                pool, key = market.pools[child][i], market.keys[child][i]
                bar, line = bars[pool], secure[pool]
                if bar is None or key <= bar:
                    left.append(i)
                    if child not in siblings and (line is None or key <= line):
                        break
            if left != own:
                possible[child], changed = left, True
        for group, by_facility in choices:
            if not group.only_together:
                continue
            together = {
                facility
                for facility, wishes in by_facility.items()
                if all(set(own) & set(possible[child]) for child, own in zip(group.members, wishes, strict=True))
            }
            for child in group.members:
                own = possible[child]
                left = [i for i in own if i == market.kept[child] or market.facility(child, i) in together]
                if left != own:
                    possible[child], changed = left, True
    return possible


def _nth(keys: "list[int] | set[int]", number: int) -> int | None:
    """The key of the last one admitted if all came who are named; None if all would find a place, -1 if nobody."""
    if number == 0:
        return -1
    return sorted(keys)[number - 1] if len(keys) >= number else None


class Model:
    """All allowed answers as a CP-SAT model: ``strict`` those in which nobody has a better claim, else all.

    Its variables stand in the order of the market's numbers, so that names and the order of arrays do not matter.
    """

    def __init__(self, market: Market, *, strict: bool) -> None:
        self.market = market
        self.strict = strict
        self.complete = True  # whether all of the rule has been written out
        self.combinations = 0
        self.cp = cp_model.CpModel()
        self.yes = self.cp.new_constant(1)
        self.possible = possible_positions(market) if strict else [list(range(len(own))) for own in market.wishes]
        self.x = [{i: self.cp.new_bool_var("") for i in own} for own in self.possible]
        self.penalties: list[Literal] = []
        self._admits: dict[tuple[int, int], Literal] = {}
        self._short: dict[tuple[int, int, int], Literal] = {}
        self.in_home: dict[int, dict[int, Literal]] = {}  # by child: its group is together in a facility
        # By pool: who may come, as keys; the variables of each; how many are admitted down to each.
        self.keys: list[list[int]] = []
        self.here: list[dict[int, list[Literal]]] = [{} for _ in market.places]
        self.count: list[list[IntVar]] = []
        self.tied = {child for group in market.groups if group.only_together for child in group.members}
        self._one_wish_each()
        self._fill_pools()
        for group in market.groups:
            self._gather(group)
        for child in range(len(market.ids)):
            self._no_child_blocks(child)
        for group in market.groups:
            self._no_group_blocks(group)
        self.entries = sum(self.penalties, start=cp_model.LinearExpr.sum([]))
        self.sum_of_positions = cp_model.LinearExpr.sum([
            (i - len(own)) * var for own, vars_ in zip(market.wishes, self.x, strict=True) for i, var in vars_.items()
        ]) + sum(map(len, market.wishes))  # fmt: skip

    def hint(self, positions: Positions | None) -> None:
        """Where the search is to begin."""
        self.cp.clear_hints()  # type: ignore[no-untyped-call]  # the library has not typed this one
        if positions is not None:
            for child, variables in enumerate(self.x):
                for i, variable in variables.items():
                    self.cp.add_hint(variable, int(i == positions[child]))

    def positions(self, solver: cp_model.CpSolver) -> Positions:
        """What the solver found."""
        return [
            next((i for i, variable in variables.items() if solver.boolean_value(variable)), len(wishes))
            for variables, wishes in zip(self.x, self.market.wishes, strict=True)
        ]

    def _one_wish_each(self) -> None:
        for child, variables in enumerate(self.x):
            if self.market.kept[child] is None:
                self.cp.add_at_most_one(variables.values())
            else:
                self.cp.add_exactly_one(variables.values())

    def _fill_pools(self) -> None:
        """No pool takes more than it has places."""
        for child, variables in enumerate(self.x):
            for i, variable in variables.items():
                here = self.here[self.market.pools[child][i]]
                here.setdefault(self.market.keys[child][i], []).append(variable)
        for pool, here in enumerate(self.here):
            keys = sorted(here)
            counts: list[IntVar] = []
            for number, key in enumerate(keys):
                count = self.cp.new_int_var(0, min(number + 1, self.market.places[pool]), "")
                self.cp.add(count == sum(here[key]) + (counts[-1] if counts else 0))
                counts.append(count)
            self.keys.append(keys)
            self.count.append(counts)

    def _gather(self, group: Group) -> None:
        """A variable for each facility that says the group is together there."""
        homes: dict[int, Literal] = {}
        for facility, choices in choices_by_facility(self.market, group).items():
            own = [
                [self.x[c][i] for i in wishes if i in self.x[c]]
                for c, wishes in zip(group.members, choices, strict=True)
            ]
            if all(own):
                home = homes[facility] = self.cp.new_bool_var("")
                for variables in own:
                    self.cp.add_bool_or(variables).only_enforce_if(home)
        self.cp.add_at_most_one(homes.values())
        kept = [self.market.kept[child] for child in group.members]
        for child, base in zip(group.members, kept, strict=True):
            self.in_home[child] = homes
            if group.only_together:
                for i, variable in self.x[child].items():
                    if i != base:
                        where = homes.get(self.market.facility(child, i))
                        self.cp.add_implication(variable, self.yes.negated() if where is None else where)
        bases = {self.market.facility(c, i) for c, i in zip(group.members, kept, strict=True) if i is not None}
        if group.only_together and None not in kept and len(bases) == 1:
            # With what they have they are together already.
            self.cp.add_exactly_one(homes.values())

    def _no_child_blocks(self, child: int) -> None:
        homes = self.in_home.get(child)
        for i in self.possible[child]:
            clause: list[Literal] = [variable for j, variable in self.x[child].items() if j <= i]
            pool, key = self.market.pools[child][i], self.market.keys[child][i]
            admits = self._admit(pool, key)
            if admits is None:
                continue
            clause.append(admits.negated())
            if homes is not None:
                facility = self.market.facility_of[pool]
                if child in self.tied:
                    if facility not in homes:
                        continue
                    clause.append(homes[facility].negated())
                else:
                    clause += [home for other, home in homes.items() if other != facility]
            self._forbid(clause)

    def _no_group_blocks(self, group: Group) -> None:
        homes = self.in_home[group.members[0]]
        for choices in choices_by_facility(self.market, group).values():
            by_pool = [
                sorted(
                    {
                        (pool, self.market.keys[child][i])
                        for i in wishes
                        if self.market.places[pool := self.market.pools[child][i]]
                    }
                )
                for child, wishes in zip(group.members, choices, strict=True)
            ]
            penalty = None if self.strict else self.cp.new_bool_var("")
            if penalty is not None:
                self.penalties.append(penalty)
            for number, places in enumerate(product(*by_pool)):
                self.combinations += 1
                if number == MOST_COMBINATIONS or self.combinations > MOST_IN_ALL:
                    self.complete = False
                    break
                clause: list[Literal] = list(homes.values())
                for pool, key in places:
                    before = sum(other == pool and sibling <= key for other, sibling in places)
                    clause += self._too_many(group, pool, key, before)
                self._forbid(clause, penalty)

    def _admit(self, pool: int, key: int) -> Literal | None:
        """True where fewer than the pool's places are taken by those before ``key``; None where that cannot be."""
        places, before = self.market.places[pool], bisect_left(self.keys[pool], key)
        if before < places:
            return self.yes
        if not places:
            return None
        found = self._admits.get((pool, before))
        if found is None:
            found = self._admits[pool, before] = self.cp.new_bool_var("")
            self.cp.add(self.count[pool][before - 1] >= places).only_enforce_if(found.negated())
        return found

    def _too_many(self, group: Group, pool: int, key: int, number: int) -> list[Literal]:
        """True only where others leave no place for the group's ``number``-th in a pool; empty where that cannot be."""
        least = self.market.places[pool] - number + 1
        if least <= 0:
            return [self.yes]
        before = bisect_left(self.keys[pool], key)
        if before < least:
            return []
        found = self._short.get((pool, key, number))
        if found is None:
            found = self._short[pool, key, number] = self.cp.new_bool_var("")
            own = [
                variable
                for child in group.members
                for i, variable in self.x[child].items()
                if self.market.pools[child][i] == pool and self.market.keys[child][i] < key
            ]
            self.cp.add(self.count[pool][before - 1] - sum(own) >= least).only_enforce_if(found)
        return [found]

    def _forbid(self, clause: list[Literal], penalty: Literal | None = None) -> None:
        """One of the clause must be true; where the model is not strict, at the price of an entry."""
        if not self.strict and penalty is None:
            penalty = self.cp.new_bool_var("")
            self.penalties.append(penalty)
        self.cp.add_bool_or(clause if penalty is None else [*clause, penalty])
