"""Published penalties and licences become subjects and records; nothing is guessed and nothing disappears."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.records import ingest
from creditscore.records.publicity import import_licences, import_penalties, import_publicity
from tests.records.publicity.publicity_helpers import (
    HEADINGS,
    LICENCE,
    PENALTY,
    SHOP,
    A,
    B,
    frame,
    items,
    penalties,
    rows,
    text_of,
)

SHANDONG = ["environment/shandong"]

MARKET = Path(__file__).parent / "publicity_market.yaml"


def adds_up(imported) -> bool:
    parts = ("imported", "repeated", "dropped", "unmapped", "refused")
    return all(count["rows"] == sum(count[part] for part in parts) for count in imported.counts.values())


def test_a_fine_becomes_a_record_of_its_act():
    imported = penalties({"publicdate": "2024/1/9"}, recorded_on="2024-02-01")
    (record,) = rows(imported.records)
    assert record == {
        "record_id": f"{A}:环罚〔2024〕1号:03",
        "subject_id": A,
        "item": "SD-03b",
        "domain": "environment",
        "event_on": date(2024, 1, 5),
        "recorded_on": date(2024, 2, 1),
        "decided_on": date(2024, 1, 5),
        "published_on": date(2024, 1, 9),
        "amount": Decimal("20000.000000"),
        "act_id": f"{A}:环罚〔2024〕1号",
        "source": "某区生态环境局",
        "document_no": "环罚〔2024〕1号",
        "basis": "某法第一条",
        "confiscated": None,
        "measure": "fine",
        "about": "超标排放污染物",
        "licence": None,
        "licence_no": None,
        "status": None,
        "published_until": date(2025, 1, 5),
        "effective_from": None,
        "effective_until": None,  # 2099-12-31 means no end
        "mapping_row": "sd-fine",
        "published_as": "penalties",
    }
    assert rows(imported.subjects) == [{"subject_id": A, "name": "甲公司", "kind": "enterprise"}]
    assert imported.counts["penalties"] == {
        "rows": 1,
        "imported": 1,
        "repeated": 0,
        "dropped": 0,
        "unmapped": 0,
        "refused": 0,
        "partly_unmapped": 0,
    }


def test_an_end_that_is_one_is_kept():
    assert rows(penalties({"CF_YXQ": "2024-12-31"}).records)[0]["effective_until"] == date(2024, 12, 31)


@pytest.mark.parametrize("how", ["codes", "small codes", "headings", "half-width headings"])
def test_column_names(how):
    names = {
        "codes": {},
        "small codes": {name: name.lower() for name in PENALTY},
        "headings": HEADINGS,
        "half-width headings": {
            code: f" {word.replace('（', '(').replace('）', ')')} " for code, word in HEADINGS.items()
        },
    }[how]
    imported = import_penalties(frame({}).rename(columns=names), schemes=SHANDONG)
    assert imported.records == penalties({}).records
    assert imported.manifest["columns"]["penalties"]["kept_out"] == []


def test_the_keys_of_market_regulation():
    read = {
        "entname": "甲公司",
        "uniscid": A,
        "pendecno": "市监罚〔2024〕1号",
        "illegacttype": "虚假宣传",
        "penbasis_cn": "某法",
        "pentype_cn": "吊销营业执照",
        "penam": None,
        "forfam": None,
        "penauth_cn": "某区市场监督管理局",
        "pendecissdate": "2024-01-05",
        "publicdate": "2024-01-20",
        "pubdeadline": "2027-01-20",
    }
    table = pd.DataFrame([read | {"lerep": "某人", "mainillegfact": "事实", "pencontent": "内容", "penperi": None}])
    imported = import_penalties(table, mapping=MARKET, schemes=["market"])
    (record,) = rows(imported.records)
    assert (record["item"], record["domain"], record["published_on"]) == (
        "licence_revoked",
        "market",
        date(2024, 1, 20),
    )
    columns = imported.manifest["columns"]["penalties"]
    assert columns["never_loaded_personal"] == ["lerep"]
    assert columns["not_needed"] == ["mainillegfact", "pencontent", "penperi"]
    assert imported.manifest["publication"]["in_time"] == 1  # 20 working days here, 7 elsewhere


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "p.csv"
    path.write_bytes(
        text_of({}, {"CF_XDR_SHXYM": B, "CF_XDR_MC": "乙，公司", "BZ": "两行\n备注"}, headings=HEADINGS).encode(
            encoding
        )
    )
    imported = import_penalties(path, schemes=SHANDONG)
    assert items(imported) == [(B, "SD-03b"), (A, "SD-03b")] if B < A else [(A, "SD-03b"), (B, "SD-03b")]
    assert {row["name"] for row in rows(imported.subjects)} == {"甲公司", "乙，公司"}


def test_every_kind_of_table_gives_the_same(tmp_path):
    table = frame({}, {"CF_XDR_SHXYM": B, "CF_FRDB": "某人", "CF_XDR_ZJHM": "", "extra": "1"})
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(arrow, tmp_path / "p.parquet")
    con = duckdb.connect()
    given = [arrow, tmp_path / "p.parquet", con.from_arrow(arrow), table.convert_dtypes()]
    expected = import_penalties(table, schemes=SHANDONG)
    for value in given:
        imported = import_penalties(value, schemes=SHANDONG)
        assert imported.records == expected.records
        assert imported.manifest["columns"] == expected.manifest["columns"]
    assert expected.manifest["columns"]["penalties"]["kept_out"] == ["extra"]
    assert expected.manifest["columns"]["penalties"]["never_loaded_personal"] == ["CF_FRDB"]


def test_typed_columns_are_read_exactly():
    table = pa.table(
        {name: pa.array([value or None]) for name, value in PENALTY.items() if name not in ("CF_NR_FK", "CF_JDRQ")}
        | {
            "CF_NR_FK": pa.array([Decimal("12345678.000001")], pa.decimal128(18, 6)),
            "CF_JDRQ": pa.array([date(2024, 1, 5)]),
        }
    )
    (record,) = rows(import_penalties(table, schemes=SHANDONG).records)
    assert record["amount"] == Decimal("123456780000.01")


def test_all_missing_columns_are_named_at_once_with_code_and_heading():
    with pytest.raises(InputError) as caught:
        import_publicity(
            pd.DataFrame({"CF_WSH": ["1"], "name": ["x"]}), pd.DataFrame({"XK_WSH": ["1"]}), schemes=["labour/national"]
        )
    text = str(caught.value)
    for word in (
        "CF_XDR_MC (行政相对人名称)",
        "CF_XDR_SHXYM (统一社会信用代码)",
        "CF_JDRQ",
        "CF_CFLB",
        "CF_CFJG",
        "CF_WFXW",
        "XK_XDR_MC",
        "XK_JDRQ",
        "XK_XKJG",
        "XK_XKLB",
    ):
        assert word in text


def test_a_column_under_two_names_is_refused():
    with pytest.raises(InputError, match="twice"):
        import_penalties(frame({"pendecno": "1"}), schemes=SHANDONG)


def test_a_spreadsheet_is_not_read(tmp_path):
    (tmp_path / "p.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="cannot read this kind"):
        import_penalties(tmp_path / "p.xlsx", schemes=SHANDONG)


# Several kinds, one act


def test_several_kinds_are_one_act_and_the_amounts_stand_where_they_belong():
    imported = penalties({"CF_CFLB": "没收违法所得；罚款", "CF_NR_FK": "0.5", "CF_NR_WFFF": "0.000001"})
    fine, taken = rows(imported.records)
    assert (fine["record_id"][-3:], fine["item"], fine["amount"], fine["confiscated"]) == (":03", "SD-03a", 5000, None)
    assert (taken["record_id"][-3:], taken["item"], taken["amount"]) == (":04", "SD-08", None)
    assert taken["confiscated"] == Decimal("0.01")
    assert fine["act_id"] == taken["act_id"]
    assert imported.manifest["measures"] == {"in": 2, "records": 2, "folded_into_act": 0, "unmapped": 0}


def test_the_act_has_one_id_however_its_number_is_written():
    ids = {
        rows(penalties({"CF_WSH": text}).records)[0]["act_id"]
        for text in ("环罚〔2024〕1号", "环罚[2024]1号", "环罚（2024）1号", " 环罚 【２０２４】1号")
    }
    assert ids == {f"{A}:环罚〔2024〕1号"}


def test_rows_of_one_decision_may_name_different_measures():
    imported = penalties({}, {"CF_CFLB": "警告", "CF_NR_FK": ""})
    assert [row["item"] for row in rows(imported.records)] == ["SD-01", "SD-03b"]
    assert len({row["act_id"] for row in rows(imported.records)}) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"CF_NR_FK": "3"},
        {"CF_JDRQ": "2024-01-06"},
        {"CF_CFLB": "警告", "CF_CFJG": "另一生态环境局"},
        {"CF_WFXW": "其他"},
    ],
)
def test_rows_of_one_decision_that_contradict_each_other_are_refused(other):
    imported = penalties({}, other, {"CF_XDR_SHXYM": B})
    assert imported.counts["penalties"]["refused"] == 2
    assert {row["reason"] for row in rows(imported.faults)} == {"conflicting_key"}
    assert items(imported) == [(B, "SD-03b")]
    assert adds_up(imported)


def test_a_repeated_row_counts_once():
    imported = penalties({}, {}, {})
    assert imported.counts["penalties"] | {"rows": 3, "repeated": 2, "imported": 1} == imported.counts["penalties"]
    assert len(rows(imported.records)) == 1
    assert adds_up(imported)


def test_a_case_of_labour_is_the_act_and_keeps_its_amounts():
    act = {
        "CF_CFJG": "某市人力资源和社会保障局",
        "CF_CFLB": "警告、罚款；没收违法所得",
        "CF_NR_FK": "1",
        "CF_NR_WFFF": "2",
    }
    imported = penalties(act, schemes=["labour/national"])
    (record,) = rows(imported.records)
    assert (record["item"], record["amount"], record["confiscated"]) == ("case", 10_000, 20_000)
    assert imported.manifest["measures"] == {"in": 3, "records": 1, "folded_into_act": 2, "unmapped": 0}


def test_an_amount_that_no_kind_names_is_neither_lost_nor_doubled():
    imported = penalties({"CF_CFLB": "警告,吊销许可证", "CF_NR_FK": "1", "CF_NR_WFFF": "0"})
    warning, revocation = rows(imported.records)
    assert (warning["item"], warning["amount"], revocation["item"], revocation["amount"]) == (
        "SD-01",
        10_000,
        "SD-10",
        None,
    )
    assert "fine_without_kind" in {warning["code"] for warning in imported.manifest["warnings"]}


# Money


@pytest.mark.parametrize(
    ("text", "unit", "yuan"),
    [
        ("0.000001", "wan", "0.01"),
        ("5.123456", "wan", "51234.56"),
        ("１．５", "wan", "15000"),
        ("899999999.999999", "wan", "8999999999999.99"),
        ("20000.01", "yuan", "20000.01"),
        ("1", "fen", "0.01"),
        ("2000001", "fen", "20000.01"),
    ],
)
def test_amounts_are_exact_in_the_declared_unit(text, unit, yuan):
    (record,) = rows(penalties({"CF_NR_FK": text}, unit=unit).records)
    assert record["amount"] == Decimal(yuan)


@pytest.mark.parametrize(
    ("text", "unit"), [("0.0000001", "wan"), ("-1", "wan"), ("五万", "wan"), ("900000000", "wan"), ("0.00001", "fen")]
)
def test_amounts_that_cannot_be_exact_are_refused(text, unit):
    imported = penalties({"CF_NR_FK": text}, unit=unit)
    assert [(row["reason"], row["column"]) for row in rows(imported.faults)] == [("bad_number", "CF_NR_FK")] * len(
        rows(imported.faults)
    )
    assert imported.refused == 1
    assert rows(imported.records) == []


def test_an_amount_in_yuan_read_as_wan_is_reported_and_never_changed():
    imported = penalties({"CF_NR_FK": "50000"})
    assert rows(imported.records)[0]["amount"] == 500_000_000
    (warning,) = [warning for warning in imported.manifest["warnings"] if warning["code"] == "implausible_amount"]
    for word in ("20000000 CNY", "500000000", "万元", "元", "--unit"):
        assert word in warning["text"]
    assert "implausible_amount" not in {
        warning["code"] for warning in penalties({"CF_NR_FK": "50000"}, unit="yuan").manifest["warnings"]
    }
    assert "implausible_amount" not in {
        warning["code"] for warning in penalties({"CF_NR_FK": "50000"}, fine_limit="600000000").manifest["warnings"]
    }


def test_a_heading_that_names_another_unit_contradicts():
    table = frame({}).rename(columns={"CF_NR_FK": "罚款金额（元）"})
    with pytest.raises(UsageError, match="says 元, the declared unit is wan"):
        import_penalties(table, schemes=SHANDONG)
    assert rows(import_penalties(table, schemes=SHANDONG, unit="yuan").records)[0]["amount"] == 2


# Faults


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"CF_XDR_SHXYM": A[:-1] + "9"}, "bad_uscc", "CF_XDR_SHXYM"),
        ({"CF_XDR_SHXYM": "9.14403E+17"}, "mangled_id", "CF_XDR_SHXYM"),
        ({"CF_XDR_SHXYM": ""}, "empty_id", "CF_XDR_SHXYM"),
        ({"CF_WSH": ""}, "empty_id", "CF_WSH"),
        ({"CF_JDRQ": "2024-02-30"}, "bad_date", "CF_JDRQ"),
        ({"CF_JDRQ": ""}, "bad_date", "CF_JDRQ"),
        ({"publicdate": "soon"}, "bad_date", "publicdate"),
        ({"CF_JDRQ": "2024-03-02"}, "occurred_after_recorded", "CF_JDRQ"),
    ],
)
def test_a_faulty_row_is_refused_with_its_line_and_the_input_s_column(change, reason, column):
    imported = penalties({"CF_XDR_SHXYM": B}, change, recorded_on="2024-03-01")
    assert [(row["table"], row["line"], row["reason"], row["column"]) for row in rows(imported.faults)] == [
        ("penalties", 2, reason, column)
    ]
    assert items(imported) == [(B, "SD-03b")]
    assert adds_up(imported)


def test_all_faults_of_a_row_are_listed():
    imported = penalties({"CF_JDRQ": "x", "CF_NR_FK": "y", "CF_XDR_SHXYM": "z"})
    assert sorted(row["reason"] for row in rows(imported.faults)) == ["bad_date", "bad_number", "bad_uscc"]
    assert imported.refused == 1


def test_an_end_that_is_no_date_is_left_out_and_reported():
    imported = penalties({"CF_YXQ": "长期", "CF_GSJZQ": "9999-12-31"})
    (record,) = rows(imported.records)
    assert (record["effective_until"], record["published_until"]) == (None, None)
    assert {"code": "end_dates_unread", "count": 2} in [
        {key: warning[key] for key in ("code", "count")} for warning in imported.manifest["warnings"]
    ]


def test_individual_businesses_stay():
    imported = penalties({"CF_XDR_SHXYM": SHOP, "CF_XDR_LB": "个体工商户", "CF_XDR_MC": "丙店"})
    assert rows(imported.subjects) == [{"subject_id": SHOP, "name": "丙店", "kind": "individual_business"}]


def test_the_latest_name_is_kept():
    imported = penalties({}, {"CF_WSH": "2", "CF_XDR_MC": "甲新公司", "CF_JDRQ": "2024-05-05"})
    assert [row["name"] for row in rows(imported.subjects)] == ["甲新公司"]
    assert "several_names" in {warning["code"] for warning in imported.manifest["warnings"]}


# Unmapped, licences, the way on


def test_what_nothing_fits_is_listed_with_counts():
    imported = penalties(
        {"CF_CFLB": "罚款;责令停止建设"},
        {"CF_WSH": "2", "CF_CFLB": "责令停产停业"},
        {"CF_WSH": "3", "CF_CFLB": "责令停产停业"},
        {"CF_WSH": "4", "CF_CFLB": "", "CF_NR_FK": ""},
        {"CF_WSH": "5", "CF_CFJG": "某区城市管理局"},
    )
    assert [(row["authority"], row["kind"], row["word"], row["measures"]) for row in rows(imported.unmapped)] == [
        ("某区生态环境局", "halt", "责令停产停业", 2),
        ("某区城市管理局", "fine", "罚款", 1),
        ("某区生态环境局", "unrecognised", "责令停止建设", 1),
        ("某区生态环境局", "unstated", "", 1),
    ]
    counts = imported.counts["penalties"]
    assert (counts["imported"], counts["unmapped"], counts["partly_unmapped"]) == (1, 4, 1)
    assert imported.manifest["measures"] == {"in": 6, "records": 1, "folded_into_act": 0, "unmapped": 5}
    assert imported.manifest["subjects"] == {"rows": 1, "without_record": 0}
    assert adds_up(imported)


def test_licences_give_subjects_and_are_unmapped_by_default():
    imported = import_licences(frame({}, base=LICENCE), schemes=SHANDONG)
    assert [row["subject_id"] for row in rows(imported.subjects)] == [A]
    assert (rows(imported.records), imported.counts["licences"]["unmapped"]) == ([], 1)
    assert imported.manifest["subjects"] == {"rows": 1, "without_record": 1}


def test_licences_become_records_where_a_mapping_says_so(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(
        "rows:\n- {id: l, from: licences, for: my, domain: d, item: permit, licence: {contains: [排污]},"
        " kinds: [ordinary], cite: {law: L}, evidence: local}\n"
        "deadlines:\n- {id: all, working_days: 7, cite: {law: L}, evidence: local}\n",
        encoding="utf-8",
    )
    imported = import_publicity(frame({}), frame({}, base=LICENCE | {"XK_WSH": PENALTY["CF_WSH"]}), path)
    (record,) = rows(imported.records)
    assert record["record_id"] == f"{A}:环罚〔2024〕1号:L01"
    assert (record["effective_until"], record["licence_no"], record["published_as"]) == (
        date(2029, 1, 31),
        "甲-1",
        "licences",
    )
    assert imported.counts["penalties"]["unmapped"] == 1
    assert adds_up(imported)


def test_the_order_of_rows_does_not_matter():
    kinds = ("罚款", "罚款；责令改正；查封", "甲;乙")
    changes = [
        {"CF_WSH": str(n), "CF_XDR_SHXYM": (A, B, SHOP)[n % 3], "CF_XDR_MC": f"公司{n}", "CF_NR_FK": str(n)}
        | {"CF_CFLB": kinds[n % 3], "publicdate": "2024-03-01"}
        for n in range(12)
    ]
    changes += [changes[0], changes[1] | {"CF_NR_FK": "99"}, {"CF_JDRQ": "x"}]
    imported, two = penalties(*changes), penalties(*reversed(changes))
    ids = [row["record_id"] for row in rows(imported.records)]
    assert len(ids) == len(set(ids)) == 12
    assert imported.subjects == two.subjects
    assert imported.records == two.records
    assert imported.unmapped == two.unmapped
    assert imported.manifest == two.manifest
    assert imported.faults.drop_columns(["line"]).sort_by("value") == two.faults.drop_columns(["line"]).sort_by("value")
    assert adds_up(imported)


def test_the_imported_tables_go_through_intake():
    imported = penalties(
        {"CF_CFLB": "罚款;没收非法财物", "CF_NR_WFFF": "0.000001"},
        {"CF_XDR_SHXYM": SHOP, "CF_XDR_LB": "个体工商户"},
        recorded_on="2024-02-01",
    )
    snapshot = ingest(imported.subjects, imported.records)
    assert [snapshot.counts[name]["refused"] for name in ("subjects", "records")] == [0, 0]
    assert snapshot.items == ("SD-03b", "SD-08")
    log = snapshot.con.sql(
        "SELECT amount, a_confiscated, a_measure, act_id, known_day FROM log ORDER BY record_id"
    ).fetchall()
    assert [(row[0], row[1], row[2]) for row in log][:2] == [
        (20_000_000_000, None, "fine"),
        (None, "0.010000", "confiscation"),
    ]
    assert log[0][3] == log[1][3] != log[2][3]
    assert {row[4] for row in log} == {(date(2024, 2, 1) - date(1970, 1, 1)).days}


def test_an_empty_table_gives_empty_tables():
    imported = import_penalties(frame({}).head(0), schemes=SHANDONG)
    assert (imported.subjects.num_rows, imported.records.num_rows, imported.unmapped.num_rows) == (0, 0, 0)
    assert imported.manifest["publication"]["late"] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"schemes": []}, "environment/ningxia, environment/shandong"),
        ({"schemes": ["tax"]}, "no rows for tax"),
        ({"schemes": ["labour/national"], "domain": "environment"}, "no row of the mapping is left"),
        ({"domain": "pigs"}, "no rows for domain pigs"),
        ({"unit": "jiao"}, "unit is 'jiao'"),
        ({"fine_limit": "much"}, "fine_limit"),
        ({"recorded_on": "today"}, "recorded_on"),
    ],
)
def test_calls_that_cannot_work(options, words):
    with pytest.raises(UsageError, match=words):
        penalties({}, **options)


def test_one_domain_may_be_chosen_without_naming_the_scheme():
    assert [
        row["item"]
        for row in rows(
            penalties(
                {"CF_CFJG": "某区市场监管局", "CF_CFLB": "降级"}, mapping=MARKET, schemes=[], domain="market"
            ).records
        )
    ] == ["grade_lowered"]
    assert {
        row["item"]
        for row in rows(penalties({"CF_CFLB": "警告;罚款"}, schemes=["environment/ningxia", "labour/national"]).records)
    } == {"NX25-B1", "NX25-C"}
