"""What tests of several packages share."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import typer.main
import typer.testing
from hypothesis import HealthCheck, settings

from creditscore.core.i18n import set_language
from tests.browser import browser
from tests.cascade.chained import two_years
from tests.graded import early, graded
from tests.postgres import postgres_server, postgres_url, store_url
from tests.tiers import mark_measured

__all__ = [
    "browser",
    "early",
    "empty_store",
    "graded",
    "postgres_server",
    "postgres_url",
    "store_url",
    "two_years",
    "width",
]

# A busy machine is no fault of what is tested: time decides nothing here
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# The commands are built from their annotations once, and not at every call: a tenth of a second each
typer.main.get_command = typer.testing._get_command = lru_cache(typer.main.get_command)


@pytest.hookimpl(tryfirst=True)  # before `-m` is asked
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put expensive tests into the tier of slow ones; where no extra is installed few tests run, and those do."""
    if not config.pluginmanager.has_plugin("tests.without_extras.plugin"):
        mark_measured(items)


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines fold where a terminal of 80 columns ends, whoever runs the tests; a test that wants more says so."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(autouse=True)
def english_messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Messages are English here, also those of commands that a test starts; a test of other languages says so."""
    monkeypatch.setenv("CREDITSCORE_LANG", "en")
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(autouse=True)
def office_zone_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are those of Shanghai, whatever the environment of who runs the tests says."""
    monkeypatch.delenv("CREDITSCORE_TZ", raising=False)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with MLflow's empty database: its first use takes seconds, so it is made once and copied."""
    from creditscore.modelling.registry.tracking import ModelStore

    folder = tmp_path_factory.mktemp("mlflow")
    with ModelStore.at(folder).mlflow() as client:
        client.search_experiments()
    return folder
