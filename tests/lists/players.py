"""A case played step by step, as cases in YAML and tests write it; people and papers are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from creditscore import lists
from creditscore.core.days import from_day
from creditscore.lists import Book, ListCase

A, B = "914403001922038216", "91350100M000100Y43"
CONTENTS = dict.fromkeys(("facts", "basis", "measures", "exits", "remedies"), "…")
PAPER = {"organ": "区人社局", "document": "〔2023〕1号"}
PEOPLE = {"propose": "li.na", "notice": "li.na", "decide": "chen.jie", "exit": "chen.jie"}
ACTIONS = {
    "notice": lists.notice,
    "object": lists.objected_to,
    "check": lists.check,
    "extend": lists.extend,
    "decide": lists.decide,
    "publish": lists.publish,
    "prolong": lists.prolong,
    "bar": lists.bar,
    "apply": lists.apply_for,
    "refuse": lists.refuse,
    "exit": lists.leave,
    "withdraw": lists.withdraw,
    "revoke": lists.revoke,
    "correct": lists.correct,
}
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


def play(book: Book, case_id: str, action: str, given: Mapping[str, Any]) -> tuple[Book, str, Any]:
    """One step: the book, the case it concerns, and what `expire` reports."""
    given = {**given.get("like", {}), **{name: value for name, value in given.items() if name != "like"}}
    data: dict[str, Any] = {"by": PEOPLE.get(action, "zhang.min"), **PAPER, **FILLED.get(action, {}), **given}
    if action == "expire":
        after, expired = lists.expire(book, data["on"], by=data["by"])
        return after, case_id, expired
    if action in ("take_over", "propose"):
        who = data.pop("subject", A)
        where = data.pop("list"), data.pop("scheme")
        if action == "take_over":
            return *lists.take_over(book, who, *where, **data), None
        return *lists.propose_one(book, who, *where, data.pop("trigger"), **data), None
    after = ACTIONS[action](book, case_id, **data)  # type: ignore[operator]
    return after, after.events[-1].case_id, None


def shown(case: ListCase, name: str) -> Any:
    """A field of a case as a person writes it: days as dates."""
    value = getattr(case, name)
    is_day = name.endswith(("_on", "_by", "_until", "_end")) and isinstance(value, int)
    return from_day(value) if is_day else value


def entered(book: Book, key: str, scheme: str, on: str | date, **more: Any) -> tuple[Book, str]:
    """An entry kept from another office's decision: the shortest way to something that runs."""
    after, case_id, _ = play(book, "", "take_over", {"list": key, "scheme": scheme, "on": on, **more})
    return after, case_id


def noticed(
    book: Book, on: str = "2023-01-18", subject: str = A, records: tuple[str, ...] = ("r1",)
) -> tuple[Book, str]:
    """A proposal for the list of wage arrears and its notice on the same day."""
    given = {"subject": subject, "list": "wage_arrears", "scheme": "wage_arrears@2022", "trigger": "to_be_noticed"}
    book, case_id, _ = play(book, "", "propose", {**given, "records": records, "on": on})
    return play(book, case_id, "notice", {"on": on})[0], case_id
