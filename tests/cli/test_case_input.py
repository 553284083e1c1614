"""A case opened on a grade whose input was not whole, and its letter, say so."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from creditscore.cli.main import app
from creditscore.core.errors import InputError, UsageError
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.tiers import thinned

A, B = "914403001922038216", "91440115618712245T"
ROWS = [
    {"record_id": "1", "subject_id": A, "domain": "tax", "item": "030110", "booked_on": "2022年4月"},
    {"record_id": "2", "subject_id": A, "domain": "tax", "item": "010101", "booked_on": "2022-04-01"},
    {"record_id": "3", "subject_id": B, "domain": "tax", "item": "010101", "booked_on": "2022-04-01"},
]
ACCEPTED = [{"table": "records", "record_id": "1", "by": "li.na", "why": "the bureau withdrew it", "on": "2023-05-02"}]
ACCEPTANCE = {
    "zh": "；本机关工作人员于2023年5月2日确认不再补正：the bureau withdrew it",
    "en": "; accepted as lost by a person of the office on 2023-05-02: the bureau withdrew it",
}


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.exception
    return result


@pytest.mark.parametrize(
    ("accepted", "says"),
    thinned(
        [
            (None, {"zh": "更正前该等级不成立", "en": "until they are mended that is no grade"}),
            (ACCEPTED, {"zh": "经人工确认不再补正", "en": "accepted as lost by a person"}),
        ],
        2,
    ),
)
def test_a_case_and_its_letter_say_what_the_input_lacked(
    accepted: list[dict[str, str]] | None, says: dict[str, str], tmp_path: Path
) -> None:
    subjects = pd.DataFrame({"subject_id": [A, B], "kind": "enterprise", "registered_on": "2010-01-01"})
    held, graded, store, out = (tmp_path / name for name in ("snapshot", "graded", "s.db", "letter"))
    write_snapshot(ingest(subjects, pd.DataFrame(ROWS)), held)
    grade(read_snapshot(held), "tax", 2022, max_rejected=5, accepted=accepted).write(graded)
    run("store", "create", "--store", store)
    run("archive", "add", graded, "--snapshot", held, "--store", store, "--by", "li.na", "--no-check")
    (run_row,) = json.loads(run("archive", "list", "--store", store, "--json").stdout)
    at, case = ("--store", store, "--on", "2023-12-04"), "C2023-0001"
    grounds = ("--grounds", "ground=facts_wrong;record_id=2;statement=x")
    run("act", "objection", "open", "--run", run_row["run_id"], "--subject", A, *grounds, *at, "--by", "wang.wei")
    shown = run("case", "show", case, "--store", store, "--lang", "en", "--snapshot", held).output
    assert says["en"] in shown.replace("\n", "")
    assert "Input: no feeds are declared" in shown
    decided = ("act", "objection", "decide", case, "--findings", "2=uphold", "--reason", "r")
    run(*decided, *at, "--by", "zhang.min")
    letter = ("case", "letter", case, "--out", out, "--document", "1", "--office", "O", "--snapshot", held)
    letter += ("--review-body", "R", "--court", "C")
    run(*letter, *at, "--by", "zhang.min")
    for lang, words in says.items():
        for form in ("txt", "html"):
            text = (out / f"letter.{lang}.{form}").read_text(encoding="utf-8")
            assert words in text
            assert "li.na" not in text  # who accepted a row stays inside the office
            assert (ACCEPTANCE[lang] in text) is (accepted is not None)
    plain = {lang: (out / f"letter.{lang}.txt").read_text(encoding="utf-8") for lang in ("zh", "en")}
    assert not any("not_computable" in text for text in plain.values())  # a state is told in words


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["txt", "html"])
def test_a_subject_learns_that_a_row_was_accepted_and_not_by_whom(lang: str, form: str, tmp_path: Path) -> None:
    subjects = pd.DataFrame({"subject_id": [A, B], "kind": "enterprise", "registered_on": "2010-01-01"})
    grading = grade(ingest(subjects, pd.DataFrame(ROWS)), "tax", 2022, max_rejected=5, accepted=ACCEPTED)
    folder = grading.write(tmp_path / "graded")
    page = ("--html", tmp_path / "page.html") if form == "html" else ()
    for depth in ("subject", "reviewer"):
        shown = run("explain", folder, A, "--depth", depth, "--lang", lang, *page).output
        text = (tmp_path / "page.html").read_text(encoding="utf-8") if page else shown.replace("\n", "")
        own = depth == "subject"
        assert ("li.na" in text) is not own
        assert (ACCEPTANCE[lang].replace(" ", "") in text.replace(" ", "").replace("\n", "")) is own


def test_a_day_of_acceptance_that_has_not_come_or_is_none_is_refused() -> None:
    subjects = pd.DataFrame({"subject_id": [A, B], "kind": "enterprise", "registered_on": "2010-01-01"})
    snapshot = ingest(subjects, pd.DataFrame(ROWS))
    for day, error in (("2023年5月", InputError), ("2099-01-01", UsageError)):
        with pytest.raises(error):
            grade(snapshot, "tax", 2022, max_rejected=5, accepted=[ACCEPTED[0] | {"on": day}])
