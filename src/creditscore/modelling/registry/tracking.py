"""Where MLflow keeps versions: its database, and the folder of its files.

    <folder>/mlflow.db      MLflow's tracking and registry (SQLite), unless an address is set
    <folder>/artifacts/     its files, unless an address is set

The folder is the one that is given, else that of CREDITSCORE_MODELS, else `creditscore-models` in the working folder.
MLflow's address is the one that is given, else MLFLOW_TRACKING_URI, else the database in the folder. Who registered and
promoted what stands in the log of the office (`releases`).
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import StoreError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ModelStore", "log_run"]

VARIABLE = "CREDITSCORE_MODELS"
DEFAULT = "creditscore-models"
EXPERIMENT = "creditscore"


@dataclass(frozen=True)
class ModelStore:
    """State where MLflow keeps models: its folder and its address.

    `ModelStore.at` takes what is given, else what the environment or the default names.

    Parameters
    ----------
    folder
        Folder of the database and the files.
    uri
        Address of MLflow: `sqlite:///…/mlflow.db`, `http://…` or `https://…`.
    """

    folder: Path
    uri: str

    @classmethod
    def at(cls, folder: str | Path | None = None, uri: str | None = None) -> ModelStore:
        """The store that is given, or that the environment or the default names."""
        place = Path(folder or os.environ.get(VARIABLE) or DEFAULT).expanduser().resolve()
        if place.exists() and not place.is_dir():
            raise UsageError("modelling.store_models_folder_file", where=str(place))
        given = uri or (None if folder else os.environ.get("MLFLOW_TRACKING_URI"))
        address = given or f"sqlite:///{place / 'mlflow.db'}"
        if "://" not in address:
            raise UsageError("modelling.mlflow_cannot_use", address=address)
        return cls(place, address)

    @property
    def local(self) -> bool:
        """Whether MLflow's database is the one in the folder."""
        return self.uri == f"sqlite:///{self.folder / 'mlflow.db'}"

    @contextmanager
    def mlflow(self, *, make: bool = True) -> Iterator[Any]:
        """MLflow's client at this address; what was set before is set again afterwards."""
        if self.local and not make and not (self.folder / "mlflow.db").is_file():
            raise StoreError("modelling.no_store_models_here", where=str(self.folder))
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # else minutes pass before a dead server is told
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        import mlflow

        if make:
            self.folder.mkdir(parents=True, exist_ok=True)
        before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        with _quiet():
            mlflow.set_tracking_uri(self.uri)
            try:
                yield self._client(mlflow)
            except mlflow.exceptions.MlflowException as error:
                raise StoreError(
                    "modelling.mlflow_not", splitlines=str(error).strip().splitlines()[0], where=self.uri
                ) from error
            finally:
                mlflow.set_tracking_uri(before)

    def _client(self, mlflow: Any) -> Any:
        try:
            return mlflow.MlflowClient(self.uri, self.uri)
        except mlflow.exceptions.MlflowException as error:
            raise StoreError(
                "modelling.mlflow_not_open_address", splitlines=str(error).strip().splitlines()[0], where=self.uri
            ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow tells of each step of its database, of each file, and of libraries it uses; errors still speak."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="mlflow")
            warnings.filterwarnings("ignore", message=".*input example was not provided.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def experiment_of(client: Any, store: ModelStore) -> str:
    """The experiment that holds the runs; made where it is missing, its files in the store."""
    result = client.get_experiment_by_name(EXPERIMENT)
    if result is not None:
        return str(result.experiment_id)
    # a bare database has no server that would say where files go
    place = (store.folder / "artifacts").as_uri() if store.uri.startswith("sqlite:") else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=place))


def log_run(
    client: Any, run_id: str, report: Mapping[str, Any] | None, tables: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Figures of a validation as metrics, its tables and the report itself as files of the run. `report`: a dict."""
    for name, table in (tables or {}).items():
        client.log_text(run_id, table.to_csv(index=False), f"tables/{name}.csv")
    if report is None:
        return
    for section, numbers in report["numbers"].items():
        for name, value in numbers.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                client.log_metric(run_id, _key(f"{section}.{name}"), float(value))
    for name, rows in report["tables"].items():
        client.log_dict(run_id, {"rows": rows}, f"tables/{_key(name)}.json")
    client.log_dict(run_id, dict(report), "report/validation.json")


def _key(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "_-." else "_" for sign in name)
