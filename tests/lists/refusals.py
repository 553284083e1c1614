"""Steps up to one that is refused, and in which words."""

from __future__ import annotations

from typing import Any

from tests.lists.players import CONTENTS

PERSON = "11010519491231002X"


def notice(**given: Any) -> tuple[str, dict[str, Any]]:
    return "notice", {"on": "2023-02-01", **given}


def decide(**given: Any) -> tuple[str, dict[str, Any]]:
    return "decide", {"enter": True, "on": "2023-02-09", **given}


TOLD = notice()
REFUSED: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "a notice without remedies": (
        [notice(contents={**CONTENTS, "remedies": " "})],
        r"does not state: remedies",
    ),
    "a notice with an unknown part": ([notice(contents={**CONTENTS, "mood": "x"})], "no part mood"),
    "two notices": ([TOLD, ("notice", {"on": "2023-02-02"})], "the case is noticed"),
    "an objection before the notice": (
        [("object", {"on": "2023-02-01"})],
        "proposed: objected cannot follow",
    ),
    "an objection without words": (
        [TOLD, ("object", {"on": "2023-02-02", "content": ""})],
        "content: Field required",
    ),
    "a check of nothing": ([TOLD, ("check", {"on": "2023-02-02", "upheld": True})], "checked cannot"),
    "an answer without words": (
        [TOLD, ("object", {"on": "2023-02-02"}), ("check", {"on": "2023-02-03", "upheld": False, "answer": ""})],
        "answer: Field required",
    ),
    "a decision without a document": (
        [TOLD, decide(document="")],
        "no document",
    ),
    "a decision without an organ": (
        [TOLD, decide(organ="")],
        "no organ",
    ),
    "a decision without a reason": ([decide(enter=False, on="2023-02-01", reason="")], "reason: Field required"),
    "entered before the decision": (
        [TOLD, decide(entered_on="2023-02-08")],
        "before the decision",
    ),
    "published before the entry": (
        [TOLD, decide(published_on="2023-02-08")],
        "before the entry",
    ),
    "a term that the list does not have": (
        [TOLD, decide(term="life")],
        "'life' is no term",
    ),
    "a step before the one before": ([("notice", {"on": "2023-01-17"})], "before the step of 2023-01-18"),
    "publishing what is not entered": ([("publish", {"on": "2023-02-01"})], "published cannot follow"),
    "an exit from what is not entered": ([("exit", {"exit": "annulled", "on": "2023-02-01"})], "exited cannot follow"),
    "withdrawing what was not annulled": ([("withdraw", {"on": "2023-02-01"})], "unpublished cannot follow"),
    "refusing what nobody asked for": ([("refuse", {"on": "2023-02-01"})], "refused cannot follow"),
    "a resident number in the reason": ([decide(enter=False, on="2023-02-01", reason=PERSON)], "resident identity"),
    "a resident number in the document": ([notice(document=f"见{PERSON}")], "stands in document"),
    "a person who is a resident number": ([notice(by=PERSON)], "stands in by"),
    "a day that is none": ([("notice", {"on": "2023-02-29"})], "on: '2023-02-29' is not a day"),
}
