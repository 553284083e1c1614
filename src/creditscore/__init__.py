"""Credit grading of organisations under published rules, exactly, with a ledger for every point.

For everybody: `grade`, `grade_all`, `ingest`, `read`, `schemes`, `set_language`. Reviewers: `explain`, `decisive`,
`Store`, `Case`. Regulators: `combine`, `plan_inspections`. Analysts: `ScorecardClassifier`, `OrdinalGrader`, `train`,
`validate`. What goes further stands in the packages: `creditscore.objections`, `.evidence`, `.inspection`, `.modelling`
and the others.
"""

from __future__ import annotations

from creditscore.core.version import __version__ as __version__

TYPE_CHECKING = False  # nothing is imported here, so that an interruption of the program finds the one who tells it
if TYPE_CHECKING:
    from creditscore import schemes as schemes
    from creditscore.composite.combine import combine as combine
    from creditscore.composite.result import Composite as Composite
    from creditscore.core.errors import CreditscoreError as CreditscoreError
    from creditscore.core.errors import InputError as InputError
    from creditscore.core.errors import NotAllowed as NotAllowed
    from creditscore.core.errors import NotInForce as NotInForce
    from creditscore.core.errors import SchemeError as SchemeError
    from creditscore.core.errors import TooManyRejected as TooManyRejected
    from creditscore.core.errors import UsageError as UsageError
    from creditscore.core.i18n import set_language as set_language
    from creditscore.explanation.decisive.of_grading import decisive as decisive
    from creditscore.explanation.ledger import Explanation as Explanation
    from creditscore.explanation.ledger import explain as explain
    from creditscore.grading.batch import Gradings as Gradings
    from creditscore.grading.batch import grade_all as grade_all
    from creditscore.grading.grade import grade as grade
    from creditscore.grading.result import Grading as Grading
    from creditscore.grading.written import WrittenGrading as WrittenGrading
    from creditscore.grading.written import read as read
    from creditscore.inspection.plan import plan_inspections as plan_inspections
    from creditscore.modelling.models.ordinal import OrdinalGrader as OrdinalGrader
    from creditscore.modelling.registry.train import train as train
    from creditscore.modelling.scorecard.classifier import ScorecardClassifier as ScorecardClassifier
    from creditscore.modelling.validation.validate import validate as validate
    from creditscore.objections.case import Case as Case
    from creditscore.office.opening import Store as Store
    from creditscore.records import Snapshot as Snapshot
    from creditscore.records import ingest as ingest
else:
    _HOMES = {  # loaded for those who ask for them
        "Case": "objections.case",
        "Composite": "composite.result",
        "CreditscoreError": "core.errors",
        "Explanation": "explanation.ledger",
        "Grading": "grading.result",
        "Gradings": "grading.batch",
        "InputError": "core.errors",
        "NotAllowed": "core.errors",
        "NotInForce": "core.errors",
        "OrdinalGrader": "modelling.models.ordinal",
        "SchemeError": "core.errors",
        "ScorecardClassifier": "modelling.scorecard.classifier",
        "Snapshot": "records",
        "Store": "office.opening",
        "TooManyRejected": "core.errors",
        "UsageError": "core.errors",
        "WrittenGrading": "grading.written",
        "combine": "composite.combine",
        "decisive": "explanation.decisive.of_grading",
        "explain": "explanation.ledger",
        "grade": "grading.grade",
        "grade_all": "grading.batch",
        "ingest": "records",
        "plan_inspections": "inspection.plan",
        "read": "grading.written",
        "schemes": "",  # a package
        "set_language": "core.i18n",
        "train": "modelling.registry.train",
        "validate": "modelling.validation.validate",
    }
    __all__ = ["__version__", *_HOMES]

    def __getattr__(name):
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if not _HOMES[name]:
            return import_module(f"{__name__}.{name}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__():
        return sorted(__all__)
