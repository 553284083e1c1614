"""Does a grade follow from the rows of its ledger: score, path, route, margin, reasons, evidence and readings.

Of the conditions only what the ledger shows is known: the score, the year, and facts over records of which there is no
row. A condition that needs more may hold or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from creditscore.core.i18n import Phrase
from creditscore.core.quantities import MICRO, TOP, from_micro, to_micro
from creditscore.explanation.check_rows import NONE, RowScores, plain_micro
from creditscore.explanation.deciding import ASIDE as INACTIVE
from creditscore.grading.interpreter.decide import adjusted
from creditscore.grading.interpreter.exact import shown_bound
from creditscore.grading.interpreter.facts import aggregate
from creditscore.grading.interpreter.ledger import Line, article
from creditscore.grading.plan import Plan, PlanRule
from creditscore.schemes.expressions import Node, names, to_python
from creditscore.schemes.model import MARKS

OF_NOBODY = ("out_of_scope", "no_feed")  # why a subject is not graded where no rule says it


def decision_faults(plan: Plan, grade: Mapping[str, Any], lines: list[Line], row_scores: RowScores) -> Iterator[Phrase]:
    """Why the row of a grade does not follow from its ledger."""
    if grade["state"] not in ("graded", "not_graded", "not_computable"):
        yield Phrase("faults", "no_state", (repr(grade["state"]),))
    if grade["domain"] != plan.scheme.domain:
        yield Phrase("faults", "domain_grade", (plan.scheme.domain, grade["domain"]))
    yield from _score_faults(grade, lines, row_scores)
    path = [line for line in lines if line.step == "decide"]
    known = _known(plan, grade, row_scores)
    yield from _rule_faults(plan, lines, known)
    if path:
        yield from _path_faults(plan, grade, path, known)
    else:
        yield from _open_faults(plan, grade, lines, row_scores)
    yield from _source_faults(plan, grade, lines, row_scores)


def without_faults(plan: Plan, grade: Mapping[str, Any], lines: list[Line], row_scores: RowScores) -> Iterator[Phrase]:
    """Why the grade without the refused rows does not follow from its ledger; its score and route are not stated."""
    path = [line for line in lines if line.step == "decide"]
    reached = path[-1].reason if path and path[-1].reason not in ("not_graded", "not_computable") else ""
    stated = grade.get("grade_without") or ""
    if stated != reached:
        yield Phrase("faults", "rows_without_refused_rows", (reached or NONE, stated or NONE))
    rule = next((rule for rule in plan.deciders if path and rule.id == path[0].rule), None)
    if rule is not None:
        yield from decision_faults(plan, _hidden_row(plan, grade, path, row_scores, rule), lines, row_scores)
        return
    if grade["domain"] != plan.scheme.domain:
        yield Phrase("faults", "domain_grade", (plan.scheme.domain, grade["domain"]))
    if path:
        yield Phrase("faults", "no_rule_decides", (path[0].rule,))
    yield from _score_faults({**grade, **_hidden_scores(row_scores)}, lines, row_scores)


def _hidden_scores(row_scores: RowScores) -> dict[str, Any]:
    low, high = row_scores.scores or (None, None)
    bounds = {"score_low": low, "score_high": high}
    bounds_by_name = {name: from_micro(None if bound is None else shown_bound(bound)) for name, bound in bounds.items()}
    return {**bounds_by_name, "score": None if low is None or low != high else from_micro(low)}


def _hidden_row(
    plan: Plan, grade: Mapping[str, Any], path: list[Line], row_scores: RowScores, rule: PlanRule
) -> dict[str, Any]:
    """The row of a grade that refused rows leave open, with what it does not state put in as its rules give it."""
    row = {**grade, "grade": None, "route": None, "margin": None, **_hidden_scores(row_scores)}
    score = _micro(row["score"])
    if rule.effect in ("not_graded", "not_computable"):
        reason = rule.rule.not_graded or rule.rule.not_computable
        row |= {"state": rule.effect, "state_reason": reason}
        return row | (dict.fromkeys(("score", "score_low", "score_high")) if rule.effect == "not_graded" else {})
    known = {} if score is None else {"score": score}
    _, margin = _first_grade(plan, rule, path[0], known)
    routes = {adjuster.id: adjuster.route for adjuster in plan.adjusters}
    route = next((routes[line.rule] for line in reversed(path[1:]) if routes.get(line.rule)), rule.route)
    margin = margin if len(path) == 1 and score is not None else None
    return row | {
        "state": "graded",
        "state_reason": "",
        "grade": grade["grade_without"],
        "route": route,
        "margin": from_micro(margin),
    }


def _score_faults(grade: Mapping[str, Any], lines: list[Line], row_scores: RowScores) -> Iterator[Phrase]:
    numbers = {name: _micro(grade[name]) for name in ("start", "score", "score_low", "score_high")}
    begun = [line.nominal for line in lines if line.step == "start"]
    start = sum(number or 0 for number in begun) if begun and None not in begun else None
    low = high = score = None
    if grade["state"] == "not_graded" or not begun:
        start = None
    elif row_scores.scores is None:  # open: the numbers nobody published do not stand in the rows
        low, high, score = numbers["score_low"], numbers["score_high"], numbers["score"]
        if low is not None and high is not None and low > high:
            yield Phrase("faults", "score_lies_between", (plain_micro(low), plain_micro(high)))
        if score is None and low is not None and low == high:
            yield Phrase("faults", "bounds_no_score_given", (plain_micro(low),))
        if score is not None and (low, high) != (shown_bound(score), shown_bound(score)):
            yield Phrase("faults", "score_bounds_not", (plain_micro(score),))
    else:
        low, high = (shown_bound(score) for score in row_scores.scores)
        score = row_scores.scores[0] if row_scores.scores[0] == row_scores.scores[1] else None
    unknown = any(line.effective is None for line in lines)
    for name, value in (("start", start), ("score", score), ("score_low", low), ("score_high", high)):
        open_ = name == "score" and unknown and numbers["score_low"] != numbers["score_high"]
        if numbers[name] != value and not (open_ and value is not None and numbers[name] is None):
            yield Phrase("faults", "rows_grade", (name, _shown(value), _shown(numbers[name])))


def _known(plan: Plan, grade: Mapping[str, Any], row_scores: RowScores) -> dict[str, Any]:
    """What conditions may read, as far as the ledger shows it."""
    active = [items for line, items in row_scores.items if line.reason.partition(":")[0] not in INACTIVE]
    there = {item.index for items in active for item in items}
    known: dict[str, Any] = {"period": plan.year * MICRO}
    known |= {fact.name: aggregate(fact, []) for fact in plan.facts if fact.of == "records" and not fact.items & there}
    score = (
        _micro(grade["score"]) if grade["score"] is not None else row_scores.scores[0] if row_scores.scores else None
    )
    return known if score is None else {**known, "score": score}


def _holds(node: Node | None, known: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None where it needs what the ledger does not show."""
    if node is None:
        return True
    if node[0] in ("and", "or"):
        parts = [_holds(part, known) for part in node[1:]]
        settled = node[0] == "or"
        return settled if settled in parts else None if None in parts else not settled
    if node[0] == "not":
        inner = _holds(node[1], known)
        return None if inner is None else not inner
    return bool(to_python(node)(known)) if set(names(node)) <= set(known) else None


def _rule_faults(plan: Plan, lines: list[Line], known: Mapping[str, Any]) -> Iterator[Phrase]:
    """Start rules and conditions that hold, or do not, by what the ledger shows."""
    begun = {line.rule for line in lines if line.step == "start" and line.reason != "bonus"}
    for rule in plan.start:
        if rule.id in begun:
            if _holds(rule.when, known) is False:
                yield Phrase("faults", "condition_start_not_hold", (rule.id,))
            break
        if _holds(rule.when, known):
            yield Phrase("faults", "start_comes_before", (rule.id, ", ".join(begun) or NONE))
    there = {line.rule for line in lines if line.step == "condition"}
    for rule in plan.conditions:
        if _holds(rule.when, known) is (rule.id not in there):
            key = "condition_does_not_hold" if rule.id in there else "condition_no_row"
            yield Phrase("faults", key, (rule.id,))


def _path_faults(plan: Plan, grade: Mapping[str, Any], path: list[Line], known: Mapping[str, Any]) -> Iterator[Phrase]:
    """The rule that decided and those that changed its grade, each with what it did, against the grade."""
    deciders, adjusters = (
        {decider.id: decider for decider in plan.deciders},
        {adjuster.id: adjuster for adjuster in plan.adjusters},
    )
    first = deciders.get(path[0].rule)
    taken = [first, *(adjusters.get(line.rule) for line in path[1:])]
    for line, rule in zip(path, taken, strict=True):
        if rule is None or article(rule.rule) != line.article or line.item or line.record_id:
            yield Phrase("faults", "no_rule_under_decides", (line.rule, repr(line.article)))
            return
        if _holds(rule.when, known) is False:
            yield Phrase("faults", "condition_not_hold", (line.rule,))
    assert first is not None
    for rule in plan.deciders[: plan.deciders.index(first)]:
        if _holds(rule.when, known):
            yield Phrase("faults", "decides_before", (rule.id, first.id))
    if first.effect in ("not_graded", "not_computable"):
        reason = first.rule.not_graded or first.rule.not_computable
        checked_results = (grade["state"], grade["state_reason"] or "", grade["grade"], grade["route"], grade["margin"])
        if checked_results != (first.effect, reason, None, None, None) or (len(path), path[0].reason) != (
            1,
            first.effect,
        ):
            yield Phrase(
                "faults", "rule_says_grade", (first.id, first.effect, reason, checked_results[0], checked_results[1])
            )
        return
    index, margin = _first_grade(plan, first, path[0], known)
    if index is None:
        yield Phrase("faults", "rule_gives_not", (first.id, path[0].reason))
        return
    route = first.route
    for line, rule in zip(path[1:], taken[1:], strict=True):
        new = adjusted(rule, index, len(plan.grades))  # type: ignore[arg-type]
        if new == index or plan.grades[new] != line.reason:
            yield Phrase("faults", "makes_row", (line.rule, plan.grades[new], plan.grades[index], line.reason))
            return
        index, route = new, rule.route or route  # type: ignore[union-attr]
    for rule in plan.adjusters:
        if rule not in taken and _holds(rule.when, known) and adjusted(rule, index, len(plan.grades)) != index:
            yield Phrase("faults", "rule_has_no_row", (rule.id,))
    margin = margin if len(path) == 1 and grade["score"] is not None else None
    expected = ("graded", "", plan.grades[index], route or "", margin)
    checked_results = (
        grade["state"],
        grade["state_reason"] or "",
        grade["grade"],
        grade["route"] or "",
        _micro(grade["margin"]),
    )
    for name, value, here in zip(
        ("state", "state_reason", "grade", "route", "margin"), expected, checked_results, strict=True
    ):
        if value != here:
            yield Phrase("faults", "facts_of_rules", (name, _text(here), _text(value)))


def _first_grade(plan: Plan, rule: PlanRule, line: Line, known: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The grade (index) that a deciding rule gives, and its margin."""
    if rule.effect != "bands":
        index = rule.grade or 0
        return (index if plan.grades[index] == line.reason else None), None
    for index, low, high, first, last in rule.bands:
        if "score" in known and low <= known["score"] <= high:
            edge = last if plan.lower_is_better else first
            margin = None if abs(edge) == TOP else abs(known["score"] - edge)
            return (index if plan.grades[index] == line.reason else None), margin
        if "score" not in known and plan.grades[index] == line.reason:
            return index, None
    return None, None


def _open_faults(plan: Plan, grade: Mapping[str, Any], lines: list[Line], row_scores: RowScores) -> Iterator[Phrase]:
    """Where no rule decided: outside the scheme, or the decision depends on what nobody published."""
    reason = grade["state_reason"] or ""
    if (grade["grade"], grade["route"], grade["margin"]) != (None, None, None) or grade["state"] == "graded":
        yield Phrase("faults", "no_row_decides_grade")
    if grade["state"] == "not_graded" and reason not in OF_NOBODY:
        yield Phrase("faults", "no_row_decides_reason", (repr(reason),))
    if grade["state"] != "not_computable" or reason == "no_band":
        return
    head, _, tail = reason.partition(":")
    needed = {line.rule for line in lines if line.reason in ("unknown", "pooled") and line.step != "cap"}
    hidden = {line.item for line, items in row_scores.items if line.nominal is None and items}
    if head != "unknown" or not needed <= set(tail.split("+")) <= needed | hidden or tail != _sorted(tail):
        yield Phrase("faults", "result_depends_reason", (_sorted("+".join(needed)), repr(reason)))


def _sorted(tail: str) -> str:
    return "+".join(sorted(set(tail.split("+"))))


def _source_faults(plan: Plan, grade: Mapping[str, Any], lines: list[Line], row_scores: RowScores) -> Iterator[Phrase]:
    """Evidence and readings are those of the rules that have a row; some more may have touched the subject unseen."""
    sure, perhaps = _touched(plan, lines, row_scores)
    marks = {MARKS.index(rule.evidence) for rule in sure if rule.evidence is not None}
    more = {MARKS.index(rule.evidence) for rule in perhaps if rule.evidence is not None}
    for line, items in row_scores.items:
        if line.reason == "unknown" and line.nominal is not None:
            marks.add(MARKS.index("unknown"))
        elif any(item.window.beyond for item in items):
            more.add(MARKS.index("unknown"))
    least = max(marks, default=-1)
    allowed = {max(least, number) for number in more} | {least}
    named = {MARKS[number] if number >= 0 else plan.scheme.evidence for number in allowed}
    if grade["evidence"] not in named:
        yield Phrase("faults", "evidence_rules_rows", (grade["evidence"], " or ".join(sorted(named))))
    readings = [part for part in (grade["readings"] or "").split(";") if part]
    needed = {value for rule in sure for value in rule.reading}
    other = {value for rule in perhaps for value in rule.reading}
    other |= {name for attribute in plan.scheme.attributes.values() for name in attribute.reading}
    if not needed <= set(readings) <= needed | other or len(set(readings)) < len(readings):
        wrong = sorted(needed ^ set(readings) if not needed <= set(readings) else set(readings) - needed - other)
        yield Phrase("faults", "readings_not_rows", (grade["readings"] or NONE, ", ".join(wrong)))


def _touched(plan: Plan, lines: list[Line], row_scores: RowScores) -> tuple[list[Any], list[Any]]:
    """The rules that surely touched the subject, and those that may have."""
    sure: list[Any] = []
    perhaps: list[Any] = []
    rules: Iterable[PlanRule] = (*plan.start, *plan.bonus, *plan.conditions, *plan.deciders, *plan.adjusters)
    named = {(line.step, line.rule) for line in lines}
    places = {"start": (*plan.start, *plan.bonus), "condition": plan.conditions}
    for rule in rules:
        step = next((name for name, those in places.items() if rule in those), "decide")
        if (step, rule.id) in named:
            sure.append(rule.rule)
    for line, items in row_scores.items:
        head, _, tail = line.reason.partition(":")
        for item in items:
            group = plan.groups[item.group] if item.group is not None else None
            own = [item.rule, *([group.rule] if group and (group.cap is not None or group.heaviest) else [])]
            mended = [value for value in (item.repair_terms, item.repair_rule) if value is not None]
            (sure if len(items) == 1 else perhaps).extend(own)
            (sure if len(items) == 1 and head == "corrected" else perhaps).extend(mended)
        exempt = [rule.rule for rule in plan.exemptions if head in ("exempt", "withdrawn") or rule.rule.read_by_facts]
        sure += [rule.rule for rule in plan.exemptions if head == "exempt" and rule.id == tail]
        perhaps += exempt
    return sure, perhaps


def _micro(value: Any) -> int | None:
    return None if value is None else to_micro(value)


def _shown(value: int | None) -> str:
    return NONE if value is None else plain_micro(value)


def _text(value: Any) -> str:
    return NONE if value in (None, "") else _shown(value) if isinstance(value, int) else str(value)
