"""Pages: one file each, offline, without scripts, all data inert, the numbers they were drawn from inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from creditscore.core.atomic import json_text, write_json, write_text
from creditscore.core.i18n import Lang, phrase

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


def text(code: str, lang: Lang, *values: object) -> str:
    return phrase("pages", code, lang, *values)


def inert(data: Any) -> Markup:
    """JSON that may stand inside an HTML page: nothing in it can end the element or begin another."""
    shown = json_text(data, sort_keys=True).removesuffix("\n")
    for name in "<>&\u2028\u2029":
        shown = shown.replace(name, f"\\u{ord(name):04x}")
    return Markup(shown)  # every character that HTML could take for markup is gone


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
    new_environment.filters["thousands"] = lambda value: f"{value:,}"
    new_environment.globals["inert"] = inert
    return new_environment


def draw(template: str, lang: Lang, data: dict[str, Any], **more: Any) -> str:
    def fill(code: str, *values: object) -> str:
        return text(code, lang, *values)

    tag = {"zh": "zh-CN", "en": "en"}[lang]
    page = environment().get_template(template)
    return page.render(t=fill, lang=lang, tag=tag, data=data, made_up=data["made_up"], **more)


def write_pair(
    data: dict[str, Any], draw: Callable[[dict[str, Any], Lang, str], str], folder: Path, name: str
) -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json` with exactly what was drawn."""
    files = [folder / f"{name}.html", folder / f"{name}.en.html", folder / f"{name}.json"]
    write_text(files[0], draw(data, "zh", files[1].name))
    write_text(files[1], draw(data, "en", files[0].name))
    write_json(files[2], data, sort_keys=True)
    return files
