"""What the declaration of an entry on a list cannot say: its list's own rule, read for an act."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from creditscore.core.canonical import write_canonical
from creditscore.core.days import iso, read_day, to_day
from creditscore.core.model import Label
from creditscore.lists import rules, terms
from creditscore.lists.beside import list_beside, look_beside
from creditscore.lists.clocks import (
    find_clock,
    find_decision_step,
    find_expiry,
    find_publish_by,
    find_step_day,
    list_ways_out,
    name_days,
)
from creditscore.schemes.lists import ListExit, ListRule, ListTerm
from creditscore.schemes.model import Rule, Scheme
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import WORKFLOWS

Facts = dict[str, Any]


def make_registry() -> Registry:
    """Return what entries on lists register with a store: their workflow in all versions, and its functions."""
    declared = [workflow for workflow in WORKFLOWS.load() if workflow.workflow == "listing"]
    return Registry(declared, code={"listing.read_rules": read_rules, "listing.look_beside": look_beside})


def read_rules(context: Context) -> Facts:
    """Read the rule of the list for an act: what the declaration calls `facts`."""
    if context.workflow.acts[context.act].opens:
        return OPENING[context.act](context)
    rule = rules.list_rule(context.case["scheme"], context.case["list"])
    return READERS[context.act](context, rule)


def rest_on(context: Context, *rested: Rule | None) -> None:
    """Note the rules on which an act rests, each with the articles it cites and its mark of evidence."""
    context.basis = [
        {"cite": [f"{cite.law} {cite.article}".strip() for cite in rule.cite], "mark": rule.evidence}
        for rule in rested
        if rule is not None
    ]


# --- opening a case


def read_for_proposal(context: Context) -> Facts:
    given = context.given
    scheme, rule, facts = _read_list(context)
    trigger = given["trigger"]
    why = rules.why_not(scheme, given["list"], trigger)
    if why is None:
        rest_on(context, rules.decision(scheme, trigger))
    reads_records = why is None and rules.items_read(scheme, trigger) is not None
    facts |= {"why_not": why, "allowed": rule.triggers, "reads_records": reads_records}
    case = {"dates": given.get("dates")}
    name = _name_case(context, scheme.name, trigger, facts["records"])
    return facts | {"name": name, "decide_by": _find_decide_by(context, rule, case)}


def read_for_import(context: Context) -> Facts:
    given = context.given
    scheme, rule, facts = _read_list(context)
    triggers = sorted(given.get("triggers") or ())
    if wrong := sorted({*triggers} - {*rule.triggers}):
        return facts | {"wrong_triggers": wrong, "allowed": rule.triggers}
    case = {"list": given["list"], "triggers": triggers, "dates": given.get("dates")}
    name = _name_case(context, scheme.name, triggers, facts["records"])
    return facts | {"name": name} | _plan_entry(context, rule, case, given)


def read_for_revocation(context: Context) -> Facts:
    old = context.read(context.given["of"])
    if old.version < 0 or old.is_erased or old.kind != "listing":
        raise context.refuse(
            f"there is no case {context.given['of']!r}", allowed="listing/…", next="name the case whose exit is revoked"
        )
    case, context.subject = old.fields, old.subject
    rule = rules.list_rule(case["scheme"], case["list"])
    way = next((way for way in rule.exits if way.id == case.get("exit")), None)
    if old.state != "exited" or way is None or not way.starts_again_if_false:
        return {"may_revoke": False}
    same = ("list", "kind", "scheme", "domain", "triggers", "records", "dates", "needs_notice", "needs_second_person")
    facts = {name: case.get(name) for name in same} | {"may_revoke": True, "exited_on": case["exited_on"]}
    root = old.name.partition("/")[2].rpartition(".")[0] if case.get("of") else old.name.partition("/")[2]
    others = context.read_of("listing", old.subject)
    facts["revoked_by"] = next((other.name for other in others if other.fields.get("of") == old.name), None)
    earlier = sum(other.name.startswith(f"listing/{root}.") for other in others)
    fresh = {"list": case["list"], "triggers": case["triggers"], "dates": case.get("dates")}
    facts |= _plan_entry(context, rule, fresh, {"term": case.get("term")})
    rest_on(context, way)
    return facts | {"name": context.before.name.partition("/")[2] or f"{root}.{earlier + 1}"}


def _read_list(context: Context) -> tuple[Scheme, ListRule, Facts]:
    """The scheme and the rule of the list that is given, and what of both belongs to the case."""
    given, common = context.given, rules.procedure()
    is_taken_again = bool(context.before.name)
    scheme = rules.version(given["scheme"]) if is_taken_again else rules.version_of_today(given["scheme"])
    rule = rules.list_rule(scheme.name, given["list"])
    facts: Facts = {"kind": rule.kind, "scheme": scheme.name, "domain": scheme.domain}
    facts["records"] = sorted({record.strip() for record in given.get("records") or ()})
    facts["needs_notice"] = rule.kind in common.needs_notice.kinds
    facts["needs_second_person"] = rule.kind in common.second_person.kinds
    return scheme, rule, facts


def _name_case(context: Context, *content: Any) -> str:
    return name_entry(context.given["list"], context.given["subject"], context.day, *content)


def name_entry(key: str, subject: str, day: str, *content: Any) -> str:
    """Return the list, and a hash of whom, on what, since when: the same act names the same case."""
    whole = write_canonical([subject, *content, day])
    return f"{key}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


# --- up to the decision


def read_for_notice(context: Context, rule: ListRule) -> Facts:
    common, given, day = rules.procedure(), context.given, to_number(context)
    steps = [step for step in rule.steps if step.since == "noticed_on"]
    labels, contents = common.notice.contents, given["contents"]
    parts = {name: Label(zh=label.zh, en=name) for name, label in labels.items()}
    ends = [terms.last_day_of_step(step, day) for step in steps]
    # before the text on notices was in force this package asks for the same
    rest_on(context, common.notice if day >= to_day(common.notice.from_) else common.needs_notice, *steps)
    cited = rules.cited(steps)[0]
    return {
        "parts": list(parts.values()),
        "missing": [part for name, part in parts.items() if not contents.get(name, "").strip()],
        "unknown": sorted({*contents} - {*labels}),
        "has_window": bool(steps),
        "least": iso(max(ends, default=day + 1)),
        "cited": f" ({cited})" if cited else "",
        "provisional": any(terms.provisional(step.within, end) for step, end in zip(steps, ends, strict=True)),
        "decide_by": _find_decide_by(context, rule, {**context.case, "noticed_on": context.day}),
    }


def read_for_objection(context: Context, rule: ListRule) -> Facts:
    rest_on(context, *(step for step in rule.steps if step.since == "noticed_on"))
    checks = [terms.last_day_of_step(step, to_number(context)) for step in rule.steps if step.since == "objected_on"]
    in_time = context.day <= context.case["heard_until"]
    case = {**context.case, "objected_on": context.day} if in_time else context.case
    return {
        "check_by": iso(min(checks)) if checks else None,
        "decide_by": _find_decide_by(context, rule, case),
    }


def read_for_check(context: Context, rule: ListRule) -> Facts:
    rest_on(context, *(step for step in rule.steps if step.since == "objected_on"))
    return {}


def read_for_extension(context: Context, rule: ListRule) -> Facts:
    limit = find_decision_step(rule)
    if limit is None or limit.extended_by is None:
        return {"may_extend": False}
    since = find_step_day(context.case, limit.since)
    if since is None:
        return {"may_extend": True, "since": limit.since}
    rest_on(context, limit)
    longer = terms.last_day_of_step(limit, since, prolonged=True)
    facts = {"may_extend": True, "ends_on": iso(terms.last_day_of_step(limit, since)), "decide_by": iso(longer)}
    return facts | {"provisional": terms.provisional(limit.within, longer)}


def read_for_decision(context: Context, rule: ListRule) -> Facts:
    rest_on(context, rule)
    given = context.given
    if not given["enter"]:
        return {}
    dates = {**(context.case.get("dates") or {}), **(given.get("dates") or {})}
    return _plan_entry(context, rule, {**context.case, "dates": dates}, given)


def _find_decide_by(context: Context, rule: ListRule, case: Mapping[str, Any]) -> str | None:
    """The last day for the decision, where the rule has one and its beginning is known; it may be prolonged."""
    limit = find_decision_step(rule)
    since = None if limit is None else find_step_day(case, limit.since)
    if limit is None or since is None:
        return None
    prolonged = any(step["name"] == "extended" for step in context.case["steps"])
    return iso(terms.last_day_of_step(limit, since, prolonged))


# --- the entry


def _plan_entry(context: Context, rule: ListRule, case: Mapping[str, Any], given: Mapping[str, Any]) -> Facts:
    """The days of a new entry: when it begins, which term runs, when that ends, when it is over by itself."""
    entered = given.get("entered_on") or context.day
    own = {"decided_on": context.day, "entered_on": entered, "published_on": given.get("published_on")}
    case = {**case, **own}
    term = _choose_term(context, rule, case, given.get("term") or "")
    end, how = _find_end(context, rule, term, case, given.get("term_end"))
    case |= {"term_end": end}
    rest_on(context, rule, term)
    facts = {"entered_on": entered, "term": term.id if term else None, "term_end": end, "end": how}
    return facts | {"publish_by": find_publish_by(rule, case), "over": find_expiry(rule, case)}


def _choose_term(context: Context, rule: ListRule, case: Mapping[str, Any], wanted: str) -> ListTerm | None:
    """The term that is named, else that for who was on the list before, else the first."""
    fresh = [term for term in rule.terms if not term.extends]
    triggers = case.get("triggers") or ()
    if wanted:
        term = next((term for term in fresh if term.id == wanted), None)
        if term is None or (term.triggers and not {*triggers} & {*term.triggers}):
            allowed = ", ".join(term.id for term in fresh) or "this list has no term"
            raise context.refuse(f"{wanted!r} is no term of this entry", allowed=allowed, next="name one of these")
        return term
    earlier = [
        other.fields
        for other in list_beside(context, case["list"])
        if other.fields.get("entered_on") and other.fields["entered_on"] < case["entered_on"]
    ]
    again = any(other.get("exit_reason") != "annulled" for other in earlier)
    fit = (rules.terms_for(rule, "relisted", triggers) if again else []) or rules.terms_for(rule, "first", triggers)
    if len(fit) > 1:
        allowed = ", ".join(term.id for term in fit)
        raise context.refuse("several terms fit this entry", allowed=allowed, next="name the term")
    return fit[0] if fit else None


def _find_end(
    context: Context, rule: ListRule, term: ListTerm | None, case: Mapping[str, Any], office: str | None
) -> tuple[str | None, str]:
    """The last day of the term, and how it is known; `office`: the day that the office set."""
    if term is not None and term.until_exit:
        _refuse_end(context, office, "the entry lasts until it is left")
        return None, "until_exit"
    if term is None or term.unknown:
        if office and office < case["entered_on"]:
            raise context.refuse(
                f"the term would end on {office}, before the entry", allowed=f"{case['entered_on']} or a later day"
            )
        without = "until_exit" if rule.exits and not rule.terms else "unknown"  # with terms: the trigger says which
        return office, "known" if office else without
    days = name_days(case)
    since = days.get(term.since)
    if since is None:
        if term.since == "published_on":
            _refuse_end(context, office, "the term runs from a publication that is not known yet")
            return None, "waiting"
        raise context.refuse(f"{term.since} is not known", next=f"give dates: {term.since}")
    end = terms.last_day(term, since, days.get("restriction_until"))
    if office is None:
        return iso(end), "known"
    longest = terms.later(since, term.most) - (term.edge == "exclusive") if term.most is not None else None
    if longest is None or not end <= read_day(office) <= longest:
        allowed = iso(end) + (f" to {iso(longest)}" if longest is not None else ", which the rule sets")
        raise context.refuse(f"the term would end on {office}", allowed=allowed, next="give a day that the rule allows")
    return office, "known"


def _refuse_end(context: Context, office: str | None, why: str) -> None:
    if office:
        raise context.refuse(f"an end was given, but {why}", allowed="no term_end", next="leave term_end away")


# --- while an entry runs


def read_for_publication(context: Context, rule: ListRule) -> Facts:
    steps: list[Rule] = [step for step in rule.steps if step.since == "decided_on"]
    rest_on(context, *(steps or [rule]))
    case = {**context.case, "published_on": context.day}
    term = next((term for term in rule.terms if term.id == case.get("term")), None)
    if term is not None and term.since == "published_on" and term.span is not None and case["end"] == "waiting":
        restriction = name_days(case).get("restriction_until")
        case |= {"term_end": iso(terms.last_day(term, to_number(context), restriction)), "end": "known"}
    return {"term_end": case.get("term_end"), "end": case["end"], "over": find_expiry(rule, case)}


def read_for_longer_term(context: Context, rule: ListRule) -> Facts:
    """A term never becomes shorter, and the same lack of correction lengthens it once."""
    case, given = context.case, context.given
    longer = [term for term in rule.terms if term.extends or term.applies_to in ("uncorrected", "repeated")]
    term = next((term for term in longer if term.id == given["term"]), None)
    if term is None:
        return {"allowed": [term.id for term in longer]}
    rest_on(context, term)
    facts: Facts = {"term": term.id, "term_end": case.get("term_end"), "end": case["end"]}
    facts["was_applied"] = term.applies_to == "uncorrected" and term.id in (
        case.get("term"),
        *(case.get("more_terms") or ()),
    )
    facts["restarted_on"] = context.day if term.until_exit else case.get("restarted_on")
    if term.extends and not term.until_exit:
        if not case.get("term_end"):
            return facts | {"has_no_end": True}
        facts |= {"term_end": iso(terms.extended(term, read_day(case["term_end"]))), "end": "known"}
    elif not term.until_exit:
        dates = {**(given.get("dates") or {}), **(case.get("dates") or {})}
        days = name_days({**case, "dates": dates}, decided_on=context.day)
        if term.since not in days:
            return facts | {"not_known": term.since}
        until = (given.get("dates") or {}).get("restriction_until") or (case.get("dates") or {}).get(
            "restriction_until"
        )
        end = terms.last_day(term, days[term.since], read_day(until) if until else None)
        facts |= {"term_end": iso(end), "end": "known"}
    return facts | {"over": find_expiry(rule, {**case, **facts, "term": case.get("term")})}


def read_for_bar(context: Context, rule: ListRule) -> Facts:
    case, ground = context.case, context.given["ground"]
    ways = [way for way in rules.exits_for(rule, case.get("triggers") or ()) if ground in way.unless]
    if not ways:
        known = sorted({key for way in rule.exits for key in way.unless})
        return {"allowed": known}
    rest_on(context, *ways)
    bars = {**(case.get("bars") or {}), ground: context.day}
    return {"bars": True, "over": find_expiry(rule, {**case, "bars": bars})}


def read_for_application(context: Context, rule: ListRule) -> Facts:
    ways = list_ways_out(rule, context.case)
    way = ways.get(context.given["exit"])
    rest_on(context, way)
    within = way.decided_within if isinstance(way, ListExit) else None
    decide_by = iso(terms.later(to_number(context), within)) if within else None
    return {"way": way is not None, "allowed": list(ways), "decide_by": decide_by}


def read_for_refusal(context: Context, rule: ListRule) -> Facts:
    rest_on(context, rule)
    return {}


# --- ways out


def read_for_exit(context: Context, rule: ListRule) -> Facts:
    """Whether a subject may leave by a way on a day: what is open, shown, and barred."""
    case, given, ways = context.case, context.given, list_ways_out(rule, context.case)
    way = ways.get(given["exit"])
    if way is None:
        return {"allowed": list(ways)}
    facts: Facts = {"way": True, "reason": way.kind}
    rested: list[Rule] = [way]
    if way.kind == "annulled" and case["kind"] != "red":
        withdrawal = rules.procedure().withdrawal
        facts["withdraw_by"] = iso(terms.later(to_number(context), withdrawal.within))
        rested.append(withdrawal)
    rest_on(context, *rested)
    if not isinstance(way, ListExit):
        return facts
    facts["by_itself"] = way.kind == "expiry" and not way.needs
    if way.after is not None:
        since = find_clock(case, way, given.get("dates"))
        if since is None:
            return facts | {"not_known": way.since}
        facts |= {"open_from": iso(terms.first_day_out(way, since)), "counted_from": way.since, "since": iso(since)}
    for asked, what, settled in ((way.needs, "needed", "confirm"), (way.unless, "a bar", "absent")):
        texts = given.get(settled) or {}
        missing = [key for key in asked if not texts.get(key, "").strip()]
        if missing:
            unsettled = [Label(zh=asked[key].zh, en=f"{key}: {asked[key].en}") for key in missing]
            return facts | {"asked": what, "unsettled": unsettled}
        if strange := sorted({*texts} - {*asked}):
            return facts | {"strange": strange, "points": list(asked)}
    barring = sorted({*way.unless} & {*(case.get("bars") or ()), *(case.get("triggers") or ())})
    return facts | {"barring": barring}


def read_for_expiry(context: Context, rule: ListRule) -> Facts:
    over = context.case["over"]
    ways = {way.id: way for way in rules.exits_for(rule, context.case.get("triggers") or ())}
    term = next((term for term in rule.terms if term.id == context.case.get("term")), None)
    rest_on(context, ways.get(over["way"]) or term or rule)
    return {}


def read_for_withdrawal(context: Context, rule: ListRule) -> Facts:
    rest_on(context, rules.procedure().withdrawal)
    return {}


def to_number(context: Context) -> int:
    """Return the legal day of an act as a number."""
    return read_day(context.day)


OPENING: dict[str, Callable[[Context], Facts]] = {
    "propose": read_for_proposal,
    "take_over": read_for_import,
    "revoke": read_for_revocation,
}
READERS: dict[str, Callable[[Context, ListRule], Facts]] = {
    "notice": read_for_notice,
    "object": read_for_objection,
    "check": read_for_check,
    "extend": read_for_extension,
    "decide": read_for_decision,
    "publish": read_for_publication,
    "prolong": read_for_longer_term,
    "bar": read_for_bar,
    "apply": read_for_application,
    "refuse": read_for_refusal,
    "exit": read_for_exit,
    "expire": read_for_expiry,
    "withdraw": read_for_withdrawal,
    "stand": lambda context, rule: {},
}
