"""`creditscore composite`: gradings in, one score and grade per organisation out; explained, compared, fitted."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import Marks, put_disputes
from creditscore.cli.application import App, Group
from creditscore.cli.composite_check import check_command
from creditscore.cli.impact import composite_impact_command
from creditscore.cli.kept_runs import AsKept, KnownAt, find_inputs, is_kept, open_written
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creditscore.composite.result import Composite
    from creditscore.objections.disputes import Marked

Out = Annotated[Path, typer.Option()]
Folder = Annotated[Path, typer.Argument(metavar="COMPOSITE")]


class _ScoreFirst(Group):
    """What is no command names gradings: `creditscore composite GRADING --config ID` scores them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["score", *args]
        return super().resolve_command(ctx, args)


composite_app = App(cls=_ScoreFirst)


@composite_app.command("score")
def score_command(
    gradings: Annotated[list[Path], typer.Argument(metavar="GRADING...")],
    config: Annotated[str, typer.Option()],
    out: Out,
    listings: Path | None = None,
    subjects: Path | None = None,
    as_of: str | None = None,
    snapshot: Path | None = None,
    acts: str = "once",
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
    store: Marks = None,
) -> None:
    from creditscore.cli.tables import say_line
    from creditscore.composite.combine import combine
    from creditscore.objections.disputes import dispute_table
    from creditscore.records.snapshot_files import read_snapshot

    form = chosen_csv(csv, csv_people)
    with working(f"scoring under {config}"):
        composite = combine(
            list(gradings),
            config,
            subjects=subjects,
            listings=listings,
            as_of=as_of,
            snapshot=None if snapshot is None else read_snapshot(snapshot),
            acts=acts,  # type: ignore[arg-type]
        )
        composite.write(out, csv=form)
        marked = [] if store is None else _marked(store, composite, [snapshot], listings=listings, subjects=subjects)
        put_disputes(out, dispute_table({composite.manifest["config"]: marked}) if store is not None else None, form)
    _report(composite)
    if store is not None:
        disputed = sum(len(marked_score.disputes) for marked_score in marked)
        say_line(f"note: {disputed} disputed records, named in disputes.parquet")
    typer.echo(f"written to {out}")


def _marked(
    store: str,
    composite: Composite,
    snapshots: Sequence[Path | None],
    subject_ids: Sequence[str] | None = None,
    listings: Path | None = None,
    subjects: Path | None = None,
) -> list[Marked]:
    """The disputed scores of a composite, as the store has them; `snapshots`: where those of its runs now lie."""
    from creditscore.objections.disputed_scores import mark_scores
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.store.archive.runs import make_finder

    find = make_finder(read_snapshot(snapshot) for snapshot in snapshots if snapshot is not None)
    with open_store(store) as opened:
        return mark_scores(opened, composite, subject_ids, find=find, listings=listings, subjects=subjects)


def _report(composite: Composite) -> None:
    from creditscore.cli.tables import say_line, show
    from creditscore.composite.separation import separate

    manifest = composite.manifest
    counts = manifest["counts"]
    say_line(f"{manifest['config']}@{manifest['config_version']}  as of {manifest['as_of']}  run {manifest['run_id']}")
    total = counts["subjects"] or 1
    rows = [*counts["grades"].items()]
    rows += [(name, count) for name, count in counts["states"].items() if name != "graded"]
    show(
        ("grade or state", "subjects", "share"),
        [(name, str(count), f"{100 * count / total:.1f} %") for name, count in rows],
    )
    say_line(f"{composite.config.label.zh} / {composite.config.label.en}")
    say_line(separate(composite).sentence)
    say_line(f"known nothing of: {manifest['reference']} points")
    if counts["fragile"]:
        say_line(f"fragile (another grade under weights changed by a tenth): {counts['fragile']}")
    if counts["shared_acts"]:
        say_line(f"acts that several domains would count, kept in one: {counts['shared_acts']}")
    if counts["refused"]:
        say_line(f"refused  natural_person: {counts['refused']}")
    if manifest["not_used"]:
        say_line(f"graded, but not in this composite: {', '.join(manifest['not_used'])}")
    for note in manifest["notes"]:
        say_line(f"note: {note}")


@composite_app.command("list")
def list_command() -> None:
    from creditscore.cli.tables import say_line, show
    from creditscore.composite.load import composites, load_composite

    rows, titles = [], []
    for name, files in composites().items():
        for file in files:
            composite = load_composite(f"{name}@{file.stem}")
            end = "" if composite.effective_to is None else composite.effective_to.isoformat()
            grades = " ".join(grade.code for grade in composite.grades)
            rows.append(
                (
                    composite.composite,
                    composite.version,
                    end,
                    composite.rule,
                    str(len(composite.domains)),
                    grades,
                    composite.marks.weights,
                )
            )
            titles.append(f"{composite.name}: {composite.label.zh} / {composite.label.en} ({composite.use})")
    show(("composite", "from", "to", "rule", "domains", "grades", "weights"), rows)
    for title in titles:
        say_line(title)


@composite_app.command("explain")
def explain_command(
    folder: Folder,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    grading: list[Path] | None = None,
    lang: LangOption = "zh",
    html: Path | None = None,
    store: Marks = None,
    as_kept: AsKept = False,
    known_at: KnownAt = None,
) -> None:
    with ExitStack() as opened:
        how: dict[str, Any] = {"as_kept": as_kept, "known_at": known_at}
        is_of_store = is_kept(folder, store, **how)
        place = opened.enter_context(open_written(folder, store, subject, **how))
        sources = grading or (find_inputs(folder, str(store), subject) if is_of_store else [])
        written = [opened.enter_context(open_written(source, store, subject, **how)) for source in sources]
        _explain(place, subject, written, lang, html, store)


def _explain(folder: Path, subject: str, gradings: list[Path], lang: str, html: Path | None, store: str | None) -> None:
    import shutil

    from creditscore.composite.result import read_composite
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.composite import explain_composite
    from creditscore.explanation.composite_text import render
    from creditscore.objections.disputes import as_rows, marks_beside, said_of

    chosen = lang_of(lang)
    composite_explanation = explain_composite(folder, subject, gradings or None)
    width = min(160, max(60, shutil.get_terminal_size((120, 24)).columns))
    typer.echo(render(composite_explanation, chosen, width), nl=False)
    if store is None:
        marked = marks_beside(
            folder, composite_explanation.composite.partition("@")[0], composite_explanation.subject_id
        )
    else:
        marked = _marked(store, read_composite(folder), [], [composite_explanation.subject_id])
    lines = [said_of(mark, chosen) for mark in marked]
    for line in lines:
        typer.echo(line)
    if html is not None:
        from creditscore.core.atomic import write_text
        from creditscore.pages.composite import composite_subject_page

        page = composite_subject_page(composite_explanation, chosen, marks=lines, disputes=as_rows(marked))
        typer.echo(f"written to {write_text(html, page)}")


@composite_app.command("compare")
def compare_command(
    folders: Annotated[list[Path], typer.Argument(metavar="COMPOSITE...")],
    out: Out,
    step: int = 10,
    draws: Annotated[int, typer.Option(min=0)] = 200,
    seed: int = 1,
) -> None:
    from creditscore.cli.tables import show
    from creditscore.composite.compare import compare_composites
    from creditscore.composite.result import read_composite
    from creditscore.pages.composite import write_compare

    with working("comparing"):
        data = compare_composites([read_composite(folder) for folder in folders], step=step, draws=draws, seed=seed)
        files = write_compare(data, out)
    show(
        ("composite", "rule", "scored", "fragile"),
        [
            (composite["name"], composite["rule"], str(composite["graded"]), _percent(composite["fragile_share"]))
            for composite in data["composites"]
        ],
    )
    show(
        ("first", "second", "both", "Spearman", "Kendall", "same grade", "better", "worse"),
        [
            (
                *(row[name].partition("@")[0] for name in ("first", "second")),
                str(row["both"]),
                *("-" if row[name] is None else f"{row[name]:.3f}" for name in ("spearman", "kendall")),
                _percent(row["same_grade"]),
                *(str(row[name]) for name in ("better", "worse")),
            )
            for row in data["pairs"]
        ],
    )
    typer.echo(f"written to {out}: {', '.join(file.name for file in files)}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


Outcomes = Annotated[Path, typer.Option()]
Outcome = Annotated[str, typer.Option()]


@composite_app.command("fit")
def fit_command(
    folder: Folder,
    outcomes: Outcomes,
    outcome: Outcome,
    out: Annotated[Path, typer.Option()],
    on: Annotated[str, typer.Option()],
    base: Path | None = None,
) -> None:
    from creditscore.cli.tables import say_line, show
    from creditscore.composite.load import load_composite
    from creditscore.composite.result import read_composite
    from creditscore.core.days import day_of
    from creditscore.modelling.models.composite_weights import fit_weights, write_fitted

    composite = read_composite(folder)
    with working("fitting weights"):
        fitted = fit_weights(composite, outcomes)
    own = None if base is None else load_composite(base)
    place = write_fitted(fitted, out, outcome=outcome, checked_on=day_of(on, "--on") or on, base=own)
    rows = [
        (domain.id, str(domain.weight), str(fitted.weights[domain.id]), f"{fitted.coefficients[domain.id]:.3f}")
        for domain in composite.config.domains
    ]
    show(("domain", "configured", "fitted", "coefficient"), rows)
    say_line(
        f"{fitted.events} events among {fitted.rows}; log-loss {fitted.log_loss:.4f}, of the rate alone "
        f"{fitted.log_loss_base:.4f}"
    )
    typer.echo(f"written to {place}")


@composite_app.command("calibrate")
def calibrate_command(
    folder: Folder,
    outcomes: Outcomes,
    outcome: Outcome,
    name: Annotated[str, typer.Option()],
    out: Out,
    method: str = "platt",
    by: Annotated[str | None, typer.Option("--by")] = None,
) -> None:
    from creditscore.composite.result import read_composite
    from creditscore.modelling.registry.composite import calibrate_composite
    from creditscore.pages.validation import write_validation

    with working("calibrating"):
        model, report = calibrate_composite(
            read_composite(folder), outcomes, name, outcome=outcome, method=method, validator=by
        )
        files = [model.save(out), *write_validation(report, out)]
    ranks = report.numbers["discrimination"]
    typer.echo(f"{report.verdict}: AUC {ranks['auc']:.3f}  Brier {report.numbers['brier']['score']:.4f}")
    typer.echo("advisory: the composite's own grade is a rule and stays as it is")
    typer.echo(f"written to {out}: {', '.join(file.name for file in files)}")


composite_app.command("impact")(composite_impact_command)
composite_app.command("check")(check_command)
