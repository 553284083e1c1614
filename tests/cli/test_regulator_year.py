"""A regulator's year through the command line alone: every command reads what the one before it wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from creditscore.cli.main import app
from tests.cli.made_up_year import write_tables

pytestmark = pytest.mark.slow

SCHEMES = "tax,wage_arrears,market/serious,procurement/serious,intellectual_property/dishonest"
WIDTHS = (80, 120)


class Year:
    """The regulator's folder and terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.codes = write_tables(folder)
        self.cases: list[str] = []

    def run(self, line: str, *more: str, fails: str = "") -> str:
        """Run one command, with `{}` for the folder; its text fits a terminal of 80 columns."""
        args = [part.replace("{}", str(self.folder)) for part in [*line.split(), *more]]
        done = CliRunner().invoke(app, args, env={"COLUMNS": "80"})
        text = done.output + ("" if done.exception is None else str(done.exception))
        if fails:
            assert done.exit_code, f"{args} was not refused: {text}"
            assert re.search(fails, text), text
            return text
        if done.exception is not None:
            raise AssertionError(f"{args}: {text}") from done.exception
        wide = [line for line in done.output.splitlines() if cell_len(line) > 80 and str(self.folder) not in line]
        assert not wide or "--json" in args, f"{args[:2]}: {wide[:3]}"
        return done.stdout

    def step(self, command: str, case: str, day: str, by: str, *more: str, **options: str) -> str:
        """One act on an entry."""
        return self.run(f"act listing {command} {case} --store {{}}/year.db --on {day} --by {by}", *more, **options)

    def decide(self, command: str, key: str, day: str, by: str, *more: str, **options: str) -> str:
        """One act on a measure."""
        return self.run(f"act measure {command} {key} --store {{}}/year.db --on {day} --by {by}", *more, **options)

    def of(self, case: str) -> str:
        """The subject of a list case."""
        self.run("lists export --store {}/year.db --out {}/asked --csv")
        rows = self.table("asked/listings.csv")
        return str(rows[rows.listing_id == case].subject_id.iloc[0])

    def table(self, place: str) -> pd.DataFrame:
        if place.endswith(".csv"):
            return pd.read_csv(self.folder / place, dtype=str, keep_default_na=False)
        frame: pd.DataFrame = pq.read_table(self.folder / place).to_pandas()
        return frame


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    regulator_year = Year(tmp_path_factory.mktemp("year"))
    for part in (grade_and_list, grade_again, measures, inspect, leave, report):
        part(regulator_year)
    return regulator_year


TABLES = "--subjects {}/subjects.csv --records {}/records.csv --feeds {}/feeds.csv"
PAPER = ("--organ", "经开区管委会", "--document", "经开发〔2023〕7号")
STATED = {"measures": "限制参加政府采购", "remedies": "可在期限内提出陈述申辩"}


def grade_and_list(year: Year) -> None:
    year.run(f"grade --scheme {SCHEMES} --as-of 2023-02-10 {TABLES} --known-at 2023-02-10 --out {{}}/grades/2023-02")
    year.run("store create --store {}/year.db")
    line = "lists propose {}/grades/2023-02 --records {}/records.csv --store {}/year.db --on 2023-02-13 --by li.na"
    run = year.run(line)
    assert "提出列入 12 件" in run
    assert "提出列入 0 件" in year.run(line)  # the same again adds nothing
    cases = re.findall(r"^· (\S+-[0-9a-f]{12})", run, re.MULTILINE)
    year.run("lists due --store {}/year.db --on 2023-02-13")
    for case in cases:
        heard = () if case.startswith("wage") else ("--heard-until", "2023-02-20")
        texts = {**json.loads(year.run(f"lists draft {case} --store {{}}/year.db --json")), **STATED}
        contents = [word for name, text in texts.items() for word in ("--contents", f"{name}={text}")]
        year.step("notice", case, "2023-02-13", "li.na", *contents, *PAPER, *heard)
    wages = [case for case in cases if case.startswith("wage")]
    market = [case for case in cases if case.startswith("market")]
    enter = ("--enter", "--reason", "事实清楚", *PAPER)
    year.step("decide", wages[0], "2023-02-20", "chen.jie", *enter, fails="异议期")
    for case, upheld in ((wages[0], "--no-upheld"), (market[0], "--upheld")):
        year.step("object", case, "2023-02-16", "zhang.min", "--content", "对事实有异议")
        year.step("check", case, "2023-02-17", "zhang.min", upheld, "--answer", "已核实")
    year.step("decide", market[0], "2023-02-21", "chen.jie", *enter, fails="异议成立")
    year.step("decide", market[0], "2023-02-21", "chen.jie", "--no-enter", "--reason", "异议成立", *PAPER)
    for case in cases:
        if case != market[0]:
            year.step("decide", case, "2023-02-21", "chen.jie", *enter)
    for case in cases:
        if case.startswith("procurement"):
            year.step("publish", case, "2023-02-22", "li.na", *PAPER)
    year.cases = cases
    shown = [year.run("lists show", what, "--store", "{}/year.db") for what in (wages[0], year.of(wages[0]))]
    assert shown[0] == shown[1]  # a case is found by its own id as well
    assert "2026年2月20日" in shown[0]


def grade_again(year: Year) -> None:
    year.run("lists export --store {}/year.db --out {}/lists/2023-03 --known-at 2023-03-31 --csv")
    listings = "--listings {}/lists/2023-03/listings.parquet"
    year.run(f"grade --scheme {SCHEMES} --as-of 2023-03-31 {TABLES} {listings} --out {{}}/grades/2023-03")


EVENTS = "event_id,kind,department,on,subject_ids\n"


def measures(year: Year) -> None:
    """A tender and a fund: whoever bids is matched with the lists of that day."""
    codes = year.codes
    bidders = ";".join(codes[k] for k in (50, 51, 1, 2, 290))
    lines = f"BID-1,procurement,finance,2023-05-10,{bidders}\n"
    lines += f"FUND-1,fund,intellectual_property,2023-05-11,{codes[60]};{codes[5]}\n"
    (year.folder / "events.csv").write_text(EVENTS + lines, encoding="utf-8")
    run = year.run("measures match {}/events.csv --store {}/year.db --subjects {}/subjects.csv --by li.na")
    results = re.findall(r"JM-[0-9a-f]{16}", run)
    assert len(results) == 3
    assert "至2024年2月20日" in run  # the last day of the entry
    # two bidders on the list of procurement, one firm that asks for a fund
    year.decide("accept", results[0], "2023-05-12", "li.na", "--lang", "en", fails="须由第二人办理")
    for key in results:
        year.decide("accept", key, "2023-05-12", "chen.jie")
        year.decide("notify", key, "2023-05-15", "li.na", "--document", f"N-{key[-3:]}")
        year.decide("execute", key, "2023-05-16", "li.na")
        year.decide("feedback", key, "2023-05-20", "li.na", "--result", "已执行")
    year.run("measures due --store {}/year.db --on 2023-05-20")


def inspect(year: Year) -> None:
    """The plan for 2024, a draw with a public value, visits, their results."""
    tables = f"{TABLES} --listings {{}}/lists/2023-03/listings.parquet"
    year.run(f"records snapshot {tables} --out {{}}/snapshot-2023")
    year.run(f"grade --scheme {SCHEMES} --as-of 2023-12-31 --snapshot {{}}/snapshot-2023 --out {{}}/grades/2023-12")
    food = TABLES.replace("subjects.csv", "food.csv").replace("records.csv", "food_records.csv")
    year.run(f"grade --scheme food/risk --as-of 2023-12-31 {food} --out {{}}/food")
    scored = "--snapshot {}/snapshot-2023 --listings {}/lists/2023-03/listings.parquet"
    year.run(f"composite {{}}/grades/2023-12 --config jilin_edz {scored} --out {{}}/composite")
    year.run(
        "supervise plan --programme food_risk={}/food --programme composite={}/composite --subjects {}/subjects.csv "
        "--year 2024 --inspectors {}/inspectors.csv --what-if scale=0.5 --out {}/plan"
    )
    year.run(
        "supervise commit {}/plan --out {}/draw --inspectors {}/inspectors.csv --source-on 2024-01-09 "
        "--values 17721088 --pattern [0-9]{14} --on 2024-01-04 --by chen.jie --store {}/year.db --replay",
        "--source",
        "lottery 2024004",
        "--read",
        "six numbers by size, then the seventh, two digits each",
    )
    value = ("--value", "01 05 12 20 28 33 07")
    year.run("supervise draw {}/draw --on 2024-01-10 --by li.na --store {}/year.db", *value)
    year.run("supervise verify {}/draw --store {}/year.db --simulate 100")
    rows = year.table("draw/to_fill.csv")  # the inspectors fill in what they found
    rows["inspected_on"] = rows["recorded_on"] = [f"{day[:8]}28" for day in rows.planned_on]
    rows["result"] = ["breach" if k % 5 == 0 else "clean" for k in rows.index]
    rows["violations"] = ["1" if k % 5 == 0 else "0" for k in rows.index]
    rows.to_csv(year.folder / "results.csv", index=False)
    year.run("supervise import {}/results.csv --out {}/results --by li.na --store {}/year.db")


def leave(year: Year) -> None:
    """One wage entry is left early, the entries of patents end with their term, and their measure is lifted."""
    wages = next(case for case in year.cases if case.startswith("wage"))
    year.run("lists due --store {}/year.db --on 2023-08-01")
    asked = ("--exit", "early")
    year.step("apply", wages, "2023-08-18", "zhang.min", *asked)
    shown = (
        "--confirm",
        "corrected=付款凭证",
        "--confirm",
        "pledge=承诺书",
        "--absent",
        "new_arrears=无",
        "--absent",
        "criminal_case=无",
        "--dates",
        "corrected_on=2023-02-01",
        *PAPER,
    )
    year.step("exit", wages, "2023-08-20", "chen.jie", *asked, *shown, fails="2023年8月21日")
    year.step("exit", wages, "2023-08-21", "chen.jie", *asked, *shown)
    text = "lists expire --store {}/year.db --by li.na"
    assert "移出 0 件" in year.run(f"{text} --on 2024-02-20")
    assert "移出 2 件" in year.run(f"{text} --on 2024-02-21")
    year.run("lists export --store {}/year.db --out {}/lists/2024-02 --known-at 2024-02-29")
    year.run("measures due --store {}/year.db --on 2024-02-21")
    assert "1 lifted" in year.run("measures lift --store {}/year.db --by li.na --on 2024-02-21 --lang en")
    year.run("measures export --store {}/year.db --on 2024-02-21 --out {}/measures --csv")


def report(year: Year) -> None:
    """What the year was: pages for supervision, what may be public, and the effects of a change of the rules."""
    tables = f"{TABLES} --listings {{}}/lists/2024-02/listings.parquet"
    year.run(f"records snapshot {tables} --out {{}}/snapshot")
    year.run(
        "report supervision {}/plan --results {}/results/results.csv --listings {}/lists/2024-02/listings.parquet "
        "--measures {}/measures/measures.parquet --on 2024-02-29 --out {}/pages/supervision"
    )
    text = "--subjects {}/subjects.csv --listings {}/lists/2024-02/listings.parquet --on 2024-02-29 --decided-by 税务局"
    for folder, why in (("food", "food/risk"), ("plan", "plan")):
        year.run(f"report public {{}}/{folder} {text} --decided-on 2024-04-20 --out {{}}/pages/never", fails=why)
    year.run(f"report public {{}}/grades/2023-12 {text} --decided-on 2023-04-20 --out {{}}/never", fails="decided")
    year.run(f"report public {{}}/grades/2023-12 {text} --decided-on 2024-04-20 --out {{}}/pages/public")
    # its weights, values and bands are this project's own, until an office adopts them
    year.run(f"report public {{}}/composite {text} --decided-on 2024-04-20 --out {{}}/never", fails="internal_risk")
    year.run("report dashboard {}/grades --snapshot {}/snapshot --on 2024-02-29 --out {}/pages/district.html")
    scored = "--snapshot {}/snapshot-2023 --listings {}/lists/2023-03/listings.parquet"
    year.run(f"composite {{}}/grades/2023-12 --config four_grades {scored} --out {{}}/four")
    year.run("composite impact {}/composite {}/four --subjects {}/subjects.csv --out {}/pages/composite-impact")
    year.run("composite compare {}/composite {}/four --out {}/pages/compare")
    year.run(
        f"composite explain {{}}/composite {year.codes[40]} --grading {{}}/grades/2023-12 --html {{}}/pages/one.html"
    )
    year.run(
        f"scheme impact tax@2014 tax@2025 --snapshot {{}}/snapshot --period 2022 --on 2023-04-20 "
        f"--subject {year.codes[3]} --out {{}}/pages/impact"
    )


def test_entries_are_read_by_the_grading_and_the_composite(year: Year) -> None:
    after = year.table("grades/2023-03/grades.parquet")
    assert dict(after[after.domain == "wages"].grade.value_counts()) == {"clear": 296, "listed": 4}
    assert dict(after[after.scheme == "market/serious"].grade.value_counts()) == {
        "clear": 297,
        "listed": 2,
        "triggered": 1,
    }
    composite = year.table("composite/composite.parquet").set_index("subject_id")
    listed = composite.hard_rules.fillna("").str.split(";").map(lambda rules: "serious_list" in rules)
    assert set(composite[listed].grade) == {"D"}
    assert listed.sum() == 8  # wages 4, market 2, bids 3: one firm twice
    traders = composite[composite.state_reason == "individual_business"]
    assert len(traders) == 12
    assert traders.score.isna().all()


def test_results_carry_the_probability_of_the_draw(year: Year) -> None:
    results, frame = (
        year.table("results/results.csv"),
        year.table("draw/frame.csv").set_index(["department", "subject_id"]),
    )
    assert len(results) == 160  # a D in tax caps the composite, whose classes set the rates
    for row in results.itertuples():
        assert row.probability == frame.loc[(row.department, row.subject_id), "probability"]
    assert not year.table("results/missing.csv").shape[0]


def test_days_of_visits_follow_the_value(year: Year) -> None:
    visits = year.table("draw/visits.csv")
    assert visits.off_site_from.min() >= "2024-01-09"  # before the value nobody knew whom to look at
    assert (visits["from"] > visits.off_site_from).all()
    assert (visits["from"] <= visits["to"]).all()


def test_measures_end_with_their_entries(year: Year) -> None:
    table = year.table("measures/measures.csv")
    assert dict(table.state.value_counts()) == {"fed_back": 2, "lifted": 1}
    gone = table[table.state == "lifted"].iloc[0]
    assert (gone.list, gone.ended_on, gone.ended_by) == ("intellectual_property_dishonest", "2024-02-21", "exited")


def test_nothing_internal_is_public(year: Year) -> None:
    public = year.table("pages/public/public_grades.parquet")
    assert set(public.scheme) == {"tax"}
    assert not set(public.subject_id) & {code for code in year.codes if code.startswith("92")}
    assert set(year.table("pages/public/public_lists.parquet").list) == {"procurement_serious"}
    assert not (year.folder / "pages/never").exists()
