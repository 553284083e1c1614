"""CSV files: which encoding, which columns, and a UTF-8 copy where DuckDB could not read the original."""

from __future__ import annotations

import codecs
import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from creditscore.core.boundary import require_plain
from creditscore.core.errors import InputError

CHUNK = 1 << 24
SAMPLE = 1 << 18  # bytes by which Big5 and Shift-JIS are known
LEAST_SIGNS = 12  # different signs outside ASCII: with fewer, chance decides
MOST_COMMON = 0.85  # share of signs of GB 2312 above which the words of a file are those of GB18030
LEAST_COMMON = 0.95  # share of common signs from which they are those of another encoding
ENCODINGS = "UTF-8 (with or without its mark), UTF-16 with its mark, or GB18030"
Reading = Literal["whole", "filled", "not"]


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(path: Path) -> str:
    """`utf-8-sig` (with or without a mark), `utf-16` (with its mark) or `gb18030`; InputError for anything else."""
    require_plain(path)
    with path.open("rb") as stream:
        head = stream.readline(CHUNK)
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if _decodes(path, "utf-16"):
            return "utf-16"
        raise InputError("core.file_utf_damaged", where=str(path))
    if b"\0" in head:
        raise InputError("core.first_line_holds_zero_bytes_utf", where=str(path))
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            if encoding == "gb18030":
                _refuse_other(path)
            return encoding
    raise InputError("core.file_neither_utf_nor_utf_nor", where=str(path))


def _refuse_other(path: Path) -> None:
    """InputError where the bytes are words in Big5 or Shift-JIS, and rare signs in GB18030.

    Every byte sequence of these is one of GB18030 too, so only the words tell: at least `LEAST_SIGNS` different ones,
    of which many are outside the common signs of GB 2312, and nearly all common in the other encoding.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE)
        sample += stream.readline(SAMPLE)  # no line feed is part of a sign
    in_gb = _signs(sample, "gb18030")
    if len(in_gb) < LEAST_SIGNS or _share(in_gb, _is_common_gb) > MOST_COMMON:
        return
    for encoding, name, is_common in (("cp950", "Big5", _is_common_big5), ("cp932", "Shift-JIS", _is_common_jis)):
        signs = _signs(sample, encoding)
        if len(signs) >= LEAST_SIGNS and _share(signs, is_common) >= LEAST_COMMON:
            raise InputError("core.file_words", name=name, where=str(path))


def _signs(sample: bytes, encoding: str) -> Counter[str]:
    """How often each sign outside ASCII stands in a sample; nothing where it is no text of the encoding."""
    try:
        return Counter(sign for sign in sample.decode(encoding) if sign > "\x7f")
    except UnicodeDecodeError:
        return Counter()


def _share(signs: Counter[str], holds: Callable[[str], bool]) -> float:
    return sum(count for sign, count in signs.items() if holds(sign)) / signs.total()


def _is_common_gb(sign: str) -> bool:
    return len(sign.encode("gb2312", "ignore")) == 2


def _is_common_big5(sign: str) -> bool:
    return b"\xa1\x40" <= sign.encode("cp950") <= b"\xc6\x7e"  # punctuation, and the 5,401 signs of its first level


def _is_common_jis(sign: str) -> bool:
    return b"\x81\x40" <= sign.encode("cp932") <= b"\x98\x72"  # kana, and the 2,965 signs of its first level


def as_utf8(path: Path, encoding: str, folder: Path) -> Path:
    """The file itself, or a UTF-8 copy of it in `folder`."""
    if encoding == "utf-8-sig":
        return path
    decoder = codecs.getincrementaldecoder(encoding)()
    with (
        path.open("rb") as source,
        tempfile.NamedTemporaryFile("wb", dir=folder, suffix=".csv", delete=False) as target,
    ):
        while chunk := source.read(CHUNK):
            target.write(decoder.decode(chunk).encode())
        target.write(decoder.decode(b"", final=True).encode())
    return Path(target.name)


def as_utf8_in_part(path: Path, encoding: str, folder: Path, columns: Sequence[Reading]) -> Path:
    """A UTF-8 copy in `folder` with the same columns, in which cells that are not to be read are empty.

    Of a column read as `filled` the copy holds 1 where the cell has content.
    """
    with (
        path.open(encoding=encoding, newline="") as source,
        tempfile.NamedTemporaryFile(
            "w", dir=folder, suffix=".csv", delete=False, encoding="utf-8", newline=""
        ) as target,
    ):
        reader, writer = csv.reader(source), csv.writer(target, lineterminator="\n")
        writer.writerow(next(reader, []))
        try:
            for row in reader:
                pairs = zip(row, [*columns, *["not"] * max(0, len(row) - len(columns))], strict=False)
                writer.writerow(
                    cell if how == "whole" else "1"[: how == "filled" and bool(cell.strip())] for cell, how in pairs
                )
        except csv.Error:
            raise InputError("core.not_well_formed_csv_file_line", line_num=reader.line_num, where=str(path)) from None
    return Path(target.name)


def header_of(path: Path, encoding: str) -> list[str]:
    """The names in the first line; InputError if there is none."""
    with path.open(encoding=encoding, newline="") as stream:
        try:
            names = next(csv.reader(stream), [])
        except csv.Error:
            raise InputError("core.first_line_not_header", where=str(path)) from None
    names = [name.strip() for name in names]
    if not any(names):
        raise InputError("core.file_empty_no_header_line", where=str(path))
    return names
