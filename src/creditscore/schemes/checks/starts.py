"""No version and no rule before its law or after its end: an unknown day counts as the last possible one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from creditscore.core.yaml_source import Source
from creditscore.schemes.laws import Law
from creditscore.schemes.model import Cite, Rule, Scheme
from creditscore.schemes.validity import first
from creditscore.schemes.walk import rules


def check(scheme: Scheme, source: Source, laws: Mapping[str, Law]) -> None:
    """Of several texts that are cited together, the oldest carries the rule; the others amend or explain it."""
    late = _too_early(scheme.cite, scheme.effective_from, laws)
    if late is not None:
        source.fault(("effective_from",), f"{scheme.effective_from} lies before the law: {_described(late)}", "E712")
    uncertain = [laws[cite.law] for cite in scheme.cite if cite.law in laws and not laws[cite.law].day_is_known]
    if uncertain:
        source.note(("effective_from",), f"the day is not known: {_described(uncertain[0])}", "N305")
    for path, rule in rules(scheme):
        begins = _begins(scheme, rule)
        before = _too_early(rule.cite, begins, laws)
        if before is not None and not (late is not None and begins == scheme.effective_from):
            source.fault(path, f"holds from {begins}, before its law: {_described(before)}", "E713")


def check_days(scheme: Scheme, source: Source, laws: Mapping[str, Law]) -> None:
    """A version rests on a text with a day, and begins before the last of its texts has ended."""
    cited = [laws[cite.law] for cite in scheme.cite if cite.law in laws]
    if cited and not scheme.missing and all(law.surely_from is None for law in cited):
        message = f"no text that the version cites says a day: {', '.join(law.id for law in cited)}"
        known = [law.known_from for law in cited if law.known_from is not None]
        if not known:
            way_out = "write promulgated, in_force or known_from in one, or cite one that has a day"
            source.fault(("cite",), f"{message}; {way_out}", "E715")
        elif _last_day(scheme.effective_from) < min(known):
            source.fault(("effective_from",), f"{message}, and they were known from {min(known)} only", "E715")
    ended = _ended(scheme.cite, scheme.effective_from, laws)
    if ended is not None:
        message = f"{scheme.effective_from} lies after the end of the law: {ended.id} was repealed {ended.repealed}"
        source.fault(("effective_from",), f"{message}; cite the text that followed", "E716")
        return
    for path, rule in rules(scheme):
        begins = _begins(scheme, rule)
        over = _ended(rule.cite, begins, laws)
        # what goes by the dates of records may cite the text of those days
        if over is not None and (rule.applies is None or rule.applies.by == "period"):
            message = f"holds from {begins}, after the end of its law: {over.id} was repealed {over.repealed}"
            source.fault(path, f"{message}; cite the text that followed", "E716")


def _last_day(bound: int | date) -> date:
    return bound if isinstance(bound, date) else date(bound, 12, 31)


def _begins(scheme: Scheme, rule: Rule) -> int | date:
    """The first period, or the first day of the dates of records, to which a rule applies."""
    applies = rule.applies
    if applies is None or applies.from_ is None:
        return scheme.effective_from
    if applies.by != "period":
        return applies.from_
    bound = first(applies.from_, scheme.effective_from)
    assert bound is not None
    return max(bound, scheme.effective_from)


def _too_early(cites: list[Cite], bound: int | date, laws: Mapping[str, Law]) -> Law | None:
    """The oldest of the texts, where none of them is sure to hold so early."""
    cited = [law for cite in cites if (law := laws.get(cite.law)) is not None and law.surely_from is not None]
    if not cited or any(law.governs(bound) for law in cited):
        return None
    return min(cited, key=lambda law: law.surely_from or date.max)


def _ended(cites: list[Cite], bound: int | date, laws: Mapping[str, Law]) -> Law | None:
    """The text that ended last, where all of them are sure to have ended so early."""
    cited = [laws[cite.law] for cite in cites if cite.law in laws]
    if not cited or not all(law.ended_before(bound) for law in cited):
        return None
    return max(cited, key=lambda law: law.repealed)


def _described(law: Law) -> str:
    day = (
        f"in force from {law.in_force}" if law.in_force != "unknown" else f"issued {law.promulgated}, in force unknown"
    )
    surely = "" if law.day_is_known else f", so surely from {law.surely_from}" if law.surely_from else ""
    return f"{law.id} is {day}{surely}"
