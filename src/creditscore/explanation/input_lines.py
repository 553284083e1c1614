"""What a grade rests on, in words: the state of its input, and the refused rows of its subject one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditscore.explanation.labels import Labels
from creditscore.explanation.words import Lang, grade_name, plain, say, text, word
from creditscore.grading.input_state import REFUSED, WHOLE
from creditscore.records.refused import WITHOUT_READING
from creditscore.schemes.model import Label

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
    value: str
    message: str
    accepted_by: str
    accepted_why: str


def refused_rows(
    rows: Sequence[Row], subject_id: str, accepted: Sequence[Row], labels: Labels
) -> tuple[RefusedRow, ...]:
    """The rows of a quarantine that name a subject, or could be its; not those that may not be used at all."""
    chosen = []
    for row in rows:
        could_be = (row.get("could_be") or "").split(";")
        if row["reason"] in WITHOUT_READING or (row["subject_id"] != subject_id and subject_id not in could_be):
            continue
        acceptance = next((one for one in accepted if _names(one, row)), {})
        chosen.append(
            RefusedRow(
                table=row["table"],
                record_id=row["record_id"] or "",
                item=row["item"] or "",
                item_label=labels.item(row["item"] or "") or plain(row["item"] or ""),
                reason=row["reason"],
                label=word("refusals", row["reason"]),
                column=row["column"] or "",
                value=row["value"] or "",
                message=row["message"],
                accepted_by=acceptance.get("by", ""),
                accepted_why=acceptance.get("why", ""),
            )
        )
    return tuple(chosen)


def _names(acceptance: Row, row: Row) -> bool:
    named = {name: value for name, value in acceptance.items() if name not in ("by", "why")}
    return all(str(row.get(name, "")) == value for name, value in named.items())


def input_lines(
    input_state: str, rows: Sequence[RefusedRow], grade_without: str, grade_label: Label, sum_without: str, lang: Lang
) -> list[str]:
    """Sentences about the input of one grade; none where it was whole and nothing of it was refused."""
    if not input_state:
        return [text("input_older", lang)]
    codes = [code for code in input_state.split(";") if code not in (WHOLE, REFUSED)]
    lines = [say(word("input_states", code), lang) for code in codes]
    lines += [_row_line(row, lang) for row in rows]
    if grade_without:
        named = grade_name(grade_without, say(grade_label, lang))
        added = sum_without.replace(f"→ {grade_without}", f"→ {named}")
        lines.append(text("grade_without", lang, named, text("brackets", lang, added) if added else ""))
    elif REFUSED in input_state.split(";"):
        lines.append(text("refused_stands", lang))
    return lines


def item_named(code: str, label: Label, lang: Lang) -> str:
    """An item in words, behind its number where the text itself numbers it."""
    words = say(label, lang)
    return f"{code} {words}" if code.isdigit() and words != code else words


def _row_line(row: RefusedRow, lang: Lang) -> str:
    table = say(word("tables", row.table), lang)
    item = item_named(row.item, row.item_label, lang)
    place = " ".join(part for part in (row.record_id, item) if part) or row.column
    value = item if row.column == "item" and row.value == row.item else row.value
    cell = f"{row.column} = {value}" if value else row.column
    line = text("refused_row", lang, table, place, say(row.label, lang), cell)
    if row.accepted_by:
        line += text("refused_accepted", lang, row.accepted_by, row.accepted_why)
    return line


def state_labels(input_state: str) -> tuple[Label, ...]:
    """The codes of an input state in words; whole input has none."""
    if not input_state:
        return (Label(zh=text("input_older", "zh"), en=text("input_older", "en")),)
    return tuple(word("input_states", code) for code in input_state.split(";") if code != WHOLE)
