"""Where MLflow keeps versions: a folder, an address, and what is refused."""

from pathlib import Path

import pytest

from creditscore.core.errors import StoreError, UsageError
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.versions import aliases_of


def test_the_place_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("CREDITSCORE_MODELS", raising=False)
    assert ModelStore.at().uri == f"sqlite:///{tmp_path}/creditscore-models/mlflow.db"
    assert ModelStore.at(tmp_path / "x").uri == f"sqlite:///{tmp_path}/x/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert ModelStore.at().uri == "http://localhost:5000"
    assert ModelStore.at(tmp_path).local  # a folder that is named comes first
    monkeypatch.setenv("CREDITSCORE_MODELS", str(tmp_path / "env"))
    assert ModelStore.at().folder == tmp_path / "env"
    with pytest.raises(UsageError, match="MLflow cannot use"):
        ModelStore.at(uri="mlruns")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="a folder"):
        ModelStore.at(tmp_path / "file")
    with pytest.raises(StoreError, match="register a model first"), ModelStore.at(tmp_path / "none").mlflow(make=False):
        pass


def test_mlflows_own_settings_are_left_as_they_were(store: ModelStore) -> None:
    import mlflow

    with store.mlflow():
        assert mlflow.get_tracking_uri() == store.uri
    assert not mlflow.is_tracking_uri_set() or mlflow.get_tracking_uri() != store.uri


@pytest.mark.parametrize("address", ["file:///nowhere/mlruns", "foo://x"])
def test_an_address_that_mlflow_does_not_open_is_no_fault_of_ours(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    store = ModelStore.at(tmp_path / "store", address)
    with pytest.raises(StoreError, match="MLflow does not open this address") as refused, store.mlflow():
        pass
    assert refused.value.where == address
    assert "sqlite" in str(refused.value)


def test_a_server_that_does_not_answer_says_nothing_of_aliases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    dead = ModelStore.at(tmp_path / "store", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="MLflow did not do it") as refused, dead.mlflow() as client:
        aliases_of(client, "food")
    assert refused.value.where == dead.uri
