"""The picture of a ledger: from the start to the score, one bar for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import Lang, clean, phrase, say, text
from creditscore.core.quantities import points
from creditscore.present.charts import steps
from creditscore.present.svg import Picture

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation

MOST = 40  # steps that a picture still shows


def draw_waterfall(explanation: Explanation, lang: Lang) -> Picture:
    """Draw the way from the start to the score; nothing where a number is open or the ledger is long."""
    moves = [line for line in explanation.lines if line.step == "start" or line.effective]
    if explanation.score is None or explanation.start is None or not 1 < len(moves) <= MOST:
        return Picture()
    rows: list[dict[str, Any]] = []
    for line in moves:
        moved = line.nominal if line.step == "start" else line.effective
        if line.total is None or moved is None:
            return Picture()
        before, shown = (line.total - moved, points(moved, plus=True)) if rows else (None, points(line.total))
        rows.append({"label": clean(say(line.label, lang)), "before": before, "after": line.total, "text": shown})
    score = points(explanation.score)
    rows.append({"label": text("score", lang), "before": None, "after": explanation.score, "text": score})
    title = phrase("pages", "how" if explanation.by_score else "how_aside", lang)
    return steps("path", title, phrase("pages", "how_desc", lang, points(explanation.start), score), rows)
