"""The document: what people read, as blocks of text, facts, tables and charts, in one language and no form yet.

A page is one function from data to a `Document`. The renderers beside this file show it on a terminal (`terminal`), as
a page or a part of one (`html`), as JSON (`as_json`) and as a file of a word processor (`docx`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from markupsafe import Markup

from creditscore.core.i18n import Lang, show
from creditscore.core.quantities import from_micro, points

__all__ = [
    "Actions",
    "Badge",
    "Block",
    "Chart",
    "Code",
    "Column",
    "Columns",
    "Count",
    "Document",
    "Facts",
    "Lines",
    "Link",
    "Listing",
    "Named",
    "Notice",
    "Paragraph",
    "Points",
    "Row",
    "Section",
    "Signature",
    "Table",
    "Tiles",
    "Value",
    "above_code",
    "csv_name",
    "gather_tables",
    "heads",
    "percent",
]

# What a person reads in one place: a text, a day, a label, a phrase, or one of the values below; None: nothing there.
Value = Any
NARROW = 4  # columns of a table that half of a wide screen shows well
SHORT = 12  # rows of tables that half of a sheet holds
Tone = Literal["", "good", "info", "warn", "bad", "idle", "decides", "sum"]
Kind = Literal["text", "number", "day", "code", "badge"]


@dataclass(frozen=True)
class Points:
    """Points of a grade, in millionths (`micro`), with a plus where they are added."""

    micro: int | None
    plus: bool = False

    def say(self, lang: Lang) -> str:
        return points(from_micro(self.micro), plus=self.plus)


@dataclass(frozen=True)
class Count:
    """A whole or decimal number with its thousands apart, and the unit behind it."""

    number: int | Decimal
    unit: str = ""

    def say(self, lang: Lang) -> str:
        return f"{self.number:,}".replace("-", "−") + self.unit


@dataclass(frozen=True)
class Code:
    """An id, a hash or a name of a file: for machines, shown in letters of one width."""

    text: str

    def say(self, lang: Lang) -> str:
        return self.text


@dataclass(frozen=True)
class Named:
    """What something is called, and behind it the code that machines know it by."""

    name: Value
    code: str

    def say(self, lang: Lang) -> str:
        name = show(self.name, lang)
        if not self.code or self.code == name:
            return name
        return f"{name}（{self.code}）" if lang == "zh" else f"{name} ({self.code})"


@dataclass(frozen=True)
class Link:
    """A text that leads to another page or file."""

    text: Value
    href: str

    def say(self, lang: Lang) -> str:
        return show(self.text, lang)


@dataclass(frozen=True)
class Badge:
    """A grade or a state as a sign: its text in a colour (`shade` as `#rrggbb`, else that of its tone)."""

    text: Value
    shade: str = ""
    tone: Tone = ""
    large: bool = False

    def say(self, lang: Lang) -> str:
        return show(self.text, lang)


@dataclass(frozen=True)
class Lines:
    """Values below each other in one place; those after the first in small letters where `small`."""

    parts: Sequence[Value]
    small: bool = False

    def say(self, lang: Lang) -> str:
        return "\n".join(show(part, lang) for part in self.parts)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. `kind`: `lead` is what matters most, `soft` a remark."""

    text: Value
    kind: Literal["", "lead", "soft"] = ""


@dataclass(frozen=True)
class Notice:
    """What must not be overlooked: made-up data, disputed records, refused rows."""

    text: Value
    tone: Tone = "warn"


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    rows: Sequence[tuple[Value, Value]]


@dataclass(frozen=True)
class Tiles:
    """A few numbers that stand out."""

    rows: Sequence[tuple[Value, Value]]


@dataclass(frozen=True)
class Column:
    """A column of a table. `kind` says how its cells stand: numbers to the right, codes in letters of one width."""

    title: Value
    kind: Kind = "text"


def heads(t: Callable[..., str], *texts: str, numbers: Sequence[str] = (), **kinds: Kind) -> list[Column]:
    """Columns by the codes of their titles: those of text, then those of numbers, then those of other kinds."""
    listed = {**dict.fromkeys(texts, "text"), **dict.fromkeys(numbers, "number"), **kinds}
    return [Column(t(code), kind) for code, kind in listed.items()]  # type: ignore[arg-type]


def percent(share: float | None, places: int = 1) -> Count | None:
    """A share of one in per cent; None where it is not known."""
    return None if share is None else Count(Decimal(f"{100 * share:.{places}f}"), " %")


def above_code(name: Value, code: str) -> Value:
    """What something is called, and below it in small letters its code; the code alone where it has no name."""
    return Lines([name, Code(code)], small=True) if name else Code(code)


def csv_name(name: str, lang: Lang) -> str:
    """The CSV file with the rows of a table, in a language."""
    return f"{name}.csv" if lang == "zh" else f"{name}.en.csv"


@dataclass(frozen=True)
class Row:
    """A row of a table that stands out or back: what decided, what does not count, the sum."""

    cells: Sequence[Value]
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """Rows under typed columns. `empty`: what is said where there are no rows; `csv`: the file with the same rows."""

    columns: Sequence[Column]
    rows: Sequence[Row | Sequence[Value]]
    title: Value = ""
    caption: Value = ""
    empty: Value = ""
    csv: str = ""

    @property
    def headed(self) -> bool:
        """Whether a column has a title."""
        return any(column.title for column in self.columns)

    def each(self) -> Iterator[Row]:
        """Yield every row with its tone."""
        for row in self.rows:
            yield row if isinstance(row, Row) else Row(row)


@dataclass(frozen=True)
class Chart:
    """A picture (SVG with a title and a description for those who do not see it), and the numbers it was drawn from.

    `table` stands folded below the picture, and in its place where no picture can be; a chart without one has its
    numbers beside it and is only on pages.
    """

    title: Value
    picture: Markup
    caption: Value = ""
    table: Table | None = None


@dataclass(frozen=True)
class Listing:
    """Items in their order; `numbered` where the order says something. An item may have lines below it."""

    items: Sequence[Value | tuple[Value, Sequence[Value]]]
    numbered: bool = False
    title: Value = ""

    def each(self) -> Iterator[tuple[Value, Sequence[Value]]]:
        """Yield every item with the lines below it."""
        for item in self.items:
            yield item if isinstance(item, tuple) else (item, ())


@dataclass(frozen=True)
class Actions:
    """Where the reader can go or what may be done."""

    links: Sequence[Link]


@dataclass(frozen=True)
class Signature:
    """The end of a letter: the office, its seal's place and the day."""

    office: Value
    day: Value
    seal: Value = ""


@dataclass(frozen=True)
class Columns:
    """Two columns on a wide screen, the first the wider one; below each other elsewhere."""

    left: Sequence[Block]
    right: Sequence[Block]


@dataclass(frozen=True)
class Section:
    """A part of a document under a heading."""

    title: Value
    blocks: Sequence[Block]
    caption: Value = ""

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of a wide screen: wide tables, and long ones, beside which nothing fits."""
        too_wide = any(len(table.columns) > NARROW for table in gather_tables(self.blocks))
        return too_wide or not self.short or any(isinstance(block, Columns) for block in self.blocks)

    @property
    def short(self) -> bool:
        """Whether it may be kept together on paper."""
        return sum(len(table.rows) for table in gather_tables(self.blocks)) <= SHORT


Block = Paragraph | Notice | Facts | Tiles | Table | Chart | Listing | Actions | Signature | Columns | Section


@dataclass(frozen=True)
class Document:
    """What people read about one thing.

    Parameters
    ----------
    kind
        What sort of document it is, as a person says it.
    title
        Its heading: the name of what it is about.
    lang
        `zh` or `en`: the language of its texts, and of the days and numbers in them.
    blocks
        What it says, in order.
    under
        Lines below the heading: codes, period, version.
    data
        What it was drawn from, in plain values; a page carries it.
    made_up
        Whether organisations and records are invented.
    letter
        Whether it is drawn as a letter: on white, with a centred heading, to be signed.
    foot
        The last line, that says what a page is not.
    """

    kind: Value
    title: Value
    lang: Lang
    blocks: Sequence[Block | None]
    under: Sequence[Value] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    made_up: bool = False
    letter: bool = False
    foot: Value = None

    def each(self) -> Iterator[Block]:
        """Yield the blocks that are there."""
        return (block for block in self.blocks if block is not None)


def gather_tables(blocks: Sequence[Block | None]) -> Iterator[Table]:
    """Yield every table of blocks, also those of charts and of sections within."""
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Chart) and block.table is not None:
            yield block.table
        elif isinstance(block, Section):
            yield from gather_tables(block.blocks)
        elif isinstance(block, Columns):
            yield from gather_tables([*block.left, *block.right])
