"""Repair as a page, and as a section that other pages embed; drawn from the data of `repair_data` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.core.i18n import Lang, phrase
from creditscore.present import html
from creditscore.present.page import Section, Table
from creditscore.repair.text import (
    about_line,
    action_blocks,
    day_rows,
    numbered,
    option_lines,
    plan_lines,
    refused_lines,
)


def repair_section(check: Mapping[str, Any], plan: Mapping[str, Any] | None, lang: Lang) -> list[Section]:
    """Sections for `sections.html`: what may be repaired and, with a plan, the answer, its steps and its event days.

    `check` as `check_data`, `plan` as `plan_data` gives them.
    """
    under = " · ".join([*refused_lines(check, lang), phrase("repair", "assumed", lang)])
    sections = [Section(phrase("repair", "check_title", lang), under, [_ways(check, lang)])]
    if plan is not None:
        steps = Table(
            [(phrase("repair", "step", lang), ""), (phrase("repair", "rule", lang), "")],
            [(head, "\n".join(under)) for head, under in action_blocks(plan, lang)],
        )
        heads = [
            (phrase("repair", code, lang), "n" if code == "results" else "")
            for code in ("day", "because", "results", "best")
        ]
        days = Table(heads, day_rows(plan, lang), phrase("repair", "days_title", lang))
        sections.insert(
            0, Section(phrase("repair", "plan_title", lang), " · ".join(plan_lines(plan, lang)), [steps, days])
        )
    return sections


def _ways(check: Mapping[str, Any], lang: Lang) -> Table:
    heads = [(phrase("repair", code, lang), "") for code in ("record", "brings")]
    rows = [
        (
            "\n".join(part for part in (option["target"], numbered(option, lang), _state(option, lang)) if part),
            "\n".join(option_lines(option, lang)),
        )
        for option in check["options"]
    ]
    return Table(heads, rows, caption="" if rows else phrase("repair", "nothing", lang))


def _state(option: Mapping[str, Any], lang: Lang) -> str:
    way, state = phrase("repair_ways", option["way"], lang), phrase("repair_states", option["state"], lang)
    return f"{way}{phrase('repair', 'colon', lang)}{state}"


def repair_page(data: Mapping[str, Any], lang: Lang = "zh") -> str:
    """One offline page: `data` has `check` and `plan` (None where only the ways were asked for)."""
    check, plan = data["check"], data["plan"]
    page = html.environment().get_template("repair.html")
    return page.render(
        lang=lang,
        tag={"zh": "zh-CN", "en": "en"}[lang],
        data=data,
        made_up=bool(data.get("made_up", False)),
        t=lambda code, *values: html.text(code, lang, *values),
        title=phrase("repair", "plan_title" if plan else "check_title", lang),
        subject=check["subject_id"],
        about=about_line(check, lang),
        sections=repair_section(check, plan, lang),
    )
