"""`creditscore measures`: the four lists; measures matched, lifted, due and exported. Single acts: `act measure`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, LangOption, On, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.scheme_check import show_faults
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv, say_line, show, show_blocks
from creditscore.core.errors import ExitCode, InputError, TooManyRejected, UsageError

measures_app = App()

Folder = Annotated[Path | None, typer.Argument(metavar="[FOLDER]", show_default=False)]
Rejected = Annotated[int, typer.Option(min=0)]


@measures_app.command("check")
def check_command(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    notes: Annotated[bool, typer.Option("--notes/--no-notes")] = True,
) -> None:
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


@measures_app.command("show")
def show_command(
    folder: Folder = None,
    lang: LangOption = "zh",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    grading: Path | None = None,
) -> None:
    from creditscore.measures import lines
    from creditscore.measures.export import as_data
    from creditscore.measures.load import load_four_lists

    if grading is not None:
        attached_measures = _attached(grading, lang)
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

    lists = load_four_lists()
    day = None if known_at is None else _read_day(known_at, "--known-at")
    with open_store(store, key) as opened:
        with working("reading and checking"):
            intake = read_intake(events=events, subjects=subjects)
        _refused(intake.refused, max_rejected)
        done = propose(opened, lists, intake, by=by, known_at=day)
    matched = done.matched
    if matched.proposals:
        show_blocks(lines.proposal(proposal, lists, lang) for proposal in matched.proposals)
    counts = lines.reasons(matched.refused, lang)
    if counts:
        show(lines.REASONS[lang], counts, fold=True)
    for line in lines.sums(done, lang):
        say_line(line)


@measures_app.command("lift")
def lift_command(
    store: StoreAddress,
    on: On,
    proposals: Annotated[list[str] | None, typer.Argument(metavar="[PROPOSAL]…", show_default=False)] = None,
    by: By = "",
    key: KeyFile = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.measures import lines
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.workflow import lift

    with open_store(store, key) as opened:
        causes = lift(opened, load_four_lists(), by=by, on=on, ids=proposals or None)
    if causes:
        columns = ("措施", "终止原因") if lang == "zh" else ("proposal", "cause")
        show(columns, [(name, lines.describe_ending(cause, lang)) for name, cause in sorted(causes.items())], fold=True)
    say_line(f"解除或者终止 {len(causes)} 件" if lang == "zh" else f"{len(causes)} lifted or lapsed")


@measures_app.command("due")
def due_command(store: StoreAddress, on: On, lang: LangOption = "zh") -> None:
    from creditscore.core.days import from_day
    from creditscore.measures import lines
    from creditscore.measures.cases import due
    from creditscore.measures.load import load_four_lists
    from creditscore.measures.workflow import read_cases, read_listings
    from creditscore.objections.disputed_entries import list_disputed_entries
    from creditscore.objections.disputes import disputes_in_words

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
        blocks.append(lines.due(step, proposal, day, lists, lang, contested))
    if blocks:
        show_blocks(blocks)
    say_line(lines.due_sum(dues, lists, lang))


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
    typer.echo(f"written to {out}")


def _read_day(text: str, name: str) -> int:
    from creditscore.core.days import read_day
    from creditscore.lists.entries import require_day

    return read_day(require_day(text, name))


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
