"""The matching against brute force, against an algorithm of others, and against itself under other names."""

import copy
import itertools
import json
import random
import time
from pathlib import Path

import pytest

from apps.kita.allocation import together
from apps.kita.allocation.constraints import MOST_COMBINATIONS
from apps.kita.allocation.formats import instance_from, instance_sha256
from apps.kita.allocation.invention import invented_instance
from apps.kita.allocation.matching import assign, market_of
from apps.kita.allocation.outcome import Outcome
from apps.kita.allocation.results import result_of
from apps.kita.allocation.verifier import problems_of
from tests.kita.allocation.reference import Rules, small_instance

SECONDS = 20.0
# In the suite and in the soak; half of them with siblings.
INSTANCES, SOAK_INSTANCES = 300, 20_000
# Instances in which somebody blocks whatever is given, and in which a group would fit but for its own members.
TORN = [13, 379, 527, 620, 671, 812, 964, 1048, 1080, 1086, 1123, 1174, 1328, 1507, 1545, 1660, 1769, 1856, 1953, 2024]
TIGHT = [208, 550, 690, 701, 1068, 1230]


def plain(instance):
    """What each child gets where there are no siblings."""
    market = market_of(instance_from(instance))
    return Outcome(market, assign(market.pools, market.keys, market.places)).assignment()


@pytest.fixture(autouse=True)
def _no_clock(request, monkeypatch):
    """Only the work bounds the search, so that a busy machine finds the same; the soak is about time."""
    if not request.config.getoption("--soak"):
        monkeypatch.setattr(together, "CLOCK", 1000.0)


def test_where_the_clock_ends_the_search_that_is_said_and_nothing_claimed(monkeypatch, caplog):
    monkeypatch.setattr(together, "CLOCK", 0.0)
    instance = invented_instance(children=300, facilities=8, wishes=6, siblings=0.6, seed=3)
    result = result_of(instance, 30.0)
    assert problems_of(instance, result) == []
    assert not result["proved"]
    assert len(caplog.records) == 1


@pytest.fixture
def how_many(request):
    return SOAK_INSTANCES if request.config.getoption("--soak") else INSTANCES


@pytest.mark.parametrize("siblings", [True, False])
def test_the_result_is_the_best_of_all_assignments(how_many, siblings):
    for seed in range(how_many):
        instance = small_instance(seed, siblings=siblings, children=6 if seed % 7 == 0 else 5)
        rules, result = Rules(instance), result_of(instance, SECONDS)
        given = result["assignment"]
        assert rules.allowed(given), seed
        assert result["unstable"] == rules.unstable(given), seed
        assert result["reasons"] == rules.reasons(given), seed
        assert result["proved"], seed
        assert rules.value(given) == rules.best(), seed
        for name in given:
            if rules.kept(name):
                assert rules.place(name, given[name]) <= rules.place(name, rules.kept(name)), seed


@pytest.mark.parametrize("seed", TORN + TIGHT)
def test_where_siblings_leave_no_stable_answer_the_fewest_claims_are_left(seed):
    instance = small_instance(seed)
    rules, result = Rules(instance), result_of(instance, 2.0)
    assert bool(result["unstable"]) == (seed in TORN)
    assert result["proved"]
    assert rules.value(result["assignment"]) == rules.best()


@pytest.mark.parametrize("name", ["example", "siblings"])
def test_the_examples_of_the_page_come_out_as_it_says(name):
    folder = Path(__file__).parents[3] / "docs" / "kita"
    instance, result = (json.loads((folder / f"{name}.{what}.json").read_text()) for what in ("instance", "result"))
    assert result_of(instance, SECONDS) == result
    assert problems_of(instance, result) == []
    placed = {child: contract for child, contract in result["assignment"].items() if contract}
    if name == "example":  # worked out by hand there
        assert placed == {"Ada": "Sonne-8", "Cem": "Sonne-6", "Dana": "Mond-8", "Ela": "Mond-8"}
    else:
        assert placed == {"Ada": "Mond-8", "Ben": "Sonne-8", "Cem": "Sonne-6", "Ela": "Mond-8"}


def large_family(size, rule, *, short):
    """Siblings who all wish for the same pools of one Kita, as many as they are, each with one place (one with none)."""
    pools = [{"id": f"P{i}", "facility": "F", "places": 0 if short and not i else 1} for i in range(size)]
    contracts = [{"id": f"C{i}", "pool": f"P{i}", "start": "2027-08", "hours": "8"} for i in range(size)]
    names = [f"k{i}" for i in range(size)]
    children = [
        {"id": name, "wishes": [c["id"] for c in contracts], "points": {}, "tie": [], "holds": None, "pinned": None} for name in names
    ]  # fmt: skip
    return {
        "format": "kita-instance/1", "seed": "s", "pools": pools, "contracts": contracts, "children": children,
        "siblings": [{"children": names, "rule": rule}],
    }  # fmt: skip


@pytest.mark.parametrize("rule", ["if_possible", "only_together"])
@pytest.mark.parametrize("short", [True, False])
def test_a_family_of_ten_is_no_puzzle(rule, short):
    instance = large_family(10, rule, short=short)
    result = result_of(instance, 5.0)
    assert problems_of(instance, result) == []
    placed = sum(contract is not None for contract in result["assignment"].values())
    assert placed == (10 if not short else 9 if rule == "if_possible" else 0)
    assert result["unstable"] == []


@pytest.mark.parametrize(("full", "proved"), [(5, True), (6, False)])
def test_more_combinations_than_are_written_out_lose_no_better_answer_and_nothing_is_claimed(full, proved):
    """Four siblings, each wishes for a place of its own, then ``full`` pools of one Kita that are taken, then its free one."""
    assert (full + 1) ** 4 > MOST_COMBINATIONS or proved
    pools = [{"id": f"G{i}", "facility": f"G{i}", "places": 1} for i in range(4)]
    pools += [{"id": f"F{i}", "facility": "F", "places": 1} for i in range(full)]
    pools += [{"id": "Z", "facility": "F", "places": 4}]
    contracts = [{"id": f"C{p['id']}", "pool": p["id"], "start": "2027-08", "hours": "8"} for p in pools]
    row = {"points": {}, "tie": [], "holds": None, "pinned": None}
    family = [{**row, "id": f"k{i}", "wishes": [f"CG{i}", *(f"CF{n}" for n in range(full)), "CZ"]} for i in range(4)]
    there = [{**row, "id": f"h{i}", "wishes": [], "holds": f"CF{i}"} for i in range(full)]
    instance = {
        "format": "kita-instance/1", "seed": "s", "pools": pools, "contracts": contracts, "children": family + there,
        "siblings": [{"children": [c["id"] for c in family], "rule": "if_possible"}],
    }  # fmt: skip
    result = result_of(instance, 5.0)
    assert {result["assignment"][child["id"]] for child in family} == {"CZ"}
    assert result["unstable"] == []
    assert problems_of(instance, result) == []
    assert result["proved"] == proved


def test_no_stable_assignment_is_better_for_any_child(how_many):
    for seed in range(how_many):
        instance = small_instance(seed, siblings=False, children=6 if seed % 7 == 0 else 5)
        rules, given = Rules(instance), plain(instance)
        for other in rules.assignments():
            if not rules.unstable(other):
                assert all(rules.place(n, given[n]) <= rules.place(n, other[n]) for n in given), (seed, other)


def nobody_gains(instance, seed, kid, lists):
    """Whether a child gets nothing that it likes better by giving one of other lists as its wishes."""
    rules, given, true = Rules(instance), plain(instance), kid["wishes"]
    for said in lists:
        kid["wishes"] = list(said)
        got = plain(instance)[kid["id"]]
        if got in rules.lists[kid["id"]]:
            assert rules.place(kid["id"], got) >= rules.place(kid["id"], given[kid["id"]]), (seed, kid["id"], said)
    kid["wishes"] = true


def orders(of):
    """Every list of up to four of something."""
    return itertools.chain.from_iterable(itertools.permutations(of, length) for length in range(min(4, len(of)) + 1))


def test_no_child_gains_by_saying_something_else(how_many):
    # Priority is by child and pool, so of a pool's contracts none is easier to get: the one liked best is said.
    for seed in range(how_many):
        instance = small_instance(seed, siblings=False)
        rules = Rules(instance)
        for kid in instance["children"]:
            best = {}
            for contract in [*rules.lists[kid["id"]], *rules.pool_of]:
                best.setdefault(rules.pool_of[contract], contract)
            nobody_gains(instance, seed, kid, orders(list(best.values())))


def test_no_child_gains_by_any_list_of_contracts(how_many):
    for seed in range(how_many):
        instance = small_instance(seed, siblings=False)
        kid = instance["children"][seed % len(instance["children"])]
        nobody_gains(instance, seed, kid, orders([contract["id"] for contract in instance["contracts"]]))


def test_more_points_never_hurt_their_owner_and_more_places_nobody(how_many):
    for seed in range(how_many):
        draw = random.Random(seed)
        instance = small_instance(seed, siblings=False)
        rules, given = Rules(instance), plain(instance)
        child = draw.choice(instance["children"])
        facility = draw.choice(instance["pools"])["facility"]
        before = child["points"].get(facility)
        child["points"][facility] = (before or 0) + draw.choice((1, 10, 100))
        after = plain(instance)
        assert rules.place(child["id"], after[child["id"]]) <= rules.place(child["id"], given[child["id"]]), seed
        del child["points"][facility]
        if before is not None:
            child["points"][facility] = before
        draw.choice(instance["pools"])["places"] += 1
        after = plain(instance)
        assert all(rules.place(n, after[n]) <= rules.place(n, given[n]) for n in given), seed


def test_an_algorithm_of_others_agrees():
    from algmatch import HospitalResidentsProblem

    for seed in range(200):
        instance = small_instance(seed, siblings=False, holders=False)
        rules = Rules(instance)
        for kid in instance["children"]:  # it knows one place a pool, not two contracts of one
            seen = set()
            kid["wishes"] = [
                c for c in kid["wishes"]
                if rules.places[rules.pool_of[c]] and not (rules.pool_of[c] in seen or seen.add(rules.pool_of[c]))
            ]  # fmt: skip
        rules = Rules(instance)
        kids = {name: number for number, name in enumerate(rules.lists, 1)}
        pools = {pool: number for number, pool in enumerate(rules.places, 1)}
        wanted = {pool: [n for n, own in rules.lists.items() if pool in map(rules.pool_of.get, own)] for pool in pools}
        problem = HospitalResidentsProblem(
            dictionary={
                "residents": {kids[n]: [pools[rules.pool_of[c]] for c in own] for n, own in rules.lists.items() if own},
                "hospitals": {
                    pools[pool]: {
                        "capacity": rules.places[pool],
                        "preferences": [kids[n] for n in sorted(names, key=lambda n: rules.rank(n, pool))],
                    }
                    for pool, names in wanted.items()
                    if names
                },
            },
            optimised_side="residents",
        )
        found = problem.get_stable_matching()["resident_sided"]
        given = plain(instance)
        ours = {f"r{kids[n]}": f"h{pools[rules.pool_of[c]]}" if c else "" for n, c in given.items() if rules.lists[n]}
        assert found == ours, seed


def renamed(instance, seed):
    """The same instance in another order, its pools, contracts and facilities under other names."""
    draw = random.Random(seed)
    other = copy.deepcopy(instance)
    names = {}
    for key in ("pools", "contracts"):
        new = draw.sample(range(1000), len(other[key]))
        names |= {row["id"]: f"{key}{number}" for row, number in zip(other[key], new, strict=True)}
    houses = sorted({pool["facility"] for pool in other["pools"]})
    names |= dict(zip(houses, (f"h{number}" for number in draw.sample(range(1000), len(houses))), strict=True))
    for pool in other["pools"]:
        pool |= {"id": names[pool["id"]], "facility": names[pool["facility"]]}
    for contract in other["contracts"]:
        contract |= {"id": names[contract["id"]], "pool": names[contract["pool"]]}
    for kid in other["children"]:
        kid["wishes"] = [names[c] for c in kid["wishes"]]
        kid["points"] = {names[f]: value for f, value in kid["points"].items()}
        kid |= {key: kid[key] and names[kid[key]] for key in ("holds", "pinned")}
    for group in other["siblings"]:
        draw.shuffle(group["children"])
    for key in ("pools", "contracts", "children", "siblings"):
        draw.shuffle(other[key])
    return other, names


def in_other_words(result, names):
    """A result with pools, contracts and facilities under other names."""
    other = copy.deepcopy(result)
    other["assignment"] = {child: c and names[c] for child, c in result["assignment"].items()}
    for row in itertools.chain.from_iterable(other["reasons"].values()):
        row["contract"] = names[row["contract"]]
    for entry in other["unstable"]:
        entry |= {key: [names[one] for one in entry[key]] for key in ("contracts", "pools")}
    other["unstable"].sort(key=lambda entry: (entry["children"], entry["contracts"]))
    return other


@pytest.mark.parametrize("seed", [*range(12), *TORN[:3]])
def test_names_and_order_change_nothing(seed):
    instance = (
        small_instance(seed)
        if seed % 2 or seed in TORN
        else invented_instance(children=150, facilities=6, wishes=5, siblings=0.3, seed=seed)
    )
    other, names = renamed(instance, seed)
    result, again = result_of(instance, 4.0), result_of(other, 4.0)
    assert again == {**in_other_words(result, names), "instance_sha256": instance_sha256(other)}
    shuffled = copy.deepcopy(instance)
    for key in ("pools", "contracts", "children", "siblings"):
        random.Random(seed).shuffle(shuffled[key])
    assert result_of(shuffled, 4.0) == result


@pytest.mark.parametrize("seed", range(5))
def test_four_hundred_children_with_siblings(seed):
    instance = invented_instance(children=400, facilities=14, wishes=8, siblings=0.15, seed=seed)
    result = result_of(instance, SECONDS)
    assert result["proved"]
    assert problems_of(instance, result) == []
    together = sum(
        len(
            {
                result["assignment"][name] is not None and house(instance, result["assignment"][name])
                for name in group["children"]
            }
        )
        == 1
        for group in instance["siblings"]
    )
    assert together > len(instance["siblings"]) / 3


def house(instance, contract):
    pool = next(row["pool"] for row in instance["contracts"] if row["id"] == contract)
    return next(row["facility"] for row in instance["pools"] if row["id"] == pool)


def test_a_city_with_siblings_is_matched_in_time(request):
    if not request.config.getoption("--soak"):
        pytest.skip("a hundred cities of 2,300 children: make soak")
    slowest, proved, left = 0.0, 0, 0
    for seed in range(100):
        instance = invented_instance(children=2300, facilities=60, wishes=8, siblings=0.15, seed=seed)
        began = time.monotonic()
        result = result_of(instance, 35.0)
        slowest = max(slowest, time.monotonic() - began)
        proved += result["proved"]
        left += len(result["unstable"])
        assert problems_of(instance, result) == [], seed
    print(f"100 cities: slowest {slowest:.1f} s, {proved} proved, {left} entries left")
    assert slowest < 60
    # What was measured stands in docs/kita.md: half as many proved, or a few entries, are a search that has become worse.
    assert proved >= 15
    assert left <= 5
