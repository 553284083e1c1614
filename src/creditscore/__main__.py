"""The program `creditscore`, also `python -m creditscore`: an error while it is loaded is told in words too."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # errors.ExitCode.INTERRUPTED, before anything is imported


def main() -> None:
    """Load the command line and run it; ends the process with its exit code.

    An interruption while the first modules are loaded is told as any other. The process then ends without Python's own
    farewell, which would answer an interruption inside a library with a signal in place of an exit code.
    """
    try:
        from creditscore.core.boundary import run

        code = run(_load_and_run)
    except KeyboardInterrupt:
        code = INTERRUPTED
        os.write(2, b"error: interrupted; what was begun is no result\n")
    if code == INTERRUPTED:
        os._exit(code)
    sys.exit(code)


def _load_and_run() -> None:
    from creditscore.cli.main import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
