"""What an auditor holds against other copies: the identity of the run and a hash of every row of one subject."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.identity import redact
from creditscore.explanation.read import SubjectRows, read
from creditscore.grading.result import Grading

IDENTITY = (
    "run_id",
    "run_format",
    "rules_hash",
    "creditscore",
    "scheme",
    "scheme_hash",
    "snapshot_hash",
    "period",
    "as_of",
    "known_at",
    "law_known_at",
)


@dataclass(frozen=True)
class Audit:
    """`rows`: (table, key, SHA-256 of the row's canonical JSON), the grade first; `digest` covers them so."""

    identity: Mapping[str, str]
    rows: tuple[tuple[str, str, str], ...]
    digest: str


def audit(source: Grading | Path | str, subject_id: str, scheme: str = "") -> Audit:
    """The hashes of one subject of a grading; InputError as for `explain`.

    A row's canonical JSON has its columns in the order of the table, numbers as text with six decimals, no blanks.
    """
    return audit_of(read(source, subject_id, scheme))


def audit_of(subject_rows: SubjectRows) -> Audit:
    """The hashes of the rows of one subject."""
    rows = [("grades", subject_rows.grade["subject_id"], row_hash(subject_rows.grade))]
    for number, row in enumerate(subject_rows.ledger, start=1):
        key = " ".join(redact(str(row[name])) for name in ("step", "record_id", "rule") if row[name])
        rows.append(("ledger", f"{number} {key}", row_hash(row)))
    identity = {name: str(subject_rows.manifest[name]) for name in IDENTITY if name in subject_rows.manifest}
    digest = hashlib.sha256("\n".join(name for _, _, name in rows).encode()).hexdigest()
    return Audit(identity, tuple(rows), "sha256:" + digest)


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a row of a result table."""
    plain = {name: None if value is None else str(value) for name, value in row.items()}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
