"""Credit grading of organisations under published rules, exactly, with a ledger for every point."""

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
    "grade",
    "grade_all",
    "ingest",
]
