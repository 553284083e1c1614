"""The target of the house: who may import whom, and what does not keep to it yet.

A list of exceptions only shrinks: an exception that is no longer needed is a complaint too.
"""

from __future__ import annotations

# Data flows from the first line to the last: a package imports itself and packages of earlier lines, never a
# neighbour on its own line and never a later one. `commitments` and `web` have a place and no code yet.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("present",),
    ("records",),
    ("schemes",),
    ("engines",),
    ("grading",),
    ("composite",),
    ("explanation",),
    ("store",),
    ("modelling",),
    ("lists", "measures", "status", "commitments", "inspection"),
    ("cascade",),
    ("objections", "repair"),
    ("office",),
    ("evidence",),
    ("pages",),
    ("web",),
    ("demo",),
    ("cli",),
)
# No grade depends on a model: besides itself only these may read it.
READERS_OF_MODELS = frozenset({"office", "evidence", "pages", "web", "demo", "cli"})
FRONT_DOOR = frozenset({"__init__", "__main__"})  # may import everything, and is imported by nobody inside

# Imports against the direction of the data: (importing module, imported module).
EXCEPTIONS: frozenset[tuple[str, str]] = frozenset()

# Files that import each other, also inside functions.
CIRCLES: frozenset[frozenset[str]] = frozenset()
