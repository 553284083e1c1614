"""`creditscore records import-publicity` as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from creditscore.cli.main import main

A, B = "914403001922038216", "91350100M000100Y43"
PERSON = "11010519491231002X"  # the made-up number that the standard itself prints
HEAD = "CF_XDR_MC,CF_XDR_LB,CF_XDR_SHXYM,CF_WSH,CF_WFXW,CF_CFLB,CF_NR_FK,CF_JDRQ,CF_CFJG,publicdate,CF_FRDB,memo\n"
GOOD = (
    f"甲公司,法人及非法人组织,{A},环罚〔2024〕1号,超标排放,罚款；警告,2,2024-01-05,某区生态环境局,2024-01-09,某人,x\n"
    f"乙公司,法人及非法人组织,{B},环罚〔2024〕2号,超标排放,责令停产停业,,2024-01-05,某区生态环境局,2024-02-09,某人,x\n"
    f"王某某,自然人,{PERSON},环罚〔2024〕3号,露天焚烧,罚款,0.05,2024-01-05,某区生态环境局,2024-01-09,,x\n"
)
BAD = f"甲公司,法人及非法人组织,{A},环罚〔2024〕4号,超标排放,罚款,2,2024-02-30,某区生态环境局,2024-01-09,某人,x\n"
LICENCES = (
    "行政相对人名称,统一社会信用代码,行政许可决定文书名称,决定文书号,许可类别,许可决定日期,许可机关\n"
    f"乙公司,{B},排污许可证,许可〔2024〕1号,普通,2024-03-01,某区生态环境局\n"
)
MAPPING = """rows:
- {id: all, for: mine, domain: d, item: any, kinds: [fine, warning], cite: {law: L}, evidence: local}
deadlines:
- {id: all, working_days: 7, cite: {law: L}, evidence: local}
"""


class Place:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def put(self, name: str, text: str, encoding: str = "utf-8") -> str:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    def call(self, *more: str, penalties: str | None = HEAD + GOOD, encoding: str = "utf-8") -> tuple[int, str]:
        args = ["records", "import-publicity", "--out", str(self.folder / "out")]
        if penalties is not None:
            args += ["--penalties", self.put("p.csv", penalties, encoding)]
        with pytest.raises(SystemExit) as stopped:
            main([*args, *more])
        shown = self.capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err

    def files(self) -> set[str]:
        return {file.name for file in (self.folder / "out").iterdir()}

    def manifest(self) -> dict:
        return json.loads((self.folder / "out" / "manifest.json").read_text(encoding="utf-8"))

    def table(self, name: str) -> list[dict]:
        return pq.read_table(self.folder / "out" / f"{name}.parquet").to_pylist()


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


SHANDONG = ("--for", "environment/shandong")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_tables_manifest_and_summary(place: Place, encoding: str) -> None:
    code, text = place.call(*SHANDONG, encoding=encoding)
    assert code == 0
    assert place.files() == {
        "subjects.parquet",
        "records.parquet",
        "quarantine.parquet",
        "unmapped.csv",
        "late.csv",
        "manifest.json",
    }
    assert {row["item"] for row in place.table("records")} == {"SD-01", "SD-03b"}
    assert [row["subject_id"] for row in place.table("subjects")] == [B, A]
    assert "责令停产停业" in (place.folder / "out" / "unmapped.csv").read_text(encoding="utf-8")
    manifest = place.manifest()
    assert manifest["columns"]["penalties"]["never_loaded_personal"] == ["CF_FRDB"]
    assert manifest["columns"]["penalties"]["kept_out"] == ["memo"]
    line = next(line for line in text.splitlines() if line.startswith("penalties "))
    assert line.split() == ["penalties", "3", "1", "0", "1", "1", "0"]
    for words in (
        "measures: 3 in = 2 records + 0 folded into their act + 1 unmapped",
        "subjects: 2, of these 1 without a record",
        "natural person by category: 1",
        "never loaded: CF_FRDB",
        "kept out: memo",
        "责令停产停业",
        "warning",
    ):
        assert words in text
    assert max(cell_len(line) for line in text.splitlines() if not line.startswith("written to")) <= 80


def test_no_output_holds_anything_of_a_person(place: Place) -> None:
    code, text = place.call(*SHANDONG, "--csv", penalties=HEAD + GOOD + BAD, encoding="gb18030")
    assert code == 3
    code, more = place.call(*SHANDONG, "--csv", "--max-rejected", "1", penalties=HEAD + GOOD + BAD)
    assert code == 0
    for file in (place.folder / "out").iterdir():
        text += file.read_bytes().decode("utf-8", errors="replace")
        if file.suffix == ".parquet":
            text += str(pq.read_table(file).to_pylist())
    for trace in (PERSON, PERSON[6:14], "王某某", "露天焚烧", "某人"):
        assert trace not in text + more


def test_refused_rows_stop_the_import_and_leave_no_tables_of_before(place: Place) -> None:
    assert place.call(*SHANDONG, "--csv")[0] == 0
    code, text = place.call(*SHANDONG, penalties=HEAD + GOOD + BAD)
    assert code == 3
    for words in ("1 rows were refused, 0 allowed", "quarantine.parquet", "--max-rejected", "bad_date"):
        assert words in text
    assert not place.files() & {"subjects.parquet", "records.parquet", "subjects.csv", "records.csv"}
    assert [(row["line"], row["column"]) for row in place.table("quarantine")] == [(5, "CF_JDRQ")]


def test_licences_beside_penalties_and_alone(place: Place) -> None:
    licences = place.put("l.csv", LICENCES)
    assert place.call(*SHANDONG, "--licences", licences)[0] == 0
    assert place.manifest()["counts"]["licences"]["unmapped"] == 1
    assert place.call(*SHANDONG, "--licences", licences, penalties=None)[0] == 0
    assert [row["subject_id"] for row in place.table("subjects")] == [B]


def test_options_reach_the_import(place: Place) -> None:
    mapping = place.put("m.yaml", MAPPING)
    options = ("--mapping", mapping, "--unit", "yuan", "--recorded-on", "2024-03-01", "--fine-limit", "1")
    code, text = place.call(*options)
    assert code == 0
    (fine,) = [row for row in place.table("records") if row["measure"] == "fine"]
    assert (fine["item"], fine["amount"], str(fine["recorded_on"])) == ("any", 2, "2024-03-01")
    assert "above 1 CNY" in text
    assert place.manifest()["parameters"]["unit"] == "yuan"


def test_the_same_rows_in_another_order_write_the_same_files(place: Place) -> None:
    place.call(*SHANDONG, "--csv")
    names = ("subjects.csv", "records.csv", "unmapped.csv", "manifest.json", "records.parquet")
    first = {name: (place.folder / "out" / name).read_bytes() for name in names}
    place.call(*SHANDONG, "--csv", penalties=HEAD + "".join(sorted(GOOD.splitlines(keepends=True))))
    assert {name: (place.folder / "out" / name).read_bytes() for name in names} == first


def test_the_imported_tables_make_a_snapshot(place: Place) -> None:
    assert place.call(*SHANDONG)[0] == 0
    out = place.folder / "out"
    tables = ["--subjects", str(out / "subjects.parquet"), "--records", str(out / "records.parquet")]
    with pytest.raises(SystemExit) as stopped:
        main(["records", "snapshot", *tables, "--out", str(place.folder / "snapshot")])
    assert not stopped.value.code
    lines = [line.split() for line in place.capsys.readouterr().out.splitlines()]
    assert lines[:3] == [
        ["table", "rows", "refused", "repeated"],
        ["subjects", "2", "0", "0"],
        ["records", "2", "0", "0"],
    ]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 2, "choose one scheme per domain with --for"),
        (("--for", "tax"), 2, "no rows for tax"),
        ((*SHANDONG, "--unit", "jiao"), 2, "wan"),
        ((*SHANDONG, "--recorded-on", "today"), 2, "YYYY-MM-DD"),
        ((*SHANDONG, "--fine-limit", "-1"), 2, "above 0"),
        ((*SHANDONG, "--mapping", "none.yaml"), 2, "there is no mapping"),
        ((*SHANDONG, "--licences", "none.csv"), 3, "none.csv"),
    ],
)
def test_exit_codes(place: Place, args: tuple[str, ...], code: int, words: str) -> None:
    number, text = place.call(*args)
    assert (number, words in text) == (code, True), text


def test_other_exit_codes(place: Place) -> None:
    code, text = place.call(*SHANDONG, penalties=None)
    assert (code, "the tables are missing" in text) == (2, True)
    code, text = place.call(*SHANDONG, penalties="CF_XDR_MC,memo\n甲,1\n")
    assert code == 3
    for words in ("CF_XDR_SHXYM (统一社会信用代码)", "CF_WSH", "CF_JDRQ", "CF_XDR_MC, memo"):
        assert words in text
    code, text = place.call(*SHANDONG, "--mapping", place.put("m.yaml", MAPPING.replace("item", "itme")))
    assert code == 4
    assert "m.yaml:2: E106 rows.0.itme: unknown key" in text
