"""What a page must fulfil before it is shown: rows that fit each other, their rules, and the records where at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from creditscore.core.days import read_day
from creditscore.core.errors import CreditscoreError, DifferenceError
from creditscore.core.i18n import Phrase
from creditscore.core.quantities import from_micro, plain, points, to_micro
from creditscore.core.version import __version__
from creditscore.explanation.check_decision import decision_faults, without_faults
from creditscore.explanation.check_rows import NONE, row_faults
from creditscore.explanation.read import SubjectRows
from creditscore.grading.bind import bind
from creditscore.grading.identity import FORMAT, named_in, run_id_of
from creditscore.grading.input_state.state import ACCEPTED, BLOCKED, REFUSED, WHOLE
from creditscore.grading.interpreter.exact import Outcome
from creditscore.grading.interpreter.ledger import STEPS, Line
from creditscore.grading.plan import Plan
from creditscore.schemes.model import Scheme

NUMBERS = ("start", "score", "score_low", "score_high", "margin")
ABOUT = ("scheme", "version", "period")


def check(
    subject_rows: SubjectRows,
    plan: Plan | None,
    outcome: Outcome | None = None,
    row_again: Mapping[str, Any] | None = None,
) -> None:
    """Refuse one subject of a grading whose parts do not fit; DifferenceError names the first that does not.

    Always: start + Σ effective = score, and each row's effective from its nominal. `plan`: each row is one that the
    rules can give, and caps, limits, score, grade, route, margin, evidence and readings follow from the rows.
    `outcome`: every number and code is what the records of the subject give, computed again; `row_again`: its state and
    what it rests on are those of its row of grades, graded again.
    """
    _refuse(subject_rows, _run_faults(subject_rows), "run_not_own")
    _refuse(subject_rows, _sums(subject_rows), "ledger_not_add_up")
    _refuse(subject_rows, _row_sums(subject_rows), "ledger_not_add_up")
    _refuse(subject_rows, _input_faults(subject_rows), "input_not_refused")
    if plan is not None:
        lines = [_line(row) for row in subject_rows.ledger]
        row_scores, faults = row_faults(plan, subject_rows.grade, lines)
        _refuse(subject_rows, faults, "ledger_not_rules")
        if subject_rows.grade["state_reason"] != BLOCKED:
            faults = decision_faults(plan, subject_rows.grade, lines, row_scores)
        else:
            faults = without_faults(plan, subject_rows.grade, lines, row_scores)
        _refuse(subject_rows, faults, "grade_not_ledger")
    if outcome is not None:
        _refuse(subject_rows, _unlike(subject_rows, outcome), "page_not_records")
    if row_again is not None:
        _refuse(subject_rows, _unlike_row(subject_rows, row_again), "page_not_records")


def plan_of(run: Mapping[str, Any], scheme: Scheme) -> Plan | None:
    """The plan under which a run graded; None where another format of runs, or for the first another version, did."""
    same = run["run_format"] == FORMAT if "run_format" in run else run.get("creditscore") == __version__
    if not same or not set(named_in(run)) <= set(run):
        return None
    at = int(run["period"]) if scheme.period == "year" else date.fromisoformat(run["as_of"])
    law = None if run["law_known_at"] == "latest" else date.fromisoformat(run["law_known_at"])
    try:
        return bind(scheme, at, known_at=read_day(run["known_at"]), law_known_at=law)
    except CreditscoreError:
        return None


def _refuse(subject_rows: SubjectRows, faults: Iterator[Phrase], what: str) -> None:
    why = next(faults, None)
    if why is not None:
        about = Phrase("faults", what, (subject_rows.grade["subject_id"],))
        raise DifferenceError("explanation.files_not_together", about=about, why=why)


def _run_faults(subject_rows: SubjectRows) -> Iterator[Phrase]:
    run, grade = subject_rows.manifest, subject_rows.grade
    lacking = [name for name in named_in(run) if name not in run]
    if lacking and "run_format" in run:
        yield Phrase("faults", "manifest_not", (", ".join(lacking),))
    elif not lacking and run_id_of(run) != run.get("run_id"):
        yield Phrase("faults", "run_id_what_derived", (repr(run.get("run_id")), repr(run_id_of(run))))
    code, _, version = str(run["scheme"]).partition("@")
    stated_by_run = {
        "scheme": code,
        "version": version,
        "period": str(run.get("period")),
        "known_at": str(run.get("known_at")),
    }
    for name, value in stated_by_run.items():
        if str(grade[name]) != value:
            yield Phrase("faults", "grade_run", (name, grade[name], value))
    for number, row in enumerate(subject_rows.ledger, start=1):
        for name in ABOUT:
            if row[name] != stated_by_run[name]:
                yield Phrase("faults", "row_run", (number, name, repr(row[name]), repr(stated_by_run[name])))


def _input_faults(subject_rows: SubjectRows) -> Iterator[Phrase]:
    """The state of the input against the run's own and the refused rows of the subject; earlier versions said none."""
    stated, state = subject_rows.grade.get("input_state"), subject_rows.grade["state"]
    if stated is None:
        if "input_marks" in subject_rows.manifest:
            yield Phrase("faults", "input_state_missing")
        return
    codes, general = set(stated.split(";")), set(subject_rows.manifest.get("input_marks", ()))
    own = codes - general - {WHOLE}
    if any(miss["table"] == "attributes" for miss in subject_rows.manifest.get("near_misses", ())):
        own -= {"near_miss_columns"}  # the subject's own attribute may be the one with the wrong name
    if not general <= codes or (WHOLE in codes and len(codes) > 1) or ";".join(sorted(codes)) != stated:
        yield Phrase("faults", "input_state_run", (repr(stated), ";".join(sorted(general)) or WHOLE))
    if not own <= {REFUSED, ACCEPTED} or (own and not subject_rows.refused):
        yield Phrase("faults", "input_state_refused_rows_no", (repr(stated), ", ".join(sorted(own))))
    is_blocked = (state, subject_rows.grade["state_reason"]) == ("not_computable", BLOCKED)
    if (subject_rows.grade["state_reason"] == BLOCKED) != is_blocked or (is_blocked and REFUSED not in own):
        yield Phrase("faults", "state_input_state", (state, subject_rows.grade["state_reason"], repr(stated)))
    stated_columns = [name for name in ("grade", "route", "score", "margin") if subject_rows.grade[name] is not None]
    if is_blocked and stated_columns:
        yield Phrase("faults", "refused_rows_leave_grade", (", ".join(stated_columns),))
    if subject_rows.grade["grade_without"] is not None and not is_blocked:
        yield Phrase("faults", "grade_stands_another_one")


def _unlike_row(subject_rows: SubjectRows, again: Mapping[str, Any]) -> Iterator[Phrase]:
    for name in ("state", "state_reason", "input_state", "grade_without"):
        if name in subject_rows.grade and _text(subject_rows.grade[name]) != _text(again[name]):
            written, computed = (_text(row[name]) or NONE for row in (subject_rows.grade, again))
            yield Phrase("faults", "computed_again", (name, written, computed))


def _sums(subject_rows: SubjectRows) -> Iterator[Phrase]:
    """Start lines against the start, start and ledger against the score."""
    grade = subject_rows.grade
    if grade["state"] == "not_graded" or grade["start"] is None:
        return
    start = sum((row["nominal"] or Decimal(0) for row in subject_rows.ledger if row["step"] == "start"), Decimal(0))
    known = [row["effective"] for row in subject_rows.ledger if row["effective"] is not None]
    reached = grade["start"] + sum(known, Decimal(0))
    if start != grade["start"]:
        yield Phrase("faults", "start_lines_add_up", (points(start), points(grade["start"])))
    if grade["score"] is None:
        return
    if len(known) < len(subject_rows.ledger) and not any(row["step"] == "cap" for row in subject_rows.ledger):
        yield Phrase("faults", "line_no_number_yet")
    if reached != grade["score"]:
        yield Phrase("faults", "start_ledger_add_up", (points(reached), points(grade["score"])))


def _row_sums(subject_rows: SubjectRows) -> Iterator[Phrase]:
    """Each row's effective against its nominal, by what the row says of itself; no rule is needed for it."""
    before = 0
    for number, row in enumerate(subject_rows.ledger, start=1):
        place, nominal, effective = _place(number, row["step"], row["rule"]), row["nominal"], row["effective"]
        if row["step"] not in STEPS or STEPS.index(row["step"]) < before:
            yield Phrase("faults", "stands_where_no_such", (place,))
            return
        before = STEPS.index(row["step"])
        numbers = Phrase("faults", "numbers", (_shown(nominal), _shown(effective), row["reason"]))
        if not _fits(row["step"], row["reason"].partition(":")[0], nominal, effective):
            yield Phrase("faults", "row_numbers", (place, numbers))


def _fits(step: str, reason: str, nominal: Decimal | None, effective: Decimal | None) -> bool:
    """Whether a row may have these two numbers for its reason."""
    match step, reason:
        case "start", "unknown":
            return nominal is None and effective is None
        case "start", _:
            return nominal is not None and effective == 0
        case "cap" | "limit", _:
            return nominal is None and (effective is None) == (reason == "unknown")
        case "decide", _:
            return nominal is None and effective == 0
        case "condition" | "record", "unknown":
            return effective is None and (nominal is None or step == "record")
        case _, "counted":
            return nominal is not None and nominal == effective
        case "record", "corrected" | "repaired":
            if nominal is None or effective is None:
                return effective == 0  # whatever it weighed, all of it was given back
            return 0 <= effective <= nominal if nominal >= 0 else nominal <= effective <= 0
        case "record", "noted":
            return nominal == 0 and effective == 0
        case "record", "pooled":
            return nominal is None and effective == 0
        case "record", "withdrawn" | "exempt" | "displaced":
            return effective == 0
    return False


def _place(number: int, step: str, name: str | None) -> Phrase:
    return Phrase("faults", "row_place", (number, step, name or ""))


def _shown(value: Any) -> str:
    return NONE if value is None else points(value)


def _line(row: Mapping[str, Any]) -> Line:
    nominal, effective = (None if row[name] is None else to_micro(row[name]) for name in ("nominal", "effective"))
    step, record, item, rule, cited, reason = (
        row[name] or "" for name in ("step", "record_id", "item", "rule", "article", "reason")
    )
    return Line(step, record, item, nominal, effective, rule, cited, reason)


def _unlike(subject_rows: SubjectRows, outcome: Outcome) -> Iterator[Phrase]:
    """Where the written rows are not those of the outcome."""
    graded = outcome.state == "graded"
    known = outcome.state != "not_graded"
    again: dict[str, Any] = {
        "state": outcome.state,
        "state_reason": outcome.state_reason,
        "start": from_micro(outcome.start),
        "score": from_micro(outcome.score) if known else None,
        "score_low": from_micro(outcome.score_low),
        "score_high": from_micro(outcome.score_high),
        "grade": outcome.grade,
        "route": outcome.route,
        "margin": from_micro(outcome.margin) if graded else None,
        "evidence": outcome.evidence,
        "readings": ";".join(outcome.readings),
    }
    if subject_rows.grade["state_reason"] == BLOCKED:  # what refused rows leave open is not said
        again = {"grade_without": outcome.grade} | {name: again[name] for name in ("evidence", "readings")}
    for name, value in again.items():
        if _text(subject_rows.grade[name]) != _text(value):
            yield Phrase(
                "faults", "computed_again", (name, _text(subject_rows.grade[name]) or NONE, _text(value) or NONE)
            )
    lines = outcome.ledger
    for number, (row, line) in enumerate(zip(subject_rows.ledger, lines, strict=False), start=1):
        for name in ("step", "record_id", "item", "nominal", "effective", "rule", "article", "reason"):
            computed = getattr(line, name)
            computed = from_micro(computed) if name in ("nominal", "effective") else computed
            if _text(row[name]) != _text(computed):
                place = _place(number, line.step, line.record_id or line.rule)
                yield Phrase(
                    "faults", "row_computed_again", (place, name, _text(row[name]) or NONE, _text(computed) or NONE)
                )
    if len(subject_rows.ledger) != len(lines):
        yield Phrase("faults", "ledger_rows_computed_again", (len(subject_rows.ledger), len(lines)))


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else plain(value)
