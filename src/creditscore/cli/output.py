"""What a command says on stdout: blocks of a document for people; with `--json` data for programs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import typer

from creditscore.core.i18n import Lang, Phrase, language, phrase, show

if TYPE_CHECKING:
    from creditscore.present.document import Document, Table

SECTION = "cli"  # of the catalogue: what commands say; HEADS: what columns of their tables are called
HEADS = "heads"
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)


@contextmanager
def choose_json(chosen: bool) -> Iterator[None]:
    """Let a command give its data as JSON, where it was asked for."""
    before = _as_json.set(chosen)
    try:
        yield
    finally:
        _as_json.reset(before)


def wants_json() -> bool:
    """Whether the command at hand was given `--json`."""
    return _as_json.get()


def told(code: str, *values: Any) -> Phrase:
    """A line that a command says, in no language yet."""
    return Phrase(SECTION, code, values)


def give(data: Any, *parts: Any, lang: Lang | None = None, written: Iterable[Any] = ()) -> None:
    """Say what a command has to say.

    Parameters
    ----------
    data
        All of it, in plain values: what `--json` prints.
    parts
        The same for people: blocks of a document, and lines (texts, phrases, labels); None is left out.
    lang
        The language of the lines; None: the one that is chosen.
    written
        Files and folders that were written.
    """
    chosen, files = lang or language(), [str(place) for place in written]
    if wants_json():
        told_in_data = not files or isinstance(data, Mapping)
        print_json({**data, "written": files} if files and told_in_data else data)
        files = [] if told_in_data else files
    else:
        from creditscore.present.terminal import print_blocks

        print_blocks([part for part in parts if part is not None and part != ""], chosen)
    for file in files:
        typer.echo(phrase(SECTION, "written", chosen, file), err=wants_json())


def give_document(
    document: Document, data: Any = None, written: Iterable[Any] = (), *, first: int | None = None
) -> None:
    """Say a document, or the `first` of its blocks; as JSON what it was drawn from (`data`: other data of the same)."""
    if wants_json():
        give(dict(document.data) if data is None else data, lang=document.lang, written=written)
        return
    from creditscore.present.terminal import print_document

    print_document(document, first=first)
    give(None, lang=document.lang, written=written)


def print_json(data: Any) -> None:
    """Print data as JSON; rows that are objects as their fields, days and paths as texts."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, default=_make_plain))


def _make_plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return list(value) if isinstance(value, set | frozenset) else str(value)


def say_aside(line: Any) -> None:
    """Say a line on the error stream: what is no part of the output."""
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False, soft_wrap=False, stderr=True).print(Text(show(line, language())))


def tabulate(rows: Sequence[Mapping[str, Any]], *names: str, title: Any = "", empty: Any = "") -> Table:
    """Make a table of rows: a column for each name, called as the catalogue calls it; numbers to the right."""
    from creditscore.present.document import Column, Count, Table

    def is_number(value: Any) -> bool:
        return isinstance(value, int | Count) and not isinstance(value, bool)

    columns = []
    for name in names:
        values = [row[name] for row in rows if row[name] not in (None, "")]
        kind: Any = "number" if values and all(map(is_number, values)) else "text"
        columns.append(Column(Phrase(HEADS, name), kind))
    cells = [[Count(row[name]) if type(row[name]) is int else row[name] for name in names] for row in rows]
    return Table(columns, cells, title=title, empty=empty)
