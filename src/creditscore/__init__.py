"""Credit grading of organisations under published rules, exactly, with a ledger for every point."""

from __future__ import annotations

from creditscore.core.version import __version__

TYPE_CHECKING = False  # nothing is imported here, so that an interruption of the program finds the one who tells it
if TYPE_CHECKING:
    from typing import Any

    from creditscore.composite.combine import combine
    from creditscore.core.errors import (
        CreditscoreError,
        InputError,
        NotInForce,
        SchemeError,
        TooManyRejected,
        UsageError,
    )
    from creditscore.grading.batch import Gradings, grade_all
    from creditscore.grading.grade import grade
    from creditscore.grading.result import Grading
    from creditscore.records import Snapshot, ingest

__all__ = [
    "CreditscoreError",
    "Grading",
    "Gradings",
    "InputError",
    "NotInForce",
    "SchemeError",
    "Snapshot",
    "TooManyRejected",
    "UsageError",
    "__version__",
    "combine",
    "grade",
    "grade_all",
    "ingest",
]


_HOMES = {  # loaded for those who ask for them
    "CreditscoreError": "core.errors",
    "Grading": "grading.result",
    "Gradings": "grading.batch",
    "InputError": "core.errors",
    "NotInForce": "core.errors",
    "SchemeError": "core.errors",
    "Snapshot": "records",
    "TooManyRejected": "core.errors",
    "UsageError": "core.errors",
    "combine": "composite.combine",
    "grade": "grading.grade",
    "grade_all": "grading.batch",
    "ingest": "records",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
