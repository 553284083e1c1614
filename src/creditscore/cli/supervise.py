"""`creditscore supervise`: plan inspections, commit to a draw, draw, verify it, and take its results back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import DifferenceError, UsageError

if TYPE_CHECKING:
    from creditscore.inspection.plan import InspectionPlan

supervise_app = App()

Table = Annotated[Path | None, typer.Option()]
Day = Annotated[str, typer.Option("--on")]


@supervise_app.command("plan")
def plan_command(
    programmes: Annotated[
        list[str],
        typer.Option("--programme"),
    ],
    year: Annotated[int, typer.Option()],
    out: Annotated[Path, typer.Option()],
    subjects: Path | None = None,
    data_states: Path | None = None,
    past: Path | None = None,
    inspectors: Path | None = None,
    windows: int = 4,
    what_if: Annotated[
        list[str] | None,
        typer.Option(),
    ] = None,
) -> None:
    from creditscore.inspection.plan import plan_inspections

    given = []
    for programme in programmes:
        programme_name, mark, table = programme.partition("=")
        if not mark or not programme_name or not table:
            raise UsageError(
                f"{programme!r} is no programme with its classes", allowed="--programme composite=classes.csv"
            )
        given.append((programme_name, Path(table)))
    changes = [[part.strip() for part in text.split(",") if part.strip()] for text in what_if or ()]
    with working("planning"):
        plan = plan_inspections(
            given,
            year,
            subjects=subjects,
            data_states=data_states,
            past=past,
            inspectors=inspectors,
            windows=windows,
            what_if=changes,
        )
        plan.write(out)
    _report(plan)
    typer.echo(f"written to {out}")


@supervise_app.command("commit")
def commit_command(
    plan: Annotated[Path, typer.Argument()],
    out: Annotated[Path, typer.Option()],
    inspectors: Annotated[Path, typer.Option()],
    source: Annotated[str, typer.Option()],
    source_on: Annotated[str, typer.Option()],
    read: Annotated[str, typer.Option()],
    pattern: Annotated[str, typer.Option()],
    values: Annotated[int, typer.Option()],
    on: Day,
    store: StoreAddress,
    by: By = "",
    conflicts: Path | None = None,
    last_visits: Path | None = None,
    key: KeyFile = None,
    replay: Annotated[bool, typer.Option("--replay")] = False,
) -> None:
    from creditscore.cli.tables import say_line
    from creditscore.inspection.commitment import Randomness
    from creditscore.inspection.rows import day_of
    from creditscore.inspection.workflow import commit

    about = Randomness(source, day_of(source_on, "--source-on"), read, pattern, values)
    with open_store(store, key) as opened:
        commitment = commit(
            opened,
            plan,
            out,
            about,
            day_of(on, "--on"),
            by=by,
            inspectors=inspectors,
            conflicts=conflicts,
            last_visits=last_visits,
            replayed=replay,
        )
    typer.echo(f"draw        {commitment.draw_id}")
    typer.echo(f"commitment  {commitment.hash}")
    idle = (
        commitment.content["conflicts"]["declared"]
        - commitment.content["conflicts"]["of_listed_inspectors_and_subjects"]
    )
    if idle:
        say_line(f"note: {idle} conflicts name an inspector or an organisation that is not in this draw")
    say_line(f"publish this hash before {about.on}; the public value is {source}, read as: {read}")
    typer.echo(f"written to {out}")


@supervise_app.command("draw")
def draw_command(
    folder: Annotated[Path, typer.Argument()],
    value: Annotated[str, typer.Option()],
    on: Day,
    store: StoreAddress,
    by: By = "",
    key: KeyFile = None,
) -> None:
    from creditscore.inspection.rows import day_of
    from creditscore.inspection.workflow import draw_visits

    with open_store(store, key) as opened:
        outcome = draw_visits(opened, folder, value, day_of(on, "--on"), by=by)
    drawn = sum(unit.visits > 0 for unit in outcome.units)
    joint = sum(len(visit.programmes) > 1 for visit in outcome.visits)
    typer.echo(f"{drawn} of {len(outcome.units)} drawn: {len(outcome.visits)} visits, {joint} of them joint")
    loads = sorted(_counted([team.inspector_id for team in outcome.teams]).values())
    typer.echo(f"{len(loads)} inspectors, {loads[0]} to {loads[-1]} places each" if loads else "nobody is visited")
    typer.echo(f"written to {folder}; anybody can run it again: python {folder}/verify_draw.py {folder}")


@supervise_app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument()],
    store: Annotated[str | None, typer.Option("--store")] = None,
    published: Annotated[str | None, typer.Option("--hash")] = None,
    simulate: int = 0,
    seed: int = 7,
) -> None:
    from creditscore.cli.tables import say_line
    from creditscore.inspection.verify import verify_draw
    from creditscore.inspection.workflow import verify_draw_in

    with working("drawing again"):
        if store is None:
            checked = verify_draw(folder, published)
        else:
            with open_store(store) as opened:
                checked = verify_draw_in(opened, folder, published)
    for note in checked.notes:
        say_line(f"note: {note}")
    if checked.first is not None:
        raise DifferenceError(
            f"not as it must be: {checked.first}",
            where=str(folder),
            next="do not send anybody out on this draw; compare the folder with the copy that was published",
        )
    typer.echo(f"draw {checked.draw_id}: {checked.units} units and {checked.visits} visits, all as they must be")
    if simulate:
        _simulate(folder, simulate, seed)


@supervise_app.command("import")
def import_command(
    results: Annotated[Path, typer.Argument()],
    out: Annotated[Path, typer.Option()],
    store: StoreAddress,
    by: By = "",
    key: KeyFile = None,
    max_rejected: Annotated[int, typer.Option(min=0)] = 0,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.cli.tables import show
    from creditscore.inspection.importing import import_results

    with open_store(store, key) as opened, working("checking results"):
        imported = import_results(opened, results, out, by=by, max_rejected=max_rejected, csv_people=csv_people)
    counts = imported.counts
    refused = sum(counts["refused"].values())
    typer.echo(f"results: {counts['in']} in = {counts['kept']} kept + {refused} refused; {counts['repeated']} repeated")
    rows = [
        (arm, result, str(count))
        for arm, counts_by_result in counts["arms"].items()
        for result, count in counts_by_result.items()
    ]
    show(("arm", "result", "visits"), rows)
    for reason, count in counts["refused"].items():
        typer.echo(f"refused  {reason}: {count}")
    if counts["drawn_without_result"]:
        typer.echo(f"drawn and without a result: {counts['drawn_without_result']} (missing.csv)")
    if counts["without_probability"]:
        typer.echo(f"outside every draw, so without a probability: {counts['without_probability']}")
    typer.echo(f"written to {out}")


def _report(plan: InspectionPlan) -> None:
    from creditscore.cli.tables import say_line, show
    from creditscore.inspection.plan_tables import capacity_rows, visit_rows
    from creditscore.pages.supervision import names_of
    from creditscore.pages.supervision_page import note_said

    manifest = plan.manifest
    counts = manifest["counts"]
    say_line(
        f"{plan.year}: {counts['subjects']} organisations, {counts['strata']} strata, {counts['visits']} visits,"
        f" {counts['expected_joint_visits']} expected after merging  plan {manifest['run_id']}"
    )
    rows = _picked(visit_rows(plan), ("programme", "class", "units", "rate", "visits", "person_days"))
    rows = [(*row, _expected(value)) for row, value in zip(rows, visit_rows(plan), strict=True)]
    show(("programme", "class", "units", "per year", "visits", "days", "findings expected"), rows, fold=True)
    if plan.capacity:
        heads = ("certificate", "inspectors", "days needed", "days there", "enough", "fits at")
        names = ("certificate", "inspectors", "needed_days", "available_days", "enough", "fits_at")
        show(heads, _picked(capacity_rows(plan), names))
    if plan.what_if:
        show(
            ("what if", "visits", "merged", "days", "enough"),
            _picked(plan.what_if, ("change", "visits", "joint_visits", "person_days", "enough")),
        )
        for row in plan.what_if:
            if row["breaks"]:
                say_line(f"{row['change']} breaks: {row['breaks']}")
    for reason, count in counts["left_out"].items():
        typer.echo(f"left out  {reason}: {count}")
    for state, count in counts["data_unsettled"].items():
        typer.echo(f"data {state}: {count}, checked off-site and corrected before a visit")
    called = names_of(manifest)
    for note in manifest["notes"]:
        say_line(f"note: {note_said(called, 'en', note)}")


def _expected(row: dict[str, str]) -> str:
    if not row["past_visits"]:
        return ""
    return f"{row['expected_findings']} ({row['expected_low']} to {row['expected_high']})"


def _picked(rows: Sequence[dict[str, str]], names: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def _counted(names: Sequence[str]) -> dict[str, int]:
    from collections import Counter

    return Counter(names)


def _simulate(folder: Path, draws: int, seed: int) -> None:
    """The counts of many draws under made-up values, worst unit first."""
    from creditscore.cli.tables import say_line
    from creditscore.inspection.simulate import simulate_draws, strata_of

    strata, visits = strata_of(folder)
    with working(f"{draws} draws"):
        simulation: Any = simulate_draws(strata, visits, draws=draws, seed=seed)
    say_line(
        f"{draws} draws with made-up values: farthest from its probability is {simulation.worst}, drawn"
        f" {simulation.worst_count} times of {simulation.worst_expected:.1f} expected; allowed"
        f" are {simulation.bound[0]} to {simulation.bound[1]}"
        f" ({simulation.units} units, Bonferroni at {simulation.level:g}): "
        + ("holds" if simulation.holds else "does not hold")
    )
    if not simulation.holds:
        raise DifferenceError(
            "the draw does not hold its probabilities",
            where=str(folder),
            next="try another --seed and more draws (--simulate); where it fails again, report this fault",
        )
