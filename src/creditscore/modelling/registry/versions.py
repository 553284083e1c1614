"""Versions of models: registered, promoted by two people, found again for any day.

MLflow keeps versions and aliases; the append-only log keeps who did what when, is written before an alias moves, and is
what `as_of` reads. Names of people are taken at their word, or held to a file of roles.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.modelling.features.frames import read_frame
from creditscore.modelling.registry.grading_model import FILE
from creditscore.modelling.registry.history import PROMOTED, REGISTERED, aliases_of, promotions
from creditscore.modelling.registry.promotion_checks import (
    check_moment,
    check_name,
    check_report,
    made_again,
    may_be_promoted,
)
from creditscore.modelling.registry.pyfunc import ARTIFACT, CODE, read_hashed, signature_of
from creditscore.modelling.registry.tables import table_hash
from creditscore.modelling.registry.tracking import ModelStore, experiment_of, log_run
from creditscore.store import second_person

if TYPE_CHECKING:
    from creditscore.store import Entry, Log

__all__ = ["ALIASES", "Version", "list_versions", "load", "promote", "register"]

ALIASES = ("champion", "challenger")
KINDS = {"GradingModel": "model", "StatutoryModel": "scheme", "CompositeModel": "composite"}


@dataclass(frozen=True)
class Version:
    """One registered version, as the log tells of it; `aliases` as MLflow has them now."""

    name: str
    version: str
    kind: str
    content_hash: str
    data_hash: str | None
    verdict: str | None
    report_sha256: str | None
    scheme: str | None
    registered_by: str
    registered_at: str
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None  # how its validation was made, so that it can be made again


def register(
    model: Any,
    name: str,
    *,
    actor: str,
    store: ModelStore,
    report: Mapping[str, Any] | None = None,
    role: str = "analyst",
    at: str | None = None,
) -> Version:
    """A new version of `name` from a model, scheme or composite: code plus JSON in MLflow, an entry in the log.

    `report`: the `to_dict()` of its validation, needed where the model names one; InputError when it is not that one,
    or when its verdict is not what its own criteria give. `at`: a moment that has passed (default: now).
    """
    check_name(name)
    check_moment(at)
    check_report(model, report)
    facts = describe_model(model)
    with store.mlflow() as client, store.log() as log:
        known = [entry for entry in log.entries(action=REGISTERED) if entry.data and entry.data["name"] == name]
        kinds = {entry.data["kind"] for entry in known}
        if kinds and kinds != {facts["kind"]}:
            raise UsageError(
                f"{name} already holds versions of another kind: {kinds.pop()}", next="choose another name"
            )
        number = str(len(_done(log, known)) + 1)
        with log.act(
            actor, role, REGISTERED, f"models/{name}/{number}", {"name": name, "version": number, **facts}, at=at
        ) as act:
            text = log_model(client, store, model, name, report, facts)
            if text != number:
                raise InputError(
                    f"MLflow made version {text} of {name}, and the log expects {number}",
                    where=store.uri,
                    next="somebody registered past the log: choose another name",
                )
            entry = act.entry
    return _version(entry, ())


def promote(
    name: str,
    version: str | int,
    alias: str = "champion",
    *,
    actor: str,
    approver: str,
    store: ModelStore,
    table: Any = None,
    data_hash: str | None = None,
    reason: str = "",
    at: str | None = None,
) -> Entry:
    """Give a version an alias, after every check, and after the log has it.

    Refused (NotAllowed) unless: the approver is neither the actor nor who registered the version, and has the role
    `approver` where the store has roles; the validation passed (where it only warns, `reason` must say why that is
    accepted); `table`, the one that the report was made on, has the registered hash, and the validation made again
    on it gives the registered verdict; and the artifact is, byte for byte of its content, what was registered.
    `data_hash` in place of the table (or the content hash of a scheme): the hash is compared, nothing is made again,
    and the log says so. Returns the entry of the log that was written before the alias moved.
    """
    if alias not in ALIASES:
        raise UsageError(f"no alias is called {alias!r}", allowed=ALIASES)
    with store.mlflow(make=False) as client, store.log() as log:
        versions = {version.version: version for version in _versions(log, name)}
        chosen = versions.get(str(version))
        if chosen is None:
            raise UsageError(
                f"{name} has no version {version}",
                allowed=list(versions) or "none",
                next="see `creditscore model list`",
            )
        second_person(approver, actor, chosen.registered_by, act=f"promoting {name} {version}")
        if log.roles is not None:
            log.roles.require("analyst", actor)
        before = _newest(log, name, alias)
        check_moment(
            at,
            ("it was registered", chosen.registered_at),
            ("the last promotion", None if before is None else before.at),
        )
        stored, stated = read_stored(client, name, chosen.version)
        if table is not None:
            from creditscore.modelling.registry.validating import config_of

            kinds = config_of(stored).kinds() if chosen.kind == "model" else None
            data_hash = table_hash(read_frame(table, kinds))
        may_be_promoted(chosen, data_hash, reason)
        if stated != chosen.content_hash:
            raise NotAllowed(
                f"the artifact of {name} {version} is not what was registered", allowed=chosen.content_hash
            )
        again = made_again(chosen, stored, table) if table is not None and chosen.kind == "model" else None
        payload = {
            "name": name,
            "version": chosen.version,
            "alias": alias,
            "proposed_by": actor,
            "approved_by": approver,
            "content_hash": chosen.content_hash,
            "data_hash": chosen.data_hash,
            "report_sha256": chosen.report_sha256,
            "verdict": chosen.verdict,
            "previous": None if before is None else before.data["version"],
            "reason": reason,
            "report_made_again": again,
        }
        with log.act(approver, "approver", PROMOTED, f"models/{name}/{chosen.version}", payload, at=at) as act:
            client.set_registered_model_alias(name, alias, chosen.version)
        return act.entry


def load(name: str, version: str | int | None = None, *, alias: str | None = None, store: ModelStore) -> Any:
    """The model, scheme or composite of a version or alias (default: champion), checked against the log."""
    with store.mlflow(make=False) as client, store.log(read_only=True) as log:
        versions = {version.version: version for version in _versions(log, name)}
        if version is None:
            version = _aliased(client, name, alias or "champion")
            entry = _newest(log, name, alias or "champion")
            if entry is None or entry.data["version"] != version:
                raise InputError(
                    f"{name}@{alias or 'champion'} is version {version} in MLflow, and "
                    + ("was never promoted" if entry is None else f"version {entry.data['version']} in the log"),
                    where=str(store.folder),
                    next="promote the version that shall be it, or name a version",
                )
        if str(version) not in versions:
            raise UsageError(f"{name} has no version {version}", allowed=list(versions) or "none")
        stored, stated = read_stored(client, name, str(version))
        if stated != versions[str(version)].content_hash:
            raise InputError(
                f"the artifact of {name} {version} is not what was registered",
                allowed=versions[str(version)].content_hash,
                next="restore the artifact from a copy",
            )
        return stored


def list_versions(store: ModelStore, name: str | None = None) -> list[Version]:
    """Every version in the log, oldest first, with the aliases that MLflow has."""
    with store.mlflow(make=False) as client, store.log(read_only=True) as log:
        versions = _versions(log, name)
        aliases: dict[tuple[str, str], list[str]] = {}
        for value in sorted({entry.name for entry in versions}):
            for alias, number in sorted(aliases_of(client, value).items()):
                aliases.setdefault((value, number), []).append(alias)
    return [
        Version(**{**vars(version), "aliases": tuple(aliases.get((version.name, version.version), ()))})
        for version in versions
    ]


def describe_model(model: Any) -> dict[str, Any]:
    """Say what is registered of a model, scheme or composite: its kind, hashes, verdict, and how it was validated."""
    validation = getattr(model, "validation", None)
    facts = {
        "kind": KINDS[type(model).__name__],
        "content_hash": model.content_hash,
        "data_hash": model.content_hash if validation is None else validation["table_sha256"],
        "verdict": None if validation is None else validation["verdict"],
        "report_sha256": None if validation is None else validation["report_sha256"],
        "scheme": getattr(model, "scheme", None),
        "settings": None if validation is None else validation.get("settings"),
    }
    if facts["kind"] != "scheme" and validation is None:
        facts["data_hash"] = None
    if facts["kind"] == "scheme":
        facts["scheme"] = f"{model.scheme}@{model.version}"
    return facts


def log_model(
    client: Any, store: ModelStore, model: Any, name: str, report: Mapping[str, Any] | None, facts: Mapping[str, Any]
) -> str:
    """Log run, files and model; the number of the version that MLflow made."""
    import mlflow
    from mlflow.exceptions import MlflowException

    tables = _tables(model)
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "served.py"
        code.write_text(CODE, encoding="utf-8")
        file = model.save(Path(folder))
        with mlflow.start_run(experiment_id=experiment_of(client, store), run_name=name) as run:
            log_run(client, run.info.run_id, report, tables)
            client.set_tag(run.info.run_id, "content_hash", facts["content_hash"])
            result = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(code),
                artifacts={ARTIFACT: str(file)},
                # without a list MLflow starts another interpreter to find out
                pip_requirements=[f"creditscore=={installed('creditscore')}", f"mlflow=={installed('mlflow')}"],
                signature=signature_of(model),
                model_config={"content_hash": facts["content_hash"]},
                metadata={key: value for key, value in facts.items() if value is not None},
            )
    with contextlib.suppress(MlflowException):
        client.create_registered_model(name)  # it may be there already
    source = client.get_logged_model(result.model_id).artifact_location
    tags = {key: str(value) for key, value in facts.items() if value is not None and key != "settings"}
    number = client.create_model_version(name, source, run.info.run_id, tags=tags, model_id=result.model_id)
    return str(number.version)


def read_stored(client: Any, name: str, version: str) -> tuple[Any, str]:
    """The model of a version and the hash of its content, as its artifact has it; InputError when it cannot be read or
    was changed.
    """
    import mlflow

    uri = client.get_model_version_download_uri(name, version)
    with tempfile.TemporaryDirectory() as folder:
        return read_hashed(Path(mlflow.artifacts.download_artifacts(f"{uri}/artifacts/{FILE}", dst_path=folder)))


def _tables(model: Any) -> dict[str, Any]:
    card = getattr(getattr(model, "estimator", None), "card_", None)
    scale = getattr(getattr(model, "scale", None), "table_", None)
    tables = {"card": None if card is None else card.to_pandas(), "scale": scale}
    return {name: table for name, table in tables.items() if table is not None}


def _done(log: Log, entries: list[Entry]) -> list[Entry]:
    """Those of the acts that took effect."""
    done = {entry.refers_to for entry in log.entries() if entry.phase == "done" and entry.refers_to is not None}
    return [entry for entry in entries if entry.phase == "begun" and entry.seq in done]


def _versions(log: Log, name: str | None) -> list[Version]:
    known = _done(log, log.entries(action=REGISTERED))
    return [_version(entry, ()) for entry in known if name is None or entry.data["name"] == name]


def _version(entry: Entry, aliases: tuple[str, ...]) -> Version:
    data = entry.data
    own = ("name", "version", "kind", "content_hash", "data_hash", "verdict", "report_sha256", "scheme", "settings")
    return Version(
        **{key: data.get(key) for key in own}, registered_by=entry.actor, registered_at=entry.at, aliases=aliases
    )


def _newest(log: Log, name: str, alias: str) -> Entry | None:
    entries = promotions(log, name, alias)
    return entries[-1] if entries else None


def _aliased(client: Any, name: str, alias: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        raise UsageError(f"{name} has no {alias}", next="see `creditscore model list`, or name a version") from error
