"""Repair, on a terminal and as a page: what may be repaired and the way to a grade, from `repair_data` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.core.i18n import Lang, phrases
from creditscore.present.document import Block, Column, Document, Listing, Paragraph, Section, Table
from creditscore.repair.text import about_line, action_blocks, check_blocks, day_rows, plan_lines, refused_lines


def repair_document(data: Mapping[str, Any], lang: Lang, *, days: bool = True) -> Document:
    """Describe what may be repaired and, with a plan, the answer, its steps and its event days.

    Parameters
    ----------
    data
        `check` as `check_data` gives it, `plan` as `plan_data` does (None where only the ways were asked for).
    lang
        `zh` or `en`.
    days
        Whether the event days that were tried are listed.
    """
    t = phrases("repair", lang)
    check, plan = data["check"], data["plan"]
    blocks: list[Block] = [] if plan is None else [_plan(plan, lang, days)]
    ways: Block = Listing(list(check_blocks(check, lang))) if check["options"] else Paragraph(t("nothing"))
    remarks = [Paragraph(text, "soft") for text in (*refused_lines(check, lang), t("assumed"))]
    return Document(
        t("check_title" if plan is None else "plan_title"),
        check["subject_id"],
        lang,
        [*blocks, Section(t("check_title"), [ways]), *remarks],
        under=[about_line(check, lang)],
        data=data,
        made_up=bool(data.get("made_up", False)),
    )


def _plan(plan: Mapping[str, Any], lang: Lang, days: bool) -> Section:
    t = phrases("repair", lang)
    steps = list(action_blocks(plan, lang))
    lines = plan_lines(plan, lang)
    if plan["actions"]:
        amount = plan["amount"]
        pays = t("pays_unknown") if amount is None else f"{t('pays')}{t('colon')}{t('yuan', amount)}"
        lines.append(pays)
    if proof := plan.get("proof"):
        lines += proof["faults"] or [t("proved", str(proof["days"]), f"{proof['sets']:,}", str(proof["graded"]))]
    blocks: list[Block] = [*map(Paragraph, lines), *([Listing(steps)] if steps else [])]
    if days:
        heads = {"day": "day", "because": "text", "results": "number", "best": "text"}
        columns = [Column(t(code), kind) for code, kind in heads.items()]  # type: ignore[arg-type]
        blocks.append(Table(columns, day_rows(plan, lang), t("days_title")))
    return Section(t("plan_title"), blocks)
