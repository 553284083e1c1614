"""Every case in tests/lists/cases/*.yaml, played step by step; and no list with a known term or way out without a case.

A case: `name` and `steps`. A step: one action with what it is given, then perhaps `expect` (fields of the case; of
`expire` how many `left` and are `waiting`), `due` (what is due and by which day), or `refused` (words of the error).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.days import from_day
from creditscore.core.errors import CreditscoreError
from creditscore.core.yaml_source import read
from creditscore.lists import Book, due
from creditscore.schemes import registry
from tests.lists.players import ACTIONS, play, shown

HERE = Path(__file__).parent / "cases"
KNOWN = {*ACTIONS, "take_over", "propose", "expire"}


def cases() -> Iterator[Any]:
    for file in sorted(HERE.glob("*.yaml")):
        source = read(file)
        assert not source.faults, source.faults
        for case in source.data:
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any]) -> None:
    assert set(case) == {"name", "steps"}
    book, case_id, report = Book(), "", None
    for step in case["steps"]:
        (action,) = set(step) & KNOWN
        assert set(step) <= {action, "expect", "due", "refused"}, step
        if "refused" in step:
            with pytest.raises(CreditscoreError) as refused:
                play(book, case_id, action, step[action])
            assert step["refused"] in str(refused.value)
            continue
        book, case_id, report = play(book, case_id, action, step[action])
        for name, wanted in step.get("expect", {}).items():
            if name in ("left", "waiting"):
                assert len(getattr(report, name)) == wanted
            else:
                assert shown(book.case(case_id), name) == wanted, (step, name)
        open_steps = {due_step.what: due_step.by for due_step in due(book, on_of(step[action]))}
        for what, day in step.get("due", {}).items():
            assert from_day(open_steps[what] or 0) == day, (step, what)


def on_of(given: dict[str, Any]) -> Any:
    return {**given.get("like", {}), **given}["on"]


def test_no_list_with_a_known_term_or_way_out_is_left_out() -> None:
    seen = set()
    for param in cases():
        book, case_id = Book(), ""
        for step in param.values[0]["steps"]:
            if "refused" in step:
                continue
            (action,) = set(step) & KNOWN
            book, case_id, _ = play(book, case_id, action, step[action])
            list_case = book.case(case_id)
            seen |= {
                (list_case.scheme, list_case.list, name)
                for name in (list_case.term, *list_case.more_terms, list_case.exit)
            }
    missing = []
    for entry in registry.entries():
        scheme = registry.load(entry)
        for key, rule in scheme.lists.items():
            named = [term.id for term in rule.terms if term.span is not None or term.until_exit]
            named += [list_exit.id for list_exit in rule.exits if list_exit.after is not None]
            missing += [(scheme.name, key, name) for name in named if (scheme.name, key, name) not in seen]
    assert missing == []
