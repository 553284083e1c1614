"""Published data sets that lie beside the checkout, where they do."""

from pathlib import Path

import pytest


@pytest.fixture
def shared() -> Path:
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the published data are not beside this checkout (../shared/data)")
    return folder
