"""Decisive records as a document: what withdrawing records would change, and why fewer do not suffice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import Lang, period_said, phrases, say, word
from creditscore.core.quantities import MICRO, from_micro, plain
from creditscore.explanation.decisive.answer import ANY, Decisive
from creditscore.explanation.decisive.proof import Claim
from creditscore.explanation.labels import Labels
from creditscore.explanation.reason_codes import show_cell
from creditscore.present.document import (
    Badge,
    Block,
    Column,
    Document,
    Facts,
    Listing,
    Named,
    Notice,
    Paragraph,
    Section,
    Table,
    Value,
)

if TYPE_CHECKING:
    from creditscore.explanation.decisive.of_grading import DecisiveRecords

SHOWN = 6  # record ids of one class, claims of a proof


def decisive_document(records: DecisiveRecords, lang: Lang = "zh") -> Document:
    """Tell which records decide a grade.

    Parameters
    ----------
    records
        What `decisive` returned.
    lang
        `zh` or `en`.
    """
    t, answer = phrases("decisive", lang), records.answer
    tell = _Words(records.labels, records.items, lang)
    target = t("any") if answer.target == ANY else t("or_better", tell.grade(answer.target))
    blocks: list[Block | None] = [
        *(Notice(line) for line in records.asked.input_lines.get(lang, ())),
        Facts([(t("now"), Badge(tell.reached(answer.grade, answer.state))), (t("target"), target)]),
        _singles(answer, tell),
        Section(t("fewest_title"), [*map(Paragraph, _fewest(answer, lang))]),
        *_patterns(answer, tell),
        _proof(answer, lang),
    ]
    return Document(
        t("title"),
        records.asked.name or records.subject_id,
        lang,
        blocks,
        under=[
            *([records.subject_id] if records.asked.name else []),
            Named(records.labels.title, records.scheme),
            period_said(records.period, lang),
        ],
        data=records.data(),
        made_up=records.asked.made_up,
    )


class _Words:
    """What grades, states and records are called."""

    def __init__(self, labels: Labels, items: Mapping[str, str], lang: Lang) -> None:
        self.labels, self.items, self.lang = labels, items, lang

    def grade(self, code: str) -> str:
        return say(self.labels.named_grade(code), self.lang)

    def reached(self, grade: str, state: str) -> str:
        return self.grade(grade) if grade else say(word("states", state), self.lang)

    def conduct(self, records: Sequence[str]) -> list[str]:
        """The items of records, each once."""
        codes = dict.fromkeys(self.items.get(record, "") for record in records)
        return [say(label, self.lang) if (label := self.labels.item(code)) is not None else code for code in codes]

    def ids(self, records: Sequence[str]) -> list[str]:
        shown = [show_cell(record) for record in records[:SHOWN]]
        return [*shown, phrases("decisive", self.lang)("more", len(records))] if len(records) > SHOWN else shown


def _singles(answer: Decisive, tell: _Words) -> Section:
    t = phrases("decisive", tell.lang)
    rows = [
        (tell.conduct(single.records), tell.ids(single.records), tell.reached(single.grade, single.state))
        for single in answer.singles
    ]
    columns = [Column(t(code)) for code in ("conduct", "records", "gives")]
    return Section(t("singles"), [Table(columns, rows, empty=t("no_singles"))])


def _fewest(answer: Decisive, lang: Lang) -> list[str]:
    """How few withdrawals reach the target, and one such choice."""
    t = phrases("decisive", lang)
    if answer.smallest == 0:
        return [t("already")]
    if answer.possible is False:
        return [t("impossible")]
    if answer.proved:
        sets = answer.smallest_sets
        lines = [t("fewest", answer.smallest) if sets is None else t("fewest_of", answer.smallest, sets)]
    elif answer.at_most is None:
        lines = [t("at_least", answer.at_least)]
    else:
        lines = [t("between", answer.at_least, answer.at_most)]
    return [*lines, t("witness", [show_cell(record) for record in answer.witness])] if answer.witness else lines


def _patterns(answer: Decisive, tell: _Words) -> list[Section]:
    """The minimal sets up to exchangeable records, and the classes of these."""
    if not answer.patterns or answer.smallest == 0 or answer.possible is False:
        return []
    t, lang = phrases("decisive", tell.lang), tell.lang
    places = sorted({place for pattern in answer.patterns for place, _ in pattern.parts})
    names = {place: t("class", number) for number, place in enumerate(places, start=1)}
    rows: list[Sequence[Value]] = []
    for pattern in answer.patterns:
        parts = []
        for place, count in pattern.parts:
            held = answer.classes[place]
            key = "one_of" if len(held) == 1 else "all_of" if count == len(held) else "any_of"
            parts.append(t(key, names[place], show_cell(held[0]) if len(held) == 1 else count))
        rows.append((pattern.size, ("；" if lang == "zh" else "; ").join(parts), pattern.sets))
    counted = t("minimal_sets", answer.minimal_sets) if answer.minimal_sets is not None else ""
    cut = "" if answer.complete else t("cut", len(answer.patterns))
    columns = [Column(t("size"), "number"), Column(t("choice")), Column(t("sets"), "number")]
    classes: list[Sequence[Value]] = []
    for place in places:
        held = answer.classes[place]
        classes.append((names[place], tell.conduct(held), len(held), tell.ids(held)))
    heads = [Column(t("class_title")), Column(t("conduct")), Column(t("count"), "number"), Column(t("records"))]
    caption = ("" if lang == "zh" else " ").join(part for part in (counted, cut) if part)
    return [
        Section(t("minimal"), [Table(columns, rows)], caption),
        Section(t("classes"), [Table(heads, classes)], t("classes_note")),
    ]


def _proof(answer: Decisive, lang: Lang) -> Section | None:
    """Why fewer do not suffice: one claim for each branch of the rules, the nearest first."""
    if not answer.proof or not answer.smallest or answer.possible is False:
        return None
    t, smallest = phrases("decisive", lang), answer.smallest
    nearest = sorted(answer.proof, key=lambda claim: claim.fewest)
    items: list[Value] = [
        Named(f"{t('branch', number)}{t('colon')}{_claim(claim, smallest, lang)}", _facts(claim))
        for number, claim in enumerate(nearest[:SHOWN], start=1)
    ]
    more = [Paragraph(t("more_branches", len(nearest) - SHOWN))] if len(nearest) > SHOWN else []
    return Section(t("proof"), [Listing(items), *more], t("proof_note"))


def _facts(claim: Claim) -> str:
    """The values of the facts in a branch, as the rules write them."""
    return ", ".join(f"{name} = {_value(value)}" for name, value in claim.facts.items())


def _claim(claim: Claim, smallest: int, lang: Lang) -> str:
    """What must go in a branch, what has to be gained beyond it, and that so few cannot gain it."""
    t = phrases("decisive", lang)
    parts = []
    if claim.gone:
        parts.append(t("must", len(claim.gone), _Words(Labels(None, ""), {}, lang).ids(claim.gone)))
    left = max(0, min(smallest, claim.fewest) - 1 - len(claim.gone))
    if claim.searched:
        parts.append(t("searched", claim.fewest))
    elif claim.short:
        in_points = claim.measure in ("low", "high")

        def amount(number: int) -> str:
            return t("points", plain(from_micro(number))) if in_points else t("amount", claim.measure, number)

        parts.append(t("best", amount(claim.short), left, amount(_best(claim, left))))
    return ("；" if lang == "zh" else "; ").join(parts) or t("needs", claim.fewest)


def _best(claim: Claim, left: int) -> int:
    """The most that `left` records gain together."""
    best = [0]
    for _, gains in claim.gains:
        size = min(left, len(best) + len(gains) - 2)
        best = [
            max(best[a] + gains[min(j - a, len(gains) - 1)] for a in range(min(j, len(best) - 1) + 1))
            for j in range(size + 1)
        ]
    return best[-1]


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value)
    return plain(from_micro(value)) if value % MICRO == 0 or abs(value) > 10 * MICRO else str(value)
