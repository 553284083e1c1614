"""Kinds of cases: each spoils something sound and names the command that is to read it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from creditscore.core.errors import CreditscoreError
from tests.fuzz import mutate, tables
from tests.fuzz.bases import ROOT, json_base
from tests.fuzz.rule import broken_rule, run_command, silent_rows
from tests.fuzz.tables import IDS
from tests.limits import small_files


@dataclass(frozen=True)
class Case:
    """One case: what makes it random, the sound things, and a folder of its own."""

    rng: Random
    base: Path
    folder: Path

    def copied(self, name: str, *left: str) -> Path:
        """A copy of a folder of the base: links to its files, but real copies of those that are `left` to be spoilt."""
        target = self.folder / name
        target.mkdir()
        for file in (self.base / name).iterdir():
            if file.name in left:
                shutil.copyfile(file, target / file.name)
            else:
                (target / file.name).symlink_to(file)
        return target


Result = tuple[object, str | None]  # the exit code, and what of the rule was broken


TAX = ("grade", "--scheme", "tax", "--period", "2022")


def _dashboard(case: Case, place: Path | str) -> tuple[object, ...]:
    """The command of a dashboard of a folder."""
    out = case.folder / "d.html"
    return ("report", "dashboard", place, "--snapshot", case.base / "snapshot", "--on", "2023-05-01", "--out", out)


def _run(*args: object) -> Result:
    outcome = run_command([str(arg) for arg in args])
    return outcome.code, broken_rule(outcome)


def spoilt_tables(case: Case) -> Result:
    """Dirty tables are graded: every row is counted, and nothing ends raw."""
    rng, given, args = case.rng, {}, []
    chosen = ["subjects", "records", *(name for name in tables.COLUMNS if rng.random() < 0.25)]
    for name in dict.fromkeys(chosen):
        rows = tables.dirty(rng, tables.sound(rng, name, len(IDS) if name == "subjects" else rng.randrange(1, 9)))
        file, count = tables.write(rng, rows, case.folder, name)
        args += [f"--{name}", str(file)]
        if count is not None:
            given[name] = count
    scheme = rng.choice(("tax", "tax", "tax,labour/national"))
    out = case.folder / "out"
    code, broken = _run("grade", "--scheme", scheme, "--period", "2022", *args, "--out", out, "--max-rejected", 10**6)
    return code, broken or (silent_rows(out, given) if code == 0 else None)


def spoilt_parquet(case: Case) -> Result:
    """Parquet with damaged bytes is taken in or refused."""
    rng = case.rng
    rows = tables.sound(rng, "records", rng.choice((3, 40)))
    file, _ = tables._parquet(rng, rows, list(rows[0]), case.folder / "r.parquet")
    file.write_bytes(mutate.bytes_of(rng, file.read_bytes()))
    return _run(
        "records",
        "snapshot",
        "--subjects",
        case.base / "s.csv",
        "--records",
        file,
        "--max-rejected",
        10**6,
        "--out",
        case.folder / "snapshot",
    )


SOURCES = (
    ("scheme", "schemes/examples/food_hygiene_uk", ("scheme", "check")),
    ("scheme", "schemes/fire/safety_credit", ("scheme", "show")),
    ("scheme", "schemes/labour/dispatch", ("scheme", "check")),
    ("config", "composite", ("composite", "score", "@graded", "--acts", "unchecked", "--out", "@out", "--config")),
    ("mapping", "publicity", ("records", "import-publicity", "--penalties", "@s.csv", "--out", "@out", "--mapping")),
    ("train", "modelling", ("model", "train", "@s.csv", "--out", "@out", "--config")),
    (
        "roles",
        "",
        ("archive", "add", "@graded", "--snapshot", "@snapshot", "--by", "wang", "--store", "@none/x", "--roles"),
    ),
)
ROLES = "roles:\n  analyst: [wang]\n  grader: [li]\n  reviewer: [zhang]\n  approver: [chen]\n"


@cache
def _texts(place: str) -> tuple[str, ...]:
    if not place:
        return (ROLES,)
    files = sorted((ROOT / "configs" / place).rglob("*.yaml"))
    return tuple(file.read_text(encoding="utf-8") for file in files)


def spoilt_yaml(case: Case) -> Result:
    """YAML of every family that a command reads."""
    _, place, command = case.rng.choice(SOURCES)
    text = case.rng.choice(_texts(place))
    file = case.folder / "x.yaml"
    file.write_bytes(mutate.yaml_of(case.rng, text))
    named = {"@out": case.folder / "out"}
    args = [named.get(arg, case.base / arg[1:]) if arg.startswith("@") else arg for arg in command]
    return _run(*args, file)


def _spoil(case: Case, folder: str, name: str) -> Path:
    """A copy of a folder in which one JSON file is spoilt."""
    place = case.copied(folder, name)
    (place / name).write_bytes(mutate.json_of(case.rng, json_base(case.base, f"{folder}/{name}")))
    return place


def spoilt_grading(case: Case) -> Result:
    """A manifest, or a table of results, that is not as it was written."""
    rng = case.rng
    folder = rng.choice(("graded", "graded", "both"))
    if rng.random() < 0.7:
        place = _spoil(case, folder, "manifest.json")
    else:
        name = rng.choice(("grades.parquet", "ledger.parquet", "quarantine.parquet"))
        place = case.copied(folder, name)
        (place / name).write_bytes(mutate.bytes_of(rng, (place / name).read_bytes()))
    snapshot, out = case.base / "snapshot", case.folder / "out"
    return _run(
        *rng.choice(
            (
                ("explain", place, IDS[0]),
                ("explain", place, IDS[0], "--lang", "en"),
                ("explain", place, IDS[1], "--depth", "auditor"),
                ("reproduce", place, "--snapshot", snapshot),
                ("measures", "show", "--grading", place),
                ("report", "public", place, "--decided-by", "o", "--decided-on", "2023-05-01", "--out", out),
                ("composite", "score", place, "--config", "jilin_edz", "--acts", "unchecked", "--out", out),
                ("decisive", "show", place, IDS[0], "--snapshot", snapshot),
                ("repair", "check", IDS[0], "--grading", place, "--snapshot", snapshot),
                ("lists", "propose", place, "--store", case.folder / "x.db", "--by", "wang", "--on", "2023-05-01"),
                _dashboard(case, place),
                ("packet", "build", "--grading", place, "--snapshot", snapshot, "--subject", IDS[0], "--out", out),
            )
        )
    )


def spoilt_snapshot(case: Case) -> Result:
    """A snapshot whose manifest or tables were changed."""
    rng = case.rng
    if rng.random() < 0.7:
        place = _spoil(case, "snapshot", "snapshot.json")
    else:
        name = rng.choice(("log", "subjects", "attributes", "listings", "history", "feeds", "quarantine")) + ".parquet"
        place = case.copied("snapshot", name)
        (place / name).write_bytes(mutate.bytes_of(rng, (place / name).read_bytes()))
    return _run(
        *rng.choice(
            (
                (
                    *TAX,
                    "--snapshot",
                    place,
                    "--out",
                    case.folder / "out",
                    "--max-rejected",
                    99,
                ),
                ("reproduce", case.base / "graded", "--snapshot", place),
                ("timeline", IDS[0], "--snapshot", place, "--scheme", "tax"),
                ("explain", case.base / "graded", IDS[0], "--depth", "auditor", "--snapshot", place),
            )
        )
    )


def spoilt_composite(case: Case) -> Result:
    """A composite whose manifest or tables were changed."""
    rng = case.rng
    if rng.random() < 0.7:
        place = _spoil(case, "composite", "manifest.json")
    else:
        name = rng.choice(("composite", "contributions", "shared_acts", "regraded", "quarantine")) + ".parquet"
        place = case.copied("composite", name)
        (place / name).write_bytes(mutate.bytes_of(rng, (place / name).read_bytes()))
    return _run(
        *rng.choice(
            (
                ("composite", "explain", place, IDS[0]),
                ("composite", "explain", place, IDS[0], "--grading", case.base / "graded"),
                ("composite", "impact", case.base / "composite", place, "--out", case.folder / "out"),
                ("report", "public", place, "--out", case.folder / "out"),
            )
        )
    )


def spoilt_packet(case: Case) -> Result:
    """A packet that was changed, now and then with hashes that fit again."""
    from creditscore.evidence.packet.form import assembled, text_of

    place = _spoil(case, "packet", "packet.json")
    if case.rng.random() < 0.4:
        try:
            data = json.loads((place / "packet.json").read_bytes())
            text = text_of(assembled(data["inputs"], data["results"]))
            (place / "packet.json").write_text(text, encoding="utf-8")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # too damaged for that
    return _run("packet", "verify", place)


def spoilt_model(case: Case) -> Result:
    """A model or a card that was changed, now and then with a hash that fits again."""
    name, folder = case.rng.choice((("model.json", "model"), ("card.json", "card")))
    place = _spoil(case, folder, name)
    if name == "model.json" and case.rng.random() < 0.6:
        from creditscore.modelling.registry.grading_model import content_hash

        try:
            data = json.loads((place / name).read_bytes())
            data["content_hash"] = content_hash(data)
            (place / name).write_text(json.dumps(data), encoding="utf-8")
        except (ValueError, TypeError, AttributeError, RecursionError, CreditscoreError):
            pass  # too damaged for that
    if name == "card.json":
        return _run("model", "card", place, "--out", case.folder / "out")
    return _run(
        *case.rng.choice(
            (
                ("model", "predict", place, case.base / "model" / "rows.csv", "--out", case.folder / "p.csv"),
                ("model", "card", place, "--out", case.folder / "out"),
            )
        )
    )


def spoilt_draw(case: Case) -> Result:
    """A drawn plan of which a file was changed."""
    rng = case.rng
    if rng.random() < 0.6:
        place = _spoil(case, "draw", rng.choice(("commitment.json", "draw.json")))
    else:
        name = rng.choice(("frame.csv", "strata.csv", "units.csv", "visits.csv", "teams.csv", "inspectors.csv"))
        place = case.copied("draw", name)
        (place / name).write_bytes(mutate.bytes_of(rng, (place / name).read_bytes()))
    return _run("supervise", "verify", place)


def failing_disk(case: Case) -> Result:
    """The disk is full after some bytes: nothing that was begun is a result."""
    rng, out, base = case.rng, case.folder / "out", case.base
    command = rng.choice(
        (
            (
                *TAX,
                "--snapshot",
                base / "snapshot",
                "--out",
                out,
                *rng.choice(((), ("--csv",), ("--csv-people",))),
            ),
            ("records", "snapshot", "--subjects", base / "s.csv", "--records", base / "r.csv", "--out", out),
            (
                "packet",
                "build",
                "--grading",
                base / "graded",
                "--snapshot",
                base / "snapshot",
                "--subject",
                IDS[0],
                "--out",
                out,
            ),
            (
                "keep",
                base / "graded",
                "--snapshot",
                base / "snapshot",
                "--store",
                case.folder / "x.store",
                "--by",
                "wang",
            ),
            ("composite", "score", base / "graded", "--config", "jilin_edz", "--acts", "unchecked", "--out", out),
            ("explain", base / "graded", IDS[0], "--html", case.folder / "e.html"),
            ("report", "public", base / "graded", "--decided-by", "o", "--decided-on", "2023-05-01", "--out", out),
            ("lists", "export", "--store", case.folder / "none.db", "--out", out),
        )
    )
    with small_files(int(10 ** rng.uniform(0, 6))):
        code, broken = _run(*command)
    if code and not broken and (out / "grades.parquet").exists():
        read, _ = _run("explain", out, IDS[0])
        broken = None if read == 3 else f"what was begun reads as a result (explain ended with {read})"
    return code, broken


def odd_paths(case: Case) -> Result:
    """Paths that lead nowhere, to themselves, to a pipe, a device, a folder, or are longer than paths can be."""
    rng = case.rng
    loop, empty, shut = case.folder / "loop.csv", case.folder / "empty.parquet", case.folder / "dir.csv"
    loop.symlink_to(loop.name)
    empty.touch()
    shut.mkdir()
    pipes = [case.folder / f"pipe.{ending}" for ending in ("csv", "parquet", "yaml")]
    for pipe in pipes:
        os.mkfifo(pipe)
    place = rng.choice(
        (
            *pipes,
            loop,
            empty,
            shut,
            loop / "x",
            "/dev/null",
            case.folder / "none",
            "/" + "x" * 5000,
            "a/" * 3000 + "b.csv",
            os.fsdecode(b"\xff\xfe.csv"),
            "\u202e.parquet",
            "",
            ".",
            "*",
            "[",
            "-",
            case.folder / ("n" * 300 + ".yaml"),
            "110105194912310021.yaml",
        )
    )
    base, out = case.base, rng.choice((case.folder / "out", place))
    return _run(
        *rng.choice(
            (
                (*TAX, "--subjects", base / "s.csv", "--records", place, "--out", out),
                (*TAX, "--subjects", place, "--records", base / "r.csv", "--out", out),
                ("grade", "--scheme", place, "--period", "2022", "--snapshot", base / "snapshot", "--out", out),
                (*TAX, "--snapshot", place, "--out", out),
                ("explain", place, IDS[0]),
                ("reproduce", place, "--snapshot", base / "snapshot"),
                ("packet", "verify", place),
                ("archive", "add", base / "graded", "--snapshot", base / "snapshot", "--store", place, "--by", "wang"),
                ("scheme", "check", place),
                ("scheme", "show", place),
                ("supervise", "verify", place),
                ("store", "verify", "--store", place),
                ("model", "predict", place, base / "s.csv", "--out", case.folder / "p.csv"),
                ("composite", "explain", place, IDS[0]),
                _dashboard(case, place),
                ("records", "import-publicity", "--penalties", place, "--out", case.folder / "out"),
            )
        )
    )


KINDS: dict[str, tuple[Callable[[Case], Result], int, int]] = {  # with their weights in the tests, and at length
    "tables": (spoilt_tables, 2, 30),
    "parquet": (spoilt_parquet, 6, 20),
    "yaml": (spoilt_yaml, 50, 20),
    "grading": (spoilt_grading, 2, 20),
    "snapshot": (spoilt_snapshot, 4, 10),
    "composite": (spoilt_composite, 4, 10),
    "packet": (spoilt_packet, 5, 10),
    "model": (spoilt_model, 10, 10),
    "draw": (spoilt_draw, 10, 10),
    "disk": (failing_disk, 1, 10),
    "paths": (odd_paths, 20, 10),
}


def run_case(number: int, seed: int, base: Path, folder: Path, at_length: bool, only: str) -> tuple[str, Result]:
    """Run one case, the same for the same number and seed; its kind, exit code, and what of the rule it broke.

    Where it is not of the kind `only`, its kind is empty and nothing is run.
    """
    rng = Random(f"{seed}:{number}")
    weights = [row[2 if at_length else 1] for row in KINDS.values()]
    kind = rng.choices(list(KINDS), weights)[0]
    if only and kind != only:
        return "", (None, None)
    place = folder / str(number)
    place.mkdir()
    try:
        return kind, KINDS[kind][0](Case(rng, base, place))
    finally:
        shutil.rmtree(place, ignore_errors=True)
