"""`creditscore supervise`: plan inspections, commit to a draw, draw, verify it, and take its results back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.office import By, KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import DifferenceError, UsageError

if TYPE_CHECKING:
    from creditscore.inspection.plan import InspectionPlan

supervise_app = typer.Typer(
    help="Graded supervision: plan inspections, draw them so that anybody can verify it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Table = Annotated[Path | None, typer.Option(help="CSV or Parquet file.")]
Day = Annotated[str, typer.Option("--on", help="The day of the act (YYYY-MM-DD).")]


@supervise_app.command("plan")
def plan_command(
    programmes: Annotated[
        list[str],
        typer.Option("--programme", help="PROGRAMME=CLASSES: an id or YAML file, and a table or folder; repeatable."),
    ],
    year: Annotated[int, typer.Option(help="The year to plan.")],
    out: Annotated[Path, typer.Option(help="Folder for the plan.")],
    subjects: Annotated[Path | None, typer.Option(help="Districts, sectors and kinds of the organisations.")] = None,
    data_states: Annotated[
        Path | None, typer.Option(help="Whose data are faulty, disputed or missing: subject_id, data_state.")
    ] = None,
    past: Annotated[Path | None, typer.Option(help="Results of earlier inspections.")] = None,
    inspectors: Annotated[Path | None, typer.Option(help="inspector_id, certificates, days.")] = None,
    windows: Annotated[int, typer.Option(help="Windows in the year: 1, 2, 3, 4, 6 or 12.")] = 4,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="Other rates to compare: scale=0.5, food_risk.D=4, or both with a comma; repeatable."),
    ] = None,
) -> None:
    """How many visits each class, sector and district gets, whether there are enough inspectors, and what if."""
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
    plan: Annotated[Path, typer.Argument(help="Folder of the plan.")],
    out: Annotated[Path, typer.Option(help="Folder for the draw.")],
    inspectors: Annotated[Path, typer.Option(help="inspector_id, certificates (a;b), days.")],
    source: Annotated[str, typer.Option(help="Which public value: name and number of a lottery, a beacon's round.")],
    source_on: Annotated[str, typer.Option(help="The day on which it becomes known (YYYY-MM-DD).")],
    read: Annotated[str, typer.Option(help="How it is read: which digits, in which order.")],
    pattern: Annotated[str, typer.Option(help="What it looks like: a regular expression, [0-9]{14}.")],
    values: Annotated[int, typer.Option(help="How many equally likely values it can have; at least 1,000,000.")],
    on: Day,
    store: StoreAddress,
    by: By = "",
    conflicts: Annotated[Path | None, typer.Option(help="inspector_id, subject_id, reason.")] = None,
    last_visits: Annotated[Path | None, typer.Option(help="inspector_id, subject_id, visited_on.")] = None,
    key: KeyFile = None,
    replay: Annotated[bool, typer.Option("--replay", help="Play past days again; marks the draw for good.")] = False,
) -> None:
    """Fix frame, method, inspectors and the public value of the future; publish the hash it prints."""
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
    folder: Annotated[Path, typer.Argument(help="Folder that `supervise commit` wrote.")],
    value: Annotated[str, typer.Option(help="The public value, as it was published.")],
    on: Day,
    store: StoreAddress,
    by: By = "",
    key: KeyFile = None,
) -> None:
    """Draw with the public value: units, visits and teams, the same for everybody who runs it."""
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
    folder: Annotated[Path, typer.Argument(help="Folder of the draw.")],
    store: Annotated[str | None, typer.Option("--store", help="Compare with the store and its log too.")] = None,
    published: Annotated[
        str | None, typer.Option("--hash", help="The commitment's hash as it was published before the draw.")
    ] = None,
    simulate: Annotated[int, typer.Option(help="Also draw so many times with made-up values, and count.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the made-up values.")] = 7,
) -> None:
    """Run a draw again offline; names the first difference and ends with exit code 5 where there is one."""
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
    results: Annotated[Path, typer.Argument(help="Table of inspection results.")],
    out: Annotated[Path, typer.Option(help="Folder for the checked results.")],
    store: StoreAddress,
    by: By = "",
    key: KeyFile = None,
    max_rejected: Annotated[int, typer.Option(min=0, help="Refused rows to accept.")] = 0,
    csv_people: CsvPeople = False,
) -> None:
    """Check inspection results against their draws, keep them, and give each the probability of its draw."""
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
