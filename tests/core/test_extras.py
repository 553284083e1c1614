"""A missing extra is named, with the command that installs it."""

import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module

import pyarrow as pa
import pytest
from packaging.requirements import Requirement

from creditscore.core import extras
from creditscore.core.boundary import translate
from creditscore.core.errors import ExitCode, MissingExtra
from creditscore.core.tables.frames import as_polars
from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTIONS = {"docx": "python-docx", "sklearn": "scikit-learn"}  # where module and distribution have different names


@pytest.fixture
def without_pandas(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    find_spec = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "pandas" else find_spec(name))
    extras.require.cache_clear()
    yield
    extras.require.cache_clear()


def names(requirements: list[str]) -> set[str]:
    return {Requirement(text).name for text in requirements}


def test_extras_are_those_of_the_package() -> None:
    declared = PROJECT["optional-dependencies"]
    for extra, modules in extras.EXTRAS.items():
        assert names(declared[extra]) == {DISTRIBUTIONS.get(module, module) for module in modules}
        assert not names(declared[extra]) & names(PROJECT["dependencies"])


def test_a_missing_library_is_told(without_pandas: None) -> None:
    with pytest.raises(MissingExtra) as caught:
        extras.require("models")
    assert isinstance(caught.value, ImportError)
    assert caught.value.exit_code == ExitCode.USAGE
    text = str(caught.value)
    assert "extra `models`" in text
    assert "no module pandas" in text
    assert 'pip install "creditscore[models]"' in text


@pytest.mark.parametrize("package", ["features", "models", "scorecard", "validation"])
def test_a_package_that_needs_an_extra_names_it(
    package: str, without_pandas: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"creditscore.modelling.{package}", raising=False)
    with pytest.raises(MissingExtra, match="extra `models`"):
        import_module(f"creditscore.modelling.{package}")


def test_a_failed_import_is_told_at_the_boundary() -> None:
    creditscore_error = translate(ModuleNotFoundError("No module named 'pandas'", name="pandas"))
    assert isinstance(creditscore_error, MissingExtra)
    assert "creditscore[models]" in str(creditscore_error)
    assert translate(ModuleNotFoundError("No module named 'other'", name="other")) is None
    assert translate(ImportError("circular")) is None


def test_a_frame_without_its_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    extras.require.cache_clear()
    with pytest.raises(MissingExtra, match="extra `polars`"):
        as_polars(pa.table({"a": [1]}))
    extras.require.cache_clear()
