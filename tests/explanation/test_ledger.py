"""From the ledger to lines that add up, or a refusal."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import DifferenceError
from creditscore.explanation.ledger import explain
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.schemes import registry
from tests.explanation.conftest import DIRECT, MANY, NONE, SOLE, filed, table


def test_the_running_total_ends_at_the_score(small: Grading) -> None:
    explanation = explain(small, MANY)
    totals = [line.total for line in explanation.lines if line.step != "decide"]
    assert totals[0] == 100
    assert totals[-1] == explanation.score == Decimal("80.88")
    assert explanation.lines[-1].total is None
    assert explanation.sum == "100 − 5 − 3 + 2.4 − 5 × 2 − 5 + 1.48 = 80.88 → B"


def test_a_clean_firm_and_a_direct_grade(small: Grading) -> None:
    assert explain(small, NONE).sum == "90 = 90 → A"
    direct = explain(small, DIRECT)
    assert (direct.grade, direct.route, direct.sum) == ("D", "direct", "90 = 90")
    assert direct.lines[-1].label.en == "direct D"


def test_why_a_subject_is_not_graded(small: Grading) -> None:
    explanation = explain(small, SOLE)
    assert (explanation.state, explanation.grade, explanation.sum) == ("not_graded", "", "")
    assert explanation.state_reason.zh == "个体工商户未申请参评"


def test_reasons_are_words(small: Grading) -> None:
    lines = {line.record_id: (line.said.zh, line.said.en) for line in explain(small, MANY).lines if line.record_id}
    assert lines["r2"] == ("已纠正（30日内）", "corrected (within 30 days)")
    assert lines["r3"] == ("已撤销，不计", "withdrawn")
    assert lines["r4"][0] == "不影响评价：首违不罚"
    assert lines["n1"][1] == "noted, no points"


def test_labels_fall_back_to_codes_without_the_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "versions", lambda scheme, root=None: [])
    explanation = explain(folder, MANY)
    assert explanation.notes == ("rules_missing",)
    assert {line.label.zh for line in explanation.lines if line.item} == {"NR", "010101", "010103", "020101"}


def test_rules_that_changed_are_mentioned(folder: Path) -> None:
    today = registry.pick("tax@2014")
    today = today.model_copy(update={"evidence": "recalled"})
    assert explain(folder, MANY, words_of=today).notes == ("rules_changed",)
    assert explain(folder, NONE, words_of=today).lines[0].label.zh == "缺少非经常性指标信息"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET effective = effective - 0.000001 WHERE record_id = 'r1'",
        "DELETE FROM t WHERE record_id = 'r1'",
        "INSERT INTO t SELECT * FROM t WHERE record_id = 'r1'",
        "UPDATE t SET nominal = nominal + 1 WHERE step = 'start'",
        "UPDATE t SET effective = NULL WHERE record_id = 'r1'",
    ],
)
def test_a_ledger_that_does_not_add_up_is_refused(folder: Path, change: str) -> None:
    file = folder / "ledger.parquet"
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT * FROM read_parquet(?)", [str(file)])
    con.execute(change.replace("WHERE ", f"WHERE subject_id = '{MANY}' AND "))
    con.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    with pytest.raises(DifferenceError, match="does not add up"):
        explain(folder, MANY)
    assert explain(folder, NONE).score == 90


def test_an_unknown_number_leaves_an_interval() -> None:
    subjects = table([{"subject_id": MANY, "registered_on": "2005-01-01"}])
    records = table([filed("u1", MANY, "060302", "2014-05-01", ratio=0.02)])
    explanation = explain(grade(records, "tax", 2014, subjects=subjects), MANY)
    assert (explanation.state, explanation.score, explanation.sum) == ("not_computable", None, "")
    assert explanation.interval == (None, 100)
    assert "得分：不超过 100" in explanation.text("zh")
    assert "060302" in explanation.state_reason.zh or "稽查" in explanation.state_reason.zh
    assert [line.effective for line in explanation.lines if line.record_id] == [None]
    assert explanation.lines[-1].total is None


def test_a_sum_repeats_nothing() -> None:
    rows = [filed(f"r{k}", MANY, "010101", f"2022-0{k}-20") for k in range(1, 8)]
    rows += [filed(f"q{k}", MANY, "010103", f"2022-0{k}-25") for k in (8, 9)]
    subjects = table([{"subject_id": MANY, "registered_on": "2005-01-01"}])
    assert explain(grade(table(rows), "tax", 2022, subjects=subjects), MANY).sum == "90 − 5 × 7 − 3 × 2 = 49 → C"


def test_a_cap_absorbs_what_nobody_published(tmp_path: Path) -> None:
    known = (config_root() / "schemes/examples/restaurants_san_francisco/2014-10-20.yaml").read_text(encoding="utf-8")
    law = "cite: {law: sf_food_safety_program, article: inferred}"
    text = known.replace(
        "\nitems:", f"\ngroups:\n  g: {{label: {{zh: 组, en: group}}, cap: 10, {law}, evidence: derived}}\nitems:"
    )
    text = text.replace("{each: 4}", "{each: 4}\n    group: g")
    text = text.replace("{each: 7}", "{unknown: true, range: [0, 5]}\n    group: g")
    text = text.replace("evidence: derived\n    reading", "evidence: unknown\n    reading", 1)
    scheme = tmp_path / "capped.yaml"
    scheme.write_text(text, encoding="utf-8")
    rows = [
        {"record_id": "h", "subject_id": "a", "item": "high", "quantity": 1, "occurred_on": "2015-01-01"},
        {"record_id": "m", "subject_id": "a", "item": "moderate", "quantity": 3, "occurred_on": "2015-01-02"},
    ]
    explanation = explain(
        grade(table(rows), str(scheme), subjects=table([{"subject_id": "a"}]), as_of="2015-02-02"), "a"
    )
    assert explanation.sum == "100 − 12 + 2 = 90 → Adequate"
    assert [line.total for line in explanation.lines] == [100, None, None, 90, None]
