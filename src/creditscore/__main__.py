"""The program `creditscore`, also `python -m creditscore`: an error while it is loaded is told in words too."""

from __future__ import annotations

import sys

from creditscore.boundary import run


def main() -> None:
    """Load the command line and run it; ends the process with its exit code."""
    sys.exit(run(_load_and_run))


def _load_and_run() -> None:
    from creditscore.cli.main import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
