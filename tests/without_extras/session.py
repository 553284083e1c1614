"""Run commands, read as JSON, in a process where no library of an extra can be imported; print what each one did.

echo '[["scheme", "list"]]' | python -m tests.without_extras.session
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from creditscore.core.extras import EXTRAS

RUN = "RUN"  # as a word of a command: the id of the run in the folder `out`


class WithoutExtras:
    """A finder of modules that finds those of extras no more."""

    def __init__(self, finder: Any) -> None:
        self.finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        hidden = any(name.partition(".")[0] in modules for modules in EXTRAS.values())
        return None if hidden else self.finder.find_spec(name, path, target)


def run(words: list[str]) -> tuple[int, str]:
    """(exit code, output) of one command."""
    from creditscore.cli.main import main

    if RUN in words:
        run_id = json.loads(Path("out/manifest.json").read_text(encoding="utf-8"))["run_id"]
        words = [run_id if word == RUN else word for word in words]
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            main(words)
        except SystemExit as end:
            return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


if __name__ == "__main__":
    sys.meta_path[:] = [WithoutExtras(finder) for finder in sys.meta_path]
    print(json.dumps([run(words) for words in json.load(sys.stdin)]))
