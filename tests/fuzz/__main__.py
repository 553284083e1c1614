"""`python -m tests.fuzz --cases 100000 --seed 7 --out build/fuzz.json`: the fuzz suite at length."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.cases import KINDS
from tests.fuzz.driver import main

parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
parser.add_argument("--cases", type=int, default=100_000)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--first", type=int, default=0, help="number of the first case: one that broke the rule, again")
parser.add_argument("--only", choices=["", *KINDS], default="", help="cases of one kind")
parser.add_argument("--out", type=Path, default=None, help="result file, JSON")
given = parser.parse_args()
sys.exit(main(given.cases, given.seed, given.out, given.first, given.only))
