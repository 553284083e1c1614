"""An office's store: every workflow that ships runs on one log, beside the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import ExitCode, UsageError
from creditscore.office.opening import Store
from creditscore.store.archive.runs import keep_grading
from creditscore.store.archive.standing import rows_as_they_stand
from creditscore.store.declarations import WORKFLOWS, draw_workflow
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.graded import Graded


def test_a_year_of_grades_with_an_objection(store_url: str, tmp_path: Path, graded: Graded) -> None:
    with Store(store_url, archive=tmp_path / "archive") as store:
        (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na", check=False)
        ledger = store.archive.read(run.files["ledger"]).to_pylist()
        row = next(
            row for row in ledger if row["reason"] == "counted" and row["step"] == "record" and row["effective"] < 0
        )
        firm, record = row["subject_id"], row["record_id"]
        store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
        grounds = [{"ground": "facts_wrong", "record_id": record, "statement": "按期申报"}]
        case = store.act(
            "objection", "open", by="wang.wei", on="2023-04-24", subject=firm, run=run.run_id, grounds=grounds
        )
        announce = {"by": "chen.jie", "on": "2023-04-28", "run": run.run_id}
        with pytest.raises(UsageError, match="a case on 1 of the grades is open"):
            store.act("status", "announce", "status/tax.2022", **announce)
        before = rows_as_they_stand(store, run, [firm])[firm]
        store.act(
            "objection",
            "decide",
            case.name,
            by="zhang.min",
            on="2023-04-27",
            findings={record: "withdraw"},
            reason="查实",
        )
        after = rows_as_they_stand(store, run, [firm])[firm]
        assert after.score > before.score
        announced = store.act("status", "announce", "status/tax.2022", **announce)
        assert announced.fields["announced"] == run.rows["grades"]
        assert {task.what for task in list_tasks(store)} == {"letter", "finalise"}
        result = verify(store)
        assert (result.faults, result.exit_code) == ([], ExitCode.NOT_ANCHORED)
        size = store.head().size
    with Store(store_url, archive=tmp_path / "archive", create=False) as store:
        assert store.head().size == size
        store.rebuild()
        assert verify(store).faults == []


@pytest.mark.parametrize("workflow", WORKFLOWS.load(), ids=lambda workflow: workflow.id)
def test_every_workflow_that_ships_is_drawn(workflow: object) -> None:
    for lang in ("zh", "en"):
        drawn = draw_workflow(workflow, lang)  # type: ignore[arg-type]
        assert len(drawn.splitlines()) >= 3


def test_an_archive_has_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDITSCORE_ARCHIVE", raising=False)
    with Store(tmp_path / "credit.db") as store:
        assert Path(store.archive.place) == tmp_path / "credit.archive"
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "elsewhere"))
    with Store(tmp_path / "credit.db") as store:
        assert Path(store.archive.place) == tmp_path / "elsewhere"


def test_the_example_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "log.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["result"].exit_code is ExitCode.NOT_ANCHORED
