"""Made-up rows of the national double publicity format, and short ways to import them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd

from creditscore.records.publicity import Imported, import_penalties
from tests.records.records_helpers import PERSON, code, person

A = code("91440300MA5F000A1")
B = code("91110105MA00000B2")
SHOP = code("92110105MA00000C3")
OTHER_PERSON = person("11010119851111002")
ENVIRONMENT = "某区生态环境局"

PENALTY = {
    "CF_XDR_MC": "甲公司",
    "CF_XDR_LB": "法人及非法人组织",
    "CF_XDR_SHXYM": A,
    "CF_WSH": "环罚〔2024〕1号",
    "CF_WFXW": "超标排放污染物",
    "CF_YJ": "某法第一条",
    "CF_CFLB": "罚款",
    "CF_NR_FK": "2",
    "CF_NR_WFFF": "",
    "CF_JDRQ": "2024-01-05",
    "CF_YXQ": "2099-12-31",
    "CF_GSJZQ": "2025-01-05",
    "CF_CFJG": ENVIRONMENT,
}
HEADINGS = {
    "CF_XDR_MC": "行政相对人名称",
    "CF_XDR_LB": "行政相对人类别",
    "CF_XDR_SHXYM": "行政相对人代码_1（统一社会信用代码）",
    "CF_WSH": "行政处罚决定书文号",
    "CF_WFXW": "违法行为类型",
    "CF_YJ": "处罚依据",
    "CF_CFLB": "处罚类别",
    "CF_NR_FK": "罚款金额（万元）",
    "CF_NR_WFFF": "没收违法所得、没收非法财物的金额（万元）",
    "CF_JDRQ": "处罚决定日期",
    "CF_YXQ": "处罚有效期",
    "CF_GSJZQ": "公示截止期",
    "CF_CFJG": "处罚机关",
}
LICENCE = {
    "XK_XDR_MC": "甲公司",
    "XK_XDR_SHXYM": A,
    "XK_WSH": "许可〔2024〕1号",
    "XK_XKWS": "排污许可证",
    "XK_XKLB": "普通",
    "XK_JDRQ": "2024-02-01",
    "XK_YXQZ": "2024-02-01",
    "XK_YXQZI": "2029-01-31",
    "XK_XKJG": ENVIRONMENT,
    "XK_XKBH": "甲-1",
    "XK_ZT": "1",
}
__all__ = ["HEADINGS", "LICENCE", "OTHER_PERSON", "PENALTY", "PERSON", "SHOP", "A", "B", "frame", "penalties", "rows"]


def frame(*changes: dict[str, Any], base: dict[str, Any] = PENALTY) -> pd.DataFrame:
    """One row per change of the base; empty cells are absent."""
    return pd.DataFrame([base | change for change in changes]).replace("", None)


def penalties(*changes: dict[str, Any], **options: Any) -> Imported:
    return import_penalties(frame(*changes), **{"schemes": ["environment/shandong"]} | options)


def rows(table: Any) -> list[dict[str, Any]]:
    return list(table.to_pylist())


def items(imported: Imported) -> list[tuple[str, str]]:
    return [(row["subject_id"], row["item"]) for row in rows(imported.records)]


def text_of(*changes: dict[str, Any], headings: dict[str, str] | None = None) -> str:
    """The rows as CSV text, under other column names if given."""
    new_changes = [PENALTY | change for change in changes]
    names = list(dict.fromkeys(name for row in new_changes for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([(headings or {}).get(name, name) for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in new_changes)
    return out.getvalue()
