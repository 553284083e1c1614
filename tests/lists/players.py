"""Who plays cases, on what papers: what cases in YAML and tests leave out is filled in."""

from __future__ import annotations

from typing import Any

A, B = "914403001922038216", "91350100M000100Y43"
CONTENTS = dict.fromkeys(("facts", "basis", "measures", "exits", "remedies"), "…")
PAPER = {"organ": "区人社局", "document": "〔2023〕1号"}
PEOPLE = {"propose": "li.na", "notice": "li.na", "decide": "chen.jie", "exit": "chen.jie"}
FILLED: dict[str, dict[str, Any]] = {
    "notice": {"contents": CONTENTS},
    "object": {"content": "已付清"},
    "check": {"answer": "属实与否已核"},
    "extend": {"reason": "情况复杂"},
    "decide": {"reason": "事实清楚"},
    "prolong": {"reason": "未改正"},
    "bar": {"evidence": "卷宗3号"},
    "refuse": {"reason": "条件不足"},
    "revoke": {"reason": "申请虚假"},
    "correct": {"reason": "笔误"},
}
