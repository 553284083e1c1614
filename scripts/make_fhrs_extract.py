"""Write the UK extract that the demo grades: some establishments of every authority, every triple of scores.

    python scripts/make_fhrs_extract.py ../shared/data/fhrs_uk_2015/establishments.parquet

The choice depends on the md5 of the establishment's number only, so the same file gives the same extract. Names
of chains are left out.
"""

import sys
from pathlib import Path

import duckdb

OUT = Path(__file__).parents[1] / "src" / "creditscore" / "demo" / "data" / "fhrs_uk_extract.csv"
PER_AUTHORITY, PER_TRIPLE = 19, 2

SQL = f"""
WITH rated AS (
    SELECT est_id, authority_code, hygiene, structural, confidence, rating_value, rating_date,
        md5(CAST(est_id AS VARCHAR)) AS lot
    FROM read_parquet(?)
    WHERE rating_value IN ('0', '1', '2', '3', '4', '5') AND rating_date IS NOT NULL
        AND hygiene IS NOT NULL AND structural IS NOT NULL AND confidence IS NOT NULL
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY authority_code ORDER BY lot, est_id) AS of_authority,
        row_number() OVER (PARTITION BY hygiene, structural, confidence ORDER BY lot, est_id) AS of_triple
    FROM rated
)
SELECT est_id, authority_code, CAST(hygiene AS INTEGER) AS hygiene, CAST(structural AS INTEGER) AS structural,
    CAST(confidence AS INTEGER) AS confidence, rating_value, rating_date
FROM ranked WHERE of_authority <= {PER_AUTHORITY} OR of_triple <= {PER_TRIPLE} ORDER BY est_id
"""


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = duckdb.execute(SQL, [sys.argv[1]]).fetchall()
    lines = ["est_id,authority_code,hygiene,structural,confidence,rating_value,rating_date"]
    lines += [",".join(str(value) for value in row) for row in rows]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    triples = {row[2:5] for row in rows}
    authorities = {row[1] for row in rows}
    print(f"{OUT.name}: {len(rows)} establishments, {len(authorities)} authorities, {len(triples)} score triples")


if __name__ == "__main__":
    main()
