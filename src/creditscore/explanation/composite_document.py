"""The explanation of a composite as a document: from what nobody knows to the score, and why each domain stands so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from creditscore.composite.combine import LIMITS
from creditscore.core.i18n import (
    LANGS,
    Lang,
    catalogue,
    clean,
    grade_name,
    period_said,
    phrase,
    phrases,
    plain,
    say,
    word,
)
from creditscore.core.model import Label
from creditscore.core.quantities import to_micro
from creditscore.explanation.document import list_deciding
from creditscore.explanation.input_lines import state_labels
from creditscore.explanation.labels import scheme_title
from creditscore.explanation.reason_codes import show_cell
from creditscore.grading.input_state.state import BLOCKED
from creditscore.present.charts import OTHER, colours, steps
from creditscore.present.document import (
    Badge,
    Block,
    Chart,
    Code,
    Document,
    Facts,
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
    heads,
)
from creditscore.schemes.citing import cite_said

if TYPE_CHECKING:
    from creditscore.explanation.composite import CompositeExplanation, DomainShare
    from creditscore.explanation.composite_shares import SharePart
    from creditscore.present.svg import Picture

SYMBOLS = ("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D")


def composite_document(
    explanation: CompositeExplanation,
    lang: Lang = "zh",
    *,
    marks: Sequence[str] = (),
    disputes: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """Tell how the score of one subject came about.

    Parameters
    ----------
    explanation
        What `explain_composite` returned.
    lang
        `zh` or `en`.
    marks, disputes
        The lines that say which of its records are disputed, and the same as rows for the JSON.
    """
    t = _words(lang)
    warnings = [*input_lines(explanation, lang), *(mark.strip("* ") for mark in marks)]
    data = composite_data(explanation) | ({"disputes": [dict(row) for row in disputes]} if disputes else {})
    laws = list(explanation.laws.values())
    acts = [_shared_act(row, explanation, lang) for row in explanation.shared_acts]
    return Document(
        t("composite"),
        explanation.name or explanation.subject_id,
        lang,
        [
            *map(Notice, warnings),
            Tiles(_head(explanation, lang)),
            _shares(explanation, lang),
            _reasons(explanation, lang),
            Section(t("shared"), [Listing(acts)]) if acts else None,
            Section(t("about"), [Facts(_about(explanation, lang))]),
            Section(t("sources"), [Listing(laws)]) if laws else None,
        ],
        under=[
            *([explanation.subject_id] if explanation.name else []),
            Named(explanation.title, explanation.composite),
            period_said(explanation.as_of, lang),
        ],
        data=data,
        made_up=explanation.made_up,
        foot=t("not_official"),
    )


def _words(lang: Lang) -> Callable[..., str]:
    return phrases("composite", lang, "pages", "explanation")


def composite_data(explanation: CompositeExplanation) -> dict[str, Any]:
    """Give what the document says in plain values, with labels in both languages."""
    stated = {lang: input_lines(explanation, lang) for lang in LANGS}
    return {**_plain(explanation), "sum": explanation.sum, "input": stated}


def _plain(value: Any) -> Any:
    if isinstance(value, Label):
        return {lang: clean(say(value, lang)) for lang in LANGS}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int) else clean(str(value))


def _head(explanation: CompositeExplanation, lang: Lang) -> list[tuple[Value, Value]]:
    """The grade and the score; without a score the state and why."""
    t = _words(lang)
    if explanation.state == "graded":
        shade = colours(SYMBOLS).get(explanation.grade, OTHER)
        return [
            (t("grade"), Badge(_grade(explanation, lang), shade)),
            (t("score"), t("of_most", explanation.score)),
        ]
    needed = (explanation.coverage, explanation.coverage_needed)
    known = explanation.state_reason in catalogue()["composite_state_reasons"]
    why = phrases("composite_state_reasons", lang)(explanation.state_reason, *needed) if known else None
    state = Badge(word("states", explanation.state), tone="warn")
    return [(t("state"), state), (t("why"), why or Code(explanation.state_reason))]


def _grade(explanation: CompositeExplanation, lang: Lang) -> str:
    return grade_name(explanation.grade, say(explanation.grade_label, lang))


def _shares(explanation: CompositeExplanation, lang: Lang) -> Section:
    """What each domain moved: the arithmetic, its picture, domains and groups."""
    t = _words(lang)
    blocks: list[Block] = []
    if explanation.score is not None:
        lead = explanation.sum.replace(f"→ {explanation.grade}", f"→ {_grade(explanation, lang)}")
        desc = t("shares_desc", explanation.reference, explanation.score)
        blocks += [Paragraph(lead, "lead"), Chart("", draw_shares(explanation, lang), desc)]
    rows = [
        (
            Lines([domain.label, *_graded_under(domain, lang)], small=True),
            Lines([domain.grade_label, *_notes(domain, explanation, lang)], small=True),
            domain.value,
            domain.weight,
            _share(domain.contribution),
        )
        for domain in explanation.domains
        if domain.scheme or domain.contribution
    ]
    blocks.append(Table(heads(t, "domain", "domain_grade", numbers=("value", "weight", "share")), rows))
    idle = [domain.label for domain in explanation.domains if not domain.scheme and not domain.contribution]
    if idle:
        blocks.append(Paragraph(f"{note('absent:no_row', lang)}{t('colon')}{_listed(idle, lang)}", "soft"))
    if explanation.score is not None:
        groups = [(label, _share(total)) for _, label, total in explanation.groups]
        blocks.append(Table(heads(t, "groups", numbers=("share",)), groups))
    return Section(t("shares" if explanation.score is not None else "domain"), blocks)


def draw_shares(explanation: CompositeExplanation, lang: Lang) -> Picture:
    """Draw the way from the reference to the score, one bar for each domain; nothing without a score."""
    t, at = _words(lang), explanation.reference
    if explanation.score is None:
        return steps("shares", "", "", [])
    rows: list[dict[str, Any]] = [{"label": t("reference"), "before": None, "after": at, "text": str(at)}]
    for domain in explanation.domains:
        if domain.contribution:
            before, at = at, at + domain.contribution
            moved = _share(domain.contribution).say(lang)
            rows.append({"label": clean(say(domain.label, lang)), "before": before, "after": at, "text": moved})
    rows.append({"label": t("score"), "before": None, "after": at, "text": str(at)})
    return steps("shares", t("shares"), t("shares_desc", explanation.reference, explanation.score), rows)


def _share(points: int | None) -> Points:
    return Points(None if points is None else to_micro(points), plus=True)


def _listed(labels: Iterable[Label], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(say(label, lang) for label in labels)


def _graded_under(domain: DomainShare, lang: Lang) -> list[str]:
    return [say(domain.title, lang), period_said(domain.period, lang)] if domain.scheme else []


def _notes(domain: DomainShare, explanation: CompositeExplanation, lang: Lang) -> list[str]:
    rules = {rule: label for rule, label, _ in explanation.hard_rules}
    return [note(code, lang, domain.why, rules) for code in domain.notes]


def _reasons(explanation: CompositeExplanation, lang: Lang) -> Section | None:
    """Why each domain stands where it does: its rules, conduct and records with their articles, and what each moved."""
    if not explanation.domains:
        return None
    t = _words(lang)
    if not explanation.drilled:
        return Section(t("inside"), [Paragraph(t("not_drilled"), "soft")])
    tables = [_domain(domain, lang) for domain in explanation.domains if domain.parts or domain.deciders]
    return Section(t("inside"), tables, t("inside_desc")) if tables else None


def _domain(domain: DomainShare, lang: Lang) -> Table:
    """One domain: the rules that decided with what they rest on, and the parts of its share."""
    t = _words(lang)
    decided = [row for decider in domain.deciders for row in list_deciding(decider, lang, "", "")]
    alone = [part for part in domain.parts if part.kind == "hard_rule" or (part.kind == "grade" and not decided)]
    rows = [*(_part(part, lang) for part in alone), *decided, *_items(domain.parts, lang)]
    columns = heads(t, "conduct", "which_record", when="day", written="text", points="number", share="number")
    used = [k for k in range(len(columns)) if any(row.cells[k] not in ("", None) for row in rows)]
    title = t(
        "domain_moved",
        domain.label,
        domain.grade_label if domain.grade else t("no_grade_of_domain"),
        _share(domain.contribution),
    )
    return Table([columns[k] for k in used], [Row([row.cells[k] for k in used], row.tone) for row in rows], title)


def _items(parts: Sequence[SharePart], lang: Lang) -> Iterator[Row]:
    """Items with their records below them; an item with one record is one row."""
    starts = [k for k, part in enumerate(parts) if part.kind == "item"]
    for start, end in pairwise([*starts, len(parts)]):
        item, *records = parts[start:end]
        yield _part(item, lang, record=records[0].code if len(records) == 1 else "")
        if len(records) > 1:
            yield from (_part(each, lang, record=each.code, above=item.article) for each in records)


def _part(part: SharePart, lang: Lang, record: str = "", above: str = "") -> Row:
    """A part of a share; an article that stands `above` is not told again."""
    cited = "" if part.article == above else cite_said(part.article, lang)
    own = Points(to_micro(part.effective), plus=True) if part.effective else ""
    share = _share(part.points) if part.points else ""
    return Row((_name(part, lang), show_cell(record), "", cited, own, share))


def _name(part: SharePart, lang: Lang) -> Value:
    """What a part is called: the rule's words, the grade, the item with its number, why a record counts."""
    if part.kind in ("grade", "hard_rule"):
        return _words(lang)(f"kind_{part.kind}", part.label)
    # a number of the text's own is told, an id of ours is not
    return Named(part.label, part.code if part.kind == "item" and part.code.isdigit() else "")


def _about(explanation: CompositeExplanation, lang: Lang) -> list[tuple[Value, Value]]:
    t = _words(lang)
    names = {code: grade_name(code, say(label, lang)) for code, label in explanation.grade_labels.items()}
    rules = [t("hard_rule_at", label, names.get(code, code)) for _, label, code in explanation.hard_rules]
    rows: list[tuple[Value, Value]] = [(t("hard_rules"), Lines(rules))] if rules else []
    rows.append((t("coverage"), t("of_1000", explanation.coverage, explanation.coverage_needed)))
    if explanation.fragile is not None:
        rows.append((t("fragile"), t("fragile_yes" if explanation.fragile else "fragile_no")))
    rows.append((t("evidence"), word("marks", explanation.evidence)))
    rows.append((t("numbers"), tell_marks(explanation.marks, lang)))
    if limits := tell_limits(explanation.notes, lang):
        rows.append((t("limits"), Lines(limits)))
    return [*rows, (t("run"), Code(explanation.run_id))]


def tell_marks(marks: Mapping[str, str], lang: Lang) -> str:
    """Tell whose the numbers of a composite are: its weights, the values of grades, its bands."""
    return _words(lang)("ours", *(word("marks", marks[name]) for name in ("weights", "maps", "bands")))


def tell_limits(notes: Iterable[str], lang: Lang) -> list[str]:
    """What a composite could not look at, in words, from the notes of its manifest."""
    listed = set(notes)
    return [limit.say(lang) for note, limit in LIMITS.items() if note in listed]


def input_lines(explanation: CompositeExplanation, lang: Lang) -> list[str]:
    """What the grades behind a score rest on, in sentences; none where their input was whole."""
    lines = [say(label, lang) for label in state_labels(explanation.input_state)]
    noted = [part for domain in explanation.domains for code in domain.notes for part in code.split(":")]
    if explanation.state == "graded" and BLOCKED in noted:
        lines.append(_words(lang)("stands"))
    return lines


def note(code: str, lang: Lang, why: Label | None = None, rules: Mapping[str, Label] | None = None) -> str:
    """Tell a note of a contribution in words; an unknown one is its own name.

    `why`: the words of a reason; `rules`: those of the hard rules.
    """
    known, head, inner = catalogue()["composite_notes"], code, plain("")
    for name in sorted(known, key=len):
        if name.endswith(":") and code.startswith(name):
            head, inner = name, plain(code[len(name) :])
    if head.startswith("absent:") and head != code:
        inner = why if why is not None and why.zh else word("state_reasons", inner.zh)
    if head == "hard_rule:":
        inner = (rules or {}).get(inner.zh, inner)
    if head == "refused_rows:":
        inner = scheme_title(inner.zh)
    return phrase("composite_notes", head, lang, inner) if head in known else head


def _shared_act(row: Mapping[str, Any], explanation: CompositeExplanation, lang: Lang) -> str:
    """Where an act counts and where it does not, as a sentence."""
    labels = {domain.id: domain.label for domain in explanation.domains}
    counted, *others = (labels.get(name, plain(name)) for name in (row["counted_in"], *row["also_in"].split(";")))
    records = row["records"].replace(";", ", ")
    return _words(lang)("shared_act", row["act_id"], counted, _listed(others, lang), records)
