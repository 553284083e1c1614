"""CSV for people: it opens in a spreadsheet as it reads, in any language, and no cell of it is a formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from creditscore.core.tables.table import quote

if TYPE_CHECKING:
    import duckdb

BOM = b"\xef\xbb\xbf"  # tells a spreadsheet that the text is UTF-8
# What a spreadsheet takes for the beginning of a formula, in what is left of a text; the wide forms are the same keys
# of a Chinese keyboard.
FORMULA = r"^[ \x{00a0}\x{3000}]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?"
BREAKS = r"[\t\r\n\x{2028}\x{2029}]+"
# Control characters, and signs without width that turn the order of a text
UNSEEN = r"[\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{061c}\x{202a}-\x{202e}\x{2060}\x{2066}-\x{2069}\x{feff}]"
TEXTS = ("VARCHAR", "ENUM", "UUID", "JSON")


def people_sql(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Give the SELECT of the same rows as they stand in CSV for people.

    A text that begins as a formula does gets an apostrophe in front (plain numbers do not); line breaks become blanks,
    other control characters are left out. Numbers and dates stay what they are.
    """
    columns = con.execute(f"DESCRIBE {sql}").fetchall()
    return f"SELECT {', '.join(_cell(name, str(kind)) for name, kind, *_ in columns)} FROM ({sql})"


def inert(text: str) -> str:
    """Give a text as it stands in a cell for people."""
    plain = re.sub(_python(UNSEEN), "", re.sub(_python(BREAKS), " ", text))
    begins = re.match(_python(FORMULA), plain) and not re.fullmatch(NUMBER, plain)
    return f"'{plain}" if begins or re.match(_python(BREAKS), text) else plain


def _cell(name: str, kind: str) -> str:
    column, shown = quote(name), quote(inert(name))
    if not kind.startswith(TEXTS):
        return f"{column} AS {shown}"
    text = f"CAST({column} AS VARCHAR)"
    plain = f"regexp_replace(regexp_replace({text}, '{BREAKS}', ' ', 'g'), '{UNSEEN}', '', 'g')"
    begins = f"regexp_matches({plain}, '{FORMULA}') AND NOT regexp_full_match({plain}, '{NUMBER}')"
    return f"CASE WHEN {begins} OR regexp_matches({text}, '^{BREAKS}') THEN '''' ELSE '' END || {plain} AS {shown}"


def _python(pattern: str) -> str:
    """Give a pattern of the engine as Python writes it."""
    return re.sub(r"\\x\{([0-9a-f]{4})\}", r"\\u\1", pattern)
