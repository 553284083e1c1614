"""The columns of the published tables: their codes, Chinese headings and market-regulation keys, and what they become.

Codes and headings of 双公示 (edition of 2018) are verified in public code bases; those of the licensee's other codes
and of persons in the table of licences are recalled, by analogy. That a market-regulation key means the column it is
listed with is an inference from its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from creditscore.core.errors import UsageError
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import Table, spelling

Role = Literal["required", "optional", "presence", "person", "idle"]
UNITS = {"wan": "万元", "yuan": "元", "fen": "分"}
_IN_HEADING = re.compile(r"\((万元|元|分)\)$")


@dataclass(frozen=True)
class Field:
    """One column: of a `presence` column only whether it is filled is read, `person` and `idle` columns are not."""

    column: str
    role: Role
    code: str
    heading: str
    others: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        names = [self.code, self.heading, *self.others]
        if self.column in ("amount", "confiscated"):
            names += [f"{self.heading}({unit})" for unit in UNITS.values()]
        return tuple(spelling(name) for name in names if name)


def _codes(stem: str) -> tuple[Field, ...]:
    """The six codes of the party to the act, and the documents of persons."""
    words = ("统一社会信用代码", "工商注册号", "组织机构代码", "税务登记号", "事业单位证书号", "社会组织登记证号")
    ends = ("SHXYM", "GSZC", "ZZJG", "SWDJ", "SYDW", "SHZZ")
    fields = []
    for place, (word, end) in enumerate(zip(words, ends, strict=True), start=1):
        column, role = ("subject_id", "required") if place == 1 else (f"code_{place}", "presence")
        keys = ("uniscid",) if place == 1 and stem == "CF" else ()
        heading = f"行政相对人代码_{place}"
        fields.append(Field(column, role, f"{stem}_XDR_{end}", word, (heading, f"{heading}({word})", *keys)))  # type: ignore[arg-type]
    keys = ("lerep",) if stem == "CF" else ("XK_FDDB",)
    fields += [
        Field("legal_representative", "person", f"{stem}_FRDB", "法定代表人", keys),
        Field("representative_document", "person", f"{stem}_FR_ZJLX", "法定代表人证件类型"),
        Field("representative_number", "person", f"{stem}_FR_ZJHM", "法定代表人证件号码", (f"{stem}_FR_SFZH",)),
        Field("personal_document_type", "person", f"{stem}_XDR_ZJLX", "证件类型"),
        Field("personal_document", "presence", f"{stem}_XDR_ZJHM", "证件号码"),
    ]
    return tuple(fields)


PENALTIES = (
    Field("name", "required", "CF_XDR_MC", "行政相对人名称", ("entname",)),
    Field("category", "optional", "CF_XDR_LB", "行政相对人类别"),
    *_codes("CF"),
    Field("document_no", "required", "CF_WSH", "行政处罚决定书文号", ("pendecno",)),
    Field("about", "required", "CF_WFXW", "违法行为类型", ("illegacttype",)),
    Field("facts", "idle", "CF_SY", "违法事实", ("mainillegfact",)),
    Field("basis", "optional", "CF_YJ", "处罚依据", ("penbasis_cn",)),
    Field("kinds", "required", "CF_CFLB", "处罚类别", ("pentype_cn",)),
    Field("content", "idle", "CF_NR", "处罚内容", ("pencontent",)),
    Field("amount", "optional", "CF_NR_FK", "罚款金额", ("penam",)),
    Field("confiscated", "optional", "CF_NR_WFFF", "没收违法所得、没收非法财物的金额", ("forfam",)),
    Field("permit", "idle", "CF_NR_ZKDX", "暂扣或吊销证照名称及编号"),
    Field("decided_on", "required", "CF_JDRQ", "处罚决定日期", ("pendecissdate",)),
    Field("effective_until", "optional", "CF_YXQ", "处罚有效期"),
    Field("published_on", "optional", "publicdate", "公示日期"),
    Field("published_until", "optional", "CF_GSJZQ", "公示截止期", ("pubdeadline",)),
    Field("authority", "required", "CF_CFJG", "处罚机关", ("penauth_cn",)),
    Field("authority_code", "idle", "CF_CFJGDM", "处罚机关统一社会信用代码"),
    Field("supplier", "idle", "CF_SJLY", "数据来源单位"),
    Field("supplier_code", "idle", "CF_SJLYDM", "数据来源单位统一社会信用代码"),
    Field("period", "idle", "penperi", ""),
    Field("remark", "idle", "BZ", "备注"),
)

LICENCES = (
    Field("name", "required", "XK_XDR_MC", "行政相对人名称"),
    Field("category", "optional", "XK_XDR_LB", "行政相对人类别", ("类别",)),
    *_codes("XK"),
    Field("about", "optional", "XK_XKWS", "行政许可决定文书名称"),
    Field("document_no", "required", "XK_WSH", "决定文书号", ("行政许可决定文书号",)),
    Field("kinds", "required", "XK_XKLB", "许可类别"),
    Field("licence", "optional", "XK_XKZS", "许可证书名称"),
    Field("licence_no", "optional", "XK_XKBH", "许可编号"),
    Field("content", "idle", "XK_NR", "许可内容"),
    Field("decided_on", "required", "XK_JDRQ", "许可决定日期"),
    Field("effective_from", "optional", "XK_YXQZ", "有效期自"),
    Field("effective_until", "optional", "XK_YXQZI", "有效期至"),
    Field("published_on", "optional", "publicdate", "公示日期"),
    Field("authority", "required", "XK_XKJG", "许可机关"),
    Field("authority_code", "idle", "XK_XKJGDM", "许可机关统一社会信用代码"),
    Field("status", "optional", "XK_ZT", "当前状态"),
    Field("supplier", "idle", "XK_LYDW", "数据来源单位"),
    Field("supplier_code", "idle", "XK_LYDWDM", "数据来源单位统一社会信用代码"),
    Field("remark", "idle", "BZ", "备注"),
)
FIELDS = {"penalties": PENALTIES, "licences": LICENCES}


def _table(name: str) -> Table:
    fields = FIELDS[name]
    return Table(
        name,
        tuple(field.column for field in fields if field.role == "required"),
        tuple(field.column for field in fields if field.role in ("optional", "presence")),
        key="document_no",
        # Only the names of the format count: a column that happens to be called `name` is no column of it.
        aliases={field.column: "" for field in fields}
        | {name: field.column for field in fields for name in field.spellings},
        labels={field.column: f"{field.code} ({field.heading})" for field in fields},
        presence=frozenset(field.column for field in fields if field.role == "presence"),
    )


TABLES = {name: _table(name) for name in FIELDS}


def unread(source: Source) -> dict[str, list[str]]:
    """The input's columns that were not read: of persons, known but not needed, unknown to the format."""
    roles = {name: field.role for field in FIELDS[source.table.name] for name in field.spellings}
    columns_by_role: dict[str, list[str]] = {"person": [], "idle": [], "extra": []}
    for column in source.unread:
        columns_by_role[str(roles.get(spelling(column), "extra"))].append(column)
    return columns_by_role


def presence_only(source: Source) -> list[str]:
    return sorted(source.spelled[column] for column in source.table.presence if source.has(column))


def check_unit(source: Source, unit: str) -> None:
    """UsageError where a heading names another unit than the one declared."""
    for column in ("amount", "confiscated"):
        named = _IN_HEADING.search(spelling(source.spelled.get(column, "")))
        if named and named[1] != UNITS[unit]:
            raise UsageError(
                "records.heading_says_declared_unit",
                spelled=source.spelled[column],
                named=named[1],
                unit=unit,
                units=UNITS[unit],
                where=source.origin,
                allowed=", ".join((f"{name} = {word}" for name, word in UNITS.items())),
            )
