"""What a notice or a letter says of a case, drafted from the rules in both languages; a person completes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from creditscore.core.model import Label
from creditscore.lists.rules import decision, exits_for, general_exits, list_rule, version
from creditscore.schemes.citing import cited_rules
from creditscore.schemes.lists import ListExit, ListRule, ListTerm, Span
from creditscore.schemes.model import Rule
from creditscore.store.fold import Stream

UNITS = {
    "days": ("日", "days"),
    "workdays": ("个工作日", "working days"),
    "months": ("个月", "months"),
    "years": ("年", "years"),
}


def draft_notice(case: Stream) -> dict[str, Label]:
    """Draft what a notice of an intended entry says, from the rules and in both languages; a person completes it.

    Measures and remedies are not in the rules: the office states them.

    Parameters
    ----------
    case
        The case, as `Store.read` gives it.

    Returns
    -------
    dict of Label
        `facts` (the items of the records in words, and the records), `basis` (the legal texts with number and article)
        and `exits` (how long the entry lasts and how it can end, as far as the rules say), each with `zh` and `en`.

    Raises
    ------
    UsageError
        Where its rule is not in the library.

    Examples
    --------
    >>> draft_notice(store.read("listing/wage_arrears-0d5f27ab3c11"))["basis"].zh  # doctest: +SKIP
    '依据《…》（人力资源社会保障部令第45号）…'
    """
    scheme, triggers = version(case.fields["scheme"]), case.fields.get("triggers") or []
    rule = list_rule(scheme.name, case.fields["list"])
    deciding = [decision(scheme, trigger) for trigger in triggers]
    exits = describe_ways_out(rule, triggers)
    return {"facts": _describe_facts(case), "basis": articles([*deciding, rule]), "exits": exits}


def describe_grounds(case: Stream) -> Label:
    """Return the items of the records in words; where the case names none, the rules that it meets, by their names."""
    scheme, triggers = version(case.fields["scheme"]), case.fields.get("triggers") or []
    codes = case.steps()[0]["given"].get("items") or []
    labels = [next(item.label for item in scheme.items[code]) for code in codes if code in scheme.items]
    labels = labels or [label for trigger in triggers if (label := decision(scheme, trigger).label) is not None]
    return Label(zh="、".join(label.zh for label in labels), en="; ".join(label.en for label in labels))


def _describe_facts(case: Stream) -> Label:
    """The grounds in words, and the records."""
    grounds = describe_grounds(case)
    zh, en = grounds.zh, grounds.en
    if records := case.fields.get("records"):
        zh, en = f"{zh}（记录：{'、'.join(records)}）", f"{en} (records: {', '.join(records)})"
    return Label(zh=zh, en=en)


def articles(rules: Iterable[Rule]) -> Label:
    """The legal texts that some rules cite, with number and article."""
    return cited_rules((cite for rule in rules for cite in rule.cite), number=True)


def describe_ways_out(rule: ListRule, triggers: Sequence[str]) -> Label:
    """How long an entry lasts and how it can end, as far as the rules say."""
    labels = [_term(term) for term in rule.terms if not term.triggers or set(term.triggers) & set(triggers)]
    labels += list_ways(rule, triggers)
    labels += [general_exit.label for general_exit in general_exits(rule) if general_exit.label is not None]
    return Label(zh="；".join(value.zh for value in labels), en="; ".join(value.en for value in labels))


def list_ways(rule: ListRule, triggers: Sequence[str]) -> list[Label]:
    """The ways out that the list's own rule opens for an entry, each with what it asks for and what bars it."""
    return [_way(list_exit) for list_exit in exits_for(rule, triggers)]


def span(length: Span) -> Label:
    name = next(name for name in UNITS if getattr(length, name) is not None)
    length_in_units, (zh, en) = getattr(length, name), UNITS[name]
    return Label(zh=f"{length_in_units}{zh}", en=f"{length_in_units} {en if length_in_units != 1 else en[:-1]}")


KINDS = {
    "first": Label(zh="期限", en="term"),
    "repeated": Label(zh="再次发生的期限", en="term after a new act"),
    "uncorrected": Label(zh="未改正的期限", en="term where not corrected"),
    "relisted": Label(zh="再次列入的期限", en="term of a new entry"),
}
WAYS = {
    "expiry": Label(zh="到期移出", en="expiry"),
    "early": Label(zh="提前移出", en="early exit"),
    "corrected": Label(zh="改正后移出", en="exit after correction"),
    "annulled": Label(zh="撤销", en="annulment"),
    "deregistered": Label(zh="注销", en="deregistration"),
}


def _term(term: ListTerm) -> Label:
    head = KINDS[term.applies_to]
    if term.unknown:
        return Label(zh=f"{head.zh}：未见公布", en=f"{head.en}: not published")
    if term.span is None:
        return Label(zh=f"{head.zh}：至移出时止", en=f"{head.en}: until an exit")
    return Label(zh=f"{head.zh}：{span(term.span).zh}", en=f"{head.en}: {span(term.span).en}")


def _way(way: ListExit) -> Label:
    head = way.label or WAYS[way.kind]
    zh, en = head.zh, head.en
    if way.after is not None:
        zh, en = f"{zh}，满{span(way.after).zh}", f"{en} after {span(way.after).en}"
    if way.needs:
        zh += "，须：" + "、".join(need.zh for need in way.needs.values())
        en += ", needs: " + ", ".join(need.en for need in way.needs.values())
    if way.unless:
        zh += "，除外：" + "、".join(value.zh for value in way.unless.values())
        en += ", unless: " + ", ".join(label.en for label in way.unless.values())
    return Label(zh=zh, en=en)
