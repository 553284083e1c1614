"""The README's own tables and commands do what it says, in its order."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.composite.combine import combine
from creditscore.demo import plan_years
from creditscore.demo.district import district
from creditscore.demo.inspections import inspect_year
from creditscore.demo.objection import telling_record, write_ids
from creditscore.records.snapshot_files import write_snapshot
from tests.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SCHEMES = ("tax", "labour/national", "wage_arrears", "market/abnormal", "safety/serious", "court/judgment_defaulter")


def commands(text: str) -> list[list[str]]:
    """The commands of a text's shell blocks, variables as they stand."""
    blocks = re.findall(r"```sh\n(.+?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def section(title: str) -> str:
    match = re.search(rf"^## {re.escape(title)}\n(.+?)^## ", README, re.MULTILINE | re.DOTALL)
    assert match is not None, title
    return match[1]


def run(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words[1:])
    assert not stopped.value.code, words


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what the two sections need of a demo: some schemes of one year of the plan."""
    folder = tmp_path_factory.mktemp("readme")
    demo = folder / "build" / "demo"
    few = SimpleNamespace(region="22", schemes=lambda _: SCHEMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_years, "YEARS", (2020,))
        patch.setattr(plan_years, "load_profile", lambda _: few)
        tables = plan_years.plan_tables(district(500).subjects, np.random.default_rng(1))
        given = tables.write(demo / "plan" / "data")
        write_snapshot(tables.snapshot(), demo / "plan" / "snapshot")
        (year,) = plan_years.plan_years(tables.snapshot())
    year.gradings.write(demo / "plan" / "2020")
    combine(year.gradings, "jilin_edz", listings=tables.listings).write(demo / "composite")
    classes = {"composite": demo / "composite", "labour_national": demo / "plan" / "2020"}
    inspect_year(demo / "supervision", classes, given["subjects"], given["listings"], 1)
    scheme, subject, record = telling_record(year.gradings)
    (demo / "case").mkdir()
    write_ids(demo / "case" / "ids.sh", year.gradings[scheme].manifest["run_id"], subject, record)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture
def first_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tables that the README prints."""
    for name, text in zip(("subjects", "records", "feeds"), re.findall(r"```csv\n(.+?)```", README, re.S), strict=True):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_grading_of_the_readme_runs_on_its_own_tables(first_tables: Path) -> None:
    wanted = [command for command in commands(section("A first grade")) if command[1] in ("grade", "explain", "scheme")]
    # thirty schemes: below; the author's own scheme: tests/cli/test_scheme.py
    wanted = [values for values in wanted if "--profile" not in values and "my/scheme.yaml" not in values]
    assert [values[1] for values in wanted] == ["grade", "explain", "grade", "scheme"]
    for values in wanted:
        run(values)


def test_the_first_example_needs_no_warning(first_tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grading, explaining = commands(section("A first grade"))[:2]
    assert "--strict" in grading
    run(grading)
    run(explaining)
    shown = capsys.readouterr().out
    assert not re.search("note:|marked|refused  |!", shown), shown
    manifest = json.loads((first_tables / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["input_marks"], manifest["notes"], manifest["delivery"]) == ([], [], "declared")
    assert manifest["counts"]["grades"] == {"B": 1}


def test_a_profile_is_strict_unless_told_otherwise(
    first_tables: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = SimpleNamespace(schemes=lambda _: ("tax", "social_organisation/grade"))
    monkeypatch.setattr("creditscore.schemes.profiles.load_profile", lambda _: few)
    (words,) = [command for command in commands(section("A first grade")) if "--profile" in command]
    run(words)
    assert "marked  every grade" in capsys.readouterr().out
    words.remove("--no-strict")
    with pytest.raises(SystemExit) as stopped:
        main(words[1:])
    assert stopped.value.code == 3
    shown = capsys.readouterr().err
    assert "attributes that could change a grade and that nobody has: annual_check" in shown
    assert "--no-strict" in shown


@pytest.mark.slow
def test_a_regulators_year(played: Path) -> None:
    wanted = commands(section("A regulator's year"))
    assert 5 <= len(wanted) <= 9
    for values in wanted:
        run(values)
    again, first = (played / place / "draw" for place in ("year", "build/demo/supervision"))
    for name in ("commitment.json", "units.csv", "visits.csv"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    page = (played / "year" / "report" / "supervision.en.html").read_text(encoding="utf-8")
    assert "Made-up data" in page


@pytest.mark.slow
def test_an_objection(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, *wanted = commands(section("An objection"))
    assert source[0] == "."
    assert 5 <= len(wanted) <= 9
    ids = dict(line.split("=", 1) for line in (played / source[1]).read_text(encoding="utf-8").splitlines())
    for values in wanted:
        run([Template(word).substitute(ids) for word in values])
    assert "nothing differs" in capsys.readouterr().out
    assert "withdrawn" in (played / "letter" / "letter.en.txt").read_text(encoding="utf-8")


def first_screen() -> str:
    return README.partition("\n## ")[0]


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.+?)```", text, re.DOTALL)


def test_the_first_screen_shows_the_grade_that_comes_out(
    first_tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = python_blocks(first_screen())
    exec(code, {})
    shown = capsys.readouterr().out
    (printed,) = re.findall(r"```text\n(.+?)```", first_screen(), re.DOTALL)
    lines = [line.rstrip() for line in shown.splitlines()]
    start = lines.index(printed.splitlines()[0])
    assert lines[start : start + len(printed.splitlines())] == printed.splitlines()


def test_python_of_the_first_grade_runs(first_tables: Path) -> None:
    for words in commands(section("A first grade"))[:2]:
        run(words)
    (code,) = python_blocks(section("A first grade"))
    names: dict[str, Any] = {"cs": cs}
    exec(code, names)
    assert names["grading"].grades.to_pylist() == cs.read("out").grades.to_pylist()
    assert cs.decisive(names["grading"], "91500000MAAAAAA188", target="A").fewest == ("r1", "r2")
    assert (first_tables / "grade.html").read_text(encoding="utf-8") == cs.explain("out", "91500000MAAAAAA188").page(
        "en"
    )


def test_what_is_exact_is_what_the_coverage_says() -> None:
    coverage = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")

    def numbers(pattern: str) -> tuple[str, ...]:
        match = re.search(pattern, coverage)
        assert match is not None, pattern
        return match.groups()

    exact, versions = numbers(r"Exact versions[^:]*: (\d+) of (\d+)")
    (imported,) = numbers(r"(\d+) of them take over what an office decided")
    zone, zone_versions = numbers(r"Development Zone: (\d+) of (\d+) versions exact")
    computed, decided = numbers(r"(\d+) compute the grade, (\d+) take over what an office decided")
    citations, placed = numbers(r"Of (\d+) citations (\d+) name the place")
    (whole,) = numbers(r"(\d+) cite the text whole")
    status = {name: int(count) for name, count in re.findall(r"^- `(\w+)`: .*\((\d+)\)$", coverage, re.MULTILINE)}
    for row in (
        f"| {versions} versions of schemes | {exact}, of which {imported} take over",
        f"| {zone_versions} versions in the plan of the Jilin zone | {zone}: {computed} compute the grade, {decided} ",
        f"| {sum(status.values())} systems of that plan | {status['exact']}, other provinces' versions counted in "
        f"| {status['partial']} partial, {status['decision_only']} decided by others, {status['record_only']} "
        f"only recorded, {status['excluded']} left out, {status['mechanism']} no grading |",
        f"| {citations} citations | {placed} name the place in the text | {whole} cite the text whole |",
    ):
        assert row in first_screen(), row


def test_the_card_shown_is_the_card_that_is_shipped() -> None:
    card = (ROOT / "models" / "food" / "uk-hygiene-2014" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| variable \|.*\n(?:\|.*\n)+", first_screen())
    assert len(rows) == 1
    assert rows[0] in card


def test_pictures_are_there_and_small() -> None:
    pictures = re.findall(r'src="([^"]+)"', README)
    assert pictures
    assert all((ROOT / picture).stat().st_size < 60_000 for picture in pictures)


def test_every_document_of_the_list_is_there() -> None:
    named = set(re.findall(r"\]\((docs/[a-z_]+\.md)\)", README))
    assert named == {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
