"""Versions of models as MLflow keeps them: code plus JSON, with figures and tables; what is registered of a model."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from creditscore.modelling.registry.grading_model import FILE
from creditscore.modelling.registry.pyfunc import ARTIFACT, CODE, read_hashed, signature_of
from creditscore.modelling.registry.tracking import ModelStore, experiment_of, log_run

__all__ = ["Version", "aliases_of", "describe_model", "log_model", "read_stored"]

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
    registered_on: str
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None  # how its validation was made, so that it can be made again


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


def aliases_of(client: Any, name: str) -> dict[str, str]:
    """Alias → version as MLflow has them; none where it has no such model."""
    from mlflow.exceptions import MlflowException

    try:
        return {str(alias): str(number) for alias, number in dict(client.get_registered_model(name).aliases).items()}
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # a server that does not answer has said nothing of aliases
            raise
        return {}
