"""Entries that an earlier release wrote under a version that bears another name today: they go on."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import UsageError
from creditscore.lists import Book, decide, due, leave, listings, propose_one, save, take_over
from creditscore.lists.draft import draft
from creditscore.lists.entry_history import life
from creditscore.lists.rules import version
from creditscore.schemes import registry
from creditscore.store import Database, Log

SUBJECT = "91110105MA00000000"
NAMES = [
    (scheme.scheme, str(former), key, rule.triggers[0])
    for scheme in map(registry.load, registry.entries())
    for former in scheme.formerly
    for key, rule in scheme.lists.items()
]
PAPER = {"organ": "某局", "document": "甲〔1〕号", "by": "li.na"}


def written_before(monkeypatch: pytest.MonkeyPatch, former: str) -> None:
    """New cases bear a name of an earlier release, as that release wrote it."""
    today = version(former)
    named = SimpleNamespace(**{name: getattr(today, name) for name in type(today).model_fields}, name=former)
    for module in ("import_entry", "propose"):
        monkeypatch.setattr(import_module(f"creditscore.lists.{module}"), "version_of_today", lambda _: named)


@pytest.mark.parametrize(("scheme", "former", "key", "trigger"), NAMES)
def test_an_entry_under_a_former_name_runs_and_ends(
    scheme: str, former: str, key: str, trigger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = f"{scheme}@{former}"
    written_before(monkeypatch, name)
    days = {"on": "2023-06-15", "recorded_on": "2023-06-15"}
    book, entry = take_over(
        Book(), SUBJECT, key, name, triggers=[trigger], records=["R1"], published_on="2023-06-15", **PAPER, **days
    )
    book, proposal = propose_one(book, "91110105MA11111111", key, name, trigger, records=["R1"], **PAPER, **days)
    assert book.case(entry).scheme == name, "this must be a case as an earlier release wrote it"
    file = tmp_path / "s.store"
    with Database(file) as store:
        taken = Book(book.events[:1])
        save(Log(store), Book(), taken)
        save(Log(store), taken, book)
    for command in (["show", SUBJECT], ["due", "--on", "2026-01-01"], ["export", "--out", str(tmp_path / "out")]):
        done = CliRunner().invoke(app, ["lists", *command, "--store", str(file)])
        assert done.exit_code == 0, done.output
    for lang in ("zh", "en"):
        (entry_told,) = life(book, SUBJECT, lang)
        assert entry_told.list == getattr(version(name).lists[key].label, lang)
    assert draft(book, proposal)["basis"].zh
    assert {step.case_id for step in due(book, "2026-01-01")} >= {proposal}
    book = leave(book, entry, exit="annulled", on="2023-07-01", evidence="撤销决定", **PAPER)
    assert listings(book).num_rows == 1
    book = decide(book, proposal, enter=False, reason="不符合条件", on="2024-01-10", **PAPER | {"by": "chen.jie"})
    assert book.case(proposal).state == "declined"


def test_a_new_case_is_not_opened_under_a_former_name() -> None:
    days = {"on": "2023-06-15", "recorded_on": "2023-06-15"}
    for act in (
        lambda name: take_over(Book(), SUBJECT, "market_serious", name, **PAPER, **days),
        lambda name: propose_one(Book(), SUBJECT, "market_serious", name, "three_years_abnormal", **PAPER, **days),
    ):
        with pytest.raises(UsageError, match="has no version") as refused:
            act("market/serious@2014-01-01")
        assert "use market/serious@2014-10-01" in str(refused.value)
