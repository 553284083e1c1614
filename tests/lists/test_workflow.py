"""Every case in tests/lists/cases/*.yaml, played on both databases; no list with a known term or way out without one.

A case: `name` and `steps`. A step: one action with what it is given, then perhaps `expect` (fields of the case; of
`expire` how many `left` and are `waiting`), `due` (what is due and by which day), or `refused` (words of the error).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import CreditscoreError
from creditscore.core.yaml_source import read
from creditscore.lists.entries import list_due
from creditscore.schemes import registry
from creditscore.store.verify import verify
from tests.lists.offices import OPENING, Office, as_known, as_texts, read_field
from tests.lists.players import FILLED

HERE = Path(__file__).parent / "cases"
KNOWN = {*OPENING, *FILLED, "publish", "apply", "exit", "expire", "withdraw"}


def cases() -> Iterator[Any]:
    for file in sorted(HERE.glob("*.yaml")):
        source = read(file)
        assert not source.faults, source.faults
        for case in source.data:
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


def on_of(given: dict[str, Any]) -> Any:
    return {**given.get("like", {}), **given}["on"]


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any], office: Office) -> None:
    assert set(case) == {"name", "steps"}
    name, report = "", None
    for step in case["steps"]:
        (action,) = set(step) & KNOWN
        assert set(step) <= {action, "expect", "due", "refused"}, step
        if "refused" in step:
            size = office.store.head().size
            with pytest.raises(CreditscoreError) as refused:
                office.play(name, action, step[action])
            assert step["refused"] in str(refused.value)
            assert refused.value.where
            assert refused.value.allowed
            assert refused.value.next
            assert office.store.head().size == size
            continue
        name, report = office.play(name, action, step[action])
        for field, wanted in step.get("expect", {}).items():
            if field in ("left", "waiting"):
                assert len(getattr(report, field)) == wanted
            else:
                assert read_field(office.store.read(name), field) == as_known(wanted), (step, field)
        tasks = {row["what"]: row["due_on"] for row in office.store.rows("task", stream=name, done_seq=None)}
        dues = list_due(office.store, as_texts(on_of(step[action])))
        own = {step_due.what: step_due.by for step_due in dues if step_due.case == name}
        for what, day in step.get("due", {}).items():
            assert own[what] == as_texts(day), (step, what)
            assert what == "hearing_ends" or tasks[what] == as_texts(day), (step, what)  # which is no task of anybody
    assert verify(office.store).faults == []


@pytest.mark.long  # every case again
def test_no_list_with_a_known_term_or_way_out_is_left_out(tmp_path: Path) -> None:
    seen = set()
    for number, param in enumerate(cases()):
        office, name = Office(str(tmp_path / f"{number}.db")), ""
        for step in param.values[0]["steps"]:
            if "refused" in step:
                continue
            (action,) = set(step) & KNOWN
            name, _ = office.play(name, action, step[action])
            fields = office.store.read(name).fields
            ways = (fields.get("term"), *(fields.get("more_terms") or ()), fields.get("exit"))
            seen |= {(fields["scheme"], fields["list"], way) for way in ways}
        office.store.close()
    missing = []
    for entry in registry.entries():
        scheme = registry.load(entry)
        for key, rule in scheme.lists.items():
            named = [term.id for term in rule.terms if term.span is not None or term.until_exit]
            named += [list_exit.id for list_exit in rule.exits if list_exit.after is not None]
            missing += [(scheme.name, key, name) for name in named if (scheme.name, key, name) not in seen]
    assert missing == []
