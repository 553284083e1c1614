"""The process in which cases run: one line of JSON for each that has ended."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from pathlib import Path

from tests.fuzz.bases import build
from tests.fuzz.cases import run_case
from tests.fuzz.driver import PATIENCE


def main(args: list[str]) -> None:
    """`base FOLDER`, or `cases FIRST STOP SEED BASE FOLDER AT_LENGTH ONLY`."""
    if args[0] == "base":
        build(Path(args[1]))
        return
    first, stop, seed = map(int, args[1:4])
    base, folder, at_length, only = Path(args[4]), Path(args[5]), args[6] == "1", args[7]
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what commands print elsewhere never gets in between
    os.dup2(2, 1)
    os.chdir(folder)
    for number in range(first, stop):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        began = time.process_time()
        kind, (code, broken) = run_case(number, seed, base, folder, at_length, only)
        row = {"number": number, "kind": kind, "code": code, "cpu": time.process_time() - began, "broken": broken}
        print(json.dumps(row, default=str), file=lines, flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(sys.argv[1:])
