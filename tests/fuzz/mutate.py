"""Ways in which bytes, JSON, YAML and cells go wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

NASTY = (
    "",
    " ",
    "\t",
    "0",
    "-1",
    "1e400",
    "NaN",
    "-inf",
    "null",
    "true",
    "=1+1",
    "'",
    '"',
    ";--",
    "\\",
    "\x00",
    "\ufeff",
    "１２３",
    "甲\n乙",
    "\u202e",
    "9" * 40,
    "x" * 3000,
    "0.30000000000000004",
    "1,234.50",
    "￥500",
    "45413",
    "2022-02-30",
    "2022年4月",
    "2050-01-01",
    "1899-12-31",
    "20220316",
    "2022/3/1",
    "2022-03-16T00:00:00",
    "110105194912310021",
    "11010519491231002X",
    "9.14403E+17",
    "914403001922038216",
    "Tax",
    "税务",
    "../../etc/passwd",
    "%s%n",
    "{}",
    "[]",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**70,
    1e308,
    0.1,
    "",
    "x",
    "2022",
    "\ud7ff",
    [],
    [None],
    {},
    {"a": None},
    [[[]]],
    "x" * 999,
)


def bytes_of(rng: Random, raw: bytes) -> bytes:
    """Bytes changed, left out, doubled, cut off, or put in."""
    data = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        if not data:
            return bytes(data)
        at, length = rng.randrange(len(data)), rng.choice((1, 2, 8, 64, 500))
        match rng.randrange(7):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                data[at:at] = rng.randbytes(length)
            case 5:
                data[at : at + length] = bytes([rng.choice((0, 255))]) * length
            case 6:
                del data[at:]
    return bytes(data)


def json_of(rng: Random, data: Any) -> bytes:
    """A JSON text with values of other kinds, parts that are gone or twice, levels without end, or damaged bytes."""
    changed = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(changed))
        if not places:
            break
        holder, key = rng.choice(places)
        match rng.randrange(6):
            case 0 | 1 | 2:
                holder[key] = copy.deepcopy(rng.choice(VALUES))
            case 3:
                del holder[key]
            case 4:
                holder[key] = copy.deepcopy(rng.choice(places)[0])
            case 5 if isinstance(holder, dict):
                holder[rng.choice(("x", "", "scheme", "format"))] = holder.pop(key)
    text = json.dumps(changed, ensure_ascii=rng.random() < 0.3, indent=rng.choice((None, 1)))
    if rng.random() < 0.1:
        mark = rng.choice(('"', "null", ":", "1"))
        deep = rng.choice(("[" * 100_000, '{"a":' * 5000, "[" * 200 + "]" * 200, "NaN", "1" * 5000))
        text = text.replace(mark, deep, 1)
    raw = text.encode("utf-8", "surrogatepass")
    return bytes_of(rng, raw) if rng.random() < 0.15 else raw


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    parts = [data]
    while parts:
        part = parts.pop()
        keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
        for key in keys:
            yield part, key
            parts.append(part[key])


YAML_BITS = (
    "[",
    "{",
    "]",
    "}",
    "- ",
    "? ",
    ": ",
    "&a ",
    "*a",
    "!!python/object:os.system ",
    "!x ",
    "|",
    ">",
    "#",
    "'",
    '"',
    "%TAG",
    "---\n",
    "...\n",
    "\t",
    "null",
    "~",
    "yes",
    "0o17",
    "1e3",
    "010",
    ".inf",
    "2022-02-30",
    "<<: *a",
    "(a+)+b",
    "[" * 50_000,
    "{a: " * 20_000,
    "- " * 50_000,
    "? " * 20_000,
    "\x00",
    "\u0085",
    "甲",
    "{}",
    "[]",
)


def yaml_of(rng: Random, text: str) -> bytes:
    """A YAML text with lines gone, doubled, moved or indented otherwise, words exchanged, and bits put in."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not lines:
            break
        at = rng.randrange(len(lines))
        line = lines[at]
        match rng.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(rng.randrange(len(lines) + 1), line)
            case 2:
                lines[at] = " " * rng.choice((1, 2, 7)) + line
            case 3:
                lines[at] = line.lstrip()
            case 4:
                head, colon, _ = line.partition(":")
                lines[at] = f"{head}{colon} {rng.choice((*NASTY, *YAML_BITS))}"
            case 5:
                place = rng.randrange(len(line) + 1)
                lines[at] = line[:place] + rng.choice(YAML_BITS) + line[place:]
            case 6:
                words = line.split()
                lines[at] = line.replace(rng.choice(words), rng.choice(NASTY), 1) if words else "- "
            case 7:
                lines[at] = line[: rng.randrange(len(line) + 1)]
    raw = "\n".join(lines).encode("utf-8", "surrogatepass")
    return bytes_of(rng, raw) if rng.random() < 0.1 else raw
