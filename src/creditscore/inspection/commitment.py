"""The commitment: everything a draw depends on but the public value, fixed and logged before that value exists."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import is_resident
from creditscore.core.json_source import parse_object, require
from creditscore.core.patterns import is_match, require_pattern
from creditscore.inspection.order import METHOD
from creditscore.inspection.rows import day_of, read_text, rows_of, table_hash

FORMAT = "creditscore-inspection-commitment"
AGAIN = "give the folder that `creditscore supervise commit` wrote"
FEWEST_VALUES = 1_000_000
TABLES = ("frame.csv", "strata.csv", "inspectors.csv", "conflicts.csv", "last_visits.csv")


@dataclass(frozen=True)
class Randomness:
    """Describe a public value of the future that decides a draw.

    `check` says whether it can serve: source, reading and pattern must not be empty, the pattern must not match an
    empty value, and there must be at least 1,000,000 equally likely values.

    Parameters
    ----------
    source
        Which value it is, such as the number of a lottery draw; it is published.
    on
        The day on which the value becomes known.
    read
        How the value is read at its source, such as `numbers in order of size`; it is published.
    pattern
        A regular expression (RE2) that the whole value must match, blanks left out.
    values
        The number of equally likely values. With few of them somebody could prepare many frames and commit to the one
        that suits.
    """

    source: str
    on: date
    read: str
    pattern: str
    values: int

    def check(self) -> None:
        """UsageError where it cannot serve."""
        for name in ("source", "read", "pattern"):
            if not getattr(self, name).strip():
                raise UsageError("inspection.public_value_empty", name=name)
        if any(is_resident(name) for name in (self.source, self.read)):
            raise UsageError("inspection.resident_identity_number_words_about_public")
        require_pattern(self.pattern, "the pattern of the public value")
        if is_match(self.pattern, "", whole=True):
            raise UsageError("inspection.pattern_allows_empty_value")
        digits = re.fullmatch(r"\[(0-9|0-9a-f)\]\{([0-9]{1,4})\}", self.pattern)
        if digits and self.values > (10 if digits[1] == "0-9" else 16) ** int(digits[2]):
            raise UsageError("inspection.fewer_values", pattern=self.pattern, values=self.values)
        if self.values < FEWEST_VALUES:
            raise UsageError(
                "inspection.public_value_only_possible_values", values=self.values, fewest_values=FEWEST_VALUES
            )

    def canonical(self, value: str) -> str:
        """The value as it enters the key: without blanks; UsageError where it does not match the pattern."""
        plain = "".join(value.split())
        require_pattern(self.pattern, "the pattern that was committed to")
        if not is_match(self.pattern, plain, whole=True):
            raise UsageError("inspection.not_value_committed", value=value[:80], pattern=self.pattern, read=self.read)
        return plain


@dataclass(frozen=True)
class Commitment:
    """`content` is what commitment.json holds; `hash` is SHA-256 of its canonical text."""

    content: dict[str, Any]

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @property
    def canonical(self) -> str:
        """JSON with sorted keys and without blanks."""
        return json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def draw_id(self) -> str:
        return self.hash[:16]

    @property
    def randomness(self) -> Randomness:
        about = self.content["randomness"]
        return Randomness(
            about["source"], date.fromisoformat(about["on"]), about["read"], about["pattern"], about["values"]
        )

    @property
    def committed_on(self) -> date:
        return date.fromisoformat(self.content["committed_on"])


def make_commitment(
    manifest: dict[str, Any], tables: dict[str, str], about: Randomness, on: date, *, replayed: bool = False
) -> Commitment:
    """The commitment of a plan. It names no class and no organisation: hashes, sizes, method and the public value.

    `replayed` says that days of the past are played again, so that it proves nothing about their order.
    UsageError when `on` is not before the day of the public value, or that day lies after the first window.
    """
    about.check()
    if on >= about.on:
        raise UsageError("inspection.committed_public_value", on=on, on_2=about.on)
    first_ends = window_days(manifest["year"], 1, manifest["windows"])[1]
    if about.on > first_ends:
        raise UsageError(
            "inspection.public_value_when_first_window_over", on=about.on, year=manifest["year"], first_ends=first_ends
        )
    _, strata = rows_of(tables["strata.csv"])
    subjects = {row["subject_id"] for row in rows_of(tables["frame.csv"])[1]}
    people = {row["inspector_id"] for row in rows_of(tables["inspectors.csv"])[1]}
    conflicts = rows_of(tables["conflicts.csv"])[1]
    barring = sum(row["inspector_id"] in people and row["subject_id"] in subjects for row in conflicts)
    departments = {name: programme["department"] for name, programme in manifest["programmes"].items()}
    return Commitment(
        {
            "format": FORMAT,
            "method": METHOD,
            "creditscore": manifest["creditscore"],
            "plan": manifest["run_id"],
            "year": manifest["year"],
            "windows": manifest["windows"],
            "committed_on": str(on),
            "randomness": {
                "source": about.source,
                "on": str(about.on),
                "read": about.read,
                "pattern": about.pattern,
                "values": about.values,
            },
            "tables": {name: table_hash(tables[name]) for name in TABLES},
            "strata": {row["stratum"]: {"units": int(row["units"]), "visits": int(row["visits"])} for row in strata},
            "departments": dict(sorted(Counter(departments.values()).items())),
            "rules": {
                name: {key: pair[key] for key in ("department", "certificate", "team", "visit_days", "off_site_days")}
                for name, pair in sorted(manifest["programmes"].items())
            },
            "conflicts": {"declared": len(conflicts), "of_listed_inspectors_and_subjects": barring},
            "internal": manifest["internal"],
            "replayed": replayed,
        }
    )


def window_days(year: int, window: int, windows: int) -> tuple[date, date]:
    """First and last day of a window of whole months."""
    months = 12 // windows
    first = date(year, (window - 1) * months + 1, 1)
    after = date(year + 1, 1, 1) if window == windows else date(year, window * months + 1, 1)
    return first, after - timedelta(days=1)


def read_commitment(folder: Path) -> Commitment:
    """The commitment of a folder; InputError where it is none."""
    content = parse_object(read_text(folder, "commitment.json"), "commitment.json", folder)
    if content.get("format") != FORMAT:
        raise InputError("inspection.commitment_json_no_commitment", where=str(folder))
    if content.get("method") != METHOD:
        raise InputError("inspection.draw_committed_another_method", content=content.get("method"), allowed=METHOD)
    commitment = Commitment(content)
    require(content, "commitment.json", folder, {"tables": dict, "strata": dict, "rules": dict, "randomness": dict})
    try:
        day_of(content["committed_on"], "committed_on")
        _ = commitment.randomness, content["tables"], content["strata"], content["rules"], content["windows"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("inspection.commitment_json_lacks_spoils", error=error, where=str(folder)) from error
    return commitment


def read_tables(folder: Path) -> dict[str, str]:
    """The committed tables of a folder."""
    return {name: read_text(folder, name) for name in TABLES}


def changed_tables(commitment: Commitment, tables: dict[str, str]) -> list[str]:
    """The tables that are not those committed to."""
    return [name for name in TABLES if table_hash(tables[name]) != commitment.content["tables"][name]]
