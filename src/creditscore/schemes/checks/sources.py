"""Where rules come from: legal texts that exist, a mark on every rule, readings that are declared."""

from __future__ import annotations

from collections.abc import Collection

from creditscore.core.model_keys import list_few
from creditscore.core.references import Citing, Reference, check_citing, check_references
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.model import Item, Scheme, StartRule
from creditscore.schemes.parts import MARKS
from creditscore.schemes.walk import items, rules

CITING = Citing(
    uncited="carries no cite; every rule names its law and article",
    unmarked=f"carries no evidence mark; allowed are {', '.join(MARKS)}",
    codes=("E202", "E203"),
)


def check(scheme: Scheme, source: Source, laws: Collection[str]) -> None:
    """Add the faults of sources: `laws` are the ids of the texts that may be cited."""
    where = "has no file in configs/laws/ nor in laws/ beside the scheme"
    references = (
        Reference("law", lambda _: laws, lambda name, _: f"cites the law {name!r}, which {where}", "E201"),
        Reference(
            "reading",
            lambda _: {*scheme.readings, *source.lost},
            lambda name, _: f"{name!r} is not among the readings: {list_few(scheme.readings)}",
            "E204",
        ),
    )
    check_references(scheme, source, references)
    if not scheme.cite:
        source.fault(("cite",), "names no legal text; a scheme is written from one", "E202")
    # a fact is read by rules, which cite
    check_citing(((path, rule) for path, rule in rules(scheme) if path[0] != "facts"), source, CITING)
    for path, rule in rules(scheme):
        if isinstance(rule, StartRule) and rule.unknown != (rule.evidence == "unknown"):
            _disagree(source, path)
    for i, line in enumerate(scheme.decide):
        for k, band in enumerate(line.bands or []):
            if band.reading is not None and band.reading not in line.reading:
                message = f"{band.reading!r} is not among the readings of this line, which travel with the grade"
                source.fault(("decide", i, "bands", k, "reading"), message, "E204")
    for path, _, item in items(scheme):
        _unknown(source, path, item)
    for i, condition in enumerate(scheme.conditions):
        if condition.unknown != (condition.evidence == "unknown"):
            _disagree(source, ("conditions", i))
    for key, list_rule in scheme.lists.items():
        for i, term in enumerate(list_rule.terms):
            if term.unknown != (term.evidence == "unknown") or (term.unknown and term.span is not None):
                message = "a term nobody published is unknown: true with evidence: unknown and no span"
                source.fault(("lists", key, "terms", i), message, "E205")


def _unknown(source: Source, path: KeyPath, item: Item) -> None:
    value = item.value
    if value and value.unknown != (item.evidence == "unknown") and not value.pool:
        _disagree(source, path)


def _disagree(source: Source, path: KeyPath) -> None:
    message = "points and evidence disagree: an unknown number carries evidence: unknown, and only it does"
    source.fault(path, message, "E205")
