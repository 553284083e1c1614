"""The plugin: a skip that is not in its list fails the run, whoever skips."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

LACKS = "import pytest\n\n\ndef test_it():\n    import creditscore.core.errors as e\n    raise e.MissingExtra('no x')"
ITSELF = "import pytest\n\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n):\n    pytest.skip('not today')"
WHOLE = "import pytest\n\npytest.importorskip('no_such_library')\n\n\ndef test_it():\n    pass"


@pytest.mark.parametrize(
    ("text", "name"),
    [(LACKS, "test_x.py::test_it"), (ITSELF, "test_x.py::test_it"), (WHOLE, "test_x.py")],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_skip_passes_only_where_it_is_listed(tmp_path: Path, text: str, name: str, listed: bool) -> None:
    skips = tmp_path / "skipped.txt"
    skips.write_text(f"{name}\n" if listed else "", encoding="utf-8")
    own_list = (
        f"from pathlib import Path\n\nfrom tests.without_extras import plugin\n\nplugin.LIST = Path({str(skips)!r})\n"
    )
    (tmp_path / "conftest.py").write_text(own_list, encoding="utf-8")
    (tmp_path / "test_x.py").write_text(text, encoding="utf-8")
    plugin = ["-p", "tests.without_extras.plugin", "-p", "no:cacheprovider", "-c", os.devnull]
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    if listed:
        assert done.returncode in (0, 5), done.stdout  # 5: a file that is skipped whole leaves no test
        assert "skipped.txt:" not in done.stdout
    else:
        assert done.returncode == 1
        assert f"skipped.txt: + {name}\n" in done.stdout
