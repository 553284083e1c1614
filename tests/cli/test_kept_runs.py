"""Commands read a kept run as it stands, as it was kept, and as the office knew it on a day."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.core.errors import UsageError
from creditscore.store.archive.standing import rows_as_they_stand
from tests.cli.promises import call
from tests.cli.test_case_desk import Desk
from tests.cli.test_case_desk import desk as desk  # the fixture
from tests.graded import Graded


@pytest.fixture
def decided(desk: Desk) -> Desk:
    desk.open()
    desk.decide()
    return desk


def ask(desk: Desk, *words: str) -> str:
    return call(*words, "--store", desk.address)


def test_a_grade_is_explained_as_it_stands_and_as_it_was(decided: Desk, graded: Graded, tmp_path: Path) -> None:
    asked = ("explain", decided.run, decided.subject, "--lang", "en")
    written = call("explain", str(graded.grading), decided.subject, "--lang", "en")
    stands = ask(decided, *asked)
    assert ask(decided, *asked, "--as-kept") == written
    assert ask(decided, *asked, "--known-at", "2023-05-08").startswith(written)  # and that it is disputed
    assert stands != written
    with cs.Store(decided.address) as store:
        rows = rows_as_they_stand(store, store.run(decided.run), [decided.subject])[decided.subject]
    assert f"{float(rows.score):g}" in stands.replace("−", "-")
    page = tmp_path / "page.html"
    ask(decided, *asked, "--html", str(page), "--depth", "auditor")
    assert decided.first in page.read_text(encoding="utf-8")


def test_what_decides_is_searched_in_what_stands(decided: Desk) -> None:
    asked = ("decisive", "show", decided.run, decided.subject, "--target", "any", "--json")
    before = json.loads(ask(decided, *asked, "--as-kept"))
    stands = json.loads(ask(decided, *asked))
    assert before != stands
    assert decided.first not in json.dumps(stands["singles"])


def test_a_grade_over_time_has_what_was_decided(decided: Desk) -> None:
    asked = ("timeline", decided.subject, "--run", decided.run, "--lang", "en", "--from", "2022", "--to", "2022")
    assert f"withdrawn  {decided.first}" in " ".join(ask(decided, *asked).split(" ")).replace("   ", "  ")
    assert "withdrawn" not in ask(decided, *asked, "--as-kept")


def test_a_run_is_written_to_a_folder_again(decided: Desk, graded: Graded, tmp_path: Path) -> None:
    for name, how in (("stands", ()), ("kept", ("--as-kept",)), ("before", ("--known-at", "2023-05-08"))):
        ask(decided, "archive", "write", decided.run, "--out", str(tmp_path / name), *how)
    tables = {name: pq.read_table(tmp_path / name / "ledger.parquet") for name in ("stands", "kept", "before")}
    assert tables["kept"].equals(tables["before"])
    assert tables["kept"].to_pylist() == pq.read_table(graded.grading / "ledger.parquet").to_pylist()
    assert not tables["kept"].equals(tables["stands"])
    assert cs.read(tmp_path / "stands").manifest["run_id"] == decided.run
    assert cs.explain(tmp_path / "stands", decided.subject).text("en", 100)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("explain", "RUN", "SUBJECT", "--as-kept", "--known-at", "2023-05-08"), "as it was kept, or as it was known"),
        (("explain", "RUN", "91350100M000100Y43"), "is not in run"),
        (("explain", "nothing", "SUBJECT"), "no kept run begins"),
        (("explain", "RUN", "SUBJECT", "--snapshot", "."), "not computed from the snapshot alone"),
        (("explain", ".", "SUBJECT", "--as-kept"), "a folder stands as it was written"),
        (("decisive", "show", ".", "SUBJECT"), "--snapshot is missing"),
        (("timeline", "SUBJECT", "--scheme", "tax"), "neither a snapshot and a scheme nor a kept run"),
    ],
)
def test_what_does_not_fit_is_said(desk: Desk, words: tuple[str, ...], match: str) -> None:
    names = {"RUN": desk.run, "SUBJECT": desk.subject}
    with pytest.raises(UsageError, match=match) as exception_info:
        ask(desk, *(names.get(word, word) for word in words))
    assert exception_info.value.allowed
