"""A made-up population for `scheme_60.yaml`: subjects and event rows as Parquet, in the order in which they came in.

    python benchmarks/generate.py --scale 1 --out build/bench/data-1

At scale 1 there are 1,000,000 subjects and about 15,000,000 rows of records: about 95 % filed, 4 % corrected (with a
share), 1 % withdrawn. Subjects differ widely in how many records they have. Same seed and scale, same rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SUBJECTS = 1_000_000
FILED = 14_250_000
CHUNK = 500_000  # filed rows that come in together; their events fall into the same chunk
FIRST, LAST = date(2019, 7, 1), date(2026, 1, 20)
DAYS = (LAST - FIRST).days + 1
HABIT = 0.4
CORRECTED, TWICE, PART, WITHDRAWN = 0.041, 0.1, 0.3, 0.0105
LETTERS = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
REGIONS = 300

# How often each item occurs, in parts of their sum.
ITEMS = {
    "late_return": 90,
    "no_return": 25,
    "late_payment": 80,
    "wrong_return": 30,
    "lost_invoices": 15,
    "late_report": 20,
    "no_report": 6,
    "wrong_address": 10,
    "hidden_account": 8,
    "late_wages": 20,
    "no_contract": 25,
    "overtime": 30,
    "unpaid_insurance": 22,
    "late_insurance": 35,
    "child_labour": 1,
    "no_files": 10,
    "false_files": 3,
    "no_training": 14,
    "dust": 25,
    "waste_water": 12,
    "noise": 30,
    "no_permit": 4,
    "no_monitor": 10,
    "false_monitor": 2,
    "waste_store": 14,
    "no_impact": 4,
    "no_guard": 28,
    "no_exit": 22,
    "fire_gear": 26,
    "accident_minor": 6,
    "accident_grave": 1,
    "no_drill": 20,
    "unsafe_store": 7,
    "no_licence": 10,
    "sample_failed": 24,
    "label_wrong": 34,
    "recall": 3,
    "no_standard": 6,
    "complaint": 70,
    "late_answer": 50,
    "false_advert": 6,
    "price_hidden": 24,
    "warning": 60,
    "fine": 36,
    "order_missed": 12,
    "donation": 14,
    "award_city": 5,
    "award_nation": 1,
    "volunteers": 25,
    "early_payment": 20,
    "fraud": 0.11,
    "forgery": 0.11,
    "bribery": 0.11,
    "tax_evasion": 0.11,
    "invoice_fraud": 0.11,
    "grave_pollution": 0.11,
    "fatal_accident": 0.11,
    "unlicensed_sale": 0.11,
    "hiding_assets": 0.11,
    "refusal": 0.11,
}
BY_ACT = ("no_permit", "false_monitor", "accident_minor", "accident_grave", "recall")
BY_QUANTITY = (
    "lost_invoices",
    "hidden_account",
    "no_contract",
    "overtime",
    "child_labour",
    "waste_store",
    "no_guard",
    "fire_gear",
    "no_licence",
    "label_wrong",
    "complaint",
    "late_answer",
    "volunteers",
)

Columns = dict[str, Any]


def subjects(count: int, rng: np.random.Generator) -> pa.Table:
    """Codes of 18 characters, all different, in no order."""
    region = np.char.mod("%06d", 110000 + 137 * rng.permutation(REGIONS))[rng.integers(0, REGIONS, count)]
    number = rng.permutation(count)
    digits = [LETTERS[(number // 31**place) % 31] for place in range(6, -1, -1)]
    codes = np.char.add("91", region)
    codes = np.char.add(codes, "MA")
    for digit in [*digits, LETTERS[rng.integers(0, 31, count)]]:
        codes = np.char.add(codes, digit)
    kind = np.array(["enterprise", "individual_business", "cooperative"])[rng.choice(3, count, p=[0.7, 0.28, 0.02])]
    return pa.table({"subject_id": codes.astype(object), "kind": kind.astype(object), "region": region.astype(object)})


def filed(first: int, count: int, owners: np.ndarray, rng: np.random.Generator) -> Columns:
    """`count` new records, numbered from `first`, of subjects drawn from `owners` (cumulated weights)."""
    weights = np.array(list(ITEMS.values()))
    subject = np.searchsorted(owners, rng.random(count) * owners[-1]).astype(np.int32)
    drawn = rng.random(count)
    habit = rng.random(count) < HABIT  # subjects repeat themselves: one of three items of their own
    own = (subject.astype(np.uint64) * 3 + rng.integers(0, 3, count, np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    drawn = np.where(habit, (own >> np.uint64(11)) / 2.0**53, drawn)
    item = np.searchsorted(np.cumsum(weights / weights.sum()), drawn).astype(np.int16)
    occurred = (DAYS * rng.random(count) ** 0.6).astype(np.int32)  # more in later years
    names = list(ITEMS)
    counted = np.isin(item, [names.index(name) for name in BY_QUANTITY])
    acted = np.isin(item, [names.index(name) for name in BY_ACT])
    return {
        "record": np.arange(first, first + count),
        "subject": subject,
        "item": item,
        "event_no": np.ones(count, np.int32),
        "event": np.zeros(count, np.int8),
        "occurred": occurred,
        "dated": rng.random(count) > 0.02,
        "recorded": occurred + rng.geometric(0.05, count).astype(np.int32) - 1,
        "quantity": np.where(counted, np.minimum(rng.geometric(0.6, count), 9), 1),
        "act": np.where(acted, subject.astype(np.int64) * 16 + (occurred // 30) % 16, -1),
        "corrected": np.full(count, -1, np.int32),
        "share": np.full(count, np.nan),
    }


def later(base: Columns, rng: np.random.Generator) -> list[Columns]:
    """Corrections in one or two steps, and withdrawals, of some of the records of `base`."""
    count = len(base["record"])
    mended = rng.random(count) < CORRECTED / (1 + TWICE)
    again = mended & (rng.random(count) < TWICE)
    share = np.where(again | (rng.random(count) < PART), rng.choice([0.25, 0.5, 0.75], count), np.nan)
    day = base["recorded"] + rng.geometric(1 / 150, count).astype(np.int32)
    second = day + rng.geometric(1 / 60, count).astype(np.int32)
    gone = rng.random(count) < WITHDRAWN
    end = base["recorded"] + rng.geometric(1 / 200, count).astype(np.int32)
    number = 2 + mended + again
    none = np.full(count, np.nan)
    return [
        _event(base, mended, 1, np.full(count, 2), day, share, rng),
        _event(base, again, 1, np.full(count, 3), second, none, rng),
        _event(base, gone, 2, number, end, none, rng),
    ]


def _event(
    base: Columns,
    chosen: np.ndarray,
    event: int,
    number: np.ndarray,
    day: np.ndarray,
    share: np.ndarray,
    rng: np.random.Generator,
) -> Columns:
    chosen = chosen & (day < DAYS)
    rows = {name: column[chosen] for name, column in base.items()}
    count = int(chosen.sum())
    return rows | {
        "event_no": number[chosen].astype(np.int32),
        "event": np.full(count, event, np.int8),
        "dated": np.zeros(count, bool),
        "recorded": day[chosen] + rng.integers(0, 10, count).astype(np.int32),
        "quantity": np.zeros(count, np.int64),
        "act": np.full(count, -1),
        "share": share[chosen],
        "corrected": day[chosen] if event == 1 else np.full(count, -1, np.int32),
    }


def records(count: int, codes: pa.Array, rng: np.random.Generator) -> Iterator[pa.Table]:
    owners = np.cumsum(rng.gamma(0.7, size=len(codes)))
    for first in range(0, count, CHUNK):
        base = filed(first, min(CHUNK, count - first), owners, rng)
        parts = [base, *later(base, rng)]
        rows = {name: np.concatenate([part[name] for part in parts]) for name in base}
        order = rng.permutation(len(rows["record"]))
        yield _table({name: column[order] for name, column in rows.items()}, codes)


def _table(rows: Columns, codes: pa.Array) -> pa.Table:
    start = (FIRST - date(1970, 1, 1)).days

    def dates(days: np.ndarray, given: np.ndarray) -> pa.Array:
        return pa.array((days + start).astype(np.int32), pa.int32(), mask=~given).cast(pa.date32())

    def numbered(letter: str, numbers: np.ndarray) -> pa.Array:
        text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 11, "0")
        return pc.binary_join_element_wise(letter, text, "")

    known = np.ones(len(rows["record"]), bool)
    return pa.table(
        {
            "record_id": numbered("R", rows["record"]),
            "subject_id": codes.take(pa.array(rows["subject"])),
            "item": pa.array(list(ITEMS)).take(pa.array(rows["item"])),
            "event_no": pa.array(rows["event_no"]),
            "event": pa.array(["filed", "corrected", "withdrawn"]).take(pa.array(rows["event"])),
            "occurred_on": dates(rows["occurred"], rows["dated"]),
            "recorded_on": dates(rows["recorded"], known),
            "quantity": pa.array(rows["quantity"].astype(np.int32), mask=rows["quantity"] == 0),
            "act_id": pc.if_else(pa.array(rows["act"] >= 0), numbered("P", np.abs(rows["act"])), None),
            "corrected_on": dates(rows["corrected"], rows["corrected"] >= 0),
            "share": pa.array(rows["share"], mask=np.isnan(rows["share"])),
        }
    )


def generate(folder: Path, scale: float, seed: int = 60) -> Path:
    """Write subjects.parquet and records.parquet to `folder`, unless they stand there already."""
    if (folder / "records.parquet").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    people = subjects(max(1, round(SUBJECTS * scale)), rng)
    pq.write_table(people, folder / "subjects.parquet")
    codes = people.column("subject_id").combine_chunks()
    unfinished, writer = folder / "records.part", None
    for table in records(round(FILED * scale), codes, rng):
        writer = writer or pq.ParquetWriter(unfinished, table.schema)
        writer.write_table(table, row_group_size=125_000)
    assert writer is not None
    writer.close()
    unfinished.rename(folder / "records.parquet")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a million subjects")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=60)
    given = parser.parse_args()
    print(generate(given.out, given.scale, given.seed))


if __name__ == "__main__":
    main()
