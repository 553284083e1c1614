"""A finished composite: its tables, how they are written and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.config import CompositeConfig
from creditscore.composite.result_columns import SCORES
from creditscore.core.atomic import write_json
from creditscore.core.boundary import described, guarded
from creditscore.core.errors import InputError
from creditscore.core.exports import call_later
from creditscore.core.folders import whole
from creditscore.core.i18n import Lang, language
from creditscore.core.json_source import Needed, read_object
from creditscore.core.messages import Message, joined
from creditscore.core.tables.frames import as_pandas, as_polars
from creditscore.core.tables.write import Csv, write_table
from creditscore.grading.identity import id_of
from creditscore.grading.result_columns import column_fault

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from creditscore.present.svg import Picture

TABLES = ("composite", "contributions", "shared_acts", "regraded", "quarantine")
MANIFEST = "manifest.json"
MARK = "contributions.parquet"  # of a folder that holds a composite
FORMAT = "creditscore-composite"
RUN_FORMAT = 2  # changes when the algorithm gives other rows for the same input
# what the id of a composite's run is made of, and that of one which states no `run_format`
RUN = ("run_format", "rules_hash", "config", "config_version", "as_of", "acts", "inputs", "listings", "subjects")
FIRST_RUN = ("creditscore", "config", "config_version", "config_sha256", "as_of", "inputs", "listings", "subjects")
NEEDED: Needed = {"run_id": str, "reference": (str, int), "as_of": str, "rules": dict, "inputs": list, "notes": list}


def composite_id(manifest: Mapping[str, Any]) -> str:
    """The id that a composite's run with this manifest has; KeyError where the manifest lacks a part of it."""
    return id_of({name: manifest[name] for name in (RUN if "run_format" in manifest else FIRST_RUN)})


@dataclass(frozen=True, repr=False)
class Composite:
    """A finished composite: its tables in Arrow (`composite`, `contributions`, …) and its manifest.

    Parameters
    ----------
    coded
        The tables by name, texts as dictionary codes; the attributes below give them as plain text.
    manifest
        The run: inputs, rules, day, reference score, counts and notes.

    Attributes
    ----------
    composite
        One row per subject: score (0 to 1000) and grade, or the reason why there is none.
    contributions
        One row per subject and domain: Σ contribution + `manifest["reference"]` = score, exactly.
    shared_acts
        Acts that several domains would count, and the domain in which each counts.
    regraded
        Ledgers of domains that were graded again without such acts; columns as in the ledger of a grading.
    quarantine
        Ids that were refused.
    config
        The rules of the composite as they were when it was computed.
    """

    coded: Mapping[str, pa.Table] = field(repr=False)  # texts as codes, which are quick to take and to write
    manifest: dict[str, Any]

    def __repr__(self) -> str:
        counts = self.manifest["counts"]["grades"]
        listed = ", ".join(f"{grade} {number}" for grade, number in counts.items() if number) or "no grade"
        return f"<Composite {self.config.name} {self.manifest['as_of']}: {listed}>"

    def _repr_html_(self) -> str:
        from creditscore.composite.document import scores_document
        from creditscore.present.html import render_cell

        return render_cell(scores_document(self, language()))

    def plot(self, lang: Lang | None = None) -> Picture:
        """Draw how many organisations have which grade (SVG, which a notebook shows)."""
        from creditscore.composite.document import draw_grades

        return draw_grades(self, lang or language())

    def explain(self, subject_id: str, gradings: Any = None) -> Any:
        """Explain the score of one subject: `creditscore.explanation.explain_composite` of this composite."""
        return call_later("creditscore.explanation.explain_composite", self, subject_id, gradings)

    def to_pandas(self) -> pd.DataFrame:
        """Give the scores as a pandas DataFrame, one row per subject."""
        return as_pandas(self.composite)

    def to_polars(self) -> pl.DataFrame:
        """Give the scores as a Polars DataFrame, one row per subject."""
        return as_polars(self.composite)

    @property
    def config(self) -> CompositeConfig:
        """The composite's rules as they were."""
        return CompositeConfig.model_validate_json(json.dumps(self.manifest["rules"]))

    @property
    def composite(self) -> pa.Table:
        return self._plain("composite")

    @property
    def contributions(self) -> pa.Table:
        return self._plain("contributions")

    @property
    def shared_acts(self) -> pa.Table:
        return self._plain("shared_acts")

    @property
    def regraded(self) -> pa.Table:
        return self._plain("regraded")

    @property
    def quarantine(self) -> pa.Table:
        return self._plain("quarantine")

    def _plain(self, name: str) -> pa.Table:
        import pyarrow as pa

        table = self.coded[name]
        kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
        return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))

    @guarded(Message("composite.writing"))
    def write(self, out: Path | str, csv: Csv = False) -> Path:
        """Write the tables (Parquet; CSV too on request) and manifest.json, all or nothing; returns the folder.

        The folder must be new or empty, or hold an earlier composite, which is replaced as a whole.
        """
        with whole(out, MARK) as folder:
            for name in TABLES:
                # without Arrow's own schema: readers see plain text, not codes
                write_table(self.coded[name], folder / f"{name}.parquet", codec="zstd", arrow_types=False)
                if csv:
                    write_table(self._plain(name), folder / f"{name}.csv", people=csv == "people")
            # as it stands: of two schemes with one value the first in the order of the rules decides
            write_json(folder / MANIFEST, self.manifest, indent=2)
        return Path(out)


@guarded(Message("composite.reading"))
def read_composite(folder: Path | str) -> Composite:
    """Read a composite from the folder that it was written to.

    The tables are compared with the rules in the manifest: every grade, domain and hard rule they name must be there.

    Parameters
    ----------
    folder
        What `creditscore composite --out` or `Composite.write` wrote.

    Returns
    -------
    Composite
        Its tables and manifest.

    Raises
    ------
    InputError
        Where a file is missing or damaged, or the files do not belong together.

    Examples
    --------
    >>> read_composite("scores").composite.num_rows  # doctest: +SKIP
    20000
    """
    import pyarrow as pa
    import pyarrow.parquet

    place = Path(folder)
    files = [*(f"{name}.parquet" for name in TABLES), MANIFEST]
    lacking = [name for name in files if not (place / name).is_file()]
    if lacking:
        raise InputError("composite.not_found_2", listed=joined(lacking), where=str(folder))
    try:
        manifest = read_object(place / MANIFEST, next=Message("composite.make_again"), needed=NEEDED)
        if not all(isinstance(part, dict) for part in manifest["inputs"]):
            raise ValueError(Message("composite.input_no_object"))
        if not all(isinstance(note, str) for note in manifest["notes"]):
            raise ValueError(Message("composite.note_no_text"))
        if manifest.get("format") != FORMAT:
            raise ValueError(Message("composite.manifest_of_another_kind"))
        tables = {name: pyarrow.parquet.read_table(place / f"{name}.parquet") for name in TABLES}
        for name, columns in SCORES.items():
            fault = column_fault(tables[name].schema, columns)
            if fault:
                raise ValueError(f"{name}.parquet: {fault.say(language())}")
        composite = Composite(tables, manifest)
        _check_names(composite)  # damaged rules are said here too, not later
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise InputError("composite.composite_cannot_read", described=described(error), where=str(folder)) from error
    return composite


def _check_names(composite: Composite) -> None:
    """ValueError where a table names a domain, group, grade or hard rule that the composite's own rules do not have."""
    import pyarrow.compute as pc

    config, tables = composite.config, composite.coded
    rules = {rule.id for rule in config.hard_rules}
    known = {
        ("contributions", "domain"): {domain.id for group in config.groups for domain in group.domains},
        ("composite", "grade"): {grade.code for grade in config.grades},
    }
    for (table, column), names in known.items():
        strange = set(pc.unique(tables[table][column]).to_pylist()) - names - {None, ""}
        if strange:
            raise ValueError(Message("composite.strange_name", column=f"{table}.{column}", name=min(strange)))
    fired = {
        rule for cell in pc.unique(tables["composite"]["hard_rules"]).to_pylist() if cell for rule in cell.split(";")
    }
    notes = {
        note for cell in pc.unique(tables["contributions"]["note"]).to_pylist() if cell for note in cell.split(";")
    }
    fired |= {note.partition(":")[2] for note in notes if note.startswith("hard_rule:")}
    if fired - rules:
        raise ValueError(Message("composite.strange_hard_rule", name=min(fired - rules)))
