"""A user's module: it uses every name of the front door, and a strict type checker accepts it.

It is checked and not run (tests/test_front_door.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import creditscore as cs
from creditscore import composite, evidence, explanation, inspection, lists, modelling, repair


def grade_a_year(tables: dict[str, Path], year: int) -> cs.Grading:
    """A regulator's grading, from tables to a folder."""
    snapshot: cs.Snapshot = cs.ingest(tables["subjects"], tables["records"], feeds=tables["feeds"])
    newest = cs.schemes.pick("tax", on=f"{year}-12-31")
    try:
        grading = cs.grade(snapshot, newest, year)
    except cs.TooManyRejected as refusal:
        raise cs.InputError(str(refusal)) from refusal
    except (cs.NotInForce, cs.SchemeError, cs.UsageError) as refusal:
        print(cs.__version__, refusal.where, refusal.allowed, refusal.next)
        raise
    grading.write("out")
    return grading


def compare_domains(snapshot: cs.Snapshot, year: int) -> cs.Composite:
    """Several schemes, one score."""
    names = [scheme.name for scheme in cs.schemes.list(on=f"{year}-12-31")]
    gradings: cs.Gradings = cs.grade_all(snapshot, names, as_of=f"{year}-12-31", skip=True)
    result: cs.Composite = cs.combine(gradings, "jilin_edz")
    cs.set_language("en")
    explained: explanation.CompositeExplanation = explanation.explain_composite(result, "91500000MAAAAAA188")
    print(explained.text("en"), composite.read_composite(result.write("composite")).manifest)
    return result


def explain_a_grade(grading: cs.Grading, subject: str) -> str:
    """A reviewer's questions."""
    written: cs.WrittenGrading = cs.read("out")
    rows: int = written.grades.num_rows
    explained: cs.Explanation = cs.explain(written, subject)
    Path("page.html").write_text(explained.page("zh"), encoding="utf-8")
    decisive: explanation.DecisiveRecords = cs.decisive(grading, subject, target="any")
    data: dict[str, Any] = explained.data() | decisive.data()
    return f"{rows} {explained.sum} {decisive.fewest} {decisive.text('en')} {data['grade']}"


def hear_an_objection(snapshot: cs.Snapshot, subject: str, record: str) -> cs.Case:
    """A case from its opening to its letter."""
    from datetime import date

    day = date(2023, 5, 8)
    with cs.Store("case.db") as store:
        (run,) = store.keep("out", "snapshot", by="li.na")
        grounds = [{"ground": "not_my_record", "record_id": record}]
        opened = store.act(
            "objection", "open", by="zhang.min", on=day, subject=subject, run=run.run_id, grounds=grounds
        )
        try:
            plan = store.preview(
                "objection", "decide", opened.name, by="zhang.min", on=day, findings={record: "withdraw"}, reason="why"
            )
        except cs.NotAllowed as refusal:
            raise cs.CreditscoreError("somebody else decides") from refusal
        store.confirm(plan, plan.digest)
        papers: evidence.Papers = evidence.read_papers(store, opened.name)
        data = evidence.compile_case_file(papers, snapshot, on=day)
        letter = evidence.compose_letter(data, "zh", document_no="1", on=day.isoformat(), office="Credit office")
        print(evidence.letter_text(letter))
        print(lists, repair.plan_repair)
        return papers.case


def plan_a_year(classes: Path) -> inspection.InspectionPlan:
    """Inspections by class."""
    plan: inspection.InspectionPlan = cs.plan_inspections([("composite", classes)], 2024)
    plan.write("plan")
    return plan


def train_a_model(table: Any, outcome: Any) -> modelling.ValidationReport:
    """An analyst's card, an ordinal model, and a validation."""
    card: cs.ScorecardClassifier = cs.ScorecardClassifier().fit(table, outcome)
    grader: cs.OrdinalGrader = cs.OrdinalGrader().fit(table, outcome)
    model: modelling.GradingModel = cs.train(table, modelling.TrainConfig.of({"target": "breach", "name": "breach"}))
    print(card, grader, model.predict(table))
    report: modelling.ValidationReport = cs.validate(model, table, outcome)
    return report


def show_a_scheme() -> dict[str, str]:
    """What the newest tax rules say at their head."""
    scheme: cs.schemes.Scheme = cs.schemes.pick("tax")
    return cs.schemes.show(scheme.name, "zh")
