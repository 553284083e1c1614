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
from creditscore.cli.output import give, give_document, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    from creditscore.composite.combine import combine
    from creditscore.objections.disputes import dispute_table
    from creditscore.records.snapshot_files import read_snapshot

    form = chosen_csv(csv, csv_people)
    with working("scoring", config):
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
    disputed = sum(len(marked_score.disputes) for marked_score in marked)
    note = None if store is None else told("disputed_records", disputed)
    give(composite.manifest, *_tell_composite(composite), note, written=[out])


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


def _tell_composite(composite: Composite) -> Iterator[Any]:
    from creditscore.composite.combine import tell_note
    from creditscore.composite.separation import separate
    from creditscore.present.document import percent

    manifest = composite.manifest
    counts = manifest["counts"]
    config = f"{manifest['config']}@{manifest['config_version']}"
    yield told("composite_of_day", config, composite.config.label, manifest["as_of"], manifest["run_id"])
    total = counts["subjects"] or 1
    rows = [*counts["grades"].items()]
    rows += [(name, count) for name, count in counts["states"].items() if name != "graded"]
    yield tabulate(
        [{"grade_or_state": name, "subjects": count, "share": percent(count / total)} for name, count in rows],
        *("grade_or_state", "subjects", "share"),
    )
    yield separate(composite).sentence
    yield told("known_nothing_of", manifest["reference"])
    for code in ("fragile", "shared_acts"):
        if counts[code]:
            yield told(code, counts[code])
    if counts["refused"]:
        yield told("refused", "natural_person", counts["refused"])
    if manifest["not_used"]:
        yield told("graded_not_used", list(manifest["not_used"]))
    for note in manifest["notes"]:
        yield told("note", tell_note(note))


@composite_app.command("list")
def list_command() -> None:
    from creditscore.composite.load import composites, load_composite
    from creditscore.present.document import Lines

    rows, shown = [], []
    for name, files in composites().items():
        for file in files:
            composite = load_composite(f"{name}@{file.stem}")
            end = "" if composite.effective_to is None else composite.effective_to.isoformat()
            row = {
                "composite": composite.composite,
                "from": composite.version,
                "to": end or None,
                "rule": composite.rule,
                "domains": len(composite.domains),
                "grades": " ".join(grade.code for grade in composite.grades),
                "weights": composite.marks.weights,
                "use": composite.use,
            }
            rows.append(row)
            shown.append({**row, "composite": Lines((composite.label, f"{composite.composite} ({composite.use})"))})
    give(rows, tabulate(shown, "composite", "from", "to", "rule", "domains", "grades", "weights"))


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

    from creditscore.composite.result import read_composite
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.composite import explain_composite
    from creditscore.explanation.composite_document import composite_document
    from creditscore.objections.disputes import as_rows, marks_beside, said_of

    chosen = lang_of(lang)
    composite_explanation = explain_composite(folder, subject, gradings or None)
    if store is None:
        marked = marks_beside(
            folder, composite_explanation.composite.partition("@")[0], composite_explanation.subject_id
        )
    else:
        marked = _marked(store, read_composite(folder), [], [composite_explanation.subject_id])
    lines = [said_of(mark, chosen) for mark in marked]
    document = composite_document(composite_explanation, chosen, marks=lines, disputes=as_rows(marked))
    written = []
    if html is not None:
        from creditscore.core.atomic import write_text
        from creditscore.present.html import render_page

        written.append(write_text(html, render_page(document)))
    give_document(document, {**vars(composite_explanation), "disputes": as_rows(marked)}, written)


@composite_app.command("compare")
def compare_command(
    folders: Annotated[list[Path], typer.Argument(metavar="COMPOSITE...")],
    out: Out,
    step: int = 10,
    draws: Annotated[int, typer.Option(min=0)] = 200,
    seed: int = 1,
) -> None:
    from creditscore.composite.compare import compare_composites
    from creditscore.composite.result import read_composite
    from creditscore.pages.composite import write_compare
    from creditscore.present.document import percent

    with working("comparing"):
        data = compare_composites([read_composite(folder) for folder in folders], step=step, draws=draws, seed=seed)
        files = write_compare(data, out)
    scored = [
        {
            "composite": composite["name"],
            "rule": composite["rule"],
            "scored": composite["graded"],
            "fragile_share": percent(composite["fragile_share"]),
        }
        for composite in data["composites"]
    ]
    pairs = [
        {
            **{name: row[name].partition("@")[0] for name in ("first", "second")},
            **{name: row[name] for name in ("both", "better", "worse")},
            **{name: None if row[name] is None else f"{row[name]:.3f}" for name in ("spearman", "kendall")},
            "same_grade": percent(row["same_grade"]),
        }
        for row in data["pairs"]
    ]
    give(
        data,
        tabulate(scored, "composite", "rule", "scored", "fragile_share"),
        tabulate(pairs, "first", "second", "both", "spearman", "kendall", "same_grade", "better", "worse"),
        written=files,
    )


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
    from creditscore.composite.load import load_composite
    from creditscore.composite.result import read_composite
    from creditscore.core.days import day_of
    from creditscore.modelling.models.composite_weights import fit_weights, write_fitted

    composite = read_composite(folder)
    with working("fitting"):
        fitted = fit_weights(composite, outcomes)
    own = None if base is None else load_composite(base)
    place = write_fitted(fitted, out, outcome=outcome, checked_on=day_of(on, "--on") or on, base=own)
    rows = [
        {
            "domain": domain.id,
            "configured": domain.weight,
            "fitted": fitted.weights[domain.id],
            "coefficient": f"{fitted.coefficients[domain.id]:.3f}",
        }
        for domain in composite.config.domains
    ]
    losses = {"log_loss": fitted.log_loss, "log_loss_base": fitted.log_loss_base}
    give(
        {"domains": rows, "events": fitted.events, "rows": fitted.rows, **losses},
        tabulate(rows, "domain", "configured", "fitted", "coefficient"),
        told("fitted", fitted.events, fitted.rows, *(f"{loss:.4f}" for loss in losses.values())),
        written=[place],
    )


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
    brier = report.numbers["brier"]["score"]
    give(
        {"verdict": report.verdict, "auc": ranks["auc"], "brier": brier, "advisory": True},
        f"{report.verdict}: AUC {ranks['auc']:.3f}  Brier {brier:.4f}",
        told("composite_advisory"),
        written=files,
    )


composite_app.command("impact")(composite_impact_command)
composite_app.command("check")(check_command)
