"""What followed from the decision of a case as a page: grades and scores before and after, tasks for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, clean, day_said, period_said, say, word
from creditscore.evidence.case_file import tell_following
from creditscore.evidence.papers import Papers
from creditscore.present import page
from creditscore.present.html import write_pair
from creditscore.present.page import Said, Section, Table, heads, number
from creditscore.schemes.model import Scheme

said_in = page.said_in("cascade")


def write_cascade(
    papers: Papers, folder: Path, made_up: bool = False, schemes: Mapping[str, Scheme] | None = None
) -> list[Path]:
    """Write `cascade.html` (Chinese), `cascade.en.html` and `cascade.json` of what a decision changed.

    Parameters
    ----------
    papers
        Of a decided case (`creditscore.evidence.read_papers`).
    folder
        Where the files go.
    made_up
        Whether the data are made up; those of the contested run are where its manifest says so.
    schemes
        Schemes outside the library, by id.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError
        While the case is not decided.
    """
    return write_pair(gather_following(papers, made_up, schemes), cascade_page, folder, "cascade")


def gather_following(
    papers: Papers, made_up: bool = False, schemes: Mapping[str, Scheme] | None = None
) -> dict[str, Any]:
    """Gather what the page shows, as plain values with labels in both languages."""
    case = papers.case
    if case.decision is None:
        raise UsageError(
            f"case {case.case_id} is not decided",
            where=case.case_id,
            allowed="a decided case",
            next="`creditscore cascade preview` asks what would follow",
        )
    earlier = {event.seq for event in papers.earlier}
    return {
        "case_id": case.case_id,
        "subject_id": case.subject_id,
        "on": case.decision.on.isoformat(),
        "made_up": made_up or bool(papers.run.manifest.get("made_up")),
        "events": [
            {
                "record_id": event.record_id,
                "event": event.event,
                "event_on": event.event_on.isoformat() if event.event_on else case.decision.on.isoformat(),
            }
            for event in papers.events
            if event.seq not in earlier
        ],
        **tell_following(papers, schemes),
    }


def cascade_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """Draw the page from what `gather_following` gives."""
    t = said_in(lang)
    tiles = [
        (t("changed"), number(len(data["changes"]))),
        (t("composites_changed"), number(len(data["composites"]))),
        (t("tasks"), number(len(data["tasks"]))),
    ]
    return page.draw(
        data,
        lang,
        t,
        t("cascade"),
        t("of_subject", clean(data["subject_id"])),
        [part(data, lang, t) for part in (_show_events, _show_grades, _show_composites, _show_tasks)],
        under=[t("of_case", data["case_id"], day_said(data["on"], lang))],
        tiles=tiles,
        other=other,
    )


def _show_events(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [
            clean(event["record_id"]),
            say(word("events", event["event"]), lang),
            day_said(event["event_on"], lang),
        ]
        for event in data["events"]
    ]
    return Section(t("events_section"), "", [Table(heads(t, "record", "event", "day"), rows)]) if rows else None


def _show_grades(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [change["title"][lang], period_said(change["period"], lang), *_show_sides(change, lang)]
        for change in data["changes"]
    ]
    if not rows:
        return Section(t("grades_section"), t("nothing"))
    table = Table(heads(t, "scheme", "period", "before", "after"), rows)
    return Section(t("grades_section"), t("grades_desc"), [table])


def _show_composites(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [[score["title"][lang], *_show_sides(score, lang)] for score in data["composites"]]
    return (
        Section(t("composite_section"), "", [Table(heads(t, "composite", "before", "after"), rows)]) if rows else None
    )


def _show_sides(change: Mapping[str, Any], lang: Lang) -> list[str]:
    return [change[f"{side}_words"][lang].replace("-", "−") for side in ("before", "after")]


def _show_tasks(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = []
    for task in data["tasks"]:
        label = task["thing_label"][lang] if task["thing_label"] else ""
        about = "\n".join(part for part in (label, clean(task["thing"])) if part)
        rows.append([task["label"][lang], about, day_said(task["done"], lang) if task["done"] else t("open")])
    if not rows:
        return None
    return Section(t("tasks_section"), t("tasks_desc"), [Table(heads(t, "task", "about", "done"), rows)])


__all__ = ["cascade_page", "gather_following", "write_cascade"]
