"""Releases of models: versions registered, promoted by two people, undone, found again for any day; MLflow follows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.days import day_of
from creditscore.core.errors import CreditscoreError, InputError, StoreError, UsageError
from creditscore.modelling.features.frames import read_frame
from creditscore.modelling.registry.grading_model import FILE
from creditscore.modelling.registry.promotion_checks import check_name, check_report, made_again
from creditscore.modelling.registry.pyfunc import read_hashed
from creditscore.modelling.registry.tables import table_hash
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.versions import Version, aliases_of, describe_model, log_model, read_stored
from creditscore.modelling.registry.workflow import ALIAS_EFFECT, ALIASES, VERSION_EFFECT
from creditscore.store.effects import do_effects, list_open_effects
from creditscore.store.fold import Stream, fold
from creditscore.store.log import Event, read_streams
from creditscore.store.store import Day, Store


def register(
    store: Store,
    models: ModelStore,
    model: Any,
    name: str,
    *,
    by: str,
    on: Day,
    report: Mapping[str, Any] | None = None,
) -> Stream:
    """Register a new version of `name` from a model, scheme or composite.

    Parameters
    ----------
    store, models
        The open store, and where MLflow lies.
    model, name
        What is registered, under which name.
    by, on
        Who registers it (role `analyst`), and the day.
    report
        The `to_dict()` of its validation, needed where the model names one.

    Returns
    -------
    Stream
        The version. MLflow keeps it too, at once or when `catch_up` is called: until then the effect is open.

    Raises
    ------
    InputError
        Where the report is not that of the model, or its verdict not what its own criteria give.
    UsageError
        For a name that is none, or one that holds versions of another kind.

    Examples
    --------
    >>> register(store, models, model, "food", by="wang", on="2026-03-02", report=report.to_dict())  # doctest: +SKIP
    """
    check_name(name)
    check_report(model, report)
    facts = {key: value for key, value in describe_model(model).items() if key != "settings" and value is not None}
    with tempfile.TemporaryDirectory() as folder:
        facts["file"] = store.archive.put_bytes(model.save(Path(folder)).read_bytes())
    if report is not None:
        facts["report"] = store.archive.put_bytes(json.dumps(report, ensure_ascii=False).encode())
    number = 1 + max((row["number"] for row in store.rows("model", name=name)), default=0)
    version = store.act("model", "register", by=by, on=on, name=name, number=number, **facts)
    catch_up(store, models, by=by)
    return version


def propose(
    store: Store,
    models: ModelStore,
    name: str,
    version: int,
    alias: str = "champion",
    *,
    by: str,
    on: Day,
    table: Any = None,
    data_hash: str | None = None,
    reason: str = "",
) -> Stream:
    """Propose that a version gets an alias.

    Parameters
    ----------
    store, models
        The open store, and where MLflow lies.
    name, version, alias
        Which version, and `champion` or `challenger`.
    by, on
        Who proposes it (role `analyst`), and the day.
    table
        The table on which its report was made: the validation is made again on it.
    data_hash
        In place of the table its hash, or the content hash of a scheme: it is compared, and nothing is made again.
    reason
        Why a validation that only warns is accepted.

    Returns
    -------
    Stream
        The promotion, for another person to approve.

    Raises
    ------
    UsageError
        Where there is no such version or alias, the validation did not pass, the data are other ones, the artifact is
        not what was registered, or the day lies before what it follows.
    NotAllowed
        Where the validation, made again, gives another verdict.

    Examples
    --------
    >>> propose(store, models, "food", 1, by="wang", on="2026-03-03", table="validation.csv")  # doctest: +SKIP
    """
    known = _read_version(store, name, version)
    with models.mlflow(make=False) as client:
        stored, stated = read_stored(client, name, str(version))
    given: dict[str, Any] = {"model": name, "number": version, "alias": alias, "artifact": stated}
    if table is not None:
        from creditscore.modelling.registry.validating import config_of

        is_model = known.fields["kind"] == "model"
        data_hash = table_hash(read_frame(table, config_of(stored).kinds() if is_model else None))
        if is_model and data_hash == known.fields.get("data_hash"):
            given["report_made_again"] = made_again(describe_version(store, known, stored), stored, table)
    given |= {key: value for key, value in (("data_hash", data_hash), ("reason", reason.strip())) if value}
    return store.act("promotion", "propose", by=by, on=on, **given)


def approve(store: Store, models: ModelStore, promotion: str, *, by: str, on: Day) -> Stream:
    """Approve a promotion: the alias is the version's, and MLflow's alias follows.

    Parameters
    ----------
    store, models
        The open store, and where MLflow lies.
    promotion
        The case, as `propose` returned it.
    by, on
        Who approves it (role `approver`; neither who proposed it nor who registered the version), and the day.

    Returns
    -------
    Stream
        The promotion. Where MLflow could not be reached its effect stays open until `catch_up`.

    Raises
    ------
    UsageError
        Where it is not proposed, or the artifact is not what was registered.
    NotAllowed
        For a person without the role, or who is no second person.

    Examples
    --------
    >>> approve(store, models, "promotion/food.1.champion.1", by="li", on="2026-03-04")  # doctest: +SKIP
    """
    case = store.read(promotion).fields
    with models.mlflow(make=False) as client:
        _, stated = read_stored(client, case["model"], str(case["number"]))
    promoted = store.act("promotion", "approve", promotion, by=by, on=on, artifact=stated)
    catch_up(store, models, by=by)
    return promoted


def undo(store: Store, models: ModelStore, promotion: str, *, by: str, on: Day, reason: str) -> Stream:
    """Undo the newest promotion of an alias: what had it before has it again, or nothing has."""
    undone = store.act("promotion", "undo", promotion, by=by, on=on, reason=reason)
    catch_up(store, models, by=by)
    return undone


def catch_up(store: Store, models: ModelStore, *, by: str) -> list[str]:
    """Bring MLflow to what the log says; return the effects that are still open, each with its reason in the log."""

    def keep_version(effect: str, to: str, content: Mapping[str, Any]) -> str:
        with models.mlflow() as client:
            there = [
                v for v in client.search_model_versions(f"name='{content['name']}'") if v.tags.get("effect") == effect
            ]
            if not there:
                _keep_version(store, models, client, effect, content)
        return to

    def set_alias(effect: str, to: str, content: Mapping[str, Any]) -> str:
        holder = read_alias(store, content["model"], content["alias"]).fields["holder"]  # as it is now
        with models.mlflow() as client:
            if holder is not None:
                client.set_registered_model_alias(content["model"], content["alias"], str(holder["number"]))
            elif content["alias"] in aliases_of(client, content["model"]):
                client.delete_registered_model_alias(content["model"], content["alias"])
        return "none" if holder is None else str(holder["number"])

    return do_effects(
        store, {VERSION_EFFECT: _say_failures(keep_version), ALIAS_EFFECT: _say_failures(set_alias)}, by=by
    )


def _keep_version(store: Store, models: ModelStore, client: Any, effect: str, content: Mapping[str, Any]) -> None:
    report = None if content["report"] is None else json.loads(store.archive.read_bytes(content["report"]))
    model = read_archived(store, store.read(f"model/{content['name']}.{content['number']}"))
    facts = {**describe_model(model), "effect": effect}
    number = log_model(client, models, model, content["name"], report, facts)
    if number != str(content["number"]):
        raise InputError(
            "modelling.mlflow_made_version_log_expects",
            number=number,
            name=content["name"],
            number_2=content["number"],
            where=models.uri,
        )


def _say_failures(doer: Callable[[str, str, Mapping[str, Any]], str]) -> Callable[[str, str, Mapping[str, Any]], str]:
    """Let whatever MLflow raises be a failure of the effect, which stays open; the act is written already."""

    def do(effect: str, to: str, content: Mapping[str, Any]) -> str:
        try:
            return doer(effect, to, content)
        except CreditscoreError:
            raise
        except Exception as error:  # its database, its server, its files
            raise StoreError(
                "modelling.mlflow_not_take",
                splitlines=(str(error).strip() or type(error).__name__).splitlines()[0],
                where=to,
            ) from error

    return do


# --- reading


def read_alias(store: Store, name: str, alias: str) -> Stream:
    """Read an alias from the log; without events where it was never given."""
    stream = f"alias/{name}.{alias}"
    with store.reading() as connection:
        return fold(stream, read_streams(connection, [stream])[stream])


def find_holder(store: Store, name: str, day: str | date, *, alias: str = "champion") -> Mapping[str, Any] | None:
    """Find which version had an alias at the end of a day: its number, promotion, content hash; None where none had.

    UsageError where there is no such model.
    """
    wanted = day_of(day, "day")
    events = [event for event in read_alias(store, name, alias).events if wanted and event.on_day <= wanted.isoformat()]
    if not events and not store.rows("model", name=name):
        raise UsageError(
            "modelling.no_model_called",
            name=name,
            where=store.database.shown,
            allowed=sorted({row["name"] for row in store.rows("model")}) or "none",
        )
    return _holder_of(events[-1]) if events else None


def _holder_of(event: Event) -> Mapping[str, Any] | None:
    holder: Mapping[str, Any] | None = (event.payload or {})["set"].get("holder")
    return holder


def load(store: Store, models: ModelStore, name: str, version: int | None = None, *, alias: str = "champion") -> Any:
    """Load the model, scheme or composite of a version or an alias from MLflow, checked against the log."""
    with models.mlflow(make=False) as client:
        if version is None:
            there = aliases_of(client, name).get(alias)
            holder = read_alias(store, name, alias).fields.get("holder")
            if holder is None and there is None:
                raise UsageError("modelling.no_2", name=name, alias=alias, where=models.uri)
            if holder is None or str(holder["number"]) != there:
                raise InputError(
                    f"{name}@{alias} is version {there} in MLflow, and "
                    + ("was never promoted" if holder is None else f"version {holder['number']} in the log"),
                    where=models.uri,
                    next="promote the version that shall be it, or name a version",
                )
            version = int(holder["number"])
        known = _read_version(store, name, version)
        stored, stated = read_stored(client, name, str(version))
    if stated != known.fields["content_hash"]:
        raise InputError(
            "modelling.artifact_not_registered",
            name=name,
            version=version,
            where=models.uri,
            allowed=known.fields["content_hash"],
        )
    return stored


def read_archived(store: Store, version: Stream) -> Any:
    """Read the model of a registered version from the archive beside the log, checked against the log."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE
        file.write_bytes(store.archive.read_bytes(version.fields["file"]))
        model, stated = read_hashed(file)
    if stated != version.fields["content_hash"]:
        raise InputError(
            "modelling.file_archive_not_registered",
            name=version.name,
            where=store.database.shown,
            allowed=version.fields["content_hash"],
        )
    return model


def list_registered(store: Store, name: str | None = None) -> list[Stream]:
    """List the streams of registered versions, oldest first."""
    wanted = {} if name is None else {"name": name}
    names = [row["stream"] for row in sorted(store.rows("model", **wanted), key=lambda row: row["newest_seq"])]
    with store.reading() as connection:
        return [fold(stream, events) for stream, events in read_streams(connection, names).items()]


def list_versions(store: Store, models: ModelStore, name: str | None = None) -> list[Version]:
    """List every version in the log, oldest first, with the aliases that MLflow has."""
    streams = list_registered(store, name)
    with models.mlflow(make=False) as client:
        held = {model: aliases_of(client, model) for model in {stream.fields["name"] for stream in streams}}
    versions = []
    for stream in streams:
        number = str(stream.fields["number"])
        aliases = tuple(sorted(alias for alias, n in held[stream.fields["name"]].items() if n == number))
        versions.append(describe_version(store, stream, None, aliases))
    return versions


def list_differences(store: Store, models: ModelStore, name: str | None = None) -> list[str]:
    """Say where MLflow is not what the log says: aliases, versions missing on either side, effects that are open."""
    rows = [row for row in store.rows("model") if name in (None, row["name"])]
    differences = [
        f"{row['what']} {row['to']} was asked for and is not done: {row['failed'] or 'not tried'}"
        for row in list_open_effects(store)
        if row["what"] in (VERSION_EFFECT, ALIAS_EFFECT)
        and (name is None or row["to"].split("/")[0].split("@")[0] == name)
    ]
    with models.mlflow(make=False) as client:
        for model in sorted({row["name"] for row in rows}):
            held = aliases_of(client, model)
            for alias in sorted({*held, *ALIASES}):
                holder = read_alias(store, model, alias).fields.get("holder")
                logged = None if holder is None else str(holder["number"])
                if held.get(alias) != logged:
                    differences.append(f"{model}@{alias}: MLflow {held.get(alias)}, log {logged}")
            numbers = {str(row["number"]) for row in rows if row["name"] == model}
            there = {str(version.version) for version in client.search_model_versions(f"name='{model}'")}
            for number in sorted(numbers ^ there, key=int):
                differences.append(f"{model}/{number}: " + ("not in MLflow" if number in numbers else "not in the log"))
    return differences


def _read_version(store: Store, name: str, version: int) -> Stream:
    stream = f"model/{name}.{version}"
    with store.reading() as connection:
        known = fold(stream, read_streams(connection, [stream])[stream])
    if known.version < 0:
        raise UsageError(
            "modelling.no_version",
            name=name,
            version=version,
            where=store.database.shown,
            allowed=[str(row["number"]) for row in store.rows("model", name=name)] or "none",
        )
    return known


def describe_version(store: Store, version: Stream, stored: Any, aliases: tuple[str, ...] = ()) -> Version:
    """Describe a version as the log tells of it; how it was validated stands in the model itself."""
    fields = version.fields
    names = ("name", "kind", "content_hash", "data_hash", "verdict", "report_sha256", "scheme")
    own: dict[str, Any] = {name: fields.get(name) for name in names}
    return Version(
        **own,
        version=str(fields["number"]),
        registered_by=store.people().name_of(version.events[0].actor),
        registered_on=fields["registered_on"],
        aliases=aliases,
        settings=(getattr(stored, "validation", None) or {}).get("settings"),
    )
