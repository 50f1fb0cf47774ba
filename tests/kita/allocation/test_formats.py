"""What is a bad instance, and what is said of it."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from apps.kita.allocation.formats import (
    BadInstance,
    NotJson,
    Unwieldy,
    canonical,
    instance_from,
    instance_sha256,
    read_json,
)
from apps.kita.allocation.invention import invented_instance
from apps.kita.allocation.results import result_of
from tests.kita.allocation.reference import small_instance

DOCS = Path(__file__).parents[3] / "docs" / "kita"
INSTANCE_SCHEMA, RESULT_SCHEMA = (
    Draft202012Validator(json.loads((DOCS / f"{name}.schema.json").read_text())) for name in ("instance", "result")
)


def good():
    return {
        "format": "kita-instance/1",
        "seed": "s",
        "pools": [{"id": "P1", "facility": "F1", "places": 1}, {"id": "P2", "facility": "F2", "places": 0}],
        "contracts": [
            {"id": "C1", "pool": "P1", "start": "2027-08", "hours": "7.5"},
            {"id": "C2", "pool": "P2", "start": "2027-08", "hours": "6"},
        ],
        "children": [
            {"id": "k1", "wishes": ["C1", "C2"], "points": {"F1": 30}, "tie": [2, 0], "holds": None, "pinned": None},
            {"id": "k2", "wishes": [], "points": {}, "tie": [0, 0], "holds": "C1", "pinned": None},
            {"id": "k3", "wishes": ["C2"], "points": {}, "tie": [0, 0], "holds": None, "pinned": None},
        ],
        "siblings": [{"children": ["k1", "k2"], "rule": "if_possible"}],
    }


def deed(path, value):
    def change(instance):
        *way, last = path
        where = instance
        for key in way:
            where = where[key]
        if value is GONE:
            del where[last]
        elif value is AGAIN:
            where.append(copy.deepcopy(where[last]))
        else:
            where[last] = value

    return change


GONE, AGAIN = object(), object()
# What is wrong, and what the sentence names; the last says whether the schema alone can see it.
BAD = [
    (("pools", 0, "places"), 2.0, "pools[0].places", False),
    (("format",), "kita-instance/2", "format", True),
    (("format",), GONE, '"format"', True),
    (("siblings",), GONE, '"siblings"', True),
    (("comment",), "x", '"comment"', True),
    (("seed",), 5, "seed", True),
    (("pools",), {}, "pools", True),
    (("pools", 0), "P1", "pools[0]", True),
    (("pools", 0, "colour"), "red", '"colour"', True),
    (("pools", 0, "places"), -1, "pools[0].places", True),
    (("pools", 0, "places"), "12", "pools[0].places", True),
    (("pools", 0, "places"), 1.5, "pools[0].places", True),
    (("pools", 0, "places"), True, "pools[0].places", True),
    (("pools", 0, "places"), GONE, '"places"', True),
    (("pools", 0), AGAIN, "pools[2].id", False),
    (("contracts", 0, "pool"), "P9", '"P9"', False),
    (("contracts", 1, "id"), "C1", "contracts[1].id", False),
    (("contracts", 0, "start"), None, "contracts[0].start", True),
    (("children", 0, "id"), None, "children[0].id", True),
    (("children", 0, "wishes"), "C1", "children[0].wishes", True),
    (("children", 0, "wishes", 1), "C1", "children[0].wishes[1]", True),
    (("children", 0, "wishes", 1), "C9", '"C9"', False),
    (("children", 0, "points", "F1"), 1.5, "children[0].points", True),
    (("children", 0, "points", "F9"), 1, '"F9"', False),
    (("children", 0, "tie", 0), "2", "children[0].tie[0]", True),
    (("children", 1, "tie"), [0], "children[1].tie", False),
    (("children", 0, "holds"), "C9", '"C9"', False),
    (("children", 0, "holds"), 1, "children[0].holds", True),
    (("children", 0, "pinned"), "C9", '"C9"', False),
    (("children", 0, "pinned"), "C1", '"P1"', False),
    (("children", 2, "holds"), "C2", '"P2"', False),
    (("children", 2), AGAIN, "children[3].id", False),
    (("siblings", 0, "rule"), "always", "siblings[0].rule", True),
    (("siblings", 0, "children"), ["k1"], "siblings[0].children", True),
    (("siblings", 0, "children"), [], "siblings[0].children", True),
    (("siblings", 0, "children"), ["k1", "k1"], "siblings[0].children[1]", True),
    (("siblings", 0, "children"), ["k1", "k9"], '"k9"', False),
    (("siblings", 0), AGAIN, "siblings[1].children[0]", False),
    (("seed",), "\ud800", "seed", False),
    (("children", 0, "id"), "\udfff", "children[0].id", False),
]


@pytest.mark.parametrize(("path", "value", "named", "by_schema"), BAD)
def test_a_bad_instance_is_refused_with_its_place(path, value, named, by_schema):
    instance = good()
    deed(path, value)(instance)
    with pytest.raises(BadInstance) as caught:
        instance_from(instance)
    said = str(caught.value)
    assert named in said
    assert said.endswith(".")
    assert INSTANCE_SCHEMA.is_valid(instance) is not by_schema


@pytest.mark.parametrize("document", [None, [], 3, "x", {}])
def test_what_is_no_instance_at_all_is_refused(document):
    with pytest.raises(BadInstance):
        instance_from(document)


def test_the_schemas_describe_what_is_read_and_written():
    for instance in (
        good(),
        small_instance(3),
        invented_instance(children=60, facilities=3, wishes=4, siblings=0.4, seed=1),
    ):
        INSTANCE_SCHEMA.validate(instance)
        instance_from(instance)
        RESULT_SCHEMA.validate(result_of(instance, 10.0))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[1,]", b'{"a": NaN}', b'{"a": Infinity}', b"{}{}", b"'a'"],
)
def test_what_is_no_json_is_said(data):
    with pytest.raises(NotJson):
        read_json(data)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"1" * 10_000])
def test_what_nothing_can_be_done_with_is_said(data):
    with pytest.raises(Unwieldy):
        read_json(data)


@pytest.mark.parametrize("depth", range(100, 10_000, 300))
def test_however_deep_something_is_nested_it_is_a_sentence(depth):
    nested = read_json(b"[" * depth + b"]" * depth) if depth < 5000 else None
    for _ in range(0 if nested else depth):
        nested = [nested]
    instance = good()
    instance["contracts"][0]["start"] = nested
    with pytest.raises(BadInstance, match="contracts"):
        instance_from(instance)


def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(Unwieldy, match='"a"'):
        read_json(b'{"b": {"a": 1, "a": 2}}')


def test_the_hash_is_that_of_canonical_json():
    instance = good()
    expected = (
        '{"children":[{"holds":null,"id":"k1","pinned":null,"points":{"F1":30},"tie":[2,0],"wishes":["C1","C2"]},'
        '{"holds":"C1","id":"k2","pinned":null,"points":{},"tie":[0,0],"wishes":[]},'
        '{"holds":null,"id":"kä","pinned":null,"points":{},"tie":[0,0],"wishes":["C2"]}],'
        '"contracts":[{"hours":"7.5","id":"C1","pool":"P1","start":"2027-08"},'
        '{"hours":"6","id":"C2","pool":"P2","start":"2027-08"}],"format":"kita-instance/1",'
        '"pools":[{"facility":"F1","id":"P1","places":1},{"facility":"F2","id":"P2","places":0}],"seed":"s",'
        '"siblings":[{"children":["k1","k2"],"rule":"if_possible"}]}'
    )
    instance["children"][2]["id"] = "kä"
    assert canonical(instance).decode() == expected
    import hashlib

    for key in ("pools", "contracts", "children"):
        instance[key].reverse()
    instance["siblings"][0]["children"].reverse()
    assert instance_sha256(instance) == hashlib.sha256(expected.encode()).hexdigest()
    instance["children"][-1]["wishes"].reverse()
    assert instance_sha256(instance) != hashlib.sha256(expected.encode()).hexdigest()
