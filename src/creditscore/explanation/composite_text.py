"""A composite's explanation for a terminal, and the words that terminal and page share."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from creditscore.composite.combine import LIMITS
from creditscore.core.i18n import Lang, catalogue, clean, day_said, phrase, say, word
from creditscore.core.i18n import text as word_text
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.explanation.input_lines import state_labels
from creditscore.explanation.labels import scheme_title
from creditscore.grading.input_state.state import BLOCKED
from creditscore.schemes.citing import cite_said

if TYPE_CHECKING:
    from creditscore.explanation.composite import CompositeExplanation, DomainShare, SharePart


def text(code: str, lang: Lang, *values: object) -> str:
    """A fixed text with its values filled in."""
    return phrase("composite", code, lang, *values)


def note(code: str, lang: Lang, why: Label | None = None, rules: Mapping[str, Label] | None = None) -> str:
    """A note of a contribution in words; an unknown one is its own name.

    `why`: the words of a reason; `rules`: those of the hard rules.
    """
    known = catalogue()["composite_notes"]
    if code in known:
        return phrase("composite_notes", code, lang)
    head = next(
        (value for value in sorted(known, key=len, reverse=True) if value.endswith(":") and code.startswith(value)), ""
    )
    if not head:
        return code
    inner = code[len(head) :]
    if head.startswith("absent:"):
        inner = say(why if why is not None and why.zh else word("state_reasons", inner), lang)
    if head == "hard_rule:" and rules is not None and inner in rules:
        inner = say(rules[inner], lang)
    if head == "refused_rows:":
        inner = say(scheme_title(inner), lang)
    return phrase("composite_notes", head, lang, inner)


def _tell_why(code: str, lang: Lang, *values: object) -> str:
    """Why there is no score; an unknown reason is its own name."""
    known = code in catalogue()["composite_state_reasons"]
    return phrase("composite_state_reasons", code, lang, *values) if known else code


def signed(value: int | None) -> str:
    """A share with its sign: +80, −90, 0."""
    return "" if value is None else "0" if not value else f"{'+' if value > 0 else '−'}{abs(value)}"


def facts(composite_explanation: CompositeExplanation, lang: Lang) -> list[tuple[str, str]]:
    """(what, value): the head of the explanation."""
    rows = []
    if composite_explanation.state == "graded":
        grade_words = say(composite_explanation.grade_label, lang)
        rows.append(
            (
                text("grade", lang),
                composite_explanation.grade
                if composite_explanation.grade in grade_words
                else f"{composite_explanation.grade} ({grade_words})",
            )
        )
        rows.append((text("score", lang), f"{composite_explanation.score} / 1000"))
    else:
        needed = (composite_explanation.coverage, composite_explanation.coverage_needed)
        why = _tell_why(composite_explanation.state_reason, lang, *needed)
        rows.append(
            (text("state", lang), f"{say(word('states', composite_explanation.state), lang)}{text('colon', lang)}{why}")
        )
    for _, label, ceiling in composite_explanation.hard_rules:
        rows.append((text("hard_rules", lang), text("hard_rule_at", lang, say(label, lang), ceiling)))
    rows += [(word_text("input_state", lang), line) for line in input_lines(composite_explanation, lang)]
    rows.append(
        (
            text("coverage", lang),
            text("of_1000", lang, composite_explanation.coverage, composite_explanation.coverage_needed),
        )
    )
    if composite_explanation.fragile is not None:
        rows.append(
            (text("fragile", lang), text("fragile_yes" if composite_explanation.fragile else "fragile_no", lang))
        )
    rows += [
        (text("composite", lang), f"{say(composite_explanation.title, lang)} ({composite_explanation.composite})"),
        (text("as_of", lang), day_said(composite_explanation.as_of, lang)),
        (text("evidence", lang), say(word("marks", composite_explanation.evidence), lang)),
    ]
    names = [say(word("marks", composite_explanation.marks[name]), lang) for name in ("weights", "maps", "bands")]
    rows.append((text("numbers", lang), text("ours", lang, *names)))
    limit_sentences = limits(composite_explanation.notes, lang)
    rows += [(text("limits", lang), ("；" if lang == "zh" else "; ").join(limit_sentences))] if limit_sentences else []
    return [(what, clean(value)) for what, value in rows]


def input_lines(composite_explanation: CompositeExplanation, lang: Lang) -> list[str]:
    """What the grades behind a score rest on, in sentences; none where their input was whole."""
    lines = [say(label, lang) for label in state_labels(composite_explanation.input_state)]
    if composite_explanation.state == "graded" and any(
        BLOCKED in note.split(":") for domain in composite_explanation.domains for note in domain.notes
    ):
        lines.append(text("stands", lang))
    return lines


def limits(notes: Iterable[str], lang: Lang) -> list[str]:
    """What a composite could not look at, in words, from the notes of its manifest."""
    there = set(notes)
    return [text(f"limit_{code}", lang) for code, shown_text in LIMITS.items() if shown_text in there]


def named(part: SharePart, lang: Lang) -> str:
    """What a part is called: the rule's words, the grade, the item with its code, the record."""
    label = say(part.label, lang)
    if part.kind in ("grade", "hard_rule"):
        return clean(f"{text('kind_' + part.kind, lang)} {label}")
    numbered = part.kind == "record" or part.code.isdigit()  # a number of the text's own, no id of ours
    return clean(f"{part.code} {label}" if numbered and label != part.code else label)


def shown_notes(share: DomainShare, lang: Lang, explanation: CompositeExplanation) -> str:
    """The notes of a domain in words."""
    rules = {rule: label for rule, label, _ in explanation.hard_rules}
    return clean(("；" if lang == "zh" else "; ").join(note(code, lang, share.why, rules) for code in share.notes))


def shared_act(row: object, composite_explanation: CompositeExplanation, lang: Lang) -> str:
    """Where an act counts and where it does not, as a sentence."""
    assert isinstance(row, dict)
    labels = {domain.id: say(domain.label, lang) for domain in composite_explanation.domains}
    also = ("、" if lang == "zh" else ", ").join(labels.get(name, name) for name in row["also_in"].split(";"))
    counted = labels.get(row["counted_in"], row["counted_in"])
    return clean(text("shared_act", lang, row["act_id"], counted, also, row["records"].replace(";", ", ")))


def render(composite_explanation: CompositeExplanation, lang: Lang = "zh", width: int = 80) -> str:
    """The explanation as plain text, at most `width` columns wide."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from creditscore.core import i18n as all_words

    out = io.StringIO()
    console = Console(
        file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False, legacy_windows=False
    )
    if composite_explanation.made_up:
        console.print(f"*** {all_words.text('made_up', lang)} ***")
    console.print(clean(composite_explanation.subject_id))
    console.print()
    for what, value in facts(composite_explanation, lang):
        console.print(Text(f"{what}{text('colon', lang)}{value}"))
    if composite_explanation.sum:
        console.print(Text(f"\n  {composite_explanation.sum}\n"))
    table = Table(box=None, pad_edge=False, expand=True, show_edge=False, padding=(0, 2, 0, 0))
    for key, right, ratio in (
        ("domain", False, 3),
        ("domain_grade", False, 2),
        ("value", True, None),
        ("weight", True, None),
        ("share", True, None),
        ("note", False, 5),
    ):
        table.add_column(
            text(key, lang), justify="right" if right else "left", ratio=ratio, overflow="fold", no_wrap=right
        )
    for domain in (domain for domain in composite_explanation.domains if domain.scheme or domain.contribution):
        table.add_row(
            Text(clean(say(domain.label, lang))),
            Text(clean(say(domain.grade_label, lang))),
            str(domain.value),
            str(domain.weight),
            signed(domain.contribution),
            Text(shown_notes(domain, lang, composite_explanation)),
        )
        for part in domain.parts:
            indent = 4 if part.kind == "record" else 2  # also of the lines that follow where it is folded
            own = "" if not part.effective else f"{text('points', lang)} {points(part.effective, plus=True)}"
            table.add_row(
                Padding(Text(named(part, lang)), (0, 0, 0, indent)),
                "",
                "",
                "",
                signed(part.points) if part.points else "",
                Text(" ".join(word for word in (cite_said(part.article, lang), own) if word)),
            )
    if composite_explanation.domains:
        console.print(table)
    idle = [
        say(domain.label, lang)
        for domain in composite_explanation.domains
        if not domain.scheme and not domain.contribution
    ]
    if idle:
        shown_text = note("absent:no_row", lang) + text("colon", lang) + ("、" if lang == "zh" else ", ").join(idle)
        console.print(Text(clean(shown_text)))
    for row in composite_explanation.shared_acts:
        console.print(Text("\n" + shared_act(row, composite_explanation, lang)))
    if composite_explanation.domains and not composite_explanation.drilled:
        console.print(Text("\n" + text("not_drilled", lang)))
    for label in composite_explanation.laws.values():
        console.print(Text(clean(f"  {say(label, lang)}")))
    console.print(Text("\n" + all_words.text("not_official", lang)))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"
