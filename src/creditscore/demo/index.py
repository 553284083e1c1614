"""The first page of the demo: every page with one sentence, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, phrase
from creditscore.present.document import Count, Document, Facts, Link, Section, Tiles
from creditscore.present.html import write_pages

# group → page → its file without language and ending
PAGES: Mapping[str, Mapping[str, str]] = {
    "grades": {"overview": "overview", "subject": "subject", "impact": "impact/impact"},
    "district": {
        "district": "district",
        "composite": "composite/subject",
        "supervision": "supervision/page/supervision",
        "public": "public/public",
    },
    "case": {
        "cascade": "case/cascade",
        "letter": "case/letter",
        "packet": "case/packet/packet",
        "timeline": "case/timeline",
    },
}


def files_of(out: Path, stem: str) -> dict[Lang, str]:
    """The file of a page in each language, from the folder `out`; a page in both languages is one file."""
    named: tuple[tuple[Lang, Sequence[str]], ...] = (("zh", (".html", ".zh.html")), ("en", (".en.html", ".html")))
    return {
        lang: next(stem + ending for ending in endings if (out / (stem + ending)).is_file()) for lang, endings in named
    }


def write_index(
    out: Path, counts: Mapping[str, int], values: Mapping[str, Sequence[object]], made_up: bool = True
) -> list[Path]:
    """`index.html` (Chinese), `index.en.html` and `index.json`. `values` fill the sentences of pages, by page."""
    groups = [
        {
            "group": group,
            "pages": [
                {
                    "page": name,
                    "files": files_of(out, stem),
                    "said": {
                        lang: phrase("demo_sentences", name, lang, *values.get(name, ())) for lang in ("zh", "en")
                    },
                }
                for name, stem in pages.items()
            ],
        }
        for group, pages in PAGES.items()
    ]
    data = {"made_up": made_up, "counts": dict(counts), "groups": groups}
    return write_pages(lambda lang: index_document(data, lang), out, "index")


def index_document(data: dict[str, Any], lang: Lang) -> Document:
    """The pages of a demo by group, each with its sentence."""
    sections = [
        Section(
            phrase("demo_groups", group["group"], lang),
            [
                Facts(
                    [
                        (Link(phrase("demo_pages", page["page"], lang), page["files"][lang]), page["said"][lang])
                        for page in group["pages"]
                    ]
                )
            ],
        )
        for group in data["groups"]
    ]
    return Document(
        phrase("pages", "index", lang),
        phrase("demo", "title", lang),
        lang,
        [Tiles([(phrase("demo", name, lang), Count(count)) for name, count in data["counts"].items()]), *sections],
        under=[phrase("demo", "about", lang)],
        data=data,
        made_up=data["made_up"],
    )


__all__ = ["index_document", "write_index"]
