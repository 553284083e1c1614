"""Conditions that can be read and fit their names; ordered rules that always come to an end."""

from __future__ import annotations

from decimal import Decimal

from creditscore.core.quantities import to_micro
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.expressions import Node, digits, names, parse, thresholds
from creditscore.schemes.model import Decide, Rule, Scheme, StartRule
from creditscore.schemes.types import Kind, fact_names, record_names, subject_names, typed
from creditscore.schemes.validity import epochs
from creditscore.schemes.walk import rules

LONGEST, MOST_DIGITS = 2000, 37  # characters of a condition; digits that both interpreters calculate with
LARGEST = Decimal(10) ** 12


def check(scheme: Scheme, source: Source) -> None:
    subject, given = subject_names(scheme), record_names(scheme, assessed=False)
    before = {name: kind for name, kind in subject.items() if name != "score"}
    scored = subject if scheme.start or ("start",) in source.pruned else before
    for name, text in scheme.predicates.items():
        if _unmeant(scheme, text):
            message = f"names {', '.join(_unmeant(scheme, text))}; a predicate may name those above it"
            source.fault(("predicates", name), message, "E531")
    for path, rule in rules(scheme):
        known = record_names(scheme) if path[0] == "admit" else scored if path[0] == "decide" else before
        _condition(source, (*path, "when"), getattr(rule, "when", None), known)
        _condition(source, (*path, "accepts"), getattr(rule, "accepts", None), given)
    for name, text in scheme.predicates.items():
        if not _unmeant(scheme, text):
            _condition(source, ("predicates", name), text, record_names(scheme))
    for key, fact in scheme.facts.items():
        if fact.of != "records" or not _unmeant(scheme, fact.where):
            _condition(source, ("facts", key, "where"), fact.where, fact_names(scheme, fact))
    for i, condition in enumerate(scheme.conditions):
        forms = [condition.deduct, condition.add, condition.unknown or None]
        if sum(form is not None for form in forms) != 1:
            source.fault(("conditions", i), "needs exactly one of: deduct, add, unknown: true", "E540")
        if scheme.start is None:
            source.fault(("conditions", i), "gives points, so the scheme must say start: rules:", "E403")
    _endings(scheme, source)


def _unmeant(scheme: Scheme, text: str | None) -> list[str]:
    """Predicates that are still names in a condition on records: they name themselves or each other."""
    try:
        return sorted(set(names(parse(text))) & set(scheme.predicates)) if text is not None else []
    except ValueError:
        return []


def _condition(source: Source, path: KeyPath, text: str | None, known: dict[str, Kind]) -> None:
    if text is None:
        return
    try:
        if len(text) > LONGEST:
            raise ValueError(f"is {len(text)} characters long; at most {LONGEST}")
        tree = parse(text)
        typed(tree, known)
        list(thresholds(tree, "score"))
        _sizes(tree)
    except ValueError as error:
        message = str(error)
        if not any(f"does not know {name};" in message for name in source.lost) and not _lost_table(message, source):
            fault_text = message if message.startswith(("cannot", "in ", "'")) else f"{text[:200]!r} {message}"
            source.fault(path, fault_text, "E530")


def _lost_table(message: str, source: Source) -> bool:
    return any(f"does not know {name}_" in message for name in source.lost)


def _sizes(tree: Node) -> None:
    """Numbers that both interpreters hold: six decimals, and products that stay inside a decimal of SQL."""
    if tree[0] == "num":
        if abs(tree[1]) > LARGEST:
            raise ValueError(f"has the number {tree[1]}; at most {LARGEST:f}")
        to_micro(tree[1])
    if tree[0] == "cmp" and digits(tree) > MOST_DIGITS:
        raise ValueError("multiplies to numbers too large to be exact; use fewer or smaller factors")
    for part in tree[1:]:
        if isinstance(part, tuple):
            _sizes(part)


def _endings(scheme: Scheme, source: Source) -> None:
    """Start rules and deciding rules: whatever holds, and in each period, one of them applies."""
    starts = list(scheme.start.rules) if scheme.start else []
    deciding = [rule for rule in scheme.decide if rule.decides]
    if scheme.start and not starts:
        source.fault(("start", "rules"), "is empty; say where counting begins", "E541")
    elif starts and starts[-1].when is not None:
        source.fault(("start", "rules"), "the last start rule must have no when: (what holds otherwise)", "E541")
    elif starts:
        _always(scheme, source, list(starts), ("start", "rules"), "E542")
    if not deciding or deciding[-1].when is not None:
        message = "the last deciding rule must have no when: (every subject gets a grade or a state)"
        source.fault(("decide",), message, "E543")
    else:
        _always(scheme, source, list(deciding), ("decide",), "E544")


def _always(scheme: Scheme, source: Source, ordered: list[Rule], path: KeyPath, code: str) -> None:
    """The last rule that has no `when` must be in force in every period."""
    open_ended = [rule for rule in ordered if isinstance(rule, StartRule | Decide) and rule.when is None]
    for epoch in epochs(scheme, ordered):
        if not any(epoch.has(rule) for rule in open_ended):
            source.fault(path, f"for {epoch} no rule without when: is in force, so nothing would apply", code)
            return
