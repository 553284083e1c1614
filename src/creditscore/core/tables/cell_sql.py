"""SQL for reading cells: text, days, amounts.

Two steps, so that nothing is computed twice: `text` and `code` clean a column of the input; `day`, `number` and
the others read a cleaned column `x`. An absent cell gives NULL; one that cannot be read gives a sentinel, which
the pass over the table turns into a fault. Numbers never pass through a binary float; a column of binary floats
is read at the six decimals of the contract, rounded half up from the shortest decimal form of each.
"""

from __future__ import annotations

from creditscore.core.errors import InputError
from creditscore.core.identity import INVISIBLE
from creditscore.core.quantities import MICRO
from creditscore.core.tables.table import literal, quote

BAD_DAY = 99_999_999
BAD_NUMBER = -1

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "  "
# In running text only digits, letters and the signs of numbers are folded: full-width brackets belong to names.
_KEPT = [place for place, letter in enumerate(_NARROW) if letter.isalnum() or letter in ".-+%/ "]
_WIDE_TEXT = "".join(_WIDE[place] for place in _KEPT)
_NARROW_TEXT = "".join(_NARROW[place] for place in _KEPT)
_ANY_WIDE = f"[\uff01-\uff5e\u3000\u00a0{INVISIBLE}]"
BLANKS = " || ".join(f"chr({ord(blank)})" for blank in " \t\r\n\v\f")
MOST_NUMBER = 9_000_000_000_000  # amounts stay below
FLOATS = ("DOUBLE", "FLOAT")
INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)


def raw_text(column: str, kind: str, all_decimals: bool = False) -> str:
    """The cell as text, as it stands; a float at six decimals, a whole one without `.0`.

    `all_decimals`: a float with all its decimals, and one that is no number is NULL.
    """
    name = quote(column)
    if kind == "VARCHAR":
        return name
    if kind.startswith("TIMESTAMP") and "ZONE" not in kind:  # a day without a time is a day
        day = f"CAST({name} AS DATE)"
        return f"CASE WHEN {name} = {day} THEN CAST({day} AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"
    return _float_text(name, all_decimals) if kind in FLOATS else f"CAST({name} AS VARCHAR)"


def _float_text(x: str, all_decimals: bool) -> str:
    whole = f"abs({x}) < 1e15 AND {x} = floor({x})"
    short = f"abs({x}) < {MOST_NUMBER} THEN rtrim(rtrim(CAST({_at_six_decimals(x)} AS VARCHAR), '0'), '.')"
    other = f"isnan({x}) THEN NULL" if all_decimals else short
    return f"CASE WHEN {whole} THEN CAST(CAST({x} AS BIGINT) AS VARCHAR) WHEN {other} ELSE CAST({x} AS VARCHAR) END"


def _at_six_decimals(x: str) -> str:
    """A float of modest size as a decimal: its shortest decimal form, rounded half up."""
    return f"CAST(CAST({x} AS VARCHAR) AS DECIMAL(38, 6))"


def is_rounded(column: str) -> str:
    """SQL: whether a cell of a float column has more decimals than are read of it."""
    x = quote(column)
    long = f"regexp_matches(CAST({x} AS VARCHAR), '[.][0-9]{{7}}|e-')"
    return (
        f"CASE WHEN abs({x}) < 2e9 THEN CAST(round({x} * 1e6) AS BIGINT) / 1e6 <> {x} AND {long}"
        f" WHEN abs({x}) < {MOST_NUMBER} THEN {long} ELSE false END"
    )


def is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")


def _clean(cell: str, kind: str, wide: str, narrow: str, compose: bool) -> str:
    if not is_text(kind):
        return cell
    # The cheap test passes nearly every cell: ASCII, not empty, no blank at either end.
    plain = (
        f"strlen({cell}) = length({cell}) AND {cell} >= '!'"
        f" AND NOT ends_with({cell}, ' ') AND NOT ends_with({cell}, chr(9))"
    )
    # Chinese text is seldom full-width, and looking for such a letter is far cheaper than translating.
    folded = (
        f"CASE WHEN regexp_matches({cell}, {literal(_ANY_WIDE)})"
        f" THEN translate({cell}, {literal(wide)}, {literal(narrow)}) ELSE {cell} END"
    )
    if compose:
        folded = f"nfc_normalize({folded})"
    return f"CASE WHEN {plain} THEN {cell} ELSE nullif(trim({folded}, {BLANKS}), '') END"


def text(column: str, kind: str) -> str:
    """Running text and values: trimmed, full-width digits and letters folded, empty is NULL."""
    return text_of(raw_text(column, kind), kind)


def text_of(x: str, kind: str) -> str:
    """The same for a cell `x` that is already text, as it stands in a column of this kind."""
    return _clean(x, kind, _WIDE_TEXT, _NARROW_TEXT, compose=False)


def code(column: str, kind: str) -> str:
    """Keys: trimmed, the whole full-width block folded, invisible characters removed, composed (NFC), empty is NULL."""
    return code_of(raw_text(column, kind), kind)


def code_of(x: str, kind: str) -> str:
    """The same for a cell `x` that is already text, as it stands in a column of this kind."""
    return _clean(x, kind, _WIDE + INVISIBLE, _NARROW, compose=True)  # without a counterpart a character is removed


def is_typed_day(kind: str) -> bool:
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def is_typed_number(kind: str) -> bool:
    return kind in INTEGERS or kind in FLOATS or kind.startswith("DECIMAL")


def day_cell(column: str, kind: str) -> str:
    """First step for a date column."""
    if "WITH TIME ZONE" in kind:
        raise InputError("core.time_zone_so_day_not_certain", column=column)
    return quote(column) if is_typed_day(kind) else code(column, kind)


def sure_day(x: str) -> str:
    """Days since 1970-01-01 of a DATE that is known to lie between 1900 and 2100."""
    return f"CAST({x} - DATE '1970-01-01' AS INTEGER)"


def day(x: str, kind: str) -> str:
    """Days since 1970-01-01; BAD_DAY for what is no date or lies outside 1900 to 2100."""
    if is_typed_day(kind):
        return _day_number(x if kind == "DATE" else f"CAST({x} AS DATE)", x)
    iso = f"strlen({x}) = 10 AND substr({x}, 5, 1) IN ('-', '/') AND substr({x}, 8, 1) IN ('-', '/')"
    whole = f"regexp_replace({x}, '[ T]0?0:00(:00([.]0+)?)?$', '')"
    dashed = f"rtrim(translate({whole}, '年月/日', '--- '))"
    shaped = (
        f"CASE WHEN regexp_full_match({x}, '[0-9]{{8}}') THEN {x}[1:4] || '-' || {x}[5:6] || '-' || {x}[7:8]"
        f" WHEN regexp_full_match({dashed}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') THEN {dashed} END"
    )
    return _day_number(f"CASE WHEN {iso} THEN TRY_CAST({x} AS DATE) ELSE TRY_CAST({shaped} AS DATE) END", x)


def _day_number(parsed: str, x: str) -> str:
    number = f"datediff('day', DATE '1970-01-01', {parsed})"
    return (
        f"CASE WHEN {x} IS NULL THEN NULL WHEN {parsed} BETWEEN DATE '1900-01-01' AND DATE '2100-12-31'"
        f" THEN CAST({number} AS INTEGER) ELSE {BAD_DAY} END"
    )


def number_cell(column: str, kind: str) -> str:
    """First step for a column of numbers."""
    return quote(column) if is_typed_number(kind) else code(column, kind)


def number(x: str, kind: str, below: int = MOST_NUMBER) -> str:
    """Millionths, 0 to `below`; BAD_NUMBER for the rest, also for more than 6 decimals in anything but a float."""
    if kind in INTEGERS:
        exact = f"CAST({x} AS BIGINT) * {MICRO}"
        return f"CASE WHEN {x} IS NULL THEN NULL WHEN {x} >= 0 AND {x} < {below} THEN {exact} ELSE -1 END"
    if kind.startswith("DECIMAL"):
        width, scale = (int(part) for part in kind[8:-1].split(","))
        if scale <= 6 and width <= 31:
            exact = f"CAST(CAST({x} AS DECIMAL(38, 6)) * {MICRO} AS BIGINT)"  # a narrow decimal would overflow
            return f"CASE WHEN {x} IS NULL THEN NULL WHEN {x} >= 0 AND {x} < {below} THEN {exact} ELSE -1 END"
        return _number_from_text(f"CAST({x} AS VARCHAR)", below)
    if kind in FLOATS:
        # Below 2·10⁹ floats lie closer than 10⁻⁶, so at most one whole m has m / 10⁶ = x, and that m is exactly
        # the decimal that x was written from. All others go through their shortest decimal form.
        near = f"CAST(round({x} * 1e6) AS BIGINT)"
        direct = f" WHEN {x} < 2e9 AND {near} / 1e6 = {x} THEN {near}" if kind == "DOUBLE" else ""
        return (
            f"CASE WHEN {x} IS NULL THEN NULL WHEN NOT ({x} >= 0 AND {x} < {below}) THEN -1{direct}"
            f" WHEN {x} = floor({x}) THEN CAST({x} AS BIGINT) * {MICRO}"
            f" ELSE CAST({_at_six_decimals(x)} * {MICRO} AS BIGINT) END"
        )
    return _number_from_text(x, below)


def _number_from_text(x: str, below: int) -> str:
    shape = r"[+]?0*([0-9]{1,13}([.][0-9]{0,6}0*)?|[.][0-9]{1,6}0*)"
    exact = f"CAST({x} AS DECIMAL(38, 6))"
    return (
        f"CASE WHEN {x} IS NULL THEN NULL WHEN NOT regexp_full_match({x}, '{shape}') THEN -1"
        f" WHEN {exact} < {below} THEN CAST({exact} * {MICRO} AS BIGINT) ELSE -1 END"
    )


def share(x: str, kind: str) -> str:
    """Millionths, 0 to 1,000,000; BAD_NUMBER for the rest."""
    amount = number(x, kind, below=2)
    return f"CASE WHEN ({amount}) <= {MICRO} THEN CAST({amount} AS INTEGER) WHEN {x} IS NULL THEN NULL ELSE -1 END"
