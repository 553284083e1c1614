"""Effects outside the store: asked for in the log first, done once, what failed is tried again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.effects import ask_effect, do_effects, list_open_effects
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.store.helpers import add_person

POSTED = """
workflow: post
version: 1
title: {zh: 寄送, en: post}
fields: {what: text}
states: {asked: {zh: 已交办, en: asked}}
acts:
  post:
    title: {zh: 寄送, en: post}
    event: posted
    by: grader
    opens: true
    give: {id: text, to: text}
    stream: "post/{given.id}"
    to: asked
    code: post
    emits: effect.asked
"""


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    def post(context: Context) -> None:
        ask_effect(context, "mail", context.given["to"], {"text": "您有一份告知书"})

    declared = Workflow.model_validate({**yaml.safe_load(POSTED), "text": POSTED})
    with Store(store_url, Registry([declared], [], {"post": post})) as opened:
        yield opened


def test_an_effect_is_done_once_and_what_fails_is_tried_again(store: Store) -> None:
    for number in ("1", "2"):
        store.act("post", "post", by="li.na", on="2026-03-02", id=number, to=f"firm {number}")
    assert [row["what"] for row in list_open_effects(store)] == ["mail", "mail"]
    sent: list[tuple[str, str]] = []

    def mail(effect: str, to: str, content: Mapping[str, Any]) -> str:
        if to == "firm 2" and not sent[1:]:
            sent.append((effect, "failed"))
            raise InputError("the server does not answer", next="try again")
        sent.append((effect, to))
        return f"sent {content['text']}"

    assert do_effects(store, {}, by="li.na") == [row["stream"] for row in list_open_effects(store)]
    (left,) = do_effects(store, {"mail": mail}, by="li.na")
    failed = store.read(left)
    assert (failed.state, failed.fields["failed"], failed.fields["tries"]) == ("open", "the server does not answer", 1)
    assert do_effects(store, {"mail": mail}, by="li.na") == []
    assert do_effects(store, {"mail": mail}, by="li.na") == []
    assert [to for _, to in sent] == ["firm 1", "failed", "firm 2"]
    done = store.read(left)
    assert (done.state, done.fields["result"], done.fields["tries"]) == ("done", "sent 您有一份告知书", 2)
    assert verify(store).faults == []


def test_nothing_is_done_by_who_may_not_log_it(store: Store) -> None:
    store.act("post", "post", by="li.na", on="2026-03-02", id="1", to="firm 1")
    sent: list[str] = []

    def mail(effect: str, to: str, content: Mapping[str, Any]) -> str:
        sent.append(to)
        return "sent"

    with pytest.raises(UsageError, match="nobody is said to act"):
        do_effects(store, {"mail": mail})
    add_person(store, "wang.fang", ("approver",), by="li.na")
    with pytest.raises(NotAllowed, match="is no grader"):
        do_effects(store, {"mail": mail}, by="wang.fang")
    assert sent == []
