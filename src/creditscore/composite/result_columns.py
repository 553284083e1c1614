"""The columns of a written composite, with their types, and the check that a table has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from creditscore.grading.result_columns import LATER, LEDGER

if TYPE_CHECKING:
    import pyarrow as pa

COMPOSITE = {
    "subject_id": "VARCHAR",
    "as_of": "DATE",
    "config": "VARCHAR",
    "config_version": "VARCHAR",
    "state": "VARCHAR",
    "state_reason": "VARCHAR",
    "score": "INTEGER",
    "grade": "VARCHAR",
    "coverage": "INTEGER",
    "hard_rules": "VARCHAR",
    "evidence": "VARCHAR",
    "fragile": "BOOLEAN",
    "input_state": "VARCHAR",
}
CONTRIBUTIONS = {
    "subject_id": "VARCHAR",
    "domain": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "grade": "VARCHAR",
    "value": "INTEGER",
    "weight": "INTEGER",
    "contribution": "INTEGER",
    "evidence": "VARCHAR",
    "note": "VARCHAR",
}
SHARED_ACTS = {
    "subject_id": "VARCHAR",
    "act_id": "VARCHAR",
    "counted_in": "VARCHAR",
    "also_in": "VARCHAR",
    "records": "VARCHAR",
}
SCORES: Mapping[str, Mapping[str, str]] = {
    "composite": COMPOSITE,
    "contributions": CONTRIBUTIONS,
    "shared_acts": SHARED_ACTS,
    "regraded": LEDGER,
}


def column_fault(name: str, table: pa.Table) -> str:
    """Which column a table of a composite lacks or holds in another type, in words; empty where it has them all."""
    for column, kind in SCORES.get(name, {}).items():
        if column not in table.column_names:
            if column not in LATER:
                return f"{name} has no column {column}"
        elif not _is_of(table.schema.field(column).type, kind.partition("(")[0]):
            return f"{name}.{column} holds {table.schema.field(column).type}, not {kind}"
    return ""


def _is_of(kind_there: pa.DataType, kind: str) -> bool:
    import pyarrow as pa

    plain = kind_there.value_type if pa.types.is_dictionary(kind_there) else kind_there
    fits = {
        "VARCHAR": pa.types.is_string(plain) or pa.types.is_large_string(plain),
        "INTEGER": pa.types.is_integer(plain),
        "DECIMAL": pa.types.is_decimal(plain),
        "BOOLEAN": pa.types.is_boolean(plain),
        "DATE": pa.types.is_date(plain),
    }
    return bool(fits[kind] or pa.types.is_null(plain))
