"""Run a draw again with the standard library alone: python verify_draw.py FOLDER (docs/supervision.md)."""

import csv
import hashlib
import hmac
import json
import sys
from fractions import Fraction
from pathlib import Path


def main(folder: Path) -> str:
    commitment, draw = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("commitment", "draw"))
    canonical = json.dumps(commitment, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    committed = hashlib.sha256(canonical.encode())
    if committed.hexdigest() != draw["commitment_hash"]:
        return "commitment.json is not what the draw names"
    head, *frame = csv.reader((folder / "frame.csv").read_text("utf-8").splitlines())
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in (head, *sorted(frame))]
    if hashlib.sha256("\n".join(lines).encode()).hexdigest() != commitment["tables"]["frame.csv"]:
        return "frame.csv is not the frame that was committed to"
    key = hmac.digest(committed.digest(), draw["value"].encode(), "sha256")
    strata: dict[str, list[tuple[bytes, str]]] = {}
    for unit, name, *_ in frame:
        strata.setdefault(name, []).append((hmac.digest(key, f"{name}|{unit}".encode(), "sha256"), unit))
    results: dict[str, list[str]] = {}
    for name, units in strata.items():
        visits = commitment["strata"][name]["visits"]
        base, more = divmod(visits, len(units))
        for rank, (_, unit) in enumerate(sorted(units)):
            results[unit] = [str(base + (rank < more)), str(min(Fraction(visits, len(units)), 1))]
    drawn = {row[0]: row[3:5] for row in list(csv.reader((folder / "units.csv").read_text("utf-8").splitlines()))[1:]}
    wrong = [unit for unit in sorted(results.keys() | drawn.keys()) if results.get(unit) != drawn.get(unit)]
    return f"unit {wrong[0]}: {drawn.get(wrong[0])}, must be {results.get(wrong[0])}" if wrong else "as drawn"


if __name__ == "__main__":
    sys.exit(print(statement) if (statement := main(Path(sys.argv[1]))) == "as drawn" else statement)
