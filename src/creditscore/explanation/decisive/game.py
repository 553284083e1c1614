"""The records of one subject as pieces: what each brings to the score and the facts, which are bound together.

Two records that share an act, a month, a cap or a group are bound: what one weighs depends on whether the other stays.
Bound records form a part; parts add up. Records that bring the same, of one part or each of its own, are a class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from creditscore.explanation.decisive.facts import Facts, find_facts
from creditscore.grading.interpreter.combine import combine
from creditscore.grading.interpreter.exact import Opening, Subject, opening
from creditscore.grading.interpreter.facts import bucket, other_facts
from creditscore.grading.plan import Plan, PlanItem

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Kind:
    """Records that can be exchanged for one another: what each brings, and where it stands in its part."""

    records: tuple[int, ...]  # positions among the assessed records
    low: int  # signed points, where the record stands alone; in a tree, what it weighs
    high: int
    amounts: Mapping[str, int]  # what one record adds to facts of shape sum or buckets
    places: Mapping[str, int]  # which choice of a fact of shape order it stands for
    sign: int = 1  # tree: -1 where the points are taken off
    path: tuple[Any, ...] = ()  # tree: group, item, bucket; pool: the item
    keys: tuple[Any, ...] = ()  # the shared buckets of the part's structured facts
    block: bool = False  # they share a bucket: as long as one stays, nothing changes

    @cached_property
    def count(self) -> int:
        return len(self.records)


@dataclass(frozen=True)
class RulePart:
    """Classes that are bound together. `shape`: plain, tree, pool or odd."""

    shape: str
    kinds: tuple[int, ...]
    sign: int = 1
    caps: Mapping[Any, int] = field(default_factory=dict)  # tree: item or group → its cap
    whole: int = 0  # pool: items it has
    structured: tuple[str, ...] = ()  # facts that count buckets which records of this part share


@dataclass(frozen=True)
class Game:
    """A subject under a plan, ready for questions about withdrawals."""

    plan: Plan
    subject: Subject
    opened: Opening
    facts: Facts
    kinds: tuple[Kind, ...]
    parts: tuple[RulePart, ...]
    idle: tuple[int, ...]  # records that no score and no condition sees

    def ids(self, positions: Iterable[int]) -> tuple[str, ...]:
        return tuple(str(self.opened.records[i]["record_id"]) for i in positions)

    def taken(self, counts: Iterable[int]) -> tuple[int, ...]:
        """The first records of each class, as many as are withdrawn of it."""
        return tuple(i for kind, k in zip(self.kinds, counts, strict=True) for i in kind.records[:k])


def game(plan: Plan, subject: Subject) -> Game:
    """Assess the records once and sort them into parts and classes."""
    opened = opening(plan, subject)
    other = other_facts(plan, dict(opened.env), opened.dates, subject.history, subject.listings)
    by_records = {fact.name for fact in plan.facts if fact.of == "attributes"}
    constant = {**opened.env, **{name: value for name, value in other.items() if name not in by_records}}
    facts = find_facts(plan, opened, constant)
    return _Sorter(plan, subject, opened, facts).game()


def is_scored(record: Mapping[str, Any]) -> bool:
    """Whether an assessed record can bring anything to the score."""
    return bool(record["counts"] and (record["low"] or record["high"] or record["plan_item"].form == "pool"))


class _Sorter:
    def __init__(self, plan: Plan, subject: Subject, opened: Opening, facts: Facts) -> None:
        self.plan, self.subject, self.opened, self.facts = plan, subject, opened, facts
        self.records = opened.records
        self.scored = {i for i, record in enumerate(self.records) if is_scored(record)}
        used = self.scored.union(*(set(reading.keys) for reading in facts.readings.values()))
        self.used = sorted(used)
        self.root = {i: i for i in self.used}
        self.why: dict[int, set[str]] = {}

    def game(self) -> Game:
        ties = list(self._ties())
        for _, members in ties:
            for member in members[1:]:
                self.root[self._find(member)] = self._find(members[0])
        for name, members in ties:
            self.why.setdefault(self._find(members[0]), set()).add(name)
        bound: dict[int, list[int]] = {}
        for i in self.used:
            bound.setdefault(self._find(i), []).append(i)
        kinds: list[Kind] = []
        parts: list[RulePart] = []
        alone: dict[Any, list[int]] = {}
        rows: list[tuple[Any, RulePart, list[Kind]]] = []
        for root, members in bound.items():
            if len(members) == 1 and not self._special(members[0]):
                alone.setdefault(self._brings(members[0]), []).append(members[0])
            else:
                part, inside = self._part(members, self.why.get(root, set()))
                rows.append((self._rank(inside), part, inside))
        for positions in alone.values():
            kind = self._kind(positions, *self._points(positions[0]))
            rows.append((self._rank([kind]), RulePart("plain", ()), [kind]))
        for _, part, inside in sorted(rows, key=lambda pair: pair[0]):
            first = len(kinds)
            kinds += inside
            parts.append(replace(part, kinds=tuple(range(first, len(kinds)))))
        idle = tuple(i for i in range(len(self.records)) if i not in self.root)
        return Game(self.plan, self.subject, self.opened, self.facts, tuple(kinds), tuple(parts), idle)

    def _find(self, i: int) -> int:
        while self.root[i] != i:
            i = self.root[i]
        return i

    def _rank(self, inside: list[Kind]) -> Any:
        """Heavy parts first; equal ones by record id, which no order of the input changes."""
        heavy = max(max(abs(kind.low), abs(kind.high)) for kind in inside)
        return -heavy, min(self.records[i]["record_id"] for kind in inside for i in kind.records)

    # what binds records

    def _ties(self) -> Any:
        """(why, records) for every two or more records whose weights depend on one another."""
        tied: dict[tuple[str, Any], list[int]] = {}
        for i in sorted(self.scored):
            record, item = self.records[i], self.records[i]["plan_item"]
            if item.form == "pool":
                tied.setdefault(("pool", item.pool), []).append(i)
                continue
            if self.plan.scheme.combine.heaviest_per:
                tied.setdefault(("act", bucket("act", record)), []).append(i)
            if item.cap is not None:
                tied.setdefault(("tree", ("item", item.index)), []).append(i)
            if not _plain(item):
                tied.setdefault(("tree", ("bucket", item.index, _bucket(record))), []).append(i)
            if item.group is not None and self._binding(item.group):
                tied.setdefault(("tree", ("group", item.group)), []).append(i)
        for name, reading in self.facts.readings.items():
            if reading.shape == "run":
                tied[f"fact {name}", 0] = list(reading.keys)
            elif reading.shape == "buckets":
                for i, key in reading.keys.items():
                    tied.setdefault((f"fact {name}", key), []).append(i)
        for (why, _), members in tied.items():
            if len(members) > 1:
                yield why, members

    def _binding(self, group: int) -> bool:
        return self.plan.groups[group].cap is not None or self.plan.groups[group].heaviest

    def _special(self, i: int) -> bool:
        """A single record whose points are not simply its own: capped, or of a pool."""
        item = self.records[i]["plan_item"]
        if i not in self.scored:
            return False
        group = self.plan.groups[item.group] if item.group is not None else None
        return item.form == "pool" or item.cap is not None or (group is not None and group.cap is not None)

    # what a record brings

    def _points(self, i: int) -> Pair:
        if i not in self.scored:
            return 0, 0
        record = self.records[i]
        low, high = record["low"], record["high"]
        return (low, high) if record["plan_item"].sign > 0 else (-high, -low)

    def _weights(self, i: int) -> Pair:
        return (self.records[i]["low"], self.records[i]["high"]) if i in self.scored else (0, 0)

    def _amounts(self, i: int) -> dict[str, int]:
        """What record i alone adds to facts; a bucket that it shares belongs to the part."""
        amounts = {}
        for name, reading in self.facts.readings.items():
            if i in reading.keys and reading.shape == "sum":
                amounts[name] = reading.keys[i]
            elif i in reading.keys and reading.shape == "buckets" and reading.keys[i] not in reading.shared:
                amounts[name] = 1
        return amounts

    def _shared(self, i: int, names: Iterable[str]) -> tuple[Any, ...]:
        """The shared buckets of record i, fact by fact."""
        readings = [self.facts.readings[name] for name in names]
        return tuple(key if (key := reading.keys.get(i)) in reading.shared else None for reading in readings)

    def _places(self, i: int) -> dict[str, int]:
        return {name: reading.place[i] for name, reading in self.facts.readings.items() if i in reading.place}

    def _brings(self, i: int) -> Any:
        return self._points(i), tuple(sorted(self._amounts(i).items())), tuple(sorted(self._places(i).items()))

    def _kind(self, members: list[int], low: int, high: int, **more: Any) -> Kind:
        ordered = tuple(sorted(members, key=lambda i: self.records[i]["record_id"]))
        return Kind(ordered, low, high, self._amounts(members[0]), self._places(members[0]), **more)

    # parts

    def _part(self, members: list[int], why: set[str]) -> tuple[RulePart, list[Kind]]:
        structured = tuple(sorted(text.split(" ", 1)[1] for text in why if " " in text))
        scored = [i for i in members if i in self.scored]
        pools = {self.records[i]["plan_item"].pool for i in scored}
        if pools - {None}:
            if len(pools) == 1 and len(scored) == len(members):
                return self._pool(members, structured)
            return self._odd(members, structured)
        acts = Counter(bucket("act", self.records[i]) for i in scored)
        several = {act for act, times in acts.items() if times > 1 and self.plan.scheme.combine.heaviest_per}
        paths = {i: self._path(i, several) for i in members}
        signs: dict[Any, set[int]] = {}
        for i in scored:
            for level in (paths[i][:1], paths[i]):
                if level != (None,):
                    signs.setdefault(level, set()).add(self._sign(i))
        if all(len(sign) == 1 for sign in signs.values()) and all(self._fits(i, several) for i in scored):
            return self._tree(members, paths, structured)
        return self._odd(members, structured)

    def _sign(self, i: int) -> int:
        return int(self.records[i]["plan_item"].sign) if i in self.scored else 1

    def _fits(self, i: int, several: set[Any]) -> bool:
        """Whether the weight of record i follows from group, item and bucket, one inside the other."""
        record, item = self.records[i], self.records[i]["plan_item"]
        group = self.plan.groups[item.group] if item.group is not None else None
        if bucket("act", record) in several:  # the heaviest of an act may then fall out of another selection
            bound = group is not None and (group.cap is not None or group.heaviest)
            return item.cap is None and _plain(item) and not bound
        return item.cap is None or group is None or not group.heaviest

    def _path(self, i: int, several: set[Any]) -> tuple[Any, ...]:
        record, item = self.records[i], self.records[i]["plan_item"]
        if i not in self.scored:
            return None, None, ("one", i)
        if bucket("act", record) in several:
            return None, None, ("act", bucket("act", record))
        group = self.plan.groups[item.group] if item.group is not None else None
        if group is not None and group.heaviest:
            return (("group", group.index) if group.cap is not None else None), None, ("group", group.index)
        own = ("one", i) if _plain(item) else (item.index, _bucket(record))
        top = ("group", group.index) if group is not None and group.cap is not None else None
        return top, (("item", item.index) if item.cap is not None else None), own

    def _tree(
        self, members: list[int], paths: Mapping[int, tuple[Any, ...]], structured: tuple[str, ...]
    ) -> tuple[RulePart, list[Kind]]:
        shared = Counter(paths.values())
        grouped: dict[Any, list[int]] = {}
        for i in members:
            group, item, own = paths[i]
            path = (group, item, own if shared[paths[i]] > 1 else None)
            brings = (self._weights(i), self._sign(i), self._shared(i, structured), self._brings(i)[1:])
            grouped.setdefault((path, brings), []).append(i)
        kinds = [
            self._kind(positions, *weights, sign=sign, path=path, keys=keys, block=path[2] is not None)
            for (path, (weights, sign, keys, _)), positions in grouped.items()
        ]
        caps: dict[Any, int] = {}
        for i in members:
            plan_item = self.records[i]["plan_item"]
            group, item, _ = paths[i]
            if item is not None:
                caps[item] = plan_item.cap
            if group is not None:
                caps[group] = self.plan.groups[plan_item.group].cap
        top: dict[Any, Any] = {}
        mine = {
            kind: (-kind.high, -kind.low, min(self.records[i]["record_id"] for i in kind.records)) for kind in kinds
        }
        for kind in kinds:
            for place in self._levels(kind):
                top[place] = min(top.get(place, mine[kind]), mine[kind])
        ordered = sorted(kinds, key=lambda kind: (*(top[place] for place in self._levels(kind)), mine[kind]))
        return RulePart("tree", (), caps=caps, structured=structured), ordered

    def _levels(self, kind: Kind) -> tuple[Any, ...]:
        return kind.path[:1], kind.path[:2], kind.path if kind.block else (kind.path, kind.records)

    def _pool(self, members: list[int], structured: tuple[str, ...]) -> tuple[RulePart, list[Kind]]:
        item = self.records[members[0]]["plan_item"]
        grouped: dict[Any, list[int]] = {}
        for i in members:
            keys = self._shared(i, structured)
            grouped.setdefault((self.records[i]["item_index"], self._weights(i), keys, self._brings(i)[1:]), []).append(
                i
            )
        kinds = [
            self._kind(positions, *weights, path=(index,), keys=keys)
            for (index, weights, keys, _), positions in grouped.items()
        ]
        whole = sum(plan_item.pool == item.pool for plan_item in self.plan.items)
        ordered = sorted(kinds, key=lambda kind: (kind.path, self._rank([kind])))
        return RulePart("pool", (), sign=item.sign, whole=whole, structured=structured), ordered

    def _odd(self, members: list[int], structured: tuple[str, ...]) -> tuple[RulePart, list[Kind]]:
        """Each record for itself: what they weigh together is asked of the reference interpreter."""
        kinds = [self._kind([i], *self._points(i), keys=self._shared(i, structured)) for i in members]
        return RulePart("odd", (), structured=structured), kinds


def odd_value(game: Game, staying: list[int]) -> Pair:
    """Signed points of records `kept` of an odd part, as the reference interpreter combines them."""
    return combine(game.plan, [dict(game.opened.records[i]) for i in staying], [])


def _plain(item: PlanItem) -> bool:
    return item.basis == "time" and not item.attributes


def _bucket(record: Mapping[str, Any]) -> tuple[Any, ...]:
    item: PlanItem = record["plan_item"]
    return (bucket(item.basis, record), *(bucket(attribute, record) for attribute in item.attributes))
