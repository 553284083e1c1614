"""What records are worth beside what the ledger counts for them."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from creditscore.explanation.ledger import explain
from creditscore.explanation.shapley import shapley
from creditscore.explanation.shares import find_shares
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from tests.explanation.conftest import MANY, NONE, filed, table


def test_shares_are_the_exact_values_and_say_where_they_differ(small: Grading) -> None:
    explanation = explain(small, MANY)
    shares = {share.record_id: share for share in find_shares(explanation)}
    assert explanation.inputs is not None
    exact = shapley(explanation.inputs.plan, explanation.inputs.subject)
    assert {name: Fraction(share.worth) for name, share in shares.items()} == {
        k: v for k, v in exact.values.items() if v
    }
    assert {name for name, share in shares.items() if share.differs} == {"n1"}  # it moves the starting score alone
    assert shares["n1"].worth == 10
    assert "影响分值与实计分值不同" in explanation.text("zh")


def test_equal_shares_are_one_sentence() -> None:
    subjects = table([{"subject_id": MANY, "registered_on": "2012-06-01"}])
    explanation = explain(
        grade(table([filed("r1", MANY, "010101", "2022-10-20")]), "tax", 2022, subjects=subjects), MANY
    )
    (share,) = find_shares(explanation)
    assert (share.counted, share.worth, share.differs) == (Decimal(-5), Decimal(-5), False)
    assert "逐条相同" in explanation.text("zh", 200)


def test_nothing_is_shared_where_nothing_is_at_hand(small: Grading, folder: Path) -> None:
    assert find_shares(explain(small, NONE)) == ()
    assert find_shares(explain(folder, MANY)) == ()
    assert "影响分值" not in explain(folder, MANY).text("zh")
