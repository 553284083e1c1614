"""Inspectors to visits: at random under certificates, recusal, rotation and days, evenly loaded, and exact when tight.

Each visit needs, for each of its programmes, a team of inspectors who hold that certificate; nobody fills two places
of one visit. Places are filled in a keyed order with the least loaded of those allowed; where nobody is left, others
are moved along an augmenting path, so that a full assignment is found whenever there is one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from creditscore.core.errors import InputError
from creditscore.inspection.inspectors import Inspector, Staff
from creditscore.inspection.order import Visit, place_of


@dataclass(frozen=True)
class Place:
    """One place in a team: the visit, the programme it is for, and its number in the team."""

    visit: Visit
    programme: str
    number: int


@dataclass(frozen=True)
class Need:
    """What a programme asks of its teams."""

    certificate: str
    team: int
    visit_days: Fraction


@dataclass
class Window:
    """The state of one window while its places are filled."""

    capacity: Mapping[str, int | None]
    load: Counter[str]
    total: Counter[str]
    held: dict[Place, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)  # visit → inspectors
    places_of: dict[str, set[Place]] = field(default_factory=dict)  # inspector → places

    def give(self, place: Place, name: str) -> None:
        self.held[place] = name
        self.members.setdefault(place.visit.visit_id, set()).add(name)
        self.places_of.setdefault(name, set()).add(place)
        self.load[name] += 1
        self.total[name] += 1

    def take(self, place: Place) -> str:
        name = self.held.pop(place)
        self.members[place.visit.visit_id].discard(name)
        self.places_of[name].discard(place)
        self.load[name] -= 1
        self.total[name] -= 1
        return name

    def full(self, name: str) -> bool:
        limit = self.capacity[name]
        return limit is not None and self.load[name] >= limit


@dataclass(frozen=True)
class Pair:
    """An inspector in the team of a visit for a programme; `pool` is how many could have stood there."""

    visit_id: str
    programme: str
    inspector_id: str
    pool: int


def assign(key: bytes, visits: Sequence[Visit], needs: Mapping[str, Need], staff: Staff, windows: int) -> list[Pair]:
    """Teams for all visits, window by window; whoever visited an organisation last does not go there next.

    The same key and tables give the same teams. Where certificates, recusal, rotation or days narrow the choice, the
    chances of inspectors differ (`pool` shows it); those of the organisations do not depend on it.
    Raises InputError that names the binding constraint when there is no assignment.
    """
    last = dict(staff.last_teams())
    total: Counter[str] = Counter()
    pairs: list[Pair] = []
    longest = max((need.visit_days for need in needs.values()), default=Fraction(1))
    for window in range(1, windows + 1):
        here = [visit for visit in visits if visit.window == window]
        state = Window(_capacity(staff.inspectors, windows, longest), Counter(), total)
        pools = _fill(key, here, needs, staff, last, state)
        for place, name in state.held.items():
            pairs.append(Pair(place.visit.visit_id, place.programme, name, pools[place]))
        for visit in here:
            last[visit.subject_id] = frozenset(state.members.get(visit.visit_id, ()))
    return sorted(pairs, key=lambda pair: (pair.visit_id, pair.programme, pair.inspector_id))


def _capacity(people: Sequence[Inspector], windows: int, longest: Fraction) -> dict[str, int | None]:
    """Visits a person can make in a window; where programmes differ, the longest visit counts."""
    return {
        person.inspector_id: None if person.days is None else int(person.days / windows / longest) for person in people
    }


def _fill(
    key: bytes,
    visits: Sequence[Visit],
    needs: Mapping[str, Need],
    staff: Staff,
    last: Mapping[str, Collection[str]],
    state: Window,
) -> dict[Place, int]:
    places = [
        Place(visit, programme, number)
        for visit in sorted(visits, key=lambda visit: place_of(key, f"team|{visit.visit_id}"))
        for programme in visit.programmes
        for number in range(needs[programme].team)
    ]
    allowed = _allowed(places, needs, staff, last)
    ties: dict[str, dict[str, bytes]] = {}
    for place in places:
        visit = place.visit.visit_id
        if visit not in ties:
            ties = {
                visit: {
                    inspector.inspector_id: place_of(key, f"team|{visit}|{inspector.inspector_id}")
                    for inspector in staff.inspectors
                }
            }
        free = [name for name in allowed[place] if not state.full(name) and name not in state.members.get(visit, ())]
        if free:
            state.give(
                place, min(free, key=lambda name: (state.load[name], state.total[name], ties[visit][name], name))
            )
        elif not _augment(place, allowed, state):
            raise _infeasible(place, visits, needs, staff, last, state)
    return {place: len(allowed[place]) for place in places}


def _allowed(
    places: Sequence[Place],
    needs: Mapping[str, Need],
    staff: Staff,
    last: Mapping[str, Collection[str]],
    drop: Collection[str] = (),
) -> dict[Place, tuple[str, ...]]:
    """Place → who may stand there by certificate, recusal and rotation; `drop` leaves some of these out."""
    barred = set() if "recusal" in drop else staff.barred()
    holders = {
        name: [
            inspector.inspector_id
            for inspector in staff.inspectors
            if "certificate" in drop or need.certificate in inspector.certificates
        ]
        for name, need in needs.items()
    }
    inspectors_by_subject: dict[tuple[str, str], tuple[str, ...]] = {}
    for place in places:
        subject = place.visit.subject_id
        if (place.programme, subject) not in inspectors_by_subject:
            gone = () if "rotation" in drop else last.get(subject, ())
            inspectors_by_subject[(place.programme, subject)] = tuple(
                holder for holder in holders[place.programme] if (holder, subject) not in barred and holder not in gone
            )
    return {place: inspectors_by_subject[(place.programme, place.visit.subject_id)] for place in places}


def _augment(place: Place, allowed: Mapping[Place, Sequence[str]], state: Window) -> bool:
    """Fill a place by moving others: breadth first over (place to fill → inspector → a place they could leave).

    An inspector who is free takes the last place of the path, and each on the path moves up by one. These are the
    augmenting paths of a flow in which an inspector enters a visit at most once, so that none exists only where the
    window cannot be filled.
    """
    queue = deque([place])
    came: dict[Place, tuple[Place, str] | None] = {place: None}
    asked: set[str] = set()  # who was asked to come from another visit; once is enough, and twice could be into one
    while queue:
        here = queue.popleft()
        for name in allowed[here]:
            inside = name in state.members.get(here.visit.visit_id, ())
            if not inside and not state.full(name):
                return _move(here, name, came, state)
            if not inside and name in asked:
                continue
            if not inside:
                asked.add(name)
            # leave another place: of the same visit where already inside, else any
            for there in sorted(state.places_of.get(name, ()), key=_sorted):
                if there in came or (inside and there.visit.visit_id != here.visit.visit_id):
                    continue
                came[there] = (here, name)
                queue.append(there)
    return False


def _sorted(place: Place) -> tuple[str, str, int]:
    return place.visit.visit_id, place.programme, place.number


def _move(here: Place, name: str, came: Mapping[Place, tuple[Place, str] | None], state: Window) -> bool:
    """Give `here` to `name`, and every place before it on the path to whoever left."""
    steps: list[tuple[Place, str]] = [(here, name)]
    while (step := came[steps[-1][0]]) is not None:
        steps.append(step)
    for there, _ in steps:
        if there in state.held:
            state.take(there)
    for there, who in steps:
        state.give(there, who)
    return True


def _infeasible(
    place: Place,
    visits: Sequence[Visit],
    needs: Mapping[str, Need],
    staff: Staff,
    last: Mapping[str, Collection[str]],
    state: Window,
) -> InputError:
    """Which constraint binds: the first whose removal alone lets every place of the window be filled."""
    need = needs[place.programme]
    holders = [inspector for inspector in staff.inspectors if need.certificate in inspector.certificates]
    where = f"window {place.visit.window}, visit to {place.visit.subject_id} for {place.programme}"
    advice = {
        "certificate": "train or borrow holders of the certificate, or lower the ratios",
        "rotation": "borrow an inspector who was not there last time",
        "recusal": "borrow an inspector without a conflict",
        "days": "give more days or inspectors, or lower the ratios",
    }
    if len(holders) < need.team:
        return InputError(
            "inspection.no_team_certificate_binds_hold_team",
            certificate=need.certificate,
            holders_count=len(holders),
            team=need.team,
            where=where,
            next=advice["certificate"],
        )
    binding = [
        name
        for name in ("rotation", "recusal", "days", "certificate")
        if _would_do(name, visits, needs, staff, last, state)
    ]
    named = f"{binding[0]} binds" if binding else "several constraints bind together: " + ", ".join(advice)
    places = sum(
        needs[name].team for visit in visits for name in visit.programmes if needs[name].certificate == need.certificate
    )
    return InputError(
        "inspection.no_team_certificate_places_window_holders",
        named=named,
        certificate=need.certificate,
        places=places,
        holders_count=len(holders),
        where=where,
        next=advice[binding[0]] if binding else "give more inspectors, days or certificates",
    )


def _would_do(
    name: str,
    visits: Sequence[Visit],
    needs: Mapping[str, Need],
    staff: Staff,
    last: Mapping[str, Collection[str]],
    state: Window,
) -> bool:
    capacity = dict.fromkeys(state.capacity) if name == "days" else state.capacity
    trial = Window(capacity, Counter(), Counter())
    places = [Place(v, p, i) for v in visits for p in v.programmes for i in range(needs[p].team)]
    allowed = _allowed(places, needs, staff, last, (name,))
    for place in places:
        inside = trial.members.get(place.visit.visit_id, ())
        free = next((name for name in allowed[place] if not trial.full(name) and name not in inside), None)
        if free is not None:
            trial.give(place, free)
        elif not _augment(place, allowed, trial):
            return False
    return True
