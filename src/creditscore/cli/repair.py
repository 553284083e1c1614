"""`creditscore repair`: what may be repaired, from when and what it brings; and the cheapest way to a grade."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import OneScheme
from creditscore.cli.application import App
from creditscore.cli.office import LangOption
from creditscore.cli.output import give_document, say_aside, told
from creditscore.cli.progress import working
from creditscore.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from creditscore.repair.open import Opened

repair_app = App()

Subject = Annotated[str, typer.Argument(metavar="SUBJECT", show_default=False)]
GradingFolder = Annotated[Path, typer.Option("--grading")]
Snapshot_ = Annotated[Path, typer.Option("--snapshot")]
On = Annotated[str | None, typer.Option("--on")]
Events = Annotated[Path | None, typer.Option()]
Html = Annotated[Path | None, typer.Option()]


@repair_app.command("check")
def check_command(
    subject: Subject,
    grading: GradingFolder,
    snapshot: Snapshot_,
    scheme: OneScheme = None,
    on: On = None,
    events: Events = None,
    lang: LangOption = "zh",
    html: Html = None,
) -> None:
    from creditscore.core.i18n import lang_of
    from creditscore.pages.repair import repair_document
    from creditscore.repair.check import options
    from creditscore.repair.data import check_data

    chosen = lang_of(lang)
    with working("reading"):
        opened = _opened(subject, grading, snapshot, scheme, on, events, None)
        data = check_data(opened.subject_id, opened.course, options(opened.course, opened.lists), opened.refused)
    _page(html, chosen, data, None, opened.made_up)
    give_document(repair_document({"check": data, "plan": None, "made_up": opened.made_up}, chosen), data)


@repair_app.command("plan")
def plan_command(
    subject: Subject,
    target: Annotated[str, typer.Option()],
    grading: GradingFolder,
    snapshot: Snapshot_,
    until: Annotated[str | None, typer.Option("--until")] = None,
    order: str = "date,actions,amount",
    weight: list[str] | None = None,
    prove: Annotated[bool, typer.Option("--prove")] = False,
    days: Annotated[bool, typer.Option("--days")] = False,
    scheme: OneScheme = None,
    on: On = None,
    events: Events = None,
    lang: LangOption = "zh",
    html: Html = None,
) -> None:
    from creditscore.core.days import from_day, to_day
    from creditscore.core.i18n import lang_of
    from creditscore.pages.repair import repair_document
    from creditscore.repair.check import options
    from creditscore.repair.data import check_data, plan_data
    from creditscore.repair.plan import plan_repair

    chosen, last = lang_of(lang), _day(until, "--until")
    weights = _weights(order, weight)
    with working("looking_for_plan"):
        opened = _opened(subject, grading, snapshot, scheme, on, events, last)
        start = from_day(opened.course.on)
        last = last or start.replace(year=start.year + 5, day=min(start.day, 28))
        ways = options(opened.course, opened.lists)
        plan = plan_repair(opened.course, ways, target, to_day(last), weights)
        data = plan_data(opened.subject_id, opened.course, plan)
        if prove:
            data["proof"] = _proof(opened.course, plan)
    check = check_data(opened.subject_id, opened.course, ways, opened.refused)
    _page(html, chosen, check, data, opened.made_up)
    shown = {"check": check, "plan": data, "made_up": opened.made_up}
    give_document(repair_document(shown, chosen, days=days), data)
    if prove and data["proof"]["faults"]:
        raise typer.Exit(ExitCode.DIFFERENCE)
    if plan.state != "reached":
        raise typer.Exit(ExitCode.INPUT)


def _proof(course: Any, plan: Any) -> dict[str, Any]:
    from creditscore.repair.proof import exhaust, simulate

    proofs = simulate(course, plan), exhaust(course, plan)
    return {
        "days": proofs[0].days,
        "graded": proofs[0].graded,
        "sets": proofs[1].sets,
        "faults": [*proofs[0].faults, *proofs[1].faults],
    }


def _opened(
    subject: str,
    grades: Path,
    snapshot: Path,
    scheme: str | None,
    on: str | None,
    events: Path | None,
    until: date | None,
) -> Opened:
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.repair.open import open_course
    from creditscore.schemes import registry

    own = registry.pick(scheme) if scheme is not None and scheme.endswith((".yaml", ".yml")) else None
    scheme_name = own.scheme if own is not None else scheme or ""
    return open_course(
        grades,
        read_snapshot(snapshot),
        subject,
        on=_day(on, "--on"),
        scheme=scheme_name,
        own=own,
        events=_events(events),
        until=until,
    )


def _events(file: Path | None) -> Any:
    """Record events as an Arrow table."""
    if file is None:
        return None
    from creditscore.core.tables.columns import read_whole

    return read_whole(file, "events")


def _day(text: str | None, name: str) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2100:
        raise UsageError("cli.not_day_3", name=name, text=text)
    return day


def _weights(order: str, weight: list[str] | None) -> Any:
    from creditscore.repair.plan import KINDS, Weights

    given: dict[str, int] = {}
    for text in weight or []:
        kind, _, number = text.partition("=")
        if kind not in KINDS or not number.isdecimal():
            raise UsageError("cli.not_weight", text=text, allowed=", ".join(f"{name}=1" for name in KINDS))
        given[kind] = int(number)
    keys: Any = tuple(part.strip() for part in order.split(","))
    return Weights(keys, given or None)


def _page(
    file: Path | None, lang: Any, check: dict[str, Any], plan: dict[str, Any] | None, made_up: bool = False
) -> None:
    if file is None:
        return
    from creditscore.core.atomic import write_json, write_text
    from creditscore.pages.repair import repair_document
    from creditscore.present.html import render_page

    data = {"check": check, "plan": plan, **({"made_up": True} if made_up else {})}
    write_text(file, render_page(repair_document(data, lang)))
    write_json(file.with_suffix(".json"), data, sort_keys=True)
    say_aside(told("written", file))
