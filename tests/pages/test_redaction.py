"""No personal identifier in any output: planted in every text of every input, looked for in every file written.

Not outputs for publication, and not looked at: the inputs themselves, and snapshots, which keep the cells as given.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.identity import is_resident
from tests.pages.test_district import ids

KINDS = {".html", ".json", ".csv", ".parquet", ".txt", ".xlsx", ".db"}
PEOPLE = ("欧阳测试", "司马样例", "诸葛虚构")
PHONES = ("13800138001", "15912345678", "19987654321")
TEXTS = ("source", "basis", "document_no", "act_id", "remark")
TEXT = "经办人{0} 身份证{1} 电话{2}"


def resident(k: int) -> str:
    from stdnum.cn import ric

    body = f"11010119900307{k % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def planted(k: int) -> str:
    """A text that names a person, with number and telephone, as people write them: plain, spaced, full-width."""
    number = resident(k)
    shapes = (
        number,
        number.lower(),
        "".join(chr(ord(name) + 0xFEE0) for name in number),
        "110101900307" + f"{k % 1000:03d}",
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:14]}-{number[14:]}".lower(),
    )
    return TEXT.format(PEOPLE[k % 3], shapes[k % len(shapes)], PHONES[k % 3])


def signed(k: int) -> str:
    """A person and a telephone without a number: a row with it is not refused."""
    return f"经办人{PEOPLE[k % 3]} 电话{PHONES[k % 3]}"


def tables(folder: Path) -> dict[str, Path]:
    """Every input of a grading, each text of it with a person in it, some rows faulty in ways that name one too."""
    firms = ids(12)
    subjects = [
        {
            "subject_id": firm,
            "name": f"甲公司{k}号 {resident(k)} {PHONES[k % 3]}",
            "kind": "enterprise",
            "registered_on": "2010-01-01",
            "district": f"一区 {resident(k % 2)}",
            "industry": f"制造业 {PHONES[k % 2]}",
            "size": f"小型 {resident(k % 2)}",
            "ownership": planted(k),
            "first_filed_on": "2010-01-01",
            "has_income": "true",
            "books_compliant": "true",
            "legal_representative": planted(k),
            "contact": planted(k),
        }
        for k, firm in enumerate(firms)
    ]
    subjects.append({**subjects[0], "subject_id": resident(5)})  # a person where an organisation should stand
    records = []
    for k in range(60):
        day = f"2022-{k % 12 + 1:02}-05"
        records.append(
            {
                "record_id": f"R{k}",
                "subject_id": firms[k % 12],
                "domain": "tax",
                "item": "020302",
                "occurred_on": day,
                "recorded_on": day,
                "booked_on": day,
            }
            | dict.fromkeys(TEXTS, signed(k) if k > 11 else planted(k))
        )
    records[7] |= {"record_id": resident(7)}
    records[8] |= {"item": f"{resident(8)}", "subject_id": resident(8)}
    records[9] |= {"amount": f"{resident(9)}"}
    records[10] |= {"occurred_on": PHONES[0]}
    records[11] |= {"record_id": f"电话{PHONES[1]}"}
    attributes = [{"subject_id": firm, "name": "remark", "value": planted(k)} for k, firm in enumerate(firms)]
    listings = [
        {
            "listing_id": f"L{k}",
            "subject_id": firm,
            "list": "safety_serious",
            "entered_on": "2022-06-01",
            "term_end": "2023-01-15",
            "exit_reason": planted(k),
            "basis": planted(k),
            "recorded_on": "2022-06-01",
        }
        for k, firm in enumerate(firms)
    ]
    history = [
        {
            "subject_id": firm,
            "domain": "tax",
            "period": "2022",
            "grade": grade,
            "route": "score",
            "status": "final",
            "decided_on": "2023-04-20",
            "recorded_on": "2023-04-20",
        }
        for firm in firms
        for grade in ("A",)
    ]
    feeds = [{"domain": "tax", "from": "2020-01-01", "to": "2024-01-01", "source": planted(1)}]
    results = {"subjects": subjects, "records": records, "attributes": attributes, "listings": listings}
    results |= {"history": history, "feeds": feeds}
    for name, rows in results.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return {name: folder / f"{name}.csv" for name in results}


def run(*args: Any) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in args])
    assert done.exit_code in (0, 3), f"{args}: {done.output} {done.exception}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every text of every file that the commands write, by file and place; and what they print."""
    home = tmp_path_factory.mktemp("home")
    given, out = home / "in", home / "out"
    given.mkdir()
    files = tables(given)
    inputs = [value for name, file in files.items() if name != "history" for value in (f"--{name}", file)]
    accepted = ["--max-rejected", "99"]
    results = {"snapshot": run("records", "snapshot", *inputs, *accepted, "--out", home / "snapshot")}
    results["grade"] = run(
        "grade", "--scheme", "tax", "--period", "2022", *inputs, *accepted, "--csv", "--out", out / "years/2022"
    )
    subject = ids(12)[0]
    results["explain"] = run("explain", out / "years/2022", subject, "--html", out / "subject.html")
    on, snapshot = ["--on", "2022-12-31"], ["--snapshot", home / "snapshot"]
    versions = ["tax@2014", "tax@2025", *snapshot, "--period", "2022"]
    results["impact"] = run("scheme", "impact", *versions, *on, "--subject", subject, "--out", out / "impact")
    beside = [value for name in ("subjects", "history", "listings") for value in (f"--{name}", files[name])]
    results["public"] = run("report", "public", out / "years/2022", *beside, *on, "--items", "--out", out / "public")
    results["dashboard"] = run("report", "dashboard", out / "years", *snapshot, *on, "--out", out / "district.html")
    memory(files, out)
    results |= models(given, out)
    results |= acts(files, given, out)
    output_files = {f"said: {name}": text for name, text in results.items()}
    for file in sorted(out.rglob("*")):
        if file.is_file():
            output_files |= {f"{file.relative_to(out)}: {place}": text for place, text in texts(file)}
    assert sum(place.startswith("years/2022/ledger.parquet") for place in output_files) > 40  # rows that were used
    assert (
        sum(place.startswith("years/2022/quarantine.parquet") for place in output_files) > 10
    )  # and rows that were refused
    assert "110***************" in output_files["plan/frame.csv: text"]  # and what acts write
    assert sum(place.startswith("joint/refusals.parquet") for place in output_files) > 10
    assert sum(place.startswith("lists/list_events.parquet") for place in output_files) > 3
    assert {Path(place.partition(":")[0]).suffix for place in output_files} >= KINDS
    return output_files


def memory(files: dict[str, Path], out: Path) -> None:
    """Pages that no command writes on its own: the overview, and a page of a grading in memory, which knows names."""
    from creditscore.core.atomic import write_text
    from creditscore.core.errors import TooManyRejected
    from creditscore.explanation.ledger import explain
    from creditscore.grading.grade import grade
    from creditscore.pages.overview import write_overview
    from creditscore.pages.summary import summarise

    given = {name: file for name, file in files.items() if name not in ("records", "history")}
    with pytest.raises(TooManyRejected) as error:
        grade(files["records"], "tax", 2022, **given)
    grading = error.value.grading  # type: ignore[attr-defined]
    write_overview(summarise(grading), out / "overview")
    explanation = explain(grading, ids(12)[0])
    write_text(out / "memory.html", explanation.page("zh"))
    write_text(out / "memory.txt", explanation.text("zh", 100))


def acts(files: dict[str, Path], given: Path, out: Path) -> dict[str, str]:
    """Lists, composite, joint measures and inspections: every table names people in every text it may have."""
    firms, on = ids(12), ["--by", "li.na", "--store", out / "acts.db"]
    run("store", "create", "--store", out / "acts.db")
    rows = [
        {
            "record_id": f"W{k}",
            "subject_id": firm,
            "domain": "wages",
            "item": "incident",
            "event_on": "2023-01-05",
            "ordered_on": "2023-01-10",
            "deadline_on": "2023-01-20",
            **dict.fromkeys(TEXTS, signed(k)),
        }
        for k, firm in enumerate(firms[:3])
    ]
    pd.DataFrame(rows).to_csv(given / "wages.csv", index=False)
    subjects = pd.read_csv(files["subjects"], dtype=str).head(12)
    subjects.to_csv(given / "firms.csv", index=False)
    tables = ["--subjects", given / "firms.csv", "--records", given / "wages.csv"]
    results = {
        "wages": run("grade", "--scheme", "wage_arrears", "--as-of", "2023-03-01", *tables, "--out", out / "wages")
    }
    asked = ["--records", given / "wages.csv", "--on", "2023-03-01", *on]
    results["propose"] = run("lists", "propose", out / "wages", *asked)
    case = results["propose"].split()[0]
    results["draft"] = run("lists", "draft", case, *on[2:])
    texts = [f"{part}=内容" for part in ("facts", "basis", "exits", "measures", "remedies")]
    notice_options = [word for text in texts for word in ("--contents", text)]
    notice_options += ["--organ", "区人社局", "--document", "1号"]
    results["notice"] = run("act", "listing", "notice", case, "--on", "2023-03-02", *notice_options, *on)
    results["due"] = run("lists", "due", "--on", "2023-03-02", *on[2:])
    results["show"] = run("lists", "show", case, *on[2:])
    results["lists"] = run("lists", "export", "--out", out / "lists", "--csv", *on[2:])
    scored = ["--listings", files["listings"], "--subjects", given / "firms.csv", "--acts", "unchecked", "--csv"]
    low = given / "low.yaml"  # two domains are enough here
    low.write_text(
        "composite: low\nbase: jilin_edz@2018-06-27\nlabel: {zh: 示例：低, en: illustrative low}\n"
        "effective_from: 2018-06-27\n"
        "checked_on: 2026-11-25\ncite: {law: GGXYPJ}\ncoverage: {at_least: 100, evidence: project_default}\n",
        encoding="utf-8",
    )
    folders = [out / "years/2022", out / "wages"]
    results["composite"] = run("composite", *folders, "--config", low, *scored, "--out", out / "composite")
    asked = ["--grading", folders[0], "--grading", folders[1], "--html", out / "composite.html"]
    results["composed"] = run("composite", "explain", out / "composite", firms[0], *asked)
    changed = ["--subjects", given / "firms.csv", "--out", out / "changed"]
    results["changed"] = run("composite", "impact", out / "composite", out / "composite", *changed)
    events = [
        {
            "event_id": f"E{k}",
            "kind": "licence",
            "department": "market_regulation",
            "on": "2022-07-01",
            "subject_ids": f"{firm};{resident(k)};{PEOPLE[k % 3]}",
            "remark": planted(k),
        }
        for k, firm in enumerate(firms)
    ]
    pd.DataFrame(events).to_csv(given / "events.csv", index=False)
    desk = ["--max-rejected", "99", "--subjects", given / "firms.csv"]
    results["match"] = run("measures", "match", given / "events.csv", *desk, *on)
    results["joint due"] = run("measures", "due", "--on", "2022-07-02", *on[2:])
    results["joint"] = run("measures", "export", "--on", "2022-07-02", "--out", out / "joint", "--csv", *on[2:])
    return results | inspections(firms, given, out)


def inspections(firms: list[str], given: Path, out: Path) -> dict[str, str]:
    on: list[Any] = ["--by", "li.na", "--store", out / "draws.db"]
    run("store", "create", "--store", out / "draws.db")
    people = [{"inspector_id": f"J{k}", "certificates": "joint", "days": 90, "name": planted(k)} for k in range(4)]
    states = [{"subject_id": firms[0], "data_state": "disputed", "reason": planted(1)}]
    bars = [{"inspector_id": "J1", "subject_id": firms[1], "reason": planted(2)}]
    for name, rows in (("inspectors", people), ("states", states), ("conflicts", bars)):
        pd.DataFrame(rows).to_csv(given / f"{name}.csv", index=False)
    asked = ["--programme", f"composite={out / 'composite'}", "--year", "2024", "--subjects", given / "firms.csv"]
    asked += ["--data-states", given / "states.csv", "--inspectors", given / "inspectors.csv"]
    outputs = {"plan": run("supervise", "plan", *asked, "--out", out / "plan")}
    asked = ["--inspectors", given / "inspectors.csv", "--conflicts", given / "conflicts.csv", "--replay"]
    asked += ["--source", "lottery", "--source-on", "2024-01-09", "--read", "digits", "--pattern", "[0-9]{14}"]
    asked += ["--values", "17721088", "--on", "2024-01-04", *on]
    outputs["commit"] = run("supervise", "commit", out / "plan", *asked, "--out", out / "draw")
    value = ["--value", "01051220283307", "--on", "2024-01-10"]
    outputs["draw"] = run("supervise", "draw", out / "draw", *value, *on)
    table = pd.read_csv(out / "draw" / "to_fill.csv", dtype=str, keep_default_na=False)
    table["inspected_on"] = table["recorded_on"] = [f"{day[:8]}28" for day in table.planned_on]
    table["result"], table["violations"] = "clean", "0"
    table["remark"] = [signed(k) for k in range(len(table))]
    bad = table.assign(inspection_id=[resident(k) for k in range(len(table))], department=planted(3))
    pd.concat([table, bad]).to_csv(given / "results.csv", index=False)
    asked = ["--max-rejected", "99", "--out", out / "results", *on]
    outputs["results"] = run("supervise", "import", given / "results.csv", *asked)
    asked = ["--results", out / "results/results.csv", "--listings", given / "listings.csv", "--on", "2022-07-01"]
    asked += ["--measures", out / "joint/measures.csv", "--out", out / "supervised"]
    outputs["supervision"] = run("report", "supervision", out / "plan", *asked)
    return outputs


def models(given: Path, out: Path) -> dict[str, str]:
    """A card trained on a table whose texts name people, its workbook, its predictions and its store."""
    rng = np.random.default_rng(4)
    rows = [
        {
            "subject_id": firm,
            "late": late,
            "debt": debt,
            "note": planted(k),
            "bad": int(rng.random() < (late + debt) / 3),
        }
        for k, firm in enumerate(ids(600))
        for late, debt in [rng.random(2).round(3)]
    ]
    table = given / "model.csv"
    pd.DataFrame(rows).to_csv(table, index=False)
    model_classes = {
        "train": run("model", "train", table, "--target", "bad", "--exclude", "subject_id,note", "--out", out / "model")
    }
    from creditscore.modelling import ScorecardClassifier, write_excel

    columns = pd.DataFrame(rows)[["late", "debt"]]
    write_excel(ScorecardClassifier().fit(columns, [row["bad"] for row in rows]).card_, out / "card.xlsx")
    model_classes["predict"] = run("model", "predict", out / "model", table, "--out", out / "predictions.csv")
    return model_classes


def texts(file: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of whatever a file holds."""
    if file.suffix == ".parquet":
        con = duckdb.connect()
        yield from cells(con, f"read_parquet('{file}')")
    elif file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as book:
            for name in book.namelist():
                yield name, book.read(name).decode("utf-8", errors="replace")
    else:
        yield "text", file.read_bytes().decode("utf-8", errors="replace")


def cells(con: duckdb.DuckDBPyConnection, rows: str) -> Iterator[tuple[str, str]]:
    for k, row in enumerate(con.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {rows}").fetchall()):
        yield f"row {k}", "\n".join(cell for cell in row if cell)


def people(text: str) -> list[str]:
    """What of the planted stands in a text, or looks like a resident number."""
    plain = "".join(chr(ord(name) - 0xFEE0) if "０" <= name <= "ｚ" else name for name in text)
    results = [name for name in (*PEOPLE, *PHONES) if name in plain]
    results += [
        text for text in re.findall(r"(?<![0-9.])[0-9]{6}[ -][0-9]{8}[ -][0-9]{3}[0-9Xx]", plain) if is_resident(text)
    ]
    return results + [text for text in re.findall(r"(?<![0-9.])[0-9]{14,17}[0-9Xx]", plain) if is_resident(text)]


@pytest.mark.slow
def test_nothing_planted_is_found(outputs: dict[str, str]) -> None:
    output_files = {place: seen for place, text in outputs.items() if (seen := people(text))}
    assert not output_files, f"{len(output_files)} places, such as {list(output_files.items())[:8]}"


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for k in range(12):
        assert len(people(planted(k))) >= 3, planted(k)
    shutil.copy(tables(tmp_path)["records"], tmp_path / "copy.csv")
    assert people(next(texts(tmp_path / "copy.csv"))[1])
    duckdb.sql(f"COPY (SELECT '{planted(0)}' AS a) TO '{tmp_path}/b.parquet'")
    assert people(next(texts(tmp_path / "b.parquet"))[1])
