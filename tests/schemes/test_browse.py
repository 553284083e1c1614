"""What the library shows of itself: versions in force on a day, one version, its head."""

from __future__ import annotations

from datetime import date

import pytest

from creditscore.cli.main import app
from creditscore.core.errors import NotInForce, UsageError
from creditscore.schemes import browse, registry


@pytest.mark.parametrize(
    ("day", "name"),
    [("2024-12-31", "tax@2014"), ("2025-01-01", "tax@2025"), ("2025-06-30", "tax@2025"), ("2025-12-31", "tax@2025")],
)
def test_in_force_is_what_holds_on_the_day(day: str, name: str) -> None:
    assert [scheme.name for scheme in browse.list(day) if scheme.scheme == "tax"] == [name]
    assert browse.pick("tax", on=day).name == name


@pytest.mark.parametrize("day", ["2025-06-30", "2025-12-31"])
def test_the_command_says_the_same(day: str) -> None:
    from typer.testing import CliRunner

    output = CliRunner().invoke(app, ["scheme", "in-force", "--on", day], env={"COLUMNS": "2000"}).output
    table, _, after = output.partition("the last whole year, 2024, is graded by: ")
    lines = [line.strip() for line in table.splitlines()]
    assert [line for line in lines if line.startswith("tax@")] == ["tax@2025"]
    assert all(scheme.name in lines for scheme in browse.list(day))
    assert ("tax@2014" in after) == (day == "2025-06-30")


def test_what_grades_the_last_whole_year_is_another_question() -> None:
    assert browse.list_last_graded(date(2025, 12, 31)) == ()
    graded = browse.list_last_graded(date(2025, 6, 30))
    assert graded
    assert all(registry.find(scheme.scheme, 2024) == scheme for scheme in graded)


def test_without_a_day_every_version() -> None:
    assert len(browse.list()) == len(registry.entries())
    assert browse.pick("tax").name == "tax@2025"


def test_a_day_without_rules_and_a_day_that_is_none() -> None:
    with pytest.raises(NotInForce, match="2001"):
        browse.pick("tax", on="2001-06-30")
    with pytest.raises(UsageError, match="not a day"):
        browse.list("June")


def test_the_head_of_a_version() -> None:
    assert browse.show("tax@2014")["in force"] == "from 2014 to before 2025"
