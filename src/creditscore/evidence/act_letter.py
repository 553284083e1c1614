"""Letters of acts: notice and decision of an entry, exit, refusal, measure, changed composite; and to other offices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.core.i18n import Lang, clean, day_said, period_said, phrase, say, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.evidence.act_papers import ADVERSE, ActPapers
from creditscore.evidence.case_file import graded_in_words, scheme_of, tell_scores, title_of
from creditscore.evidence.letter_parts import (
    Part,
    aside,
    cite_numbered,
    hide_others,
    lay_out,
    name_addressee,
    name_option,
    require_said,
    tell_remedy,
)
from creditscore.lists.clocks import list_ways_out
from creditscore.lists.draft import describe_grounds, draft_notice, list_ways
from creditscore.lists.entry_tables import describe_basis
from creditscore.lists.rules import list_rule, procedure
from creditscore.measures.lines import list_said
from creditscore.measures.load import load_four_lists
from creditscore.present.document import Document
from creditscore.schemes.describe import span_label
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Scheme

__all__ = ["compose_act_letter"]


def compose_act_letter(
    papers: ActPapers,
    lang: Lang,
    *,
    on: str,
    office: str = "",
    document_no: str = "",
    name: str = "",
    to: str = "",
    remedy: str = "",
    review_body: str = "",
    court: str = "",
    schemes: Mapping[str, Scheme] | None = None,
) -> Document:
    """Compose the letter of an act: what was decided, why, on what basis, until when, and how it can be contested.

    Every sentence rests on what the store holds of the act or on the rules; a number that no rule gives is left blank,
    and `to_fill` of the document's data names it. Credit codes of other organisations give way to words.

    Parameters
    ----------
    papers
        The act (`read_act`).
    lang
        `zh` or `en`.
    on
        The date of the letter, `YYYY-MM-DD`.
    office, document_no
        Who signs, and the number of the letter; empty where the act was given its organ and document. What was given
        to the act cannot be changed by the letter that tells of it.
    name
        The name of the organisation; the store of entries knows codes alone.
    to
        The office that is told, for the form `office`; that of a question is known.
    remedy, review_body, court
        As in `compose_letter`: a decision to the detriment of the organisation needs them.
    schemes
        Schemes outside the library, by id without version.

    Raises
    ------
    UsageError
        No office, number or addressee is known, another one was given to the act, the decision is to the detriment of
        the organisation and names no remedy, the letter is older than the act, or a text holds a resident identity
        number.
    """
    refuse_persons_in(
        document_no=document_no, office=office, name=name, to=to, remedy=remedy, review_body=review_body, court=court
    )
    written = _Writing(papers, lang, clean(name), schemes or {})
    signed = {
        "document_no": _pick(papers, "document_no", document_no),
        "on": on,
        "office": _pick(papers, "office", office),
    }
    if date.fromisoformat(on).isoformat() < papers.day:
        raise UsageError("evidence.letter_before_act", on=date.fromisoformat(on), day=date.fromisoformat(papers.day))
    parts = [*written.tell(signed)]
    is_told = papers.form != "office"
    needs_remedy = is_told and (papers.kind in ADVERSE or written.has_worsened())
    told = tell_remedy(papers.case.name, date.fromisoformat(on), remedy, review_body, court, needed=needs_remedy)
    if is_told and told[lang] and papers.kind != "entry_notice":
        parts.append((phrase("letter_lines", "remedies", lang), tuple(told[lang])))
    about = {"subject_id": papers.case.subject, "name": clean(name)}
    receiver = name_addressee(about, lang) if is_told else _find_office(papers, to)
    own = papers.case.subject
    parts = [
        (hide_others(text, own, lang), tuple(hide_others(item, own, lang) for item in items)) for text, items in parts
    ]
    title = written.title()
    data = {
        **about,
        "case": papers.case.name,
        "act": papers.number,
        "kind": papers.kind,
        "form": papers.form,
        "to": receiver,
        "parts": [[text, list(items)] for text, items in parts],
        "to_fill": [phrase("letter_blanks", code, lang) for code in written.blanks],
        "letter": signed,
    }
    blocks = lay_out(parts, lang, to=receiver, office=signed["office"], day=day_said(on, lang))
    number = clean(phrase("letter", "number", lang, signed["document_no"]))
    return Document(title, title, lang, blocks, [number], data, letter=True)


def _pick(papers: ActPapers, name: str, own: str) -> str:
    """The office or the number of a letter: what the act was given, in a letter of the decision itself; else `own`."""
    columns = {"document_no": ("document", "document_no"), "office": ("organ",)}[name]
    known = next((papers.given[column] for column in columns if papers.given.get(column)), "")
    if papers.form != "decision" and not (name == "office" and not own):
        known = ""
    if known and own and own != known:
        raise UsageError(
            "evidence.act_has_another", name=name_option(name), known=known, own=own, where=papers.case.name
        )
    require_said(papers.case.name, **{name: known or own})
    return clean(known or own)


def _find_office(papers: ActPapers, to: str) -> str:
    receiver = to or (papers.given["department"] if papers.kind == "inquiry" else "")
    require_said(papers.case.name, to=receiver)
    return clean(redact(receiver))


class _Writing:
    """The parts of one letter, in one language."""

    def __init__(self, papers: ActPapers, lang: Lang, name: str, schemes: Mapping[str, Scheme]) -> None:
        self.papers, self.lang, self.schemes = papers, lang, schemes
        self.blanks: list[str] = []
        about = {"subject_id": papers.case.subject, "name": name}
        self.who = name_addressee(about, lang) if papers.form == "office" else phrase("letter_lines", "you", lang)

    def title(self) -> str:
        kind = self.papers.kind
        return phrase(
            "letter_titles", "office" if self.papers.form == "office" and kind != "inquiry" else kind, self.lang
        )

    def tell(self, signed: Mapping[str, str]) -> Iterator[Part]:
        """Yield the parts; a notification begins with the document that it tells of."""
        papers = self.papers
        if papers.form == "office" and papers.kind in PARTS and papers.kind not in ("inquiry", "decided"):
            document = papers.given.get("document") or papers.given.get("document_no") or ""
            title = phrase("letter_titles", papers.kind, self.lang)
            yield self.line("told_number" if document else "told", title, document), ()
        for tell in PARTS[papers.kind]:
            yield from tell(self)

    def line(self, code: str, *values: object) -> str:
        """A sentence of a letter; what people wrote in it is without numbers of persons."""
        texts = (redact(value) if isinstance(value, str) else value for value in values)
        return clean(phrase("letter_lines", code, self.lang, *texts))

    def day(self, iso_day: str) -> str:
        return day_said(iso_day, self.lang)

    def has_worsened(self) -> bool:
        """Whether a changed composite is to the detriment of the organisation, as far as scores tell."""
        if self.papers.kind != "composite":
            return False
        scores = [[side[1] for side in (row["before"], row["after"])] for row in self.scores()]
        return any(None in pair or Decimal(str(pair[1])) < Decimal(str(pair[0])) for pair in scores)

    def scores(self) -> list[Mapping[str, Any]]:
        """The changed scores of the organisation, as the store has them."""
        rows = self.papers.follows["composites"]
        return [row for row in rows if row["subject_id"] == self.papers.case.subject and row["before"] != row["after"]]

    # --- entries on lists

    @property
    def triggers(self) -> Sequence[str]:
        return self.papers.after.get("triggers") or ()

    def thing(self) -> str:
        """What the letter is about: the list, the measure, the act behind a changed composite, the procedure."""
        papers, fields = self.papers, self.papers.after
        if papers.kind == "composite":
            return "" if papers.title is None else str(getattr(papers.title, self.lang))
        if papers.case.kind == "listing":
            return say(list_rule(fields["scheme"], fields["list"]).label, self.lang)
        if papers.case.kind == "objection":
            return say(word("procedures", fields["procedure"]), self.lang)
        measure = load_four_lists().measures.get(fields["measure"])
        return fields["measure"] if measure is None else say(measure.measure, self.lang)

    def open(self) -> Iterator[Part]:
        papers, fields = self.papers, self.papers.after
        day = {"entry": "entered_on", "entry_again": "entered_on", "exit": "exited_on", "annulled": "exited_on"}
        day |= {"expiry": "exited_on", "measure_lifted": "ended_on", "reward_lifted": "ended_on"}
        third = self.day(fields.get(day.get(papers.kind, "")) or papers.day)
        items: tuple[str, ...] = ()
        if papers.kind == "inquiry":
            third = papers.given["text"]
        if papers.kind == "entry_notice":
            items = tuple(self.list_stated(papers.given["contents"]))
        if papers.kind == "composite":
            rows = tell_scores({"composites": self.scores()})
            items = tuple(
                self.line(
                    "score", row["title"][self.lang], row["before_words"][self.lang], row["after_words"][self.lang]
                )
                for row in rows
            )
        values = (self.who, self.thing(), redact(third))
        yield clean(phrase("letter_openings", papers.kind, self.lang, *values)), items

    def list_stated(self, contents: Mapping[str, str]) -> Iterator[str]:
        """The parts of a notice: as the office stated them; in the language where it took what was drafted."""
        drafted = draft_notice(self.papers.case)
        for name, label in procedure().notice.contents.items():
            yield self.line(
                "stated", label, self.as_drafted(contents[name], drafted.get(name), is_facts=name == "facts")
            )

    def as_drafted(self, stated: str, draft: Label | None, *, is_facts: bool) -> str:
        """What the office stated; in the language, and without ids of records, where it took what was drafted."""
        if draft is None or stated not in (draft.zh, draft.en):
            return stated
        return say(describe_grounds(self.papers.case) if is_facts else draft, self.lang)

    def tell_hearing(self) -> Iterator[Part]:
        papers = self.papers
        if papers.form == "office":
            return
        basis = cite_numbered(describe_basis(papers.case, papers.event)[0], self.lang)
        lines = [self.line("hearing", self.who, self.day(papers.after["heard_until"]), aside(basis, self.lang))]
        lines += [self.line("hearing_provisional")] if papers.after.get("provisional") else []
        yield ("" if self.lang == "zh" else " ").join(lines), ()

    def tell_heard(self) -> Iterator[Part]:
        """That notice was given, and what became of an objection: what the case holds of it."""
        fields = self.papers.before
        if not fields.get("noticed_on"):
            return
        lines = []
        objected, checked = self.papers.newest("objected"), self.papers.newest("checked")
        if fields.get("objected_on") and objected is not None:
            lines.append(self.line("objected", self.day(fields["objected_on"]), objected["content"]))
        if checked is not None:
            outcome = phrase("letter_lines", "upheld" if checked["upheld"] else "not_upheld", self.lang)
            lines.append(self.line("checked", outcome, checked["answer"]))
        yield self.line("noticed", self.day(fields["noticed_on"])), tuple(lines)

    def tell_facts(self) -> Iterator[Part]:
        """The facts as the notice stated them; where there was none, the grounds by the name of their rule."""
        noticed = self.papers.newest("noticed")
        if noticed is not None:
            draft = draft_notice(self.papers.case)["facts"]
            facts = self.as_drafted(noticed["contents"]["facts"], draft, is_facts=True)
        else:
            facts = say(describe_grounds(self.papers.case), self.lang)
        if facts:
            yield self.line("facts", facts), ()

    def tell_reason(self) -> Iterator[Part]:
        if self.papers.given.get("reason"):
            yield self.line("reason", self.papers.given["reason"]), ()

    def tell_term(self) -> Iterator[Part]:
        fields = self.papers.after
        if fields.get("term_end"):
            yield self.line("known", self.day(fields["term_end"])), ()
            return
        code = fields.get("end") or "unknown"
        self.blanks += ["unknown"] if code == "unknown" else []
        yield self.line(code), ()

    def tell_ways(self) -> Iterator[Part]:
        fields = self.papers.after
        ways = list_ways(list_rule(fields["scheme"], fields["list"]), self.triggers)
        if ways:
            yield self.line("ways"), tuple(clean(say(way, self.lang)) for way in ways)

    def tell_application(self) -> Iterator[Part]:
        applied = self.papers.before.get("applied")
        if applied:
            yield self.line("applied", self.day(applied["on"]), self.name_way(applied["exit"])), ()

    def tell_way(self) -> Iterator[Part]:
        """By which way an entry ended, and what was shown for each point of it."""
        papers, fields = self.papers, self.papers.before
        rule = list_rule(fields["scheme"], fields["list"])
        yield self.line("way", self.name_way(papers.given["exit"])), ()
        points = {key: label for way in rule.exits for key, label in (way.needs | way.unless).items()}
        lines = [self.line("stated", points[key], text) for key, text in (papers.given.get("confirm") or {}).items()]
        lines += [self.line("not_so", points[key], text) for key, text in (papers.given.get("absent") or {}).items()]
        if lines:
            yield self.line("proven"), tuple(lines)

    def name_way(self, key: str) -> str:
        fields = self.papers.before
        way = list_ways_out(list_rule(fields["scheme"], fields["list"]), fields).get(key)
        if way is None:
            return key
        return say(way.label or word("exit_ways", way.kind), self.lang)

    def tell_withdrawal(self) -> Iterator[Part]:
        by = self.papers.after.get("withdraw_by")
        if by and self.papers.before.get("published_on"):
            yield self.line("withdrawn", self.day(by)), ()

    def tell_basis(self) -> Iterator[Part]:
        """The articles on which the act rests, as the log has them; of a measure, those in force on its day."""
        papers = self.papers
        is_measure = papers.case.kind == "measure"
        articles = papers.after.get("basis") if is_measure else describe_basis(papers.case, papers.event)[0]
        if articles:
            yield self.line("articles", cite_numbered(articles, self.lang)), ()

    # --- measures

    def tell_entry(self) -> Iterator[Part]:
        fields = self.papers.after
        entered = list_said(load_four_lists(), fields["list"]), self.day(fields["entered_on"])
        yield self.line("because", *entered), ()
        measure = load_four_lists().measures.get(fields["measure"])
        if measure is not None and measure.where is not None:
            yield self.line("condition", measure.where), ()

    def tell_acceptance(self) -> Iterator[Part]:
        """Why the measure was accepted, where whoever accepted it said so."""
        accepted = self.papers.newest("accepted")
        if accepted is not None and accepted.get("reason"):
            yield self.line("reason", accepted["reason"]), ()

    def tell_length(self) -> Iterator[Part]:
        fields = self.papers.after
        period = fields.get("period") or {}
        if fields.get("ends_by"):  # the first day without it
            last = date.fromisoformat(fields["ends_by"]) - timedelta(days=1)
            yield self.line("ends_by", self.day(last.isoformat())), ()
        elif period.get("until_exit"):
            yield self.line("with_entry"), ()
        elif period.get("span"):
            yield self.line("at_most", span_label(Span(**period["span"]))), ()
        else:
            self.blanks.append("no_span")
            yield self.line("no_span"), ()

    def tell_end(self) -> Iterator[Part]:
        yield self.line("ended", word("measure_endings", self.papers.after["ended_by"])), ()

    # --- cases

    def tell_question(self) -> Iterator[Part]:
        (question,) = self.papers.case.payload_of(self.papers.event)["parts"]["questions"]
        yield self.line("case_no", self.papers.case.name.partition("/")[2]), ()
        yield self.line("records", list(question["records"])), ()
        yield self.line("answer_by", self.day(question["due"])), ()

    def tell_changes(self) -> Iterator[Part]:
        """What a decided case changed for its organisation, and what other offices have to act on."""
        follows, subject = self.papers.follows, self.papers.case.subject
        lines = []
        for row in follows["changes"]:
            shown = [
                graded_in_words(row[side], scheme_of(row["scheme"], self.schemes))[self.lang]
                for side in ("before", "after")
            ]
            if row["subject_id"] == subject and shown[0] != shown[1]:
                title = title_of(row["scheme"], self.schemes)[self.lang]
                lines.append(self.line("grade", title, period_said(row["period"], self.lang), *shown))
        if lines:
            yield self.line("changes"), tuple(lines)
        else:
            yield self.line("same"), ()
        tasks = [row for row in follows["tasks"] if row["subject_id"] == subject and row["kind"] in ("list", "measure")]
        named = [(row["thing_label"] or {}).get(self.lang) or row["thing"] for row in tasks]
        items = [self.line("task", name, row["label"][self.lang]) for name, row in zip(named, tasks, strict=True)]
        if items:
            yield self.line("tasks"), tuple(items)


Tell = Callable[[_Writing], Iterator[Part]]
W = _Writing
PARTS: dict[str, tuple[Tell, ...]] = {
    "entry_notice": (W.open, W.tell_hearing),
    "entry": (W.open, W.tell_heard, W.tell_facts, W.tell_reason, W.tell_basis, W.tell_term, W.tell_ways),
    "no_entry": (W.open, W.tell_heard, W.tell_reason, W.tell_basis),
    "entry_again": (W.open, W.tell_reason, W.tell_basis, W.tell_term, W.tell_ways),
    "longer": (W.open, W.tell_reason, W.tell_basis, W.tell_term),
    "exit_refused": (W.open, W.tell_application, W.tell_reason, W.tell_basis),
    "exit": (W.open, W.tell_way, W.tell_basis),
    "annulled": (W.open, W.tell_way, W.tell_basis, W.tell_withdrawal),
    "expiry": (W.open, W.tell_basis),
    "measure": (W.open, W.tell_entry, W.tell_acceptance, W.tell_length, W.tell_basis),
    "reward": (W.open, W.tell_entry, W.tell_length, W.tell_basis),
    "measure_lifted": (W.open, W.tell_end),
    "reward_lifted": (W.open, W.tell_end),
    "composite": (W.open,),
    "inquiry": (W.open, W.tell_question),
    "decided": (W.open, W.tell_changes),
}
