"""One firm from its tables to the letter on its objection, by commands, where no extra is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.paths import ROOT

FIRM = "91500000MAAAAAA188"
TABLES = {
    "subjects.csv": f"""subject_id,first_filed_on,has_income,books_compliant,opted_in
{FIRM},2015-06-01,true,true,false
""",
    "records.csv": f"""record_id,subject_id,domain,item,occurred_on,booked_on,tax_type,source
r1,{FIRM},tax,010101,2022-04-20,2022-04-20,vat,tax bureau
r2,{FIRM},tax,020101,2022-12-16,2023-01-04,vat,tax bureau
""",
    "feeds.csv": """domain,from,to,source,rows
tax,2010-01-01,2023-01-31,tax bureau,2
""",
}
INPUTS = [word for name in TABLES for word in (f"--{name.partition('.')[0]}", name)]
STORE = ["--store", "credit.db"]
# name -> (command, exit code, what its output says)
STEPS: dict[str, tuple[list[str], int, str]] = {
    "ingest": (["records", "snapshot", *INPUTS, "--out", "snapshot"], 0, "snapshot"),
    "grade": (
        [
            "grade",
            "--scheme",
            "tax",
            "--period",
            "2022",
            "--snapshot",
            "snapshot",
            "--known-at",
            "2023-04-20",
            "--out",
            "out",
        ],
        0,
        "2 条 = 2 采用",
    ),
    "explain": (["explain", "out", FIRM, "--html", "page.html", "--lang", "en"], 0, "010101"),
    "create": (["store", "create", "--store", "credit.db"], 0, "credit.db"),
    "keep": (["archive", "add", "out", "--snapshot", "snapshot", *STORE, "--by", "li.na"], 0, ""),
    "period": (
        ["act", "status", "open", "--scheme", "tax", "--period", "2022", *STORE, "--by", "li.na", "--on", "2023-04-21"],
        0,
        "",
    ),
    "announce": (
        ["act", "status", "announce", "tax.2022", "--run", "RUN", *STORE, "--by", "chen.jie", "--on", "2023-04-21"],
        0,
        "",
    ),
    "open": (
        [
            *("act", "objection", "open", "--run", "RUN", "--subject", FIRM, "--procedure", "reevaluation"),
            *("--grounds", "ground=facts_wrong;record_id=r1;statement=filed in time"),
            *(*STORE, "--by", "wang.wei", "--on", "2023-05-04"),
        ],
        0,
        "C2023-0001",
    ),
    "decide": (
        [
            *("act", "objection", "decide", "C2023-0001", "--findings", "r1=withdraw"),
            *("--reason", "a receipt shows it", "--articles", "R2014B 010101"),
            *(*STORE, "--by", "zhao.min", "--on", "2023-05-10"),
        ],
        0,
        "",
    ),
    "letter": (
        [
            "case",
            "letter",
            "C2023-0001",
            "--out",
            "letter",
            "--document",
            "1",
            "--office",
            "Tax Office",
            *STORE,
            "--by",
            "zhao.min",
            "--on",
            "2023-05-11",
        ],
        0,
        "",
    ),
    "packet": (["packet", "build", "C2023-0001", *STORE, "--out", "packet"], 0, "written to"),
    "verify": (["packet", "verify", "packet"], 0, ""),
    "fit": (
        [
            "composite",
            "fit",
            "out",
            "--outcomes",
            "records.csv",
            "--outcome",
            "late",
            "--out",
            "fitted.yaml",
            "--on",
            "2024-01-01",
        ],
        2,
        'creditscore[models]"',
    ),
    "model": (["model", "predict", "model", "records.csv", "--out", "grades.csv"], 2, 'creditscore[models]"'),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Exit code and output of each step, all in one process."""
    folder = tmp_path_factory.mktemp("plain")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-m", "tests.without_extras.session"],
        input=json.dumps([words for words, _, _ in STEPS.values()]),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return dict(zip(STEPS, json.loads(process.stdout), strict=True))


@pytest.mark.parametrize("step", STEPS)
def test_works_without_extras(results: dict[str, tuple[int, str]], step: str) -> None:
    _, code, words = STEPS[step]
    ended, output = results[step]
    assert ended == code, output
    assert words in output
