"""What any assignment means, not only the best: who has the better claim, and why a wish was not met."""

import itertools
import random

import pytest

from apps.kita.allocation.formats import instance_from, instance_sha256
from apps.kita.allocation.matching import market_of
from apps.kita.allocation.outcome import Outcome
from apps.kita.allocation.verifier import problems_of
from tests.kita.allocation.reference import Rules, small_instance

# Of each instance so many of the assignments that may be given.
ASSIGNMENTS = 25


def outcomes(seed):
    """Assignments of an instance as the portal and as the rules see them."""
    instance = small_instance(seed, children=5)
    rules, market = Rules(instance), market_of(instance_from(instance))
    given = list(itertools.islice(rules.assignments(), 2000))
    for one in random.Random(seed).sample(given, min(len(given), ASSIGNMENTS)):
        yield instance, rules, one, Outcome(market, [rules.place(name, one[name]) for name in market.ids])


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_who_has_the_better_claim_is_found_whatever_was_given(start):
    for seed in range(start, start + 100):
        for _, rules, given, outcome in outcomes(seed):
            assert outcome.assignment() == given, (seed, given)
            assert outcome.unstable() == rules.unstable(given), (seed, given)
            assert outcome.reasons() == rules.reasons(given), (seed, given)


def test_the_verifier_finds_the_same():
    for seed in range(150):
        for instance, rules, given, outcome in outcomes(seed):
            entries = outcome.unstable()
            result = {
                "format": "kita-result/1", "instance_sha256": instance_sha256(instance), "assignment": given,
                "unstable": entries, "reasons": outcome.reasons(), "proved": True,
            }  # fmt: skip
            problems = problems_of(instance, result)
            if instance["siblings"]:
                assert problems == [], (seed, given)
                for left_out in range(len(entries)):
                    assert problems_of(instance, {**result, "unstable": entries[:left_out] + entries[left_out + 1 :]})
            else:
                assert (problems == []) == (rules.value(given) == rules.best()), (seed, given)
