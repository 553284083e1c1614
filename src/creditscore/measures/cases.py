"""Measures with the acts on them: where each stands, what ended it, and what is to be done about it on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from creditscore.measures.endings import Ending, barred_from, basis_ending, entry_ending, first, period_end
from creditscore.measures.match import BARRING, Prior, Proposal
from creditscore.measures.model import FourLists, Period
from creditscore.measures.state import PENDING, STANDING, MeasureAct, State, fold
from creditscore.measures.tables import Listing
from creditscore.schemes.laws import Law, load_laws

Listings = Mapping[str, tuple[Listing, ...]]
REFUSED = ("event_id", "subject_id", "listing_id", "measure_id", "reason")


@dataclass(frozen=True)
class MeasureCase:
    """Hold a proposed measure with everything that was done about it.

    `state` is where it stands, `as_of` the case as it stood on an earlier day.

    Parameters
    ----------
    proposal
        The measure, its subject, the entry it follows from, and its legal basis.
    period
        How long the measure may last.
    proposed_by
        The person who matched the event.
    acts
        What was done about it, in order: proposed, accepted or rejected, notified, executed, fed_back, annulled, lifted
        or lapsed.
    """

    proposal: Proposal
    period: Period
    proposed_by: str
    acts: tuple[MeasureAct, ...]

    @cached_property
    def state(self) -> State:
        return fold(self.acts)

    def as_of(self, day: int) -> MeasureCase | None:
        """The case as it stood at the end of a day; None before it was proposed."""
        done = tuple(act for act in self.acts if act.on <= day)
        return replace(self, acts=done) if done else None


@dataclass(frozen=True)
class Due:
    """Something to be done: `task` is decide, notify, execute, feedback or lift; `by` its last day, if there is one."""

    proposal_id: str
    task: str
    since: int
    by: int | None
    cause: str = ""


def prior(cases: Iterable[MeasureCase]) -> dict[tuple[str, str], Prior]:
    """By entry and measure: is one open, and when was the first carried out."""
    priors: dict[tuple[str, str], Prior] = {}
    for case in cases:
        key = (case.proposal.listing_id, case.proposal.measure_id)
        before, state = priors.get(key, Prior(False, None)), case.state
        days = [day for day in (before.executed_on, state.executed_on) if day is not None]
        event = case.proposal.event_id if state.open else before.event_id
        priors[key] = Prior(before.open or state.open, min(days, default=None), event)
    return priors


def ending(
    case: MeasureCase, lists: FourLists, listings: Listings, on: int, law_by_id: Mapping[str, Law] | None = None
) -> Ending:
    """When the case ends or ended, as far as known `on` a day; `on` lies beyond any calendar where nothing ends it."""
    proposal = case.proposal
    entries = [entry for entry in listings.get(proposal.subject_id, ()) if entry.known_on(on)]
    endings = [
        entry_ending(next((entry for entry in entries if _same(entry, proposal)), None), on),
        period_end_of(case),
        basis_ending(proposal.laws, load_laws() if law_by_id is None else law_by_id),
        barred_from(lists, entries, proposal.on, BARRING) if proposal.side == "reward" else None,
    ]
    if case.state.to_undo:
        endings.append(Ending(case.state.since, "annulled"))
    return first(endings) or Ending(NEVER, "")


NEVER = 10**6


def period_end_of(case: MeasureCase) -> Ending | None:
    end = period_end(case.period, case.proposal.entered_on, case.state.executed_on)
    return None if end is None else Ending(end, "period_over")


def _same(entry: Listing, proposal: Proposal) -> bool:
    return (entry.listing_id, entry.list) == (proposal.listing_id, proposal.list) and entry.entered_on <= proposal.on


def in_force(
    case: MeasureCase, lists: FourLists, listings: Listings, on: int, law_by_id: Mapping[str, Law] | None = None
) -> bool:
    """Whether the measure has effect on a day: carried out, and nothing has ended it, lifted or not."""
    then = case.as_of(on)
    return then is not None and then.state.state in STANDING and ending(then, lists, listings, on, law_by_id).on > on


def due(
    cases: Iterable[MeasureCase],
    lists: FourLists,
    listings: Listings,
    on: int,
    law_by_id: Mapping[str, Law] | None = None,
) -> list[Due]:
    """What is to be done on a day, as things stood at its end, by task and last day."""
    law_by_id = load_laws() if law_by_id is None else law_by_id
    dues = []
    for case in (then for case in cases if (then := case.as_of(on)) is not None):
        state, key = case.state, case.proposal.proposal_id
        if not (state.open or state.to_undo):
            continue
        end = ending(case, lists, listings, on, law_by_id)
        if end.on <= on:
            wait = lists.head.withdrawal.days if end.cause == "annulled" else 0
            dues.append(Due(key, "lift", end.on, end.on + wait, end.cause))
        elif state.state in PENDING:
            task = {"proposed": "decide", "accepted": "notify", "notified": "execute"}[state.state]
            dues.append(Due(key, task, state.since, None))
        elif state.state == "executed":
            dues.append(Due(key, "feedback", state.since, state.since + lists.head.feedback.days))
    order = ("lift", "decide", "notify", "execute", "feedback")
    return sorted(
        dues,
        key=lambda due_step: (
            order.index(due_step.task),
            due_step.by or NEVER,
            due_step.since,
            due_step.proposal_id,
        ),
    )
