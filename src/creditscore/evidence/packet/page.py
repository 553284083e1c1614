"""The packet as one page for paper, in Chinese and English at once, drawn from packet.json and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from creditscore.core.i18n import LANGS, phrase, word
from creditscore.core.model import Label
from creditscore.core.quantities import MINUS
from creditscore.evidence.packet.gather import about_of
from creditscore.evidence.packet.sections import all_sections
from creditscore.present import charts
from creditscore.present.html import environment
from creditscore.present.html import text as page_text


def packet_page(packet: Mapping[str, Any]) -> str:
    """The page of a packet; the same text for the same packet."""
    shown = packet["results"]["explanation"]
    about = about_of(packet["inputs"])
    marks = {"kind": packet["kind"], "digest": packet["digest"], "made_up": shown["made_up"]}
    return (
        environment()
        .get_template("packet.html")
        .render(
            t=lambda code, *values: " · ".join(page_text(code, lang, *values) for lang in LANGS),
            tag="zh-CN",
            lang="zh",
            data=marks,
            made_up=shown["made_up"],
            both=both,
            shown=shown,
            about=about,
            digest=packet["digest"],
            sections=all_sections(packet),
            route=pair(word("routes", shown["route"])) if shown["route"] else "",
            counts=_counts(packet),
            sum=shown["sum"].replace("-", MINUS) if shown["by_score"] else "",
            grade=_named(packet),
            **charts.badge(shown["grade"], shown["grade_label"]["zh"]),
            score_head="score" if shown["by_score"] else "score_aside",
            state=pair(word("states", shown["state"])),
        )
    )


def _counts(packet: Mapping[str, Any]) -> str:
    used = [row["use"] in ("counted", "no_effect") for row in packet["results"]["records"]]
    return " · ".join(phrase("packet", "counts_said", lang, sum(used), len(used) - sum(used)) for lang in LANGS)


def _named(packet: Mapping[str, Any]) -> str:
    """The grade in both languages; a packet of an earlier version has its code."""
    code = packet["results"]["explanation"]["grade"]
    label = packet["results"].get("grades", {}).get(code)
    return str(code) if label is None else pair(Label(**label))


def both(code: str, *values: object) -> Markup:
    """A text of the packet in both languages, the second one set apart."""
    zh, en = (phrase("packet", code, lang, *values) for lang in LANGS)
    return Markup('{} <span lang="en" class="en">{}</span>').format(zh, en)


def pair(label: Any) -> str:
    """A label in both languages; once where they are the same."""
    return str(label.zh) if label.zh == label.en else f"{label.zh} · {label.en}"
