"""Who gets a composite: organisations; no natural person ever, no individual business unless a text says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.composite.config import CompositeConfig
from creditscore.composite.inputs import Gathered
from creditscore.composite.score import Ints
from creditscore.composite.tables import SUBJECTS
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import is_resident, redact
from creditscore.core.tables.read import load_table
from creditscore.records.schema import KINDS, PERSONS

if TYPE_CHECKING:
    import duckdb

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)  # GB 11643, MOD 11-2


def population(
    con: duckdb.DuckDBPyConnection, ids: list[str], cell: Ints, subjects: Any
) -> tuple[list[str], Ints, list[tuple[str, str]], int]:
    """Ids in order with their cells, the ids refused with reasons, and how many were graded but not asked for."""
    outside, people = 0, set()
    if subjects is not None:
        load_table(con, subjects, replace(SUBJECTS, name="population"))
        con.execute("UPDATE population SET kind = lower(kind)")
        rows = con.execute("SELECT DISTINCT subject_id, kind FROM population ORDER BY ALL").fetchall()
        place = {subject: k for k, subject in enumerate(ids)}
        kinds = {_as_graded(subject, place): kind for subject, kind in rows}
        wanted = sorted(kinds)
        if len(wanted) < len(rows):
            raise UsageError("composite.subject_stands_twice_different_kinds", where="subjects")
        unknown = sorted({kind for kind in kinds.values() if kind and kind not in (*KINDS, *PERSONS)})
        if unknown:
            raise InputError("composite.no_kind", unknown=redact(unknown[0]), where="subjects", allowed=KINDS)
        people = {subject_id for subject_id, kind in kinds.items() if kind in PERSONS}
        blank = np.full(cell.shape[1], -1, dtype=np.int64)
        outside = len(ids) - sum(subject_id in place for subject_id in wanted)
        cell = np.array(
            [cell[place[subject_id]] if subject_id in place else blank for subject_id in wanted], dtype=np.int64
        )
        cell, ids = cell.reshape(len(wanted), len(blank)), wanted
    bad = sorted({*persons(ids), *(k for k, key in enumerate(ids) if key in people)})
    refused = sorted((redact(ids[k]), "natural_person") for k in bad)
    if bad:
        keep = np.setdiff1d(np.arange(len(ids)), bad)
        ids, cell = [ids[k] for k in keep], cell[keep]
    return ids, cell, refused, outside


def _as_graded(subject: str, place: Mapping[str, int]) -> str:
    """A credit code may come in small letters."""
    return subject.upper() if subject not in place and subject.upper() in place else subject


def persons(ids: list[str]) -> list[int]:
    """The places of resident identity numbers among ids.

    A number of 18 signs is one only if its check character and its date of birth fit; that is computed for all at
    once, and only what is left is looked at one by one.
    """
    sizes = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
    doubtful = sizes >= 15
    long = np.flatnonzero(sizes == 18)
    if len(long):
        signs = np.array([ids[k] for k in long], dtype="U18").view(np.uint32).reshape(-1, 18).astype(np.int64) - 48
        digits = ((signs[:, :17] >= 0) & (signs[:, :17] <= 9)).all(axis=1)
        expected = (12 - signs[:, :17] @ WEIGHTS % 11) % 11  # 10 is written X
        last = np.where(np.isin(signs[:, 17] + 48, [ord("X"), ord("x")]), 10, signs[:, 17])
        year, month, day = (signs[:, a:b] @ 10 ** np.arange(b - a)[::-1] for a, b in ((6, 10), (10, 12), (12, 14)))
        born = (year >= 1850) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
        doubtful[long[digits & ((last != expected) | ~born)]] = False
    return [k for k in np.flatnonzero(doubtful).tolist() if is_resident(ids[k])]


def sole_traders(config: CompositeConfig, ids: list[str], gathered: Gathered, given: bool) -> NDArray[np.bool_]:
    """Who is left out as an individual business: by code (92…), or by the kind that a table of subjects gives."""
    if config.individual_business.included:
        return np.zeros(len(ids), dtype=bool)
    kinds = set(gathered.kinds)
    if given:
        rows = gathered.con.execute("SELECT subject_id FROM population WHERE kind = 'individual_business'").fetchall()
        kinds |= {spelling for (value,) in rows for spelling in (value, value.upper())}
    return np.array([(len(key) == 18 and key.startswith("92")) or key in kinds for key in ids], dtype=bool)
