"""Credit grading of organisations under published rules, exactly, with a ledger for every point."""

from typing import TYPE_CHECKING, Any

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
from creditscore.version import __version__

if TYPE_CHECKING:
    from creditscore.composite.combine import combine

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


def __getattr__(name: str) -> Any:
    if name == "combine":  # brings numpy along: only for those who ask for it
        from creditscore.composite.combine import combine

        return combine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
