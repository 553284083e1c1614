"""`creditscore scheme`: what the library holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from creditscore.cli.tables import show
from creditscore.errors import UsageError

scheme_app = typer.Typer(help="Schemes: list, show, in force on a day.", no_args_is_help=True)


@scheme_app.command("list")
def list_command() -> None:
    """Every scheme with its versions; `to` is the first period no longer governed."""
    from creditscore.schemes import registry

    loaded = [registry.load(entry) for entry in registry.entries()]
    show(("scheme", "from", "to", "name"), [_row(one) for one in loaded])


@scheme_app.command("in-force")
def in_force_command(
    on: Annotated[str, typer.Option(help="Day, YYYY-MM-DD (its year for schemes graded by year).")],
) -> None:
    """Versions in force on a day."""
    from datetime import date

    from creditscore.schemes import registry

    try:
        day = date.fromisoformat(on)
    except ValueError as error:
        raise UsageError(f"{on!r} is not a day", allowed="YYYY-MM-DD") from error
    loaded = [registry.load(entry) for entry in registry.entries()]
    show(
        ("scheme", "from", "to", "name"),
        [_row(one) for one in loaded if registry.in_force(one, day.year if one.period == "year" else day)],
    )


@scheme_app.command("coverage")
def coverage_command(
    lang: Annotated[str, typer.Option(help="zh or en.")] = "en",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The whole page as Markdown (docs/coverage.md).")
    ] = False,
) -> None:
    """Every system of the district's plan: its schemes, their evidence, what is unknown or left out and why."""
    from collections import Counter

    from creditscore.explanation.words import lang_of
    from creditscore.reports.coverage import counted, coverage_markdown, versions_of
    from creditscore.schemes.coverage import is_exact, load_coverage, unknowns

    if markdown:
        typer.echo(coverage_markdown(), nl=False)
        return
    chosen, table = lang_of(lang), load_coverage()
    rows: list[tuple[str, str, str, str, str]] = []
    for system in table.systems:
        said = getattr(system.reason, chosen) if system.reason else ""
        rows.append((system.section, getattr(system.asks, chosen), system.status, "", said))
        for one in versions_of(system):
            exact = "exact" if is_exact(one) else "partial"
            rows.append(("", "", f"{one.role}, {exact}", one.name, f"{counted(one)}; unknown: {len(unknowns(one))}"))
    show(("section", "what the plan asks", "status", "scheme", "evidence, or why not"), rows)
    found = Counter(system.status for system in table.systems)
    typer.echo("  ".join(f"{status} {found[status]}" for status in table.statuses))


@scheme_app.command("show")
def show_command(
    scheme: Annotated[str, typer.Argument(help="Scheme id, id@version or a YAML file.")],
    lang: Annotated[str, typer.Option(help="zh or en.")] = "en",
) -> None:
    """The items, decisions and readings of a scheme, newest version unless pinned."""
    from creditscore.schemes import registry

    one = registry.pick(scheme)
    if lang not in ("zh", "en"):
        raise UsageError(f"{lang!r} is not a language of this package", allowed="zh, en")
    typer.echo(f"{one.name}  {getattr(one.label, lang)}  ({one.use}, evidence {one.evidence})")
    items = [
        (
            code,
            getattr(item.label, lang),
            _points(item),
            "+".join(item.per) if item.value else "",
            item.evidence or "",
        )
        for code, variants in one.items.items()
        for item in variants
    ]
    show(("item", "what", "points", "per", "evidence"), items)
    decisions = [(rule.id, rule.when or "otherwise", _effect(rule), rule.evidence or "") for rule in one.decide]
    show(("decision", "when", "effect", "evidence"), decisions, title="\nin this order")
    for key, label in one.readings.items():
        typer.echo(f"reading {key}: {getattr(label, lang)}")


def _row(scheme: Any) -> tuple[str, str, str, str]:
    return scheme.scheme, scheme.version, str(scheme.effective_to or ""), scheme.label.en


def _points(item: Any) -> str:
    value = item.value
    if value is None:
        return ""
    sign = "-" if item.deduct else "+"
    if value.unknown:
        return "unknown"
    if value.base is not None:
        return f"{sign}({value.base} + {value.plus})"
    if value.tiers:
        return sign + "/".join(str(tier.points) for tier in value.tiers)
    if value.levels:
        return sign + "/".join(str(points) for points in value.levels.values())
    if value.pool:
        return f"{sign}(pool {value.pool})"
    return f"{sign}{value.fixed if value.fixed is not None else value.each}"


def _effect(rule: Any) -> str:
    if rule.bands:
        return " / ".join(band.grade for band in rule.bands)
    for key in ("not_graded", "not_computable", "grade", "ceiling", "floor", "down", "up"):
        value = getattr(rule, key)
        if value is not None:
            return f"{key} {value}" if key != "grade" else str(value)
    return ""
