"""From a business event to proposals: match by code, entries valid that day, linked measures, basis and relevance."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from creditscore.core.days import from_day
from creditscore.core.i18n import word
from creditscore.core.identity import look_at_id, redact
from creditscore.measures.checks import ORGANISATIONS
from creditscore.measures.codes import BASIS_DEPARTMENT_RULE
from creditscore.measures.endings import period_end
from creditscore.measures.force import WEAKEST_FOR_RIGHTS, Basis, basis_on, may_cut_rights
from creditscore.measures.model import ANY, Conduct, FourLists, Link, Measure, PunishMeasure
from creditscore.measures.tables import BusinessEvent, Listing
from creditscore.records.schema import KIND_OF_PREFIX
from creditscore.schemes.describe import cites
from creditscore.schemes.laws import Law, load_laws
from creditscore.schemes.parts import MARKS
from creditscore.schemes.validity import holds

OTHER_SIGNS = re.compile("[^\\x20-\\x7e]")
BARRING = ("serious", "watch")  # no reward beside an entry on such a list (document 1798 of 2017)


@dataclass(frozen=True)
class Proposal:
    """A measure that a person may decide on. Days count since 1970-01-01; `laws` are the texts standing that day.

    `proposal_id` follows from event, subject, entry and measure, so the same match proposes the same again.
    """

    proposal_id: str
    event_id: str
    event_kind: str
    department: str
    on: int
    subject_id: str
    listing_id: str
    list: str
    entered_on: int
    conduct_id: str
    measure_id: str
    side: str
    relevance_reason: str
    basis: str
    laws: tuple[str, ...]
    basis_level: str
    flags: tuple[str, ...]
    evidence: str
    ends_by: int | None  # the first day on which it can no longer stand, as far as known now
    tables: str  # digest of the four lists


@dataclass(frozen=True)
class NotProposed:
    """Why something did not become a proposal; ids of persons are redacted."""

    event_id: str
    subject_id: str
    listing_id: str
    measure_id: str
    reason: str
    message: str


Found = Proposal | NotProposed


@dataclass(frozen=True)
class _Pair:
    """One event and one subject of it, with what is known of both."""

    lists: FourLists
    event: BusinessEvent
    subject: str
    kind: str
    seen: tuple[Listing, ...]  # entries known on the day of knowledge
    known: int
    laws: Mapping[str, Law]

    def no(self, reason: str, entry: Listing | None = None, measure_id: str = "") -> NotProposed:
        listing_id, message = entry.listing_id if entry else "", word("not_proposed", reason).en
        return NotProposed(self.event.event_id, self.subject, listing_id, measure_id, reason, message)


@dataclass(frozen=True)
class Prior:
    """What is known of an earlier proposal of the same measure on the same entry."""

    open: bool
    executed_on: int | None
    event_id: str = ""  # of the open one; the same event proposes the same again


@dataclass(frozen=True)
class Matched:
    """All proposals and all refusals, sorted. `fates` counts every pair of event and subject once."""

    proposals: tuple[Proposal, ...]
    refused: tuple[NotProposed, ...]
    fates: Mapping[str, int]  # proposed, refused, clear; their sum is the number of pairs


def match(
    lists: FourLists,
    events: Iterable[BusinessEvent],
    listings: Mapping[str, tuple[Listing, ...]],
    *,
    subjects: Mapping[str, str] | None = None,
    known_at: int | None = None,
    prior: Mapping[tuple[str, str], Prior] | None = None,
    laws: Mapping[str, Law] | None = None,
) -> Matched:
    """Propose, for each subject of each event, the measures linked to the entries that stand on the event's day.

    `subjects` (id → kind) are those that exist; None: every valid credit code. `known_at` is the day of knowledge
    (default: that of the event); entries recorded and texts announced later do not count. `prior` are earlier
    proposals by (listing_id, measure_id). Nothing here takes effect: see `desk`.
    """
    law_by_id = load_laws() if laws is None else laws
    open_now = dict(prior or {})
    proposals: list[Proposal] = []
    refused: list[NotProposed] = []
    fates: Counter[str] = Counter({"proposed": 0, "refused": 0, "clear": 0})
    for event in sorted(events, key=lambda event: (event.on, event.event_id)):
        for raw in sorted(set(event.subject_ids)):
            pair = _pair(lists, event, raw, listings, subjects, known_at, law_by_id)
            answers: list[Found] = (
                [pair]
                if isinstance(pair, NotProposed)
                else [*_of_subject(pair, listings.get(pair.subject, ()), open_now)]
            )
            good = [proposal for proposal in answers if isinstance(proposal, Proposal)]
            proposals += good
            refused += [not_proposed for not_proposed in answers if isinstance(not_proposed, NotProposed)]
            fates["proposed" if good else "refused" if answers else "clear"] += 1
    refused.sort(
        key=lambda not_proposed: (
            not_proposed.event_id,
            not_proposed.subject_id,
            not_proposed.listing_id,
            not_proposed.measure_id,
            not_proposed.reason,
        )
    )
    proposals.sort(
        key=lambda proposal: (
            proposal.on,
            proposal.event_id,
            proposal.subject_id,
            proposal.listing_id,
            proposal.measure_id,
        )
    )
    return Matched(tuple(proposals), tuple(refused), dict(fates))


def barring(lists: FourLists, entries: Iterable[Listing], day: int) -> str | None:
    """Why no reward may be given on a day: a black or watch entry stands, or one of a list that nobody knows."""
    standing = [entry for entry in entries if entry.valid_on(day)]
    if any(lists.kinds.get(listing.list) in BARRING for listing in standing):
        return "on_black_or_watch_list"
    return "entry_of_unknown_list" if any(listing.list not in lists.kinds for listing in standing) else None


def _pair(
    lists: FourLists,
    event: BusinessEvent,
    raw: str,
    listings: Mapping[str, tuple[Listing, ...]],
    subjects: Mapping[str, str] | None,
    known_at: int | None,
    laws: Mapping[str, Law],
) -> _Pair | NotProposed:
    """The subject as it is known, or why it is not one."""
    known = event.on if known_at is None else known_at
    subject, reason = look_at_id(raw, uscc_only=True)
    seen = tuple(listing for listing in listings.get(subject, ()) if listing.known_on(known))
    by_code = KIND_OF_PREFIX.get(subject[:2], "other_organisation")
    kind = by_code if subjects is None else subjects.get(subject, by_code)
    if reason is not None:  # what is no code may be a name: only its length is shown
        subject = OTHER_SIGNS.sub("*", redact(subject))
    pair = _Pair(lists, event, subject, kind, seen, known, laws)
    if reason is None and subjects is not None and subject not in subjects:
        reason = "unknown_subject"
    if reason is None and event.department not in lists.head.departments:
        reason = "unknown_department"
    return pair if reason is None else pair.no(reason)


def _of_subject(pair: _Pair, entries: Iterable[Listing], prior: dict[tuple[str, str], Prior]) -> Iterator[Found]:
    for entry in entries:
        why = _entry(pair, entry)
        if why is not None:
            yield pair.no(why, entry)
            continue
        conduct = pair.lists.by_list[entry.list]
        for link, measure in pair.lists.linked(conduct.id):
            yield _measure(pair, entry, conduct, link, measure, prior)


def _entry(pair: _Pair, entry: Listing) -> str | None:
    """Why nothing can follow from an entry."""
    if not entry.valid_on(pair.event.on):
        return "not_valid_that_day"
    if not entry.known_on(pair.known):
        return "not_yet_known"
    if entry.list not in pair.lists.kinds:
        return "unknown_list"
    conduct = pair.lists.by_list.get(entry.list)
    if conduct is None or not holds(conduct.applies, from_day(pair.event.on)):
        return "no_conduct"
    return None if pair.lists.linked(conduct.id) else "no_link"


def _measure(
    pair: _Pair, entry: Listing, conduct: Conduct, link: Link, measure: Measure, prior: dict[tuple[str, str], Prior]
) -> Found:
    event, side = pair.event, pair.lists.sides[measure.id]
    key = (entry.listing_id, measure.id)
    basis = basis_on(measure.cite, pair.laws, from_day(event.on), from_day(pair.known))
    end = period_end(measure.max_period, entry.entered_on, None)
    why = (
        _fits(measure, event, pair.kind)
        or lacks_basis(measure, basis, from_day(event.on))
        or (barring(pair.lists, pair.seen, event.on) if side == "reward" else None)
        or ("period_used_up" if end is not None and end <= event.on else None)
        or (_again(measure, prior.get(key), event) if measure.frequency != "each_event" else None)
    )
    if why is not None or basis is None:
        return pair.no(why or "basis_not_in_force", entry, measure.id)
    before = prior.get(key)
    prior[key] = Prior(True, before.executed_on if before else None, event.event_id)
    term = None if entry.term_end is None else entry.term_end + 1
    ends = [day for day in (end, term, entry.exited_on) if day is not None]
    marks = (measure.evidence, link.evidence, conduct.evidence)
    parts = "\0".join((event.event_id, pair.subject, entry.listing_id, measure.id))
    return Proposal(
        proposal_id="JM-" + hashlib.sha256(parts.encode()).hexdigest()[:16],
        event_id=event.event_id,
        event_kind=event.kind,
        department=event.department,
        on=event.on,
        subject_id=pair.subject,
        listing_id=entry.listing_id,
        list=entry.list,
        entered_on=entry.entered_on,
        conduct_id=conduct.id,
        measure_id=measure.id,
        side=side,
        relevance_reason=link.relevance_reason.zh if link.relevance_reason else "",
        basis=cites(basis.cites),
        laws=tuple(cite.law for cite in basis.cites),
        basis_level=basis.level,
        flags=flags_of(measure, basis, marks),
        evidence=max((mark for mark in marks if mark), key=MARKS.index),
        ends_by=min(ends, default=None),
        tables=pair.lists.digest,
    )


def _fits(measure: Measure, event: BusinessEvent, kind: str) -> str | None:
    if event.kind not in measure.at:
        return "other_event"
    if ANY not in measure.dept and event.department not in measure.dept:
        return "other_department"
    named = kind in measure.object or (ORGANISATIONS in measure.object and kind != "individual_business")
    return None if named else "kind_not_named"


def lacks_basis(measure: Measure, basis: Basis | None, on: date) -> str | None:
    """Why a measure has no basis on a day: no text stands, or none that may cut rights."""
    if basis is None or not holds(measure.applies, on):
        return "basis_not_in_force"
    cuts = isinstance(measure, PunishMeasure) and measure.cuts_rights
    return "basis_too_low" if cuts and not may_cut_rights(basis.level) else None


def _again(measure: Measure, before: Prior | None, event: BusinessEvent) -> str | None:
    """A standing measure is not proposed twice on one entry, nor again when its longest period is over."""
    if before is None or (before.open and before.event_id == event.event_id):
        return None
    if before.open:
        return "already_open"
    end = None if before.executed_on is None else period_end(measure.max_period, before.executed_on, before.executed_on)
    return "period_used_up" if end is not None and end <= event.on else None


def flags_of(measure: Measure, basis: Basis, marks: Iterable[str | None]) -> tuple[str, ...]:
    """What shows wherever the measure shows; `basis_department_rule` must be acknowledged by whoever decides."""
    cuts = isinstance(measure, PunishMeasure) and measure.cuts_rights
    holds_by_flag = {
        BASIS_DEPARTMENT_RULE: cuts and basis.level == WEAKEST_FOR_RIGHTS,
        "force_unknown": not basis.certain,
        "condition": measure.where is not None,
        "weak_evidence": any(mark != "verified" for mark in marks),
    }
    return tuple(name for name, holds_ in holds_by_flag.items() if holds_)
