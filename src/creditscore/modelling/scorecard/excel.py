"""The card as a workbook: the table, how to read it, evidence and edits. A copy for people; the JSON is the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import UsageError
from creditscore.core.extras import require
from creditscore.modelling.scorecard.table import NOTICE, SHOWN, CardTable

if TYPE_CHECKING:
    from collections.abc import Iterable

EDITS = ("on", "author", "change", "variable", "bin", "from", "to", "reason", "rows", "effect")


def write_excel(card: CardTable, path: str | Path) -> Path:
    """Write the card as an Excel workbook for people to read; the JSON is the model.

    Needs the extra `excel`. Texts that begin with = stay texts. A file that is there is replaced.

    Parameters
    ----------
    card
        The card to write.
    path
        The file, whose name ends in .xlsx; its folder must exist.

    Returns
    -------
    Path
        The file, with the sheets card, about, evidence (where the card carries it) and edits.

    Raises
    ------
    UsageError
        For a name that does not end in .xlsx.
    MissingExtra
        Where the extra `excel` is not installed.

    Examples
    --------
    >>> write_excel(model.card_, "card.xlsx")  # doctest: +SKIP
    """
    require("excel")
    from openpyxl import Workbook

    path = Path(path)
    if path.suffix != ".xlsx":
        raise UsageError("modelling.no_workbook", path=path)
    book = Workbook()
    sheet = book.active
    sheet.title = "card"
    shown = ([getattr(row, column) if row.count or column != "rate" else None for column in SHOWN] for row in card.rows)
    fill(sheet, SHOWN, shown)
    sheet.freeze_panes = "C2"
    about = [
        ("notice", NOTICE),
        ("score", "points of (base) + points of one bin of each variable; higher is better"),
        ("odds", f"{card.base_score:g} points: {card.base_odds:g} good to 1 bad; {card.pdo:g} points double the odds"),
        ("bins", "numbers: from the first value to below the second"),
    ]
    if card.evidence is not None:
        about += [("note", note) for note in card.evidence.notes]
    fill(book.create_sheet("about"), ("what", "text"), about)
    if card.evidence is not None:
        frame = card.evidence.to_pandas()
        fill(book.create_sheet("evidence"), tuple(frame.columns), frame.itertuples(index=False))
    edits = ([as_cell(edit.get(column)) for column in EDITS] for edit in card.edits)
    fill(book.create_sheet("edits"), EDITS, edits)
    book.save(path)
    return path


def as_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value


def fill(sheet: Any, header: tuple[str, ...], lines: Iterable[Any]) -> None:
    """Header and lines, columns wide enough to read; no text becomes a formula."""
    from openpyxl.styles import Font

    widths = [len(text) for text in header]
    for number, line in enumerate([header, *lines], start=1):
        for place, value in enumerate(line, start=1):
            cell = sheet.cell(row=number, column=place, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            if number == 1:
                cell.font = Font(bold=True)
            widths[place - 1] = max(widths[place - 1], min(len(str(value)), 60))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[sheet.cell(row=1, column=place).column_letter].width = width + 2
