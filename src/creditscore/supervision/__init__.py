"""Supervision: what lawfully follows from grades and lists, decided by people: joint measures and inspections."""
