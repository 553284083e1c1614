"""Dirty tables: sound rows whose cells, columns, types and files go wrong."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.mutate import NASTY, bytes_of

IDS = ("914403001922038216", "91350100M000100Y43", "913301007042036465", "91110000802100433B")
ITEMS = ("010101", "010102", "010103", "020101", "030110", "040103", "D25-04", "990199")
EVENTS = ("", "filed", "amended", "corrected", "repaired", "withdrawn", "reinstated", "disputed", "unheard")
DAYS = ("2021-12-31", "2022-01-01", "2022-03-16", "2022-06-30", "2022-12-31", "2023-01-10", "")
COLUMNS = {
    "subjects": ("subject_id", "name", "kind", "registered_on", "region", "has_income"),
    "records": (
        "record_id",
        "subject_id",
        "item",
        "event_no",
        "event",
        "domain",
        "event_on",
        "recorded_on",
        "occurred_on",
        "booked_on",
        "quantity",
        "amount",
        "share",
        "act_id",
        "tax_type",
    ),
    "attributes": ("subject_id", "name", "value", "valid_from", "valid_to"),
    "listings": ("listing_id", "subject_id", "list", "entered_on", "term_end", "exited_on"),
    "history": ("subject_id", "period", "grade", "scheme", "state", "route"),
    "feeds": ("domain", "from", "to", "source"),
}
Rows = list[dict[str, Any]]


def sound(rng: Random, table: str, count: int) -> Rows:
    """Rows as they should be, most of them."""
    rows: Rows = []
    for k in range(count):
        cells = {
            "subject_id": rng.choice(IDS) if table != "subjects" else IDS[k % len(IDS)],
            "name": "甲公司",
            "kind": "enterprise",
            "registered_on": "2010-01-01",
            "region": "220299",
            "has_income": "true",
            "record_id": str(rng.randrange(count)),
            "item": rng.choice(ITEMS[:4]),
            "event_no": rng.choice(("", "1", "2")),
            "event": rng.choice(EVENTS[:3]),
            "domain": rng.choice(("", "tax")),
            "event_on": "",
            "recorded_on": "",
            "occurred_on": rng.choice(DAYS[:5]),
            "booked_on": rng.choice(DAYS),
            "quantity": rng.choice(("", "1", "2")),
            "amount": rng.choice(("", "1000", "25.5")),
            "share": "",
            "act_id": "",
            "tax_type": rng.choice(("vat", "")),
            "value": "true",
            "valid_from": "2020-01-01",
            "valid_to": "",
            "listing_id": str(k),
            "list": "tax_serious",
            "entered_on": "2022-05-01",
            "term_end": "",
            "exited_on": "",
            "period": "2021",
            "grade": "B",
            "scheme": "tax",
            "state": "graded",
            "route": "score",
            "from": "2020-01-01",
            "to": "2023-12-31",
            "source": "bureau",
        }
        if table == "attributes":
            cells["name"] = rng.choice(("has_income", "books_compliant", "nonsense"))
        if table == "feeds":
            cells["domain"] = "tax"
        rows.append({name: cells[name] for name in COLUMNS[table]})
    return rows


def dirty(rng: Random, rows: Rows) -> Rows:
    """The rows with some cells, rows and columns spoilt."""
    rows = [dict(row) for row in rows]
    for _ in range(rng.choice((0, 1, 1, 2, 4, 12))):
        if not rows:
            break
        row = rng.choice(rows)
        name = rng.choice(list(row)) if row else ""
        match rng.randrange(8):
            case 0 | 1 | 2 if name:
                row[name] = rng.choice((*NASTY, *EVENTS, *ITEMS, *IDS, *DAYS))
            case 3:
                rows.append(dict(row))
            case 4 if name:
                rows.append(dict(row) | {name: rng.choice(NASTY)})
            case 5:
                rows.remove(row)
            case 6 if name:
                new = rng.choice(("", "x", "line", "subject_id", f" {name}", name.upper(), f"{name}2", "家庭", "信访"))
                rows = [{(new if key == name else key): cell for key, cell in row.items()} for row in rows]
            case 7:
                rows = [row | {f"more{rng.randrange(9)}": rng.choice(NASTY)} for row in rows]
    return rows


def write(rng: Random, rows: Rows, folder: Path, name: str) -> tuple[Path, int | None]:
    """Write the rows as one of many kinds of file; returns it, and its rows where nothing hides how many there are."""
    columns = list(dict.fromkeys(key for row in rows for key in row)) or ["subject_id"]
    if rng.random() < 0.6:
        return _csv(rng, rows, columns, folder / f"{name}.csv")
    return _parquet(rng, rows, columns, folder / f"{name}.parquet")


def _csv(rng: Random, rows: Rows, columns: list[str], file: Path) -> tuple[Path, int | None]:
    out = io.StringIO()
    mark = rng.choices((",", ";", "\t"), (20, 1, 1))[0]
    writer = csv.writer(out, lineterminator=rng.choice(("\n", "\r\n")), delimiter=mark)
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    coded = rng.choices(("utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1"), (12, 3, 3, 1, 1))[0]
    raw = out.getvalue().encode(coded, "replace")
    damaged = rng.random() < 0.15
    file.write_bytes(bytes_of(rng, raw) if damaged else raw)
    blank = any(not any(str(row.get(name, "")) for name in columns) for row in rows)
    return file, None if damaged or blank or mark != "," or coded in ("utf-16", "latin-1") else len(rows)


KINDS = (
    "text",
    "text",
    "text",
    "int",
    "float",
    "date",
    "timestamp",
    "decimal",
    "binary",
    "list",
    "struct",
    "bool",
    "codes",
    "null",
    "float16",
    "time",
)


def _parquet(rng: Random, rows: Rows, columns: list[str], file: Path) -> tuple[Path, int | None]:
    arrays = []
    for name in columns:
        texts = [str(row.get(name, "")).encode("utf-8", "replace").decode() or None for row in rows]
        kind = "text" if rng.random() < 0.8 else rng.choice(KINDS)
        arrays.append(_array(rng, kind, texts))
    table = pa.Table.from_arrays(arrays, names=[f"{name}" for name in columns])
    pq.write_table(
        table, file, compression=rng.choice(("none", "zstd", "snappy", "gzip")), row_group_size=rng.choice((1, 5, 1000))
    )
    if rng.random() < 0.3:
        file.write_bytes(bytes_of(rng, file.read_bytes()))
        return file, None
    return file, table.num_rows


def _array(rng: Random, kind: str, texts: list[str | None]) -> pa.Array:
    many = len(texts)
    match kind:
        case "int":
            return pa.array([rng.randrange(-9, 10**9) for _ in range(many)])
        case "float":
            return pa.array(
                [
                    rng.choice((0.1 + 0.2, 564312.4199999999, 1e300, float("nan"), float("inf"), -0.0))
                    for _ in range(many)
                ]
            )
        case "date":
            return pa.array(
                [rng.choice((date(2022, 3, 1), date(9999, 12, 31), date(1, 1, 1), None)) for _ in range(many)]
            )
        case "timestamp":
            return pa.array(
                [rng.choice((datetime(2022, 3, 1, 12), datetime(2500, 1, 1), None)) for _ in range(many)],
                pa.timestamp("us", rng.choice((None, "UTC", "Asia/Shanghai"))),
            )
        case "decimal":
            return pa.array(
                [Decimal(rng.randrange(10**6)).scaleb(-rng.randrange(3)) for _ in range(many)], pa.decimal128(38, 6)
            )
        case "binary":
            return pa.array([rng.randbytes(3) for _ in range(many)], pa.binary())
        case "list":
            return pa.array([[text] for text in texts], pa.list_(pa.string()))
        case "struct":
            return pa.array([{"a": text} for text in texts], pa.struct([("a", pa.string())]))
        case "bool":
            return pa.array([rng.choice((True, False, None)) for _ in range(many)], pa.bool_())
        case "codes":
            return pa.array(texts, pa.string()).dictionary_encode()
        case "null":
            return pa.nulls(many)
        case "float16":
            return pa.array([0.5] * many, pa.float32()).cast(pa.float16())
        case "time":
            return pa.array([0] * many, pa.time64("us"))
    if rng.random() < 0.02:
        return pa.array([b"\xff\xfe"] * many, pa.binary()).view(pa.string())
    return pa.array(texts, pa.string())
