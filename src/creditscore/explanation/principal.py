"""Principal reasons: what moved the score towards a worse grade, the heaviest first, and the same as one paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from creditscore.explanation.ledger import Explanation, Line
from creditscore.explanation.numbers import points
from creditscore.explanation.words import Lang, say, text, word
from creditscore.schemes.model import Label

MOST = 4
COUNTED = ("record", "condition", "cap")


@dataclass(frozen=True)
class Reason:
    """One factor: its points in sum (with their sign), the records behind it, and the articles cited."""

    label: Label
    points: Decimal
    records: tuple[str, ...]
    articles: tuple[str, ...]


def principal_reasons(one: Explanation, most: int = MOST) -> tuple[Reason, ...]:
    """Up to `most` factors whose effective points made the score worse, the heaviest first; ties by label.

    Rows of one item or condition are one factor, and so are the rows of a group or pool whose cap took something back:
    a cap is set against the rows it takes back from. What counts nothing (displaced, withdrawn, exempt) or makes the
    score better is no reason. A scheme without points has none: there the deciding rule says why. Nor has a subject
    without a grade.
    """
    if one.state != "graded":
        return ()
    factors: dict[tuple[str, str], list[Line]] = {}
    for line in one.lines:
        if line.step in COUNTED and (line.effective or line.reason == "pooled"):
            key = ("item", line.under or line.item) if line.step != "condition" else ("rule", line.rule)
            factors.setdefault(key, []).append(line)
    found = []
    for lines in factors.values():
        total = sum((line.effective or Decimal(0) for line in lines), Decimal(0))
        if (total > 0) == one.lower_is_better and total:
            records = tuple(dict.fromkeys(line.record_id for line in lines if line.record_id))
            articles = tuple(dict.fromkeys(line.article for line in lines if line.article))
            label = next((line.label for line in lines if line.step == "cap"), lines[0].label)
            found.append(Reason(label, total, records, articles))
    return tuple(sorted(found, key=lambda reason: (-abs(reason.points), reason.label.en, reason.records))[:most])


def paragraph(one: Explanation, lang: Lang = "zh") -> str:
    """The grade and why, as one paragraph for the subject itself."""
    head = text("para_head", lang, one.name or one.subject_id, one.period, say(one.title, lang))
    if one.state != "graded":
        said = text("para_none", lang, say(word("states", one.state), lang), say(one.state_reason, lang))
        return _join([head + said, text("para_rights", lang)], lang)
    parts = [head + text("para_grade", lang, say(one.grade_label, lang) or one.grade)]
    if one.score is not None and one.start is not None:
        parts.append(text("para_score", lang, points(one.start), points(one.score)))
    decided = [line for line in one.lines if line.step == "decide"]
    if decided and (one.route != "score" or len(decided) > 1):  # a rule decided, or changed what the band gave
        last = decided[-1]
        parts.append(text("para_rule", lang, say(last.label, lang), last.article or last.rule))
    reasons = principal_reasons(one)
    if reasons:
        listed = [
            text(
                "para_reason",
                lang,
                say(reason.label, lang),
                points(reason.points, plus=True),
                "; ".join(reason.articles),
            )
            for reason in reasons
        ]
        # where one rule decided alone, points moved the score and not the grade
        key = "para_also" if one.route != "score" and len(decided) == 1 else "para_reasons"
        parts.append(text(key, lang, text("para_comma", lang).join(listed)))
    elif one.route == "score":
        parts.append(text("para_no_reason", lang))
    if one.margin is not None:
        parts.append(text("para_margin", lang, points(one.margin)))
    parts.append(text("para_rights", lang))
    return _join(parts, lang)


def _join(parts: list[str], lang: Lang) -> str:
    return ("" if lang == "zh" else " ").join(parts)
