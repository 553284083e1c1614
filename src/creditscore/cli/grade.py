"""`creditscore grade`: tables or a snapshot in, grades, ledger, quarantine and manifest out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import Marks, OneScheme, put_disputes
from creditscore.cli.office import open_store
from creditscore.cli.output import HEADS, give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.settings import load_settings
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv
from creditscore.core.errors import TooManyRejected, UsageError
from creditscore.core.i18n import Phrase, language, phrase, word

if TYPE_CHECKING:
    from creditscore.core.tables.write import Csv
    from creditscore.grading.batch import Gradings
    from creditscore.grading.result import Grading

Table = Annotated[Path | None, typer.Option()]

MOST_NAMED = 20  # unread columns of the summary


def grade_command(
    out: Annotated[Path, typer.Option()],
    scheme: OneScheme = None,
    profile: str | None = None,
    period: str | None = None,
    as_of: Annotated[
        str | None,
        typer.Option(),
    ] = None,
    subjects: Table = None,
    records: Table = None,
    attributes: Table = None,
    listings: Table = None,
    history: Table = None,
    feeds: Table = None,
    snapshot: Path | None = None,
    known_at: str | None = None,
    intake_on: Annotated[
        str | None,
        typer.Option(),
    ] = None,
    provisional: Annotated[bool, typer.Option("--provisional")] = False,
    strict: Annotated[
        bool | None,
        typer.Option("--strict/--no-strict"),
    ] = None,
    ignore_columns: str | None = None,
    max_rejected: Annotated[int, typer.Option(min=0)] = 0,
    memory_limit: Annotated[
        str | None,
        typer.Option(),
    ] = None,
    accept: Annotated[
        Path | None,
        typer.Option(),
    ] = None,
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
    store: Marks = None,
) -> None:
    from creditscore.grading.batch import Gradings, grade_all
    from creditscore.grading.grade import grade
    from creditscore.records.snapshot_files import read_snapshot

    if scheme is None:
        profile = profile or load_settings().profile or None
    names, form = _names(scheme, profile, period, as_of), chosen_csv(csv, csv_people)
    source: Any
    tables: dict[str, Any]
    if snapshot is not None:
        if subjects or records or attributes or listings or history or feeds or intake_on:
            raise UsageError("cli.snapshot_already_holds_tables")
        source, tables = read_snapshot(snapshot, memory_limit=memory_limit), {}
    else:
        if subjects is None or records is None:
            raise UsageError("cli.tables_missing")
        source = records
        tables = {
            "subjects": subjects,
            "attributes": attributes,
            "listings": listings,
            "history": history,
            "feeds": feeds,
            "memory_limit": memory_limit,
            "intake_on": intake_on,
        }
    refused: TooManyRejected | None = None
    with working("grading", scheme or profile):
        try:
            tables |= {
                "as_of": as_of,
                "known_at": known_at,
                "provisional": provisional,
                "strict": profile is not None if strict is None else strict,
                "max_rejected": max_rejected,
                "accepted": accept,
            }
            tables["ignore_columns"] = [name.strip() for name in (ignore_columns or "").split(",") if name.strip()]
            if len(names) == 1 and profile is None:
                grading: Grading | Gradings = grade(source, names[0], period, **tables)
            else:
                grading = grade_all(source, names, period, **tables, skip=profile is not None)
        except TooManyRejected as error:
            grading, refused = error.grading, error  # type: ignore[attr-defined]
        grading.write(out, csv=form, failed=refused.what if refused else None)
        notes = [] if refused else _disputes(grading, store, source, out, form)
    lines = _tell_all(grading) if isinstance(grading, Gradings) else _tell(grading)
    give(grading.manifest, *lines, *(told("note", note) for note in notes), written=[] if refused else [out])
    if refused is not None:
        refused.where = str(out / "quarantine.parquet")
        refused.next = f"{refused.next}; there is no result: {out} holds the quarantine alone"
        raise refused


def _disputes(grading: Grading | Gradings, store: str | None, source: Any, out: Path, csv: Csv) -> list[Phrase]:
    """Write `disputes` beside the grades, and say what of the store these grades do not hold."""
    from creditscore.grading.result import Grading

    if store is None:
        put_disputes(out, None, csv)
        return []
    from creditscore.cascade.inputs import fitting
    from creditscore.cascade.record_streams import read_record_events
    from creditscore.objections.disputes import dispute_table, list_disputed, marks_in
    from creditscore.records import Snapshot

    with open_store(store) as opened:
        disputes = list_disputed(opened)
        with opened.reading() as connection:
            events = read_record_events(connection)
    runs = [grading] if isinstance(grading, Grading) else list(grading)
    table = dispute_table({run.plan.scheme.scheme: marks_in(run, disputes) for run in runs})
    put_disputes(out, table, csv)
    notes = [told("disputed_grades", table.num_rows)]
    left = (
        len([event for event in fitting(source, events) if event.event not in MARKS])
        if isinstance(source, Snapshot)
        else 0
    )
    if left:
        notes.append(told("events_not_in_snapshot", left))
    return notes


MARKS = ("disputed", "dispute_resolved")  # events that change no score


def _names(scheme: str | None, profile: str | None, period: str | None, as_of: str | None) -> list[str]:
    """The schemes asked for, by name or by a profile and a day."""
    if (scheme is None) == (profile is None):
        raise UsageError("cli.scheme_or_profile")
    if scheme is not None:
        return [name.strip() for name in scheme.split(",") if name.strip()]
    from creditscore.grading.grade import moment_of
    from creditscore.schemes.profiles import load_profile
    from creditscore.schemes.registry import moment

    day = moment("day", moment_of(period, as_of))
    assert not isinstance(day, int)
    return load_profile(profile or "").schemes(day)


def _tell_all(gradings: Gradings) -> Iterator[Any]:
    """One line per scheme: how many subjects have which grade, and what could not be graded."""
    manifest = gradings.manifest
    yield told("graded_schemes", len(gradings), manifest["known_at"], manifest["run_id"])
    rows = []
    for grading in gradings:
        counts = grading.manifest["counts"]
        grades = {grade: counts["grades"][grade] for grade in grading.plan.grades if grade in counts["grades"]}
        states = {state: count for state, count in counts["states"].items() if state != "graded"}
        rows.append(
            {
                "scheme": grading.plan.scheme.name,
                "period": grading.plan.period,
                "records": counts["records"]["used"],
                "graded": _counted(grades) or None,
                "not_graded": _counted(states) or None,
            }
        )
    yield tabulate(rows, "scheme", "period", "records", "graded", "not_graded")
    for note in dict.fromkeys(note for grading in gradings for note in grading.manifest["notes"]):
        yield told("note", note)
    for name, why in gradings.left_out():
        yield told("skipped", name, why)
    for reason, count in manifest["reasons"].items():
        yield told("refused", reason, count)
    yield from _tell_input(manifest)


def _counted(counts: dict[str, int]) -> str:
    return "  ".join(f"{name} {count}" for name, count in counts.items())


def _tell_input(manifest: Mapping[str, Any]) -> Iterator[Phrase]:
    """Say which grades refused rows leave open, by feed and reason; what a person accepted; what marks every grade;
    which columns nobody read.
    """
    for row in manifest["blocked_grades"]:
        where = told("of_feed", row["feed"], row["table"]) if row["feed"] else row["table"]
        yield told("blocked", where, row["reason"], row["grades"])
    if manifest["accepted_rows"]:
        people = sorted({row["by"] for row in manifest["accepted"]})
        yield told("accepted", manifest["accepted_rows"], people)
    for code in manifest.get("input_marks", ()):
        yield told("marked", word("input_states", code))
    unread = [f"{table}.{name}" for table, names in manifest.get("unread_columns", {}).items() for name in names]
    if unread:
        yield told("not_read", unread[:MOST_NAMED])
    if len(unread) > MOST_NAMED:
        yield told("more_not_read", len(unread) - MOST_NAMED)


def _tell(grading: Grading) -> Iterator[Any]:
    from creditscore.present.document import percent

    manifest = grading.manifest
    rows = manifest["counts"]["records"]
    yield told("graded", manifest["scheme"], manifest["period"], manifest["known_at"], manifest["run_id"])
    elsewhere = [name for name in ("other_domain", "other_scheme") if rows[name]]
    parts = ("used", "not_yet_known", "out_of_window", "refused", *elsewhere)
    yield told("records_in", rows["in"], " + ".join(f"{rows[part]} {say_head(part)}" for part in parts))
    for reason, count in manifest["reasons"].items():
        yield told("refused", reason, count)
    yield from _tell_input(manifest)
    total = sum(manifest["counts"]["states"].values()) or 1
    counts = [*manifest["counts"]["grades"].items()]
    counts += [(state, count) for state, count in manifest["counts"]["states"].items() if state != "graded"]
    yield tabulate(
        [{"grade_or_state": name, "subjects": count, "share": percent(count / total)} for name, count in counts],
        *("grade_or_state", "subjects", "share"),
    )
    for note in manifest["notes"]:
        yield told("note", note)


def say_head(code: str) -> str:
    """What a column, or a part of a sum, is called."""
    return phrase(HEADS, code, language())
