"""Siblings: the fewest families left with a better claim, then the smallest sum of positions of wishes.

A first answer is found by hand (``settle``), a better one and the proof by CP-SAT. What both mean
by a better claim stands in docs/kita.md and, to be read, in outcome.py.
"""

import logging
import time

from ortools.sat.python import cp_model

from apps.kita.constraints import Model
from apps.kita.matching import Market, Positions, assign
from apps.kita.outcome import Outcome, choices_by_facility

log = logging.getLogger(__name__)
# CP-SAT counts its work in units of its own, about a second each on a fast machine.
WORK_PER_SECOND = 0.4


def place_siblings(market: Market, seconds: float) -> tuple[Positions, bool]:
    """The best positions found within ``seconds``, and whether they were proved to be the best.

    The same market and ``seconds`` give the same positions unless the wall clock had to end the search.
    """
    search = Search(market, seconds)
    first = settle(market)
    strict = Model(market, strict=True)
    strict.cp.minimize(strict.sum_of_positions)
    settled = not unstable_count(market, first)
    status, positions = search.run(strict, first if settled else None, share=1.0 if settled else 0.5)
    if positions is not None:
        return positions, status == cp_model.OPTIMAL and strict.complete
    if settled:
        return first, False
    loose = Model(market, strict=False)
    return search.fewest(loose, first, at_least=1 if status == cp_model.INFEASIBLE else 0)


def unstable_count(market: Market, positions: Positions) -> int:
    """How many entries the list of those with a better claim has."""
    outcome = Outcome(market, positions)
    return sum(1 for _ in outcome.blocking_children()) + sum(1 for _ in outcome.blocking_groups())


class Search:
    """A budget of work for CP-SAT, spent on one model after another."""

    def __init__(self, market: Market, seconds: float) -> None:
        self.market = market
        self.work = seconds * WORK_PER_SECOND
        self.ends = time.monotonic() + seconds

    def run(
        self, model: Model, hint: Positions | None, share: float = 1.0
    ) -> tuple[cp_model.CpSolverStatus, Positions | None]:
        """Solve for the objective that ``model`` has now. Gives CP-SAT's status and positions, None where none were found."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = max(self.work * share, 0.01)
        solver.parameters.max_time_in_seconds = max(self.ends - time.monotonic(), 0.1)
        model.hint(hint)
        work = solver.parameters.max_deterministic_time
        status = solver.solve(model.cp)
        used = solver.response_proto.deterministic_time
        self.work -= used
        if status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE) and used < 0.9 * work:
            log.warning("the clock ended the search for siblings before its work was done: another run may differ")
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        return status, model.positions(solver) if found else None

    def fewest(self, model: Model, first: Positions, at_least: int) -> tuple[Positions, bool]:
        """The fewest entries, then the smallest sum, starting from positions that are allowed."""
        model.cp.add(model.entries >= at_least)
        model.cp.minimize(model.entries)
        status, found = self.run(model, first, share=0.6)
        positions = first if found is None else found
        fewest = min(unstable_count(self.market, positions), unstable_count(self.market, first))
        if unstable_count(self.market, positions) > fewest:
            positions = first
        proved = status == cp_model.OPTIMAL
        model.cp.add(model.entries <= fewest)
        model.cp.minimize(model.sum_of_positions)
        status, found = self.run(model, positions)
        if found is not None:
            positions = found
        return positions, proved and status == cp_model.OPTIMAL and model.complete


def settle(market: Market) -> Positions:
    """An allowed answer that is mostly right: groups try one facility after another among everybody's proposals."""
    choices = [choices_by_facility(market, group) for group in market.groups]
    options = [
        sorted(found, key=lambda facility, found=found: sum(own[0] for own in found[facility]))  # type: ignore[misc]
        for found in choices
    ]
    target: list[int | None] = [
        found[0] if group.only_together and found else None for group, found in zip(market.groups, options, strict=True)
    ]
    tried: list[set[int]] = [{facility} if facility is not None else set() for facility in target]
    for _ in range(20 + 3 * len(market.groups)):
        outcome = _propose(market, target)
        changed = _give_up(market, outcome, target)
        for number, group in enumerate(market.groups):
            if target[number] is None and outcome.home(group) is None:
                for facility in options[number]:
                    fits = outcome.best_combination(group, choices[number][facility]) is not None
                    if fits and facility not in tried[number]:
                        target[number] = facility
                        tried[number].add(facility)
                        changed = True
                        break
        if not changed:
            return outcome.positions
    while _give_up(market, outcome := _propose(market, target), target):
        pass
    return outcome.positions


def _propose(market: Market, target: list[int | None]) -> Outcome:
    """Everybody's proposals, where groups with a target propose to that facility alone."""
    allowed = [list(range(len(wishes))) for wishes in market.wishes]
    for group, facility in zip(market.groups, target, strict=True):
        for child in group.members:
            if facility is not None:
                allowed[child] = [i for i in allowed[child] if market.facility(child, i) == facility]
            elif group.only_together:
                kept = market.kept[child]
                allowed[child] = [] if kept is None else [kept]
    found = assign(
        [[market.pools[child][i] for i in own] for child, own in enumerate(allowed)],
        [[market.keys[child][i] for i in own] for child, own in enumerate(allowed)],
        market.places,
    )
    return Outcome(market, [
        own[position] if position < len(own) else len(wishes)
        for own, position, wishes in zip(allowed, found, market.wishes, strict=True)
    ])  # fmt: skip


def _give_up(market: Market, outcome: Outcome, target: list[int | None]) -> bool:
    """Take the target from groups that did not all get a place there; says whether there were any."""
    given_up = False
    for number, group in enumerate(market.groups):
        if target[number] is not None and outcome.home(group) is None:
            target[number], given_up = None, True
    return given_up
