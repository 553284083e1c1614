"""Which records are disputed now, and how the grades that rest on them stand without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import as_kept
from creditscore.core.i18n import lang_of, phrase
from creditscore.grading.disputes import NAMES, Row, read_disputes
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading
from creditscore.objections.cases import read_cases
from creditscore.objections.counterfactuals import Cell, without
from creditscore.schemes.model import Scheme
from creditscore.store.archive.runs import list_runs, snapshot_of
from creditscore.store.archive.standing import subjects_in

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from creditscore.store.store import Store


@dataclass(frozen=True)
class Dispute:
    """A record that an open case contests."""

    case_id: str
    subject_id: str
    record_id: str
    since: date
    decide_by: date | None


@dataclass(frozen=True)
class Marked:
    """The mark of one grade: its disputed records, and the grade without them (None where the run is not kept)."""

    subject_id: str
    disputes: tuple[Dispute, ...]
    without: Cell | None


def list_disputed(store: Store, on: date | None = None, subject_ids: Iterable[str] | None = None) -> list[Dispute]:
    """List the records that open cases contest.

    Parameters
    ----------
    store
        An open store of an office.
    on
        As the cases stood at the end of a day; None: as they stand.
    subject_ids
        Only records of these organisations; None: of all.

    Returns
    -------
    list of Dispute
        In the order in which the cases were opened.
    """
    return [
        Dispute(case.case_id, case.subject_id, record, case.opened_on, case.decide_by)
        for case in read_cases(store, on, subject_ids)
        if case.open and case.disputes
        for record in case.records
    ]


def disputes_in_words(disputes: Iterable[Dispute]) -> str:
    """`r1 (C2023-0001), r2 (C2023-0001)`."""
    return ", ".join(f"{dispute.record_id} ({dispute.case_id})" for dispute in disputes)


def marks(
    store: Store,
    run_id: str,
    subject_ids: Iterable[str] | None = None,
    *,
    place: Path | None = None,
    schemes: Mapping[str, Scheme] | None = None,
) -> list[Marked]:
    """Mark the disputed grades of a run, each with a second grade without its disputed records.

    Parameters
    ----------
    store
        An open store of an office.
    run_id
        The run; for one that the store does not keep, disputes of its organisations are named without a second grade.
    subject_ids
        Only grades of these organisations; None: of all.
    place
        The snapshot, where it has moved.
    schemes
        Schemes outside the library, by id.

    Returns
    -------
    list of Marked
        One for each organisation that brings a disputed record to the grade, whichever grade its case is about.
    """
    of = by_subject(list_disputed(store, subject_ids=subject_ids))
    if not of:
        return []
    run = next((run for run in list_runs(store, kind="grading") if run.run_id == run_id), None)
    if run is None:
        return [Marked(subject, own, None) for subject, own in of.items()]
    graded = {subject: of[subject] for subject in subjects_in(store.archive, run, of)}
    if not graded:
        return []
    grading = as_kept(run, snapshot_of(run, place), graded, schemes)
    return marks_in(grading, [dispute for own in graded.values() for dispute in own])


def by_subject(disputes: Iterable[Dispute]) -> dict[str, tuple[Dispute, ...]]:
    """Disputes by subject, in order of the subjects; those of one in the order of their cases."""
    dispute_rows: dict[str, list[Dispute]] = {}
    for dispute in disputes:
        dispute_rows.setdefault(dispute.subject_id, []).append(dispute)
    return {who: tuple(dispute_rows[who]) for who in sorted(dispute_rows)}


def marks_in(grading: Grading, disputes: Iterable[Dispute]) -> list[Marked]:
    """The disputed grades of a grading in memory: those whose subject brings a disputed record to it."""
    of = by_subject(disputes)
    dispute_marks = []
    for subject_id, subject in inputs(grading, list(of)):
        records = {record["record_id"] for record in subject.records}
        own = tuple(dispute for dispute in of[subject_id] if dispute.record_id in records)
        if own:
            dispute_marks.append(
                Marked(subject_id, own, without(grading, subject_id, [dispute.record_id for dispute in own]))
            )
    return dispute_marks


def said_of(marked: Marked, lang: str = "zh") -> str:
    """The mark in one line."""
    named = disputes_in_words(marked.disputes)
    if marked.without is None:
        return phrase("case", "marked", lang_of(lang), named)
    return phrase("case", "marked_without", lang_of(lang), named, marked.without)


def as_rows(marked: Iterable[Marked]) -> list[dict[str, Any]]:
    """One row per disputed record of a grade, for tables and JSON."""
    return [
        {
            "subject_id": marked_score.subject_id,
            "record_id": dispute.record_id,
            "case_id": dispute.case_id,
            "disputed_since": dispute.since.isoformat(),
            "decide_by": None if dispute.decide_by is None else dispute.decide_by.isoformat(),
            "grade_without": None
            if marked_score.without is None
            else marked_score.without.grade or marked_score.without.state,
            "score_without": None
            if marked_score.without is None or marked_score.without.score is None
            else str(marked_score.without.score),
        }
        for marked_score in marked
        for dispute in marked_score.disputes
    ]


def dispute_table(marked: Mapping[str, Iterable[Marked]]) -> pa.Table:
    """The marks of several schemes as one table, sorted: scheme, subject, record."""
    import pyarrow as pa

    rows = [{"scheme": scheme, **row} for scheme, own in sorted(marked.items()) for row in as_rows(own)]
    rows.sort(key=lambda row: (row["scheme"], row["subject_id"], row["record_id"], row["case_id"]))
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in NAMES})


def marks_beside(folder: Path | str, scheme: str, subject_id: str) -> list[Marked]:
    """The mark of a grade in a folder that was written with `--store`, as it stood then; none in another folder."""
    rows = [row for row in read_disputes(folder) if (row["scheme"], row["subject_id"]) == (scheme, subject_id)]
    return [Marked(subject_id, tuple(_dispute(row) for row in rows), _cell(rows[0]))] if rows else []


def _dispute(row: Row) -> Dispute:
    until = row["decide_by"]
    return Dispute(
        str(row["case_id"]),
        str(row["subject_id"]),
        str(row["record_id"]),
        date.fromisoformat(str(row["disputed_since"])),
        None if until is None else date.fromisoformat(until),
    )


def _cell(row: Row) -> Cell | None:
    grade, score = row["grade_without"], row["score_without"]
    return None if grade is None else Cell("", "", grade, None if score is None else Decimal(score), "")
