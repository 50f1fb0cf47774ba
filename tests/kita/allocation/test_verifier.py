"""The verifier passes what is right and finds what is not."""

import copy
import json

import pytest

from apps.kita.allocation.invention import invented_instance
from apps.kita.allocation.results import result_of
from apps.kita.allocation.verifier import problems_of
from tests.kita.allocation.reference import small_instance

SECONDS = 20.0


def test_right_results_pass():
    for seed in range(1000):
        instance = small_instance(seed, siblings=seed % 4 == 0)
        assert problems_of(instance, result_of(instance, SECONDS)) == [], seed


@pytest.fixture(scope="module")
def town():
    """Without siblings; k1 has more points than k2, k3 holds a place, nobody wants F3's, F4 has none."""
    instance = {
        "format": "kita-instance/1",
        "seed": "town",
        "pools": [
            {"id": "P1", "facility": "F1", "places": 1},
            {"id": "P2", "facility": "F2", "places": 1},
            {"id": "P3", "facility": "F3", "places": 2},
            {"id": "P4", "facility": "F4", "places": 0},
            {"id": "P5", "facility": "F5", "places": 1},
            {"id": "P6", "facility": "F6", "places": 1},
        ],
        "contracts": [{"id": f"C{n}", "pool": f"P{n}", "start": "2027-08", "hours": "8"} for n in range(1, 7)],
        "children": [
            child("k1", ["C4", "C1", "C2"], F1=20),
            child("k2", ["C1", "C2"], F1=10),
            child("k3", ["C1", "C3"], holds="C3"),
            # Each likes the place that the other has better, and each Kita likes the one who is there.
            child("k4", ["C5", "C6"], F5=1, F6=9),
            child("k5", ["C6", "C5"], F5=9, F6=1),
            child("k6", ["C2"], F2=5),
        ],
        "siblings": [],
    }
    return instance, result_of(instance, SECONDS)


@pytest.fixture(scope="module")
def torn():
    """With siblings who are apart, of whom one has the better claim to a place."""
    for seed in range(10_000):
        instance = small_instance(seed)
        result = result_of(instance, SECONDS)
        if result["unstable"]:
            return instance, result
    raise AssertionError("all are settled")


def child(name, wishes, holds=None, **points):
    return {"id": name, "wishes": wishes, "points": points, "tie": [], "holds": holds, "pinned": None}


def reason(result, name, contract):
    return next(row for row in result["reasons"][name] if row["contract"] == contract)


def swap(result, one, other):
    given = result["assignment"]
    given[one], given[other] = given[other], given[one]


# What is done to a right result of the town, by the name of the deed.
CORRUPTIONS = {
    "a place too many": lambda r: r["assignment"].update(k2="C1"),
    "a swapped pair": lambda r: swap(r, "k1", "k2"),
    "two children swapped in one another's Kitas": lambda r: swap(r, "k4", "k5"),
    "nothing for a child that has a claim": lambda r: r["assignment"].update(k1=None),
    "what a child holds taken away": lambda r: r["assignment"].update(k3=None),
    "a contract that was not wished for": lambda r: r["assignment"].update(k6="C3"),
    "a contract that there is not": lambda r: r["assignment"].update(k6="C99"),
    "a contract that is a number": lambda r: r["assignment"].update(k6=7),
    "a foreign child": lambda r: r["assignment"].update(k99="C3"),
    "a missing child": lambda r: r["assignment"].pop("k2"),
    "an assignment that is a list": lambda r: r.update(assignment=[]),
    "a wrong hash": lambda r: r.update(instance_sha256="0" * 64),
    "another format": lambda r: r.update(format="kita-result/2"),
    "not proved": lambda r: r.update(proved=False),
    "proved by a number": lambda r: r.update(proved=1),
    "a key too many": lambda r: r.update(comment="trust me"),
    "a missing key": lambda r: r.pop("reasons"),
    "an entry that is not so": lambda r: r["unstable"].append(
        {"children": ["k2"], "contracts": ["C1"], "pools": ["P1"], "reason": "points"}
    ),
    "a wrong criterion": lambda r: reason(r, "k2", "C1").update(criterion="lottery"),
    "no criterion": lambda r: reason(r, "k2", "C1").update(criterion=None),
    "another reason for no places": lambda r: reason(r, "k1", "C4").update(criterion="points"),
    "a wrong outcome": lambda r: reason(r, "k1", "C2").update(outcome="refused"),
    "a wish without a reason": lambda r: r["reasons"]["k1"].pop(),
    "reasons in another order": lambda r: r["reasons"]["k1"].reverse(),
    "reasons of a foreign child": lambda r: r["reasons"].update(k99=[]),
    "a child without reasons": lambda r: r["reasons"].pop("k5"),
    "reasons that are none": lambda r: r.update(reasons=None),
}


@pytest.mark.parametrize("deed", CORRUPTIONS)
def test_a_corrupted_result_is_refused(town, deed):
    instance, result = town
    assert problems_of(instance, result) == []
    wrong = copy.deepcopy(result)
    CORRUPTIONS[deed](wrong)
    assert json.dumps(wrong) != json.dumps(result)
    assert problems_of(instance, wrong)[0].startswith(SAID[deed])


# What is done to a right result in which somebody has the better claim.
TORN = {
    "a missing entry": lambda r: r["unstable"].pop(),
    "a wrong reason": lambda r: r["unstable"][0].update(
        reason="tie" if r["unstable"][0]["reason"] != "tie" else "points"
    ),
    "a wrong pool": lambda r: r["unstable"][0].update(pools=["P99"]),
    "the same entry twice": lambda r: r["unstable"].append(copy.deepcopy(r["unstable"][0])),
    "unstable that is none": lambda r: r.update(unstable=None),
}


# What is said of each, first of all.
SAID = {
    "a place too many": 'Pool "P1" has 1 places and 2 children',
    "a swapped pair": 'Child "k1" has the better claim to "C1"',
    "two children swapped in one another's Kitas": "Another stable assignment is better",
    "nothing for a child that has a claim": 'Child "k1" has the better claim to "C1"',
    "what a child holds taken away": 'Child "k3" loses what it holds',
    "a contract that was not wished for": 'Child "k6" cannot be given "C3"',
    "a contract that there is not": 'Child "k6" cannot be given "C99"',
    "a contract that is a number": 'Child "k6" cannot be given 7',
    "a foreign child": 'assignment names "k99"',
    "a missing child": 'assignment leaves out child "k2"',
    "an assignment that is a list": "assignment is no object",
    "a wrong hash": "instance_sha256 is not the hash of this instance",
    "another format": 'The format is "kita-result/2"',
    "not proved": "proved is false; without siblings it is true",
    "proved by a number": "proved is 1, neither true nor false",
    "a key too many": 'The result has a key "comment"',
    "a missing key": 'The result has no key "reasons"',
    "an entry that is not so": 'unstable has {"children": ["k2"]',
    "a wrong criterion": 'The reason of child "k2" for wish 1',
    "no criterion": 'The reason of child "k2" for wish 1',
    "another reason for no places": 'The reason of child "k1" for wish 1',
    "a wrong outcome": 'The reason of child "k1" for wish 3',
    "a wish without a reason": 'Child "k1" has 2 reasons',
    "reasons in another order": 'The reason of child "k1" for wish 1',
    "reasons of a foreign child": 'reasons names "k99"',
    "a child without reasons": 'Child "k5" has no reasons',
    "reasons that are none": "reasons is no object",
    "a missing entry": "unstable leaves out {",
    "a wrong reason": "unstable leaves out {",
    "a wrong pool": "unstable leaves out {",
    "the same entry twice": "unstable is not the sorted list",
    "unstable that is none": "unstable leaves out {",
}


@pytest.mark.parametrize("deed", TORN)
def test_a_corrupted_list_of_claims_is_refused(torn, deed):
    instance, result = torn
    assert problems_of(instance, result) == []
    wrong = copy.deepcopy(result)
    TORN[deed](wrong)
    assert problems_of(instance, wrong)[0].startswith(SAID[deed])


def test_a_stable_result_that_is_not_the_best_is_refused(town):
    instance, result = town
    wrong = copy.deepcopy(result)
    assert (wrong["assignment"]["k4"], wrong["assignment"]["k5"]) == ("C5", "C6")
    swap(wrong, "k4", "k5")
    wrong["reasons"]["k4"] = [
        {"contract": "C5", "outcome": "refused", "criterion": "points"},
        {"contract": "C6", "outcome": "assigned", "criterion": None},
    ]
    wrong["reasons"]["k5"] = [
        {"contract": "C6", "outcome": "refused", "criterion": "points"},
        {"contract": "C5", "outcome": "assigned", "criterion": None},
    ]
    assert problems_of(instance, wrong) == ["Another stable assignment is better for some children and worse for none."]


def test_a_pool_that_is_too_full_is_refused_whatever_else_fits():
    pools = [{"id": "P1", "facility": "F1", "places": 1}]
    contracts = [{"id": "C1", "pool": "P1", "start": "2027-08", "hours": "8"}]
    children = [child("k1", ["C1"]), child("k2", ["C1"])]
    instance = {
        "format": "kita-instance/1", "seed": "", "pools": pools, "contracts": contracts, "children": children, "siblings": []
    }  # fmt: skip
    result = result_of(instance, SECONDS)
    result["assignment"] = {"k1": "C1", "k2": "C1"}
    result["reasons"] = {name: [{"contract": "C1", "outcome": "assigned", "criterion": None}] for name in ("k1", "k2")}
    assert problems_of(instance, result) == ['Pool "P1" has 1 places and 2 children.']


def test_an_id_may_be_an_empty_text():
    instance = {
        "format": "kita-instance/1", "seed": "", "siblings": [],
        "pools": [{"id": "P", "facility": "F", "places": 1}, {"id": "Q", "facility": "G", "places": 1}],
        "contracts": [
            {"id": "", "pool": "P", "start": "2027-08", "hours": "8"}, {"id": "C2", "pool": "Q", "start": "2027-08", "hours": "8"}
        ],
        "children": [child("a", [""], holds="C2", F=5), child("b", [""], F=1)],
    }  # fmt: skip
    result = result_of(instance, SECONDS)
    assert result["assignment"] == {"a": "", "b": None}
    assert problems_of(instance, result) == []


def test_siblings_who_wanted_all_or_nothing_are_not_torn():
    instance = invented_instance(children=200, facilities=8, wishes=6, siblings=0.4, seed=2)
    result = result_of(instance, SECONDS)
    kids = {row["id"]: row for row in instance["children"]}
    group = next(
        g for g in instance["siblings"]
        if g["rule"] == "only_together" and all(result["assignment"][n] and not kids[n]["pinned"] and not kids[n]["holds"] for n in g["children"])
    )  # fmt: skip
    wrong = copy.deepcopy(result)
    wrong["assignment"][group["children"][0]] = None
    assert any("without its siblings" in problem for problem in problems_of(instance, wrong))


@pytest.mark.parametrize("result", [None, [], "x", 3, {}, {"format": {}}, True])
def test_what_is_no_result_at_all_is_said(town, result):
    assert problems_of(town[0], result)


def test_every_single_change_is_noticed(town):
    """Whatever one value of a result becomes, the verifier says so."""
    instance, result = town
    for path, value in places_of(result):
        for other in (None, 0, "", [], {}, "C1", "k1", True):
            wrong = copy.deepcopy(result)
            put(wrong, path, other)
            if wrong != result or json.dumps(wrong) != json.dumps(result):
                assert problems_of(instance, wrong), (path, value, other)


def places_of(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from places_of(item, (*path, key))


def put(value, path, new):
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new
