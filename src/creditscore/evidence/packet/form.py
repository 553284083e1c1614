"""The shape of packet.json: one line for each thing given, a check for each of these lines, results below.

`inputs` is what cannot be computed: each part a list, each row of it one line of the file. `provenance` holds for each
part its SHA-256 and eight hex digits per row, so that a changed line is known by its number. `results` follow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = 2
KIND = "creditscore-packet"
WIDE = 110  # a value that is no longer than this stands on one line
CHECK = 8  # hex digits of a line's check
Packet = dict[str, Any]


def line_of(value: Any) -> str:
    """A value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def provenance(inputs: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """For each part of the inputs: its rows, the hash of them all, and the check of each."""
    result = []
    for part, rows in inputs.items():
        lines = [line_of(row) for row in rows]
        checks = "".join(hashlib.sha256(f"{part}\n{line}".encode()).hexdigest()[:CHECK] for line in lines)
        whole = hashlib.sha256("\n".join([part, *lines]).encode()).hexdigest()
        result.append({"part": part, "rows": len(rows), "sha256": whole, "checks": checks})
    return result


def assembled(inputs: Mapping[str, list[Any]], results: Mapping[str, Any]) -> Packet:
    """The whole packet; `digest` covers inputs and results."""
    held = provenance(inputs)
    results = json.loads(json.dumps(results))  # as it will be read again: lists, not tuples
    whole = hashlib.sha256("\n".join([*map(line_of, held), *shown(results, 0)]).encode()).hexdigest()
    return {
        "kind": KIND,
        "format": FORMAT,
        "digest": f"sha256:{whole}",
        "inputs": dict(inputs),
        "provenance": held,
        "results": results,
    }


def text_of(packet: Mapping[str, Any]) -> str:
    """The file: the same text for the same packet."""
    return "\n".join(line for _, line in numbered(packet)) + "\n"


def numbered(packet: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int] | None, str]]:
    """Each line of the file; before a row of the inputs, or an entry of the provenance, its part and place."""
    yield None, "{"
    last = list(packet)[-1]
    for name, value in packet.items():
        comma = "" if name == last else ","
        if name == "inputs":
            yield None, f" {line_of(name)}: {{"
            parts = list(value)
            for part, rows in value.items():
                yield None, f"  {line_of(part)}: ["
                for k, row in enumerate(rows):
                    yield (part, k), f"   {line_of(row)}{',' if k + 1 < len(rows) else ''}"
                yield None, f"  ]{',' if part != parts[-1] else ''}"
            yield None, f" }}{comma}"
        elif name == "provenance":
            yield None, f" {line_of(name)}: ["
            for k, row in enumerate(value):
                yield ("provenance", k), f"  {line_of(row)}{',' if k + 1 < len(value) else ''}"
            yield None, f" ]{comma}"
        else:
            lines = shown(value, 1)
            lines[0] = f" {line_of(name)}: {lines[0]}"
            lines[-1] += comma
            yield from ((None, line) for line in lines)
    yield None, "}"


def shown(value: Any, depth: int) -> list[str]:
    """A value as lines; what is flat or short stands on one."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    one_line = line_of(value)
    if (
        not isinstance(value, dict | list)
        or len(one_line) <= WIDE
        or (isinstance(value, dict) and not any(isinstance(item, dict | list) and item for item in inner))
    ):
        return [one_line]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    pairs = list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
    lines = [opening]
    for k, (name, item) in enumerate(pairs):
        under = shown(item, depth + 1)
        head = "" if name is None else f"{line_of(name)}: "
        under[0] = " " * (depth + 1) + head + under[0]
        under[-1] += "," if k + 1 < len(pairs) else ""
        lines += under
    return [*lines, " " * depth + closing]
