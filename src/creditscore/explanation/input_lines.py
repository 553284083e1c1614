"""What a grade rests on, in words: the state of its input, and the refused rows of its subject one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditscore.core.i18n import Lang, day_said, plain, say, text, word
from creditscore.core.model import Label
from creditscore.explanation.labels import Labels
from creditscore.grading.input_state.acceptance import WHICH
from creditscore.grading.input_state.state import REFUSED, WHOLE
from creditscore.records.refused import WITHOUT_READING

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    """One refused row of a subject: where it stands, why it was refused, and who accepted that it is lost."""

    table: str
    record_id: str
    item: str
    item_label: Label
    reason: str
    label: Label
    column: str
    column_labels: tuple[Label, ...]
    value: str
    message: str
    accepted_by: str
    accepted_why: str
    accepted_on: str = ""


def refused_rows(
    rows: Sequence[Row], subject_id: str, accepted: Sequence[Row], labels: Labels
) -> tuple[RefusedRow, ...]:
    """The rows of a quarantine that name a subject, or could be its; not those that may not be used at all."""
    chosen = []
    for row in rows:
        could_be = (row.get("could_be") or "").split(";")
        if row["reason"] in WITHOUT_READING or (row["subject_id"] != subject_id and subject_id not in could_be):
            continue
        acceptance = next((value for value in accepted if _names(value, row)), {})
        chosen.append(
            RefusedRow(
                table=row["table"],
                record_id=row["record_id"] or "",
                item=row["item"] or "",
                item_label=labels.item(row["item"] or "") or plain(row["item"] or ""),
                reason=row["reason"],
                label=word("refusals", row["reason"]),
                column=row["column"] or "",
                column_labels=tuple(labels.column(name) for name in (row["column"] or "").split(" or ") if name),
                value=row["value"] or "",
                message=row["message"],
                accepted_by=acceptance.get("by", ""),
                accepted_why=acceptance.get("why", ""),
                accepted_on=acceptance.get("on", ""),
            )
        )
    return tuple(chosen)


def _names(acceptance: Row, row: Row) -> bool:
    named = {name: value for name, value in acceptance.items() if name in WHICH}
    return all(str(row.get(name, "")) == value for name, value in named.items())


def input_lines(
    input_state: str,
    rows: Sequence[RefusedRow],
    without: Label | None,
    sum_without: str,
    lang: Lang,
    blocked: bool = False,
    office: bool = True,
) -> list[str]:
    """Sentences about the input of one grade; none where it was whole and nothing of it was refused.

    `without`: the grade without the refused rows in words, where these leave it open; `blocked`: they leave it open.
    Who accepted a refused row is named to the `office` alone.
    """
    if not input_state:
        return [text("input_older", lang)]
    codes = [code for code in input_state.split(";") if code not in (WHOLE, REFUSED)]
    lines = [say(word("input_states", code), lang) for code in codes]
    lines += [_row_line(row, lang, office) for row in rows]
    if without is not None:
        grade_words = say(without, lang)
        lines.append(
            text("grade_without_sum", lang, grade_words, sum_without)
            if sum_without
            else text("grade_without", lang, grade_words)
        )
    elif blocked:
        lines.append(text("none_without", lang))
    elif REFUSED in input_state.split(";"):
        lines.append(text("refused_stands", lang))
    return lines


def _row_line(row: RefusedRow, lang: Lang, office: bool) -> str:
    """`被退回的记录：协会评定（编号S002-3），缺少计算所需的日期（决定日期或者事项日期）`."""
    table, item = say(word("tables", row.table), lang), say(row.item_label, lang)
    record = text("basis_record", lang, row.record_id) if row.record_id else ""
    column = text("refused_or", lang).join(say(label, lang) for label in row.column_labels)
    place = text("basis", lang, item, record) if item and record else item or record or column
    cell = text("refused_cell", lang, column, row.value) if row.value else column
    known = row.column == "item" and row.value == row.item  # the item has been named
    line = text("refused_row_bare" if known else "refused_row", lang, table, place, say(row.label, lang), cell)
    if row.accepted_by:
        who = row.accepted_by if office else text("refused_accepted_who", lang)
        key = "refused_accepted_on" if row.accepted_on else "refused_accepted"
        line += text(key, lang, who, row.accepted_why, day_said(row.accepted_on, lang))
    return line


def state_labels(input_state: str) -> tuple[Label, ...]:
    """The codes of an input state in words; whole input has none."""
    if not input_state:
        return (Label(zh=text("input_older", "zh"), en=text("input_older", "en")),)
    return tuple(word("input_states", code) for code in input_state.split(";") if code != WHOLE)
