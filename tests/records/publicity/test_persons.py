"""Natural persons leave no trace: not in tables, quarantine, manifest, messages, nor in copies on the way."""

from __future__ import annotations

import json

import pytest

from creditscore.core.errors import InputError
from creditscore.core.tables.encoding import as_utf8_in_part
from creditscore.records.publicity import import_penalties
from tests.records.publicity.publicity_helpers import (
    ENVIRONMENT,
    OTHER_PERSON,
    PENALTY,
    PERSON,
    A,
    frame,
    penalties,
    rows,
    text_of,
)

SHANDONG = ["environment/shandong"]
BIRTH = PERSON[6:14]
NO_CODES = {"CF_XDR_SHXYM": "", "CF_XDR_LB": ""}
WITH_REPRESENTATIVE = {
    "CF_FRDB": "李某某",
    "CF_FR_ZJLX": "身份证",
    "CF_FR_ZJHM": OTHER_PERSON,
    "CF_XDR_ZJLX": "",
    "CF_XDR_ZJHM": "",
}


def everything(imported) -> str:
    """All that an import holds, every table of its connection included."""
    con = imported.con
    names = [name for (name,) in con.execute("SELECT table_name FROM information_schema.tables").fetchall()]
    tables = [str(con.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names]
    return json.dumps(imported.manifest, ensure_ascii=False) + "".join(tables)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"CF_XDR_LB": "自然人", "CF_XDR_SHXYM": ""}, "category"),
        ({"CF_XDR_LB": " 自然人 "}, "category"),
        ({"CF_XDR_SHXYM": PERSON}, "identity_number"),
        ({"CF_XDR_SHXYM": f"身份证 {PERSON}"}, "identity_number"),
        ({"CF_XDR_SHXYM": PERSON[:6] + "********" + PERSON[14:]}, "identity_number"),
        ({"CF_XDR_SHXYM": PERSON[:17] + ("1" if PERSON[17] != "1" else "2")}, "identity_number"),  # a slip in it
        (NO_CODES | {"CF_XDR_ZJHM": PERSON}, "personal_document"),
        (NO_CODES | {"CF_XDR_ZJHM": "E12345678"}, "personal_document"),  # another document
    ],
)
def test_persons_are_dropped_and_counted_by_reason(change, reason):
    imported = penalties({"CF_XDR_ZJHM": ""}, {"CF_XDR_MC": "王某某", "CF_WSH": "2"} | change)
    assert imported.dropped == {"penalties": {reason: 1}}
    assert imported.counts["penalties"]["imported"] == 1
    assert imported.faults.num_rows == 0
    held = everything(imported)
    for trace in (PERSON, BIRTH, "王某某", "E12345678", PERSON[:17]):
        assert trace not in held


def test_a_faulty_row_of_a_person_is_dropped_and_not_quarantined():
    imported = penalties({"CF_XDR_LB": "自然人", "CF_JDRQ": "soon", "CF_NR_FK": "much", "CF_WSH": ""})
    assert (imported.refused, imported.counts["penalties"]["dropped"]) == (0, 1)


def test_an_organisation_with_another_code_only_is_refused_not_taken_for_a_person():
    imported = penalties(NO_CODES | {"CF_XDR_ZJHM": "1", "CF_XDR_GSZC": "220100000000001"})
    assert (imported.dropped, imported.refused) == ({"penalties": {}}, 1)
    assert [row["reason"] for row in rows(imported.faults)] == ["empty_id"]
    assert "220100000000001" not in everything(imported)


def test_columns_of_persons_are_never_loaded_and_the_manifest_says_so():
    imported = penalties(WITH_REPRESENTATIVE | {"CF_XDR_ZJHM": PERSON})
    columns = imported.manifest["columns"]["penalties"]
    assert columns["never_loaded_personal"] == ["CF_FRDB", "CF_FR_ZJHM", "CF_FR_ZJLX", "CF_XDR_ZJLX"]
    assert columns["only_whether_filled"] == ["CF_XDR_ZJHM"]
    assert imported.counts["penalties"]["imported"] == 1
    for trace in ("李某某", OTHER_PERSON, PERSON):
        assert trace not in everything(imported)


def test_an_identity_number_in_another_text_is_cut_down():
    imported = penalties(
        {"CF_XDR_MC": f"甲公司{PERSON}", "CF_WFXW": f"雇用{OTHER_PERSON}", "CF_CFLB": f"{PERSON}号处分"},
    )
    assert imported.counts["penalties"]["unmapped"] == 1
    held = everything(imported)
    assert PERSON not in held
    assert OTHER_PERSON not in held
    assert "texts_redacted" in held


def test_a_decision_number_that_holds_one_is_refused_and_redacted():
    imported = penalties({"CF_WSH": f"罚{PERSON}"})
    assert [(row["reason"], row["column"]) for row in rows(imported.faults)] == [("natural_person", "CF_WSH")]
    assert PERSON not in everything(imported)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("csv", [True, False])
def test_no_file_holds_a_trace(tmp_path, encoding, csv):
    path = tmp_path / "p.csv"
    text = text_of(
        WITH_REPRESENTATIVE,
        WITH_REPRESENTATIVE | {"CF_XDR_MC": "王某某", "CF_XDR_SHXYM": PERSON, "CF_WSH": "2"},
        WITH_REPRESENTATIVE | {"CF_XDR_MC": "王某某", "CF_XDR_SHXYM": "", "CF_XDR_ZJHM": PERSON, "CF_WSH": "3"},
        WITH_REPRESENTATIVE | {"CF_XDR_MC": "王某某", "CF_JDRQ": "x", "CF_WSH": "4"},
    )
    path.write_bytes(text.encode(encoding))
    imported = import_penalties(path, schemes=SHANDONG)
    imported.write(tmp_path / "out", csv=csv)
    assert (imported.counts["penalties"]["dropped"], imported.refused) == (2, 1)
    files = list((tmp_path / "out").iterdir())
    assert len(files) == (9 if csv else 6)
    held = "".join(file.read_text(encoding="utf-8") for file in files if file.suffix != ".parquet")
    held += everything(imported)
    for trace in (PERSON, BIRTH, OTHER_PERSON, "李某某"):
        assert trace not in held
    if csv:
        assert A in held


def test_the_copy_of_a_file_in_another_encoding_holds_no_more_than_what_is_read(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(f"a,b,c\n甲,{PERSON},{PERSON}\n乙,,\n丙,1,2,{PERSON}\n".encode("gb18030"))
    copy = as_utf8_in_part(path, "gb18030", tmp_path, ["whole", "filled", "not"])
    assert copy.read_text(encoding="utf-8") == "a,b,c\n甲,1,\n乙,,\n丙,1,,\n"


def test_a_broken_line_is_not_quoted(tmp_path):
    for encoding in ("utf-8", "gb18030"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes((text_of({}) + f"甲,{PERSON}\n").encode(encoding))
        with pytest.raises(InputError, match="not a well-formed CSV file, line 3") as caught:
            import_penalties(path, schemes=SHANDONG)
        assert PERSON not in str(caught.value)
        assert BIRTH not in repr(caught.value.__cause__)


def test_the_whole_table_of_persons_gives_nothing():
    imported = import_penalties(frame({"CF_XDR_LB": "自然人"}, {"CF_XDR_LB": "个人"}), schemes=SHANDONG)
    assert (imported.subjects.num_rows, imported.records.num_rows) == (0, 0)
    assert imported.dropped == {"penalties": {"category": 2}}
    assert PENALTY["CF_CFJG"] == ENVIRONMENT
    assert ENVIRONMENT not in everything(imported)
