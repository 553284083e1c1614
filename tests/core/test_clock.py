"""The one clock: days are those of the office, times are UTC, and nothing is entered on a day that has not come."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import creditscore
from creditscore.core.clock import check_day_has_come, clock_at, moment, now, office_day, today
from creditscore.core.errors import UsageError
from creditscore.lists.workflow import make_registry
from creditscore.store.store import Store

EVENING = datetime(2026, 12, 1, 17, tzinfo=UTC)  # the small hours of 2 December in Shanghai


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    with clock_at(EVENING):
        assert today() == date(2026, 12, 2)
        assert moment(None) == "2026-12-01T17:00:00Z"
        check_day_has_come(date(2026, 12, 2))
        with pytest.raises(UsageError, match="2026-12-03 has not come") as refused:
            check_day_has_come(date(2026, 12, 3), "--on")
    assert "today is 2026-12-02 (Asia/Shanghai)" in str(refused.value)
    assert refused.value.allowed
    assert refused.value.next
    with clock_at(datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)):
        assert today() == date(2026, 12, 1)
    assert now() - datetime.now(UTC) < timedelta(minutes=1)


def test_the_office_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITSCORE_TZ", "Asia/Urumqi")
    assert office_day("2026-12-01T17:30:00Z") == date(2026, 12, 1)
    assert office_day("2026-12-01T18:00:00Z") == date(2026, 12, 2)


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "Asia", "UTC+8"])
def test_what_is_no_time_zone_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CREDITSCORE_TZ", name)
    with pytest.raises(UsageError, match="is no time zone") as refused:
        today()
    assert "Asia/Shanghai" in str(refused.value)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"), clock_at(datetime(2026, 1, 1)):
        pass


@pytest.mark.parametrize("days", [("2026-12-03", None), ("2099-06-21", None), ("2026-12-01", "2026-12-03")])
def test_no_act_is_entered_before_its_day(days: tuple[str, str | None], tmp_path: Path) -> None:
    given = {"subject": "91220101MA0000001D", "list": "wage_arrears", "scheme": "wage_arrears@2022-01-01"}
    given |= {"organ": "局", "document": "〔2026〕1号"}
    on, known_on = days
    with clock_at(EVENING), Store(str(tmp_path / "credit.db"), make_registry()) as store:
        with pytest.raises(UsageError, match="has not come"):
            store.act("listing", "take_over", by="li.na", on=on, known_on=known_on, **given)
        assert store.rows("listing") == []
        store.act("listing", "take_over", by="li.na", on="2026-12-02", **given)


def test_no_code_asks_the_machine_for_the_day() -> None:
    """`clock` alone reads the clock of the machine."""
    root = Path(creditscore.__file__).parent
    uses = []
    for path in sorted(root.rglob("*.py")):
        if path == root / "core" / "clock.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Attribute):
                continue
            if node.attr in ("today", "now", "utcnow") and ast.unparse(node.value).split(".")[-1] in (
                "date",
                "datetime",
            ):
                uses.append(f"{path.relative_to(root)}:{node.lineno}")
    assert uses == []
