"""A made-up district: the same organisations and records for the same seed, as tables and as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.atomic import write_text
from creditscore.core.tables.write import write_tables
from creditscore.demo.codes import credit_codes
from creditscore.demo.firms import YEAR, firms
from creditscore.demo.records import records

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

KNOWN_AT = f"{YEAR + 1}-04-20"
INTAKE_ON = KNOWN_AT  # the day on which the tables are taken in
SEED = 2022
NOTE = "Made-up data for demonstration: no real organisation is meant.\n虚构数据，仅供演示：与任何真实单位无关。\n"


@dataclass(frozen=True)
class District:
    """The input tables of a grading. No organisation in them exists: their region codes are not in use."""

    subjects: pa.Table
    records: pa.Table
    attributes: pa.Table
    history: pa.Table
    feeds: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        names = ("subjects", "records", "attributes", "history", "feeds")
        return {name: getattr(self, name) for name in names}

    def write(self, folder: Path) -> dict[str, Path]:
        """Write each table as Parquet and say beside them that they are made up; returns the files by name."""
        tables = self.tables()
        write_text(folder / "MADE_UP.txt", NOTE)
        return dict(zip(tables, write_tables(folder, tables, codec="zstd"), strict=True))


def district(subjects: int = 20_000, seed: int = SEED, slips: bool = True) -> District:
    """`subjects` organisations with about ten rows of records each, and a few rows that must be refused."""
    import numpy as np

    rng = np.random.default_rng(seed)
    firm_rows = firms(subjects, rng)
    log = records(firm_rows, rng)
    if slips:
        log = with_slips(log, rng)
    others = {"subjects": firm_rows.subjects, "attributes": firm_rows.attributes, "history": firm_rows.history}
    return District(
        firm_rows.subjects, log, firm_rows.attributes, firm_rows.history, declare_rows(firm_rows.feeds, log, others)
    )


def declare_rows(feeds: pa.Table, records: pa.Table, others: Mapping[str, pa.Table]) -> pa.Table:
    """Add to each feed how many rows of records it delivered, and a line for each of the other tables."""
    import pyarrow as pa
    from pyarrow import compute

    if "table" in feeds.column_names:  # declared before
        feeds = feeds.filter(compute.equal(feeds["table"], "records")).drop_columns(["rows", "table"])
    delivered = Counter(zip(records["domain"].to_pylist(), records["source"].to_pylist(), strict=True))
    keys = zip(feeds["domain"].to_pylist(), feeds["source"].to_pylist(), strict=True)
    rows = pa.array([delivered[key] for key in keys])
    of_records = feeds.append_column("rows", rows).append_column("table", pa.array(["records"] * len(feeds)))
    like = feeds.slice(0, 1).to_pylist()[0]
    lines = [{**like, "rows": len(table), "table": name} for name, table in others.items()]
    return pa.concat_tables([of_records, pa.Table.from_pylist(lines, schema=of_records.schema)])


def with_slips(records: pa.Table, rng: np.random.Generator) -> pa.Table:
    """`records` and a few faulty copies of some of them: five kinds of fault, some rows of each."""
    import numpy as np
    import pyarrow as pa

    filed = np.flatnonzero(np.asarray(records["event"].to_pylist()) == "filed")
    kinds = ("unknown_item", "unknown_subject", "natural_person", "occurred_after_recorded", "orphan_event")
    each = max(1, records.num_rows // 20_000)
    chosen = rng.choice(filed, size=min(len(filed), each * len(kinds)), replace=False)
    rows = records.take(pa.array(chosen)).to_pylist()
    strangers = credit_codes(["91220298"] * len(rows), rng)
    for k, row in enumerate(rows):
        kind = kinds[k % len(kinds)]
        row["record_id"] = f"X{k:04d}"
        if kind == "unknown_item":
            row["item"] = "019999"
        elif kind == "unknown_subject":
            row["subject_id"] = strangers[k]
        elif kind == "natural_person":
            row["subject_id"] = nobody(k)
        elif kind == "occurred_after_recorded":
            row["recorded_on"] = row["occurred_on"].replace(year=row["occurred_on"].year - 1)
        else:
            row["event"], row["event_no"] = "withdrawn", 2
    return pa.concat_tables([records, pa.Table.from_pylist(rows, schema=records.schema)])


def nobody(k: int) -> str:
    """A resident number that nobody can have: its county does not exist, and it is older than anybody alive."""
    from stdnum.cn import ric

    body = f"22029919000101{k % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")
