"""What a careful analyst would write by hand in DuckDB for `scheme_60.yaml` alone: the yardstick.

    python benchmarks/handwritten.py build/bench/data-1 build/bench/out [--full]

It gives the same grades, scores, margins and (with --full) the same ledger lines as `creditscore`, and `run.py`
compares them row for row. It trusts its input: no check of ids, dates, numbers, double keys or orphaned events, no
fingerprint of the input, no manifest. It knows only the three events that occur in the data.

Choices: points are whole millionths, exact and cheaper than decimals. Later events (5 % of the rows) are gathered
per record and joined to the filed rows; grouping all rows by record would cost several times more. The few records
that count once per day, month … are ranked apart from those that always count. Items are a small joined table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pandas as pd

AS_OF = KNOWN_AT = "2025-12-31"

# item, sign, points in thousandths, each unit of quantity, counting basis, window in months, cap in thousandths,
# group, percent given back within 90 days, within a year, later, serious, decides alone
ITEMS = """
CREATE TEMP TABLE items AS
SELECT item, sign, 1000 * points AS points, each, basis,
    CAST(DATE '{as_of}' - to_months(months) AS DATE) AS after, 1000 * CAST(cap AS BIGINT) AS cap,
    grp, back_90, back_year, back_later, serious, veto
FROM (VALUES
    ('late_return', -1, 2000, false, 'month', 24, 12000, 'filing', 100, 80, 40, false, false),
    ('no_return', -1, 5000, false, 'month', 36, 25000, 'filing', 80, 50, 20, true, false),
    ('late_payment', -1, 1500, false, 'month', 24, NULL, 'filing', 100, 80, 40, false, false),
    ('wrong_return', -1, 3000, false, 'time', 36, 15000, 'filing', 80, 50, 20, false, false),
    ('lost_invoices', -1, 2000, true, 'time', 24, 10000, 'filing', NULL, NULL, NULL, false, false),
    ('late_report', -1, 3000, false, 'year', 36, NULL, 'filing', 100, 80, 40, false, false),
    ('no_report', -1, 8000, false, 'year', 60, 16000, 'filing', 80, 50, 20, true, false),
    ('wrong_address', -1, 4000, false, 'period', 24, NULL, 'filing', 100, 80, 40, false, false),
    ('hidden_account', -1, 2500, true, 'time', 36, 10000, 'filing', 80, 50, 20, false, false),
    ('late_wages', -1, 4000, false, 'month', 36, 20000, 'labour', 80, 50, 20, true, false),
    ('no_contract', -1, 1000, true, 'time', 24, 10000, 'labour', 100, 80, 40, false, false),
    ('overtime', -1, 1000, true, 'time', 24, 8000, 'labour', NULL, NULL, NULL, false, false),
    ('unpaid_insurance', -1, 3000, false, 'month', 36, 18000, 'labour', 80, 50, 20, true, false),
    ('late_insurance', -1, 1000, false, 'month', 24, NULL, 'labour', 100, 80, 40, false, false),
    ('child_labour', -1, 20000, true, 'time', 60, NULL, 'labour', NULL, NULL, NULL, true, false),
    ('no_files', -1, 1500, false, 'period', 24, NULL, 'labour', 100, 80, 40, false, false),
    ('false_files', -1, 6000, false, 'time', 48, NULL, 'labour', NULL, NULL, NULL, true, false),
    ('no_training', -1, 2000, false, 'quarter', 24, 8000, 'labour', 100, 80, 40, false, false),
    ('dust', -1, 2000, false, 'day', 24, 10000, 'environment', 80, 50, 20, false, false),
    ('waste_water', -1, 4000, false, 'day', 36, 16000, 'environment', 80, 50, 20, true, false),
    ('noise', -1, 1000, false, 'day', 24, 6000, 'environment', NULL, NULL, NULL, false, false),
    ('no_permit', -1, 10000, false, 'act', 60, NULL, 'environment', 80, 50, 20, true, false),
    ('no_monitor', -1, 3000, false, 'day', 36, 12000, 'environment', NULL, NULL, NULL, false, false),
    ('false_monitor', -1, 12000, false, 'act', 60, NULL, 'environment', NULL, NULL, NULL, true, false),
    ('waste_store', -1, 2000, true, 'time', 36, 10000, 'environment', 100, 80, 40, false, false),
    ('no_impact', -1, 6000, false, 'period', 48, NULL, 'environment', 80, 50, 20, false, false),
    ('no_guard', -1, 2000, true, 'time', 24, 12000, 'safety', 100, 80, 40, false, false),
    ('no_exit', -1, 3000, false, 'day', 24, 12000, 'safety', 100, 80, 40, false, false),
    ('fire_gear', -1, 1500, true, 'time', 24, 9000, 'safety', 100, 80, 40, false, false),
    ('accident_minor', -1, 6000, false, 'act', 36, NULL, 'safety', NULL, NULL, NULL, true, false),
    ('accident_grave', -1, 15000, false, 'act', 60, NULL, 'safety', NULL, NULL, NULL, true, false),
    ('no_drill', -1, 1000, false, 'quarter', 24, NULL, 'safety', 100, 80, 40, false, false),
    ('unsafe_store', -1, 5000, false, 'time', 48, 20000, 'safety', 80, 50, 20, true, false),
    ('no_licence', -1, 3000, true, 'time', 36, 12000, 'safety', 80, 50, 20, false, false),
    ('sample_failed', -1, 4000, false, 'time', 36, 16000, 'quality', 80, 50, 20, false, false),
    ('label_wrong', -1, 1000, true, 'time', 24, 6000, 'quality', 100, 80, 40, false, false),
    ('recall', -1, 5000, false, 'act', 36, NULL, 'quality', NULL, NULL, NULL, true, false),
    ('no_standard', -1, 3000, false, 'period', 36, NULL, 'quality', 100, 80, 40, false, false),
    ('complaint', -1, 500, true, 'time', 24, 6000, 'quality', NULL, NULL, NULL, false, false),
    ('late_answer', -1, 250, true, 'time', 24, 3000, 'quality', NULL, NULL, NULL, false, false),
    ('false_advert', -1, 6000, false, 'time', 48, 18000, 'quality', 80, 50, 20, true, false),
    ('price_hidden', -1, 1000, false, 'month', 24, 6000, 'quality', 100, 80, 40, false, false),
    ('warning', -1, 500, false, 'time', 24, 4000, NULL, NULL, NULL, NULL, false, false),
    ('fine', -1, 3000, false, 'time', 48, 24000, NULL, 80, 50, 20, false, false),
    ('order_missed', -1, 4000, false, 'time', 36, NULL, NULL, 80, 50, 20, true, false),
    ('donation', 1, 1000, false, 'year', 36, NULL, 'merits', NULL, NULL, NULL, false, false),
    ('award_city', 1, 2000, false, 'year', 36, 4000, 'merits', NULL, NULL, NULL, false, false),
    ('award_nation', 1, 4000, false, 'period', 60, NULL, 'merits', NULL, NULL, NULL, false, false),
    ('volunteers', 1, 100, true, 'time', 24, 2000, 'merits', NULL, NULL, NULL, false, false),
    ('early_payment', 1, 500, false, 'quarter', 24, 3000, 'merits', NULL, NULL, NULL, false, false),
    ('fraud', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('forgery', 1, 0, false, 'time', 36, NULL, NULL, NULL, NULL, NULL, false, true),
    ('bribery', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('tax_evasion', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('invoice_fraud', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('grave_pollution', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('fatal_accident', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('unlicensed_sale', 1, 0, false, 'time', 36, NULL, NULL, NULL, NULL, NULL, false, true),
    ('hiding_assets', 1, 0, false, 'time', 60, NULL, NULL, NULL, NULL, NULL, false, true),
    ('refusal', 1, 0, false, 'time', 36, NULL, NULL, NULL, NULL, NULL, false, true)
) v(item, sign, points, each, basis, months, cap, grp, back_90, back_year, back_later, serious, veto);

CREATE TEMP TABLE groups AS
SELECT grp, 1000000 * cap AS cap
FROM (VALUES ('filing', 30), ('labour', 25), ('environment', 25), ('safety', 30), ('quality', 20), ('merits', 8))
    v(grp, cap);
"""

# Every known record inside the window of its item, with its points before and after corrections.
WEIGHED = """
WITH mended AS (
    SELECT record_id, event, event_no, corrected_on,
        coalesce(share, 1 - coalesce(sum(share) OVER (PARTITION BY record_id, event ORDER BY event_no
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS share
    FROM '{data}/records.parquet'
    WHERE event <> 'filed' AND recorded_on <= DATE '{known_at}'
), later AS (
    SELECT record_id,
        bool_or(event = 'withdrawn') AS withdrawn,
        list({{'on': corrected_on, 'share': share}} ORDER BY corrected_on) FILTER (event = 'corrected') AS corrections
    FROM mended
    GROUP BY record_id
), known AS (
    SELECT f.subject_id, f.record_id, f.act_id, f.quantity, f.recorded_on,
        coalesce(f.occurred_on, f.recorded_on) AS day,
        coalesce(l.withdrawn, false) AS withdrawn, l.corrections, i.*
    FROM '{data}/records.parquet' f
    JOIN items i ON i.item = f.item
    LEFT JOIN later l ON l.record_id = f.record_id
    WHERE f.event = 'filed' AND f.recorded_on <= DATE '{known_at}'
        AND coalesce(f.occurred_on, f.recorded_on) > i.after
        AND coalesce(f.occurred_on, f.recorded_on) <= DATE '{as_of}'
), returned AS (
    SELECT *,
        CASE WHEN each THEN points * quantity ELSE points END AS nominal,
        CASE WHEN corrections IS NULL OR back_90 IS NULL THEN 0 ELSE list_sum([
            c.share * CASE WHEN c.on <= recorded_on + 90 THEN back_90
                           WHEN c.on <= recorded_on + INTERVAL 12 MONTH THEN back_year
                           ELSE back_later END
            FOR c IN corrections]) END AS percent
    FROM known
)
SELECT subject_id, record_id, item, day, sign, grp, cap, serious, veto, withdrawn, nominal, percent,
    nominal - CAST(round(nominal * percent / 100) AS BIGINT) AS net,
    basis = 'time' AS always,
    CASE basis WHEN 'day' THEN day WHEN 'month' THEN date_trunc('month', day)
        WHEN 'quarter' THEN date_trunc('quarter', day) WHEN 'year' THEN date_trunc('year', day) END AS counted_on,
    CASE WHEN basis = 'act' THEN coalesce(act_id, record_id) END AS act{more}
FROM returned
"""

# Only the ledger needs to say in which window the newest correction fell, and on which basis a record counts.
REASONS = """, basis, CASE WHEN percent = 0 THEN NULL
        WHEN corrections[-1].on <= recorded_on + 90 THEN 'within_90_days'
        WHEN corrections[-1].on <= recorded_on + INTERVAL 12 MONTH THEN 'within_a_year' ELSE 'later' END AS mended_in"""

# Points from record to counting basis, item, group and subject; vetoes and serious records travel along.
BY_ITEM = """
SELECT subject_id, item, any_value(sign) AS sign, any_value(grp) AS grp, any_value(cap) AS cap, sum(net) AS net,
    bool_or(veto) AS veto, sum(serious) AS serious
FROM (
    SELECT subject_id, item, any_value(sign) AS sign, any_value(grp) AS grp, any_value(cap) AS cap,
        CASE WHEN always THEN sum(net) ELSE max(net) END AS net, bool_or(veto) AS veto,
        count(*) FILTER (serious AND percent < 100 AND day > DATE '{as_of}' - INTERVAL 24 MONTH) AS serious
    FROM weighed
    WHERE NOT withdrawn
    GROUP BY subject_id, item, always, counted_on, act
)
GROUP BY subject_id, item
"""

BY_GROUP = """
SELECT subject_id, sign, grp, sum(least(net, coalesce(cap, net))) AS net,
    bool_or(veto) AS veto, sum(serious) AS serious
FROM by_item
GROUP BY subject_id, sign, grp
"""

GRADED = """
WITH totals AS (
    SELECT subject_id, 100000000 + sum(sign * least(b.net, coalesce(g.cap, b.net))) AS raw,
        bool_or(veto) AS veto, sum(serious) AS serious
    FROM by_group b LEFT JOIN groups g USING (grp)
    GROUP BY subject_id
), scored AS (
    SELECT s.subject_id, coalesce(raw, 100000000) AS raw,
        greatest(0, least(105000000, coalesce(raw, 100000000))) AS score,
        coalesce(veto, false) AS veto, coalesce(serious, 0) >= 5 AS serious
    FROM '{data}/subjects.parquet' s LEFT JOIN totals t USING (subject_id)
), banded AS (
    SELECT *, CASE WHEN veto THEN 'E' WHEN score >= 90000000 THEN 'A' WHEN score >= 75000000 THEN 'B'
        WHEN score >= 60000000 THEN 'C' WHEN score >= 40000000 THEN 'D' ELSE 'E' END AS band
    FROM scored
), limited AS (
    SELECT *, CASE WHEN serious AND band < 'C' THEN 'C' ELSE band END AS grade FROM banded
)
SELECT subject_id, raw, score, veto, band, grade,
    CASE WHEN veto THEN 'direct' ELSE 'score' END AS route,
    CASE WHEN veto OR band <> grade THEN NULL ELSE score - CASE band WHEN 'A' THEN 90000000 WHEN 'B' THEN 75000000
        WHEN 'C' THEN 60000000 WHEN 'D' THEN 40000000 END END AS margin
FROM limited
"""

GRADES = """
SELECT subject_id, CAST(score / 1000000 AS DECIMAL(18, 6)) AS score, grade, route,
    CAST(margin / 1000000 AS DECIMAL(18, 6)) AS margin
FROM graded ORDER BY subject_id
"""

LEDGER = """
WITH ranked AS (
    SELECT *, 1 AS place FROM weighed WHERE always OR withdrawn
    UNION ALL
    SELECT *, row_number() OVER (PARTITION BY subject_id, item, counted_on, act ORDER BY net DESC, day, record_id)
    FROM weighed WHERE NOT always AND NOT withdrawn
), lines AS (
    SELECT subject_id, 1 AS step, day, record_id, item, 0 AS seq, sign * nominal AS nominal,
        CASE WHEN withdrawn OR place > 1 THEN 0 ELSE sign * net END AS effective,
        CASE WHEN withdrawn THEN 'withdrawn' WHEN veto THEN 'noted' WHEN place > 1 THEN 'displaced:' || basis
            WHEN mended_in IS NOT NULL THEN 'corrected:' || mended_in ELSE 'counted' END AS reason
    FROM ranked
    UNION ALL
    SELECT subject_id, 2, NULL, '', item, 0, NULL, sign * (cap - net), 'capped' FROM by_item WHERE net > cap
    UNION ALL
    SELECT subject_id, 2, NULL, '', b.grp, 0, NULL, sign * (g.cap - b.net), 'capped'
    FROM by_group b JOIN groups g USING (grp) WHERE b.net > g.cap
    UNION ALL
    SELECT subject_id, 0, NULL, '', '', 0, 100000000, 0, 'start' FROM graded
    UNION ALL
    SELECT subject_id, 4, NULL, '', '', 0, NULL, score - raw, CASE WHEN score > raw THEN 'floor' ELSE 'ceiling' END
    FROM graded WHERE score <> raw
    UNION ALL
    SELECT subject_id, 5, NULL, '', '', 0, NULL, 0, band FROM graded
    UNION ALL
    SELECT subject_id, 5, NULL, '', '', 1, NULL, 0, grade FROM graded WHERE grade <> band
)
SELECT subject_id, CASE step WHEN 0 THEN 'start' WHEN 1 THEN 'record' WHEN 2 THEN 'cap' WHEN 4 THEN 'limit'
        ELSE 'decide' END AS step, record_id, item,
    CAST(nominal / 1000000 AS DECIMAL(18, 6)) AS nominal,
    CAST(effective / 1000000 AS DECIMAL(18, 6)) AS effective, reason
FROM lines
ORDER BY subject_id, lines.step, day, record_id, item, seq
"""


def items() -> pd.DataFrame:
    """The table of items, for the version in pandas."""
    con = duckdb.connect()
    con.execute(ITEMS.format(as_of=AS_OF))
    frame = con.sql("SELECT * FROM items").to_df()
    numbers = ["cap", "back_90", "back_year", "back_later"]  # with gaps
    return frame.astype({"after": "datetime64[s]"} | dict.fromkeys(numbers, float))


def run(data: Path, out: Path, full: bool) -> None:
    """Write grades.parquet and, on request, ledger.parquet to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    fill = {"data": data, "as_of": AS_OF, "known_at": KNOWN_AT}
    con.execute(ITEMS.format(**fill))
    # Read more than once for the ledger, so kept; read once for the grades, so not.
    text = "TABLE" if full else "VIEW"
    con.execute(f"CREATE TEMP {text} weighed AS {WEIGHED.format(more=REASONS if full else '', **fill)}")
    con.execute(f"CREATE TEMP {text} by_item AS {BY_ITEM.format(**fill)}")
    con.execute(f"CREATE TEMP {text} by_group AS {BY_GROUP}")
    con.execute(f"CREATE TEMP {text} graded AS {GRADED.format(**fill)}")
    con.execute(f"COPY ({GRADES}) TO '{out}/grades.parquet' (COMPRESSION zstd)")
    if full:
        con.execute(f"COPY ({LEDGER}) TO '{out}/ledger.parquet' (COMPRESSION zstd)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--full", action="store_true", help="the ledger too")
    given = parser.parse_args()
    run(given.data, given.out, given.full)


if __name__ == "__main__":
    main()
