"""Published UK food hygiene ratings, graded again from their published scores and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.records.intake import quiet

EXTRACT = Path(__file__).parent / "data" / "fhrs_uk_extract.csv"
DOMAIN, SOURCE = "food_hygiene", "Food Standards Agency"
ATTRIBUTION = f"{SOURCE}. Contains public sector information licensed under the Open Government Licence v3.0."
AS_OF = "2015-03-01"
PARTS = ("hygiene", "structural", "confidence")


@dataclass(frozen=True)
class Comparison:
    """`rows`: rating, published, graded again, equal; best rating first."""

    grading: Grading
    rows: tuple[tuple[str, int, int, int], ...]

    @property
    def total(self) -> int:
        return sum(row[1] for row in self.rows)

    @property
    def equal(self) -> int:
        return sum(row[3] for row in self.rows)


def regrade(source: Path | str = EXTRACT) -> Comparison:
    """Grade the establishments of `source` (CSV or Parquet) that have three scores and a rating from 0 to 5."""
    import duckdb
    import pyarrow as pa

    con = duckdb.connect()
    quiet(con)
    file = str(source)
    reader = f"read_{'parquet' if file.endswith('.parquet') else 'csv'}(?)"
    con.execute(
        f"CREATE TABLE given AS SELECT CAST(est_id AS VARCHAR) AS subject_id, rating_date, {', '.join(PARTS)},"
        f" CAST(rating_value AS VARCHAR) AS rating FROM {reader} WHERE CAST(rating_value AS VARCHAR) IN"
        " ('0', '1', '2', '3', '4', '5') AND hygiene IS NOT NULL AND structural IS NOT NULL"
        " AND confidence IS NOT NULL",
        [file],
    )
    parts = " UNION ALL ".join(
        f"SELECT subject_id || '-{part}' AS record_id, subject_id, '{part}' AS item, {part} AS quantity,"
        f" '{DOMAIN}' AS domain, '{SOURCE}' AS source,"
        f" coalesce(CAST(rating_date AS VARCHAR), '{AS_OF}') AS occurred_on FROM given"
        for part in PARTS
    )
    records = con.sql(parts).to_arrow_table()
    subjects = con.sql("SELECT subject_id FROM given").to_arrow_table()
    published = con.sql("SELECT subject_id, rating FROM given").to_arrow_table()
    feeds = pa.table(
        {"domain": [DOMAIN], "from": ["2000-01-01"], "to": [AS_OF], "source": [SOURCE], "rows": [len(records)]}
    )
    grading = grade(records, "food_hygiene_uk", subjects=subjects, feeds=feeds, as_of=AS_OF, strict=True)
    return Comparison(grading, _compare(grading, published))


def _compare(grading: Grading, published: Any) -> tuple[tuple[str, int, int, int], ...]:
    con = grading.con
    con.register("published_ratings", published)
    try:
        counted = con.execute(
            "SELECT r.rating, g.grade, count(*) FROM published_ratings r"
            " LEFT JOIN result_grades g ON g.subject_id = r.subject_id GROUP BY ALL"
        ).fetchall()
    finally:
        con.unregister("published_ratings")
    return tuple(
        (
            rating,
            sum(n for given, _, n in counted if given == rating),
            sum(n for _, again, n in counted if again == rating),
            sum(n for given, again, n in counted if given == again == rating),
        )
        for rating in ("5", "4", "3", "2", "1", "0")
    )
