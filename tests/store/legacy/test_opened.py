"""An open store: each act is listed once, however it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import StoreError, UsageError
from creditscore.store import Store

AT = "2026-01-31T08:00:00Z"


def test_acts_are_listed_once_however_they_ended(tmp_path: Path) -> None:
    with Store(tmp_path / "credit.store") as store:
        store.log.append("li", "analyst", "model.register", "m/1", {"n": 1}, at=AT)
        with store.log.act("chen", "approver", "model.promote", "m/1", {"n": 2}, at=AT):
            pass
        with pytest.raises(ZeroDivisionError), store.log.act("chen", "approver", "model.promote", "m/2", at=AT):
            _ = 1 / 0
        acts = [(entry.action, entry.subject, entry.phase) for entry in store.acts()][1:]  # after the log's own
        assert acts == [
            ("model.register", "m/1", "done"),
            ("model.promote", "m/1", "begun"),
            ("model.promote", "m/2", "begun"),
        ]
        assert store.verify().ok


def test_a_store_is_closed_after_its_block_and_after_a_log_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "credit.store"
    with Store(file) as store:
        assert store.runs() == []
        with pytest.raises(UsageError, match="no kept run"):
            store.run("run_x")
    with Store(file, read_only=True) as first, Store(file, read_only=True) as second:
        assert first.acts() == second.acts()
    (tmp_path / "text.store").write_text("text", encoding="utf-8")
    with pytest.raises(StoreError):
        Store(tmp_path / "text.store")
