"""A few subjects by the reference interpreter, as the coded rows that the SELECTs of a run would leave for them."""

from __future__ import annotations

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.interpreter.exact import Outcome, opening, settle
from creditscore.grading.interpreter.ledger import STEPS
from creditscore.grading.output import grades_words, ledger_words, routes
from creditscore.grading.plan import Plan
from creditscore.grading.population import run
from creditscore.grading.population.compile import STATES, Columns, columns_of, reading_bits
from creditscore.grading.population.sql_ledger import vocabulary
from creditscore.grading.population.sql_records import Features, rec
from creditscore.grading.replay import subjects
from creditscore.schemes.model import MARKS

NUMBERS = ("start", "score", "score_low", "score_high")


def run_few(engine: DuckDBEngine, plan: Plan, features: Features, codes: dict[str, int]) -> int:
    """Fill `result_grades` and `result_ledger` as `run` does, with a ledger; returns the rows of records used.

    The same rows in the same order. The engine binds some fifty SELECTs before it grades anybody; plain Python does
    without, and is the slower one only from some hundred subjects on.
    """
    outcomes, used = [], 0
    for subject_id, subject in subjects(engine, plan):
        opened = opening(plan, subject)
        outcomes.append((subject_id, settle(plan, subject, opened)))
        used += sum(record["n_rows"] for record in opened.records if record["seen"])
    engine.words(vocabulary(plan))
    engine.table("grades_coded", grades_table(plan, outcomes))
    engine.table("ledger_sorted", ledger_table(outcomes))
    engine.view("result_grades", grades_words(plan))
    engine.view("result_ledger", ledger_words(plan))
    if features.corrections and plan.rolls:  # the manifest asks which of these days are provisional
        run.put_tables(engine, plan, codes)
        engine.step("rec", rec(plan))
        run.put_deadlines(engine, plan, features)
    return used


def grades_table(plan: Plan, outcomes: list[tuple[str, Outcome]]) -> Columns:
    """One row per outcome, with the columns of `output.grades_coded`."""
    ways, bits = routes(plan), reading_bits(plan)
    return columns_of(
        [
            (
                subject_id,
                STATES.index(outcome.state),
                outcome.state_reason,
                *(getattr(outcome, name) for name in NUMBERS),
                plan.grades.index(outcome.grade) if outcome.grade else None,
                ways.index(outcome.route) if outcome.state == "graded" else None,
                outcome.margin,
                MARKS.index(outcome.evidence),
                sum(bits[name] for name in outcome.readings),
            )
            for subject_id, outcome in outcomes
        ],
        ("subject_id", "VARCHAR"),
        ("state", "TINYINT"),
        ("state_reason", "VARCHAR"),
        *((name, "BIGINT") for name in NUMBERS),
        ("grade", "SMALLINT"),
        ("route", "SMALLINT"),
        ("margin", "BIGINT"),
        ("evidence", "TINYINT"),
        ("readings", "BIGINT"),
    )


def ledger_table(outcomes: list[tuple[str, Outcome]]) -> Columns:
    """The lines of the outcomes, with the columns of `output.ledger_sql`."""
    return columns_of(
        [
            (
                subject_id,
                STEPS.index(line.step),
                *(line.record_id, line.item, line.nominal, line.effective),
                *(line.rule, line.article, line.reason),
            )
            for subject_id, outcome in outcomes
            for line in outcome.ledger
        ],
        ("subject_id", "VARCHAR"),
        ("step", "TINYINT"),
        ("record_id", "VARCHAR"),
        ("item", "word"),
        ("nominal", "BIGINT"),
        ("effective", "BIGINT"),
        ("rule", "word"),
        ("article", "word"),
        ("reason", "word"),
    )
