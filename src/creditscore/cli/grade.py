"""`creditscore grade`: tables or a snapshot in, grades, ledger, quarantine and manifest out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import Marks, put_disputes
from creditscore.cli.office import open_store
from creditscore.cli.progress import working
from creditscore.cli.settings import load_settings
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv
from creditscore.core.errors import TooManyRejected, UsageError

if TYPE_CHECKING:
    from creditscore.core.tables.write import Csv
    from creditscore.grading.batch import Gradings
    from creditscore.grading.result import Grading

Table = Annotated[Path | None, typer.Option()]

MOST_NAMED = 20  # unread columns of the summary
ROOM = 110  # columns that the table of several schemes needs


def grade_command(
    out: Annotated[Path, typer.Option()],
    scheme: Annotated[
        str | None,
        typer.Option(),
    ] = None,
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
            raise UsageError("a snapshot already holds the tables", next="give --snapshot alone, or the tables")
        source, tables = read_snapshot(snapshot, memory_limit=memory_limit), {}
    else:
        if subjects is None or records is None:
            raise UsageError(
                "the tables are missing",
                allowed="--subjects FILE --records FILE, or --snapshot DIR",
                next="see `creditscore grade --help`",
            )
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
    with working(f"grading under {scheme or profile}"):
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
    if isinstance(grading, Gradings):
        _report_all(grading)
    else:
        _report(grading)
    for note in notes:
        typer.echo(f"note: {note}")
    if refused is not None:
        refused.where = str(out / "quarantine.parquet")
        refused.next = f"{refused.next}; there is no result: {out} holds the quarantine alone"
        raise refused
    typer.echo(f"written to {out}")


def _disputes(grading: Grading | Gradings, store: str | None, source: Any, out: Path, csv: Csv) -> list[str]:
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
    notes = [f"{table.num_rows} disputed records; the grades without them are in disputes.parquet"]
    left = (
        len([event for event in fitting(source, events) if event.event not in MARKS])
        if isinstance(source, Snapshot)
        else 0
    )
    if left:
        notes.append(
            f"{left} events that cases decided are not in this snapshot; `creditscore case events` exports them"
        )
    return notes


MARKS = ("disputed", "dispute_resolved")  # events that change no score


def _names(scheme: str | None, profile: str | None, period: str | None, as_of: str | None) -> list[str]:
    """The schemes asked for, by name or by a profile and a day."""
    if (scheme is None) == (profile is None):
        raise UsageError(
            "give either schemes or a profile", allowed="--scheme tax,labour/national or --profile jilin-edz"
        )
    if scheme is not None:
        return [name.strip() for name in scheme.split(",") if name.strip()]
    from creditscore.grading.grade import moment_of
    from creditscore.schemes.profiles import load_profile
    from creditscore.schemes.registry import moment

    day = moment("day", moment_of(period, as_of))
    assert not isinstance(day, int)
    return load_profile(profile or "").schemes(day)


def _report_all(gradings: Gradings) -> None:
    """One line per scheme: how many subjects have which grade, and what could not be graded."""
    from creditscore.cli.tables import console, say_line, show, show_blocks

    manifest = gradings.manifest
    say_line(f"{len(gradings)} schemes  known at {manifest['known_at']}  run {manifest['run_id']}")
    rows = []
    for grading in gradings:
        counts = grading.manifest["counts"]
        grades = {grade: counts["grades"][grade] for grade in grading.plan.grades if grade in counts["grades"]}
        states = {state: count for state, count in counts["states"].items() if state != "graded"}
        used = counts["records"]["used"]
        rows.append((grading.plan.scheme.name, grading.plan.period, str(used), _counted(grades), _counted(states)))
    if console().width < ROOM:
        show_blocks((f"{name}  {period}", _lines(*more)) for name, period, *more in rows)
    else:
        show(("scheme", "period", "records", "graded", "not graded"), rows)
    for note in dict.fromkeys(note for grading in gradings for note in grading.manifest["notes"]):
        say_line(f"note: {note}")
    for name, why in gradings.left_out():
        say_line(f"skipped  {name}: {why}")
    for reason, count in manifest["reasons"].items():
        typer.echo(f"refused  {reason}: {count}")
    _report_input(manifest)


def _lines(records: str, graded: str, others: str) -> list[str]:
    """The same row for a narrow terminal."""
    parts = (("records", records), ("graded", graded), ("not graded", others))
    return ["  ".join(f"{name}: {text}" for name, text in parts if text)]


def _counted(counts: dict[str, int]) -> str:
    return "  ".join(f"{name} {count}" for name, count in counts.items())


def _report_input(manifest: Mapping[str, Any]) -> None:
    """Say which grades refused rows leave open, by feed and reason; what a person accepted; what marks every grade;
    which columns nobody read.
    """
    from creditscore.cli.tables import say_line
    from creditscore.core.i18n import say, word

    for row in manifest["blocked_grades"]:
        feed = f"feed {row['feed']}, " if row["feed"] else ""
        grades = "1 grade" if row["grades"] == 1 else f"{row['grades']} grades"
        say_line(f"blocked  {feed}{row['table']}: {row['reason']}: {grades}")
    if manifest["accepted_rows"]:
        people = ", ".join(sorted({row["by"] for row in manifest["accepted"]}))
        say_line(f"accepted  refused rows taken for lost: {manifest['accepted_rows']}, by {people}")
    for code in manifest.get("input_marks", ()):
        say_line(f"marked  every grade: {say(word('input_states', code), 'en')}")
    unread = [f"{table}.{name}" for table, names in manifest.get("unread_columns", {}).items() for name in names]
    if unread:
        more = f" and {len(unread) - MOST_NAMED} more (manifest.json)" if len(unread) > MOST_NAMED else ""
        say_line(f"not read  columns: {', '.join(unread[:MOST_NAMED])}{more}")


def _report(grading: Grading) -> None:
    from creditscore.cli.tables import say_line, show

    manifest = grading.manifest
    rows = manifest["counts"]["records"]
    say_line(
        f"{manifest['scheme']}  period {manifest['period']}  known at {manifest['known_at']}  run {manifest['run_id']}"
    )
    elsewhere = [name for name in ("other_domain", "other_scheme") if rows[name]]
    parts = ("used", "not_yet_known", "out_of_window", "refused", *elsewhere)
    sum_of_rows = " + ".join(f"{rows[part]} {part.replace('_', ' ')}" for part in parts)
    say_line(f"records: {rows['in']} in = {sum_of_rows}")
    for reason, count in manifest["reasons"].items():
        say_line(f"refused  {reason}: {count}")
    _report_input(manifest)
    total = sum(manifest["counts"]["states"].values()) or 1
    others = [(state, count) for state, count in manifest["counts"]["states"].items() if state != "graded"]
    grades = [(grade, count) for grade, count in manifest["counts"]["grades"].items()]
    show(
        ("grade or state", "subjects", "share"),
        [(name, str(count), f"{100 * count / total:.1f} %") for name, count in grades + others],
    )
    for note in manifest["notes"]:
        say_line(f"note: {note}")
