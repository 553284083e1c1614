"""What the log carries is deleted on its day by rule, and what remains still proves itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import SchemeError
from creditscore.store.legacy.retention import retention


def test_every_action_has_one_term_with_its_mark_and_no_term_is_shorter_than_a_text_demands() -> None:
    rules = retention()
    named = [action for rule in rules.rules for action in rule.actions]
    assert len(named) == len(set(named))
    assert {"grading.", "case.", "cascade.", "list.", "joint.", "draw.", "model."} <= set(named)
    assert all(rule.evidence for rule in (*rules.rules, *rules.least))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("keep: {years: 5}", "keep: {years: 2}", "kept shorter than labour_archive demands"),
        ("keep: {years: 5}", "keep: {years: 5, days: 1}", "needs exactly one of"),
        ("evidence: project_default", "evidence: verified", "a mark without a text"),
        ("actions: [case., life., packet., repair.]", "actions: [grading.]", "has a term already"),
        ("since: entry", "since: ever", "entry"),
        ("law: RSBG2016_1", "law: NONE", "no file in configs/laws"),
    ],
)
def test_a_spoilt_rule_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (config_root() / "retention.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "retention.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError, match=r"retention\.yaml:\d+") as exception_info:
        retention(tmp_path / "retention.yaml")
    assert message in str(exception_info.value)
