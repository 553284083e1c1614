"""A case as data: what is contested, what the grade is with and without it, what was asked and decided, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from creditscore.cascade.inputs import as_kept, as_known
from creditscore.composite.load import load_composite
from creditscore.core.errors import CreditscoreError, DifferenceError
from creditscore.core.i18n import LANGS, period_said, plain, word
from creditscore.core.i18n import word as explained
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.evidence.papers import LifeStep, Papers
from creditscore.evidence.remedies import remedies
from creditscore.explanation.labels import Labels, scheme_named
from creditscore.explanation.ledger import Explanation, explain
from creditscore.explanation.reason_codes import decider_said
from creditscore.grading.result import Grading
from creditscore.objections.case import WHOLE
from creditscore.objections.counterfactuals import Merit, comes_out, merits
from creditscore.records import Snapshot
from creditscore.schemes.model import Scheme
from creditscore.status.rules import clock_of, life_rules

Pair = Mapping[str, str]  # zh and en
SIDES = ("before", "after")


def pair(section: str, code: str) -> dict[str, str]:
    """The label of a code in both languages; the code itself where it has none."""
    return both(word(section, code))


def both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def compile_case_file(
    papers: Papers,
    snapshot: Snapshot,
    *,
    on: date,
    schemes: Mapping[str, Scheme] | None = None,
    weighed: bool = True,
) -> dict[str, Any]:
    """Compile what pages and letters show about a case: contested records, grade, questions, decision and deadlines.

    Every grade is computed again and compared with the store, so that nothing is shown that cannot be reproduced.

    Parameters
    ----------
    papers
        What the store says of an open or decided case (`read_papers`).
    snapshot
        The snapshot from which the contested run was graded.
    on
        The day that counts as today; for a decided case the day of the decision takes its place in computing grades.
    schemes
        Schemes outside the library, by id without version; None: only the library is used.
    weighed
        Whether to add `merits`: what the grade is without each contested record, then and now.

    Returns
    -------
    dict
        Plain values for JSON; labels in Chinese and English. `decision` is None while the case is open.

    Raises
    ------
    DifferenceError
        Where a grade is not reproduced as the store holds it.

    Examples
    --------
    >>> papers = read_papers(store, "C2025-0001")  # doctest: +SKIP
    >>> data = compile_case_file(papers, snapshot, on=date(2025, 3, 3))  # doctest: +SKIP
    >>> data["state"], len(data["contested"])  # doctest: +SKIP
    ('decided', 2)
    """
    case, run = papers.case, papers.run
    day = case.decision.on if case.decision is not None else on
    (grade_row,) = papers.grades
    then = as_kept(run, snapshot, [case.subject_id], schemes)
    merit_rows: tuple[Merit, ...] = ()
    if weighed:
        merit_rows = merits(run, snapshot, case.subject_id, case.records, papers.earlier, day, grade_row, schemes, then)
    else:
        comes_out(run, then, grade_row)
    explanation = explain(then, case.subject_id)
    data: dict[str, Any] = {
        "case_id": case.case_id,
        "subject_id": case.subject_id,
        "name": redact(_name(snapshot, case.subject_id)),
        "scheme": case.scheme,
        "title": both(explanation.title),
        "period": case.period,
        "run_id": case.run_id,
        "kept_by": papers.keeper,
        "made_up": bool(run.manifest.get("made_up", False)),
        "procedure": case.procedure,
        "procedure_label": pair("procedures", case.procedure),
        "state": case.state,
        "state_label": pair("case_states", case.state),
        "opened_on": case.opened_on.isoformat(),
        "opened_by": case.opened_by,
        "on": on.isoformat(),
        "clock": _clock(papers),
        "contested": [_contested(ground.__dict__, papers.ledger, explanation) for ground in case.grounds],
        "merits": [_merit(merit) for merit in merit_rows],
        "questions": [_question(question.__dict__, on) for question in case.questions],
        "grade": _graded(explanation) | {"input": _input(explanation)},
        "life": [_state(step) for step in papers.life],
        "corrections": papers.corrections,
        "decision": None,
        "letters": [dict(letter) for letter in case.letters],
    }
    if case.decision is not None:
        data["decision"] = _decision(papers, snapshot, then, explanation, schemes)
    return data


def _decision(
    papers: Papers, snapshot: Snapshot, then: Grading, before: Explanation, schemes: Mapping[str, Scheme] | None
) -> dict[str, Any]:
    case, decision = papers.case, papers.case.decision
    assert decision is not None
    changed = any(action != "uphold" for action in decision.findings.values())
    after, standing = before, then
    if changed:
        standing = as_known(papers.run, snapshot, [case.subject_id], papers.events, decision.on, schemes)
        again = {name: str(value) for name, value in standing.grades.to_pylist()[0].items() if value is not None}
        if again != {name: value for name, value in decision.after.items() if value is not None}:
            raise DifferenceError("evidence.decided_grade_differs", case=case.case_id, where=case.run_id)
        after = explain(standing, case.subject_id)
    ruled = decision.after  # a grade is named by the version that gave it, not by the newest of its scheme
    own = scheme_of(f"{ruled['scheme']}@{ruled['version']}" if ruled.get("version") else case.scheme, schemes)
    was = {key: decision.before.get(key) for key in ("state", "grade", "score")}
    now = {key: decision.after.get(key) for key in ("state", "grade", "score")}
    return {
        "on": decision.on.isoformat(),
        "by": decision.by,
        "reason": redact(decision.reason),
        "articles": list(decision.articles),
        "findings": [
            {
                "record_id": record,
                "action": action,
                "label": pair("actions", action),
                "changes": {name: redact(str(change)) for name, change in decision.changes.get(record, {}).items()},
            }
            for record, action in decision.findings.items()
        ],
        "before": {**was, "said": graded_in_short(decision.before), "words": graded_in_words(decision.before, own)},
        "after": {
            **now,
            "said": graded_in_short(decision.after),
            "words": graded_in_words(decision.after, own),
            "sum": after.sum if after.by_score else "",
            "decided_by": _decided_by(after),
            "version": decision.after.get("version"),
            "input": _input(after),
        },
        "changed": was != now,
        "follows": tell_following(papers, schemes),
        "late": case.decide_by is not None and decision.on > case.decide_by,
        "remedies": remedies(papers, decision.on, standing),
    }


def _decided_by(after: Explanation) -> dict[str, list[str]]:
    """The rules that gave or changed a grade, with their articles, records and entries, in sentences by language."""
    return {
        lang: [redact(sentence) for decider in after.deciders for sentence in decider_said(after, decider, lang)]
        for lang in LANGS
    }


def tell_following(papers: Papers, schemes: Mapping[str, Scheme] | None = None) -> dict[str, Any]:
    """Say what a decision changed, and what it opened for people to do, with labels; `done` on which day."""
    case, follows = papers.case, papers.follows
    changes = [
        {
            **change,
            "title": title_of(change["scheme"], schemes),
            "before": graded_in_short(change["before"]),
            "after": graded_in_short(change["after"]),
            **{f"{side}_words": graded_in_words(change[side], scheme_of(change["scheme"], schemes)) for side in SIDES},
            "own": (change["run_id"], change["subject_id"]) == (case.run_id, case.subject_id),
        }
        for change in follows["changes"]
    ]
    tasks = [
        {
            **task,
            "own": task["subject_id"] == case.subject_id,
            "thing_label": task["thing_label"] or _graded_label(follows, task["thing"]),
        }
        for task in follows["tasks"]
    ]
    composites = tell_scores(follows)
    return {"cascade": follows["cascade"], "changes": changes, "composites": composites, "tasks": tasks}


def tell_scores(follows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say how the scores of composites changed with an act (`follows` of papers), with labels."""
    return [
        {
            **score,
            "title": _composite_title(score["config"]),
            "before": scored_in_short(score["before"]),
            "after": scored_in_short(score["after"]),
            **{f"{side}_words": _scored_in_words(score[side]) for side in SIDES},
        }
        for score in follows["composites"]
    ]


def _clock(papers: Papers) -> dict[str, Any]:
    case = papers.case
    rules = life_rules(case.scheme.partition("@")[0])
    of_its_own = case.procedure != "objection" and rules.procedure(case.procedure, int(case.period[:4])) is not None
    return {
        "id": case.clock,
        "label": None if of_its_own else both(clock_of("", 0, case.clock).label),
        "mark_by": None if case.mark_by is None else case.mark_by.isoformat(),
        "decide_by": None if case.decide_by is None else case.decide_by.isoformat(),
        "provisional": case.provisional,
        "basis": papers.basis,
        "mark": papers.mark,
        "mark_label": pair("case_marks", papers.mark),
    }


def _contested(
    ground: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], explanation: Explanation
) -> dict[str, Any]:
    record = ground["record_id"]
    line = next((line for line in explanation.lines if line.record_id == record), None)
    row = next((row for row in rows if row["record_id"] == record), None)
    return {
        **ground,
        "statement": redact(ground["statement"]),
        "ground_label": pair("grounds", ground["ground"]),
        "item": None if row is None else row["item"],
        "label": pair("whole", WHOLE) if record == WHOLE else None if line is None else both(line.label),
        "effective": None if row is None or row["effective"] is None else str(row["effective"]),
        "reason": None if line is None else both(line.said),
        "article": None if row is None else row["article"],
    }


def _merit(merit: Merit) -> dict[str, Any]:
    cells = ("then_with", "then_without", "now_with", "now_without")
    return {
        "record_id": merit.record_id,
        **{name: str(getattr(merit, name)) for name in cells},
        "versions": {name: getattr(merit, name).version for name in ("then_with", "now_with")},
        "decisive": merit.decisive,
    }


def _question(row: Mapping[str, Any], on: date) -> dict[str, Any]:
    plainly = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    texts = {name: redact(plainly[name]) for name in ("department", "text", "answer", "document_no")}
    return {
        **plainly,
        **texts,
        "records": list(row["records"]),
        "overdue": row["answered_on"] is None and row["due"] < on,
    }


def _graded(explanation: Explanation) -> dict[str, Any]:
    return {
        "state": explanation.state,
        "grade": explanation.grade,
        "label": both(explanation.grade_label),
        "score": None if explanation.score is None else f"{explanation.score.normalize():f}",
        "sum": explanation.sum,
    }


def _input(explanation: Explanation) -> dict[str, list[str]]:
    """What the input of a grade lacks, in sentences by language, without the accounts of those who accepted rows."""
    return {lang: [redact(line) for line in explanation.input_lines(lang, office=False)] for lang in LANGS}


def _state(step: LifeStep) -> dict[str, Any]:
    return {
        "status": step.status,
        "label": pair("grade_statuses", step.status),
        "step": pair("case_steps", step.step),
        "grade": step.grade or step.state,
        "grade_label": graded_in_words({"grade": step.grade, "state": step.state}, scheme_of(step.scheme, None)),
        "on": step.on,
        "case_id": step.case_id,
        "basis": step.basis,
        "mark": step.mark,
    }


def graded_in_short(grade: Mapping[str, Any]) -> str:
    """`C (57)`, `not_graded`: a row of grades in short."""
    grade_or_state = grade.get("grade") or str(grade.get("state"))
    score = grade.get("score")
    plain = str(score).rstrip("0").rstrip(".") if "." in str(score) else str(score)
    return grade_or_state if not score else f"{grade_or_state} ({plain})"


def graded_in_words(grade: Mapping[str, Any], scheme: Scheme | None) -> dict[str, str]:
    """`绿（环保诚信）（57分）`, `不评级`: a row of grades in the words of its scheme or of its state.

    The score stands there only where it gave the grade.
    """
    code = str(grade.get("grade") or "")
    labels = [grade_name.label for grade_name in scheme.grades if grade_name.code == code] if scheme is not None else []
    label = labels[0] if labels else state_label(code or str(grade.get("state")))
    score = grade.get("score") if grade.get("route") in (None, "", "score") else None
    return _with_score(label, score)


def _with_score(label: Label, score: Any) -> dict[str, str]:
    """`A级（90分）`, `A (90)`: a grade, or what stands for it, and its score."""
    short = graded_in_short({"grade": label.en, "score": score})
    points_words = short.removeprefix(f"{label.en} (").removesuffix(")") if score else ""
    return {"zh": f"{label.zh}（{points_words}分）" if points_words else label.zh, "en": short}


def state_label(code: str) -> Label:
    """What stands for a grade where there is none, in words."""
    label = explained("states", code)
    return label if label.zh != code else explained("state_reasons", code)


def _scored_in_words(face: Sequence[str]) -> dict[str, str]:
    state, score, grade = face
    return _with_score(plain(grade) if grade else state_label(state), score)


def scored_in_short(face: Sequence[str]) -> str:
    """`BB (767)`, `coverage`: state or reason, score and grade of a composite in short."""
    state, score, grade = face
    return graded_in_short({"state": state, "score": score, "grade": grade})


def _composite_title(config: str) -> dict[str, str]:
    try:
        return both(load_composite(config).label)
    except CreditscoreError:  # one that is in no library
        return {"zh": config, "en": config}


def title_of(pinned: str, schemes: Mapping[str, Scheme] | None = None) -> dict[str, str]:
    """The title of a scheme (`tax@2014-10-01`) in both languages; its id where it is in no library."""
    return both(Labels(scheme_of(pinned, schemes), pinned).title)


def scheme_of(pinned: str, schemes: Mapping[str, Scheme] | None) -> Scheme | None:
    """The scheme of a grade; None where it is in no library."""
    return (schemes or {}).get(pinned.partition("@")[0]) or scheme_named(pinned)


def _graded_label(follows: Mapping[str, Any], thing: str) -> dict[str, str] | None:
    """What a grading or composite that changed is called, with its period; None for anything else."""
    for change in follows.get("changes", ()):
        if change["run_id"] == thing:
            title = title_of(change["scheme"])
            between = {"zh": "", "en": ", "}
            return {lang: f"{title[lang]}{between[lang]}{period_said(change['period'], lang)}" for lang in LANGS}
    known = any(thing == score["config"] for score in follows.get("composites", ()))
    return _composite_title(thing) if known else None


def _name(snapshot: Snapshot, subject_id: str) -> str:
    rows = snapshot.con.execute(f"SELECT name FROM {snapshot.subjects} WHERE subject_id = ?", [subject_id]).fetchall()
    return str(rows[0][0] or "") if rows else ""
