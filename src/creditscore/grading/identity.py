"""The identity of a run: what its id is made of, and whether a run made again is the one written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from creditscore.schemes.model import Scheme

RUN = (
    "creditscore",
    "scheme_hash",
    "snapshot_hash",
    "scheme",
    "period",
    "as_of",
    "known_at",
    "law_known_at",
)  # what a run's id is made of
LATER = ("period_over", "refused_hash", "accepted")  # and these, where they are stated: earlier versions knew none


def hash_of(scheme: Scheme) -> str:
    """`sha256:…` of everything that a scheme says."""
    return "sha256:" + hashlib.sha256(scheme.model_dump_json().encode()).hexdigest()


def run_id_of(run: Mapping[str, Any]) -> str:
    """The id that a run with this identity has: a hash of version, scheme, input and parameters."""
    stated = {name: run[name] for name in LATER if name in run and run[name] not in ("", [])}
    identity = {name: run[name] for name in RUN} | stated
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def is_run(row: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Whether the run of a manifest is the one written; an earlier version's id says nothing of `period_over`."""
    older = {name: row[name] for name in RUN}
    return str(written["run_id"]) == (row["run_id"] if "period_over" in written else run_id_of(older))
