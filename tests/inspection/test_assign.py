"""Teams: found whenever there are any, under certificates, recusal, rotation and days; else what binds is named."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from creditscore.core.errors import InputError
from creditscore.inspection.assign import Need, Pair, assign
from creditscore.inspection.inspectors import Inspector, Staff, read_staff
from creditscore.inspection.order import Visit, draw_key
from tests.inspection.synthetic import PERSON, inspectors

KEY = draw_key("00" * 32, "value")
NEEDS = {"p": Need("c", 2, Fraction(1)), "q": Need("d", 2, Fraction(1))}


def people(*certificates: str, days: int | None = None) -> tuple[Inspector, ...]:
    return tuple(
        Inspector(f"K{i}", frozenset(held.split(";")), None if days is None else Fraction(days))
        for i, held in enumerate(certificates)
    )


def visits(number: int, programmes: tuple[str, ...] = ("p",), window: int = 1) -> list[Visit]:
    return [Visit(f"v{window}-{i}", f"s{i}", window, programmes) for i in range(number)]


def conflict(name: str, subject: str) -> dict[str, str]:
    return {"inspector_id": name, "subject_id": subject, "reason": ""}


def check(pairs: list[Pair], planned: list[Visit], staff: Staff) -> None:
    """Whole teams of different people with the certificate and without a conflict."""
    held = {inspector.inspector_id: inspector.certificates for inspector in staff.inspectors}
    barred = staff.barred()
    for visit in planned:
        team = [pair for pair in pairs if pair.visit_id == visit.visit_id]
        assert len({pair.inspector_id for pair in team}) == len(team) == 2 * len(visit.programmes)
        for pair in team:
            assert NEEDS[pair.programme].certificate in held[pair.inspector_id]
            assert (pair.inspector_id, visit.subject_id) not in barred


def test_loads_are_even() -> None:
    staff, planned = Staff(people(*["c"] * 7)), visits(70)
    pairs = assign(KEY, planned, NEEDS, staff, 1)
    check(pairs, planned, staff)
    assert set(Counter(pair.inspector_id for pair in pairs).values()) == {20}


def test_the_same_key_gives_the_same_teams_and_another_key_others() -> None:
    staff, planned = Staff(people(*["c"] * 7)), visits(30)
    values = assign(KEY, planned, NEEDS, staff, 1)
    assert values == assign(KEY, planned[::-1], NEEDS, Staff(staff.inspectors[::-1]), 1)
    assert values != assign(draw_key("00" * 32, "other"), planned, NEEDS, staff, 1)


def test_nobody_goes_twice_running_to_the_same_organisation() -> None:
    last = tuple(
        {"inspector_id": name, "subject_id": "s0", "visited_on": day}
        for name, day in (("K0", "2089-05-01"), ("K1", "2089-05-01"), ("K4", "2088-05-01"))
    )
    staff = Staff(people(*["c"] * 5), last_visits=last)
    planned = [visit for window in (1, 2, 3, 4) for visit in visits(4, window=window)]
    pairs = assign(KEY, planned, NEEDS, staff, 4)
    check(pairs, planned, staff)
    for subject in range(4):
        before = {"K0", "K1"} if subject == 0 else set()
        for window in (1, 2, 3, 4):
            team = {pair.inspector_id for pair in pairs if pair.visit_id == f"v{window}-{subject}"}
            assert not team & before
            before = team


def test_a_joint_visit_has_a_team_of_each_programme() -> None:
    staff, planned = Staff(people("c", "c;d", "c;d", "d", "c")), visits(6, ("p", "q"))
    check(assign(KEY, planned, NEEDS, staff, 1), planned, staff)


FEASIBLE = st.tuples(
    st.lists(st.sampled_from(["c", "d", "c;d"]), min_size=2, max_size=5),
    st.lists(st.sampled_from([("p",), ("q",), ("p", "q")]), min_size=1, max_size=3),
    st.sets(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=6),
    st.integers(1, 3),
)


@given(FEASIBLE)
@settings(max_examples=300, deadline=None)
def test_teams_are_found_exactly_when_there_are_any(case: tuple) -> None:  # type: ignore[type-arg]
    held, wanted, barred, days = case
    assume(sum(map(len, wanted)) < 5)
    staff = Staff(people(*held, days=days), tuple(conflict(f"K{i}", f"s{j}") for i, j in sorted(barred)))
    planned = [Visit(f"v{i}", f"s{i}", 1, programmes) for i, programmes in enumerate(wanted)]
    try:
        pairs = assign(KEY, planned, NEEDS, staff, 1)
    except InputError:
        assert not possible(planned, staff, days)
    else:
        check(pairs, planned, staff)
        assert max(Counter(pair.inspector_id for pair in pairs).values()) <= days


def possible(planned: list[Visit], staff: Staff, days: int) -> bool:
    """By brute force: every choice of teams."""
    choices = []
    for visit in planned:
        for programme in visit.programmes:
            able = [
                inspector.inspector_id
                for inspector in staff.inspectors
                if NEEDS[programme].certificate in inspector.certificates
                and (inspector.inspector_id, visit.subject_id) not in staff.barred()
            ]
            choices.append([(visit.visit_id, team) for team in combinations(able, 2)])
    for teams in product(*choices):
        members = [(visit, name) for visit, team in teams for name in team]
        if len(set(members)) == len(members) and all(
            count <= days for count in Counter(name for _, name in members).values()
        ):
            return True
    return False


BINDING = {
    "certificate": (Staff(people("c", "d", "d")), visits(1), "certificate 'c' binds: 1 hold it, a team needs 2"),
    "days": (Staff(people("c", "c", days=2)), visits(3), "days binds"),
    "recusal": (Staff(people("c", "c"), (conflict("K1", "s0"),)), visits(1), "recusal binds"),
    "rotation": (Staff(people("c", "c", "c")), [*visits(1), *visits(1, window=2)], "rotation binds"),
}


@pytest.mark.parametrize("name", BINDING)
def test_the_binding_constraint_is_named(name: str) -> None:
    staff, planned, message = BINDING[name]
    with pytest.raises(InputError) as raised:
        assign(KEY, planned, NEEDS, staff, 2 if name == "rotation" else 1)
    assert message in str(raised.value)
    assert "s0" in str(raised.value) or name == "days"
    assert "next:" in str(raised.value)


def test_an_inspector_is_a_code_and_no_person() -> None:
    staff = inspectors(3)
    staff.loc[1, "inspector_id"] = PERSON
    with pytest.raises(InputError, match="1 inspectors are named by a resident identity number") as raised:
        read_staff(staff)
    assert PERSON not in str(raised.value)
    pairs = inspectors(1).rename(columns={"certificates": "subject_id"}).assign(inspector_id=PERSON)
    with pytest.raises(InputError, match="resident identity number"):
        read_staff(inspectors(3), conflicts=pairs)


def test_faults_of_inspectors() -> None:
    staff = inspectors(3)
    with pytest.raises(InputError, match="stands twice"):
        read_staff(staff.assign(inspector_id="K01"))
    with pytest.raises(InputError, match="days of K00"):
        read_staff(staff.assign(days=["-1", "", ""]))
    with pytest.raises(InputError, match="is no code"):
        read_staff(staff.assign(inspector_id=["", "a", "b"]))
    with pytest.raises(InputError, match="no inspectors"):
        read_staff(staff[:0])
