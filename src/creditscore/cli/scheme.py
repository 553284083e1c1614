"""`creditscore scheme`: what the library holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.impact import impact_command
from creditscore.cli.office import LangOption
from creditscore.cli.scheme_check import check_command, diff_command
from creditscore.cli.tables import say_line, show

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme

scheme_app = App()
scheme_app.command("check")(check_command)
scheme_app.command("diff")(diff_command)
scheme_app.command("impact")(impact_command)
COLUMNS = ("scheme", "from", "to", "role", "name")


@scheme_app.command("list")
def list_command(lang: LangOption = "zh") -> None:
    from creditscore.schemes import browse

    show(COLUMNS, [_row(scheme, lang) for scheme in browse.list()])


@scheme_app.command("in-force")
def in_force_command(
    on: Annotated[str, typer.Option()],
    lang: LangOption = "zh",
) -> None:
    from creditscore.cli.acting import date_given
    from creditscore.schemes import browse

    day = date_given(on)
    show(COLUMNS, [_row(scheme, lang) for scheme in browse.list(day)])
    last_graded = browse.list_last_graded(day)
    if last_graded:
        names = ", ".join(scheme.name for scheme in last_graded)
        say_line(f"\nthe last whole year, {day.year - 1}, is graded by: {names}")


@scheme_app.command("coverage")
def coverage_command(
    lang: LangOption = "zh",
    markdown: Annotated[bool, typer.Option("--markdown")] = False,
) -> None:
    from collections import Counter

    from creditscore.core.i18n import lang_of
    from creditscore.pages.coverage import counted, coverage_markdown, versions_of
    from creditscore.schemes.coverage import is_exact, load_coverage, unknowns

    if markdown:
        typer.echo(coverage_markdown(), nl=False)
        return
    chosen, table = lang_of(lang), load_coverage()
    rows: list[tuple[str, str, str, str, str]] = []
    for system in table.systems:
        why_not = getattr(system.reason, chosen) if system.reason else ""
        rows.append((system.section, getattr(system.asks, chosen), system.status, "", why_not))
        for scheme in versions_of(system):
            exact = "exact" if is_exact(scheme) else "partial"
            rows.append(
                ("", "", f"{scheme.role}, {exact}", scheme.name, f"{counted(scheme)}; unknown: {len(unknowns(scheme))}")
            )
    show(("section", "what the plan asks", "status", "scheme", "evidence, or why not"), rows)
    status_counts = Counter(system.status for system in table.systems)
    typer.echo("  ".join(f"{status} {status_counts[status]}" for status in table.statuses))


@scheme_app.command("show")
def show_command(
    scheme: Annotated[str, typer.Argument()],
    lang: LangOption = "zh",
) -> None:
    from creditscore.schemes import registry

    loaded = registry.pick(scheme)
    _head(loaded, lang)
    if loaded.missing:
        show(("missing",), [(getattr(label, lang),) for label in loaded.missing], title="", fold=True)
        say_line("grading under this scheme is refused until that is known")
        return
    if loaded.imported_decision:
        say_line(
            "\nThe newest decision is the grade: records of item `decision` with decided_grade, document_no, source."
        )
    else:
        _counting(loaded, lang)
        _deciding(loaded, lang)
    _lists(loaded, lang)
    readings = [(key, getattr(label, lang)) for key, label in loaded.readings.items()]
    _section("readings: how doubts were decided", ("reading", "how it is read"), readings)
    _section(
        "withdrawing a record may worsen the grade by",
        ("rule", "why"),
        [(item.id, getattr(item.why, lang)) for item in loaded.not_monotone],
    )


def _row(scheme: Scheme, lang: str) -> tuple[str, ...]:
    end = str(scheme.effective_to or "")
    return scheme.scheme, scheme.version, end, scheme.role.replace("_", " "), getattr(scheme.label, lang)


def _section(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        say_line(f"\n{title}")
        show(columns, rows, fold=True)


def _head(scheme: Scheme, lang: str) -> None:
    from creditscore.schemes.browse import summarise

    say_line(f"{scheme.name}  {getattr(scheme.label, lang)}")
    show(("", ""), list(summarise(scheme, lang).items()))


def _counting(scheme: Scheme, lang: str) -> None:
    """What is read and what it weighs."""
    from creditscore.core.quantities import plain
    from creditscore.schemes import describe as say

    items = [
        (
            code,
            getattr(item.label, lang),
            say.points(item),
            "+".join(item.per) if item.value else "",
            plain(item.cap),
            item.window or "",
            say.applies(item.applies),
            say.mark(item),
        )
        for code, variants in scheme.items.items()
        for item in variants
    ]
    _section("items", ("item", "what", "points", "per", "cap", "window", "in force", "evidence"), items)
    windows = [(name, say.window(window)) for name, window in scheme.windows.items()]
    _section(f"windows (of items that name none: {scheme.admit.window})", ("window", "which days"), windows)
    repairs = [
        (name, ", ".join(f"{w.id}: {say.repair_window(w)}" for w in rule.windows), say.applies(rule.applies))
        for name, rule in scheme.repairs.items()
    ]
    _section("repair", ("rule", "windows", "in force"), repairs)
    groups = [(name, getattr(g.label, lang), plain(g.cap), g.take) for name, g in scheme.groups.items()]
    _section("groups", ("group", "what", "cap", "takes"), groups)
    facts = [(name, say.fact(fact), say.applies(fact.applies)) for name, fact in scheme.facts.items()]
    _section("facts", ("fact", "what", "in force"), facts)


def _deciding(scheme: Scheme, lang: str) -> None:
    """From the start score to the grade."""
    from creditscore.core.quantities import plain
    from creditscore.schemes import describe as say

    starts = [
        (
            rule.id,
            " to ".join(plain(n) for n in rule.range or (rule.points,)),
            rule.when or "otherwise",
            say.applies(rule.applies),
            say.mark(rule),
        )
        for rule in (scheme.start.rules if scheme.start else [])
    ]
    starts += [
        (bonus.id, f"+{plain(bonus.each)} each", bonus.of, say.applies(bonus.applies), say.mark(bonus))
        for bonus in (scheme.start.bonus if scheme.start else [])
    ]
    _section("start", ("rule", "points", "when", "in force", "evidence"), starts)
    conditions = [
        (rule.id, getattr(rule.label, lang), say.condition(rule), rule.when, say.applies(rule.applies), say.mark(rule))
        for rule in scheme.conditions
    ]
    _section("conditions", ("condition", "what", "points", "when", "in force", "evidence"), conditions)
    limits = [(name, plain(getattr(scheme.combine, name))) for name in ("floor", "ceiling")]
    _section("limits of the score", ("limit", "score"), [row for row in limits if row[1]])
    decisions = [
        (
            rule.id,
            say.label(rule.label, lang),
            rule.when or "otherwise",
            say.effect(rule),
            say.applies(rule.applies),
            say.mark(rule),
        )
        for rule in scheme.decide
    ]
    _section("decisions, in this order", ("decision", "what", "when", "effect", "in force", "evidence"), decisions)


def _lists(scheme: Scheme, lang: str) -> None:
    from creditscore.schemes import describe as say

    for key, listed in scheme.lists.items():
        rows = [("step", step.id, say.span(step.within), step.since, say.mark(step)) for step in listed.steps]
        rows += [
            (
                "term",
                term.id,
                "unknown" if term.unknown else say.span(term.span) or "until an exit",
                term.since,
                say.mark(term),
            )
            for term in listed.terms
        ]
        rows += [
            (
                "exit",
                way.id,
                f"{way.kind}{f', after {say.span(way.after)}' if way.after else ''}",
                way.since or "",
                say.mark(way),
            )
            for way in listed.exits
        ]
        title = f"list {key}: {getattr(listed.label, lang)} ({listed.kind}; {', '.join(listed.who)})"
        say_line(f"\n{title}\ntriggers: {', '.join(listed.triggers) or 'none'}")
        show(("", "id", "how long", "since", "evidence"), rows, fold=True)
