"""Kinds of penalties (行政处罚法, article 9) and of licences, read from what the tables say.

A kind is taken from the words of a cell, never guessed: a word that names several kinds is `unclear`, one that names
none is `unrecognised`, an empty cell is `unstated`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PENALTIES = {
    "warning": "警告",
    "criticism": "通报批评",
    "fine": "罚款",
    "confiscation": "没收",
    "suspension": "暂扣",
    "downgrade": "降低.*等级|降级|降低资质",
    "revocation": "吊销",
    "restriction": "限制(开展)?(生产|经营)|限产",
    "halt": "停产|停业",
    "closure": "关闭",
    "practice_ban": "限制从业",
    "detention": "拘留",
    "other": "其他|其它",
}
# The six kinds of licences are recalled.
_LICENCES = {
    "ordinary": "普通",
    "franchise": "特许",
    "recognition": "认可",
    "approval": "核准",
    "registration": "登记",
    "other": "其他|其它",
}
SPECIAL = ("unclear", "unrecognised", "unstated")
KINDS = {"penalties": (*_PENALTIES, *SPECIAL), "licences": (*_LICENCES, *SPECIAL)}
_WORDS = {
    table: [(kind, re.compile(word)) for kind, word in words.items()]
    for table, words in (("penalties", _PENALTIES), ("licences", _LICENCES))
}
_SEPARATORS = re.compile("[;；、,，]")
_NOT = re.compile("不予|免予|免于")
# One kind whose name contains a separator; and names of whole groups of article 9, which say nothing of the measure.
_OTHER = "法律、行政法规规定的其他行政处罚"
_GROUPS = (
    "罚款、没收违法所得、没收非法财物",
    "暂扣许可证件、降低资质等级、吊销许可证件",
    "限制开展生产经营活动、责令停产停业、责令关闭、限制从业",
)


@dataclass(frozen=True, order=True)
class Measure:
    """One measure of an act: the number of its kind (the place in `KINDS`, from 1), the kind, and the word."""

    number: int
    kind: str
    word: str


def measures_of(table: str, cell: str | None) -> list[Measure]:
    """The measures that a cell of kinds names, each once, in the order of the law."""
    kinds = KINDS[table]
    if cell is None:
        return [Measure(kinds.index("unstated") + 1, "unstated", "")]
    if cell in _GROUPS:
        return [Measure(kinds.index("unclear") + 1, "unclear", cell)]
    words = [word.strip() for word in _SEPARATORS.split(cell.replace(_OTHER, "其他行政处罚"))]
    measures: dict[tuple[str, str], Measure] = {}
    for word in sorted(filter(None, words)):
        kind = _kind(table, word)
        # 没收违法所得、没收非法财物 is one measure; two words nobody recognises are two.
        measures.setdefault((kind, word if kind in SPECIAL else ""), Measure(kinds.index(kind) + 1, kind, word))
    return sorted(measures.values()) or measures_of(table, None)


def _kind(table: str, word: str) -> str:
    if _NOT.search(word):
        return "unrecognised"
    named = [kind for kind, pattern in _WORDS[table] if pattern.search(word)]
    if len(named) > 1 and "other" in named:
        named.remove("other")
    return named[0] if len(named) == 1 else "unclear" if named else "unrecognised"
