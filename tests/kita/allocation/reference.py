"""The rules of docs/kita.md once more, as slowly and literally as they can be written: every assignment is looked at."""

import hashlib
import itertools
import random
from functools import cache

HOURS = ("6", "7.5", "9")


def small_instance(seed, *, siblings=True, holders=True, children=6, pools=4, wishes=4):
    """An instance of at most so many children, pools and wishes, in which places are scarce."""
    draw = random.Random(seed)
    facilities = [f"F{i}" for i in range(draw.randint(1, 3))]
    rows = [{"id": f"P{i}", "facility": draw.choice(facilities), "places": draw.choice((0, 1, 1, 1, 2, 2, 3))}
            for i in range(draw.randint(1, pools))]  # fmt: skip
    contracts = [{"id": f"C{i}", "pool": draw.choice(rows)["id"], "start": "2027-08", "hours": draw.choice(HOURS)}
                 for i in range(draw.randint(len(rows), len(rows) + 3))]  # fmt: skip
    known = sorted({row["facility"] for row in rows})
    names = [f"k{i}" for i in range(draw.randint(1, children))]
    left = {row["id"]: row["places"] for row in rows}
    pool_of = {contract["id"]: contract["pool"] for contract in contracts}
    kids = []
    for name in names:
        listed = draw.sample([contract["id"] for contract in contracts], min(len(contracts), draw.randint(0, wishes)))
        kid = {
            "id": name, "wishes": listed, "tie": [draw.randint(0, 1), draw.randint(0, 1)], "holds": None, "pinned": None,
            "points": {facility: draw.choice((0, 10, 20)) for facility in known if draw.random() < 0.7},
        }  # fmt: skip
        for key, chance in (("holds", 0.25), ("pinned", 0.1)):
            contract = draw.choice(contracts)["id"]
            if holders and draw.random() < chance and left[pool_of[contract]]:
                left[pool_of[contract]] -= 1
                if key == "pinned" and kid["holds"]:
                    left[pool_of[kid["holds"]]] += 1
                kid[key] = contract
        kids.append(kid)
    groups = []
    free = draw.sample(names, len(names))
    while siblings and len(free) >= 2 and (not groups or draw.random() < 0.5):
        size = draw.choice((2, 2, 3))
        groups.append({"children": free[:size], "rule": draw.choice(("if_possible", "if_possible", "only_together"))})
        free = free[size:]
        if len(groups[-1]["children"]) < 2:
            groups.pop()
    return {
        "format": "kita-instance/1",
        "seed": f"s{seed}",
        "pools": rows,
        "contracts": contracts,
        "children": kids,
        "siblings": groups,
    }


class Rules:
    """What an instance's rules say of any assignment (contract or None by child)."""

    def __init__(self, instance):
        self.instance = instance
        self.kids = {kid["id"]: kid for kid in instance["children"]}
        self.pool_of = {contract["id"]: contract["pool"] for contract in instance["contracts"]}
        self.house_of = {pool["id"]: pool["facility"] for pool in instance["pools"]}
        self.places = {pool["id"]: pool["places"] for pool in instance["pools"]}
        self.lists = {name: self.list_of(kid) for name, kid in self.kids.items()}
        self.group_of = {name: group for group in instance["siblings"] for name in group["children"]}
        self.rank = cache(self.rank)

    def kept(self, name):
        kid = self.kids[name]
        return kid["holds"] if kid["pinned"] is None else kid["pinned"]

    def list_of(self, kid):
        if kid["pinned"] is not None:
            return [kid["pinned"]]
        if kid["holds"] in kid["wishes"]:
            return kid["wishes"][: kid["wishes"].index(kid["holds"]) + 1]
        return kid["wishes"] + ([] if kid["holds"] is None else [kid["holds"]])

    def house(self, contract):
        return None if contract is None else self.house_of[self.pool_of[contract]]

    def place(self, name, contract):
        return len(self.lists[name]) if contract is None else self.lists[name].index(contract)

    def rank(self, name, pool):
        kid = self.kids[name]
        first = 1 if self.kept(name) is not None and self.pool_of[self.kept(name)] == pool else 0
        draw = int(hashlib.sha256(f"{self.instance['seed']}:{name}".encode()).hexdigest(), 16)
        return (-first, -kid["points"].get(self.house_of[pool], 0), [-t for t in kid["tie"]], draw, name)

    def why(self, name, other, pool):
        own, theirs = self.rank(name, pool), self.rank(other, pool)
        return next(
            word
            for word, a, b in zip(("holds", "points", "tie", "lottery", "lottery"), own, theirs, strict=True)
            if a != b
        )

    def inside(self, given, pool, without=()):
        return sorted((n for n, c in given.items() if c is not None and self.pool_of[c] == pool and n not in without),
                      key=lambda n: self.rank(n, pool))  # fmt: skip

    def allowed(self, given):
        """Whether an assignment may be given at all."""
        for pool, places in self.places.items():
            if len(self.inside(given, pool)) > places:
                return False
        for name, contract in given.items():
            if self.kept(name) is not None and contract is None:
                return False
        for group in self.instance["siblings"]:
            apart = group["rule"] == "only_together" and not self.home(group, given)
            if apart and any(given[name] != self.kept(name) for name in group["children"]):
                return False
        return True

    def home(self, group, given):
        houses = {self.house(given[name]) for name in group["children"]}
        return houses.pop() if len(houses) == 1 else None

    def admits(self, name, contract, given):
        pool = self.pool_of[contract]
        others = self.inside(given, pool, [name])
        return len(others) < self.places[pool] or any(self.rank(o, pool) > self.rank(name, pool) for o in others)

    def unstable(self, given):
        entries = []
        for name, own in self.lists.items():
            for contract in own[: self.place(name, given[name])]:
                group = self.group_of.get(name)
                if group:
                    home = self.home(group, given)
                    if (home or group["rule"] == "only_together") and home != self.house(contract):
                        continue
                if self.admits(name, contract, given):
                    entries.append(self.entry([name], [contract], name, given))
        for group in self.instance["siblings"]:
            if not self.home(group, given):
                for house in sorted(set(self.house_of.values())):
                    entries += self.group_entry(group, house, given)
        return sorted(entries, key=lambda e: (e["children"], e["contracts"]))

    def entry(self, names, contracts, lowest, given):
        pool = self.pool_of[contracts[names.index(lowest)]]
        others = self.inside(given, pool, names)
        reason = "free_place" if len(others) < self.places[pool] else self.why(lowest, others[-1], pool)
        return {
            "children": names,
            "contracts": contracts,
            "pools": [self.pool_of[c] for c in contracts],
            "reason": reason,
        }

    def group_entry(self, group, house, given):
        names = sorted(group["children"])
        found = []
        for combination in itertools.product(*([c for c in self.lists[n] if self.house(c) == house] for n in names)):
            places = [self.place(n, c) for n, c in zip(names, combination, strict=True)]
            now = [self.place(n, given[n]) for n in names]
            if group["rule"] == "only_together" and (
                places == now or any(a > b for a, b in zip(places, now, strict=True))
            ):
                continue
            ranks = []
            for name, contract in zip(names, combination, strict=True):
                pool = self.pool_of[contract]
                going = [n for n, c in zip(names, combination, strict=True) if self.pool_of[c] == pool]
                line = sorted(self.inside(given, pool, names) + going, key=lambda n: self.rank(n, pool))
                ranks.append(line.index(name))
            if all(r < self.places[self.pool_of[c]] for r, c in zip(ranks, combination, strict=True)):
                found.append((sum(places), places, list(combination), ranks))
        if not found:
            return []
        _, _, contracts, ranks = min(found)
        lowest = max(range(len(names)), key=lambda i: (ranks[i], i))
        return [self.entry(names, contracts, names[lowest], given)]

    def reasons(self, given):
        found = {}
        for name, own in self.lists.items():
            rows = found[name] = []
            for contract in own:
                at, now = self.place(name, contract), self.place(name, given[name])
                pool = self.pool_of[contract]
                outcome, criterion = (
                    ("assigned", "refused", "not_needed")[0 if at == now else 1 if at < now else 2],
                    None,
                )
                if outcome == "refused":
                    inside = self.inside(given, pool)
                    criterion = "no_places" if not self.places[pool] else (
                        "siblings" if self.admits(name, contract, given) else self.why(name, inside[-1], pool))  # fmt: skip
                rows.append({"contract": contract, "outcome": outcome, "criterion": criterion})
        return found

    def assignments(self):
        """Every assignment that may be given."""
        names = list(self.lists)
        for contracts in itertools.product(*([*own, None] for own in self.lists.values())):
            taken = [self.pool_of[c] for c in contracts if c is not None]
            if all(taken.count(pool) <= places for pool, places in self.places.items()):
                given = dict(zip(names, contracts, strict=True))
                if self.allowed(given):
                    yield given

    def value(self, given):
        """What is made as small as possible: entries, then the sum of positions."""
        return len(self.unstable(given)), sum(self.place(n, c) for n, c in given.items())

    def best(self):
        return min(self.value(given) for given in self.assignments())
