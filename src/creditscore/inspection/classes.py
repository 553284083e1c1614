"""The class of each organisation, from a table or a folder of grades, and the state of its data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import Phrase
from creditscore.core.identity import look_at_id, redact
from creditscore.core.json_source import read_object
from creditscore.core.tables.table import Table
from creditscore.grading.disputes import read_disputes
from creditscore.grading.input_state.state import BLOCKED
from creditscore.grading.manifest import refuse_failed
from creditscore.inspection.programme import COLUMNS, Programme
from creditscore.inspection.rows import Row, read_rows
from creditscore.records.schema import KIND_OF_PREFIX, PERSONS

DATA_STATES = ("ok", "faulty", "disputed", "missing")
CLASSES = Table(
    "classes",
    ("subject_id",),
    (
        "class",
        "grade",
        "state",
        "state_reason",
        "scheme",
        "period",
        "data_state",
        "kind",
        "config",
        "input_state",
        *COLUMNS,
    ),
)
SUBJECTS = Table("subjects", ("subject_id",), ("kind", *COLUMNS))
STATES = Table("data_states", ("subject_id", "data_state"), ("programme", "reason"))
QUARANTINE = Table("quarantine", ("subject_id",), ())
UNGRADED = ("not_graded", "not_computable")
# a grade with one of these marks rests on input that was refused, not read or not yet there: no settled class. What
# nobody states of a whole district (feeds, attributes) is said of the run and leaves its classes as they are.
UNSETTLED = ("refused_rows", "unattributed_rows", "period_not_over", "near_miss_columns")
SHOWN = 5


def read_classes(data: Any, programme: Programme) -> list[Row]:
    """One row per organisation: `subject_id`, `class` ("" where there is none), `data_state`, and what the table has.

    `data`: a table with `class` or `grade`, a folder that `grade` or `composite` wrote, or a grading in memory. In a
    folder, whose grade is left open by refused rows, or marked in `input_state`, has faulty data (of earlier versions,
    which state nothing: who has a refused row in `quarantine`); who is not graded has none; whose grade rests on a
    record in `disputes` is `contested`.
    Raises InputError for natural persons, for a class that the programme does not know, and for a subject twice.
    """
    faulty: set[str] = set()
    disputed: set[tuple[str, str]] = set()  # scheme or composite, subject
    table = data
    if hasattr(data, "grades") and hasattr(data, "quarantine"):
        table = data.grades
        faulty = {row["subject_id"] for row in read_rows(data.quarantine, QUARANTINE)}
    elif isinstance(data, str | Path) and Path(data).is_dir():
        table, faulty = _folder(Path(data))
        disputed = {(str(row["scheme"]), str(row["subject_id"])) for row in read_disputes(data)}
    rows = read_rows(table, CLASSES)
    chosen = _of_scheme(rows, programme)
    for row in chosen:
        row["class"] = row["class"] or ("" if row["state"] in UNGRADED else row["grade"])
        row["data_state"] = row["data_state"] or (
            "faulty" if unsettled_by(row, faulty) else "ok" if row["class"] else "missing"
        )
        row["contested"] = "yes" if (row["scheme"] or row["config"], row["subject_id"]) in disputed else ""
    clean_ids(chosen, f"classes of {programme.programme}")
    once(chosen, f"classes of {programme.programme}", "several periods or schemes? give one of them")
    known = programme.by_grade()
    odd = Counter(row["class"] for row in chosen if row["class"] and row["class"] not in known)
    if odd:
        raise InputError(
            "inspection.classes_not_know_organisations",
            programme=programme.programme,
            listed=", ".join(redact(name) for name in sorted(odd)[:SHOWN]),
            sum=sum(odd.values()),
            allowed=", ".join(known),
        )
    wrong = sorted({row["data_state"] for row in chosen} - set(DATA_STATES))
    if wrong:
        raise InputError("inspection.data_state", wrong=redact(wrong[0]), where="classes", allowed=DATA_STATES)
    return chosen


def unsettled_by(row: Row, faulty: Collection[str] = ()) -> list[str]:
    """What leaves the class of a row unsettled: its marks, or of an earlier version its refused rows (`faulty`)."""
    if row["input_state"] or row["state_reason"] == BLOCKED:
        marks = {*row["input_state"].split(";"), row["state_reason"]}
        return [code for code in UNSETTLED if code in marks]
    return [BLOCKED] if row["subject_id"] in faulty else []


def made_up(data: Any) -> bool:
    """Whether a folder or a grading says that its organisations do not exist."""
    if isinstance(data, str | Path):
        file = Path(data) / "manifest.json"
        return file.is_file() and bool(read_object(file).get("made_up", False))
    return bool(getattr(data, "manifest", {}).get("made_up", False)) if hasattr(data, "grades") else False


def _folder(folder: Path) -> tuple[Path, set[str]]:
    refuse_failed(folder)
    for name in ("composite", "grades"):
        for kind in ("parquet", "csv"):
            if (folder / f"{name}.{kind}").is_file():
                held = folder / "quarantine.parquet"
                refused = read_rows(held, QUARANTINE) if held.is_file() else []
                return folder / f"{name}.{kind}", {row["subject_id"] for row in refused}
    raise InputError("inspection.no_classes_folder", where=str(folder))


def _of_scheme(rows: list[Row], programme: Programme) -> list[Row]:
    """The rows of the programme's scheme, where the table holds several."""
    schemes = {row["scheme"] for row in rows} - {""}
    wanted = (programme.scheme or "").partition("@")[0]
    if not schemes or (len(schemes) == 1 and (not wanted or wanted in schemes)):
        return rows
    if wanted not in schemes:
        held = (
            Phrase("fragments", "several_schemes")
            if len(schemes) > 1
            else Phrase("fragments", "of_scheme", (redact(min(schemes)),))
        )
        raise InputError(
            "inspection.table_holds_names",
            held=held,
            programme=programme.programme,
            value=wanted or Phrase("fragments", "none"),
            allowed=wanted or "one class per organisation",
        )
    return [row for row in rows if row["scheme"] == wanted]


def clean_ids(rows: list[Row], where: str) -> None:
    """Ids in one form, in place; InputError for natural persons, empty or spoilt ids, and ids with a bar."""
    reasons: Counter[str] = Counter()
    example: dict[str, str] = {}
    for row in rows:
        text, reason = look_at_id(row["subject_id"], False, upper=False)
        if len(text) == 18 and text.upper() != text and look_at_id(text, True)[1] is None:
            text = text.upper()
        if reason is None and row.get("kind", "").lower() in PERSONS:
            reason = "natural_person"
        if reason is None and any(sign in text for sign in "|\n\r"):
            reason = "bad_id"
        if reason is not None:
            reasons[reason] += 1
            example.setdefault(reason, redact(text)[:24])
        row["subject_id"] = text
    if reasons:
        shown = "; ".join(
            f"{reason}: {count}" + (f" ({example[reason]})" if reason not in ("natural_person", "empty_id") else "")
            for reason, count in sorted(reasons.items())
        )
        raise InputError("inspection.ids_cannot_used", where_value=where, shown=shown)


def once(rows: list[Row], where: str, next: str) -> None:
    """InputError when a subject stands twice."""
    twice = [name for name, count in Counter(row["subject_id"] for row in rows).items() if count > 1]
    if twice:
        raise InputError(
            "inspection.subjects_stand_twice_such", where_value=where, twice_count=len(twice), min=min(twice), next=next
        )


def is_sole_trader(row: Row) -> bool:
    """By its kind, or by the first two characters of its code."""
    kind = row["kind"] or (KIND_OF_PREFIX.get(row["subject_id"][:2], "") if len(row["subject_id"]) == 18 else "")
    return kind == "individual_business"
