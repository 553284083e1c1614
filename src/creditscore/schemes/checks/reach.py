"""Every grade can be reached, every deciding rule can decide, every condition can hold: shown by a case, or refuted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.checks.bands import weighing
from creditscore.schemes.checks.satisfiability import MOST_STEPS, GaveUp, Space, compiled, together
from creditscore.schemes.checks.satisfiable_rules import ALWAYS, RuleSpace, build_rule_space
from creditscore.schemes.expressions import Node, parse
from creditscore.schemes.model import Decide, Fact, Item, Route, Rule, Scheme
from creditscore.schemes.types import Kind, fact_names, record_names, typed
from creditscore.schemes.validity import epochs
from creditscore.schemes.walk import rules

Goals = list[tuple[Node, bool]]
STATES = ("graded", "not_graded", "not_computable")
STATUS = ("active", "withdrawn", "repaired")


def check(scheme: Scheme, source: Source) -> None:
    if scheme.missing:
        return
    ordered = _Ordered(scheme)
    for epoch in epochs(scheme, [*scheme.decide, *weighing(scheme)]):
        ordered.look(build_rule_space(scheme, epoch))
    ordered.report(source)
    _conditions(scheme, source)


class _Ordered:
    """What was shown in some stretch of rules, and where a search gave up."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.places = {id(rule): path for path, rule in rules(scheme)}
        deciding: list[Rule] = [rule for rule in scheme.decide if rule.decides]
        self.lists: list[list[Rule]] = [deciding, list(scheme.start.rules) if scheme.start else []]
        self.shown: set[int] = set()
        self.possible: set[int] = set()  # its condition can hold, whatever came before
        self.unsure: set[int] = set()
        self.reached: set[int] = set()
        self.unsure_grades: set[int] = set()

    def look(self, place: RuleSpace) -> None:
        held = {id(rule): place.condition(getattr(rule, "when", None)) for rule in self._all() if place.epoch.has(rule)}
        bands = {
            (id(rule), k): place.band(band) for rule in self.scheme.decide for k, band in enumerate(rule.bands or [])
        }
        for listed in self.lists:
            before: Goals = []
            for rule in listed:
                if place.epoch.has(rule):
                    self._rule(place, rule, held[id(rule)], before)
                    before = [*before, (held[id(rule)], False)]
        for rule in self._all():
            if place.epoch.has(rule) and id(rule) not in self.possible:
                self._try(place, [(held[id(rule)], True)], self.possible, self.unsure, id(rule))
        for grade in range(len(self.scheme.grades)):
            if grade not in self.reached:
                self._grade(place, grade, held, bands)

    def _all(self) -> Iterator[Rule]:
        for path, rule in rules(self.scheme):
            if path[0] in ("start", "conditions", "decide"):
                yield rule

    def _rule(self, place: RuleSpace, rule: Rule, node: Node, before: Goals) -> None:
        if id(rule) not in self.shown:
            self._try(place, [*before, (node, True)], self.shown, self.unsure, id(rule))

    def _try(self, place: RuleSpace, goals: Goals, proved: set[int], unsure: set[int], what: int) -> None:
        try:
            values = together(goals, place.space)
        except GaveUp:
            unsure.add(what)
            return
        if values is not None:
            proved.add(what)

    def _grade(self, place: RuleSpace, grade: int, held: dict[int, Node], bands: dict[tuple[int, int], Node]) -> None:
        codes = [grade.code for grade in self.scheme.grades]
        adjusters = [rule for rule in self.scheme.decide if not rule.decides and place.epoch.has(rule)]
        budget, before = [5 * MOST_STEPS], list[tuple[Node, bool]]()
        try:
            for rule in self.lists[0]:
                if not isinstance(rule, Decide) or not place.epoch.has(rule):
                    continue
                goals: Goals = [*before, (held[id(rule)], True)]
                before.append((held[id(rule)], False))
                first = [(codes.index(rule.grade), ALWAYS)] if rule.grade is not None else []
                first += [(codes.index(band.grade), bands[id(rule), k]) for k, band in enumerate(rule.bands or [])]
                for given, node in first:
                    for path in _paths(adjusters, given, grade, codes):
                        wanted = [(held[id(decide)], holds) for decide, holds in path]
                        if together([*goals, (node, True), *wanted], place.space, budget) is not None:
                            self.reached.add(grade)
                            return
        except GaveUp:
            self.unsure_grades.add(grade)

    def report(self, source: Source) -> None:
        for listed in self.lists:
            for rule in listed:
                path = self.places[id(rule)]
                if id(rule) in self.shown:
                    continue
                if id(rule) in self.unsure:
                    source.note(path, "whether this rule can decide is unproved: the search gave up", "N201")
                elif id(rule) in self.possible:
                    message = "can never decide: whenever it would, a rule before it already has"
                    source.fault(path, message, "E605")
                else:
                    self._never(source, path, rule)
        for rule in self._all():
            ordered = any(rule is ordered_rule for listed in self.lists for ordered_rule in listed)
            if not ordered and id(rule) not in self.possible:
                if id(rule) in self.unsure:
                    source.note(self.places[id(rule)], "whether it can hold is unproved: the search gave up", "N201")
                else:
                    self._never(source, self.places[id(rule)], rule)
        open_ = [rule.id for rule in self.scheme.decide if rule.not_computable and id(rule) in self.shown]
        for k, grade in enumerate(self.scheme.grades):
            if k not in self.reached:
                if k in self.unsure_grades:
                    source.note(("grades", k), f"whether {grade.code} can be reached is unproved", "N201")
                elif open_:
                    message = f"{grade.code} is not reached by what was published; not computable is {', '.join(open_)}"
                    source.note(("grades", k), message, "N202")
                else:
                    message = f"{grade.code} can never be reached by any rule, band, limit or shift"
                    source.fault(("grades", k), message, "E604")

    def _never(self, source: Source, path: KeyPath, rule: Rule) -> None:
        when = getattr(rule, "when", None)
        why = f"{when!r} can never hold" if when else "is never in force under this version"
        source.fault((*path, "when") if when else path, why, "E606")


def adjusted(rule: Decide, grade: int, codes: list[str]) -> int:
    """The grade after a limit or shift; grades count from 0 = best."""
    if rule.ceiling is not None:
        return max(grade, codes.index(rule.ceiling))
    if rule.floor is not None:
        return min(grade, codes.index(rule.floor))
    return min(len(codes) - 1, grade + rule.down) if rule.down is not None else max(0, grade - (rule.up or 0))


def _paths(adjusters: list[Decide], given: int, wanted: int, codes: list[str]) -> Iterator[list[tuple[Decide, bool]]]:
    """Ways from one grade to another: which limits and shifts hold and which do not; the rest does not matter."""
    ends: list[dict[int, set[int]]] = [{grade: {grade} for grade in range(len(codes))}]
    for rule in reversed(adjusters):
        ends.append({grade: ends[-1][grade] | ends[-1][adjusted(rule, grade, codes)] for grade in range(len(codes))})
    ends.reverse()

    def walk(k: int, grade: int, path: list[tuple[Decide, bool]]) -> Iterator[list[tuple[Decide, bool]]]:
        if wanted not in ends[k][grade]:
            return
        if k == len(adjusters):
            yield path
            return
        new = adjusted(adjusters[k], grade, codes)
        if new == grade:
            yield from walk(k + 1, grade, path)
        else:
            yield from walk(k + 1, grade, [*path, (adjusters[k], False)])
            yield from walk(k + 1, new, [*path, (adjusters[k], True)])

    return walk(0, given, [])


def _conditions(scheme: Scheme, source: Source) -> None:
    """Conditions on one record, one past grade or one listing, each for itself."""
    words = {
        name: {"", *attribute.allowed} for name, attribute in scheme.record_attributes.items() if attribute.allowed
    }
    record = {**words, "status": set(STATUS)}
    history = {
        "grade": {"", *(grade.code for grade in scheme.grades)},
        "route": {"", *get_args(Route)},
        "state": set(STATES),
    }
    for path, rule in rules(scheme):
        if isinstance(rule, Fact) and rule.where:
            known = {"records": record, "history": history}.get(rule.of, {})
            _alone(source, (*path, "where"), rule.where, fact_names(scheme, rule), known)
        if isinstance(rule, Item) and rule.accepts:
            _alone(source, (*path, "accepts"), rule.accepts, record_names(scheme, assessed=False), record)
    for i, exemption in enumerate(scheme.admit.exempt):
        _alone(source, ("admit", "exempt", i, "when"), exemption.when, record_names(scheme), record)


def _alone(source: Source, path: KeyPath, text: str, kinds: dict[str, Kind], words: dict[str, set[str]]) -> None:
    space = Space(words={("text", name): set(allowed) for name, allowed in words.items()})
    try:
        if together([(compiled(typed(parse(text), kinds), space), True)], space) is None:
            source.fault(path, f"{text!r} can never hold", "E606")
    except GaveUp:
        source.note(path, f"whether {text!r} can hold is unproved: the search gave up", "N201")
