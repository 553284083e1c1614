"""`creditscore measures`: the four lists; measures matched, lifted, due and exported. Single acts: `act measure`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, LangOption, On, StoreAddress, open_store
from creditscore.cli.output import HEADS, give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.scheme_check import tell_faults
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv
from creditscore.core.errors import ExitCode, InputError, TooManyRejected, UsageError
from creditscore.core.i18n import Phrase, say, word

if TYPE_CHECKING:
    from creditscore.present.document import Table

measures_app = App()

Folder = Annotated[Path | None, typer.Argument(metavar="[FOLDER]", show_default=False)]
MOST_REFUSED = 20  # rows that are shown
Rejected = Annotated[int, typer.Option(min=0)]


@measures_app.command("check")
def check_command(
    folder: Folder = None,
    notes: Annotated[bool, typer.Option("--notes/--no-notes")] = True,
) -> None:
    from creditscore.measures.load import inspect

    lists, faults, noted = inspect(folder)
    give(
        [vars(fault) for fault in (*faults, *noted)],
        *tell_faults([*faults, *(noted if notes else ())]),
        told("four_lists_size", len(lists.measures), len(lists.links)) if lists is not None else None,
        told("faults_and_notes", told("faults", len(faults)), told("notes", len(noted))),
        told("codes_explained", "docs/joint_measures.md"),
    )
    if faults:
        raise typer.Exit(ExitCode.SCHEME)


@measures_app.command("show")
def show_command(
    folder: Folder = None,
    lang: LangOption = "zh",
    grading: Path | None = None,
) -> None:
    from creditscore.measures import lines
    from creditscore.measures.export import as_data
    from creditscore.measures.load import load_four_lists
    from creditscore.present.document import Listing

    if grading is not None:
        attached_measures = _attached(grading, lang)
        table = _make_table(lines.ATTACHED, [lines.attached(value) for value in attached_measures])
        give([vars(value) for value in attached_measures], table, lines.INFORMATION, lang=lang)
        return
    lists = load_four_lists(folder)
    parts = [Listing(list(blocks), title=title) for title, blocks in lines.of_lists(lists)]
    give(as_data(lists), *parts, *lines.legend(lists), lang=lang)


def _make_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of columns called as the catalogue calls them; those that are empty in every row are left out."""
    from creditscore.present.document import Column, Table

    used = [place for place in range(len(heads)) if any(row[place] for row in rows)]
    return Table(
        [Column(Phrase(HEADS, heads[place])) for place in used], [[row[place] for place in used] for row in rows]
    )


def _attached(folder: Path, lang: str) -> list[Any]:
    import pyarrow.parquet as pq

    from creditscore.grading.manifest import refuse_failed
    from creditscore.measures.by_grade import attached

    refuse_failed(folder)
    file = folder / "grades.parquet"
    if not file.is_file():
        raise UsageError("cli.no_grading_lies", where=str(folder))
    try:
        return attached(pq.read_table(file).to_pylist(), lang)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("cli.grades_cannot_read", file=file, error=error) from error


@measures_app.command("match")
def match_command(
    events: Annotated[Path, typer.Argument(metavar="EVENTS")],
    store: StoreAddress,
    by: By = "",
    key: KeyFile = None,
    subjects: Path | None = None,
    known_at: str | None = None,
    max_rejected: Rejected = 0,
    lang: LangOption = "zh",
) -> None:
    from creditscore.measures import lines
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.tables import read_intake
    from creditscore.measures.workflow import propose
    from creditscore.present.document import Listing

    lists = load_four_lists()
    day = None if known_at is None else _read_day(known_at, "--known-at")
    with open_store(store, key) as opened:
        with working("reading"):
            intake = read_intake(events=events, subjects=subjects)
        refused = _list_refused(intake.refused, max_rejected)
        done = propose(opened, lists, intake, by=by, known_at=day)
    matched = done.matched
    blocks = [lines.proposal(proposal, lists) for proposal in matched.proposals]
    counts = lines.reasons(matched.refused)
    give(
        {
            "proposals": [vars(proposal) for proposal in matched.proposals],
            "not_proposed": [vars(row) for row in matched.refused],
            "refused": list(intake.refused),
        },
        *refused,
        Listing(blocks) if blocks else None,
        _make_table(lines.REASONS, counts) if counts else None,
        *lines.sums(done),
        lang=lang,
    )


@measures_app.command("lift")
def lift_command(
    store: StoreAddress,
    on: On,
    proposals: Annotated[list[str] | None, typer.Argument(metavar="[PROPOSAL]…", show_default=False)] = None,
    by: By = "",
    key: KeyFile = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.workflow import lift

    with open_store(store, key) as opened:
        causes = lift(opened, load_four_lists(), by=by, on=on, ids=proposals or None)
    rows = [
        {"measure": name, "cause": say(word("measure_endings", cause), lang)} for name, cause in sorted(causes.items())
    ]
    give(rows, tabulate(rows, "measure", "cause") if rows else None, told("lifted", len(rows)), lang=lang)


@measures_app.command("due")
def due_command(store: StoreAddress, on: On, lang: LangOption = "zh") -> None:
    from creditscore.core.days import from_day
    from creditscore.measures import lines
    from creditscore.measures.cases import due
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.workflow import read_cases, read_listings
    from creditscore.objections.disputed_entries import list_disputed_entries
    from creditscore.objections.disputes import disputes_in_words
    from creditscore.present.document import Listing

    lists, day = load_four_lists(), _read_day(on, "--on")
    with open_store(store) as opened:
        cases = read_cases(opened)
        listings = read_listings(opened, {case.proposal.subject_id for case in cases.values()})
        disputed = list_disputed_entries(opened, from_day(day))
    dues = due(cases.values(), lists, listings, day)
    blocks = []
    for step in dues:
        proposal = cases[step.proposal_id].proposal
        contested = disputes_in_words(disputed.get(proposal.listing_id, ()))
        blocks.append(lines.due(step, proposal, day, lists, contested))
    give([vars(step) for step in dues], Listing(blocks) if blocks else None, lines.due_sum(dues, lists), lang=lang)


@measures_app.command("export")
def export_command(
    store: StoreAddress,
    on: On,
    out: Annotated[Path, typer.Option()],
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.measures.export import export_measures
    from creditscore.measures.load import load_four_lists

    form = chosen_csv(csv, csv_people)
    with open_store(store) as opened:
        export_measures(opened, load_four_lists(), _read_day(on, "--on"), out, csv=form)
    give({}, written=[out])


def _read_day(text: str, name: str) -> int:
    from creditscore.core.days import read_day
    from creditscore.lists.entries import require_day

    return read_day(require_day(text, name))


def _list_refused(rows: tuple[dict[str, Any], ...], most: int) -> list[Any]:
    """Refused rows as a table; more than allowed end the command."""
    count = len({(row["table"], row["line"]) for row in rows})
    names = ("table", "line", "reason", "column", "value")
    shown = [{name: row[name] or None for name in names} for row in rows[:MOST_REFUSED]]
    parts: list[Any] = [tabulate(shown, *names)] if rows else []
    if len(rows) > MOST_REFUSED:
        parts.append(told("more", len(rows) - MOST_REFUSED))
    if count > most:
        give({"refused": list(rows)}, *parts)
        raise TooManyRejected("cli.rows_refused", count=count, most=most)
    return parts
