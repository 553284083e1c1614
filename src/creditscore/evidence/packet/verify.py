"""`verify`: every number of a packet computed again from the packet alone, and the line that was changed, named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.errors import CreditscoreError, InputError
from creditscore.core.json_source import parse_json
from creditscore.core.version import __version__
from creditscore.evidence.packet.form import CHECK, FORMAT, KIND, assembled, line_of, numbered, provenance, text_of
from creditscore.evidence.packet.gather import TABLES, about_of, model_rows
from creditscore.evidence.packet.proof import find_proof_fault
from creditscore.evidence.packet.results import compute
from creditscore.evidence.packet.shape import lacking, odd_rows

PARTS = (
    "about",
    "case",
    "disputed",
    *TABLES,
    "refused",
    "model",
    "scheme",
    "version_before",
    "laws",
    "rules",
    "calendar",
)
SOME = ("refused_rows", "refused_faults", "accepted", "proof")  # of subjects with refused rows; of cases on a log
SHOWN = 160  # characters of a line in a message


@dataclass(frozen=True)
class Changed:
    """A line that is not what it was: file, line number (from 1), where in the data, what stands and what should.

    `expected` is empty where nobody can say what stood there: an input is known by its check alone. `words`: another
    version of the package words it otherwise and says the same.
    """

    file: str
    line: int
    place: str
    stands: str
    expected: str = ""
    words: bool = False


def verify_text(text: str, file: str = "packet.json") -> list[Changed]:
    """The changed lines of the file; empty when all is as it was written. An input that was changed is named alone:
    what follows from it follows from another input.
    """
    try:
        packet = parse_json(text, file)
    except InputError as error:
        line_number = getattr(error.__cause__, "lineno", 1)
        return [Changed(file, line_number, "JSON", _line(text, line_number), f"can be read ({error.what})")]
    if not isinstance(packet, dict) or packet.get("kind") != KIND or packet.get("format") != FORMAT:
        wanted = f'"kind": "{KIND}", "format": {FORMAT}'
        return [Changed(file, _find(text, '"kind"', '"format"'), "kind", _line(text, 2), wanted)]
    missing, key = _shape(packet)
    if missing:
        entries = {place: k for k, (place, _) in enumerate(numbered(packet), start=1)} if key else {}
        line_number = entries.get(key, 1)
        return [
            Changed(
                file, line_number, missing, _line(text, line_number) if key else "", "a part of the inputs, its rows"
            )
        ]
    odd = list(odd_rows(packet["inputs"]))
    if odd:
        entries = {place: k for k, (place, _) in enumerate(numbered(packet), start=1)}
        return [
            Changed(file, entries[part, k], f"inputs.{part}[{k}]", _cut(line_of(packet["inputs"][part][k])), allowed)
            for part, k, allowed in odd
        ]
    again = text_of(packet)
    if again != text:
        return [_first(file, text, again, "as written: one line per row, nothing twice")]
    changed_lines = list(_inputs(packet, file))
    if changed_lines:
        return changed_lines
    short = lacking(packet["inputs"])
    if short:
        line_number = _find(text, f'"{short[0]}"')
        return [Changed(file, line_number, f"inputs.{short[0]}", _line(text, line_number), short[1])]
    proof = packet["inputs"].get("proof", [])
    fault = find_proof_fault(proof, packet["inputs"]["case"]) if proof else ""
    if fault:
        return [Changed(file, _find(text, '"proof"'), "inputs.proof", fault, "a proof of a step of this case")]
    try:
        model = packet["inputs"]["model"]
        if model:
            model_rows({**model[0], "shares": model[1:]}, about_of(packet["inputs"])["subject_id"])
        results = json.loads(json.dumps(compute(packet["inputs"])))  # as they are written: lists, not tuples
    except CreditscoreError as error:
        return [Changed(file, 1, "inputs", str(error).splitlines()[0], "can be graded")]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # made by somebody, hashes and all
        return [Changed(file, 1, "inputs", f"{type(error).__name__}: {error}", "inputs that a packet can have")]
    whole = text_of(assembled(packet["inputs"], results))
    if whole == text:
        return []
    digest = assembled(packet["inputs"], packet["results"])["digest"]
    lines, computed = text.split("\n"), whole.split("\n")
    differing = [
        k for k, (a, b) in enumerate(zip(lines, computed, strict=False)) if a != b and not a.startswith(' "digest"')
    ]
    if not differing and len(lines) == len(computed):
        line_number = next(k for k, line in enumerate(lines) if line.startswith(' "digest"'))
        return [Changed(file, line_number + 1, "digest", packet["digest"], digest)]
    line_number = differing[0] if differing else min(len(lines), len(computed))
    stands, wanted = (side[line_number] if line_number < len(side) else "" for side in (lines, computed))
    place, words = _place(packet["results"], results, "results"), False
    if version_of(packet) != __version__:
        place += f" (written by version {version_of(packet)}, computed by {__version__})"
        words = packet["digest"] == digest and without_words(packet["results"]) == without_words(results)
    changed = [Changed(file, line_number + 1, place, *_around(stands, wanted), words)]
    if len(lines) == len(computed):
        changed += [Changed(file, k + 1, "results", *_around(lines[k], computed[k]), words) for k in differing[1:]]
    return changed


def without_words(value: Any) -> Any:
    """What a packet says without its words: labels in two languages, and sentences that say why there is nothing."""
    if isinstance(value, list):
        return [without_words(part) for part in value]
    if not isinstance(value, dict):
        return value
    words = ("zh", "en") if {"zh", "en"} <= value.keys() else ()
    return {
        name: bool(part) if name == "why" and isinstance(part, str) else without_words(part)
        for name, part in value.items()
        if name not in words
    }


def _inputs(packet: Mapping[str, Any], file: str) -> Iterator[Changed]:
    """Rows of the inputs that do not fit their check, and entries of the provenance that were changed instead."""
    stated, computed = packet["provenance"], provenance(packet["inputs"])
    places = {place: k for k, (place, _) in enumerate(numbered(packet), start=1) if place is not None}
    for k, (stated_part, data) in enumerate(zip(stated, computed, strict=False)):
        if stated_part == data:
            continue
        own = places["provenance", k]
        part, rows = data["part"], packet["inputs"][data["part"]]
        checks = [stated_part["checks"][i : i + CHECK] for i in range(0, len(stated_part["checks"]), CHECK)]
        now = [data["checks"][i : i + CHECK] for i in range(0, len(data["checks"]), CHECK)]
        odd = [i for i in range(len(rows)) if i >= len(checks) or checks[i] != now[i]]
        if stated_part["sha256"] != data["sha256"] and odd and stated_part["part"] == part:
            if len(rows) != stated_part["rows"]:
                yield Changed(
                    file,
                    places.get((part, odd[0]), own),
                    f"inputs.{part}",
                    _cut(line_of(rows[odd[0]])),
                    f"{stated_part['rows']} rows in all",
                )
                continue
            for i in odd:
                yield Changed(file, places[part, i], f"inputs.{part}[{i}]", _cut(line_of(rows[i])))
        elif stated_part["sha256"] != data["sha256"] and stated_part["rows"] > len(rows):
            yield Changed(file, own, f"inputs.{part}", f"{len(rows)} rows", f"{stated_part['rows']} rows")
        else:  # the rows fit one another: what was changed is what is said of them
            yield Changed(file, own, f"provenance[{k}]", _cut(line_of(stated_part)), _cut(line_of(data)))
    if len(stated) != len(computed):
        yield Changed(
            file, places.get(("provenance", 0), 1), "provenance", f"{len(stated)} parts", f"{len(computed)} parts"
        )


def _shape(packet: Mapping[str, Any]) -> tuple[str, tuple[str, int] | None]:
    """What of the packet's shape is missing, and at which entry; empty where all is there."""
    inputs, held, results = (packet.get(name) for name in ("inputs", "provenance", "results"))
    if not isinstance(inputs, dict) or not isinstance(held, list) or not isinstance(results, dict):
        return "inputs, provenance, results", None
    for part in dict.fromkeys([*PARTS, *inputs]):
        if part not in (*PARTS, *SOME) or not isinstance(inputs.get(part), list):
            return f"inputs.{part}", None
    keys = {"part": str, "rows": int, "sha256": str, "checks": str}
    for k, row in enumerate(held):
        if not isinstance(row, dict) or any(not isinstance(row.get(name), kind) for name, kind in keys.items()):
            return f"provenance[{k}]", ("provenance", k)
    return "", None


def version_of(packet: Mapping[str, Any]) -> str:
    """The version of the package that made a packet."""
    return next((str(row["value"]) for row in packet["inputs"]["about"] if row.get("name") == "package"), "")


def _place(stands: Any, wanted: Any, path: str) -> str:
    """The path of the first leaf that differs."""
    if isinstance(stands, dict) and isinstance(wanted, dict):
        for name in dict.fromkeys([*wanted, *stands]):
            if stands.get(name) != wanted.get(name) or (name in stands) != (name in wanted):
                return _place(stands.get(name), wanted.get(name), f"{path}.{name}")
    if isinstance(stands, list) and isinstance(wanted, list):
        for k, (a, b) in enumerate(zip(stands, wanted, strict=False)):
            if a != b:
                return _place(a, b, f"{path}[{k}]")
    return path


def first_line(file: str, text: str, wanted: str, place: str, *, words: bool = False) -> Changed | None:
    """The first line in which two texts differ; None where they are equal."""
    return None if text == wanted else _first(file, text, wanted, place, words)


def _first(file: str, text: str, wanted: str, place: str, words: bool = False) -> Changed:
    lines, others = text.split("\n"), wanted.split("\n")
    pairs = zip(lines, others, strict=False)
    line_number = next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(lines), len(others)))
    stands, expected = (side[line_number] if line_number < len(side) else "" for side in (lines, others))
    return Changed(file, line_number + 1, place, *_around(stands, expected), words)


def _around(stands: str, expected: str) -> tuple[str, str]:
    """Two lines cut to the place where they differ."""
    if max(len(stands), len(expected)) <= SHOWN:
        return stands.strip(), expected.strip()
    pairs = zip(stands, expected, strict=False)
    at = next((k for k, (a, b) in enumerate(pairs) if a != b), min(len(stands), len(expected)))
    begin = max(0, at - SHOWN // 2)
    return tuple(("…" if begin else "") + pair[begin : begin + SHOWN] for pair in (stands, expected))  # type: ignore[return-value]


def _cut(line: str) -> str:
    line = line.strip()
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return _cut(lines[number - 1]) if 0 < number <= len(lines) else ""


def _find(text: str, *names: str) -> int:
    for k, line in enumerate(text.split("\n"), start=1):
        if line.strip().startswith(names):
            return k
    return 1


def fingerprint(text: str) -> str:
    """SHA-256 of a file's text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
