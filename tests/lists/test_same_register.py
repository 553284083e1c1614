"""Whatever people try: a store refuses and allows what the register does, and gives the same answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import CreditscoreError
from creditscore.lists import Book
from creditscore.store.verify import verify
from tests.lists import test_properties
from tests.lists.offices import Office
from tests.lists.players import A, B, play
from tests.lists.test_workflow import require_same

WAYS = ("early", "annulled", "corrected", "nothing_to_correct", "deregistered", "automatic")


class Both:
    """A book and a store to which the same is done."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(str(folder / "credit.db"))
        self.reached: set[str] = set()

    def play(self, book: Book, case_id: str, action: str, given: Mapping[str, Any]) -> tuple[Book, str, Any]:
        """Play one step on both; raise what the book raises."""
        old: CreditscoreError | None = None
        new: CreditscoreError | None = None
        try:
            result = play(book, case_id, action, given)
        except CreditscoreError as error:
            old = error
        try:
            self.office.play(f"listing/{case_id}", action, given)
        except CreditscoreError as error:
            new = error
            assert new.allowed
            assert new.next
        assert (old is None) == (new is None), (action, given, str(old), str(new))
        if old is not None:
            raise old
        self.reached |= {action}
        return result


def make_move(rng: random.Random) -> dict[str, Any]:
    return {
        "action": rng.randrange(16),
        "wild": rng.random() < 0.25,
        "days": rng.choice([0, 1, 3, 14, 200]),
        "late": rng.choice([0, 0, 3]),
        "subject": rng.choice([A, A, B]),
        "where": rng.choice(test_properties.WHERE),
        "case": rng.randrange(3),
        "records": rng.choice([["r1"], ["r2"], ["r1", "r2"]]),
        "flag": rng.random() < 0.6,
        "by": rng.choice(["li.na", "chen.jie"]),
        "way": rng.choice(WAYS),
    }


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 60))])
def test_any_sequence_of_steps_leaves_the_same(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, both = random.Random(seed), Both(tmp_path)
    monkeypatch.setattr(test_properties, "play", both.play)
    book, on = Book(), test_properties.FIRST
    for _ in range(14):
        move = make_move(rng)
        on += timedelta(move["days"])
        book = test_properties.attempt(book, move, on)
    require_same(both.office, book, on.isoformat())
    assert verify(both.office.store).faults == []
    both.office.store.close()
