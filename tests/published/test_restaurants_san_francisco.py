"""San Francisco: recomputed is not published. The same rows differ each time, and no others."""

from pathlib import Path

import duckdb
import pytest

from creditscore.grading.grade import grade

ROUTINE = "type = 'Routine - Unscheduled' AND score IS NOT NULL"


@pytest.mark.slow
def test_scores_are_reproduced_at_the_known_rate(shared: Path) -> None:
    folder = shared / "sf_restaurants_2014_2017"
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE visits AS SELECT business_id || '|' || date AS subject_id, CAST(score AS INTEGER) AS score"
        f" FROM read_parquet(?) WHERE {ROUTINE}",
        [str(folder / "inspections.parquet")],
    )
    con.execute(
        "CREATE TABLE found AS SELECT business_id || '|' || v.date AS subject_id, v.date AS occurred_on,"
        " lower(split_part(risk_category, ' ', 1)) AS item FROM read_parquet(?) v",
        [str(folder / "violations.parquet")],
    )
    subjects = con.sql("SELECT DISTINCT subject_id FROM visits").to_arrow_table()
    records = con.sql(
        "SELECT 'v' || row_number() OVER () AS record_id, subject_id, item, occurred_on FROM found"
        " WHERE subject_id IN (SELECT subject_id FROM visits)"
    ).to_arrow_table()
    grading = grade(records, "restaurants_san_francisco", subjects=subjects, as_of="2018-01-31")
    again = grading.grades.select(["subject_id", "score"])
    con.register("again", again)
    total, equal = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE a.score = v.score)"
        " FROM visits v JOIN again a ON a.subject_id = v.subject_id"
    ).fetchall()[0]
    assert (equal, total) == (9_460, 9_632)
