"""Random dirty tables grade: every row has one fate, every subject at most one grade."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.grading.grade import grade_few
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

SCHEME = str(TEST_SCHEMES / "counts.yaml")
SUBJECTS = ["a", "b", "c", "d"]
FATES = ("used", "not_yet_known", "out_of_window", "refused", "other_domain", "other_scheme")


def dirty(seed: int) -> dict[str, pd.DataFrame]:
    """A few subjects and records with the faults of ordinary tables: repeats, conflicts, empty and bad cells."""
    rng = random.Random(seed)
    subjects = [{"subject_id": name, "name": name, "registered_on": "2010-01-01"} for name in SUBJECTS]
    for _ in range(rng.randrange(3)):
        again = dict(rng.choice(subjects))
        if rng.random() < 0.7:
            again[rng.choice(["name", "registered_on"])] = rng.choice(["other", "", "2011-05-05"])
        subjects.append(again)
    subjects += [{"subject_id": rng.choice(["", " "]), "name": "nobody"} for _ in range(rng.randrange(3))]
    records = []
    for _ in range(rng.randrange(1, 9)):
        row = {
            "record_id": rng.choice(["r1", "r2", "r3", "r4", "r5", "r6", ""]),
            "subject_id": rng.choice([*SUBJECTS, *SUBJECTS, "", "nobody"]),
            "item": rng.choice(["a", "b", "v", "nix", ""]),
            "occurred_on": rng.choice(["2020-03-01", "2020-04-01", "2019-02-01", "x", ""]),
        }
        if seed % 2:
            row["event"] = rng.choice(["filed", "filed", "filed", "corrected", "withdrawn", "?", ""])
            row["event_no"] = rng.choice(["1", "1", "2", "3", "", "0"])
        if seed % 3 == 0:
            row["domain"] = rng.choice(["test", "test", "tax", ""])
        records.append(row)
        if rng.random() < 0.2:
            records.append(dict(row))
    rng.shuffle(subjects)
    return {"subjects": pd.DataFrame(subjects), "records": pd.DataFrame(records)}


# steps of 7: the quicker tiers see all kinds of seeds, which differ by their rest of 2, 3 and 4
@pytest.mark.parametrize("seed", thinned(range(100), 49, in_ci=7))
def test_random_dirty_tables_grade_and_their_rows_add_up(seed: int) -> None:
    tables = dirty(seed)
    snapshot = cs.ingest(**tables, subject_ids="local")
    # both interpreters count the same rows; the reference is the quicker one
    grading = grade_few(snapshot, SCHEME, 2020) if seed % 4 else cs.grade(snapshot, SCHEME, 2020, max_rejected=99)
    counts = grading.manifest["counts"]["records"]
    assert counts["in"] == len(tables["records"]) == sum(counts[fate] for fate in FATES)
    graded = grading.grades.column("subject_id").to_pylist()
    assert len(graded) == len(set(graded))
    assert not set(graded) & conflicting(tables["subjects"])


def conflicting(subjects: pd.DataFrame) -> set[Any]:
    """The ids that stand in the table more than once with different content."""
    named = subjects[subjects["subject_id"].str.strip() != ""].fillna("").replace("other", "z")
    named = named.assign(registered_on=[day if day[:1] in ("2", "") else "bad" for day in named["registered_on"]])
    good = named[named["registered_on"] != "bad"]  # a row refused for its date conflicts with nothing
    counts = Counter(good.drop_duplicates()["subject_id"])
    return {name for name, count in counts.items() if count > 1}


def test_a_subject_listed_twice_beside_an_empty_id_is_refused_once() -> None:
    subjects = pd.DataFrame({"subject_id": ["a", "b", "b", ""], "name": ["a", "b", "other", "nobody"]})
    records = pd.DataFrame(
        {"record_id": ["r1", "r2"], "subject_id": ["a", "b"], "item": ["a", "a"], "occurred_on": ["2020-03-01", "x"]}
    )
    grading = cs.grade(cs.ingest(subjects, records, subject_ids="local"), SCHEME, 2020, max_rejected=9)
    counts = grading.manifest["counts"]["records"]
    assert (counts["in"], counts["used"], counts["refused"]) == (2, 1, 1)
    assert grading.grades.column("subject_id").to_pylist() == ["a"]
    assert grading.manifest["reasons"]["subjects: duplicate_subject"] == 2
