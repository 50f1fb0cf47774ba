"""The files of the matching (docs/kita.md): what is read is checked, and everybody computes the same hash of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

INSTANCE_FORMAT = "kita-instance/1"
RESULT_FORMAT = "kita-result/1"
RULES = ("if_possible", "only_together")

type Document = dict[str, Any]


class NotJson(ValueError):
    """What was read is no JSON; the message says why."""


class BadInstance(ValueError):
    """The instance breaks its format; the message is a sentence that names the place."""


class Unwieldy(BadInstance):
    """It is JSON, but none that can be worked with: a key twice in one object, thousands of digits or of levels."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Places of a facility that several contracts share."""

    id: str
    facility: str
    places: int


@dataclass(frozen=True, slots=True)
class Contract:
    """What a child can be given: a start (``YYYY-MM``) and hours a day, out of one pool's places."""

    id: str
    pool: str
    start: str
    hours: str


@dataclass(frozen=True, slots=True)
class Child:
    """A child: contracts wished for, best first; points by facility; what it has (``holds``) or must get (``pinned``)."""

    id: str
    wishes: tuple[str, ...]
    points: Mapping[str, int]
    tie: tuple[int, ...]
    holds: str | None
    pinned: str | None


@dataclass(frozen=True, slots=True)
class Siblings:
    """Children who want one facility: if possible, or else no new place at all."""

    children: tuple[str, ...]
    only_together: bool


@dataclass(frozen=True, slots=True)
class Instance:
    """All that a matching depends on, in the order in which it was read."""

    seed: str
    pools: tuple[Pool, ...]
    contracts: tuple[Contract, ...]
    children: tuple[Child, ...]
    siblings: tuple[Siblings, ...]


def read_json(data: bytes) -> object:
    """What ``data`` (UTF-8) says. Raises NotJson, or Unwieldy for JSON that nothing can be done with."""
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_object_of, parse_constant=_no_constant, parse_int=_number)
    except Unwieldy:
        raise
    except RecursionError as error:
        raise Unwieldy("It is nested too deeply.") from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise NotJson(str(error)) from error


def canonical(value: object) -> bytes:
    """The one way to write ``value`` as JSON: UTF-8 unescaped, keys sorted, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def instance_sha256(document: Document) -> str:
    """The hash (hexadecimal) of an instance that was read, whatever the order of its arrays."""
    ordered = {key: sorted(document[key], key=lambda row: row["id"]) for key in ("pools", "contracts", "children")}
    groups = [{**group, "children": sorted(group["children"])} for group in document["siblings"]]
    groups.sort(key=lambda group: group["children"])
    return hashlib.sha256(canonical({**document, **ordered, "siblings": groups})).hexdigest()


def instance_from(document: object) -> Instance:
    """The instance that ``document`` (parsed JSON) describes. Raises BadInstance."""
    whole = _object(document, "The instance", ("format", "seed", "pools", "contracts", "children", "siblings"))
    if whole["format"] != INSTANCE_FORMAT:
        _bad("format", f"this must be {_shown(INSTANCE_FORMAT)}, not {_shown(whole['format'])}")
    seed = _text(whole["seed"], "seed")
    pools = tuple(_pool(row, at) for at, row in _rows(whole, "pools"))
    _once((pool.id for pool in pools), "pools")
    contracts = tuple(_contract(row, at) for at, row in _rows(whole, "contracts"))
    _once((contract.id for contract in contracts), "contracts")
    children = tuple(_child(row, at) for at, row in _rows(whole, "children"))
    _once((child.id for child in children), "children")
    siblings = tuple(_siblings(row, at) for at, row in _rows(whole, "siblings"))
    instance = Instance(seed, pools, contracts, children, siblings)
    _check_references(instance)
    _check_places(instance)
    _check_groups(instance)
    return instance


def _pool(row: object, at: str) -> Pool:
    found = _object(row, at, ("id", "facility", "places"))
    places = _whole(found["places"], f"{at}.places")
    if places < 0:
        _bad(f"{at}.places", f"there cannot be {_shown(places)} places")
    return Pool(_text(found["id"], f"{at}.id"), _text(found["facility"], f"{at}.facility"), places)


def _contract(row: object, at: str) -> Contract:
    found = _object(row, at, ("id", "pool", "start", "hours"))
    return Contract(*(_text(found[key], f"{at}.{key}") for key in ("id", "pool", "start", "hours")))


def _child(row: object, at: str) -> Child:
    found = _object(row, at, ("id", "wishes", "points", "tie", "holds", "pinned"))
    wishes = tuple(_text(wish, f"{at}.wishes[{i}]") for i, wish in enumerate(_list(found["wishes"], f"{at}.wishes")))
    _once(wishes, f"{at}.wishes", key="")
    points = {
        facility: _whole(value, f"{at}.points[{_shown(facility)}]")
        for facility, value in _object(found["points"], f"{at}.points").items()
    }
    tie = tuple(_whole(value, f"{at}.tie[{i}]") for i, value in enumerate(_list(found["tie"], f"{at}.tie")))
    holds, pinned = (
        None if found[key] is None else _text(found[key], f"{at}.{key}") for key in ("holds", "pinned")
    )  # fmt: skip
    return Child(_text(found["id"], f"{at}.id"), wishes, points, tie, holds, pinned)


def _siblings(row: object, at: str) -> Siblings:
    found = _object(row, at, ("children", "rule"))
    members = tuple(
        _text(child, f"{at}.children[{i}]") for i, child in enumerate(_list(found["children"], f"{at}.children"))
    )
    if found["rule"] not in RULES:
        _bad(f"{at}.rule", f"this must be {' or '.join(map(_shown, RULES))}, not {_shown(found['rule'])}")
    if len(members) < 2:
        _bad(f"{at}.children", "a group has two children or more")
    return Siblings(members, found["rule"] == "only_together")


def _check_references(instance: Instance) -> None:
    pools = {pool.id for pool in instance.pools}
    facilities = {pool.facility for pool in instance.pools}
    contracts = {contract.id for contract in instance.contracts}
    for i, contract in enumerate(instance.contracts):
        if contract.pool not in pools:
            _bad(f"contracts[{i}].pool", f"there is no pool {_shown(contract.pool)}")
    length = len(instance.children[0].tie) if instance.children else 0
    for i, child in enumerate(instance.children):
        at = f"children[{i}]"
        for j, wish in enumerate(child.wishes):
            if wish not in contracts:
                _bad(f"{at}.wishes[{j}]", f"there is no contract {_shown(wish)}")
        for facility in child.points:
            if facility not in facilities:
                _bad(f"{at}.points", f"there is no facility {_shown(facility)}")
        for key, value in (("holds", child.holds), ("pinned", child.pinned)):
            if value is not None and value not in contracts:
                _bad(f"{at}.{key}", f"there is no contract {_shown(value)}")
        if len(child.tie) != length:
            _bad(f"{at}.tie", f"the list has {len(child.tie)} numbers, that of the first child {length}")


def _check_places(instance: Instance) -> None:
    places = {pool.id: pool.places for pool in instance.pools}
    pool_of = {contract.id: contract.pool for contract in instance.contracts}
    for i, child in enumerate(instance.children):
        kept = child.holds if child.pinned is None else child.pinned
        if kept is not None:
            pool = pool_of[kept]
            places[pool] -= 1
            if places[pool] < 0:
                _bad(f"children[{i}]", f"pool {_shown(pool)} has fewer places than children who hold one or are pinned")


def _check_groups(instance: Instance) -> None:
    children = {child.id for child in instance.children}
    seen: set[str] = set()
    for i, group in enumerate(instance.siblings):
        for j, child in enumerate(group.children):
            if child not in children:
                _bad(f"siblings[{i}].children[{j}]", f"there is no child {_shown(child)}")
            if child in seen:
                _bad(f"siblings[{i}].children[{j}]", f"child {_shown(child)} is in a group already")
            seen.add(child)


def _object(value: object, at: str, keys: tuple[str, ...] | None = None) -> Document:
    """``value`` if it is an object with exactly these keys (with any where None)."""
    if not isinstance(value, dict):
        _bad(at, f"this must be an object, not {_shown(value)}")
    if keys is not None:
        for key in value:
            if key not in keys:
                _bad(at, f"there is no key {_shown(key)}")
        for key in keys:
            if key not in value:
                _bad(at, f"the key {_shown(key)} is missing")
    return cast(Document, value)


def _list(value: object, at: str) -> list[object]:
    if not isinstance(value, list):
        _bad(at, f"this must be a list, not {_shown(value)}")
    return cast(list[object], value)


def _rows(whole: Document, key: str) -> Iterable[tuple[str, object]]:
    return ((f"{key}[{i}]", row) for i, row in enumerate(_list(whole[key], key)))


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        _bad(at, f"this must be a text, not {_shown(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            _bad(at, f"{_shown(value)} holds half a character")
    return value


def _whole(value: object, at: str) -> int:
    if type(value) is not int:  # true is an int to Python and 1.0 equals one; neither is a whole number here
        _bad(at, f"this must be a whole number, not {_shown(value)}")
    return value


def _once(values: Iterable[str], at: str, key: str = ".id") -> None:
    seen: set[str] = set()
    for i, value in enumerate(values):
        if value in seen:
            _bad(f"{at}[{i}]{key}", f"{_shown(value)} stands there twice")
        seen.add(value)


def _bad(at: str, why: str) -> NoReturn:
    raise BadInstance(f"{at}: {why}.")


def _shown(value: object) -> str:
    """A value as one reads it in a sentence: JSON, and not at any length."""
    try:
        text = json.dumps(value)
    except RecursionError:
        return "something nested too deeply"
    return text if len(text) <= 60 else f"{text[:60]} …"


def _object_of(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) < len(pairs):
        _once_key(pairs)
    return found


def _once_key(pairs: list[tuple[str, Any]]) -> NoReturn:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Unwieldy(f"The key {_shown(key)} stands twice in one object.")
        seen.add(key)
    raise AssertionError


def _number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise Unwieldy(f"A number has {len(digits)} digits.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
