"""Published data sets that lie beside the checkout, where they do."""

from pathlib import Path

import pytest

from tests.paths import SHARED


@pytest.fixture
def shared() -> Path:
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the published data are not beside this checkout (../shared/data)")
    return folder
