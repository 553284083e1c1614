"""The decision on an entry, and the term that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase
from creditscore.lists.events import Event, day
from creditscore.lists.rules import list_rule, procedure, terms_for
from creditscore.lists.terms import last_day, later
from creditscore.schemes.lists import ListRule, ListTerm
from creditscore.schemes.model import Rule
from creditscore.store.legacy.roles import second_person

if TYPE_CHECKING:
    from creditscore.lists.register import Book


def decided(book: Book, case: ListCase, list_event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """May this person decide so on this day, and what follows."""
    rule, common = list_rule(case.scheme, case.list), procedure()
    enter = list_event.args["enter"]
    if not list_event.args.get("reason"):
        raise UsageError("the decision gives no reason", where=f"case {case.case_id}", next="say on what grounds")
    if not case.open:
        raise UsageError(
            f"the case is {case.state}; it was decided already",
            where=f"case {case.case_id}",
            next="correct the decision where it is wrong; for new records, propose a new case",
        )
    if enter:
        _heard(case, list_event, common.needs_notice.kinds)
        if not list_event.document or not list_event.organ:
            raise UsageError(
                "an entry names no " + ("document" if not list_event.document else "organ"),
                where=f"case {case.case_id}",
                next="give the number of the decision and the office that took it",
            )
    if case.kind in common.second_person.kinds:
        before = [event.by for event in case.events if event.kind in ("proposed", "noticed")]
        second_person(list_event.by, *before, act=f"the decision on {case.case_id}")
    changes: dict[str, Any] = {"decided_on": list_event.on}
    if not enter:
        return changes | {"state": "declined"}, [rule]
    dates = dict(case.dates) | {
        name: day(argument, name) for name, argument in list_event.args.get("dates", {}).items()
    }
    entered, term = entry(book, case, rule, list_event, dates)
    return changes | entered | {"dates": dates}, [rule, *([term] if term else [])]


def _heard(case: ListCase, event: Event, kinds: list[Any]) -> None:
    """The hearing comes before the decision."""
    where = f"case {case.case_id}"
    if case.heard_until is None and case.kind in kinds:
        raise UsageError("nobody was told of the intended entry", where=where, next="give the notice first")
    if case.heard_until is not None and event.on <= case.heard_until:
        raise UsageError(
            f"the window to be heard runs until {iso(case.heard_until)}",
            where=where,
            allowed=f"a decision from {iso(case.heard_until + 1)} on",
        )
    if case.state == "objected":
        raise UsageError(
            f"the objection of {iso(case.objected_on)} was not checked", where=where, next="check it first"
        )
    if case.upheld:
        raise UsageError("the objection was upheld", where=where, allowed="a decision that declines the entry")


def entry(
    book: Book, case: ListCase, rule: ListRule, event: Event, dates: dict[str, int]
) -> tuple[dict[str, Any], ListTerm | None]:
    """The days of a new entry: when it begins, which term runs, and when that ends."""
    given = {
        name: day(event.args[name], name) for name in ("entered_on", "published_on", "term_end") if name in event.args
    }
    entered = given.get("entered_on", event.on)
    where = f"case {case.case_id}"
    if entered < event.on and event.kind == "decided":
        raise UsageError(
            f"entered on {iso(entered)}, before the decision", where=where, allowed=f"from {iso(event.on)} on"
        )
    published = given.get("published_on")
    if published is not None and published < entered:
        raise UsageError(
            f"published on {iso(published)}, before the entry", where=where, allowed=f"from {iso(entered)} on"
        )
    changes: dict[str, Any] = {"state": "listed", "entered_on": entered, "published_on": published}
    term = choose(book, case, rule, event.args.get("term", ""), entered)
    named = {**dates, "decided_on": event.on, "entered_on": entered}
    if published is not None:
        named["published_on"] = published
    end, how = _end(case, term, named, dates.get("restriction_until"), given.get("term_end"), where)
    return changes | {"term": term.id if term else "", "term_end": end, "end": how}, term


def choose(book: Book, case: ListCase, rule: ListRule, wanted: str, entered: int) -> ListTerm | None:
    """The term of a new entry: the one named, else that for who was listed before, else the first."""
    fresh = [term for term in rule.terms if not term.extends]
    if wanted:
        list_term = next((term for term in fresh if term.id == wanted), None)
        if list_term is None or (list_term.triggers and not set(case.triggers) & set(list_term.triggers)):
            allowed = ", ".join(term.id for term in fresh) or "this list has no term"
            raise UsageError(f"{wanted!r} is no term of this entry", where=f"case {case.case_id}", allowed=allowed)
        return list_term
    before = [
        list_case
        for list_case in book.beside(case)
        if list_case.entered_on is not None and list_case.entered_on < entered
    ]
    again = any(list_case.exit_reason != "annulled" for list_case in before)
    terms = (terms_for(rule, "relisted", case.triggers) if again else []) or terms_for(rule, "first", case.triggers)
    if len(terms) > 1:
        raise UsageError(
            "several terms fit this entry",
            where=f"case {case.case_id}",
            allowed=", ".join(term.id for term in terms),
            next="name the term",
        )
    return terms[0] if terms else None


def _end(
    case: ListCase,
    term: ListTerm | None,
    named: dict[str, int],
    restriction: int | None,
    office: int | None,
    where: str,
) -> tuple[int | None, str]:
    """The last day of the term, and how it is known."""
    if term is not None and term.until_exit:
        _no_end(office, "the entry lasts until it is left", where)
        return None, "until_exit"
    if term is None or term.unknown:
        if office is not None and office < named["entered_on"]:
            raise UsageError(
                f"the term would end on {iso(office)}, before the entry",
                where=where,
                allowed=f"{iso(named['entered_on'])} or a later day",
            )
        rule = list_rule(case.scheme, case.list)
        no_term = "until_exit" if rule.exits and not rule.terms else "unknown"  # with terms: the trigger says which
        return office, "known" if office is not None else no_term
    since = named.get(term.since)
    if since is None:
        if term.since == "published_on":
            _no_end(office, "the term runs from a publication that is not known yet", where)
            return None, "waiting"
        raise UsageError(f"{term.since} is not known", where=where, next=f"give dates: {term.since}")
    end = last_day(term, since, restriction)
    if office is not None:
        longest = later(since, term.most) - (term.edge == "exclusive") if term.most is not None else None
        if longest is None or not end <= office <= longest:
            allowed = f"{iso(end)}" + (f" to {iso(longest)}" if longest is not None else ", which the rule sets")
            raise UsageError(f"the term would end on {iso(office)}", where=where, allowed=allowed)
        end = office
    return end, "known"


def _no_end(office: int | None, why: str, where: str) -> None:
    if office is not None:
        raise UsageError(f"an end was given, but {why}", where=where, next="leave term_end away")
