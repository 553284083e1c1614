"""Sound things that the cases spoil: tables, a snapshot, gradings, a composite, a packet, a model, a drawn plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.fuzz.rule import run_command
from tests.fuzz.tables import IDS
from tests.paths import ROOT

SUBJECTS = "subject_id,name,kind,registered_on\n" + "".join(f"{name},甲公司,enterprise,2010-01-01\n" for name in IDS)
ITEMS = ("010101", "010103", "030110")
RECORDS = "record_id,subject_id,item,occurred_on,booked_on,amount,tax_type\n" + "".join(
    f"{k},{IDS[k % 3]},{ITEMS[k % 3 if k < 12 else 0]},2022-0{k % 9 + 1}-16,2022-10-01,{k}.5,vat\n" for k in range(24)
)


def build(folder: Path) -> None:
    """Make everything once; every worker reads it."""
    (folder / "s.csv").write_text(SUBJECTS, encoding="utf-8")
    (folder / "r.csv").write_text(RECORDS, encoding="utf-8")
    tables = ["--subjects", str(folder / "s.csv"), "--records", str(folder / "r.csv")]
    snapshot = ["--snapshot", str(folder / "snapshot")]
    for args in (
        ["records", "snapshot", *tables, "--out", str(folder / "snapshot")],
        ["grade", "--scheme", "tax", "--period", "2022", *snapshot, "--out", str(folder / "graded")],
        [
            "grade",
            "--scheme",
            "tax,food/risk",
            "--period",
            "2022",
            *snapshot,
            "--max-rejected",
            "99",
            "--out",
            str(folder / "both"),
        ],
        [
            "composite",
            "score",
            str(folder / "graded"),
            "--config",
            "jilin_edz",
            *snapshot,
            "--out",
            str(folder / "composite"),
        ],
        [
            "packet",
            "build",
            "--grading",
            str(folder / "graded"),
            *snapshot,
            "--subject",
            IDS[0],
            "--out",
            str(folder / "packet"),
        ],
    ):
        ended = run_command(args)
        assert ended.code == 0, f"{args}: {ended.text}"
    _model(folder)
    _drawn(folder)


def _model(folder: Path) -> None:
    from creditscore.modelling.registry.card import load_card

    model = load_card(ROOT / "models" / "benchmark" / "german-credit")
    model.save(folder / "model")
    (folder / "model" / "rows.csv").write_text(
        ",".join(model.columns) + "\n" + ",".join("1" for _ in model.columns) + "\n", encoding="utf-8"
    )
    shutil.copytree(ROOT / "models" / "benchmark" / "german-credit", folder / "card")


def _drawn(folder: Path) -> None:
    from tests.inspection.synthetic import classes, inspectors, make_draw, programme

    place = folder / "inspection"
    place.mkdir()
    drawn = make_draw(place, [(programme(place), classes(30))], inspectors=inspectors(6))
    shutil.copytree(drawn.folder, folder / "draw")


def json_base(folder: Path, name: str) -> object:
    """The data of a JSON file of the base."""
    return json.loads((folder / name).read_text(encoding="utf-8"))
