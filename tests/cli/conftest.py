"""What tests of commands share with tests of explanations; in which language their output is."""

import pytest

from tests.explanation.conftest import folder, small

__all__ = ["folder", "pages_in_chinese", "small"]


@pytest.fixture
def pages_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands print is Chinese where no `--lang` is given, as it is by default; errors stay English."""
    monkeypatch.setattr("creditscore.cli.application.language", lambda: "zh")
