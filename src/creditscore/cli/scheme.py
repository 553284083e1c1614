"""`creditscore scheme`: what the library holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import list_scheme_names
from creditscore.cli.application import App
from creditscore.cli.impact import impact_command
from creditscore.cli.office import LangOption
from creditscore.cli.output import give, tabulate, told, wants_json
from creditscore.cli.scheme_check import check_command, diff_command
from creditscore.core.i18n import Lang, Phrase, lang_of, phrase, word

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme

scheme_app = App()
scheme_app.command("check")(check_command)
scheme_app.command("diff")(diff_command)
scheme_app.command("impact")(impact_command)


@scheme_app.command("list")
def list_command(lang: LangOption = "zh") -> None:
    from creditscore.schemes import browse

    _give_schemes(browse.list(), lang)


@scheme_app.command("in-force")
def in_force_command(
    on: Annotated[str, typer.Option()],
    lang: LangOption = "zh",
) -> None:
    from creditscore.cli.acting import date_given
    from creditscore.schemes import browse

    day = date_given(on)
    last = [scheme.name for scheme in browse.list_last_graded(day)]
    _give_schemes(browse.list(day), lang, told("last_year_graded", day.year - 1, last) if last else None)


@scheme_app.command("coverage")
def coverage_command(
    lang: LangOption = "zh",
    markdown: Annotated[bool, typer.Option("--markdown")] = False,
) -> None:
    from collections import Counter

    from creditscore.pages.coverage import counted, coverage_markdown, versions_of
    from creditscore.schemes.coverage import is_exact, load_coverage, unknowns

    if markdown and not wants_json():
        typer.echo(coverage_markdown(), nl=False)
        return
    chosen, table = lang_of(lang), load_coverage()
    rows: list[dict[str, Any]] = []
    for system in table.systems:
        row = {"section": system.section, "system": getattr(system.asks, chosen), "status": system.status}
        rows.append({**row, "scheme": None, "why": getattr(system.reason, chosen) if system.reason else None})
        for scheme in versions_of(system):
            exact = Phrase("cli", "exact" if is_exact(scheme) else "partial", (scheme.role,)).say(chosen)
            why = phrase("cli", "evidence_unknown", chosen, counted(scheme), len(unknowns(scheme)))
            rows.append({"section": None, "system": None, "status": exact, "scheme": scheme.name, "why": why})
    status_counts = Counter(system.status for system in table.systems)
    counts = "  ".join(f"{status} {status_counts[status]}" for status in table.statuses)
    give(rows, tabulate(rows, "section", "system", "status", "scheme", "why"), counts, lang=chosen)


@scheme_app.command("show")
def show_command(
    scheme: Annotated[str, typer.Argument(autocompletion=list_scheme_names)],
    lang: LangOption = "zh",
) -> None:
    from creditscore.schemes import registry

    loaded, chosen = registry.pick(scheme), lang_of(lang)
    give(loaded.model_dump(mode="json", by_alias=True, exclude_defaults=True), *_tell(loaded, chosen), lang=chosen)


def _tell(loaded: Scheme, lang: Lang) -> Iterator[Any]:
    """What a scheme says, part by part."""
    from creditscore.present.document import Facts, Listing
    from creditscore.schemes.browse import summarise

    yield f"{loaded.name}  {getattr(loaded.label, lang)}"
    yield Facts(list(summarise(loaded, lang).items()))
    if loaded.missing:
        yield Listing(list(loaded.missing), title=Phrase("heads", "missing"))
        yield told("refused_until_known")
        return
    if loaded.imported_decision:
        yield told("decision_is_the_grade")
    else:
        yield from _tell_counting(loaded, lang)
        yield from _tell_deciding(loaded, lang)
    yield from _tell_lists(loaded, lang)
    yield from _section("readings", ("reading", "how_read"), list(loaded.readings.items()))
    yield from _section("may_worsen", ("rule", "why"), [(item.id, item.why) for item in loaded.not_monotone])


def _give_schemes(schemes: Iterable[Scheme], lang: Lang, *more: Any) -> None:
    """List schemes: the name of each, below it its id and version; the days between which it governs, and its role."""
    from creditscore.present.document import Lines

    rows, shown = [], []
    for scheme in schemes:
        row = {
            "scheme": scheme.scheme,
            "from": scheme.version,
            "to": str(scheme.effective_to or "") or None,
            "role": scheme.role,
            "name": getattr(scheme.label, lang),
        }
        rows.append(row)
        shown.append({**row, "name": Lines((row["name"], scheme.name)), "role": word("scheme_roles", scheme.role)})
    give(rows, tabulate(shown, "name", "from", "to", "role"), *more, lang=lang)


def _section(title: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], *values: Any) -> Iterator[Any]:
    """A table under its title; nothing where it has no rows, and no column that is empty in every row."""
    used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    listed = [{columns[place]: row[place] or "" for place in used} for row in rows]
    if listed:
        yield tabulate(listed, *(columns[place] for place in used), title=told(f"scheme_{title}", *values))


def _tell_counting(scheme: Scheme, lang: Lang) -> Iterator[Any]:
    """What is read and what it weighs."""
    from creditscore.core.quantities import plain
    from creditscore.schemes import describe as say

    items = [
        (
            code,
            item.label,
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
    yield from _section("items", ("item", "what", "points", "per", "cap", "window", "in_force", "evidence"), items)
    windows = [(name, say.window(window)) for name, window in scheme.windows.items()]
    yield from _section("windows", ("window", "which_days"), windows, scheme.admit.window)
    repairs = [
        (name, ", ".join(f"{w.id}: {say.repair_window(w)}" for w in rule.windows), say.applies(rule.applies))
        for name, rule in scheme.repairs.items()
    ]
    yield from _section("repair", ("rule", "windows", "in_force"), repairs)
    groups = [(name, g.label, plain(g.cap), g.take) for name, g in scheme.groups.items()]
    yield from _section("groups", ("group", "what", "cap", "takes"), groups)
    facts = [(name, say.fact(fact), say.applies(fact.applies)) for name, fact in scheme.facts.items()]
    yield from _section("facts", ("fact", "what", "in_force"), facts)


def _tell_deciding(scheme: Scheme, lang: Lang) -> Iterator[Any]:
    """From the start score to the grade."""
    from creditscore.core.quantities import plain
    from creditscore.schemes import describe as say

    starts: list[tuple[Any, ...]] = [
        (
            rule.id,
            "–".join(plain(n) for n in rule.range or (rule.points,)),
            rule.when or told("otherwise"),
            say.applies(rule.applies),
            say.mark(rule),
        )
        for rule in (scheme.start.rules if scheme.start else [])
    ]
    starts += [
        (bonus.id, told("points_each", plain(bonus.each)), bonus.of, say.applies(bonus.applies), say.mark(bonus))
        for bonus in (scheme.start.bonus if scheme.start else [])
    ]
    yield from _section("start", ("rule", "points", "when", "in_force", "evidence"), starts)
    conditions = [
        (rule.id, rule.label, say.condition(rule), rule.when, say.applies(rule.applies), say.mark(rule))
        for rule in scheme.conditions
    ]
    heads = ("condition", "what", "points", "when", "in_force", "evidence")
    yield from _section("conditions", heads, conditions)
    limits = [(name, plain(getattr(scheme.combine, name))) for name in ("floor", "ceiling")]
    yield from _section("limits", ("limit", "score"), [row for row in limits if row[1]])
    decisions = [
        (
            rule.id,
            say.label(rule.label, lang),
            rule.when or told("otherwise"),
            say.effect(rule),
            say.applies(rule.applies),
            say.mark(rule),
        )
        for rule in scheme.decide
    ]
    yield from _section("decisions", ("decision", "what", "when", "effect", "in_force", "evidence"), decisions)


def _tell_lists(scheme: Scheme, lang: Lang) -> Iterator[Any]:
    from creditscore.schemes import describe as say

    for key, listed in scheme.lists.items():
        rows: list[tuple[Any, ...]] = [
            (told("list_step"), step.id, say.span(step.within), step.since, say.mark(step)) for step in listed.steps
        ]
        rows += [
            (
                told("list_term"),
                term.id,
                told("unknown") if term.unknown else say.span(term.span) or told("until_exit"),
                term.since,
                say.mark(term),
            )
            for term in listed.terms
        ]
        rows += [
            (
                told("list_exit"),
                way.id,
                told("exit_after", way.kind, say.span(way.after)) if way.after else way.kind,
                way.since or "",
                say.mark(way),
            )
            for way in listed.exits
        ]
        head = listed.label, listed.kind, list(listed.who)
        yield from _section("list", ("part", "id", "how_long", "since", "evidence"), rows, key, *head)
        yield told("triggers", list(listed.triggers) or "—")
