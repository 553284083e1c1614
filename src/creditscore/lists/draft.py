"""What a notice or a letter says of a case, drafted from the rules in both languages; a person completes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from creditscore.core.i18n import label_of, word
from creditscore.core.model import Label
from creditscore.lists.rules import decision, exits_for, general_exits, list_rule, version
from creditscore.schemes.citing import cited_rules, joined
from creditscore.schemes.describe import span_label
from creditscore.schemes.lists import ListExit, ListRule, ListTerm
from creditscore.schemes.model import Rule
from creditscore.store.fold import Stream


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
    return label_of("list_terms", "grounds", labels)


def _describe_facts(case: Stream) -> Label:
    """The grounds in words, and the records."""
    grounds, records = describe_grounds(case), case.fields.get("records")
    return label_of("list_terms", "records", grounds, records) if records else grounds


def articles(rules: Iterable[Rule]) -> Label:
    """The legal texts that some rules cite, with number and article."""
    return cited_rules((cite for rule in rules for cite in rule.cite), number=True)


def describe_ways_out(rule: ListRule, triggers: Sequence[str]) -> Label:
    """How long an entry lasts and how it can end, as far as the rules say."""
    labels = [_term(term) for term in rule.terms if not term.triggers or set(term.triggers) & set(triggers)]
    labels += list_ways(rule, triggers)
    labels += [general_exit.label for general_exit in general_exits(rule) if general_exit.label is not None]
    return joined(labels)


def list_ways(rule: ListRule, triggers: Sequence[str]) -> list[Label]:
    """The ways out that the list's own rule opens for an entry, each with what it asks for and what bars it."""
    return [_way(list_exit) for list_exit in exits_for(rule, triggers)]


def _term(term: ListTerm) -> Label:
    length = word("spans", "unknown" if term.unknown else "until_exit") if term.span is None else span_label(term.span)
    return label_of("list_terms", "length", word("list_terms", term.applies_to), length)


def _way(way: ListExit) -> Label:
    words = way.label or word("exit_ways", way.kind)
    if way.after is not None:
        words = label_of("exit_ways", "after", words, span_label(way.after))
    if way.needs:
        words = label_of("exit_ways", "needs", words, list(way.needs.values()))
    if way.unless:
        words = label_of("exit_ways", "unless", words, list(way.unless.values()))
    return words
