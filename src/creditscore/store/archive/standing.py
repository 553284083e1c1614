"""What stands now of a kept run: its own rows, or for some organisations those that were drawn anew; and as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.core.tables.table import literal, quote
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import KINDS, ArchivedRows, add_place, group_rows
from creditscore.store.archive.runs import KeptRun
from creditscore.store.context import Context
from creditscore.store.declarations import StreamType
from creditscore.store.fold import Stream, fold
from creditscore.store.log import read_streams

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.store.store import Store

GRADE = StreamType(
    "grade",
    fields={
        "run": "text",
        "files": "words",
        "before": "words",
        "after": "words",
        "hash": "text",
        "because": "text",
        "as_kept": "yes_no",
    },
    events={"grade.redrawn": ()},
)


def name_grade(run_id: str, subject_id: str) -> str:
    """Return the stream of an organisation's grade in a run."""
    return f"grade/{run_id}/{subject_id}"


def rows_as_kept(archive: Archive, run: KeptRun, subject_ids: Iterable[str]) -> dict[str, Any]:
    """Read the rows of some organisations as they were kept; one that is not in the run is left out.

    Returns
    -------
    dict of str to Rows or Scored
        By organisation.
    """
    ids = sorted(set(subject_ids))
    return group_rows(run.kind, {table: archive.read(name, ids) for table, name in run.files.items()})


def rows_as_they_stand(
    store: Store, run: KeptRun, subject_ids: Iterable[str], *, until: int | None = None
) -> dict[str, Any]:
    """Read the rows of some organisations as they stand: the newest that were drawn, else those that were kept.

    Parameters
    ----------
    store
        The open store.
    run
        A kept run.
    subject_ids
        Which organisations.
    until
        As they stood after that event of the log; None: now.

    Returns
    -------
    dict of str to Rows or Scored
        By organisation; one that is not in the run is left out.
    """
    with store.reading() as connection:
        return read_standing(connection, store.archive, run, subject_ids, until=until)


def read_standing(
    connection: sa.Connection, archive: Archive, run: KeptRun, subject_ids: Iterable[str], *, until: int | None = None
) -> dict[str, Any]:
    """Read what stands, from the log itself; acts use it inside their own transaction."""
    ids = sorted(set(subject_ids))
    streams = read_streams(connection, [name_grade(run.run_id, subject) for subject in ids])
    by_files: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for subject in ids:
        events = [event for event in streams[name_grade(run.run_id, subject)] if until is None or event.seq <= until]
        drawn = fold(name_grade(run.run_id, subject), events)
        files = drawn.fields.get("files") if drawn.version >= 0 and not drawn.fields.get("as_kept") else None
        by_files.setdefault(tuple(sorted((files or run.files).items())), []).append(subject)
    rows: dict[str, Any] = {}
    for files, own in by_files.items():
        tables = {table: _of_run(archive.read(name, own), run.run_id) for table, name in files}
        rows.update(group_rows(run.kind, tables))
    return {subject: rows[subject] for subject in ids if subject in rows}


def _of_run(table: pa.Table, run_id: str) -> pa.Table:
    """The rows of one run in a file of rows that were drawn for several."""
    if "run_id" not in table.column_names:
        return table
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["run_id"], run_id))


def tables_as_they_stand(
    store: Store,
    run: KeptRun,
    subject_ids: Iterable[str] | None = None,
    *,
    as_kept: bool = False,
    known_on: str | None = None,
) -> dict[str, pa.Table]:
    """Read the tables of a run of some organisations or all, sorted by organisation.

    They are as they stand now, `as_kept`, or as they stood by what the office knew on a day (`known_on`).
    """
    import duckdb

    drawn = {} if as_kept else find_drawn(store, run, known_on)
    chosen = "" if subject_ids is None else f" WHERE subject_id IN ({_listed(subject_ids)})"
    tables = {}
    with duckdb.connect() as con:
        for table, columns in KINDS[run.kind].items():
            names = ", ".join(map(quote, columns))
            cells = ", ".join(f"CAST({quote(name)} AS {kind}) AS {quote(name)}" for name, kind in columns.items())
            con.register("kept_rows", add_place(store.archive.read(run.files[table], subject_ids)))
            parts = [f"SELECT {cells}, place FROM kept_rows WHERE subject_id NOT IN ({_listed(drawn)})"]
            by_file: dict[str, list[str]] = {}
            for subject, stream in drawn.items():
                by_file.setdefault(stream.fields["files"][table], []).append(subject)
            for number, (file, own) in enumerate(by_file.items()):
                con.register(f"drawn_{number}", add_place(_of_run(store.archive.read(file, own), run.run_id)))
                parts.append(f"SELECT {cells}, place FROM drawn_{number}")
            query = f"SELECT {names} FROM ({' UNION ALL '.join(parts)}){chosen} ORDER BY subject_id, place"
            tables[table] = con.sql(query).to_arrow_table()
    return tables


def find_drawn(store: Store, run: KeptRun, known_on: str | None = None) -> dict[str, Stream]:
    """Find the grades of a run that were drawn anew and stand so, by organisation; `known_on` as above."""
    names = [row["stream"] for row in store.rows("grade", run=run.run_id)]
    drawn: dict[str, Stream] = {}
    with store.reading() as connection:
        streams = read_streams(connection, names)
    for name, events in streams.items():
        stream = fold(name, [event for event in events if known_on is None or event.known_on <= known_on])
        if stream.version >= 0 and stream.fields.get("files") and not stream.fields.get("as_kept"):
            drawn[stream.subject] = stream
    return drawn


def _listed(subject_ids: Iterable[str]) -> str:
    return ", ".join(map(literal, sorted(set(subject_ids)))) or "''"


def subjects_in(archive: Archive, run: KeptRun, subject_ids: Iterable[str]) -> list[str]:
    """Return those of some organisations that a run graded, or a composite scored; sorted."""
    first = next(iter(KINDS[run.kind]))
    return sorted(set(archive.read(run.files[first], subject_ids)["subject_id"].to_pylist()))


def emit_redrawn(
    context: Context,
    archive: Archive,
    run: KeptRun,
    changes: Mapping[str, tuple[ArchivedRows, ArchivedRows]],
    *,
    because: str,
    as_kept: Iterable[str] = (),
) -> None:
    """Write what is drawn anew to the archive, one file for each table, and an event for each organisation.

    Parameters
    ----------
    context
        Of the act from which it follows; it must declare that it writes `grade.redrawn`.
    archive
        Where the rows go; a file that no event comes to name may be left behind by an act that is not taken.
    run
        The run.
    changes
        For each organisation its rows before and after.
    because
        The stream from which it follows.
    as_kept
        Organisations whose own rows, as they were kept, stand again.
    """
    import pyarrow as pa

    own = set(as_kept)
    files = {}
    for table, columns in KINDS[run.kind].items():
        rows = [row for subject in sorted(changes) if subject not in own for row in getattr(changes[subject][1], table)]
        cells = {name: pa.array([row[name] for row in rows], pa.string()) for name in columns}
        files[table] = archive.put(pa.table({**cells, "run_id": pa.array([run.run_id] * len(rows), pa.string())}))
    for subject, (before, after) in sorted(changes.items()):
        faces: Any = (before, after)
        values = {
            "run": run.run_id,
            "files": dict(run.files) if subject in own else files,
            "before": faces[0].face,
            "after": faces[1].face,
            "hash": after.hash,
            "because": because,
            "as_kept": subject in own,
        }
        context.emit(name_grade(run.run_id, subject), "grade.redrawn", subject=subject, set=values, state="redrawn")


def history_of(store: Store, run_id: str, subject_id: str) -> Stream:
    """Return how an organisation's grade in a run was drawn anew, from the log; without events where it never was."""
    name = name_grade(run_id, subject_id)
    with store.reading() as connection:
        return fold(name, read_streams(connection, [name])[name])
