"""Inject single faults into a sound district: python -m tests.single_faults --faults 1000 --seed 1 --out FILE."""

import argparse
import json
from collections import Counter
from pathlib import Path

from tests.single_faults.injection import District, faults, judge, sound_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subjects", type=int, default=60)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    district = District.sound(given.subjects, given.seed)
    sound = sound_run(district)
    outcomes: Counter[str] = Counter()
    complaints = []
    for number, fault in enumerate(faults(district, given.seed, given.faults)):
        verdict = judge(district, sound, fault)
        outcomes[f"{fault.kind}: {verdict.outcome}"] += 1
        complaints += [f"{number} {fault}: {complaint}" for complaint in verdict.complaints]
    result = {
        "faults": given.faults,
        "seed": given.seed,
        "subjects": given.subjects,
        "unmarked in the sound district": sound.unmarked,
        "outcomes": dict(sorted(outcomes.items())),
        "complaints": complaints,
    }
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    raise SystemExit(1 if complaints else 0)


if __name__ == "__main__":
    main()
