"""Which version was champion when: read from the log of acts, and compared with the aliases of today."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from creditscore.core.clock import office_zone
from creditscore.core.errors import UsageError
from creditscore.modelling.registry.tracking import ModelStore

if TYPE_CHECKING:
    from creditscore.store import Entry, Log

__all__ = ["as_of", "differences", "promotions"]

REGISTERED, PROMOTED = "model.register", "model.promote"


def promotions(log: Log, name: str | None = None, alias: str | None = None) -> list[Entry]:
    """Promotions that took effect, in order of their moments, then of the log."""
    entries = log.entries(action=PROMOTED)
    done = {one.refers_to for one in entries if one.phase == "done"}
    found = [
        one
        for one in entries
        if one.phase == "begun"
        and one.seq in done
        and one.data is not None
        and (name is None or one.data["name"] == name)
        and (alias is None or one.data["alias"] == alias)
    ]
    return sorted(found, key=lambda one: (one.at, one.seq))


def as_of(name: str, day: str | date | datetime, *, alias: str = "champion", store: ModelStore) -> Entry | None:
    """The promotion in effect at the end of a day of the office, or at a moment with a zone; None before the first.

    Its `data` names version, content hash, report, who proposed and who approved.
    """
    moment = _moment(day)
    with store.log(read_only=True) as log:
        before = [one for one in promotions(log, name, alias) if one.at <= moment]
        known = {one.data["name"] for one in log.entries(action=REGISTERED) if one.data}
    if not before and name not in known:
        raise UsageError(f"no model is called {name!r}", allowed=sorted(known) or "none", where=str(store.folder))
    return before[-1] if before else None


def differences(store: ModelStore, name: str | None = None) -> list[str]:
    """Where the aliases of MLflow are not what the log says, versions that are missing on either side, and acts that
    never ended: somebody must look. All models, or one.
    """
    found = []
    with store.mlflow(make=False) as client, store.log(read_only=True) as log:
        said = {(one.data["name"], one.data["alias"]): one.data["version"] for one in promotions(log)}
        for one in log.unfinished():
            if name is None or one.subject.startswith(f"models/{name}/"):
                found.append(f"{one.action} {one.subject} began at {one.at} and never ended")
        begun = [one for one in log.entries(action=REGISTERED) if one.data]
        done = {one.refers_to for one in log.entries(action=REGISTERED) if one.phase == "done"}
        for model in sorted({one.data["name"] for one in begun if name is None or one.data["name"] == name}):
            logged = {one.data["version"] for one in begun if one.data["name"] == model and one.seq in done}
            held = aliases_of(client, model)
            for alias in sorted({*held, *(a for n, a in said if n == model)}):
                if held.get(alias) != said.get((model, alias)):
                    found.append(f"{model}@{alias}: MLflow {held.get(alias)}, log {said.get((model, alias))}")
            there = {str(one.version) for one in client.search_model_versions(f"name='{model}'")}
            for number in sorted(logged ^ there, key=lambda one: (len(one), one)):
                found.append(f"{model}/{number}: " + ("not in MLflow" if number in logged else "not in the log"))
    return found


def aliases_of(client: Any, name: str) -> dict[str, str]:
    """Alias → version as MLflow has them; none where it has no such model."""
    from mlflow.exceptions import MlflowException

    try:
        return {str(alias): str(number) for alias, number in dict(client.get_registered_model(name).aliases).items()}
    except MlflowException:
        return {}


def _moment(day: str | date | datetime) -> str:
    if isinstance(day, str):
        try:
            day = datetime.fromisoformat(day) if len(day) > 10 else date.fromisoformat(day)
        except ValueError as error:
            raise UsageError(f"{day!r} is no day", allowed="2026-01-31, or 2026-01-31T16:00:00+08:00") from error
    if isinstance(day, datetime):
        if day.tzinfo is None:
            raise UsageError(f"{day} has no time zone", allowed="2026-01-31T16:00:00+08:00")
        moment = day
    else:
        moment = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=office_zone())
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
