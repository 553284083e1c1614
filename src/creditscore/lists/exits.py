"""The ways out: by expiry, early or corrected on proof, annulled, deregistered; and an exit obtained by falsehood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from creditscore.core.days import from_day, iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.decide import choose, entry
from creditscore.lists.events import Day, Event, StepFields, day
from creditscore.lists.exit_route import Note, clock, exit_route, expires_on, require_running
from creditscore.lists.register import Book, step
from creditscore.lists.rules import list_rule, procedure
from creditscore.lists.terms import first_day_out, later
from creditscore.schemes.lists import ListExit
from creditscore.schemes.model import Rule


@dataclass(frozen=True)
class Expired:
    """Report what `expire` did.

    Parameters
    ----------
    left
        Ids of the cases whose entries ended.
    waiting
        Ids of the cases that a person must look at first, each with the reason.
    """

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
    **step_fields: Unpack[StepFields],
) -> Book:
    """Let a subject leave a list by a way out that a person decides on; the entry no longer holds from that day on.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose entry is running on the day `on`.
    exit
        The id of a way out: of the list's own rule, or one of those that every list of its kind has, such as
        `annulled`.
    confirm
        For each thing that the way out needs, by its key, what shows it; None where it needs nothing.
    absent
        For each thing that would bar the way out, by its key, what shows that it is not so; None where nothing bars it.
    dates
        Days that the way out counts from and the case does not set itself, such as `corrected_on`; None for no others.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `organ` and
        `document` are required here.

    Returns
    -------
    Book
        The book with the exit. For an annulled entry, except on a red list, the case also has the last day to take back
        its publication (`withdraw_by`).

    Raises
    ------
    UsageError
        Where the entry does not run on that day, there is no such way out or it happens by itself, it is not open yet
        or barred, a point of `confirm` or `absent` is missing or unknown, or organ or document is missing. Also where
        there is no such case, `on` or `recorded_on` is no day, lies in the future or before an earlier step,
        `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = leave(book, case_id, exit="annulled", on="2024-09-02", by="chen.jie",
    ...              organ="区人社局", document="〔2024〕9号")  # doctest: +SKIP
    """
    args = {"exit": exit, "confirm": dict(confirm or {}), "absent": dict(absent or {})}
    args["dates"] = given_days(dates)
    return step(book, book.case(case_id), "exited", args, step_fields, left)


def withdraw(book: Book, case_id: str, **step_fields: Unpack[StepFields]) -> Book:
    """Record that the publication of an annulled entry was taken back.

    Parameters
    ----------
    book
        The book.
    case_id
        A case whose entry was annulled and whose publication is not yet withdrawn.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    Book
        The book with this step.

    Raises
    ------
    UsageError
        Where no publication is to be withdrawn. Also where there is no such case, `on` or `recorded_on` is no day, lies
        in the future or before an earlier step, `recorded_on` lies before `on`, `by` is empty, or a text holds a
        resident identity number.

    Examples
    --------
    >>> book = withdraw(book, case_id, on="2024-09-04", by="li.na")  # doctest: +SKIP
    """
    return step(book, book.case(case_id), "unpublished", {}, step_fields, unpublished)


def revoke(book: Book, case_id: str, *, reason: str, **step_fields: Unpack[StepFields]) -> Book:
    """Revoke an exit that was obtained by a false application: a new case opens, and its term starts again.

    Possible only for an exit whose rule says so.

    Parameters
    ----------
    book
        The book.
    case_id
        The case that exited.
    reason
        On what grounds the exit is revoked; not empty.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `organ` and
        `document` are required here.

    Returns
    -------
    Book
        The book with a new case of the same subject, list and records. Its id is `case_id` with a number behind it,
        such as `….1`; its entry begins on `on`.

    Raises
    ------
    UsageError
        Where the rule revokes no such exit, `on` lies before the exit, or organ, document or reason is missing. Also
        where there is no such case, `on` or `recorded_on` is no day, lies in the future or before an earlier step,
        `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book = revoke(book, case_id, reason="申请虚假", on="2024-12-02", by="chen.jie",
    ...               organ="区人社局", document="〔2024〕12号")  # doctest: +SKIP
    """
    old = book.case(case_id)
    root = case_id.rpartition(".")[0] if old.events[0].kind == "revoked" else case_id
    next_number = 1 + sum(list_case.case_id.startswith(f"{root}.") for list_case in book.of(old.subject_id))
    return step(
        book,
        ListCase(f"{root}.{next_number}", old.subject_id, old.list),
        "revoked",
        {"of": case_id, "reason": reason},
        step_fields,
        revoked,
    )


def expire(book: Book, on: Day, *, by: str, recorded_on: Day | None = None) -> tuple[Book, Expired]:
    """End every entry whose term is over on a day. Run again for the same day, it changes nothing more.

    Each exit is dated the first day without the entry. A way out by expiry that needs proof, or that an open proposal
    about the same subject and list may bar, waits for a person.

    Parameters
    ----------
    book
        The book.
    on
        The day, a date or `YYYY-MM-DD`.
    by
        The person who runs it.
    recorded_on
        The day from which the exits are known; None for `on`.

    Returns
    -------
    tuple of Book and Expired
        The book with the exits, and which cases left or wait.

    Raises
    ------
    UsageError
        Where `on` or `recorded_on` is not a day; where an exit would be dated in the future, or recorded before another
        step of its subject and list.

    Examples
    --------
    >>> book, expired = expire(Book(), "2024-05-06", by="li.na")
    >>> expired.left
    ()
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
        step_fields: StepFields = {
            "on": from_day(max(free, _latest(case))),
            "by": by,
            "recorded_on": from_day(max(known, free)),
        }
        book = step(book, case, "exited", args, step_fields, ended)
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
    for other in book.of(old.subject_id):
        if other.case_id != case.case_id and other.events[0].args.get("of") == old.case_id:
            raise UsageError(
                f"the exit was revoked already: {other.case_id}",
                where=f"case {old.case_id}",
                allowed="once",
                next="look at the entry that followed",
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
