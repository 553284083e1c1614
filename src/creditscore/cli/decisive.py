"""`creditscore decisive`: which records decide a grade, the check of that search, and columns for a population."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import OneScheme
from creditscore.cli.application import App
from creditscore.cli.kept_runs import AsKept, StoreOfRun, grade_kept, is_kept
from creditscore.cli.office import LangOption
from creditscore.cli.output import give, give_document, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.subject_input import again, held_in, load_subject_input, run_of
from creditscore.core.errors import DifferenceError, InputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.grading.interpreter.exact import Subject
    from creditscore.grading.plan import Plan
    from creditscore.grading.result import Grading
    from creditscore.schemes.model import Scheme

decisive_app = App()
MOST_DIFFERENCES = 5  # of a scheme that are shown

Folder = Annotated[Path, typer.Argument(metavar="GRADING")]
SubjectId = Annotated[str, typer.Argument(metavar="SUBJECT")]
SnapshotDir = Annotated[Path, typer.Option()]
SnapshotOfRun = Annotated[Path | None, typer.Option("--snapshot")]


def _load(
    folder: Path, subject: str, snapshot: Path | None, scheme: str | None, store: str | None, as_kept: bool
) -> tuple[Plan, str, Subject, Grading | Path]:
    """The plan and the input of one subject, and what says its grade: of a folder, or of a kept run as it stands."""
    if is_kept(folder, store, as_kept=as_kept):
        from creditscore.grading.replay import inputs

        with working("computing_again", subject):
            grading = grade_kept(folder, str(store), subject, snapshot, as_kept=as_kept)
        ((subject_id, asked_subject),) = inputs(grading)
        return grading.plan, subject_id, asked_subject, grading
    if snapshot is None:
        raise UsageError("cli.snapshot_missing", where=str(folder))
    return *load_subject_input(folder, subject, snapshot, scheme), folder


@decisive_app.command("show")
def show_command(
    folder: Folder,
    subject: SubjectId,
    snapshot: SnapshotOfRun = None,
    store: StoreOfRun = None,
    as_kept: AsKept = False,
    target: str | None = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    lang: LangOption = "zh",
    scheme: OneScheme = None,
    html: Path | None = None,
) -> None:
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.decisive.of_grading import answer_for, ask_about

    chosen = lang_of(lang)
    plan, subject_id, inputs, source = _load(folder, subject, snapshot, scheme, store, as_kept)
    asked = ask_about(source, subject_id, plan.scheme.name)
    decisive_records = answer_for(plan, asked, inputs, target, limit)
    document = decisive_records.document(chosen)
    written = []
    if html is not None:
        from creditscore.core.atomic import write_text
        from creditscore.present.html import render_page

        written.append(write_text(html, render_page(document)))
    give_document(document, decisive_records.data(), written)


@decisive_app.command("shares")
def shares_command(
    folder: Folder,
    subject: SubjectId,
    snapshot: SnapshotOfRun = None,
    store: StoreOfRun = None,
    as_kept: AsKept = False,
    scheme: OneScheme = None,
    most: Annotated[int, typer.Option(min=1)] = 100_000,
    lang: LangOption = "zh",
) -> None:
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.decisive.of_grading import ask_about
    from creditscore.explanation.labels import Labels
    from creditscore.explanation.shapley import shapley
    from creditscore.explanation.shares import shares_document

    chosen = lang_of(lang)
    plan, subject_id, asked_subject, source = _load(folder, subject, snapshot, scheme, store, as_kept)
    asked = ask_about(source, subject_id, plan.scheme.name)
    shapley_values = shapley(plan, asked_subject, most)
    items = {str(record["record_id"]): str(record["item"]) for record in asked_subject.records}
    labels = Labels(plan.scheme, plan.scheme.name)
    document = shares_document(asked, labels, plan.period, items, shapley_values, chosen)
    values = {record: str(value) for record, value in sorted(shapley_values.values.items())}
    about = {"subject_id": subject_id, "scheme": plan.scheme.name, "period": plan.period}
    ends = {
        "of": shapley_values.of,
        "how": shapley_values.how,
        "empty": str(shapley_values.empty),
        "whole": str(shapley_values.whole),
    }
    give_document(document, about | ends | {"values": values} | dict(asked.input_state))


@decisive_app.command("check")
def check_command(
    scheme: str = "all",
    subjects: Annotated[int, typer.Option(min=1)] = 20,
    records: Annotated[int, typer.Option(min=0, max=14)] = 12,
    seed: int = 1,
    columns: Annotated[bool, typer.Option("--columns")] = False,
) -> None:
    from creditscore.explanation.decisive.check import check, check_columns
    from creditscore.schemes import registry

    chosen = [registry.load(entry) for entry in registry.entries()] if scheme == "all" else [registry.pick(scheme)]
    names = ("subjects", "questions", "sets", "differences")
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    total = dict.fromkeys(names, 0)
    for chosen_scheme in chosen:
        if chosen_scheme.missing:
            continue
        checked = (check_columns if columns else check)(chosen_scheme, subjects, seed, range(records + 1))
        counts = (checked.subjects, checked.questions, checked.sets, len(checked.differences))
        rows.append({"scheme": checked.scheme, **dict(zip(names, counts, strict=True))})
        total = {name: total[name] + rows[-1][name] for name in names}
        lines += [f"{checked.scheme}: {difference}" for difference in checked.differences[:MOST_DIFFERENCES]]
    shown = [*rows, {"scheme": told("total"), **total}]
    give({"schemes": rows, "total": total, "differences": lines}, tabulate(shown, "scheme", *names), *lines)
    if total["differences"]:
        if columns:
            raise DifferenceError("cli.columns_differ_from_search", count=total["differences"])
        raise DifferenceError("cli.search_differs_from_brute_force", count=total["differences"])


@decisive_app.command("population")
def population_command(
    folder: Folder,
    snapshot: SnapshotDir,
    out: Annotated[Path, typer.Option()],
    scheme: OneScheme = None,
    processes: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    from functools import partial

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from creditscore.core.tables.write import write_table
    from creditscore.explanation.decisive.population import population
    from creditscore.grading.input_state.state import BLOCKED

    run, own = run_of(folder, scheme)
    held = held_in(snapshot, run)
    scheme_id = str(run["scheme"]).partition("@")[0]
    columns = ["subject_id", "scheme", "state", "grade", "margin"]
    grades = pq.read_table(folder / "grades.parquet", columns=[*columns, "state_reason"])
    mine = [name.partition("@")[0] == scheme_id for name in grades["scheme"].to_pylist()]
    grades = grades.filter(pa.array(mine)).sort_by("subject_id")
    any_id = held.con.execute(f"SELECT subject_id FROM {held.subjects} ORDER BY sid LIMIT 1").fetchall()[0][0]
    with working("grading_subjects", len(grades)):
        result = population(partial(_spans, str(snapshot), run, own, any_id), processes)
    if result["subject_id"].combine_chunks() != grades["subject_id"].combine_chunks():
        raise InputError("cli.grades_of_other_snapshot", where=str(folder / "grades.parquet"))
    blocked = pc.equal(pc.fill_null(grades["state_reason"], ""), BLOCKED)
    grades = grades.select(columns)
    for name in result.column_names[1:]:  # what refused rows leave open has no decisive records
        grades = grades.append_column(name, pc.if_else(blocked, None, result[name]))
    write_table(grades, out)
    give({"subjects": len(grades)}, told("subjects", len(grades)), written=[out])


def _spans(snapshot: str, run: dict[str, Any], own: Scheme | None, any_id: str, share: tuple[int, int]) -> pa.Table:
    """`any_id`: a subject whose grading, done again, binds the scheme as the run did."""
    from creditscore.explanation.decisive.population import some_spans
    from creditscore.grading.population.prescore import open_prescorer
    from creditscore.records.snapshot_files import read_snapshot

    held = read_snapshot(snapshot, threads=1 if share[1] > 1 else None)
    with open_prescorer(held, again(held, run, own, [any_id])[0]) as ready:
        return some_spans(ready, share)
