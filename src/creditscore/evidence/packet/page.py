"""The packet as a document, drawn from packet.json and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from creditscore.core.i18n import Lang, day_said, period_said, phrases, word
from creditscore.core.quantities import MINUS
from creditscore.evidence.packet.cells import number, tell, tell_grade
from creditscore.evidence.packet.sections import is_used, list_sections
from creditscore.present.charts import NAMED, OTHER
from creditscore.present.document import Badge, Block, Code, Document, Facts, Named, Paragraph, Section, Tiles, Value


def packet_document(packet: Mapping[str, Any], lang: Lang) -> Document:
    """Tell a packet: the grade and why, its records, what would change it, the law, and what proves all of it."""
    t = phrases("packet", lang, "pages", "explanation")
    shown = packet["results"]["explanation"]
    summary: list[Block] = [Paragraph(tell(shown["said"], lang)), Facts(list(_facts(packet, t, lang)))]
    if shown["by_score"] and shown["sum"]:
        summary.insert(0, Paragraph(shown["sum"].replace("-", MINUS), "lead"))
    grade = Badge(
        tell_grade(packet["results"], shown, lang), NAMED.get(shown["grade"], OTHER) if shown["grade"] else ""
    )
    tiles: list[tuple[Value, Value]] = [(t("grade" if shown["grade"] else "state"), grade)]
    if shown["by_score"] and shown["score"] is not None:
        tiles.append((t("score"), number(shown["score"])))
    return Document(
        t("title"),
        shown["name"] or shown["subject_id"],
        lang,
        [Tiles(tiles), Section(t("summary"), summary), *list_sections(packet, lang)],
        under=[
            *([shown["subject_id"]] if shown["name"] else []),
            Named(tell(shown["title"], lang), packet["results"]["law"]["version"]),
            period_said(shown["period"], lang),
            Code(packet["digest"]),
        ],
        data={"kind": packet["kind"], "digest": packet["digest"], "made_up": shown["made_up"]},
        made_up=shown["made_up"],
        foot=t("not_official"),
    )


def _facts(packet: Mapping[str, Any], t: Callable[..., str], lang: Lang) -> Iterator[tuple[Value, Value]]:
    shown = packet["results"]["explanation"]
    if shown["route"]:
        yield t("route"), word("routes", shown["route"])
    if shown["score"] is not None and not shown["by_score"]:
        yield t("score_aside"), number(shown["score"])
    if shown["margin"] is not None:
        yield t("margin"), number(shown["margin"])
    yield t("known_at"), day_said(shown["known_at"], lang)
    used = sum(is_used(row) for row in packet["results"]["records"])
    yield t("counts"), t("counts_said", used, len(packet["results"]["records"]) - used)
    yield t("evidence"), tell(shown["evidence_label"], lang)
