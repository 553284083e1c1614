"""`creditscore rules`: every family is listed, shown and described; the schemas take what ships and refuse mistakes."""

from __future__ import annotations

import importlib
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.cli.rules import load_families
from creditscore.core.errors import UsageError
from creditscore.core.yaml_source import read
from tests.paths import ROOT

FAMILIES = load_families()


def call(*args: str) -> str:
    result = CliRunner().invoke(app, ["rules", *args], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def plain(value: Any) -> Any:
    """Data as editors see them: days are texts, numbers are numbers."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def validator(name: str) -> Any:
    jsonschema = importlib.import_module("jsonschema")
    schema = json.loads(call("schema", name))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_family_that_is_declared_is_listed() -> None:
    declared = sum(
        len(re.findall(r"(?m)^(?:    )?\w+(?:: .*)? ?[=:] Family\(", file.read_text(encoding="utf-8")))
        for file in (ROOT / "src" / "creditscore").rglob("*.py")
        if file.name != "catalogue.py"
    )
    assert len(FAMILIES) == declared + 5  # the six tables of joint measures are declared in one line
    table = call("list")
    assert all(name in table for name in FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_ships_fits_its_schema(name: str) -> None:
    family, check = FAMILIES[name], validator(name)
    files = family.list_files()
    assert files
    for file in files:
        mistakes = [(list(error.path), error.message[:200]) for error in check.iter_errors(plain(read(file.file).data))]
        assert mistakes == [], file.shown


@pytest.mark.parametrize(
    ("name", "file", "change"),
    [
        ("schemes", "tax/2014", lambda data: data.pop("items")),
        ("schemes", "tax/2014", lambda data: data.update(period="month")),
        ("schemes", "tax/2014", lambda data: data.update(colour="red")),
        ("laws", "R2014A", lambda data: data.update(level="gossip")),
        ("composite", "jilin_edz/2018-06-27", lambda data: data.pop("groups")),
        ("repair", "tax/2025-07-01", lambda data: data["scope"].update(schemes=5)),
        ("publicity", "mapping", lambda data: data["rows"][0].update(evidence="sure")),
        ("retention", "retention", lambda data: data["rules"][0]["keep"].update(years="five")),
    ],
)
def test_a_schema_sees_a_mistake(name: str, file: str, change: Any) -> None:
    family, check = FAMILIES[name], validator(name)
    data = plain(read(family.find_file(file).file).data)
    assert check.is_valid(data)
    change(data)
    assert not check.is_valid(data)


def test_the_files_of_a_family_and_what_one_says() -> None:
    assert "tax/2025-07-01" in call("list", "repair")
    shown = json.loads(call("show", "repair", "tax/2025-07-01"))
    assert (shown["repair"], shown["effective_from"]) == ("tax", "2025-07-01")
    assert json.loads(call("show", "retention"))["rules"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "gossip"), "no family 'gossip'"),
        (("show", "repair"), "several files"),
        (("show", "repair", "tax/1999"), "no rule on repair"),
        (("schema", "gossip"), "no family"),
        (("list", "gossip"), "no family"),
    ],
)
def test_a_name_that_is_none(args: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call(*args)
