"""What an office sees of an explanation beyond what its subject sees: for reviewers, and for auditors."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrase, say, text, word
from creditscore.core.quantities import points, to_micro
from creditscore.explanation.audit import Audit
from creditscore.explanation.reason_codes import effect_said, points_decide, principal_reasons, show_cell
from creditscore.explanation.shares import find_shares
from creditscore.explanation.waterfall import draw_waterfall
from creditscore.present.document import (
    Block,
    Chart,
    Code,
    Column,
    Facts,
    Listing,
    Named,
    Paragraph,
    Points,
    Row,
    Section,
    Table,
    Value,
)

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation, Line


def tell_reviewers(explanation: Explanation, lang: Lang) -> list[Block | None]:
    """Tell ledger, rules, codes, reasons and shares."""
    return [
        _sum(explanation, lang),
        _ledger(explanation, lang),
        _rules(explanation, lang),
        _reasons(explanation, lang),
        _shares(explanation, lang),
        _about(explanation, lang),
        _listing("sources", list(explanation.laws.values()), lang),
    ]


def tell_auditors(explanation: Explanation, lang: Lang) -> list[Block | None]:
    """Tell marks of evidence, readings, versions and hashes."""
    readings = [Named(label, code) for code, label in explanation.readings.items()]
    rows = [(text("evidence", lang), Named(word("marks", explanation.evidence), explanation.evidence))]
    return [_listing("readings", readings, lang), *_audit(explanation.audit, rows, lang)]


def _sum(explanation: Explanation, lang: Lang) -> Section | None:
    """The arithmetic and its picture."""
    blocks: list[Block] = []
    if explanation.sum and (explanation.by_score or " " in explanation.sum.partition(" = ")[0]):
        named = grade_name(explanation.grade, say(explanation.grade_label, lang))
        blocks.append(Paragraph(explanation.sum.replace(f"→ {explanation.grade}", f"→ {named}"), "lead"))
    if picture := draw_waterfall(explanation, lang):
        blocks.append(Chart("", picture))
    title = phrase("pages", "how" if explanation.by_score else "how_aside", lang)
    return Section(title, blocks) if blocks else None


def _ledger(explanation: Explanation, lang: Lang) -> Section | None:
    if not explanation.lines:
        return None
    scored = any(line.step == "start" for line in explanation.lines)
    columns = [Column(text("item", lang)), Column(text("record", lang))]
    columns += [Column(text(code, lang), "number") for code in ("nominal", "effective", "total") if scored]
    columns.append(Column(text("reason", lang)))
    rows = []
    for line in explanation.lines:
        numbers = _numbers(line) if scored else ()
        name = Named(line.label, line.item if line.step == "record" else line.rule or line.item)
        said = line.said if line.step == "decide" else Named(line.said, line.reason)
        idle = line.step == "record" and line.effective == 0 and not line.decides
        cells = (name, show_cell(line.record_id) or None, *numbers, said)
        rows.append(Row(cells, "decides" if line.decides else "idle" if idle else ""))
    caption = text("ledger_without", lang) if explanation.blocked else ""
    return Section(text("ledger", lang), [Table(columns, rows)], caption)


def _numbers(line: Line) -> tuple[Value, ...]:
    """Nominal, effective and total of a line; None where nobody published the number, blank where there is none."""
    if line.step == "decide":
        return "", "", ""

    def number(value: Decimal | None, plus: bool = True) -> Value:
        return None if value is None else Points(to_micro(value), plus)

    total = number(line.total, plus=False)
    if line.step == "start":
        return number(line.nominal, plus=line.reason == "bonus"), "", total
    nominal = "" if line.nominal is None and line.effective is not None else number(line.nominal)
    return nominal, number(line.effective), total


def _rules(explanation: Explanation, lang: Lang) -> Section | None:
    """The rules on the way to the grade, in their order; that of score bands too."""
    if explanation.blocked:
        return None
    deciders = {decider.rule: decider for decider in explanation.deciders}
    rows = [
        (
            Named(line.label, line.rule),
            line.cited if line.cited.zh else None,
            effect_said(explanation, deciders[line.rule], lang) if line.rule in deciders else line.said,
        )
        for line in explanation.lines
        if line.step == "decide"
    ]
    columns = [Column(text(code, lang)) for code in ("rule", "written", "effect")]
    return Section(text("rules", lang), [Table(columns, rows)]) if rows else None


def _reasons(explanation: Explanation, lang: Lang) -> Section | None:
    rows = [
        (reason.label, [show_cell(record) for record in reason.records] or None, Points(to_micro(reason.points), True))
        for reason in principal_reasons(explanation)
    ]
    columns = [
        Column(text("conduct", lang)),
        Column(text("which_record", lang)),
        Column(text("points", lang), "number"),
    ]
    title = text("principal" if points_decide(explanation) else "moved_score", lang)
    return Section(title, [Table(columns, rows)], text("principal_note", lang)) if rows else None


def _shares(explanation: Explanation, lang: Lang) -> Section | None:
    """What each record is worth, where it differs from the ledger; in a sentence where it does not."""
    shares = find_shares(explanation)
    if not shares:
        return None
    if not any(share.differs for share in shares):
        return Section(text("shares", lang), [Paragraph(text("shares_equal", lang))])
    ranks = shares[0].counted is None
    columns = [Column(text("conduct", lang)), Column(text("which_record", lang))]
    columns += [] if ranks else [Column(text("effective", lang), "number")]
    columns.append(Column(text("share_steps" if ranks else "share", lang), "number"))
    rows = [
        (share.label, show_cell(share.record_id), *([] if ranks else [_decimal(share.counted)]), _decimal(share.worth))
        for share in shares
    ]
    told = text("shares_rank" if ranks else "shares_differ", lang)
    return Section(text("shares", lang), [Paragraph(told), Table(columns, rows)])


def _decimal(number: Decimal | None) -> Value:
    return None if number is None else points(number, plus=True)


def _about(explanation: Explanation, lang: Lang) -> Section:
    rows: list[tuple[Value, Value]] = [(text("scheme", lang), Named(explanation.title, explanation.scheme))]
    if explanation.state == "graded":
        name = grade_name(explanation.grade, say(explanation.grade_label, lang))
        code = "" if explanation.grade in name else explanation.grade
        rows.append((text("grade", lang), Named(name, code)))
        rows.append((text("route", lang), Named(word("routes", explanation.route), explanation.route)))
    else:
        rows.append((text("state", lang), Named(word("states", explanation.state), explanation.state)))
    if explanation.score is not None and not explanation.by_score:
        rows.append((text("score_aside", lang), Points(to_micro(explanation.score))))
    if explanation.margin is not None:
        rows.append((text("margin", lang), Points(to_micro(explanation.margin))))
    rows.append((text("period", lang), period_said(explanation.period, lang)))
    rows.append((text("known_at", lang), day_said(explanation.known_at, lang)))
    notes = [Paragraph(text(note, lang), "soft") for note in explanation.notes]
    return Section(text("about", lang), [Facts(rows), *notes])


def _listing(code: str, items: list[Value], lang: Lang) -> Section | None:
    return Section(text(code, lang), [Listing(items)]) if items else None


def _audit(audit: Audit | None, rows: list[tuple[Value, Value]], lang: Lang) -> Iterator[Section]:
    """The identity of the run and the hash of every row."""
    if audit is None:
        return
    rows += [(word("identity", name), Code(value)) for name, value in audit.identity.items()]
    rows.append((text("digest", lang), Code(audit.digest)))
    yield Section(text("audit", lang), [Facts(rows)])
    columns = [Column(text("row", lang)), Column(text("hash", lang), "code")]
    hashes = [(Code(f"{table} {key}"), value) for table, key, value in audit.rows]
    yield Section(text("rows", lang), [Table(columns, hashes)])
