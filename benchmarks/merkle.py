"""Merkle trees over a million leaves: CPU seconds for the root, the right edge and the proofs.

    python benchmarks/merkle.py --leaves 1000000 > benchmarks/results/merkle.json

Aim: each of them within five seconds of CPU.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from creditscore.store.merkle import (
    Frontier,
    check_consistency,
    check_inclusion,
    compute_root,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
)


def measure(run: Callable[[], Any]) -> tuple[Any, float]:
    """Run it once: what it gives, and the CPU seconds."""
    before = time.process_time()
    value = run()
    return value, round(time.process_time() - before, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leaves", type=int, default=1_000_000)
    count = parser.parse_args().leaves
    cpu = {}
    leaves, cpu["hash_leaf"] = measure(lambda: [hash_leaf(b"%d" % number) for number in range(count)])
    root, cpu["compute_root"] = measure(lambda: compute_root(leaves))
    frontier, cpu["frontier_extend"] = measure(lambda: Frontier().extend(leaves))
    index, old = count // 3, 2 * count // 3
    path, cpu["prove_inclusion"] = measure(lambda: prove_inclusion(index, leaves))
    growth, cpu["prove_consistency"] = measure(lambda: prove_consistency(old, leaves))
    old_root = compute_root(leaves[:old])
    proofs = (
        frontier.root() == root,
        check_inclusion(leaves[index], index, count, path, root),
        check_consistency(old, count, growth, old_root, root),
    )
    checks = 1000
    _, spent = measure(lambda: [check_inclusion(leaves[index], index, count, path, root) for _ in range(checks)])
    cpu["check_inclusion"] = round(spent / checks, 6)
    print(json.dumps({"leaves": count, "cpu_seconds": cpu, "proofs_hold": all(proofs)}, indent=1))


if __name__ == "__main__":
    main()
