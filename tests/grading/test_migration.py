"""What a move means: on one scale, between scales, and for a subject that only one side knows."""

import pyarrow as pa
import pytest

from creditscore.grading.migration import Side, compare, direction, in_order


def side(name: str, grades: str, rows: dict[str, tuple[str, int | None]]) -> Side:
    table = pa.table(
        {
            "subject_id": pa.array(list(rows), pa.string()),
            "grade": pa.array([grade for grade, _ in rows.values()], pa.string()),
            "score": pa.array([score for _, score in rows.values()], pa.decimal128(18, 6)),
        }
    )
    return Side(name, tuple(grades), table)


@pytest.mark.parametrize(
    ("a", "b", "before", "after", "expected"),
    [
        ("ABCD", "ABCD", "A", "B", "worse"),
        ("ABCD", "ABCD", "C", "B", "better"),
        ("ABCD", "ABCD", "C", "C", "same"),
        ("ABCD", "ABMCD", "B", "M", "worse"),
        ("ABMCD", "ABCD", "M", "C", "worse"),
        ("ABCD", "ABCD", "A", "not_graded: new", "lost"),
        ("ABCD", "ABCD", "not_graded: new", "D", "gained"),
        ("ABCD", "ABCD", "not_graded: x", "not_graded: y", "other"),
        ("ABCD", "WXYZ", "A", "Z", "other"),
        ("ABC", "CBA", "A", "B", "other"),
    ],
)
def test_direction(a: str, b: str, before: str, after: str, expected: str) -> None:
    assert direction(a, b)(before, after) == expected


def test_one_order_of_two_scales() -> None:
    assert in_order("ABCD", "ABMCD") == tuple("ABMCD")
    assert in_order("ABCD", "AXBY") == ()


def test_subjects_of_one_side_only_are_absent_on_the_other() -> None:
    moves = compare(
        side("a", "AB", {"s1": ("A", 90), "s2": ("B", 10)}), side("b", "AB", {"s2": ("B", 20), "s3": ("A", 1)})
    )
    assert moves.subjects == 3
    assert moves.matrix == {("A", "absent"): 1, ("B", "B"): 1, ("absent", "A"): 1}
    assert moves.moved == (("s1", "A", "absent"), ("s3", "absent", "A"))
    assert moves.names == ("A", "B", "absent")
