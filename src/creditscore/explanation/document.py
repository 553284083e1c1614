"""The explanation of a grade as a document, at three depths: for the subject itself, for a reviewer, for an auditor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrases, say, text, word
from creditscore.core.quantities import from_micro, points, to_micro
from creditscore.explanation.as_data import explanation_data, subject_data
from creditscore.explanation.corrections import Correction, Way, open_corrections
from creditscore.explanation.deciders import Decider, Entry, earlier_said
from creditscore.explanation.derivation import give_back
from creditscore.explanation.for_office import tell_auditors, tell_reviewers
from creditscore.explanation.reason_codes import effect_said, paragraph, show_cell, what_to_do
from creditscore.present.charts import NAMED, OTHER
from creditscore.present.document import (
    Badge,
    Block,
    Column,
    Document,
    Lines,
    Listing,
    Named,
    Notice,
    Paragraph,
    Points,
    Row,
    Section,
    Table,
    Tiles,
    Value,
)

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation, Line

Depth = Literal["subject", "reviewer", "auditor"]
DAY = 2  # the column of days
DEPTHS: tuple[Depth, ...] = ("subject", "reviewer", "auditor")


def explanation_document(
    explanation: Explanation,
    lang: Lang = "zh",
    depth: Depth = "reviewer",
    *,
    marks: Sequence[str] = (),
    disputes: Sequence[Mapping[str, Any]] = (),
    made_up: bool | None = None,
) -> Document:
    """Tell how a grade came about.

    Parameters
    ----------
    explanation
        What `explain` returned.
    lang
        `zh` or `en`.
    depth
        `subject` is for the subject itself: why, which records and articles, what can be done until when; no codes, no
        marks of evidence, no hashes. `reviewer` adds ledger, rules, codes and shares, `auditor` hashes, marks, readings
        and versions.
    marks, disputes
        The lines that say which of its records are disputed, and the same as rows for the JSON.
    made_up
        Whether the data are made up; None: as the run says.
    """
    is_office = depth != "subject"
    hashes = explanation.audit if depth == "auditor" else None
    data = explanation_data(explanation, made_up, hashes) if is_office else subject_data(explanation, made_up)
    if disputes and is_office:
        data["disputes"] = [dict(row) for row in disputes]
    warnings = [*explanation.input_lines(lang, office=is_office), *(mark.strip("* ") for mark in marks)]
    t = phrases("explanation", lang, "pages")
    blocks: list[Block | None] = [
        *(Notice(line) for line in warnings),
        Tiles(_head(explanation, lang)),
        Section(t("in_words"), [Paragraph(paragraph(explanation, lang, office=is_office)), *_basis(explanation, lang)]),
        _to_do(explanation, lang),
    ]
    if is_office:
        blocks += tell_reviewers(explanation, lang)
    if depth == "auditor":
        blocks += tell_auditors(explanation, lang)
    title = Named(explanation.title, explanation.scheme) if is_office else explanation.title
    return Document(
        t("explanation"),
        explanation.name or explanation.subject_id,
        lang,
        blocks,
        under=[*([explanation.subject_id] if explanation.name else []), title, period_said(explanation.period, lang)],
        data=data,
        made_up=explanation.made_up if made_up is None else made_up,
        foot=t("not_official"),
    )


def depth_of(given: str) -> Depth:
    """Return a depth by its name; UsageError for any other."""
    for depth in DEPTHS:
        if given == depth:
            return depth
    raise UsageError("explanation.no_depth", allowed=DEPTHS, given=given)


def _head(explanation: Explanation, lang: Lang) -> list[tuple[Value, Value]]:
    """The grade, how it was reached and, where it had a part, the score; without a grade the state and why."""
    rows: list[tuple[Value, Value]] = []
    if explanation.state == "graded":
        name = grade_name(explanation.grade, say(explanation.grade_label, lang))
        rows.append((text("grade", lang), Badge(name, NAMED.get(explanation.grade, OTHER))))
        rows.append((text("route", lang), _route(explanation, lang)))
    else:
        rows.append((text("state", lang), Badge(word("states", explanation.state), tone="warn")))
        rows.append((text("why", lang), explanation.state_reason))
    if explanation.score is None:
        interval = _interval(explanation, lang)
        return [*rows, (text("score", lang), interval)] if interval else rows
    if explanation.by_score and explanation.state == "graded":
        rows.append((text("score", lang), Points(to_micro(explanation.score))))
    return rows


def _route(explanation: Explanation, lang: Lang) -> str:
    """How the grade came about; a rule that changed what the score gave is not passed over."""
    bands = sum(line.step == "decide" for line in explanation.lines) > len(explanation.deciders)
    changed = explanation.route == "score" and explanation.deciders and explanation.by_score and bands
    if changed and explanation.score is not None:
        return text("route_changed", lang)
    return say(word("routes", explanation.route), lang)


def _interval(explanation: Explanation, lang: Lang) -> str:
    """Where the score lies, when an unknown number leaves it open."""
    low, high = explanation.interval or (None, None)
    if low is None:
        return "" if high is None else text("open_interval", lang, points(high))
    if high is None:
        return text("open_above", lang, points(low))
    return text("interval", lang, points(low), points(high))


def _basis(explanation: Explanation, lang: Lang) -> list[Table]:
    """The records and articles behind the grade, with their points where these had a part."""
    if explanation.blocked:
        return []  # the ledger is that without the refused rows, and no grade rests on it
    scored = explanation.by_score and any(line.step == "start" for line in explanation.lines)
    rows = [*_scored_rows(explanation, lang)] if scored else []
    for decider in explanation.deciders:
        rows += list_deciding(decider, lang, effect_said(explanation, decider, lang))
    columns = [Column(text("conduct", lang)), Column(text("which_record", lang)), Column(text("when", lang), "day")]
    columns.append(Column(text("written", lang)))
    columns.append(Column(text("points", lang), "number") if scored else Column(text("effect", lang)))
    if not any(row.cells[DAY] for row in rows):  # the results alone hold no days
        columns = [*columns[:DAY], *columns[DAY + 1 :]]
        rows = [Row([*row.cells[:DAY], *row.cells[DAY + 1 :]], row.tone) for row in rows]
    return [Table(columns, rows, text("rests", lang))] if rows else []


def _scored_rows(explanation: Explanation, lang: Lang) -> Iterator[Row]:
    for line in explanation.lines:
        if line.step == "decide":
            continue
        begins = line.step == "start"
        moved = line.nominal if begins else line.effective
        shown: Value = text("not_published", lang)
        if moved is not None:
            shown = Points(to_micro(moved), plus=not begins or line.reason == "bonus")
        idle = line.step == "record" and not line.effective and line.effective is not None and not line.decides
        about = Lines([line.label, *tell_how(line, lang)], small=True)
        record = _record(line.record_id, line.day, "", lang)
        yield Row((about, *record, _known(line.cited), shown), _tone(line, idle))
    if explanation.score is not None:
        yield Row((text("score", lang), "", "", "", Points(to_micro(explanation.score))), "sum")
    elif interval := _interval(explanation, lang):
        yield Row((text("score", lang), "", "", "", interval), "sum")


def _tone(line: Line, idle: bool) -> Literal["", "idle", "decides"]:
    return "decides" if line.decides else "idle" if idle else ""


def tell_how(line: Line, lang: Lang) -> list[str]:
    """How the points of a line came about, where they do not simply stand in its rule."""
    told = [say(line.derived, lang)]
    if line.step == "start" or line.reason not in ("counted", "start", "bonus"):
        told.append("" if line.step == "start" else say(line.said, lang))
    if line.given_back:
        told.append(say(give_back(line.nominal, line.effective), lang))
    return [part for part in told if part]


def _record(record_id: str, day: str, document_no: str, lang: Lang) -> tuple[Value, Value]:
    """A record by its id with the number of its document, and its day."""
    if not record_id:
        return "", ""
    number = [text("basis_document", lang, show_cell(document_no))] if document_no else []
    return Lines([show_cell(record_id), *number], small=True), day_said(day, lang) if day else None


def _known(label: Any) -> Value:
    return label if label.zh else None


def list_deciding(decider: Decider, lang: Lang, *cells: Value) -> Iterator[Row]:
    """List the records, list entries and earlier grades that a rule rests on, each with the rule; the rule alone else.

    A row holds what it is with the rule, record, day, article and the `cells` that are given.
    """
    facts: list[tuple[Sequence[Value], Value, Value]] = [
        ([basis.label], *_record(basis.record_id, basis.day, basis.document_no, lang)) for basis in decider.basis
    ]
    facts += [_entry(entry, lang) for entry in decider.entries]
    facts += [([earlier_said(earlier, lang)], "", "") for earlier in decider.earlier]
    rule = [decider.label, *([] if decider.sure else [text("among", lang)])]
    for fact, record, day in facts or [([], "", "")]:
        about = Lines([*fact, *rule], small=True)
        yield Row((about, record, day, _known(decider.cited), *cells), "decides")


def _entry(entry: Entry, lang: Lang) -> tuple[Sequence[Value], Value, Value]:
    """An entry of a list with its basis, its number with the end of its term, and its day."""
    basis, until = show_cell(say(entry.basis, lang)), day_said(entry.term_end, lang)
    about = [entry.label, *([text("entry_basis", lang, basis)] if basis else [])]
    number = [show_cell(entry.listing_id), *([text("entry_until", lang, until)] if until else [])]
    entered = day_said(entry.entered_on, lang) or None
    return about, Lines(number, small=True) if entry.listing_id else None, entered


def _to_do(explanation: Explanation, lang: Lang) -> Section | None:
    """What can be corrected and what can be objected to, with the last days."""
    corrections = open_corrections(explanation.inputs)
    items: list[Value | tuple[Value, Sequence[Value]]] = [_correct(correction, lang) for correction in corrections]
    first, *others = what_to_do(explanation, lang) or [""]
    items += [(first, others)] if first else []
    return Section(text("can_be_done", lang), [Listing(items)]) if items else None


def _correct(correction: Correction, lang: Lang) -> tuple[Value, Sequence[Value]]:
    head = text(
        "correct", lang, say(correction.label, lang), show_cell(correction.record_id), say(correction.rule, lang)
    )
    return head, [_way(way, later=place > 0, lang=lang) for place, way in enumerate(correction.ways)]


def _way(way: Way, *, later: bool, lang: Lang) -> str:
    key = "correct_whole" if way.points is None else "correct_points"
    key += "" if way.last_day else "_later" if later else "_open"
    return text(key, lang, day_said(way.last_day, lang), points(from_micro(way.points)))
