"""The ways out: by expiry, early or corrected on proof, annulled, deregistered; and an exit obtained by falsehood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from creditscore.core.days import from_day, iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.decide import choose, entry
from creditscore.lists.events import Day, Event, Said, day
from creditscore.lists.exit_route import clock, exit_route, expires_on, require_running
from creditscore.lists.notes import Note
from creditscore.lists.register import Book, step
from creditscore.lists.rules import list_rule, procedure
from creditscore.lists.terms import first_day_out, later
from creditscore.schemes.lists import ListExit
from creditscore.schemes.model import Rule


@dataclass(frozen=True)
class Expired:
    """What `expire` did: the cases that left, and those that a person must look at, each with the reason."""

    left: tuple[str, ...]
    waiting: Mapping[str, Note]


def leave(
    book: Book,
    case_id: str,
    *,
    exit: str,
    confirm: Mapping[str, str] | None = None,
    absent: Mapping[str, str] | None = None,
    dates: Mapping[str, Day] | None = None,
    **typed_dict: Unpack[Said],
) -> Book:
    """A person lets a subject leave by the way `exit`; the entry no longer holds from that day on.

    `confirm` gives, for each thing that the way needs, what shows it; `absent`, for each thing that bars it, what shows
    that it is not so. Each is named one by one. `dates` gives days that the way counts from (`corrected_on`).
    """
    args = {"exit": exit, "confirm": dict(confirm or {}), "absent": dict(absent or {})}
    args["dates"] = given_days(dates)
    return step(book, book.case(case_id), "exited", args, typed_dict, left)


def withdraw(book: Book, case_id: str, **typed_dict: Unpack[Said]) -> Book:
    """The publication of an annulled entry was taken back."""
    return step(book, book.case(case_id), "unpublished", {}, typed_dict, unpublished)


def revoke(book: Book, case_id: str, *, reason: str, **typed_dict: Unpack[Said]) -> Book:
    """An exit obtained by a false application is revoked, where the rule says so: a new case, its term starts again."""
    old = book.case(case_id)
    number = 1 + sum(1 for list_case in book.beside(old) if list_case.case_id.startswith(f"{case_id}."))
    return step(
        book,
        ListCase(f"{case_id}.{number}", old.subject_id, old.list),
        "revoked",
        {"of": case_id, "reason": reason},
        typed_dict,
        revoked,
    )


def expire(book: Book, on: Day, *, by: str, recorded_on: Day | None = None) -> tuple[Book, Expired]:
    """Let go of every entry whose term is over on a day. Done twice it does nothing more.

    Each exit is dated the first day without the entry, and known from `recorded_on` (default: `on`). A way out by
    expiry that needs proof, or that a new matter may bar, waits for a person.
    """
    today = day(on, "on")
    known = today if recorded_on is None else day(recorded_on, "recorded_on")
    gone, waiting = [], {}
    for case in sorted(book.cases.values(), key=lambda case: case.case_id):
        if case.state != "listed":
            continue
        expires = expires_on(case)
        if expires is None or expires[0] > today:
            continue
        free, way, why = expires
        if why is None and way is not None and way.unless:
            why = _new_matter(book, case)
        if why is not None:
            waiting[case.case_id] = why
            continue
        args = {"exit": way.id if way is not None else "term_end", "by_itself": True}
        typed_dict: Said = {
            "on": from_day(max(free, _latest(case))),
            "by": by,
            "recorded_on": from_day(max(known, free)),
        }
        book = step(book, case, "exited", args, typed_dict, ended)
        gone.append(case.case_id)
    return book, Expired(tuple(gone), waiting)


def left(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """May the subject leave by this way on this day."""
    require_running(case, event)
    where, way = f"case {case.case_id}", exit_route(case, event.args["exit"])
    if not event.document or not event.organ:
        raise UsageError(
            "an exit names no " + ("document" if not event.document else "organ"),
            where=where,
            next="give the number of the decision and the office that took it",
        )
    if isinstance(way, ListExit):
        if way.kind == "expiry" and not way.needs:
            raise UsageError(f"{way.id!r} happens by itself", where=where, next="run `expire` on the day")
        if way.after is not None:
            _old_enough(
                case,
                way,
                {name: day(argument, name) for name, argument in event.args.get("dates", {}).items()},
                event.on,
            )
        _one_by_one("confirm", "needed", way.needs, event.args.get("confirm", {}), where)
        _one_by_one("absent", "a bar", way.unless, event.args.get("absent", {}), where)
        barring = sorted(set(way.unless) & (set(case.bars) | set(case.triggers)))
        if barring:
            raise UsageError(f"{', '.join(barring)} bars this way out", where=where, allowed="another way out")
    elif way.id == "listed_elsewhere" and not elsewhere(book, case, event.on):
        raise UsageError(
            "the subject is on no serious and no watch list on that day", where=where, allowed="another way out"
        )
    changes: dict[str, Any] = {
        "state": "exited",
        "exit": way.id,
        "exit_reason": way.kind,
        "exited_on": event.on,
        "applied": {},
    }
    rules: list[Rule] = [way]
    if way.kind == "annulled" and case.kind != "red":
        common = procedure().withdrawal
        changes["withdraw_by"] = later(event.on, common.within)
        rules.append(common)
    return changes, rules


def ended(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """The exit of `expire`: its day follows from the term alone."""
    expires = expires_on(case)
    if expires is None or expires[0] > event.recorded_on:
        end = "without an end" if expires is None else f"until {iso(expires[0] - 1)}"
        raise UsageError(
            f"the entry would run {end}, but its exit by itself was recorded on {iso(event.recorded_on)}",
            where=f"case {case.case_id}",
            next="let it run; to end it before, record the exit that the rule gives",
        )
    rule = list_rule(case.scheme, case.list)
    way: Rule | None = expires[1] or next((term for term in rule.terms if term.id == case.term), None)
    gone = {"exit": event.args["exit"], "exit_reason": "expiry", "exited_on": expires[0]}
    return {"state": "exited", **gone, "applied": {}}, [way or rule]


def unpublished(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    if case.withdraw_by is None or case.withdrawn_on is not None:
        done = (
            f"withdrawn already on {iso(case.withdrawn_on)}"
            if case.withdrawn_on is not None
            else "nothing was annulled"
        )
        raise UsageError(
            f"no publication is to be withdrawn: {done}",
            where=f"case {case.case_id}",
            next="nothing is to be done; `creditscore lists due` names what is",
        )
    return {"withdrawn_on": event.on}, [procedure().withdrawal]


def revoked(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    """A new entry of the old case's kind; its term runs from this day."""
    old = book.case(event.args["of"])
    rule = list_rule(old.scheme, old.list)
    way = next((list_exit for list_exit in rule.exits if list_exit.id == old.exit), None)
    if old.state != "exited" or way is None or not way.starts_again_if_false:
        raise UsageError(
            "the rule revokes no such exit",
            where=f"case {old.case_id}",
            allowed="an early exit whose rule says that it is revoked when obtained by a false application",
        )
    assert old.exited_on is not None
    if event.on < old.exited_on:
        raise UsageError(
            f"revoked on {iso(event.on)}, before the exit of {iso(old.exited_on)}",
            where=f"case {old.case_id}",
            allowed=f"{iso(old.exited_on)} or a later day",
        )
    if not event.document or not event.organ or not event.args.get("reason"):
        raise UsageError(
            "a revocation needs the office, its document and the reason",
            where=f"case {old.case_id}",
            next="give all three: who decided it, the number of the decision, and on what grounds",
        )
    same = {
        "subject_id": old.subject_id,
        "list": old.list,
        "kind": old.kind,
        "scheme": old.scheme,
        "triggers": list(old.triggers),
        "records": list(old.records),
        "proposed_on": event.on,
        "decided_on": event.on,
    }
    term = next((term for term in rule.terms if term.id == old.term), None) or choose(book, case, rule, "", event.on)
    entered, _ = entry(book, case, rule, _with_term(event, term.id if term else ""), dict(old.dates))
    return {**same, **entered, "dates": dict(old.dates)}, [way]


def elsewhere(book: Book, case: ListCase, on: int) -> list[ListCase]:
    """The serious and watch lists on which the subject of a case is on a day."""
    return [
        list_case
        for list_case in book.of(case.subject_id)
        if list_case.kind in ("serious", "watch") and list_case.holds(on)
    ]


def _with_term(event: Event, term: str) -> Event:
    return replace(event, args={**event.args, "term": term})


def _latest(case: ListCase) -> int:
    return max(event.on for event in case.events if event.kind != "corrected")


def _new_matter(book: Book, case: ListCase) -> Note | None:
    """A proposal that is open bars an exit that a new ground would bar, until somebody has decided on it."""
    case_ids = [list_case.case_id for list_case in book.beside(case) if list_case.open]
    return Note("bars", tuple(case_ids)) if case_ids else None


def _old_enough(case: ListCase, way: ListExit, dates: Mapping[str, int], on: int) -> None:
    since = clock(case, way, dates)
    if since is None:
        raise UsageError(f"{way.since} is not known", where=f"case {case.case_id}", next=f"give dates: {way.since}")
    free = first_day_out(way, since)
    if on < free:
        raise UsageError(
            f"{way.id!r} is open from {iso(free)} on, not on {iso(on)}",
            where=f"case {case.case_id}",
            allowed=f"{iso(free)} or later (counted from {way.since}, {iso(since)})",
        )


def _one_by_one(name: str, what: str, asked: Mapping[str, Any], given: Mapping[str, str], where: str) -> None:
    missing = [key for key in asked if not str(given.get(key, "")).strip()]
    unknown = sorted(set(given) - set(asked))
    if missing:
        listed = "; ".join(f"{key}: {asked[key].zh} / {asked[key].en}" for key in missing)
        raise UsageError(
            f"not every point is settled ({what}): {listed}", where=where, next=f"give for each what shows it ({name})"
        )
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)} is nothing that this way asks for", where=where, allowed=list(asked) or "nothing"
        )
