"""What a page is made of: sections with tables and pictures, as texts ready to be set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

Said = Callable[..., str]


@dataclass(frozen=True)
class Table:
    """Headings with their CSS class (n for numbers), and rows of texts."""

    head: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    title: str = ""
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    title: str
    caption: str
    picture: Markup


@dataclass(frozen=True)
class Section:
    title: str
    caption: str = ""
    parts: list[Table | Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def heads(t: Said, *left: str, **right: str) -> list[tuple[str, str]]:
    return [(t(name), "") for name in left] + [(t(name), css) for name, css in right.items()]
