"""`creditscore cascade`: what follows when something is decided about a record, and what followed from what was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import On, Schemes, day_given, own_schemes
from creditscore.cli.application import App
from creditscore.cli.office import LangOption, StoreAddress, open_store
from creditscore.cli.output import give, told, wants_json
from creditscore.cli.progress import working

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme

cascade_app = App()

Record = Annotated[str, typer.Option()]
Kind = Annotated[str, typer.Option("--event")]
Share = Annotated[str | None, typer.Option()]
Recorded = Annotated[str | None, typer.Option()]
Snapshots = Annotated[list[Path] | None, typer.Option("--snapshot")]
Whose = Annotated[str, typer.Option("--subject")]


@cascade_app.command("preview")
def preview_command(
    record: Record,
    event: Kind,
    on: On,
    store: StoreAddress,
    subject: Whose = "",
    share: Share = None,
    recorded_on: Recorded = None,
    snapshot: Snapshots = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.cascade.inputs import RecordEvent
    from creditscore.cli.plan_lines import list_consequences
    from creditscore.office import Store
    from creditscore.office.consequences import find_consequences, find_subject
    from creditscore.present.document import Listing
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.store.archive.runs import make_finder

    moved = [read_snapshot(path) for path in snapshot or []]
    find = make_finder(moved)
    supposed = _read_supposed(event, on, share, recorded_on)
    with Store(store, create=False, snapshots=moved) as opened, working("deriving"):
        whose = subject or find_subject(opened, record, find)
        consequences = find_consequences(opened, RecordEvent(whose, record, **supposed), find)
        blocks = list(list_consequences(opened, consequences, lang))
    rows = {
        "redrawn": [
            {"run": change.run.run_id, "scheme": change.run.pinned, "period": change.run.period}
            | {side: getattr(change, side).face for side in ("before", "after")}
            for change in consequences.redrawn
        ],
        "doubts": [{"case": entry.name, **doubt} for entry, doubt in consequences.doubts],
    }
    count = len(consequences.redrawn) + len(consequences.doubts)
    data = {"subject_id": whose, "record_id": record, **rows}
    give(data, Listing(blocks) if blocks else None, told("would_change", whose, count), lang=lang)


@cascade_app.command("show")
def show_command(
    store: StoreAddress,
    case: Annotated[str, typer.Argument(metavar="[CASE]", show_default=False)] = "",
    out: Path | None = None,
    scheme: Schemes = None,
    lang: LangOption = "zh",
) -> None:
    if out is not None:
        _write_page(store, case, out, own_schemes(scheme))
        return
    from creditscore.cascade.drawn import as_data, list_drawn
    from creditscore.cli.plan_lines import head_of, list_drawn_blocks
    from creditscore.objections.workflow import PREFIX
    from creditscore.present.document import Listing

    stream = f"{PREFIX}{case}" if case and "/" not in case else case
    with open_store(store) as opened:
        listed = list_drawn(opened, stream)
        parts: list[Any] = []
        for own in listed if not wants_json() else ():
            head, under = head_of(opened, own, lang)
            parts += [head, *under, Listing(list(list_drawn_blocks(opened, own, lang)))]
    give([as_data(own) for own in listed], *parts, told("acts_followed", len(listed)), lang=lang)


def _write_page(store: str, case: str, folder: Path, schemes: dict[str, Scheme]) -> None:
    """Write the page of what the decision of a case changed, and name its files."""
    from creditscore.core.errors import UsageError
    from creditscore.evidence.papers import read_papers
    from creditscore.objections.workflow import PREFIX
    from creditscore.pages.cascade import write_cascade

    if not case or "/" in case.removeprefix(PREFIX):
        raise UsageError("cli.page_written_case", where=case or "[CASE]")
    with open_store(store) as opened:
        written = write_cascade(read_papers(opened, case), folder, schemes=schemes)
    give({}, written=written)


def _read_supposed(kind: str, on: str, share: str | None, recorded_on: str | None) -> dict[str, Any]:
    """What is supposed of a record, as a record event has it."""
    from creditscore.core.days import from_day
    from creditscore.core.errors import UsageError

    day = from_day(day_given(on))
    known = day if recorded_on is None else from_day(day_given(recorded_on, "--recorded-on"))
    if known < day:
        raise UsageError("cli.recorded_before_happened", known=known, day=day)
    if share is not None and kind != "corrected":
        raise UsageError("cli.only_correction_share")
    if kind not in ("withdrawn", "corrected", "repaired", "reinstated"):
        raise UsageError(
            "cli.no_event_cascade_follows",
            kind=kind,
            where="--event",
            allowed="withdrawn, corrected, repaired, reinstated",
        )
    further: dict[str, Any] = {"corrected_on": day, "share": share} if kind == "corrected" else {}
    return {"event": kind, "event_on": day, "recorded_on": known, **further}
