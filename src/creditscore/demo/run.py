"""The demo from end to end: a made-up district graded, published ratings graded again, pages and files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.combine import combine
from creditscore.core.atomic import write_text
from creditscore.core.errors import InputError, TooManyRejected, UsageError
from creditscore.demo.district import INTAKE_ON, KNOWN_AT, SEED, district
from creditscore.demo.firms import YEAR
from creditscore.demo.index import write_index
from creditscore.demo.inspections import Inspections, inspect_year
from creditscore.demo.objection import ANNOUNCED, OFFICE, Objection, contest, telling_record
from creditscore.demo.plan_years import PROFILE, YEARS, PlanTables, PlanYear, plan_tables, plan_years
from creditscore.demo.uk import ATTRIBUTION, Comparison, regrade
from creditscore.evidence.publication.page import write_public
from creditscore.evidence.publication.public import publish
from creditscore.explanation.composite import explain_composite
from creditscore.explanation.composite_document import composite_document
from creditscore.explanation.document import explanation_document
from creditscore.explanation.ledger import explain
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.pages.district import district as district_data
from creditscore.pages.district_page import write_district
from creditscore.pages.impact_of import scheme_impact, write_impact
from creditscore.pages.overview import write_overview
from creditscore.pages.summary import summarise
from creditscore.present.html import write_pages
from creditscore.records.snapshot_files import write_snapshot
from creditscore.schemes import registry

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PUBLISHED = ((("A",), 8.28), (("B", "M"), 82.58), (("C", "D"), 9.14))
PUBLISHED_SOURCE = "国家税务总局，2021年发布的全国评价结果 / State Taxation Administration, results published in 2021"
COMPOSITE = "jilin_edz"
MOST = 500_000


@dataclass(frozen=True)
class Demo:
    """What the demo made; `seconds` by step."""

    grading: Grading
    summary: dict[str, Any]
    uk: Comparison
    years: tuple[PlanYear, ...]
    inspections: Inspections
    objection: Objection
    subject: str
    files: tuple[Path, ...]
    seconds: dict[str, float]


def run_demo(out: Path, subjects: int = 20_000, seed: int = SEED, console: Console | None = None) -> Demo:
    """Write everything to `out` and show the result; progress only on a terminal."""
    from rich.console import Console

    if not 50 <= subjects <= MOST:
        raise UsageError("demo.not_number_organisations_demo", subjects=subjects, most=MOST)
    if out.exists() and not out.is_dir():
        raise InputError("demo.file", out=out)
    terminal = console or Console()
    seconds: dict[str, float] = {}
    files: list[Path] = []
    with _steps(terminal, 11) as done:

        def step(name: str) -> None:
            seconds[name] = round(time.perf_counter() - started - sum(seconds.values()), 2)
            done(name)

        import numpy as np

        started = time.perf_counter()
        district_tables = district(subjects, seed)
        inputs = district_tables.write(out / "data")
        files += inputs.values()
        step("district")
        grading = grade_district(inputs)
        files.append(grading.write(out / f"tax_{YEAR}"))
        step("grading")
        uk = regrade()
        files.append(uk.grading.write(out / "uk"))
        write_text(out / "uk" / "ATTRIBUTION.txt", ATTRIBUTION + "\n")
        step("ratings")
        tables = plan_tables(district_tables.subjects, np.random.default_rng(seed))
        given = tables.write(out / "plan" / "data")
        plan = tables.snapshot()
        write_snapshot(plan, out / "plan" / "snapshot")
        files += [*given.values(), out / "plan" / "snapshot"]
        years = plan_years(plan)
        files += [year.gradings.write(out / "plan" / str(year.year)) for year in years]
        last = years[-1]
        board = district_data(out / "plan", plan, date(last.year, 12, 31), profile=PROFILE, days=60)
        files += [*write_district(board, out / "district.html", index="index.html")[:3], out / "district"]
        step("plan")
        contested = telling_record(last.gradings)
        files += _composite(out / "composite", last, tables, contested[1])
        step("composite")
        classes = {"composite": out / "composite", "labour_national": out / "plan" / str(last.year)}
        inspections = inspect_year(out / "supervision", classes, given["subjects"], given["listings"], seed)
        files += inspections.files
        step("inspections")
        objection = contest(
            out / "case",
            out / "plan" / str(last.year),
            out / "plan" / "snapshot",
            out / "composite",
            tables.listings,
            contested,
        )
        files += objection.files
        step("objection")
        public = publish(
            out / "plan" / str(last.year),
            schemes=("tax",),
            subjects=given["subjects"],
            decided_by=OFFICE,
            decided_on=ANNOUNCED,
            listings=given["listings"],
            on=ANNOUNCED,
        )
        files += write_public(out / "public", public, index="../index.html")
        step("public")
        versions = (registry.pick("tax@2014"), registry.pick("tax@2025"))
        changed = scheme_impact(*versions, plan, YEARS[-1], on=date(YEARS[-1] + 1, 4, 20), made_up=True)
        files += write_impact(out / "impact", changed, index="../index.html")
        step("impact")
        summary = summarise(grading, published=PUBLISHED, published_source=PUBLISHED_SOURCE)
        files += write_overview(summary, out, index="index.html")
        step("overview")
        subject = telling_subject(grading)
        explanation = explain(grading, subject)
        files += write_pages(lambda lang: explanation_document(explanation, lang), out, "subject", index="index.html")
        files.append(write_text(out / "subject.txt", explanation.text("zh", 100)))
        step("subject")
        counts = {
            "organisations": district_tables.subjects.num_rows,
            "records": district_tables.records.num_rows,
            "ledger_lines": grading.ledger.num_rows,
            "visits": inspections.visits,
        }
        summary_rows: dict[str, tuple[object, ...]] = {
            "overview": (f"{district_tables.subjects.num_rows:,}",),
            "composite": (objection.subject_id,),
            "supervision": (inspections.visits,),
            "letter": (objection.case_id, objection.before, objection.after),
        }
        files += write_index(out, counts, summary_rows)
    demo = Demo(grading, summary, uk, tuple(years), inspections, objection, subject, tuple(files), seconds)
    _show(demo, explanation.text("zh", min(terminal.width, 120)), terminal)
    return demo


def _composite(out: Path, year: PlanYear, tables: PlanTables, subject: str) -> list[Path]:
    """The composite of a plan's year, and the explained score of one subject."""
    day = date(year.year, 12, 31)
    composite = combine(year.gradings, COMPOSITE, listings=tables.listings, as_of=day)
    composite.write(out)
    composite_explanation = explain_composite(composite, subject, year.gradings)
    return [
        out,
        *write_pages(
            lambda lang: composite_document(composite_explanation, lang), out, "subject", index="../index.html"
        ),
    ]


def grade_district(inputs: dict[str, Path]) -> Grading:
    """The district's tax grades, marked as made up; its faulty rows are refused and counted."""
    try:
        grading = grade(
            inputs["records"],
            "tax",
            YEAR,
            subjects=inputs["subjects"],
            attributes=inputs["attributes"],
            history=inputs["history"],
            feeds=inputs["feeds"],
            known_at=KNOWN_AT,
            intake_on=INTAKE_ON,
            strict=True,
        )
    except TooManyRejected as error:
        grading = error.grading  # type: ignore[attr-defined]
    return replace(grading, manifest={**grading.manifest, "made_up": True})


def telling_subject(grading: Grading) -> str:
    """An organisation graded by score whose short ledger shows as many kinds of lines as possible."""
    rows = grading.con.execute(
        "SELECT l.subject_id FROM result_ledger l JOIN result_grades g ON g.subject_id = l.subject_id"
        " GROUP BY l.subject_id, g.state, g.route, g.score HAVING count(*) <= 14"
        " ORDER BY g.state = 'graded' AND g.score IS NOT NULL DESC,"
        " coalesce(g.route = 'score', FALSE) DESC, count(DISTINCT split_part(l.reason, ':', 1)) DESC,"
        " count(DISTINCT l.item) DESC, count(*), l.subject_id LIMIT 1"
    ).fetchall()
    if not rows:
        raise InputError("demo.district_no_organisation_explain")
    return str(rows[0][0])


@contextmanager
def _steps(console: Console, total: int) -> Iterator[Callable[[str], None]]:
    """A bar that counts finished steps; silent where there is no terminal."""
    if not console.is_terminal:
        yield lambda name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("demo", total=total)

        def done(name: str) -> None:
            bar.update(task, advance=1, description=name)

        yield done


def _show(demo: Demo, explained: str, console: Console) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    manifest, summary = demo.grading.manifest, demo.summary
    say("*** Made-up data: no real organisation is meant / 虚构数据 ***")
    say(f"\n{manifest['scheme']}, evaluation year {YEAR}")
    rows = [(row["code"], f"{row['count']:,}", f"{row['percent']:.1f} %", "") for row in summary["grades"]]
    rows += [
        (" + ".join(row["grades"]), "", f"{row['percent']:.1f} %", f"{row['published']:.2f} %")
        for row in summary["published"]
    ]
    console.print(_table(("grade", "organisations", "share", "published 2021"), rows))
    ungraded = sum(n for state, n in manifest["counts"]["states"].items() if state != "graded")
    counts = manifest["counts"]["records"]
    say(f"not graded: {ungraded:,}")
    say(f"records: {counts['in']:,} in, {counts['used']:,} used, {counts['refused']:,} refused")
    say("\nUK food hygiene ratings, February 2015 (extract)")
    rows = [(row[0], f"{row[1]:,}", f"{row[2]:,}", f"{row[3]:,}") for row in demo.uk.rows]
    console.print(_table(("rating", "published", "graded again", "equal"), rows))
    say(f"{demo.uk.equal:,} of {demo.uk.total:,} ratings equal. {ATTRIBUTION}")
    say("\nThe years of the plan: every domain under the profile of the district, made-up records")
    console.print(_table(("scheme", *(str(year.year) for year in demo.years)), _plan_rows(demo.years)))
    for name, why in demo.years[-1].gradings.left_out():
        say(f"left out  {name}: {why}")
    visits, case = demo.inspections, demo.objection
    say(f"\ninspections: {visits.visits} visits of {visits.units:,} units, verified; {visits.findings} findings")
    say(f"objection: {case.case_id} on {case.scheme} of {case.subject_id}: {case.before} became {case.after}")
    say(f"\n{explained}\nfiles:")
    for file in demo.files:
        say(f"  {file}{'/' if file.is_dir() else ''}")
    say(f"begin with {demo.files[-3]}")
    say(f"done in {sum(demo.seconds.values()):.0f} s")


def _plan_rows(years: Sequence[PlanYear]) -> list[tuple[str, ...]]:
    """For each scheme and year: how many organisations have which grade; a dash where it was not in force."""
    names = dict.fromkeys(run.plan.scheme.scheme for year in years for run in year.gradings)
    rows = []
    for name in names:
        cells = []
        for year in years:
            gradings = [run for run in year.gradings if run.plan.scheme.scheme == name]
            grades = gradings[0].manifest["counts"]["grades"] if gradings else {}
            cells.append(
                "  ".join(f"{grade} {count}" for grade, count in grades.items()) or ("none" if gradings else "-")
            )
        rows.append((name, *cells))
    return rows


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for k, name in enumerate(columns):
        table.add_column(name, justify="right" if k else "left", no_wrap=k == 0)
    for row in rows:
        table.add_row(*row)
    return table
