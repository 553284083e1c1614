"""Supervision: what follows from a grade. Measures and inspections, each with its basis, proposed to people."""
