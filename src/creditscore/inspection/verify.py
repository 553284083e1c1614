"""Is a draw what its commitment and its public value make it: everything computed again, the first difference named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path

from creditscore.core.boundary import outside
from creditscore.core.errors import CreditscoreError, InputError
from creditscore.core.json_source import parse_object
from creditscore.inspection.commitment import Commitment, changed_tables, read_commitment, read_tables
from creditscore.inspection.draw import draw_json, run_draw
from creditscore.inspection.rows import day_of, probability_text, read_text, rows_of

SCRIPT = "verify_draw.py"


@dataclass(frozen=True)
class Difference:
    """Something that is not as it must be: in which file, where in it, what is there and what must be."""

    file: str
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}, {self.where}: {self.found or 'nothing'}, must be {self.expected or 'nothing'}"


@dataclass(frozen=True)
class Checked:
    """What was computed again, and the first difference (None where all is as it must be)."""

    draw_id: str
    units: int
    visits: int
    first: Difference | None
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.first is None


def verify_draw(folder: Path | str, published: str | None = None) -> Checked:
    """Run the draw of a folder again and name the first difference.

    Compares hashes, strata, probabilities, order, visits and teams. Needs no network and no store; `verify_draw_in`
    compares with the store that logged the draw, too.

    Parameters
    ----------
    folder
        The folder of a draw, as `draw_visits` wrote it.
    published
        The hash of the commitment as somebody noted it before the draw; None where nobody did.

    Returns
    -------
    Checked
        The draw, its numbers of units and visits (visits are 0 where something differs), the first difference (None
        where all is as it must be), and notes on what the check cannot prove. `ok` is True without a difference.

    Raises
    ------
    InputError
        Where a file is missing or is not that of a draw.

    Examples
    --------
    >>> verify_draw("out/draw").ok  # doctest: +SKIP
    True
    """
    with outside("the draw", folder, "ask for the folder again from whoever drew"):
        return _verified(Path(folder), published)


def script_text() -> str:
    """Return the stand-alone script that runs a draw again."""
    return (Path(__file__).parent / "stand_alone.py").read_text(encoding="utf-8")


def _verified(place: Path, published: str | None) -> Checked:
    commitment = read_commitment(place)
    tables = read_tables(place)
    if not (place / "draw.json").exists() and not (place / SCRIPT).exists():
        raise InputError(
            "inspection.draw_committed_not_drawn_yet",
            draw_id=commitment.draw_id,
            on=commitment.randomness.on,
            where=str(place),
        )
    notes = []
    if commitment.content.get("replayed"):
        notes.append("days of the past were played again: the order of commitment and value is not proved")
    if published is None:
        notes.append("without the store or the published hash, nothing says when this commitment was made")
    if read_text(place, SCRIPT) != script_text():
        notes.append(f"{SCRIPT} in the folder is not the script of this version; do not believe what it says unread")
    first = next(_differences(place, commitment, tables), None)
    if published is not None and published.strip().lower() != commitment.hash:
        first = Difference("commitment.json", "its hash", commitment.hash, published.strip().lower()[:64])
    units = sum(row["units"] for row in commitment.content["strata"].values())
    visits = 0 if first is not None else len(rows_of(read_text(place, "visits.csv"))[1])
    return Checked(commitment.draw_id, units, visits, first, tuple(notes))


def _differences(place: Path, commitment: Commitment, tables: dict[str, str]) -> Iterator[Difference]:
    """In the order in which a draw comes about, so that the first is the cause of those after it."""
    for name in changed_tables(commitment, tables):
        yield Difference(name, "its hash", "another table", commitment.content["tables"][name])
    if commitment.committed_on >= commitment.randomness.on:
        yield Difference(
            "commitment.json", "committed_on", str(commitment.committed_on), f"before {commitment.randomness.on}"
        )
    yield from _strata(commitment, tables)
    yield from _probabilities(tables)
    try:
        data = parse_object(read_text(place, "draw.json"), "draw.json", place)
        value, day = str(data["value"]), day_of(str(data["drawn_on"]), "drawn_on")
        named = str(data["commitment_hash"])
    except (KeyError, TypeError) as error:
        raise InputError("inspection.draw_json_none_draw", error=error, where=str(place)) from error
    if named != commitment.hash:
        yield Difference("commitment.json", "its hash", commitment.hash, named)
    if day < commitment.randomness.on:
        yield Difference("draw.json", "drawn_on", str(day), f"{commitment.randomness.on} or later")
    try:
        outcome = run_draw(commitment, tables, value)
    except CreditscoreError as error:
        yield Difference("draw.json", "value", value, error.what)
        return
    for name, text in outcome.files.items():
        yield from _lines(name, read_text(place, name), text)
    yield from _lines("draw.json", read_text(place, "draw.json"), draw_json(commitment, value, day, outcome))


def _strata(commitment: Commitment, tables: dict[str, str]) -> Iterator[Difference]:
    sizes = Counter(row["stratum"] for row in rows_of(tables["frame.csv"])[1])
    row_by_stratum = {row["stratum"]: row for row in rows_of(tables["strata.csv"])[1]}
    for name in sorted(sizes.keys() | row_by_stratum.keys() | commitment.content["strata"].keys()):
        numbers = commitment.content["strata"].get(name, {"units": 0, "visits": 0})
        row = row_by_stratum.get(name, {"units": "0", "visits": "0"})
        if sizes[name] != numbers["units"]:
            yield Difference("frame.csv", f"stratum {name}", f"{sizes[name]} units", str(numbers["units"]))
        if (row["units"], row["visits"]) != (str(numbers["units"]), str(numbers["visits"])):
            text, wanted = f"{row['visits']} of {row['units']}", f"{numbers['visits']} of {numbers['units']}"
            yield Difference("strata.csv", f"stratum {name}", text, wanted)


def _probabilities(tables: dict[str, str]) -> Iterator[Difference]:
    """n/N of the stratum, and 1 − Π(1 − π) over the programmes of a subject."""
    rows = rows_of(tables["frame.csv"])[1]
    own = {
        row["stratum"]: min(Fraction(int(row["visits"]), int(row["units"])), Fraction(1))
        for row in rows_of(tables["strata.csv"])[1]
    }
    missed: dict[str, Fraction] = {}
    for row in rows:
        chance = own.get(row["stratum"], Fraction(0))
        missed[row["subject_id"]] = missed.get(row["subject_id"], Fraction(1)) * (1 - chance)
    for row in rows:
        for name, value in (
            ("probability", own.get(row["stratum"], Fraction(0))),
            ("joint_probability", 1 - missed[row["subject_id"]]),
        ):
            if (row[name], row[f"{name}_decimal"]) != probability_text(value):
                yield Difference("frame.csv", f"{name} of {row['unit']}", row[name], str(value))


def _lines(name: str, text: str, expected: str) -> Iterator[Difference]:
    for number, (value, other) in enumerate(zip_longest(text.splitlines(), expected.splitlines(), fillvalue=""), 1):
        if value != other:
            yield Difference(name, f"line {number}", value, other)
