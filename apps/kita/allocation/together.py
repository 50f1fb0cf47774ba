"""Siblings: the fewest families left with a better claim, then the smallest sum of positions of wishes.

A first answer is found by hand (``settle``, ``climb``), a better one and the proof by CP-SAT. What all of them mean
by a better claim stands in docs/kita.md and, to be read, in outcome.py.
"""

import logging
import random
import time

from ortools.sat.python import cp_model

from apps.kita.allocation.constraints import Model
from apps.kita.allocation.matching import Market, Positions, assign
from apps.kita.allocation.outcome import Outcome, choices_by_facility

log = logging.getLogger(__name__)
# By group the facility that it proposes to alone; None where each member proposes for itself, or keeps what it has.
type Targets = list[int | None]
# CP-SAT counts its work in units of its own: a fifth of what a quiet machine does in a second of what was asked for ...
WORK_PER_SECOND = 0.2
# ... so that the clock, which has so much more time, ends the search only where the machine is not quiet.
CLOCK = 1.25
# Of the time asked for, how much may go into trying other facilities for groups; what a step takes, and for each wish.
CLIMB, SECONDS_PER_STEP, SECONDS_PER_WISH = 0.25, 1e-3, 1.5e-6
MOST_STEPS = 1_000


def place_siblings(market: Market, seconds: float) -> tuple[Positions, bool]:
    """The best positions found within about ``seconds``, and whether they were proved to be the best.

    The same market and ``seconds`` give the same positions unless the wall clock had to end the search.
    """
    search = Search(market, seconds)
    best = search.climb(settle(market))
    settled = value(best)[0] == 0
    strict = Model(market, strict=True)
    strict.cp.minimize(strict.sum_of_positions)
    status, found = search.run(strict, best.positions if settled else None, share=1.0 if settled else 0.5)
    best = min(best, found or best, key=value)
    if value(best)[0] == 0:
        # What the model takes for the best must be worth what the rules say, or nothing is proved.
        proved = status == cp_model.OPTIMAL and found is not None and value(found) == value(best)
        return best.positions, proved and strict.complete
    loose = Model(market, strict=False)
    return search.fewest(loose, best, at_least=1 if status == cp_model.INFEASIBLE else 0)


def value(outcome: Outcome) -> tuple[int, int]:
    """What is made as small as possible: entries of those with a better claim, then the sum of positions."""
    entries = sum(1 for _ in outcome.blocking_children()) + sum(1 for _ in outcome.blocking_groups())
    return entries, sum(outcome.positions)


class Search:
    """A budget of work, spent on one way of searching after another."""

    def __init__(self, market: Market, seconds: float) -> None:
        self.market = market
        self.seconds = seconds
        self.work = seconds * WORK_PER_SECOND
        self.ends = time.monotonic() + seconds * CLOCK
        self.cut_short = False

    def climb(self, target: Targets) -> Outcome:
        """Other facilities for a few groups at a time, kept where that is no worse, until nobody has a better claim."""
        draw = random.Random(1)  # noqa: S311  # the same steps in every run
        options = [[None, *choices_by_facility(self.market, group)] for group in self.market.groups]
        best = _settled(self.market, target)
        least, until = value(best), time.monotonic() + self.seconds * CLIMB * CLOCK
        takes = SECONDS_PER_STEP + SECONDS_PER_WISH * sum(map(len, self.market.wishes))
        for _ in range(min(int(self.seconds * CLIMB / takes), MOST_STEPS)):
            if least[0] == 0:
                break
            if time.monotonic() > until:
                self._by_the_clock()
                break
            trial = list(target)
            for number in draw.choices(range(len(options)), k=draw.randint(1, 3)):
                trial[number] = draw.choice(options[number])
            found = _settled(self.market, trial)
            if (now := value(found)) <= least:
                target, best, least = trial, found, now
        return best

    def run(
        self, model: Model, hint: Positions | None, share: float = 1.0
    ) -> tuple[cp_model.CpSolverStatus, Outcome | None]:
        """Solve for the objective that ``model`` has now. Gives CP-SAT's status and what was found, None where nothing was.

        ``share`` is the part of the work, and of the time, that is left.
        """
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = work = max(self.work * share, 0.01)
        solver.parameters.max_time_in_seconds = max((self.ends - time.monotonic()) * share, 0.1)
        model.hint(hint)
        status = solver.solve(model.cp)
        used = solver.response_proto.deterministic_time
        self.work -= used
        if status == cp_model.MODEL_INVALID:
            raise AssertionError(model.cp.validate())
        stopped = solver.wall_time >= solver.parameters.max_time_in_seconds or used < 0.9 * work
        if status not in (cp_model.OPTIMAL, cp_model.INFEASIBLE) and stopped:
            self._by_the_clock()
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        return status, Outcome(self.market, model.positions(solver)) if found else None

    def _by_the_clock(self) -> None:
        """Say so, once."""
        if not self.cut_short:
            log.warning("the clock ended the search for siblings before its work was done: another run may differ")
        self.cut_short = True

    def fewest(self, model: Model, best: Outcome, at_least: int) -> tuple[Positions, bool]:
        """The fewest entries, then the smallest sum, starting from an answer that is allowed."""
        model.cp.add(model.entries >= at_least)
        model.cp.minimize(model.entries)
        status, found = self.run(model, best.positions, share=0.6)
        best = min(best, found or best, key=value)
        proved = model.complete and (status == cp_model.OPTIMAL or value(best)[0] <= at_least)
        model.cp.add(model.entries <= value(best)[0])
        model.cp.minimize(model.sum_of_positions)
        status, found = self.run(model, best.positions)
        best = min(best, found or best, key=value)
        agreed = found is not None and value(found) == value(best)
        return best.positions, proved and agreed and status == cp_model.OPTIMAL


def settle(market: Market) -> Targets:
    """A facility for each group that gets there mostly right: one after another is tried among everybody's proposals."""
    choices = [choices_by_facility(market, group) for group in market.groups]
    options = [_dearest_first(found) for found in choices]
    target: Targets = [
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
            break
    return target


def _dearest_first(found: dict[int, list[list[int]]]) -> list[int]:
    """Facilities by what a group's best wishes there are worth to all of it; see ``choices_by_facility``."""
    return sorted(found, key=lambda facility: sum(own[0] for own in found[facility]))


def _settled(market: Market, target: Targets) -> Outcome:
    """What comes of everybody's proposals once groups have given up targets that did not take all of them.

    What they gave up is taken out of ``target`` itself, so that the next steps start from what holds.
    """
    while _give_up(market, outcome := _propose(market, target), target):
        pass
    return outcome


def _propose(market: Market, target: Targets) -> Outcome:
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


def _give_up(market: Market, outcome: Outcome, target: Targets) -> bool:
    """Take the target from groups that did not all get a place there; says whether there were any."""
    given_up = False
    for number, group in enumerate(market.groups):
        if target[number] is not None and outcome.home(group) is None:
            target[number], given_up = None, True
    return given_up
