"""Subjects in spans of their number: each span is graded alone, so that memory does not grow with the population."""

from __future__ import annotations

from itertools import pairwise

from creditscore.engines.duckdb import DuckDBEngine

# Rows of records in a span. Larger ones leave the caches, smaller ones read what they share too often; where the
# log does not lie in order of sid, every span passes over all of it, so there they are few.
SORTED, UNSORTED = 2_000_000, 5_000_000
RELATIONS = ("admitted", "subject", "attribute", "past", "listed")

Span = tuple[int, int]  # the first and the last sid


def spans(subjects: int, rows: int, in_order: bool) -> list[Span]:
    """Ranges of sid that together hold every subject, of equal width; at least one. `in_order`: of the log, by sid."""
    parts = max(1, min(subjects, -(-rows // (SORTED if in_order else UNSORTED))))
    edges = [subjects * k // parts for k in range(parts + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def show(engine: DuckDBEngine, span: Span | None, with_attributes: bool) -> None:
    """`admitted`, `subject` …: the rows of one span, or of all subjects."""
    where = f" WHERE x.sid BETWEEN {span[0]} AND {span[1]}" if span else ""
    for name in RELATIONS:
        if name != "attribute" or with_attributes:
            engine.step(name, f"SELECT x.* FROM all_{name} x{where}")
