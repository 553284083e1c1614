"""That an act is in a log, proved to people who never see the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from creditscore.core.errors import DifferenceError, InputError, StoreDiffers, UsageError
from creditscore.store.keys import Key
from creditscore.store.merkle import check_consistency
from creditscore.store.notes import read_checkpoint, read_note
from creditscore.store.proofs import check_act, prove_act, prove_growth
from creditscore.store.witnesses import FileWitness
from tests.store.attacks import FIRM, Insider, Town, fill_town, make_town


@pytest.fixture
def town(store_url: str, tmp_path: Path) -> Town:
    town = make_town(store_url, "keys", tmp_path / "notes.txt")
    fill_town(town)
    return town


def test_every_act_is_proved_under_the_witness_note(town: Town) -> None:
    newest = FileWitness(str(town.notes)).read()[-1]
    for row in town.store.events():
        proof = json.loads(json.dumps(prove_act(town.store, row.seq, checkpoint=newest)))
        events = check_act(proof, checkpoint=newest, public=proof["public"])
        assert row in events
    town.store.close()


def test_a_proof_that_was_changed_proves_nothing(town: Town) -> None:
    town.act("chen.jie", "make", workflow="order", id="9", subject=FIRM, record="record/r9", on="2026-03-09")
    seq = town.store.head().size - 1
    text = json.dumps(prove_act(town.store, seq))
    assert len(check_act(json.loads(text))) == 3
    changed = {
        "a payload": text.replace("record/r9", "record/r8"),
        "an actor": text.replace('"role": "approver"', '"role": "grader"'),
        "a signature": text.replace('"signature": "', '"signature": "0'),
        "a path": text.replace('"paths": [["', '"paths": [["0'),
    }
    for what, forged in changed.items():
        assert forged != text, what
        with pytest.raises((DifferenceError, InputError)):
            check_act(json.loads(forged))
    proof = json.loads(text)
    shorter = {**proof, "events": proof["events"][:-1], "paths": proof["paths"][:-1]}
    for forged_proof in (shorter, {}, {**proof, "paths": []}):
        with pytest.raises((DifferenceError, InputError)):
            check_act(forged_proof)
    with pytest.raises(DifferenceError, match="public key"):
        check_act(proof, public=Key.generate().public)
    with pytest.raises(DifferenceError, match="held elsewhere"):
        check_act(proof, checkpoint=FileWitness(str(town.notes)).read()[0])
    town.store.close()


def test_only_what_an_anchor_holds_is_proved(town: Town) -> None:
    first, *_, newest = FileWitness(str(town.notes)).read()
    with pytest.raises(UsageError, match="not held by this anchor"):
        prove_act(town.store, town.store.head().size - 1, checkpoint=first)
    with pytest.raises(UsageError, match="not held"):
        prove_act(town.store, 10_000)
    old, new = (read_checkpoint(read_note(note)[0]) for note in (first, newest))
    path = [bytes.fromhex(node) for node in prove_growth(town.store, first, newest)]
    assert check_consistency(old.size, new.size, path, old.root, new.root)
    insider = Insider(town)
    rows = insider.events()
    rows[5]["office"] = "north"
    insider.rewrite(rows)
    with pytest.raises(StoreDiffers, match="not the one that was anchored"):
        prove_act(town.store, 1, checkpoint=newest)
    town.store.close()
