"""A page of sections: words in two languages, tiles, tables and pictures, one template for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from creditscore.core.i18n import Lang, phrases
from creditscore.present import document, html

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


def said_in(name: str) -> Callable[[Lang], Said]:
    """Texts of a section by language; what it does not have comes from the texts of all pages."""
    return lambda lang: phrases(name, lang, "pages")


def draw(
    data: dict[str, Any],
    lang: Lang,
    t: Said,
    kind: str,
    title: str,
    sections: Sequence[Section | None],
    *,
    under: Sequence[str] = (),
    tiles: Sequence[tuple[str, str]] = (),
    limits: Sequence[str] = (),
    other: str = "",
) -> str:
    """The page as HTML. `under`: lines below the title; `other`: the file in the other language."""
    blocks: list[document.Block | None] = [document.Tiles(tiles)] if tiles else []
    blocks += [_section(section) for section in sections if section is not None]
    if limits:
        blocks.append(document.Section(t("limits"), [document.Listing(limits)]))
    shown = document.Document(
        kind,
        title,
        lang,
        blocks,
        under=under,
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )
    return html.render_page(shown, other=other)


def _section(section: Section) -> document.Section:
    return document.Section(
        section.title, [*map(_part, section.parts), *map(document.Paragraph, section.notes)], section.caption
    )


def _part(part: Table | Figure) -> document.Block:
    if isinstance(part, Figure):
        return document.Chart(part.title, part.picture, part.caption)
    columns = [document.Column(name, "number" if css == "n" else "text") for name, css in part.head]
    return document.Table(columns, part.rows, part.title, part.caption)


def number(value: int | None) -> str:
    """A whole number for a reader; a dash where there is none."""
    return "—" if value is None else f"{value:,}".replace("-", "−")
