"""A document as a page, one offline file with inert data and the numbers it was drawn from; or as a part of a page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from creditscore.core.atomic import json_text, write_json, write_text
from creditscore.core.canonical import encode
from creditscore.core.i18n import LANGS, Lang, clean, phrases, show
from creditscore.core.quantities import from_micro, plain
from creditscore.core.tables.write import csv_text
from creditscore.present.charts import ink
from creditscore.present.document import (
    Badge,
    Code,
    Column,
    Count,
    Document,
    Lines,
    Link,
    Named,
    Plot,
    Points,
    Table,
    Value,
    gather_tables,
    has_plots,
)

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_cell", "render_fragment", "render_page", "write_pages"]

HERE = Path(__file__).parent
SHORT = re.compile(r"[A-Za-z0-9._/-]{1,16}")  # the number of a record: no blank at which it might be broken
KINDS_OF_CELLS = {"number": "n", "day": "short", "code": "code", "badge": "short", "text": ""}
TAGS: Mapping[Lang, str] = {"zh": "zh-CN", "en": "en"}


def inert(data: Any) -> Markup:
    """Return JSON that may stand inside an HTML page: nothing in it can end the element or begin another."""
    shown = json_text(data, sort_keys=True).removesuffix("\n")
    for name in "<>&\u2028\u2029":
        shown = shown.replace(name, f"\\u{ord(name):04x}")
    return Markup(shown)  # every character that HTML could take for markup is gone


def render_page(document: Document, *, other: str = "", index: str = "", data_file: str = "") -> str:
    """Return a document as a whole page that needs nothing beside it.

    Parameters
    ----------
    document
        What is shown.
    other
        The file of the same page in the other language.
    index
        The file that leads back to all pages.
    data_file
        The file that holds the data it was drawn from.
    """
    names = _names(document)
    page = environment().get_template("page.html")
    return page.render(
        d=names,
        t=names.t,
        tag=names.tag,
        document=document,
        data=document.data,
        made_up=document.made_up,
        other=other,
        index=index,
        data_file=data_file,
        scripts=[*map(_script, list_scripts(document))],
    )


def list_scripts(document: Document) -> list[str]:
    """Return the scripts that a document can use, by their names: to sort tables, to explore charts."""
    sorting = ["sort"] if _is_sortable(document) else []
    return [*sorting, "echarts", "explore"] if has_plots(document.blocks) else sorting


@lru_cache(maxsize=3)
def read_script(name: str) -> str:
    """Return the text of a script."""
    packed = HERE / "vendor" / f"{name}.js.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes()).decode()
    return (HERE / "templates" / f"{name}.js").read_text(encoding="utf-8")


@lru_cache(maxsize=3)
def _script(name: str) -> tuple[Markup, str]:
    """A script, and the hash by which a page allows it and no other."""
    script = read_script(name)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Markup(script), f"'sha256-{digest}'"  # our own files


def render_fragment(document: Document) -> str:
    """Return a document as a part of a page: an `article` for a web application, without style or head."""
    return environment().get_template("fragment.html").render(d=_names(document))


def render_cell(document: Document) -> str:
    """Return a document as the output of a notebook's cell: a part of a page with its style, for itself alone."""
    style = Markup("<style>{}</style>").format(Markup(_style_of_cell()))
    return f'<div class="creditscore">{style}{render_fragment(document)}</div>'


@lru_cache(maxsize=1)
def _style_of_cell() -> str:
    """The style of pages, below the class of the cell and stronger than the style of the notebook around it."""
    style = (HERE / "templates" / "style.css").read_text(encoding="utf-8")
    style = re.sub(r"^(html|main|@page)[^{]*\{[^}]*\}", "", style, flags=re.MULTILINE)
    style = re.sub(r"(:root|\bbody) \{", "& {", style)
    return f".creditscore.creditscore {{ padding: 4px 16px;\n{style}}}"


def write_pages(
    document_of: Callable[[Lang], Document], folder: Path, name: str, *, index: str = "", with_csv: bool = False
) -> list[Path]:
    """Write `name.html` (Chinese), `name.en.html` and `name.json` with exactly what was drawn.

    Parameters
    ----------
    document_of
        The function of the page, by language.
    folder, name
        Where the files go.
    index
        The page that leads back to all of them, from `folder`.
    with_csv
        Whether the CSV files that tables name are written too, with the rows of the table.
    """
    files: dict[Lang, Path] = {"zh": folder / f"{name}.html", "en": folder / f"{name}.en.html"}
    documents = {lang: document_of(lang) for lang in LANGS}
    data = folder / f"{name}.json"
    for lang in LANGS:
        other = files["en" if lang == "zh" else "zh"]
        back = index.replace(".html", ".en.html") if lang == "en" else index
        write_text(files[lang], render_page(documents[lang], other=other.name, index=back, data_file=data.name))
    write_json(data, documents["zh"].data, sort_keys=True)
    written = [files["zh"], files["en"], data]
    for lang in LANGS if with_csv else ():
        tables = [table for table in gather_tables(list(documents[lang].blocks)) if table.csv and table.rows]
        written += [write_text(folder / table.csv, _csv(table, lang)) for table in tables]
    return written


def _csv(table: Table, lang: Lang) -> str:
    """The rows of a table as CSV for people; numbers without the signs that part thousands."""
    heads = [show(column.title, lang) for column in table.columns]
    rows = [[_csv_cell(value, lang) for value in row.cells] for row in table.each()]
    return csv_text(heads, (dict(zip(heads, cells, strict=True)) for cells in rows), people=True)


def _csv_cell(value: Value, lang: Lang) -> str:
    if isinstance(value, Count):
        return str(value.number)
    if isinstance(value, Points):
        return plain(from_micro(value.micro))
    return "" if value is None else show(value, lang)


def _names(document: Document) -> SimpleNamespace:
    lang = document.lang

    def say(value: Value) -> str:
        return clean(show(value, lang))

    return SimpleNamespace(
        document=document,
        tag=TAGS[lang],
        t=phrases("pages", lang),
        say=say,
        mark=lambda value: _mark(value, lang),
        kind_in=_kind_in,
        kind_of=lambda block: type(block).__name__.lower(),
        plot_of=_plot,
    )


def _kind_in(column: Column, value: Value) -> str:
    """The class of a cell: that of its column; a short number of a record or document stays on one line."""
    parts = value.parts if isinstance(value, Lines) else [value]
    if column.kind == "text" and all(isinstance(part, str) and SHORT.fullmatch(part) for part in parts):
        return "id"
    return KINDS_OF_CELLS[column.kind]


def _plot(plot: Plot) -> str:
    """A chart to explore as JSON, for an attribute."""
    series = [{"name": clean(name), "points": [_point(point) for point in points]} for name, points in plot.series]
    return encode(
        {"kind": plot.kind, "x": clean(plot.x), "y": clean(plot.y), "series": series, "diagonal": plot.diagonal}
    )


def _point(point: Sequence[Any]) -> list[Any]:
    return [clean(part) if isinstance(part, str) else part for part in point]


def _mark(value: Value, lang: Lang) -> Markup:
    """A value as markup: links lead, codes and badges look like ones, everything else is text."""
    if value is None:
        return Markup('<span class="none">—</span>')
    if isinstance(value, Link):
        return Markup('<a href="{}">{}</a>').format(value.href, _mark(value.text, lang))
    if isinstance(value, Code):
        return Markup('<span class="code">{}</span>').format(clean(value.text))
    if isinstance(value, Named):
        name = _mark(value.name, lang)
        is_told = not value.code or value.code == show(value.name, lang)
        return name if is_told else name + Markup(' <span class="code">{}</span>').format(clean(value.code))
    if isinstance(value, Badge):
        text = clean(show(value.text, lang))
        size = " large" if value.large else ""
        size += " wordy" if value.large and len(text) > 3 else ""
        if value.shade:
            shape = Markup('<span class="badge {}{}" style="background: {}">{}</span>')
            return shape.format(ink(value.shade), size, value.shade, text)
        return Markup('<span class="pill {}{}">{}</span>').format(value.tone, size, text)
    if isinstance(value, Lines):
        first, *rest = [_mark(part, lang) for part in value.parts] or [Markup("")]
        small = " soft" if value.small else ""
        return first + Markup("").join(Markup('<span class="line{}">{}</span>').format(small, part) for part in rest)
    if isinstance(value, Markup):
        return value
    lines = show(value, lang).split("\n")
    return Markup("<br>").join(escape(clean(line)) for line in lines)


def _is_sortable(document: Document) -> bool:
    return any(len(table.rows) > 2 for table in gather_tables(list(document.blocks)))


@lru_cache(maxsize=1)
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    new_environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    new_environment.globals["inert"] = inert
    return new_environment
