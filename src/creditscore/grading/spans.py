"""Subjects in spans of their number: each span is graded alone, so that memory does not grow with the population."""

from __future__ import annotations

from itertools import pairwise

from creditscore.engines.duckdb import DuckDBEngine

ROWS_AT_ONCE = 2_000_000  # larger spans leave the caches, smaller ones read what they share too often
RELATIONS = ("admitted", "subject", "attribute", "past", "listed")

Span = tuple[int, int]  # the first and the last sid


def spans(subjects: int, rows: int) -> list[Span]:
    """Ranges of sid that together hold every subject, of equal width; at least one."""
    parts = max(1, min(subjects, -(-rows // ROWS_AT_ONCE)))
    edges = [subjects * k // parts for k in range(parts + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def show(engine: DuckDBEngine, span: Span | None, with_attributes: bool) -> None:
    """`admitted`, `subject` …: the rows of one span, or of all subjects."""
    where = f" WHERE x.sid BETWEEN {span[0]} AND {span[1]}" if span else ""
    for name in RELATIONS:
        if name != "attribute" or with_attributes:
            engine.view(name, f"SELECT x.* FROM all_{name} x{where}")
