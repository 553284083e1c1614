"""The card as SQL: one CASE per variable, written from the same rows that score in Python."""

from __future__ import annotations

import itertools

from creditscore.core.errors import UsageError
from creditscore.core.tables.table import literal, quote
from creditscore.modelling.scorecard.table import CardTable, Row, Variable

DIALECTS = ("duckdb",)


def card_sql(
    card: CardTable, table: str, dialect: str = "duckdb", keep: list[str] | None = None, parts: bool = False
) -> str:
    """Write the card as an SQL query that gives the same scores as Python.

    Missing is NULL or NaN. Numbers are compared as DOUBLE, as in Python; a value that the card refuses raises an error
    in the database. Whole points are BIGINT, others DOUBLE.

    Parameters
    ----------
    card
        The card to write.
    table
        Name of a table, or a query in brackets; it is put into the SQL as it stands.
    dialect
        Dialect of the SQL; `duckdb` is the only one.
    keep
        Columns of the table that come before the score; None for all of them.
    parts
        Whether each variable's points follow as a column `points_<variable>`.

    Returns
    -------
    str
        A SELECT of the columns kept, the parts where asked, and `score`.

    Raises
    ------
    UsageError
        For an unknown dialect; for columns of the card that differ only in upper and lower case, which SQL does not
        tell apart; and for a column to keep that bears the name of a result (`score`, `points_<variable>`).

    Examples
    --------
    >>> duckdb.sql(card_sql(model.card_, "firms", keep=["subject_id"]))  # doctest: +SKIP
    """
    if dialect not in DIALECTS:
        raise UsageError("modelling.unknown_dialect", dialect=dialect, allowed=DIALECTS)
    cases = {v.name: case(v, card.whole) for v in card.variables}
    check_names([v.name for v in card.variables], keep, parts)
    columns = ["*"] if keep is None else [quote(k) for k in keep]
    if parts:
        columns += [f"{text} AS {quote('points_' + variable)}" for variable, text in cases.items()]
    total = " + ".join([points(card.base, card.whole), *cases.values()])
    return f"SELECT {', '.join(columns)},\n{total} AS score\nFROM {table}"


def check_names(variables: list[str], keep: list[str] | None, parts: bool) -> None:
    """Refuse names by which SQL would read or give another column than Python."""
    alike = [a for a, b in itertools.combinations(variables, 2) if a.casefold() == b.casefold()]
    if alike:
        raise UsageError("modelling.two_columns_card_called_but_upper", alike=alike[0])
    texts = {"score", *(("points_" + v).casefold() for v in variables if parts)}
    taken = [k for k in (variables if keep is None else keep) if k.casefold() in texts]
    if taken:
        raise UsageError("modelling.column_called_result", taken=taken[0], where="keep")


def number(value: float) -> str:
    """A DOUBLE literal that reads back as the same float."""
    if value in (float("inf"), float("-inf")):
        return f"CAST('{value}' AS DOUBLE)"
    digits = repr(float(value))
    return digits if "e" in digits else digits + "e0"


def points(value: float | None, whole: bool) -> str:
    if value is None:
        return "NULL"
    return f"CAST({int(value)} AS BIGINT)" if whole else number(value)


def case(variable: Variable, whole: bool) -> str:
    """The CASE of one variable: special values, missing, then bins from the top."""
    numeric = variable.bins.kind == "number"
    column = f"CAST({quote(variable.name)} AS DOUBLE)" if numeric else f"CAST({quote(variable.name)} AS VARCHAR)"
    lines = []

    def then(row: Row) -> str:
        if row.points is None:
            shown_text = f"the card refuses {row.bin} of {variable.name}"
            return f"CAST(error({literal(shown_text)}) AS {'BIGINT' if whole else 'DOUBLE'})"
        return points(row.points, whole)

    other = None
    own = []
    for row in variable.rows:
        if row.role == "special":
            values = ", ".join(number(float(v)) if numeric else literal(str(v)) for v in row.levels)
            lines.append(f"WHEN {column} IN ({values}) THEN {then(row)}")
        elif row.role == "missing":
            absent = f"{column} IS NULL" + (f" OR isnan({column})" if numeric else "")
            lines.insert(0, f"WHEN {absent} THEN {then(row)}")
        elif row.role == "other":
            other = row
        else:
            own.append(row)
    if numeric:
        lines += [
            f"WHEN {column} >= {number(row.low)} THEN {then(row)}" for row in reversed(own) if row.low is not None
        ]
        last = own[0]
    else:
        for row in own:
            lines.append(f"WHEN {column} IN ({', '.join(literal(str(v)) for v in row.levels)}) THEN {then(row)}")
        assert other is not None
        last = other
    return f"CASE {' '.join(lines)} ELSE {then(last)} END"
