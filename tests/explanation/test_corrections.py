"""What can still be corrected, until when, for how many points: held against grading with the correction made."""

from datetime import date, timedelta
from decimal import Decimal

from creditscore.core.quantities import from_micro
from creditscore.explanation.corrections import open_corrections
from creditscore.explanation.ledger import explain
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from tests.explanation.conftest import DIRECT, MANY, filed, later, table


def test_only_what_stands_and_is_not_over_can_be_corrected(small: Grading) -> None:
    corrections = {row.record_id: row for row in open_corrections(explain(small, MANY).inputs)}
    assert set(corrections) == {"r1", "r5", "r6"}  # not withdrawn, exempt or corrected ones
    assert [way.last_day for way in corrections["r1"].ways] == ["2022-12-31", "2023-12-31"]
    assert [way.last_day for way in corrections["r6"].ways] == ["2022-11-19", "2022-12-31", "2023-12-31"]
    (way,) = open_corrections(explain(small, DIRECT).inputs)[0].ways
    assert (way.last_day, way.points) == ("", None)
    assert open_corrections(None) == ()


def test_the_points_and_the_last_day_are_those_of_grading() -> None:
    subjects = table([{"subject_id": MANY, "registered_on": "2012-06-01"}])
    record = filed("r1", MANY, "010101", "2022-10-20")
    plain = explain(grade(table([record]), "tax", 2022, subjects=subjects), MANY)
    (correction,) = open_corrections(plain.inputs)
    for way in correction.ways:
        last = date.fromisoformat(way.last_day)
        back = []
        for day in (last, last + timedelta(days=1)):
            rows = table([record, later("r1", 2, "corrected", day.isoformat())])
            corrected = explain(grade(rows, "tax", 2022, subjects=subjects), MANY)
            back.append((corrected.score or Decimal(0)) - (plain.score or Decimal(0)))
        assert back[0] == from_micro(way.points)
        assert back[1] < back[0]
