"""Rows as they should not be, so that the demo shows what is refused and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.demo.codes import credit_codes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


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
