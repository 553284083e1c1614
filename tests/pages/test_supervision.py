"""The page on supervision: planned beside done, yields of the random arm only, codes nobody knows refused."""

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import beta
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Lang
from creditscore.inspection.classes import UNSETTLED
from creditscore.pages.supervision import supervision
from creditscore.pages.supervision_page import supervision_document, write_supervision
from creditscore.present.html import render_page
from tests.present.test_html import EVIL, Page

ON = date(2026, 6, 30)


def page_of(data: dict[str, Any], lang: Lang) -> str:
    return render_page(supervision_document(data, lang))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    label = {"zh": f"食品{EVIL}", "en": f"food{EVIL}"}
    manifest = {
        "year": 2026,
        "internal": True,
        "programmes": {"food": {"label": label, "project_default": ["classes.A.rate"]}},
        "notes": ["one class stands alone"],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    strata = [
        {
            "stratum": f"food|{k}",
            "programme": "food",
            "class": "AB"[k % 2],
            "place": f"district=d{k // 2}",
            "units": "50",
            "visits": str(5 + k),
            "probability": "1/10",
        }
        for k in range(4)
    ]
    visits = [
        {
            "programme": "food",
            "department": "market",
            "class": code,
            "units": "100",
            "rate": "0.1",
            "visits": n,
            "person_days": "4.5",
            "past_visits": past,
            "past_findings": past,
            "yield": "",
            "yield_low": "",
            "yield_high": "",
            "expected_findings": "",
            "expected_low": low,
            "expected_high": high,
        }
        for code, n, past, low, high in (("A", "12", "", "", ""), ("B", "14", "3", "1.2", "4.5"))
    ]
    capacity = [
        {
            "certificate": "food",
            "inspectors": "4",
            "visits": "26",
            "needed_days": "9",
            "available_days": "8",
            "enough": "no",
            "fits_at": "0.888",
        }
    ]
    for name, rows in (("strata", strata), ("visits", visits), ("capacity", capacity)):
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def results(**changed: str) -> pd.DataFrame:
    rows = [("random", "clean", "A")] * 9 + [("random", "breach", "A")] + [("random", "corrected_on_site", "B")] * 2
    rows += [("random", "clean", "B")] * 3 + [("random", "not_found", "B")] + [("complaint", "breach", "A")] * 4
    rows += [("random", "clean", "Z")]
    return pd.DataFrame(
        [
            {
                "inspection_id": str(k),
                "subject_id": f"s{k}",
                "department": "market",
                "arm": arm,
                "result": result,
                "programme": "food",
                "class": code,
                **changed,
            }
            for k, (arm, result, code) in enumerate(rows)
        ]
    )


def test_planned_beside_done(plan: Path) -> None:
    data = supervision(plan, results=results())
    rows = {row["class"]: row for row in data["classes"]}
    assert (rows["A"]["visits"], rows["A"]["done"], rows["A"]["findings"]) == (12, 10, 1)  # complaints are not counted
    assert (rows["B"]["done"], rows["B"]["findings"], rows["B"]["without_result"]) == (5, 2, 1)
    assert (rows["Z"]["units"], rows["Z"]["done"]) == (0, 1)  # a class outside the plan is not dropped
    assert (rows["B"]["expected_low"], rows["B"]["expected_high"]) == (1.2, 4.5)
    law = beta(1 + 0.5, 9 + 0.5)
    assert rows["A"]["found_low"] == pytest.approx(law.ppf(0.025))
    assert rows["A"]["found_high"] == pytest.approx(law.ppf(0.975))
    assert sum(row["total"] for row in data["arms"]) == len(results())
    assert {row["place"]: (row["units"], row["visits"]) for row in data["places"]} == {
        "district=d0": (100, 11),
        "district=d1": (100, 15),
    }
    assert data["project_default"] == ["food: classes.A.rate"]


def test_lists_and_measures(plan: Path) -> None:
    entry = {"subject_id": "s", "list": "safety_serious", "entered_on": "2026-01-01"}
    listings = pd.DataFrame(
        [
            entry,
            {**entry, "term_end": "2026-06-30"},
            {**entry, "term_end": "2026-06-29"},
            {**entry, "exited_on": "2026-06-30"},
            {**entry, "entered_on": "2026-07-01"},
        ]
    )
    measures = pd.DataFrame([{"department": "d", "measure_id": "P1", "state": "executed", "flags": "weak_basis"}] * 3)
    data = supervision(plan, listings=listings, measures=measures, on=ON)
    (row,) = data["lists"]
    assert (row["running"], row["exited"], row["entered"]) == (2, 1, 4)
    (measure,) = data["measures"]
    assert (measure["count"], measure["flagged"]) == (3, 3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"arm": "gossip"}, "have in arm what is no code of it: 'gossip'"),
        ({"result": "110101199003070038"}, r"result what is no code of it: '110\*"),
    ],
)
def test_codes_that_nobody_knows(plan: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        supervision(plan, results=results(**changed))


def test_what_is_missing_is_named(plan: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json not found"):
        supervision(tmp_path)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"no strata\.csv"):
        supervision(tmp_path)
    with pytest.raises(InputError, match="missing columns arm, result"):
        supervision(plan, results=results().drop(columns=["arm", "result"]))


def test_pages(plan: Path, tmp_path: Path) -> None:
    data: dict[str, Any] = supervision(plan, results=results())
    for file in write_supervision(data, tmp_path / "out")[:2]:
        seen = Page(file.read_text(encoding="utf-8"))
        assert json.loads(seen.data) == data
        assert "<script>alert(1)" in seen.text
        assert not [attribute for attribute in seen.attributes if attribute[1].startswith("on")]
    assert "internal" in page_of(data, "en")
    assert supervision(plan, results=results().iloc[::-1]) == data


def test_the_command(plan: Path, tmp_path: Path) -> None:
    results().to_csv(tmp_path / "results.csv", index=False)
    args = [
        "report",
        "supervision",
        str(plan),
        "--results",
        str(tmp_path / "results.csv"),
        "--out",
        str(tmp_path / "out"),
    ]
    run = CliRunner().invoke(app, args)
    assert run.exit_code == 0, run.output
    assert "written to" in run.output
    bad = CliRunner().invoke(app, [*args, "--listings", str(tmp_path / "results.csv")])
    assert isinstance(bad.exception, UsageError)


def test_certificates_and_notes_stand_in_words(plan: Path, tmp_path: Path) -> None:
    """Whose certificate is short, and what the plan notes of itself, in the language of the page."""
    folder = tmp_path / "plan"
    shutil.copytree(plan, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    labels = {
        "composite": {"zh": "综合评价分级联合抽查", "en": "joint inspections"},
        "food": {"zh": "食品生产分级检查", "en": "food inspections"},
    }
    certificates, chosen = {"composite": "joint", "food": "food"}, ["classes.A.ratio", "team"]
    manifest["programmes"] = {
        name: {
            "label": label,
            "certificate": certificates[name],
            "project_default": chosen,
            "classes": {"B": {"zh": "B类", "en": "class B"}},
        }
        for name, label in labels.items()
    }
    manifest["notes"] = [
        {"code": "few_inspectors", "certificates": ["food", "joint", "(all)"]},
        {"code": "no_class", "programme": "food", "counts": [3, 40], "class": "B"},
        {"code": "small_classes", "counts": [2]},
        {"code": "joined_strata", "counts": [5, 2]},
        {"code": "project_paths", "programme": "food", "paths": chosen},
        {"code": "without_column", "column": "district", "counts": [4]},
        {"code": "idle_states", "counts": [6]},
        *({"code": code, "programme": "food", "counts": [7]} for code in (*UNSETTLED, "unstated")),
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    capacity = pd.read_csv(folder / "capacity.csv", dtype=str)
    pd.concat([capacity, capacity.assign(certificate="joint"), capacity.assign(certificate="(all)")]).to_csv(
        folder / "capacity.csv", index=False
    )
    data = supervision(folder)
    for lang in ("zh", "en"):
        shown = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]+>", " ", page_of(data, lang))  # type: ignore[arg-type]
        assert all(label[lang] in shown for label in labels.values())
        assert not re.search(
            r"(?<!\w)joint(?! inspections)|\(all\)|project_default|classes\.A|(?<!\w)food(?! insp)", shown
        )
    zh = page_of(data, "zh")
    assert "检查人员不足：用于食品生产分级检查；用于综合评价分级联合抽查；全部人员（每人计一次）" in zh
    assert "食品生产分级检查：40户中有3户没有类别，按“B类”抽取" in zh
    assert "食品生产分级检查（2项）" in zh
    assert "5个小层合并为2个抽取" in zh
    assert "4条没有区域，归入未知的一层" in zh
    assert "数据状态表中有6条所列单位不在抽取范围内" in zh
    words = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", zh)
    notes = [line for line in re.findall(r">([^<>]*)<", words) if "7" in line and "食品生产分级检查" in line]
    assert len(notes) == len({*UNSETTLED, "unstated"})
    assert not any(re.search("[a-z]{3}", note) for note in notes)
    assert not re.search("have no class|so small|small strata|inspectors|rows", words)
