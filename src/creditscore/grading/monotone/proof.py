"""Monotone: withdrawing an adverse record never worsens the grade. Proved by construction, refuted by a case, or open.

A proof looks at each class of adverse items and each pair of deciding rules: could one have decided before the
withdrawal and the other after it, with a worse grade? Facts only move as `polarity` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from creditscore.core.quantities import to_micro
from creditscore.core.yaml_source import Source
from creditscore.grading.monotone.counterexample import Counterexample, search
from creditscore.grading.monotone.polarity import BOTH, FALL, NEITHER, RISE, Class, Moves, classes, condition_moves
from creditscore.schemes.checks.satisfiability import MOST_STEPS, GaveUp, together
from creditscore.schemes.checks.satisfiable_rules import ALWAYS, SCORE, RuleSpace, build_rule_space
from creditscore.schemes.expressions import Node
from creditscore.schemes.model import Decide, Scheme
from creditscore.schemes.types import subject_names
from creditscore.schemes.validity import Epoch, epochs
from creditscore.schemes.walk import rules

Goals = list[tuple[Node, bool]]


@dataclass
class Suspect:
    """Items whose withdrawal may worsen the grade, by which rules, in which stretch."""

    codes: tuple[str, ...]
    epoch: Epoch
    rules: set[str] = field(default_factory=set)


def check(scheme: Scheme, source: Source) -> Counterexample | None:
    """A fault for a case that nobody acknowledged, notes for what is not proved; returns the case."""
    if scheme.missing or scheme.imported_decision:
        return None
    known = {not_monotone.id for not_monotone in scheme.not_monotone}
    needed = {rule for suspect in suspects(scheme, set()) for rule in suspect.rules}
    for i, not_monotone in enumerate(scheme.not_monotone):
        if not_monotone.id not in needed:
            source.note(
                ("not_monotone", i), f"{not_monotone.id!r} was not found to worsen a grade; leave it away", "N102"
            )
    left = suspects(scheme, known)
    if not left:
        return None
    places = {getattr(rule, "id", None): path for path, rule in rules(scheme)}
    counterexample = search(scheme, [(suspect.epoch, suspect.codes) for suspect in left], known)
    if counterexample is not None:
        rule = next((rule for rule in counterexample.rules if rule in places), None)
        message = (
            f"withdrawing an adverse record worsens the grade: {counterexample.text};"
            f" if the text wants it, acknowledge it under not_monotone: (id: {rule})"
        )
        source.fault(places.get(rule, ("decide",)), message, "E801")
        return counterexample
    by_rule = ", ".join(sorted({rule for suspect in left for rule in suspect.rules}))
    codes = list(dict.fromkeys(code for suspect in left for code in suspect.codes))
    shown = ", ".join(codes[:6]) + (f" … ({len(codes)} items)" if len(codes) > 6 else "")
    message = f"that withdrawing {shown} never worsens the grade is unproved: open at {by_rule}; no case was found"
    source.note(("decide",), message, "N101")
    return None


def suspects(scheme: Scheme, known: set[str]) -> list[Suspect]:
    """Classes of adverse items for which the proof does not go through; rules in `known` are acknowledged."""
    result: dict[tuple[tuple[str, ...], frozenset[str]], Suspect] = {}
    for epoch in epochs(scheme, [rule for _, rule in rules(scheme)]):
        proof = _Proof(scheme, epoch, known)
        for group in classes(scheme, epoch):
            if group.adverse or (not group.weighs and not proof.improves_only(group)):
                by = proof.suspects(group)
                if by:
                    result.setdefault((group.codes, frozenset(by)), Suspect(group.codes, epoch, by))
    return list(result.values())


class _Proof:
    """One stretch of rules."""

    def __init__(self, scheme: Scheme, epoch: Epoch, known: set[str]) -> None:
        self.scheme, self.epoch, self.known = scheme, epoch, known
        self.kinds = subject_names(scheme)
        self.better = RISE if scheme.direction != "lower_is_better" else FALL
        self.codes = [grade.code for grade in scheme.grades]
        self.deciders = [rule for rule in scheme.decide if rule.decides and epoch.has(rule)]
        self.adjusters = [rule for rule in scheme.decide if not rule.decides and epoch.has(rule)]
        self.place: RuleSpace | None = None
        self.nodes: dict[str, Node] = {}

    def suspects(self, category: Class) -> set[str]:
        moved = dict(category.facts)
        suspect_rules = self._score(category, moved)
        for rule in self.adjusters:
            moves = condition_moves(rule.when, moved, self.kinds)
            worsens = RISE if rule.ceiling is not None or rule.down is not None else FALL
            if worsens in moves and rule.id not in self.known:
                suspect_rules.add(rule.id)
        for before, first in enumerate(self.deciders):
            for after, second in enumerate(self.deciders):
                pair = {first.id, second.id}
                open_ = not pair & self.known and self._may_pass(before, after, moved)
                if open_ and self._worse(before, after, moved):
                    suspect_rules |= pair
        return suspect_rules

    def _score(self, category: Class, moved: dict[str, Moves]) -> set[str]:
        """How the score moves (into `moved`), and the rules of start and conditions that may worsen it."""
        suspect_rules: set[str] = set()
        ways: set[str] = {self.better} if category.adverse else set()
        start = self.scheme.start
        listed = [rule for rule in (start.rules if start else []) if self.epoch.has(rule)]
        moves = [condition_moves(rule.when, moved, self.kinds) for rule in listed]
        for i in range(len(listed)):
            for j in range(len(listed)):
                may = FALL in moves[i] if i < j else RISE in moves[j] if j < i else False
                pair = {listed[i].id, listed[j].id}
                if may and self._start(listed[i], listed[j]) and not pair & self.known:
                    suspect_rules |= pair
                    ways |= BOTH
                ways |= {self.better} if may else set()
        for bonus in start.bonus if start else []:
            if self.epoch.has(bonus) and moved.get(bonus.of) and bonus.id not in self.known:
                suspect_rules |= {bonus.id} if self.better == RISE else set()
                ways |= BOTH if self.better == RISE else {FALL}
        for rule in self.scheme.conditions:
            change = condition_moves(rule.when, moved, self.kinds) if self.epoch.has(rule) else NEITHER
            if change and rule.id not in self.known and any((rule.deduct, rule.add, rule.unknown)):
                worse = bool(rule.deduct) == (self.better == RISE) or rule.unknown
                bad = RISE if worse else FALL
                suspect_rules |= {rule.id} if bad in change else set()
                ways |= BOTH if bad in change else {self.better}
        if ways:
            moved["score"] = frozenset(ways)
        return suspect_rules

    def _start(self, first: Any, second: Any) -> bool:
        """Whether the second start is worse than the first, or may be."""
        low, high = (to_micro(end) for end in first.range or (first.points, first.points))
        other = [to_micro(end) for end in second.range or (second.points, second.points)]
        return min(other) < high if self.better == RISE else max(other) > low

    def _may_pass(self, before: int, after: int, moved: Mapping[str, Moves]) -> bool:
        first, second = self.deciders[before], self.deciders[after]
        if None in (self._grades(first), self._grades(second)):
            return False  # a state is no grade, so none is worse
        if before < after:
            return FALL in condition_moves(first.when, moved, self.kinds)
        if after < before:
            return RISE in condition_moves(second.when, moved, self.kinds)
        return bool(first.bands) and bool(moved.get("score"))

    def _grades(self, rule: Decide) -> list[int] | None:
        if rule.grade is not None:
            return [self.codes.index(rule.grade)]
        return [self.codes.index(band.grade) for band in rule.bands] if rule.bands else None

    def _worse(self, before: int, after: int, moved: Mapping[str, Moves]) -> bool:
        """Whether some case passes from one rule to the other with a worse grade; True where the search gives up."""
        first, second = self.deciders[before], self.deciders[after]
        if max(self._grades(second) or [0]) <= min(self._grades(first) or [0]):
            return False
        budget = [MOST_STEPS]
        try:
            place = self._place()
            was: Goals = [(self.nodes[rule.id], False) for rule in self.deciders[:before]]
            now: Goals = [(self.nodes[rule.id], False) for rule in self.deciders[:after]]
            was.append((self.nodes[first.id], True))
            now.append((self.nodes[second.id], True))
            for grade, pair in self._outcomes(place, first):
                for worse, other in self._outcomes(place, second):
                    if worse > grade:
                        goals = [*was, (pair, True), *(self._later(goal, moved) for goal in [*now, (other, True)])]
                        links = {link for node, _ in goals for link in _variables(node) if link[0] == "after"}
                        goals += [(self._link(link, moved), True) for link in sorted(links, key=str)]
                        if together(goals, place.space, budget) is not None:
                            return True
        except GaveUp:
            return True
        return False

    def _place(self) -> RuleSpace:
        """The space of this stretch, with every condition and band compiled before the first search."""
        if self.place is None:
            self.place = build_rule_space(self.scheme, self.epoch)
            self.nodes = {rule.id: self.place.condition(rule.when) for rule in self.deciders}
            for rule in self.deciders:
                for k, band in enumerate(rule.bands or []):
                    self.nodes[f"{rule.id}\0{k}"] = self.place.band(band)
        return self.place

    def _outcomes(self, place: RuleSpace, rule: Decide) -> Iterator[tuple[int, Node]]:
        if rule.grade is not None:
            yield self.codes.index(rule.grade), ALWAYS
        for k, band in enumerate(rule.bands or []):
            yield self.codes.index(band.grade), self.nodes[f"{rule.id}\0{k}"]

    def _later(self, goal: tuple[Node, bool], moved: Mapping[str, Moves]) -> tuple[Node, bool]:
        return _renamed(goal[0], moved), goal[1]

    def _link(self, link: Any, moved: Mapping[str, Moves]) -> Node:
        moves = _of(link[1], moved)

        def holds(was: Any, now: Any) -> bool:
            if not isinstance(was, bool | int | Fraction):  # dates and texts may become anything
                return True
            return (FALL in moves or now >= was) and (RISE in moves or now <= was)

        return ("pair", link[1], link, holds)

    def improves_only(self, category: Class) -> bool:
        """Whether all that reads a record without points makes things better by its presence: it is not adverse."""
        moved = dict(category.facts)
        if self.scheme.start or self.scheme.conditions:
            self._score(category, moved)
        for rule in [*self.deciders, *self.adjusters]:
            moves = condition_moves(
                rule.when, {name: way for name, way in moved.items() if name != "score"}, self.kinds
            )
            if not moves or rule.not_graded is not None or rule.not_computable is not None:
                continue
            if rule.decides:
                worsens = RISE if (self._grades(rule) or [0])[0] == 0 else FALL
            else:
                worsens = FALL if rule.ceiling is not None or rule.down is not None else RISE
            if worsens in moves:
                return False
        return True


def _variables(node: Node) -> Iterator[Any]:
    if node[0] == "atom":
        yield node[1]
    else:
        for part in node[1:]:
            if isinstance(part, tuple):
                yield from _variables(part)


def _of(variable: Any, moved: Mapping[str, Moves]) -> Moves:
    """How a variable may move: as its name does, or as the names of its sum do together."""
    if variable == SCORE:
        return moved.get("score", NEITHER)
    if variable[0] == "num" and not isinstance(variable[1], str):
        parts = [moved.get(name, NEITHER) for name, factor in variable[1]]
        turned = [
            frozenset({FALL: RISE, RISE: FALL}[move] for move in moves) if factor < 0 else moves
            for moves, (_, factor) in zip(parts, variable[1], strict=True)
        ]
        return frozenset().union(*turned)
    if variable[0] == "dates":
        return BOTH if any(name in moved for name in variable[1:]) else NEITHER
    return moved.get(variable[1], NEITHER)


def _renamed(node: Node, moved: Mapping[str, Moves]) -> Node:
    """The condition as it stands once the record is withdrawn."""
    if node[0] == "atom":
        return ("atom", ("after", node[1]), node[2]) if _of(node[1], moved) else node
    if node[0] in ("and", "or", "not"):
        return (node[0], *(_renamed(part, moved) for part in node[1:]))
    return node
