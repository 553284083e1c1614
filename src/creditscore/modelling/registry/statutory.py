"""A statutory scheme as a registered version: it grades through `creditscore.grading`, and names itself in every grade.

The model is the scheme's own file, word for word. Nothing is trained and nothing is advisory: the grade is the one the
rules give. What is registered is which text graded.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from creditscore.core.atomic import write_json
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.schemes.model import Scheme

__all__ = ["StatutoryModel", "statutory_model"]

OUTPUTS = (
    ("subject_id", "str"),
    ("domain", "str"),
    ("scheme", "str"),
    ("version", "str"),
    ("period", "str"),
    ("known_at", "str"),
    ("state", "str"),
    ("state_reason", "str"),
    ("score", "str"),
    ("grade", "str"),
    ("route", "str"),
    ("evidence", "str"),
    ("input_state", "str"),
    ("scheme_sha256", "str"),
)
SUBJECT = ("subject_id", "name", "kind", "registered_on", "region", "district", "industry", "size", "ownership")
CELL = "records"
RECORDS = '[{"record_id": "r1", "item": "…"}, …], or an empty cell'


@dataclass(frozen=True)
class StatutoryModel:
    """One version of one scheme: `scheme` its id, `version` its name, `text` its YAML file.

    `predict` takes one row per subject: the columns of the table of subjects (further ones are attributes), and in
    `records` the subject's records as JSON, a list of objects with the columns of the record log.
    """

    scheme: str
    version: str
    text: str
    file: str

    @property
    def name(self) -> str:
        return self.scheme

    @property
    def content_hash(self) -> str:
        """SHA-256 of what grades: id, version and text of the scheme."""
        return hash_text(canonical([self.scheme, self.version, self.text]))

    def served_columns(self) -> list[tuple[str, bool]]:
        """Inputs and whether MLflow insists on them."""
        needed = ("subject_id", "kind", CELL)
        known = [*needed, *(c for c in SUBJECT if c not in needed), *sorted(self.rules().attributes)]
        return [(name, name in needed) for name in dict.fromkeys(known)]

    def rules(self) -> Scheme:
        """The scheme, read from its text."""
        from creditscore.schemes.load import load_scheme

        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / self.file
            place.write_text(self.text, encoding="utf-8")
            return load_scheme(place, f"{self.scheme}/{self.file}", archived=True)

    def served_outputs(self) -> tuple[tuple[str, str], ...]:
        """Columns of the result and their types."""
        return OUTPUTS

    def served_params(self) -> dict[str, Any]:
        """Parameters of `predict`: the evaluation year or day, and what was known when."""
        return {"period": "", "as_of": "", "known_at": ""}

    def predict(self, subjects: pd.DataFrame, period: str = "", as_of: str = "", known_at: str = "") -> pd.DataFrame:
        """Grades of the subjects, one row each, with the version and the hash of the text that graded."""
        import pandas as pd

        from creditscore.grading.grade import grade

        if CELL not in subjects.columns:
            raise InputError("modelling.column_missing_4", cell=CELL, where="subjects")
        rows = []
        for subject, cell in zip(subjects["subject_id"], subjects[CELL], strict=True):
            for row in _cell(cell, subject):
                rows.append({"subject_id": subject, **row})
        records = pd.DataFrame(rows) if rows else pd.DataFrame(columns=["record_id", "subject_id", "item", "event_on"])
        # MLflow fills optional columns that are not there with nothing
        given = subjects.drop(columns=[CELL]).dropna(axis=1, how="all")
        result = grade(
            records, self.rules(), period or None, subjects=given, as_of=as_of or None, known_at=known_at or None
        )
        result_row = result.grades.to_pandas()
        result_row = result_row.assign(scheme_sha256=self.content_hash)
        for name in ("known_at", "period"):
            result_row[name] = result_row[name].astype(str)
        # a decimal as text: exact
        result_row["score"] = result_row["score"].map(lambda d: f"{d.normalize():f}", na_action="ignore")
        graded: pd.DataFrame = result_row[[name for name, _ in OUTPUTS if name in result_row.columns]]
        return graded

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON with the file's text in it."""
        return {
            "kind": "statutory_scheme",
            "format": 1,
            **{name: getattr(self, name) for name in ("scheme", "version", "file", "text")},
            "content_hash": self.content_hash,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The model saved by `to_dict`; InputError when the text was changed."""
        from creditscore.modelling.models.inputs import saved_as

        data = saved_as(data, "statutory_scheme")
        self = cls(data["scheme"], data["version"], data["text"], data["file"])
        if data.get("content_hash") != self.content_hash:
            raise InputError("modelling.scheme_changed_after_saved", scheme=self.scheme, where="content_hash")
        return self

    def save(self, folder: str | Path) -> Path:
        """Write `model.json`."""
        from creditscore.modelling.registry.grading_model import FILE

        return write_json(Path(folder) / FILE, self.to_dict())


def statutory_model(scheme: str, at: str | None = None) -> StatutoryModel:
    """The version of a scheme as a model: `tax@2020`, an id (its newest version, or the one in force `at` a year or
    day), or a file.
    """
    from creditscore.grading.grade import moment_of
    from creditscore.schemes import registry

    if scheme.endswith((".yaml", ".yml")):
        chosen, place = registry.versions(scheme)[0], Path(scheme)
    else:
        if at is None:
            chosen = registry.pick(scheme)
        else:
            moment = moment_of(at, None) if at.isdigit() else moment_of(None, at)
            kind = registry.versions(registry.split(scheme)[0])[0].period
            chosen = registry.find(scheme, registry.moment(kind, moment))
        place = next(entry.file for entry in registry.entries() if registry.load(entry).name == chosen.name)
    return StatutoryModel(chosen.scheme, chosen.version, place.read_text(encoding="utf-8"), place.name)


def _cell(cell: Any, subject: Any) -> list[dict[str, Any]]:
    if cell is None or cell != cell or cell == "":
        return []
    try:
        rows = json.loads(cell) if isinstance(cell, str) else list(cell)
    except (TypeError, ValueError) as error:
        raise InputError("modelling.records_subject_no_json", cell=CELL, subject=subject) from error
    if not isinstance(rows, list) or not all(isinstance(value, dict) for value in rows):
        raise InputError("modelling.records_subject_no_list_objects", cell=CELL, subject=subject)
    return rows
