"""The columns of a written grading, with their types, and the check that a table has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from creditscore.core.i18n import Phrase

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = "DECIMAL(20,6)"
GRADES = {
    "subject_id": "VARCHAR",
    "domain": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "known_at": "DATE",
    "state": "VARCHAR",
    "state_reason": "VARCHAR",
    "start": NUMBER,
    "score": NUMBER,
    "score_low": NUMBER,
    "score_high": NUMBER,
    "grade": "VARCHAR",
    "route": "VARCHAR",
    "margin": NUMBER,
    "evidence": "VARCHAR",
    "readings": "VARCHAR",
    "input_state": "VARCHAR",
    "grade_without": "VARCHAR",
}
LEDGER = {
    "subject_id": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "step": "VARCHAR",
    "record_id": "VARCHAR",
    "item": "VARCHAR",
    "nominal": NUMBER,
    "effective": NUMBER,
    "rule": "VARCHAR",
    "article": "VARCHAR",
    "reason": "VARCHAR",
}
LATER = ("input_state", "grade_without")  # gradings of earlier versions do not have them: no row says anything there


def column_fault(schema: pa.Schema, columns: Mapping[str, str]) -> Phrase | None:
    """Which column a table lacks or holds in another type, in words; None where it has them all.

    Decimals may have any precision, whole numbers any width, and a column without any value may have any type.
    """
    import pyarrow as pa

    is_of = {
        "VARCHAR": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        "INTEGER": pa.types.is_integer,
        "DECIMAL": pa.types.is_decimal,
        "BOOLEAN": pa.types.is_boolean,
        "DATE": pa.types.is_date,
    }
    for name, wanted in columns.items():
        if name not in schema.names:
            if name not in LATER:
                return Phrase("table_faults", "no_column", (name,))
            continue
        kind = schema.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (is_of[wanted.partition("(")[0]](plain) or pa.types.is_null(plain)):
            return Phrase("table_faults", "other_type", (name, str(kind), wanted))
    return None
