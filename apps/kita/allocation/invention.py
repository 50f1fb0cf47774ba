"""Invented instances of a believable kind, to try the matching on: nobody in them exists."""

import random
from collections import Counter
from dataclasses import dataclass, field
from math import hypot

from apps.kita.allocation.formats import INSTANCE_FORMAT, Document

START = "2027-08"
LATER_STARTS = ("2027-09", "2027-10")
HOURS = ("6", "7.5", "9")
# Of a hundred children, how many have a place already and wish for another, and how many must get a certain one.
HOLDERS, PINNED = 4, 1
# Of ten groups of siblings, how many take no new place unless they get it together, and how many are three.
ONLY_TOGETHER, TRIPLES = 2, 1
# Places for every ten children who register: not all of them are where they are wanted, so some are left without.
PLACES_FOR_TEN = 13


@dataclass(slots=True)
class _House:
    """A Kita on a map of ten by ten kilometres, with the contracts of its two age groups."""

    id: str
    place: tuple[float, float]
    liked: float
    contracts: dict[str, list[str]] = field(default_factory=lambda: {"U": [], "K": []})


def invented_instance(*, children: int, facilities: int, wishes: int, siblings: float, seed: int) -> Document:
    """An instance (docs/kita.md) with so many children and Kitas.

    ``wishes`` is the most that a child has; ``siblings`` the share (0 to 1) of children who have a brother or sister
    in it. The same arguments give the same instance.
    """
    draw = random.Random(f"{seed}")  # noqa: S311  # nothing is to be kept from anybody here
    houses = [
        _House(f"F{number + 1}", (draw.uniform(0, 10), draw.uniform(0, 10)), draw.gauss(0, 1))
        for number in range(facilities)
    ]
    pools, contracts = _places(draw, houses, children)
    groups = _groups(draw, children, siblings)
    rows: list[Document] = []
    of_family: dict[int, tuple[tuple[float, float], list[_House], int]] = {}
    for number in range(children):
        family = groups.get(number, number + children)
        if family not in of_family:
            home = draw.uniform(0, 10), draw.uniform(0, 10)
            # What is near and well spoken of comes first, seen by each family in its own way.
            seen = {
                house.id: hypot(home[0] - house.place[0], home[1] - house.place[1]) - house.liked + draw.gauss(0, 1)
                for house in houses
            }
            of_family[family] = home, sorted(houses, key=lambda house: seen[house.id]), draw.choice((0, 20, 20, 35, 40))
        rows.append(_child(draw, number, of_family[family], wishes))
    _keep(draw, rows, pools, contracts, houses)
    members: dict[int, list[str]] = {}
    for number, family in groups.items():
        members.setdefault(family, []).append(f"k{number + 1}")
    return {
        "format": INSTANCE_FORMAT,
        "seed": f"invented-{seed}",
        "pools": pools,
        "contracts": contracts,
        "children": rows,
        "siblings": [
            {"children": own, "rule": "only_together" if draw.randrange(10) < ONLY_TOGETHER else "if_possible"}
            for own in members.values()
        ],
    }


def _places(draw: random.Random, houses: list[_House], children: int) -> tuple[list[Document], list[Document]]:
    """The pools and contracts of all houses: a group for those under three, one for the older."""
    weights = [draw.uniform(0.5, 1.5) for _ in range(2 * len(houses))]
    scale = children * PLACES_FOR_TEN / 10 / sum(weights)
    pools: list[Document] = []
    contracts: list[Document] = []
    for house in houses:
        for age in ("U", "K"):
            pool = f"P{len(pools) + 1}"
            pools.append({"id": pool, "facility": house.id, "places": max(1, round(scale * weights[len(pools)]))})
            for hours in draw.sample(HOURS, draw.choice((1, 2, 2))):
                start = START if draw.random() < 0.8 else draw.choice(LATER_STARTS)
                contracts.append({"id": f"C{len(contracts) + 1}", "pool": pool, "start": start, "hours": hours})
                house.contracts[age].append(contracts[-1]["id"])
    return pools, contracts


def _groups(draw: random.Random, children: int, share: float) -> dict[int, int]:
    """The family of each child who has siblings, numbered."""
    left = draw.sample(range(children), children)
    found: dict[int, int] = {}
    family = 0
    while len(left) >= 2 and len(found) + 2 <= round(share * children):
        size = 3 if draw.randrange(10) < TRIPLES and len(left) >= 3 and len(found) + 3 <= round(share * children) else 2
        for _ in range(size):
            found[left.pop()] = family
        family += 1
    return dict(sorted(found.items()))


def _child(
    draw: random.Random, number: int, family: tuple[tuple[float, float], list[_House], int], most: int
) -> Document:
    """A child of a family: wishes in the family's order, points for need, nearness and a brother or sister there."""
    home, houses, need = family
    age = draw.choice("UK")
    length = draw.randint(1 if draw.random() < 0.1 else min(3, most), most)
    wishes: list[str] = []
    for house in houses:
        offered = house.contracts[age]
        wishes += draw.sample(offered, len(offered))[: 2 if draw.random() < 0.2 else 1]
        if len(wishes) >= length:
            break
    points = {
        house.id: need + 5 * (hypot(home[0] - house.place[0], home[1] - house.place[1]) < 2) for house in houses[:most]
    }
    if draw.random() < 0.25:
        points[houses[0].id] += 15
    months = draw.randrange(12, 36) if age == "U" else draw.randrange(36, 72)
    return {
        "id": f"k{number + 1}", "wishes": wishes[:length], "points": points, "tie": [months // 6, int(draw.random() < 0.1)],
        "holds": None, "pinned": None,
    }  # fmt: skip


def _keep(
    draw: random.Random, rows: list[Document], pools: list[Document], contracts: list[Document], houses: list[_House]
) -> None:
    """Let some children have a place already, in a group of their age, and pin some, as far as there are places."""
    same_age = {
        contract: [one for house in houses for one in house.contracts[age]]
        for age in "UK"
        for house in houses
        for contract in house.contracts[age]
    }
    free = Counter({pool["id"]: pool["places"] for pool in pools})
    pool_of = {contract["id"]: contract["pool"] for contract in contracts}
    for row in rows:
        chance = draw.randrange(100)
        if chance >= HOLDERS + PINNED or not row["wishes"]:
            continue
        contract = draw.choice(same_age[row["wishes"][0]] if chance < HOLDERS else row["wishes"])
        if free[pool_of[contract]] > 0:
            free[pool_of[contract]] -= 1
            row["holds" if chance < HOLDERS else "pinned"] = contract
