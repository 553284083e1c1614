"""A document on a terminal: lines folded to its width, tables whose numbers stand to the right."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import Lang, clean, phrase, show, text
from creditscore.present.document import (
    Actions,
    Block,
    Chart,
    Columns,
    Document,
    Facts,
    Listing,
    Notice,
    Paragraph,
    Section,
    Signature,
    Table,
    Tiles,
    Value,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["print_blocks", "print_document", "render_text"]

INDENT = 2
LEAST = 8  # columns of the terminal that a column of text needs to be read
LONGEST_WORD = 64  # that a table does not break: a digest


def render_text(document: Document, width: int = 80) -> str:
    """Return a document as plain text, no line wider than `width` columns; Chinese letters take two of them.

    Examples
    --------
    >>> from creditscore.present.document import Document, Facts
    >>> print(render_text(Document("grade", "Example Ltd", "en", [Facts([("grade", "B")])])), end="")
    Example Ltd
    grade
    <BLANKLINE>
    grade: B
    """
    from rich.console import Console

    out = io.StringIO()
    options: dict[str, Any] = {"color_system": None, "highlight": False, "markup": False, "emoji": False}
    print_document(document, Console(file=out, width=width, legacy_windows=False, **options))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def print_document(document: Document, console: Console | None = None, *, first: int | None = None) -> None:
    """Print a document on a terminal (`console`: another place), or only the `first` of its blocks."""
    from rich.console import Console
    from rich.text import Text

    place = console or Console(highlight=False, soft_wrap=False)
    lang = document.lang
    if document.made_up:
        place.print(Text(f"*** {phrase('pages', 'made_up', lang)} ***"))
    heading = show(document.title, lang)
    place.print(Text(clean(heading), style="bold"))
    for line in (document.kind, *document.under):
        if show(line, lang) and show(line, lang) != heading:
            place.print(Text(clean(show(line, lang))))
    for block in islice(document.each(), first):
        for part in _draw(block, lang, place.width):
            place.print(part)
    if document.foot is not None:
        place.print(Text("\n" + clean(show(document.foot, lang))))


def print_blocks(blocks: Sequence[Block | Value], lang: Lang) -> None:
    """Print blocks without the head of a document; what is no block is a line of its own."""
    from rich.console import Console
    from rich.text import Text

    place = Console(highlight=False, soft_wrap=False)
    for number, block in enumerate(blocks):
        if isinstance(block, Block):
            for part in _draw(block, lang, place.width):
                if number or part != "":
                    place.print(part)
        else:
            for line in _clean_lines(block, lang):
                place.print(Text(line))


def _draw(block: Block, lang: Lang, width: int, indent: int = 0) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    def lines(value: Value, style: str = "", deeper: int = 0) -> Iterator[RenderableType]:
        for line in _clean_lines(value, lang):
            yield Padding(Text(line, style=style), (0, 0, 0, indent + deeper), expand=False)

    colon = text("colon", lang)
    if isinstance(block, Section):
        yield ""
        yield from lines(block.title, "bold")
        yield from lines(block.caption)
        for part in block.blocks:
            yield from _draw(part, lang, width, indent)
    elif isinstance(block, Columns):
        for part in (*block.left, *block.right):
            yield from _draw(part, lang, width, indent)
    elif isinstance(block, Paragraph):
        yield ""
        yield from lines(block.text)
    elif isinstance(block, Notice):
        yield ""
        yield Padding(_signed([("! ", [block.text])], lang), (0, 0, 0, indent), expand=False)
    elif isinstance(block, Facts | Tiles):
        yield ""
        for name, value in block.rows:
            first, *rest = _clean_lines(value, lang) or [""]
            yield from lines(f"{show(name, lang)}{colon}{first}")
            for line in rest:
                yield from lines(line, deeper=INDENT)
    elif isinstance(block, Listing):
        yield ""
        yield from lines(block.title, "bold")
        signs = (f"{number}. " if block.numbered else "· " for number in range(1, len(block.items) + 1))
        items = [(sign, [head, *below]) for sign, (head, below) in zip(signs, block.each(), strict=True)]
        yield Padding(_signed(items, lang), (0, 0, 0, indent), expand=False)
    elif isinstance(block, Actions):
        yield ""
        for link in block.links:
            yield from lines(f"{show(link.text, lang)}{colon}{link.href}")
    elif isinstance(block, Signature):
        yield ""
        for value in (block.seal, block.office, block.day):
            yield from lines(value)
    elif isinstance(block, Chart) and block.table is not None:
        yield ""
        yield from lines(block.title, "bold")
        yield from lines(block.caption)
        yield from _table(block.table, lang, width - indent, indent)
    elif isinstance(block, Table):
        yield ""
        yield from _table(block, lang, width - indent, indent)


def _signed(items: Sequence[tuple[str, Sequence[Value]]], lang: Lang) -> RenderableType:
    """Items behind their signs; what is folded, and the lines below, stand under the first letter."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for sign, values in items:
        lines = [line for value in values for line in _clean_lines(value, lang)]
        for number, line in enumerate(lines):
            grid.add_row("" if number else sign, Text(line))
    return grid


def _clean_lines(value: Value, lang: Lang) -> list[str]:
    return [clean(line) for line in show(value, lang).split("\n") if line] if value is not None else []


def _cell(value: Value, lang: Lang) -> str:
    return "—" if value is None else "\n".join(clean(line) for line in show(value, lang).split("\n"))


def _table(table: Table, lang: Lang, width: int, indent: int) -> Iterator[RenderableType]:
    """A table that fits; where its columns would be too narrow to read, its rows as lines of names and values."""
    from rich.cells import cell_len
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    def padded(line: RenderableType) -> RenderableType:
        return Padding(line, (0, 0, 0, indent), expand=False)

    heads = [clean(show(column.title, lang)) for column in table.columns]
    rows = [(row.tone, [_cell(value, lang) for value in row.cells]) for row in table.each()]
    if table.title:
        yield padded(Text(clean(show(table.title, lang)), style="bold"))
    if table.caption:
        yield padded(Text(clean(show(table.caption, lang))))
    if not rows:
        if table.empty:
            yield padded(Text(clean(show(table.empty, lang))))
        return
    whole = [_is_whole(column.kind, [cells[k] for _, cells in rows]) for k, column in enumerate(table.columns)]
    lines_of_column = [
        [line for cell in (heads[k], *(cells[k] for _, cells in rows)) for line in cell.split("\n")]
        for k in range(len(heads))
    ]
    widths = [max(map(cell_len, lines)) for lines in lines_of_column]
    least = [
        wide if whole[k] else min(wide, max(LEAST, _longest_word(lines_of_column[k]))) for k, wide in enumerate(widths)
    ]
    if sum(least) + 2 * (len(heads) - 1) > width:
        yield from (padded(line) for line in _rows_as_lines(heads, [cells for _, cells in rows], lang))
        return
    looks: dict[str, Any] = {"box": None, "pad_edge": False, "show_edge": False, "padding": (0, 2, 0, 0)}
    grid = Grid(show_header=table.headed, header_style="bold", **looks)
    for k, column in enumerate(table.columns):
        justify: Any = "right" if column.kind == "number" else "left"
        grid.add_column(Text(heads[k]), justify=justify, overflow="fold", no_wrap=whole[k], min_width=least[k])
    for tone, cells in rows:
        grid.add_row(*(Text(cell) for cell in cells), style={"sum": "bold", "decides": "bold"}.get(tone))
    yield padded(grid)


def _longest_word(lines: Sequence[str]) -> int:
    """The columns of the longest word, Chinese apart, which may be broken anywhere."""
    words = (word for line in lines for word in re.findall(r"[!-~]+", line))
    return min(LONGEST_WORD, max(map(len, words), default=0))


def _is_whole(kind: str, cells: Sequence[str]) -> bool:
    """Whether the cells of a column are not to be broken: numbers, days and short texts."""
    return kind in ("number", "day", "badge") or max((len(cell) for cell in cells), default=0) <= 10


def _rows_as_lines(heads: Sequence[str], rows: Sequence[Sequence[str]], lang: Lang) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    colon = text("colon", lang)
    for cells in rows:
        yield Text(cells[0].replace("\n", "  "))
        for head, cell in zip(heads[1:], cells[1:], strict=True):
            for number, line in enumerate(cell.split("\n")):
                if cell:
                    named = f"{head}{colon}{line}" if head and not number else line
                    yield Padding(Text(named), (0, 0, 0, INDENT * (2 if number else 1)), expand=False)
