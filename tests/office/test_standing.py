"""A grade of a kept run in memory: as it stands, as it was kept, and refused where it does not come out."""

from __future__ import annotations

from pathlib import Path

import pytest

import creditscore as cs
from creditscore.core.errors import DifferenceError
from creditscore.office.standing import grade_as_it_stands
from creditscore.store.archive.standing import rows_as_kept, rows_as_they_stand
from tests.evidence.test_letter import decide, list_counted, open_case
from tests.evidence.test_letter import store as store  # the fixture


def test_a_grade_in_memory_is_what_stands(store: cs.Store) -> None:
    (run,) = store.runs()
    subject, records = next((name, own) for name, own in list_counted(store).items() if len(own) >= 3)
    before = grade_as_it_stands(store, run, [subject])
    decide(store, open_case(store, subject, records[:1]), {records[0]: "withdraw"})
    after, base = grade_as_it_stands(store, run, [subject]), grade_as_it_stands(store, run, [subject], as_kept=True)
    assert base.ledger.equals(before.ledger)
    stands, was = (
        rows_as_they_stand(store, run, [subject])[subject],
        rows_as_kept(store.archive, run, [subject])[subject],
    )
    for grading, rows in ((after, stands), (base, was)):
        assert f"{grading.grades['score'][0].as_py():.6f}" == rows.score
    assert stands.score > was.score
    assert cs.decisive(after, subject, target="any").data() != cs.decisive(base, subject, target="any").data()


def test_what_does_not_come_out_is_not_shown(store: cs.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = store.runs()
    subject = next(iter(list_counted(store)))
    other = rows_as_kept(store.archive, run, [next(name for name in list_counted(store) if name != subject)])
    monkeypatch.setattr("creditscore.office.standing.rows_as_kept", lambda *_: {subject: next(iter(other.values()))})
    with pytest.raises(DifferenceError, match="does not come out as run"):
        grade_as_it_stands(store, run, [subject], as_kept=True)
