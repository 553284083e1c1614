"""CSV files: which encoding, which columns, and a UTF-8 copy where DuckDB could not read the original."""

from __future__ import annotations

import codecs
import csv
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from creditscore.boundary import require_plain
from creditscore.errors import InputError

CHUNK = 1 << 24
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
    """`utf-8-sig` (with or without a mark) or `gb18030`; InputError for anything else."""
    require_plain(path)
    with path.open("rb") as stream:
        head = stream.readline(CHUNK)
    is_marked = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if is_marked or b"\0" in head:
        raise InputError(
            "the file is UTF-16" if is_marked else "the first line holds zero bytes, as UTF-16 without its mark does",
            where=str(path),
            allowed="UTF-8 or GB18030",
            next="save it as CSV UTF-8",
        )
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise InputError("the file is neither UTF-8 nor GB18030", where=str(path), next="save it as CSV UTF-8")


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
                writer.writerow(cell if how == "whole" else "1"[: how == "filled" and bool(cell.strip())]
                                for cell, how in pairs)  # fmt: skip
        except csv.Error:
            raise InputError(f"not a well-formed CSV file, line {reader.line_num}", where=str(path),
                             next="export the file again") from None  # fmt: skip
    return Path(target.name)


def header_of(path: Path, encoding: str) -> list[str]:
    """The names in the first line; InputError if there is none."""
    with path.open(encoding=encoding, newline="") as stream:
        try:
            names = next(csv.reader(stream), [])
        except csv.Error:
            raise InputError(
                "the first line is not a header",
                where=str(path),
                allowed="column names between commas",
                next="export the file again",
            ) from None
    names = [unicodedata.normalize("NFKC", name).strip() for name in names]
    if not any(names):
        raise InputError("the file is empty: it has no header line", where=str(path),
                         next="give at least a line of column names")  # fmt: skip
    return names
