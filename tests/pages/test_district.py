"""The dashboard: counts that add up, a map, lists on their exact days, feeds with their figures, inert pages."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import InputError, UsageError
from creditscore.grading.batch import grade_all
from creditscore.pages.district import departments, district
from creditscore.pages.district_details import domain_document, subject_document
from creditscore.pages.district_page import district_document, write_district
from creditscore.pages.district_subjects import LISTED, subjects
from creditscore.present.html import render_page
from creditscore.records import ingest
from creditscore.records.snapshot import Snapshot
from creditscore.records.snapshot_files import write_snapshot
from tests.present.test_html import EVIL, Page

ON = date(2020, 12, 31)
SCHEMES = ["tax", "safety/serious", "food/risk"]


def ids(n: int) -> list[str]:
    from stdnum.cn import uscc

    return [body + uscc.calc_check_digit(body) for body in (f"91220291MADM{k:05d}" for k in range(n))]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    firms = ids(40)
    subjects = pd.DataFrame(
        {
            "subject_id": firms,
            "name": [f"甲{k}{EVIL if k == 0 else ''}" for k in range(40)],
            "district": [f"区{k % 3}" for k in range(40)],
            "industry": [f"业{k % 2}{EVIL if k % 2 else ''}" for k in range(40)],
            "registered_on": "2010-01-01",
            "first_filed_on": "2010-01-01",
            "has_income": "true",
            "books_compliant": "true",
        }
    )
    rows = []
    for k in range(360):
        day = (pd.Timestamp("2019-01-01") + pd.Timedelta(days=2 * k)).date()
        if day < date(2020, 11, 1):
            rows.append(
                {
                    "record_id": f"R{k}",
                    "subject_id": firms[k % 40],
                    "domain": "tax",
                    "item": "020302",
                    "occurred_on": str(day),
                    "recorded_on": str(day),
                    "booked_on": str(day),
                }
            )
    entry = {"list": "safety_serious", "entered_on": "2020-03-01", "recorded_on": "2020-03-01"}
    listings = [
        {"listing_id": "a", "subject_id": firms[0], **entry, "term_end": "2020-12-31"},
        {"listing_id": "b", "subject_id": firms[1], **entry, "term_end": "2021-03-31"},
        {"listing_id": "c", "subject_id": firms[2], **entry, "term_end": "2021-04-01"},
        {"listing_id": "d", "subject_id": firms[3], **entry, "term_end": "2020-12-30"},
        {"listing_id": "e", "subject_id": firms[4], **entry, "term_end": "2021-02-01", "exited_on": "2020-12-31"},
        {
            "listing_id": "f",
            "subject_id": firms[5],
            **entry | {"entered_on": "2021-01-01", "recorded_on": "2021-01-01"},
        },
    ]
    return ingest(subjects, pd.DataFrame(rows), listings=pd.DataFrame(listings))


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("years")
    for year in (2019, 2020):
        grade_all(snapshot, SCHEMES, as_of=date(year, 12, 31), max_rejected=10**6).write(place / str(year))
    return place


@pytest.fixture(scope="module")
def data(folder: Path, snapshot: Snapshot) -> dict[str, Any]:
    return district(folder, snapshot, ON, profile="jilin-edz")


def test_counts_add_up(data: dict[str, Any]) -> None:
    assert data["years"] == ["2019", "2020"]
    assert data["organisations"] == 40
    for row in data["shares"]:
        assert sum(grade["count"] for grade in row["grades"]) == row["graded"]
        assert row["graded"] + row["not_graded"] + row["not_computable"] <= 40
    assert {row["scheme"]: row["use"] for row in data["shares"]}["food/risk"] == "internal_risk"
    for row in data["migration"]:
        assert sum(value["subjects"] for value in row["matrix"]) == row["organisations"] == 40
        assert row["moved"] == sum(value["subjects"] for value in row["matrix"] if value["before"] != value["after"])
    for mapping in data["maps"]:
        graded = next(
            row["graded"]
            for row in data["shares"]
            if (row["scheme"], row["year"]) == (mapping["scheme"], mapping["year"])
        )
        assert sum(tile["total"] for tile in mapping["tiles"]) == graded
        assert all(sum(tile["counts"].values()) == tile["total"] for tile in mapping["tiles"])


def test_lists_on_their_days(data: dict[str, Any]) -> None:
    (row,) = data["lists"]
    assert (row["running"], row["exited"], row["term_over"], row["entered"]) == (3, 1, 1, {"2020": 5})
    assert [(row["term_end"], row["days"]) for row in data["ending"]] == [("2020-12-31", 0), ("2021-03-31", 90)]


def test_feeds_name_their_department(data: dict[str, Any]) -> None:
    (row,) = data["feeds"]
    assert (row["feed"], row["state"], row["observed"]) == ("tax", "silent", 0)
    assert row["department"]["zh"] == departments("jilin-edz")["tax"].zh == "国税分局、地税分局"
    assert data["signs"]


def test_pages(data: dict[str, Any], tmp_path: Path) -> None:
    files = write_district(data, tmp_path / "d.html")
    assert [file.name for file in files[:3]] == ["d.html", "d.en.html", "d.json"]
    without = {name: part for name, part in data.items() if name != "subjects"}  # each stands on a page of its own
    for file in files[:2]:
        seen = Page(file.read_text(encoding="utf-8"))
        assert json.loads(seen.data) == without == json.loads(files[2].read_text(encoding="utf-8"))
        assert "<script>alert(1)" in seen.text
        assert not [attribute for attribute in seen.attributes if attribute[1].startswith("on")]
    assert "for supervision only" in render_page(district_document(data, "en")).lower()
    with pytest.raises(UsageError, match="no name for a page"):
        write_district(data, tmp_path / "d")


def test_from_a_domain_to_its_grades_and_to_one_organisation(data: dict[str, Any], tmp_path: Path) -> None:
    """Every link leads to a page that is there, from each page one leads back, and CSV has the rows that are shown."""
    files = write_district(data, tmp_path / "d.html", index="index.html")
    assert len(files) == len({*files})
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files if file.suffix == ".html"}
    reached, left = set(), [tmp_path / "d.html", tmp_path / "d.en.html"]
    while left:
        file = left.pop()
        reached.add(file)
        links = {value for tag, name, value in pages[file].attributes if tag == "a" and name == "href"}
        assert [link for link in links if link.split("/")[-1] in ("index.html", "index.en.html")]
        targets = {(file.parent / link).resolve() for link in links if "index" not in link}
        assert all(target.is_file() for target in targets), file
        left += [target for target in targets if target in pages and target not in reached]
    assert reached == set(pages)
    (row,) = [row for row in data["attention"] if row["scheme"] == "tax"]
    (tax,) = [row for row in data["shares"] if row["scheme"] == "tax" and row["year"] == "2020"]
    assert row["count"] == tax["graded"] - tax["grades"][0]["count"] + tax["not_computable"]
    text = (tmp_path / "d" / "tax-organisations.csv").read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) - 1 == len(row["subjects"]) == min(row["count"], LISTED)
    listed = data["subjects"][0]
    page = (tmp_path / "d" / f"organisation-{listed['subject_id']}.html").read_text(encoding="utf-8")
    assert listed["name"] in Page(page).text
    assert "2020年12月31日" in page


def test_an_entry_of_an_organisation_says_how_long_it_runs(snapshot: Snapshot, data: dict[str, Any]) -> None:
    con = duckdb.connect()
    tables = {"graded": ("scheme", "version", "year", "grade", "why"), "about": ("name", "industry", "district")}
    for table, columns in tables.items():
        con.execute(f"CREATE TABLE {table} ({', '.join(f'{name} VARCHAR' for name in ('subject_id', *columns))})")
    firms = ids(6)
    rows = subjects(con, snapshot, ON, firms)
    states = {row["subject_id"]: [entry["state"] for entry in row["entries"]] for row in rows}
    assert [states[firm] for firm in firms] == [["running"], ["running"], ["running"], ["term_over"], ["exited"], []]
    endless = {**rows[0], "entries": [{**rows[0]["entries"][0], "term_end": ""}]}
    assert "未定期限" in render_page(subject_document(data, endless, "zh"))


def test_folders_that_cannot_be_read(folder: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no gradings lie there"):
        district(tmp_path, snapshot, ON)
    for name in ("2020", "again"):
        (tmp_path / name).mkdir()
        for file in (folder / "2020").iterdir():
            (tmp_path / name / file.name).write_bytes(file.read_bytes())
    assert district(tmp_path, snapshot, ON)["years"] == ["2020"]  # the same rows twice are the same rows


def test_the_command(folder: Path, snapshot: Snapshot, data: dict[str, Any], tmp_path: Path) -> None:
    write_snapshot(snapshot, tmp_path / "snapshot")
    args = ["report", "dashboard", str(folder), "--snapshot", str(tmp_path / "snapshot"), "--on", "2020-12-31"]
    run = CliRunner().invoke(app, [*args, "--profile", "jilin-edz", "--out", str(tmp_path / "d.html")])
    assert run.exit_code == 0, run.output
    assert "silent" in run.output
    shown = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert {**shown, "subjects": data["subjects"]} == data


def test_blocked_grades_are_counted_by_feed_and_reason(tmp_path: Path) -> None:
    """One bad feed is seen as that: thirty records of one source with days that cannot be read."""
    firms = ids(40)
    subjects = pd.DataFrame({"subject_id": firms, "first_filed_on": "2010-01-01", "registered_on": "2010-01-01"})
    rows = [
        {
            "record_id": f"R{k}",
            "subject_id": firms[k],
            "domain": "tax",
            "item": "030110",
            "source": "税务局",
            "booked_on": "2020年4月" if k < 30 else "2020-04-01",
        }
        for k in range(40)
    ]
    loaded_snapshot = ingest(subjects, pd.DataFrame(rows))
    grade_all(loaded_snapshot, ["tax"], as_of="2020-12-31", max_rejected=99).write(tmp_path / "g" / "2020")
    data = district(tmp_path / "g", loaded_snapshot, ON)
    assert data["blocked"] == [{"feed": "税务局", "table": "records", "reason": "bad_date", "grades": 30}]
    assert data["shares"][0]["not_computable"] == 30
    for lang, words in (("zh", "日期无法识别"), ("en", "not a date")):
        assert words in render_page(district_document(data, lang))
        page = render_page(domain_document(data, "tax", lang))
        without = {"zh": "无法计算", "en": "not computable"}[lang]
        assert f"{without}: 30 (75.0 %)" in page  # of the forty in the scope of the scheme, not of the ten graded
        assert "(40)" in page


def test_gradings_of_an_earlier_version_are_said_to_be_older(snapshot: Snapshot, tmp_path: Path) -> None:
    from pyarrow import parquet

    folder = grade_all(snapshot, SCHEMES, as_of="2020-12-31", max_rejected=99).write(tmp_path / "g" / "2020")
    table = parquet.read_table(folder / "grades.parquet").drop_columns(["input_state", "grade_without"])
    parquet.write_table(table, folder / "grades.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for run in manifest["schemes"].values():
        for name in ("blocked_grades", "input_marks", "accepted", "accepted_rows"):
            run.pop(name, None)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    data = district(tmp_path / "g", snapshot, ON)
    assert [row["code"] for row in data["marks"]] == ["unstated"]
    assert "earlier version" in render_page(district_document(data, "en"))
