"""`creditscore supervise`: plan inspections, commit to a draw, draw, verify it, and take its results back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, StoreAddress, open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvPeople
from creditscore.core.errors import DifferenceError, UsageError
from creditscore.core.i18n import Phrase, language

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
            raise UsageError("cli.no_programme_classes", programme=programme)
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
    give(plan.manifest, *_tell_plan(plan), written=[out])


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
    declared = commitment.content["conflicts"]
    idle = declared["declared"] - declared["of_listed_inspectors_and_subjects"]
    data = {"draw_id": commitment.draw_id, "commitment": commitment.hash, "conflicts_outside": idle}
    give(
        data,
        told("draw_and_commitment", commitment.draw_id, commitment.hash),
        told("conflicts_outside", idle) if idle else None,
        told("publish_before", about.on, source, read),
        written=[out],
    )


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
    loads = sorted(_counted([team.inspector_id for team in outcome.teams]).values())
    data = {"drawn": drawn, "units": len(outcome.units), "visits": len(outcome.visits), "joint": joint}
    give(
        {**data, "inspectors": len(loads)},
        told("drawn", *data.values()),
        told("loads", len(loads), loads[0], loads[-1]) if loads else told("nobody_visited"),
        told("run_again", folder),
        written=[folder],
    )


@supervise_app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument()],
    store: Annotated[str | None, typer.Option("--store")] = None,
    published: Annotated[str | None, typer.Option("--hash")] = None,
    simulate: int = 0,
    seed: int = 7,
) -> None:
    from creditscore.inspection.verify import verify_draw
    from creditscore.inspection.workflow import verify_draw_in

    with working("drawing_again"):
        if store is None:
            checked = verify_draw(folder, published)
        else:
            with open_store(store) as opened:
                checked = verify_draw_in(opened, folder, published)
    notes = [told("note", note) for note in checked.notes]
    if checked.first is not None:
        give({"draw_id": checked.draw_id, "first": str(checked.first), "notes": list(checked.notes)}, *notes)
        raise DifferenceError("cli.draw_differs", first=checked.first, where=str(folder))
    simulated = _simulate(folder, simulate, seed) if simulate else None
    data = {"draw_id": checked.draw_id, "units": checked.units, "visits": checked.visits}
    give(
        {**data, "notes": list(checked.notes), "simulation": simulated},
        *notes,
        told("draw_verified", *data.values()),
        None if simulated is None else _tell_simulation(simulate, simulated),
    )
    if simulated is not None and not simulated.holds:
        raise DifferenceError("cli.draw_not_hold_probabilities", where=str(folder))


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
    from creditscore.inspection.importing import import_results

    with open_store(store, key) as opened, working("checking"):
        imported = import_results(opened, results, out, by=by, max_rejected=max_rejected, csv_people=csv_people)
    counts = imported.counts
    refused = sum(counts["refused"].values())
    rows = [
        {"arm": arm, "result": result, "visits": count}
        for arm, counts_by_result in counts["arms"].items()
        for result, count in counts_by_result.items()
    ]
    missing, outside = counts["drawn_without_result"], counts["without_probability"]
    give(
        counts,
        told("results", counts["in"], counts["kept"], refused, counts["repeated"]),
        tabulate(rows, "arm", "result", "visits"),
        *(told("refused", reason, count) for reason, count in counts["refused"].items()),
        told("drawn_without_result", missing) if missing else None,
        told("without_probability", outside) if outside else None,
        written=[out],
    )


def _tell_plan(plan: InspectionPlan) -> Iterator[Any]:
    from creditscore.inspection.plan_tables import capacity_rows, visit_rows
    from creditscore.pages.supervision import names_of
    from creditscore.pages.supervision_page import note_said

    manifest, lang = plan.manifest, language()
    counts = manifest["counts"]
    sizes = (counts[name] for name in ("subjects", "strata", "visits", "expected_joint_visits"))
    yield told("plan_sizes", plan.year, *sizes, manifest["run_id"])
    rows = [{**row, "expected": _expected(row)} for row in visit_rows(plan)]
    yield tabulate(rows, "programme", "class", "units", "rate", "visits", "person_days", "expected")
    if plan.capacity:
        heads = ("certificate", "inspectors", "needed_days", "available_days", "enough", "fits_at")
        yield tabulate(capacity_rows(plan), *heads)
    if plan.what_if:
        yield tabulate(plan.what_if, "change", "visits", "joint_visits", "person_days", "enough")
        for row in plan.what_if:
            if row["breaks"]:
                yield told("breaks", row["change"], row["breaks"])
    for reason, count in counts["left_out"].items():
        yield told("left_out", reason, count)
    for state, count in counts["data_unsettled"].items():
        yield told("data_unsettled", state, count)
    called = names_of(manifest)
    for note in manifest["notes"]:
        yield told("note", note_said(called, lang, note))


def _expected(row: dict[str, str]) -> str | None:
    if not row["past_visits"]:
        return None
    return f"{row['expected_findings']} ({row['expected_low']}–{row['expected_high']})"


def _counted(names: Sequence[str]) -> dict[str, int]:
    from collections import Counter

    return Counter(names)


def _simulate(folder: Path, draws: int, seed: int) -> Any:
    """Draw many times under made-up values."""
    from creditscore.inspection.simulate import simulate_draws, strata_of

    strata, visits = strata_of(folder)
    with working("draws", draws):
        return simulate_draws(strata, visits, draws=draws, seed=seed)


def _tell_simulation(draws: int, simulation: Any) -> Phrase:
    """The counts of many draws, worst unit first."""
    expected, level = f"{simulation.worst_expected:.1f}", f"{simulation.level:g}"
    holds = told("holds" if simulation.holds else "does_not_hold")
    worst = simulation.worst, simulation.worst_count, expected
    return told("simulated", draws, *worst, *simulation.bound, simulation.units, level, holds)
