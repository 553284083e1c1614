"""What followed from the decision of a case as a page: grades and scores before and after, tasks for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, day_said, period_said, phrases, word
from creditscore.evidence.case_file import tell_following
from creditscore.evidence.papers import Papers
from creditscore.present.document import (
    Code,
    Column,
    Count,
    Document,
    Lines,
    Paragraph,
    Section,
    Table,
    Tiles,
    Value,
)
from creditscore.present.html import write_pages
from creditscore.schemes.model import Scheme


def write_cascade(
    papers: Papers,
    folder: Path,
    made_up: bool = False,
    schemes: Mapping[str, Scheme] | None = None,
    *,
    index: str = "",
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
    index
        The page that leads back to all of them, from `folder`.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UsageError
        While the case is not decided.
    """
    data = gather_following(papers, made_up, schemes)
    return write_pages(lambda lang: cascade_document(data, lang), folder, "cascade", index=index)


def gather_following(
    papers: Papers, made_up: bool = False, schemes: Mapping[str, Scheme] | None = None
) -> dict[str, Any]:
    """Gather what the page shows, as plain values with labels in both languages."""
    case = papers.case
    if case.decision is None:
        raise UsageError("pages.case_not_decided", case_id=case.case_id, where=case.case_id)
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


def cascade_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe what followed, from what `gather_following` gives."""
    t = phrases("cascade", lang, "pages")

    def show_sides(change: Mapping[str, Any]) -> list[str]:
        return [change[f"{side}_words"][lang].replace("-", "−") for side in ("before", "after")]

    def section(code: str, heads: Sequence[str], rows: Sequence[Sequence[Value]], caption: str = "") -> Section | None:
        columns = [Column(t(name), "day" if name in ("day", "done") else "text") for name in heads]
        return Section(t(code), [Table(columns, rows)], caption) if rows else None

    grades = [
        [change["title"][lang], period_said(change["period"], lang), *show_sides(change)] for change in data["changes"]
    ]
    counts = {"changed": "changes", "composites_changed": "composites", "tasks": "tasks"}
    return Document(
        t("cascade"),
        t("of_subject", data["subject_id"]),
        lang,
        [
            Tiles([(t(code), Count(len(data[name]))) for code, name in counts.items()]),
            section(
                "events_section",
                ("record", "event", "day"),
                [
                    [Code(event["record_id"]), word("events", event["event"]), day_said(event["event_on"], lang)]
                    for event in data["events"]
                ],
            ),
            section("grades_section", ("scheme", "period", "before", "after"), grades, t("grades_desc"))
            or Section(t("grades_section"), [Paragraph(t("nothing"))]),
            section(
                "composite_section",
                ("composite", "before", "after"),
                [[score["title"][lang], *show_sides(score)] for score in data["composites"]],
            ),
            section("tasks_section", ("task", "about", "done"), _tell_tasks(data, lang, t("open")), t("tasks_desc")),
        ],
        under=[t("of_case", data["case_id"], day_said(data["on"], lang))],
        data=data,
        made_up=data["made_up"],
    )


def _tell_tasks(data: Mapping[str, Any], lang: Lang, not_done: str) -> list[list[Value]]:
    return [
        [
            task["label"][lang],
            Lines(
                [*([task["thing_label"][lang]] if task["thing_label"] else []), Code(task["thing"])],
                small=True,
            )
            if task["thing"]
            else None,
            day_said(task["done"], lang) if task["done"] else not_done,
        ]
        for task in data["tasks"]
    ]


__all__ = ["cascade_document", "gather_following", "write_cascade"]
