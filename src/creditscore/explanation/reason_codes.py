"""Why a grade is what it is: what decided, what moved the score towards a worse grade, and both in a paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import Lang, clean, day_said, grade_name, period_said, say, text, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.explanation.deciders import Basis, Decider, Entry, earlier_said, is_result
from creditscore.schemes.citing import cited_rules, joined
from creditscore.schemes.remedies import remedy

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation, Line

MOST = 4
COUNTED = ("record", "condition", "cap")
IDLE = ("withdrawn", "exempt")  # reasons of records that say nothing against a subject
SHOWN = 6  # records named in a sentence
INNER_QUOTES = str.maketrans("“”", "‘’")  # a label with quotation marks of its own stands within quotation marks


@dataclass(frozen=True)
class Reason:
    """One factor: its points in sum (with their sign), the records behind it, and the articles cited.

    `cited`: the articles as a person reads them.
    """

    label: Label
    points: Decimal
    records: tuple[str, ...]
    articles: tuple[str, ...]
    cited: Label


def principal_reasons(explanation: Explanation, most: int = MOST) -> tuple[Reason, ...]:
    """Rank the factors that worsened the score, the heaviest first.

    Rows of one item or condition are one factor, and so are the rows of a group or pool whose cap took something back:
    a cap is set against the rows it takes back from. What counts nothing (displaced, withdrawn, exempt) or improves the
    score is no reason.

    Parameters
    ----------
    explanation
        What `explain` returned.
    most
        The largest number of reasons.

    Returns
    -------
    tuple of Reason
        At most `most` factors by absolute points, ties by English label and records: each with label, points (with
        their sign), record ids and articles. Empty for a subject without a grade, and for a scheme without points,
        where the deciding rule is the reason.

    Examples
    --------
    >>> [reason.points for reason in principal_reasons(explain("out", "91500000MAAAAAA188"))]  # doctest: +SKIP
    [Decimal('-5'), Decimal('-3')]
    """
    if explanation.state != "graded":
        return ()
    factors: dict[tuple[str, str], list[Line]] = {}
    for line in explanation.lines:
        if line.step in COUNTED and (line.effective or line.reason == "pooled"):
            key = ("item", line.under or line.item) if line.step != "condition" else ("rule", line.rule)
            factors.setdefault(key, []).append(line)
    reasons = []
    for lines in factors.values():
        total = sum((line.effective or Decimal(0) for line in lines), Decimal(0))
        if (total > 0) == explanation.lower_is_better and total:
            records = tuple(dict.fromkeys(line.record_id for line in lines if line.record_id))
            articles = tuple(dict.fromkeys(line.article for line in lines if line.article))
            label = next((line.label for line in lines if line.step == "cap"), lines[0].label)
            cited = joined(line.cited for line in lines if line.article)
            reasons.append(Reason(label, total, records, articles, cited))
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.points), reason.label.en, reason.records))[:most])


def paragraph(explanation: Explanation, lang: Lang = "zh", office: bool = False) -> str:
    """The grade and why, as one paragraph for the subject itself; for the office also what did not decide."""
    about = period_said(explanation.period, lang), say(explanation.title, lang).translate(INNER_QUOTES)
    who = show_cell(explanation.name or explanation.subject_id)
    result = explanation.state == "graded" and _is_result(explanation)
    head_key = f"para_head{'_result' if result else ''}{'' if office else '_own'}"
    head = text(head_key, lang, who, *about) if office else text(head_key, lang, *about)
    if explanation.state != "graded":
        parts = [
            head
            + text("para_none", lang, say(word("states", explanation.state), lang), say(explanation.state_reason, lang))
        ]
        for decider in explanation.deciders:
            cited = say(decider.cited, lang)
            parts += ([text("para_cited", lang, cited)] if cited else []) + _behind(decider, lang)
        return _join([*parts, text("para_rights", lang)], lang)
    grade = grade_name(explanation.grade, say(explanation.grade_label, lang))
    parts = [
        head + text("para_result" if result else "para_grade", lang, grade.translate(INNER_QUOTES) if result else grade)
    ]
    if explanation.by_score and explanation.score is not None and explanation.start is not None:
        parts.append(text("para_score", lang, points(explanation.start), points(explanation.score)))
    for decider in explanation.deciders:
        parts += decider_said(explanation, decider, lang)
    if not explanation.by_score and office and explanation.score is not None:
        parts.append(text("para_aside", lang, points(explanation.score)))
    reasons = principal_reasons(explanation) if explanation.by_score or office else ()
    if reasons:
        listed = [
            text(
                "para_reason", lang, say(reason.label, lang), points(reason.points, plus=True), say(reason.cited, lang)
            )
            for reason in reasons
        ]
        key = "para_reasons" if points_decide(explanation) else "para_also"
        parts.append(text(key, lang, text("para_comma", lang).join(listed)))
    elif nothing_adverse(explanation):
        parts.append(text("para_no_reason", lang))
    else:
        parts += score_said(explanation, lang)
    if explanation.margin is not None:
        parts.append(margin_said(explanation, lang))
    parts.append(text("para_rights", lang))
    return _join(parts, lang)


def points_decide(explanation: Explanation) -> bool:
    """Whether points had a part in the grade; where one rule decided alone, they moved the score and not the grade."""
    return explanation.route == "score" or sum(line.step == "decide" for line in explanation.lines) != 1


def score_said(explanation: Explanation, lang: Lang) -> list[str]:
    """Where records bring the points: what the score comes from, each with its article and records."""
    if not explanation.by_score or explanation.start or explanation.lower_is_better:
        return []
    lines = [line for line in explanation.lines if line.step == "record" and line.effective]
    lines.sort(key=lambda line: (-abs(line.effective or Decimal(0)), line.label.en, line.record_id))
    listed = [
        text("para_part", lang, say(line.label, lang), points(line.effective, plus=True), say(line.cited, lang), number)
        for line in lines[:SHOWN]
        for number in [show_cell(line.record_id)]
    ]
    listed += [text("para_more", lang, str(len(lines)))] if len(lines) > SHOWN else []
    return [text("para_parts", lang, text("para_comma", lang).join(listed))] if listed else []


def _is_result(explanation: Explanation) -> bool:
    return is_result(explanation.grade, explanation.start, explanation.score)


def margin_said(explanation: Explanation, lang: Lang) -> str:
    """How far the score lies from the edge of its grade towards the worse one, and which edge that is."""
    margin, score = explanation.margin or Decimal(0), explanation.score or Decimal(0)
    edge = score + margin if explanation.lower_is_better else score - margin
    key = ("para_margin" if margin else "para_margin_none") + ("_lower" if explanation.lower_is_better else "")
    grade_words = grade_name(explanation.grade, say(explanation.grade_label, lang))
    return text(key, lang, points(margin), grade_words, points(edge))


def nothing_adverse(explanation: Explanation) -> bool:
    """Whether a grade by score has no adverse record: no rule changed it, and no record stands that says anything.

    Where records bring the points, few of them are a low score: there nothing is said.
    """
    if not explanation.by_score or explanation.deciders or explanation.score is None or explanation.start is None:
        return False
    if not explanation.start and not explanation.lower_is_better:
        return False
    standing = [
        line for line in explanation.lines if line.step in COUNTED and line.reason.partition(":")[0] not in IDLE
    ]
    return not standing


def effect_said(explanation: Explanation, decider: Decider, lang: Lang) -> str:
    """What a rule did to the grade: `直接评定为D级`, `等级不高于B级`."""
    grade = (
        grade_name(explanation.grade, say(decider.grade, lang))
        if decider is explanation.deciders[-1]
        else say(decider.grade, lang)
    )
    effect = decider.effect or "grade"
    if effect == "grade" and explanation.route == "direct":
        effect = "direct_no_points" if explanation.start is None and explanation.score is None else "direct"
    if _is_result(explanation) and effect in ("direct_no_points", "grade"):
        effect = "result"
    return say(word("effects", effect), lang).replace("{0}", grade.translate(INNER_QUOTES))


def decider_said(explanation: Explanation, decider: Decider, lang: Lang) -> list[str]:
    """One rule that decided, with its article, and the records behind it, in sentences."""
    done = effect_said(explanation, decider, lang)
    cited = say(decider.cited, lang)
    label = say(decider.label, lang).translate(INNER_QUOTES)
    case = text("para_case" if label.endswith("情形") else "para_case_of", lang, label)
    # what the sentence before has said is not said again
    alone = decider.effect == "grade" and len(explanation.deciders) == 1 and _is_result(explanation)
    if explanation.route == "imported" and not _is_result(explanation):
        key, case = "para_imported", say(decider.label, lang)
    else:
        key = "para_rule_alone" if alone else "para_rule"
    return [text(key if cited else f"{key}_bare", lang, case, cited, done), *_behind(decider, lang)]


def _behind(decider: Decider, lang: Lang) -> list[str]:
    """The records, list entries and earlier grades behind a rule, in sentences."""
    sentences = []
    if decider.basis:
        shown = [basis_said(basis, lang) for basis in decider.basis[:SHOWN]]
        if len(decider.basis) > SHOWN:
            shown.append(text("para_more", lang, str(len(decider.basis))))
        key = "para_basis" if decider.sure else "para_basis_among"
        sentences.append(text(key, lang, text("para_comma", lang).join(shown)))
    if decider.entries:
        key, shown = entries_said(decider, lang)
        sentences.append(text(f"para_{key}", lang, text("para_comma", lang).join(shown)))
    if decider.earlier:
        sentences.append(text("para_earlier", lang, earlier_grades_said(decider, lang)))
    return sentences


def earlier_grades_said(decider: Decider, lang: Lang) -> str:
    """`2019年度D级；2018年度D级`."""
    shown = [earlier_said(row, lang) for row in decider.earlier[:SHOWN]]
    if len(decider.earlier) > SHOWN:
        shown.append(text("para_more", lang, str(len(decider.earlier))))
    return text("para_comma", lang).join(shown)


def entries_said(decider: Decider, lang: Lang) -> tuple[str, list[str]]:
    """`entries` and what they are in words; `lists` or `lists_among` and the lists, where no entry is at hand."""
    shown = [entry_said(entry, lang) for entry in decider.entries[:SHOWN]]
    if len(decider.entries) > SHOWN:
        shown.append(text("para_more", lang, str(len(decider.entries))))
    known = any(entry.listing_id for entry in decider.entries)
    return "entries" if known else "lists" if decider.sure else "lists_among", shown


def entry_said(entry: Entry, lang: Lang) -> str:
    """`“经营异常名录”（列入编号l1，2022年3月1日列入，列入依据：…）`; the list alone where the entry is not at hand."""
    about = [text("entry_id", lang, show_cell(entry.listing_id))] if entry.listing_id else []
    about += [text("entry_on", lang, day_said(entry.entered_on, lang))] if entry.entered_on else []
    about += [text("entry_until", lang, day_said(entry.term_end, lang))] if entry.term_end else []
    basis = show_cell(say(entry.basis, lang))
    about += [text("entry_basis", lang, basis)] if basis else []
    label = say(entry.label, lang)
    if not about:
        return f"“{label.translate(INNER_QUOTES)}”" if lang == "zh" else label
    return text("entry", lang, label.translate(INNER_QUOTES), ("，" if lang == "zh" else ", ").join(about))


def basis_said(basis: Basis, lang: Lang) -> str:
    """`未报送年报（编号r1，2022年3月1日，文号…）`."""
    about = [text("basis_record", lang, show_cell(basis.record_id))]
    about += [text("basis_day", lang, day_said(basis.day, lang))] if basis.day else []
    about += [text("basis_document", lang, show_cell(basis.document_no))] if basis.document_no else []
    return text("basis", lang, say(basis.label, lang), ("，" if lang == "zh" else ", ").join(about))


def what_to_do(explanation: Explanation, lang: Lang) -> list[str]:
    """What the subject can ask, of whom, until when and where that is written; nothing where no text says so."""
    scheme, year = explanation.scheme.partition("@")[0], explanation.period[:4]
    try:
        way = remedy(scheme, int(year), date.fromisoformat(explanation.known_at))
    except (CreditscoreError, ValueError):
        return []
    if way is None:
        return []
    until = text("todo_until", lang, say(way.until, lang)) if way.until is not None else ""
    lines = [
        text(
            "todo" if explanation.state == "graded" else "todo_none",
            lang,
            say(way.what, lang),
            say(way.where, lang),
            until,
        )
    ]
    within = way.decided_within
    if within is not None and (within.days or within.workdays):
        span = text("days", lang, within.days) if within.days else text("workdays", lang, within.workdays)
        lines.append(text("todo_within", lang, span))
    return [*lines, text("todo_basis", lang, say(cited_rules(way.cite, number=True), lang))]


def show_cell(cell: str) -> str:
    """Show a cell of the input without control characters and numbers of persons."""
    return redact(clean(cell))


def _join(parts: list[str], lang: Lang) -> str:
    return ("" if lang == "zh" else " ").join(parts)
