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
    done = {entry.refers_to for entry in entries if entry.phase == "done"}
    promotion_entries = [
        entry
        for entry in entries
        if entry.phase == "begun"
        and entry.seq in done
        and entry.data is not None
        and (name is None or entry.data["name"] == name)
        and (alias is None or entry.data["alias"] == alias)
    ]
    return sorted(promotion_entries, key=lambda entry: (entry.at, entry.seq))


def as_of(name: str, day: str | date | datetime, *, alias: str = "champion", store: ModelStore) -> Entry | None:
    """The promotion in effect at the end of a day of the office, or at a moment with a zone; None before the first.

    Its `data` names version, content hash, report, who proposed and who approved.
    """
    moment = _moment(day)
    with store.log(read_only=True) as log:
        before = [promotion for promotion in promotions(log, name, alias) if promotion.at <= moment]
        known = {entry.data["name"] for entry in log.entries(action=REGISTERED) if entry.data}
    if not before and name not in known:
        raise UsageError(f"no model is called {name!r}", allowed=sorted(known) or "none", where=str(store.folder))
    return before[-1] if before else None


def differences(store: ModelStore, name: str | None = None) -> list[str]:
    """Where the aliases of MLflow are not what the log says, versions that are missing on either side, and acts that
    never ended: somebody must look. All models, or one.
    """
    difference_rows = []
    with store.mlflow(make=False) as client, store.log(read_only=True) as log:
        versions_by_alias = {
            (promotion.data["name"], promotion.data["alias"]): promotion.data["version"]
            for promotion in promotions(log)
        }
        for entry in log.unfinished():
            if name is None or entry.subject.startswith(f"models/{name}/"):
                difference_rows.append(f"{entry.action} {entry.subject} began at {entry.at} and never ended")
        begun = [entry for entry in log.entries(action=REGISTERED) if entry.data]
        done = {entry.refers_to for entry in log.entries(action=REGISTERED) if entry.phase == "done"}
        for model in sorted({entry.data["name"] for entry in begun if name is None or entry.data["name"] == name}):
            logged = {entry.data["version"] for entry in begun if entry.data["name"] == model and entry.seq in done}
            held = aliases_of(client, model)
            for alias in sorted({*held, *(a for n, a in versions_by_alias if n == model)}):
                if held.get(alias) != versions_by_alias.get((model, alias)):
                    difference_rows.append(
                        f"{model}@{alias}: MLflow {held.get(alias)}, log {versions_by_alias.get((model, alias))}"
                    )
            there = {str(version.version) for version in client.search_model_versions(f"name='{model}'")}
            for number in sorted(logged ^ there, key=lambda value: (len(value), value)):
                difference_rows.append(
                    f"{model}/{number}: " + ("not in MLflow" if number in logged else "not in the log")
                )
    return difference_rows


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
