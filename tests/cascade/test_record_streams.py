"""What is decided about a record stands on its own stream, and comes back as it was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import yaml

from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.record_streams import (
    RECORD,
    emit_record_event,
    read_record_events,
)
from creditscore.core.errors import InternalError
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.store import Store
from creditscore.store.verify import verify

FIRM, OTHER = "91350100M000100Y43", "914403001922038216"
RULING = """
workflow: ruling
version: 1
title: {zh: 裁定, en: ruling}
fields: {what: text}
states: {done: {zh: 已办, en: done}}
acts:
  rule:
    title: {zh: 裁定, en: rule}
    event: ruled
    by: reviewer
    opens: true
    give: {id: text}
    stream: "ruling/{given.id}"
    to: done
    code: rule
    emits: [record.disputed, record.withdrawn, record.amended, record.reinstated]
"""
Say = Callable[[Context], None]


@pytest.fixture
def desk(store_url: str) -> Iterator[tuple[Store, Callable[[str, str, Say], None]]]:
    """A store, and how something is decided in it."""
    declared = Workflow.model_validate({**yaml.safe_load(RULING), "text": RULING})
    say: list[Say] = []
    registry = Registry([declared], [RECORD], {"rule": lambda context: say[-1](context)})
    with Store(store_url, registry) as store:

        def decide(case: str, on: str, what: Say) -> None:
            say.append(what)
            store.act("ruling", "rule", by="zhang.min", on=on, id=case)

        yield store, decide


def event(record: str, kind: str, no: int, on: str, subject: str = FIRM, **more: object) -> RecordEvent:
    day = date.fromisoformat(on)
    return RecordEvent(subject, record, kind, None if kind == "amended" else day, day, no, **more)  # type: ignore[arg-type]


def test_events_come_back_as_they_were_decided(desk: tuple[Store, Callable[[str, str, Say], None]]) -> None:
    store, decide = desk
    first = event("r1", "withdrawn", 2, "2026-03-02", document_no="〔2026〕1号")
    second = event(
        "r2", "amended", 2, "2026-03-03", amount="12.50", occurred_on=date(2025, 1, 2), further={"tax": "vat"}
    )
    third = event("r1", "disputed", 2, "2026-03-03", subject=OTHER)
    decide("1", "2026-03-02", lambda context: emit_record_event(context, first))

    def write_both(context: Context) -> None:
        emit_record_event(context, second)
        emit_record_event(context, third)

    decide("2", "2026-03-03", write_both)
    with store.reading() as connection:
        decided = read_record_events(connection)
        assert [own.case_id for own in decided] == ["ruling/1", "ruling/2", "ruling/2"]
        for expected, own in zip((first, second, third), decided, strict=True):
            assert own == RecordEvent(**{**vars(expected), "case_id": own.case_id, "seq": own.seq})
        assert [own.subject_id for own in read_record_events(connection, [OTHER])] == [OTHER]
        assert [own.record_id for own in read_record_events(connection, known_at=date(2026, 3, 2))] == ["r1"]
    assert store.rows("record", stream=f"record/{FIRM}/r1")[0]["standing"] == "withdrawn"
    assert store.rows("record", stream=f"record/{OTHER}/r1")[0]["disputed_by"] == "ruling/2"
    assert verify(store).faults == []


def test_only_declared_kinds_are_written(desk: tuple[Store, Callable[[str, str, Say], None]]) -> None:
    store, decide = desk
    with pytest.raises(InternalError, match=r"record\.repaired"):
        decide("1", "2026-03-02", lambda context: emit_record_event(context, event("r1", "repaired", 2, "2026-03-02")))
    with pytest.raises(InternalError, match="cannot be written"):
        decide("1", "2026-03-02", lambda context: emit_record_event(context, event("r1", "filed", 2, "2026-03-02")))
    assert store.rows("record") == []
