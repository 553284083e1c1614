"""An explanation for a terminal: one line per ledger row, Chinese counted as two columns."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, clean, grade_name, period_said, say, text, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.explanation.audit import Audit
from creditscore.explanation.reason_codes import (
    SHOWN,
    basis_said,
    earlier_grades_said,
    entries_said,
    paragraph,
    what_to_do,
)

if TYPE_CHECKING:
    from rich.table import Table

    from creditscore.explanation.ledger import Explanation, Line

Depth = Literal["subject", "reviewer", "auditor"]
DEPTHS: tuple[Depth, ...] = ("subject", "reviewer", "auditor")
WIDE = 100  # columns from which on a cell may be wider
NARROW = 16  # columns of a record id


def render(
    explanation: Explanation, lang: Lang = "zh", width: int = 80, depth: Depth = "reviewer", hashes: Audit | None = None
) -> str:
    """The explanation as plain text, at most `width` columns wide.

    `depth`: `subject` is one paragraph, `reviewer` the full arithmetic, `auditor` the same with `hashes` below.
    """
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False, legacy_windows=False
    )
    if depth == "subject":
        made_up = [f"*** {text('made_up', lang)} ***"] if explanation.made_up else []
        input_state = [clean(line) for line in explanation.input_lines(lang, office=False)]
        to_do = [clean(line) for line in what_to_do(explanation, lang)]
        for line in [*made_up, clean(paragraph(explanation, lang)), *input_state, *to_do, text("not_official", lang)]:
            console.print(line)
    else:
        for line in _head(explanation, lang):
            console.print(line)
        if explanation.lines:
            console.print(_table(explanation, lang, width))
        for part in _foot(explanation, lang):
            console.print(part)
    if depth == "auditor" and hashes is not None:
        for part in _audit(hashes, lang):
            console.print(part)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def depth_of(given: str) -> Depth:
    for depth in DEPTHS:
        if given == depth:
            return depth
    raise UsageError(f"{given!r} is not a depth of an explanation", allowed=DEPTHS)


def interval(explanation: Explanation, lang: Lang) -> str:
    """Where the score lies, when an unknown number leaves it open."""
    low, high = explanation.interval or (None, None)
    if low is None:
        return "" if high is None else text("open_interval", lang, points(high))
    if high is None:
        return text("open_above", lang, points(low))
    return text("interval", lang, points(low), points(high))


def facts(explanation: Explanation, lang: Lang) -> list[tuple[str, str]]:
    """(what, value): the head of an explanation, for terminal and page."""

    def pair(key: str, value: str) -> tuple[str, str]:
        return text(key, lang), value

    rows = []
    if explanation.state == "graded":
        rows.append(pair("grade", grade_name(explanation.grade, say(explanation.grade_label, lang))))
        rows.append(pair("route", route_said(explanation, lang)))
    else:
        rows.append(pair("state", say(word("states", explanation.state), lang)))
        rows.append(pair("why", say(explanation.state_reason, lang)))
    for decider in explanation.deciders:
        cited = say(decider.cited, lang)
        label = say(decider.label, lang) if explanation.state == "graded" else ""  # why there is no grade stands above
        if label or cited:
            rows.append(pair("decided_by", text("colon", lang).join(part for part in (label, cited) if part)))
        if decider.basis:
            listed = text("para_comma", lang).join(basis_said(basis, lang) for basis in decider.basis[:SHOWN])
            rows.append(pair("decided_on" if decider.sure else "decided_among", listed))
        if decider.entries:
            key, shown = entries_said(decider, lang)
            rows.append(pair(f"decided_{key}", text("para_comma", lang).join(shown)))
        if decider.earlier:
            rows.append(pair("decided_earlier", earlier_grades_said(decider, lang)))
    if explanation.score is not None:
        rows.append(pair("score" if explanation.by_score else "score_aside", points(explanation.score)))
    elif interval(explanation, lang):
        rows.append(pair("score", interval(explanation, lang)))
    if explanation.margin is not None:
        rows.append(pair("margin", points(explanation.margin)))
    rows += [
        pair("scheme", f"{say(explanation.title, lang)} ({explanation.scheme})"),
        pair("period", period_said(explanation.period, lang)),
        pair("known_at", explanation.known_at),
        pair("evidence", say(word("marks", explanation.evidence), lang)),
    ]
    return [(what, clean(value)) for what, value in rows]


def route_said(explanation: Explanation, lang: Lang) -> str:
    """How the grade came about; a rule that changed what the score gave is not passed over."""
    if explanation.route == "score" and explanation.deciders and explanation.by_score and explanation.score is not None:
        bands = sum(line.step == "decide" for line in explanation.lines) > len(explanation.deciders)
        return text("route_changed", lang) if bands else say(word("routes", explanation.route), lang)
    return say(word("routes", explanation.route), lang)


def _head(explanation: Explanation, lang: Lang) -> list[str]:
    name = clean(f"{explanation.name}  {explanation.subject_id}" if explanation.name else explanation.subject_id)
    lines = [f"*** {text('made_up', lang)} ***"] if explanation.made_up else []
    lines += [name, ""]
    lines += [f"{what}{text('colon', lang)}{value}" for what, value in facts(explanation, lang)]
    if explanation.sum:
        lines += ["", f"  {explanation.sum}"]
    lines += [text(note, lang) for note in explanation.notes]
    return lines + [f"! {clean(line)}" for line in explanation.input_lines(lang)]


def _table(explanation: Explanation, lang: Lang, width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, expand=True, show_edge=False, padding=(0, 2, 0, 0))
    scored = any(line.step == "start" for line in explanation.lines)
    columns: list[tuple[str, int | None]] = [("item", 4), ("record", None)]
    if scored:
        columns += [("nominal", None), ("effective", None), ("total", None)]
    columns.append(("reason", 3))
    for key, ratio in columns:
        table.add_column(
            text(key, lang),
            justify="right" if key in ("nominal", "effective", "total") else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=ratio,
            max_width=None if ratio else 10 if width < WIDE else NARROW,
        )
    for line in explanation.lines:
        cells = [named(line, lang), redact(line.record_id)]
        if scored:
            cells += numbers(line)
        cells.append(say(line.said, lang))
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table


def named(line: Line, lang: Lang) -> str:
    """A line's item, with its number where the text itself numbers it, or the rule's label."""
    label = say(line.label, lang)
    return f"{line.item} {label}" if line.step == "record" and line.item.isdigit() and label != line.item else label


def numbers(line: Line) -> list[str]:
    """Nominal, effective and total of a line; `?` where nobody published the number."""
    if line.step == "decide":
        return ["", "", ""]
    if line.step == "start":
        return [points(line.nominal, plus=line.reason == "bonus"), "", points(line.total)]
    missing = "?"
    nominal = points(line.nominal, plus=True)
    if line.nominal is None and line.effective is None:
        nominal = missing
    effective = missing if line.effective is None else points(line.effective, plus=True)
    return [nominal, effective, points(line.total) if line.total is not None else missing]


def _foot(explanation: Explanation, lang: Lang) -> list[str | Table]:
    lines: list[str | Table] = [""]
    cited: dict[str, list[str]] = {}
    for line in explanation.lines:
        if line.article:
            cited.setdefault(say(line.cited, lang), []).append(say(line.label, lang))
    between, colon = text("para_comma", lang), text("colon", lang)
    articles = [f"{place}{colon}{between.join(dict.fromkeys(listed))}" for place, listed in cited.items()]
    shown = {
        "article": articles,
        "sources": _said(explanation.laws, lang),
        "readings": _said(explanation.readings, lang),
    }
    for key, texts in shown.items():
        if texts:
            lines += [f"{text(key, lang)}{colon}", _listed(texts)]
    return [*lines, *([""] if len(lines) > 1 else []), text("not_official", lang)]


def _listed(texts: list[str]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid()
    table.add_column(width=2)
    table.add_column(overflow="fold")
    for line in texts:
        table.add_row("", Text(clean(line)))
    return table


def _said(labels: Mapping[str, Label], lang: Lang) -> list[str]:
    return [say(label, lang) for label in labels.values()]


def _audit(hashes: Audit, lang: Lang) -> list[str | Table]:
    from rich.table import Table
    from rich.text import Text

    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(overflow="fold")
    rows.add_column(overflow="fold")
    for table, key, value in hashes.rows:
        rows.add_row(Text(f"  {table} {clean(key)}"), value)
    named = {name: Label(zh=value, en=value) for name, value in hashes.identity.items()}
    colon = text("colon", lang)
    return [
        "",
        f"{text('audit', lang)}{colon}",
        _pairs(named, lang),
        f"{text('rows', lang)}{colon}",
        rows,
        f"{text('digest', lang)}{colon}{hashes.digest}",
    ]


def _pairs(listed: Mapping[str, Label], lang: Lang) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, label in listed.items():
        table.add_row(Text("  " + clean(key)), Text(clean(say(label, lang))))
    return table


__all__ = ["clean", "depth_of", "facts", "grade_name", "interval", "named", "numbers", "render"]
