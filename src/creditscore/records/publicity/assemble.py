"""From rows and measures to the tables of the data contract: subjects, records, and what the mapping left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.tables.table import literal
from creditscore.records.publicity.kinds import SPECIAL
from creditscore.records.publicity.mapping import Matcher, Row
from creditscore.records.schema import KIND_OF_PREFIX

if TYPE_CHECKING:
    import duckdb

_EPOCH = "DATE '1970-01-01'"


def make_subjects(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """`pub_subjects`: every organisation of a good row, with its latest name; returns how many had several names."""
    cases = " ".join(f"WHEN '{start}' THEN '{word}'" for start, word in KIND_OF_PREFIX.items())
    con.execute(
        "CREATE OR REPLACE TABLE pub_subjects AS SELECT subject_id,"
        " first(name ORDER BY decided_day DESC, name) FILTER (name IS NOT NULL) AS name,"
        " CASE WHEN bool_or(category = '个体工商户') THEN 'individual_business' ELSE"
        f" CASE subject_id[1:2] {cases} ELSE 'other_organisation' END END AS kind"
        " FROM pub_rows GROUP BY subject_id ORDER BY subject_id"
    )
    renamed = con.execute(
        "SELECT count(*) FROM (SELECT subject_id FROM pub_rows GROUP BY 1 HAVING count(DISTINCT name) > 1)"
    ).fetchall()[0][0]
    return {"several_names": renamed}


def carry_amounts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """`carried`: each amount stands on the measure it belongs to; returns the rows where that is not said.

    A fine belongs to the kind `fine`, what was taken to `confiscation`. Where no kind says so, the amount stands on
    the first measure of the row, so that it is neither lost nor counted twice. 0 is read as no amount.
    """
    parts = []
    for amount, kind in (("amount", "fine"), ("confiscated", "confiscation")):
        own = f"coalesce(max(CASE WHEN m.kind = '{kind}' THEN m.number END) OVER act_row, min(m.number) OVER act_row)"
        named = f"bool_or(m.kind = '{kind}') OVER act_row"
        parts.append(
            f"CASE WHEN m.number = {own} AND m.word = min(m.word) OVER same AND r.{amount} > 0"
            f" THEN r.{amount} END AS {amount}, r.{amount} > 0 AND NOT {named} AS {amount}_unnamed"
        )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE carried AS SELECT m.*, r.authority, r.about,"
        f' {", ".join(parts)} FROM pub_measures m JOIN pub_rows r ON r."table" = m."table" AND r.line = m.line'
        ' WINDOW act_row AS (PARTITION BY m."table", m.line), same AS (PARTITION BY m."table", m.line, m.number)'
    )
    counts = con.execute(
        "SELECT count(DISTINCT line) FILTER (amount_unnamed), count(DISTINCT line) FILTER (confiscated_unnamed),"
        " count(*) FILTER (kind = 'fine' AND amount IS NULL) FROM carried WHERE \"table\" = 'penalties'"
    ).fetchall()[0]
    return dict(zip(("fine_without_kind", "confiscation_without_kind", "fine_without_amount"), counts, strict=True))


def map_measures(con: duckdb.DuckDBPyConnection, rows: tuple[Row, ...]) -> None:
    """Add `place` to `carried` as `mapped`: the place in `rows` of the first that fits, or NULL."""
    import pyarrow as pa

    con.execute(
        "CREATE OR REPLACE TEMP TABLE asked AS SELECT *, CAST(row_number() OVER () AS INTEGER) AS asked_no FROM"
        ' (SELECT DISTINCT "table", authority, about, kind, word, amount FROM carried)'
    )
    matcher = Matcher(rows)
    asked = con.execute('SELECT "table", authority, about, kind, word, amount, asked_no FROM asked').fetchall()
    rows_of_mapping = [(no, matcher.first(*question)) for *question, no in asked]
    answers = {
        "asked_no": pa.array([no for no, _ in rows_of_mapping], pa.int32()),
        "place": pa.array([place for _, place in rows_of_mapping], pa.int32()),
    }
    con.register("answers", pa.table(answers))
    same = " AND ".join(
        f"c.{column} IS NOT DISTINCT FROM a.{column}"
        for column in ('"table"', "authority", "about", "kind", "word", "amount")
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE mapped AS SELECT c.*, w.place FROM carried c"
        f" JOIN asked a ON {same} JOIN answers w ON w.asked_no = a.asked_no"
    )
    con.unregister("answers")
    con.execute("DROP TABLE asked; DROP TABLE carried")


def make_records(con: duckdb.DuckDBPyConnection, rows: tuple[Row, ...], recorded_day: int | None) -> int:
    """`pub_records`: one record per mapped measure, or per act where the row says so; returns the measures folded."""
    words = ("row_id", "domain", "item", "per")
    listed = ", ".join(
        f"({place}, {literal(row.id)}, {literal(row.domain)}, {literal(row.item)}, {literal(row.per)})"
        for place, row in enumerate(rows)
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT * FROM (VALUES {listed}) v(place, {', '.join(words)})")
    special = ", ".join(literal(kind) for kind in SPECIAL)
    # Two words nobody recognises share the number of their kind: their order among the words of the act follows it.
    mark = f"CASE WHEN kind IN ({special}) THEN '.' || row_number() OVER same ELSE '' END"
    sort = "CASE \"table\" WHEN 'licences' THEN 'L' ELSE '' END"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE numbered AS SELECT *, subject_id || ':' || act AS act_id,"
        f" concat(subject_id, ':', act, ':', {sort}, lpad(CAST(number AS VARCHAR), 2, '0'), {mark}) AS record_id"
        ' FROM mapped WINDOW same AS (PARTITION BY "table", subject_id, act, number ORDER BY word)'
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE kept AS SELECT n.* EXCLUDE (amount, confiscated), k.row_id, k.domain, k.item,"
        " CASE WHEN k.per = 'act' THEN max(n.amount) OVER whole ELSE n.amount END AS amount,"
        " CASE WHEN k.per = 'act' THEN max(n.confiscated) OVER whole ELSE n.confiscated END AS confiscated,"
        " k.per = 'measure' OR row_number() OVER (PARTITION BY n.\"table\", n.act_id, n.place ORDER BY n.record_id) = 1"
        " AS counts FROM numbered n JOIN chosen k ON k.place = n.place"
        ' WINDOW whole AS (PARTITION BY n."table", n.act_id, n.place)'
    )
    money = {name: f"CAST(CAST(k.{name} AS HUGEINT) AS DECIMAL(38, 0))" for name in ("amount", "confiscated")}
    exact = {name: f"CAST({sql} * CAST(0.000001 AS DECIMAL(6, 6)) AS DECIMAL(20, 6))" for name, sql in money.items()}
    days = {name: f"{_EPOCH} + r.{name}_day" for name in ("published_until", "effective_from", "effective_until")}
    recorded = "CAST(NULL AS DATE)" if recorded_day is None else f"{_EPOCH} + {recorded_day}"
    con.execute(
        "CREATE OR REPLACE TABLE pub_records AS SELECT k.record_id, k.subject_id, k.item, k.domain,"
        f" {_EPOCH} + r.decided_day AS event_on, {recorded} AS recorded_on, {_EPOCH} + r.decided_day AS decided_on,"
        f" {_EPOCH} + r.published_day AS published_on, {exact['amount']} AS amount, k.act_id,"
        f" r.authority AS source, r.document_no, r.basis, {exact['confiscated']} AS confiscated, k.kind AS measure,"
        f" r.about, r.licence, r.licence_no, r.status, {', '.join(f'{sql} AS {name}' for name, sql in days.items())},"
        ' k.row_id AS mapping_row, k."table" AS published_as'
        ' FROM kept k JOIN pub_rows r ON r."table" = k."table" AND r.line = k.line'
        ' WHERE k.counts ORDER BY k.record_id, k."table"'
    )
    folded: int = con.execute("SELECT count(*) FROM kept WHERE NOT counts").fetchall()[0][0]
    con.execute("DROP TABLE numbered; DROP TABLE kept; DROP TABLE chosen")
    return folded


def make_unmapped(con: duckdb.DuckDBPyConnection) -> None:
    """`pub_unmapped`: measures without a row of the mapping, counted by authority, matter and kind."""
    con.execute(
        'CREATE OR REPLACE TABLE pub_unmapped AS SELECT "table", authority, about, kind, word, count(*) AS measures,'
        " count(DISTINCT (subject_id, act)) AS acts FROM mapped WHERE place IS NULL GROUP BY ALL"
    )
