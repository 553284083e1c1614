"""The columns of a written composite, with their types."""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.grading.result_columns import LEDGER

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
