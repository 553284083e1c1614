"""`creditscore joint`: the four lists and joint measures, from a business event to the lifting of a measure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import By, Lang, On, RolesFile, Store, day_given, lang_given, open_log
from creditscore.cli.progress import working
from creditscore.cli.scheme_check import show_faults
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv, say_line, show, show_blocks
from creditscore.core.errors import ExitCode, InputError, TooManyRejected, UsageError

if TYPE_CHECKING:
    from creditscore.measures.model import FourLists
    from creditscore.measures.tables import Listing
    from creditscore.store import Log

joint_app = typer.Typer(
    name="joint",
    help="Four lists and joint measures: no entry, no link, no basis, no measure; a person decides.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of four lists.", show_default=False)]
Lists = Annotated[Path | None, typer.Option("--lists", help="Folder of four lists (default: those of the package).")]
Listings = Annotated[Path, typer.Option(help="Parquet or CSV file of entries on lists.")]
Rejected = Annotated[int, typer.Option(min=0, help="Refused rows to accept before failing with exit code 3.")]
Id = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of the proposal, JM-…", show_default=False)]
Number = Annotated[str, typer.Option("--document-no", help="Number of the document.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]


@joint_app.command("check")
def check_command(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of faults and notes for machines.")] = False,
    notes: Annotated[bool, typer.Option("--notes/--no-notes", help="List the notes too.")] = True,
) -> None:
    """Check a set of four lists: every fault at once, with its code. Exit code 4 if there is any."""
    from creditscore.measures.load import inspect

    lists, faults, noted = inspect(folder)
    if as_json:
        typer.echo(json.dumps([vars(fault) for fault in (*faults, *noted)], ensure_ascii=False, indent=1))
    else:
        show_faults(faults)
        show_faults(noted if notes else ())
        size = f"{len(lists.measures)} measures, {len(lists.links)} links; " if lists is not None else ""
        text = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        typer.echo(f"{size}{text}, {len(noted)} notes; docs/joint_measures.md explains each code")
    if faults:
        raise typer.Exit(ExitCode.SCHEME)


@joint_app.command("show")
def show_command(
    folder: Folder = None,
    lang: Lang = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="All tables for machines.")] = False,
    grades: Annotated[
        Path | None, typer.Option(help="Folder of a grading: what the rules attach to its grades, for information.")
    ] = None,
) -> None:
    """The four lists and what follows from what; with --grades, the measures that rules attach to grades."""
    from creditscore.measures import lines
    from creditscore.measures.export import as_data
    from creditscore.measures.load import load_four_lists

    lang_given(lang)
    if grades is not None:
        attached_measures = _attached(grades, lang)
        if as_json:
            typer.echo(json.dumps([vars(value) for value in attached_measures], ensure_ascii=False, indent=1))
        else:
            show(lines.ATTACHED[lang], [lines.attached(value, lang) for value in attached_measures], fold=True)
            say_line(lines.INFORMATION[lang])
        return
    lists = load_four_lists(folder)
    if as_json:
        typer.echo(json.dumps(as_data(lists), ensure_ascii=False, indent=1))
        return
    for title, blocks in lines.of_lists(lists, lang):
        show_blocks(blocks, title)
    for line in lines.legend(lists, lang):
        say_line(line)


def _attached(folder: Path, lang: str) -> list[Any]:
    import pyarrow.parquet as pq

    from creditscore.grading.manifest import refuse_failed
    from creditscore.measures.by_grade import attached

    refuse_failed(folder)
    file = folder / "grades.parquet"
    if not file.is_file():
        raise UsageError(
            "no grading lies there", where=str(folder), next="give a folder written by `creditscore grade`"
        )
    try:
        return attached(pq.read_table(file).to_pylist(), lang)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("the grades cannot be read", where=f"{file} ({error})", next="grade again") from error


@joint_app.command("match")
def match_command(
    events: Annotated[Path, typer.Argument(metavar="EVENTS", help="Business events, CSV or Parquet.")],
    listings: Listings,
    store: Store,
    by: By,
    subjects: Annotated[Path | None, typer.Option(help="Who exists; else every valid credit code.")] = None,
    known_at: Annotated[str | None, typer.Option(help="Day of knowledge (default: the day of each event).")] = None,
    lists: Lists = None,
    roles: RolesFile = None,
    max_rejected: Rejected = 0,
    lang: Lang = "zh",
) -> None:
    """Propose, for each subject of each event, the measures linked to its entries of that day."""
    from creditscore.measures import lines
    from creditscore.measures.actions import propose
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.tables import read_intake

    lang_given(lang)
    chosen = load_four_lists(lists)
    with working("reading and checking"):
        intake = read_intake(events=events, listings=listings, subjects=subjects)
    _refused(intake.refused, max_rejected)
    with open_log(store, roles) as log:
        day = None if known_at is None else day_given(known_at, "--known-at")
        done = propose(log, chosen, intake, by=by, known_at=day)
    matched = done.matched
    if matched.proposals:
        show_blocks(lines.proposal(proposal, chosen, lang) for proposal in matched.proposals)
    counts = lines.reasons(matched.refused, lang)
    if counts:
        show(lines.REASONS[lang], counts, fold=True)
    for line in lines.sums(done, lang):
        say_line(line)


@joint_app.command("decide")
def decide_command(
    proposal: Id,
    listings: Listings,
    store: Store,
    by: By,
    on: On,
    accept: Annotated[bool | None, typer.Option("--accept/--reject", help="What is decided.")] = None,
    reason: Reason = "",
    acknowledge: Annotated[list[str] | None, typer.Option(help="A flag that is accepted, with --reason.")] = None,
    lists: Lists = None,
    roles: RolesFile = None,
    max_rejected: Rejected = 0,
) -> None:
    """Accept or reject a proposal; never by who proposed it."""
    from creditscore.measures.actions import decide

    if accept is None:
        raise UsageError("nothing is decided", allowed="--accept, --reject")
    with _desk(store, roles, lists, listings, max_rejected) as (log, chosen, entries):
        decide(
            log,
            chosen,
            entries,
            proposal,
            accept=accept,
            by=by,
            on=day_given(on),
            reason=reason,
            acknowledge=acknowledge or (),
        )
    typer.echo(f"{proposal}: {'accepted' if accept else 'rejected'}")


@joint_app.command("notify")
def notify_command(
    proposal: Id,
    listings: Listings,
    store: Store,
    by: By,
    on: On,
    document_no: Number,
    lists: Lists = None,
    roles: RolesFile = None,
    max_rejected: Rejected = 0,
) -> None:
    """The subject was told of measure, basis, reason and remedies."""
    from creditscore.measures.actions import notify

    with _desk(store, roles, lists, listings, max_rejected) as (log, chosen, entries):
        notify(log, chosen, entries, proposal, by=by, on=day_given(on), document_no=document_no)
    typer.echo(f"{proposal}: notified")


@joint_app.command("execute")
def execute_command(
    proposal: Id,
    listings: Listings,
    store: Store,
    by: By,
    on: On,
    document_no: Number = "",
    lists: Lists = None,
    roles: RolesFile = None,
    max_rejected: Rejected = 0,
) -> None:
    """The measure was carried out; only after its notice, and while all it rests on stands."""
    from creditscore.measures.actions import execute

    with _desk(store, roles, lists, listings, max_rejected) as (log, chosen, entries):
        execute(log, chosen, entries, proposal, by=by, on=day_given(on), document_no=document_no)
    typer.echo(f"{proposal}: executed")


@joint_app.command("feedback")
def feedback_command(
    proposal: Id,
    store: Store,
    by: By,
    on: On,
    result: Annotated[str, typer.Option(help="What came of it.")],
    roles: RolesFile = None,
) -> None:
    """Say what came of a measure."""
    from creditscore.measures.actions import feedback

    with open_log(store, roles) as log:
        feedback(log, proposal, by=by, on=day_given(on), result=result)
    typer.echo(f"{proposal}: fed back")


@joint_app.command("annul")
def annul_command(
    proposal: Id, store: Store, by: By, on: On, document_no: Number, reason: Reason, roles: RolesFile = None
) -> None:
    """The decision was annulled; what was carried out is then due to be lifted."""
    from creditscore.measures.actions import annul

    with open_log(store, roles) as log:
        annul(log, proposal, by=by, on=day_given(on), document_no=document_no, reason=reason)
    typer.echo(f"{proposal}: annulled")


@joint_app.command("lift")
def lift_command(
    listings: Listings,
    store: Store,
    by: By,
    on: On,
    proposals: Annotated[
        list[str] | None, typer.Argument(metavar="[PROPOSAL]…", help="None: all that has ended.", show_default=False)
    ] = None,
    lists: Lists = None,
    roles: RolesFile = None,
    max_rejected: Rejected = 0,
) -> None:
    """Lift what has ended by that day: with its entry, its period, its basis, or an annulled decision."""
    from creditscore.measures.actions import lift

    with _desk(store, roles, lists, listings, max_rejected) as (log, chosen, entries):
        causes = lift(log, chosen, entries, by=by, on=day_given(on), ids=proposals or None)
    if causes:
        show(("proposal", "cause"), sorted(causes.items()))
    typer.echo(f"{len(causes)} lifted or lapsed")


@joint_app.command("due")
def due_command(
    listings: Listings,
    store: Store,
    on: On,
    lists: Lists = None,
    max_rejected: Rejected = 0,
    lang: Lang = "zh",
) -> None:
    """What is to be lifted, decided, notified, carried out and fed back on that day."""
    from creditscore.lists.store import load
    from creditscore.measures import lines
    from creditscore.measures.register import due, read_cases
    from creditscore.objections.disputes import disputed_entries, disputes_in_words

    lang_given(lang)
    day = day_given(on)
    with _desk(store, None, lists, listings, max_rejected, read_only=True) as (log, chosen, entries):
        cases = read_cases(log.store)
        dues = due(cases.values(), chosen, entries, day)
        disputed = disputed_entries(log.store, load(log.store))
    if dues:
        blocks = []
        for step in dues:
            proposal = cases[step.proposal_id].proposal
            contested = disputes_in_words(disputed.get(proposal.listing_id, ()))
            blocks.append(lines.due(step, proposal, day, chosen, lang, contested))
        show_blocks(blocks)
    say_line(lines.due_sum(dues, chosen, lang))


@joint_app.command("export")
def export_command(
    listings: Listings,
    store: Store,
    on: On,
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    lists: Lists = None,
    max_rejected: Rejected = 0,
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
) -> None:
    """Write measures, acts, refusals and what is due on a day as tables, with the four lists."""
    from creditscore.measures.export import export

    form = chosen_csv(csv, csv_people)
    with _desk(store, None, lists, listings, max_rejected, read_only=True) as (log, chosen, entries):
        export(log, chosen, entries, day_given(on), out, csv=form)
    typer.echo(f"written to {out}")


@contextmanager
def _desk(
    store: Path, roles: Path | None, lists: Path | None, listings: Path, max_rejected: int, read_only: bool = False
) -> Iterator[tuple[Log, FourLists, Any]]:
    """The log of the store, the four lists, and the entries by subject."""
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.tables import read_intake

    chosen = load_four_lists(lists)
    with working("reading and checking"):
        intake = read_intake(listings=listings)
    _refused(intake.refused, max_rejected)
    with open_log(store, roles, read_only, made_by="creditscore joint match") as log:
        entries: dict[str, tuple[Listing, ...]] = dict(intake.listings)
        yield log, chosen, entries


def _refused(rows: tuple[dict[str, Any], ...], most: int) -> None:
    """Refused rows are listed; more than allowed end the command."""
    lines = {(row["table"], row["line"]) for row in rows}
    if rows:
        names = ("table", "line", "reason", "column", "value")
        show(names, [tuple(str(row[name] or "") for name in names) for row in rows[:20]], fold=True)
        if len(rows) > 20:
            typer.echo(f"… {len(rows) - 20} more")
    if len(lines) > most:
        raise TooManyRejected(
            f"{len(lines)} rows were refused",
            allowed=f"{most} (--max-rejected)",
            next="mend the rows named above, or allow as many with --max-rejected",
        )
