"""Credit grading of organisations under published rules, exactly, with a ledger for every point."""

from __future__ import annotations

from creditscore.version import __version__

TYPE_CHECKING = False  # nothing is imported here, so that an interruption of the program finds the one who tells it
if TYPE_CHECKING:
    from typing import Any

    from creditscore.composite.combine import combine
    from creditscore.errors import (
        CreditscoreError,
        InputError,
        NotInForce,
        SchemeError,
        TooManyRejected,
        UsageError,
    )
    from creditscore.grading.grade import grade
    from creditscore.grading.result import Grading
    from creditscore.grading.several import Gradings, grade_all
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
    "CreditscoreError": "errors",
    "Grading": "grading.result",
    "Gradings": "grading.several",
    "InputError": "errors",
    "NotInForce": "errors",
    "SchemeError": "errors",
    "Snapshot": "records",
    "TooManyRejected": "errors",
    "UsageError": "errors",
    "combine": "composite.combine",
    "grade": "grading.grade",
    "grade_all": "grading.several",
    "ingest": "records",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
