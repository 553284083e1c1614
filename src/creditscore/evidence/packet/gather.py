"""What a packet is made from: the subject's own rows, the text of the rules and the laws, and what others gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.core.tables.table import literal
from creditscore.core.version import __version__
from creditscore.evidence.packet.carried import calendar_rows, laws_read, rule_rows, schemes_read
from creditscore.evidence.packet.refused import refused_inputs
from creditscore.explanation.audit import audit
from creditscore.explanation.read import manifest_of, read
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.records import Snapshot
from creditscore.records.subset import subset, unpack
from creditscore.schemes import registry
from creditscore.schemes.laws import LAWS
from creditscore.schemes.load import load_scheme
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("subjects", "records", "attributes", "listings", "history", "feeds")
OF_RUN = (
    "run_id",
    "run_format",
    "rules_hash",
    "creditscore",
    "scheme",
    "scheme_hash",
    "snapshot_hash",
    "period",
    "as_of",
    "known_at",
    "law_known_at",
)
KEYS = ("record_id", "act_id", "listing_id")  # what rows are told apart by; their cells are graded as they stand
Inputs = dict[str, list[Any]]


@dataclass(frozen=True)
class Added:
    """What stands beside the run. `model`: a saved model part (`ModelPart.to_dict`); `case`: rows of an objection,
    each with `what`; `disputed`: record ids; `events`: record events decided since, as the log has them; `proof`: rows
    of the proof that a step of the case stands in the log (`proof.prove_case`).
    """

    model: Mapping[str, Any] | None = None
    case: Sequence[Mapping[str, Any]] = ()
    disputed: Sequence[str] = ()
    events: pa.Table | None = field(default=None, repr=False)
    proof: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Run:
    """One run of one subject: its manifest, the hash of the subject's rows as they were written, refused rows."""

    manifest: Mapping[str, Any]
    subject_id: str
    digest: str
    refused: Sequence[Mapping[str, Any]] = ()


def run_in_folder(grading_dir: Path | str, subject_id: str, scheme: str = "") -> Run:
    """One subject of a written grading. InputError where folder or subject is missing."""
    folder = Path(grading_dir)
    manifest = manifest_of(folder, scheme)
    sid = str(read(folder, subject_id, str(manifest["scheme"])).grade["subject_id"])
    return Run(manifest, sid, audit(folder, sid, str(manifest["scheme"])).digest, _refused(folder, sid))


def gather(run: Run, snapshot: Snapshot, *, file: Path | None = None, added: Added | None = None) -> Inputs:
    """The inputs of a packet for the subject of a run, and nothing of any other subject.

    `file` is the YAML of a scheme outside the library. Raises InputError where snapshot, scheme and run do not belong
    together, UsageError for a model part of another subject or one that does not say that it is advisory.
    """
    beside, sid = added or Added(), run.subject_id
    if not snapshot.has_hash(run.manifest["snapshot_hash"]):
        raise InputError(
            "the snapshot is not the one that was graded",
            allowed=str(run.manifest["snapshot_hash"]),
            next="give the snapshot of the run",
        )
    text, before, newer = _texts(str(run.manifest["scheme"]), file)
    scheme = _scheme(text, file)
    small = subset(as_graded(snapshot, run.manifest), [sid], events=beside.events)
    tables = {name: [_row(row) for row in table.to_pylist()] for name, table in unpack(small, [sid]).items()}
    lists = {row["list"] for row in tables["listings"]}
    others = [registry.load(entry) for entry in schemes_read(scheme, lists)]
    about = {name: str(run.manifest[name]) for name in OF_RUN if name in run.manifest} | {
        "subject_id": sid,
        "newest_day": str(small.newest_date),
        "made_up": str(bool(run.manifest.get("made_up", False))).lower(),
        "package": __version__,
        "newer_versions": ", ".join(newer),
        **({} if small.judges_refused else {"judges_refused": "false"}),
        "input_marks": ";".join(small.stated_marks or ()),
    }
    return {
        "about": [{"name": name, "value": value} for name, value in about.items()],
        "case": [dict(row) for row in beside.case],
        "disputed": [{"record_id": name} for name in sorted(set(beside.disputed))],
        **{name: tables[name] for name in TABLES},
        "refused": [dict(row) for row in run.refused],
        **refused_inputs(small, sid),
        **({"proof": [dict(row) for row in beside.proof]} if beside.proof else {}),
        "model": model_rows(beside.model, sid),
        "scheme": text,
        "version_before": before,
        "laws": _laws([scheme, *([_scheme(before, None)] if before else []), *others], file),
        "rules": rule_rows(scheme, lists),
        "calendar": calendar_rows(),
    }


def about_of(inputs: Mapping[str, list[Any]]) -> dict[str, str]:
    """The names and values of `about`."""
    return {str(row["name"]): str(row["value"]) for row in inputs["about"]}


def _texts(name: str, file: Path | None) -> tuple[list[str], list[str], list[str]]:
    """The text of the version that graded, that of the version before it, and the names of newer ones."""
    if file is not None:
        return _lines(file), [], []
    code, _, version = name.partition("@")
    known = [entry for entry in registry.entries() if entry.scheme == code]
    place = next((k for k, entry in enumerate(known) if registry.load(entry).version == version), None)
    if place is None:
        raise InputError(
            f"the library no longer has {name}",
            allowed=", ".join(entry.version for entry in known),
            next="give the file of the scheme with --scheme",
        )
    before = _lines(known[place - 1].file) if place else []
    return _lines(known[place].file), before, [registry.load(entry).name for entry in known[place + 1 :]]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")


def _scheme(text: Sequence[str], file: Path | None) -> Scheme:
    """The scheme as the packet will read it: from its text, beside its own laws."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="creditscore-") as work:
        copy = Path(work) / "scheme.yaml"
        copy.write_text("\n".join(text), encoding="utf-8")
        if file is not None and (file.parent / "laws").is_dir():
            shutil.copytree(file.parent / "laws", Path(work) / "laws")
        return load_scheme(copy, file.name if file else "scheme.yaml", archived=True)


def _laws(schemes: Sequence[Scheme], file: Path | None) -> list[dict[str, str]]:
    """The legal texts that schemes and the rules on repair cite, as their files stand."""
    named = sorted(laws_read(schemes))
    laws = []
    for law in named:
        own = None if file is None else file.parent / "laws" / f"{law}.yaml"
        place = own if own is not None and own.is_file() else LAWS.find_file(law).file
        laws.append({"id": law, "text": place.read_text(encoding="utf-8")})
    return laws


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    """A row with text cells; absent ones are left out, numbers of persons hidden.

    InputError where a key holds such a number: hidden, it would no longer name the record that was graded.
    """
    cells = {name: redact(str(value)) for name, value in row.items() if value is not None}
    for key in KEYS:
        if key in cells and cells[key] != str(row[key]):
            raise InputError(
                f"{key} holds the number of a person, which a packet does not show",
                where=f"{key} {cells[key]}",
                allowed="an id that names nobody",
                next="deliver the record under another id, grade again, and build the packet of that run",
            )
    return cells


def _refused(folder: Path, subject_id: str) -> list[dict[str, str]]:
    """The rows of the subject that intake or the scheme refused, each with its reason."""
    import duckdb

    path = folder / "quarantine.parquet"
    if not path.is_file():
        return []
    with outside("the quarantine", path, "grade again with --out"), duckdb.connect() as con:
        cursor = con.execute(
            'SELECT DISTINCT "table", record_id, event_no, item, reason, "column", value, message'
            f" FROM read_parquet({literal(str(path))}) WHERE subject_id = ? ORDER BY ALL",
            [subject_id],
        )
        names = [column[0] for column in cursor.description or []]
        return [_row(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def model_rows(model: Mapping[str, Any] | None, subject_id: str) -> list[Any]:
    """The model part: its head, then one row for each share."""
    if model is None:
        return []
    if model.get("kind") != "model_part" or not isinstance(model.get("shares"), list):
        raise UsageError("this is no model part", allowed="the JSON of `ModelPart.to_dict`", next="see docs/models.md")
    if model.get("subject_id") != subject_id:
        raise UsageError(
            "the model part speaks of another subject", where=redact(str(model.get("subject_id"))), allowed=subject_id
        )
    if model.get("advisory") is not True or set(model.get("notice", ())) < {"zh", "en"}:
        raise UsageError("the model part does not say that it is advisory", allowed="advisory: true, notice: zh and en")
    total = float(model["base"]) + sum(float(share["points"]) for share in model["shares"])
    if abs(total - float(model["points"])) > 1e-6 * (1 + abs(total)):
        raise UsageError(
            f"the shares of the model part come to {total:.6f}, its points are {model['points']}",
            next="a part that does not add up is not printed; make it again",
        )
    return [{name: value for name, value in model.items() if name != "shares"}, *model["shares"]]
