"""Entries of another office from a table: each row has one fate, and the same table again adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from creditscore.core.errors import InputError, NotAllowed
from creditscore.lists.taking_over import take_over_entries
from tests.lists.offices import Office
from tests.lists.players import PAPER, A, B
from tests.lists.refusals import PERSON
from tests.store.helpers import add_person

C = "91110105MA00000000"
ROW = {"subject_id": A, "list": "judgment_defaulter", "scheme": "court/judgment_defaulter@2017", "on": "2023-05-06"}
ROW |= PAPER


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


def test_each_row_is_an_act(office: Office) -> None:
    wages = {"list": "wage_arrears", "scheme": "wage_arrears@2022", "records": "r2; r1", "triggers": "to_be_noticed"}
    more = {"entered_on": "2023-05-08", "published_on": "2023-05-09", "dates": "handled_on=2023-05-01"}
    taken = take_over_entries(office.store, [ROW, {**ROW, "subject_id": B, **wages, **more}], by="chen.jie")
    assert (len(taken.cases), taken.repeated, taken.refused) == (2, (), ())
    first, second = map(office.store.read, taken.cases)
    assert (first.subject, first.state, first.fields["entered_on"]) == (A, "listed", "2023-05-06")
    assert second.fields["records"] == ["r1", "r2"]
    assert second.fields["dates"] == {"handled_on": "2023-05-01"}
    assert (second.fields["entered_on"], second.fields["published_on"]) == ("2023-05-08", "2023-05-09")
    size = office.store.head().size
    again = take_over_entries(office.store, [ROW, {**ROW, "subject_id": B, **wages, **more}], by="chen.jie")
    assert (again.cases, again.repeated) == ((), taken.cases)
    assert office.store.head().size == size


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"subject_id": PERSON}, "resident identity number is no id"),
        ({"subject_id": ""}, "subject"),
        ({"scheme": "court/judgment_defaulter@1999"}, "no version"),
        ({"scheme": ""}, ""),
        ({"list": "red"}, "has no list 'red'"),
        ({"on": "soon"}, "on: 'soon' is not a day"),
        ({"on": ""}, "is not a day"),
        ({"on": "2091-01-02"}, "has not come"),
        ({"term_end": "2019-01-01"}, "before the entry"),
        ({"document": ""}, "its name and its document"),
        ({"triggers": "x"}, "x"),
        ({"dates": "handled_on"}, "is not a day"),
        ({"subject_id": A, "on": "2023-05-07"}, "is already on the list"),
    ],
)
def test_a_faulty_row_stops_all_and_is_named(row: dict[str, Any], words: str, office: Office) -> None:
    good = {**ROW, "subject_id": B}
    take_over_entries(office.store, [ROW], by="chen.jie")
    size = office.store.head().size
    taken = take_over_entries(office.store, [good, {**ROW, "subject_id": C, **row}], by="chen.jie")
    assert (taken.cases, [number for number, _ in taken.refused]) == ((), [2])
    assert words in str(taken.refused[0][1])
    assert PERSON not in str(taken.refused[0][1])
    assert office.store.head().size == size
    taken = take_over_entries(office.store, [good, {**ROW, "subject_id": C, **row}], by="chen.jie", most_refused=1)
    assert (len(taken.cases), len(taken.refused)) == (1, 1)


def test_a_row_that_another_row_bars_is_named(office: Office) -> None:
    taken = take_over_entries(office.store, [ROW, {**ROW, "on": "2023-05-07"}, ROW], by="chen.jie")
    assert len(taken.cases) == 1
    assert taken.repeated == taken.cases
    assert [number for number, _ in taken.refused] == [2]
    assert "is already on the list" in str(taken.refused[0][1])


def test_who_may_not_and_a_table_without_a_column(office: Office) -> None:
    with pytest.raises(InputError, match="document"):
        take_over_entries(office.store, [{name: cell for name, cell in ROW.items() if name != "document"}], by="chen")
    add_person(office.store, "chen.jie", ("approver",), by="root")
    with pytest.raises(NotAllowed):
        take_over_entries(office.store, [ROW], by="li.na")
    assert office.store.rows("listing") == []
