"""A sound, declared district, single faults in it, and what may not follow from one: a better grade without a mark."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from creditscore.core.errors import CreditscoreError
from creditscore.demo.district import district as demo_district
from creditscore.grading.batch import Gradings, grade_all

SCHEMES = ("tax", "labour/jilin")
AS_OF, INTAKE = "2022-12-31", "2023-06-30"
Row = dict[str, Any]
Tables = dict[str, list[Row]]
BESIDE = ("attributes", "listings", "history")
LABOUR = (("JL-L2", 1, 4), ("JL-L3", 12, 1), ("JL-L4", 3, 1))


@dataclass(frozen=True)
class District:
    """Tables as lists of rows, in text."""

    tables: Tables

    @classmethod
    def sound(cls, subjects: int, seed: int) -> District:
        """The made-up district without slips, with cases of labour and a declared feed for each domain."""
        rng = random.Random(seed)
        district = demo_district(subjects, seed=seed, slips=False)
        tables = {name: [_text(row) for row in table.to_pylist()] for name, table in district.tables().items()}
        records = tables["records"]
        ids = [row["subject_id"] for row in tables["subjects"]]
        for number, subject in enumerate(rng.sample(ids, max(1, len(ids) // 4))):
            item, workers, months = rng.choice(LABOUR)
            records.append(
                {
                    "record_id": f"L{number:05}",
                    "subject_id": subject,
                    "item": item,
                    "domain": "labour",
                    "event": "filed",
                    "event_no": "1",
                    "decided_on": f"2022-0{rng.randint(1, 9)}-15",
                    "occurred_on": f"2022-0{rng.randint(1, 9)}-01",
                    "amount": f"{rng.randint(1000, 900_000)}.{rng.randint(10, 99)}",
                    "workers": str(workers),
                    "months_owed": str(months),
                    "source": "labour inspectorate",
                }
            )
            records[-1]["occurred_on"] = min(records[-1]["occurred_on"], records[-1]["decided_on"])
        sources = sorted({(row["domain"], row["source"]) for row in records})
        tables["feeds"] = [
            {
                "domain": domain,
                "from": "2010-01-01",
                "to": "2023-06-30",
                "source": source,
                "table": "records",
                "rows": str(sum((row["domain"], row["source"]) == (domain, source) for row in records)),
            }
            for domain, source in sources
        ]
        tables["listings"] = [
            {
                "listing_id": f"W{number:05}",
                "subject_id": subject,
                "list": "wage_arrears",
                "entered_on": f"2022-0{rng.randint(1, 9)}-20",
            }
            for number, subject in enumerate(rng.sample(ids, max(1, len(ids) // 8)))
        ]
        tables["feeds"] += [
            {**tables["feeds"][0], "source": "office", "table": name, "rows": str(len(tables[name]))}
            for name in ("subjects", *BESIDE)
        ]
        return cls(tables)


def _text(row: Mapping[str, Any]) -> Row:
    return {name: str(value) for name, value in row.items() if value is not None and str(value) != ""}


@dataclass(frozen=True)
class Fault:
    """One fault: the tables with it, and whom it may touch (None: everybody). `floats`: amounts as binary floats."""

    kind: str
    about: str
    tables: Tables = field(repr=False)
    touches: frozenset[str] | None = None
    floats: bool = False


@dataclass(frozen=True)
class Sound:
    """The results of the sound district by scheme and subject: place of the grade, and state of the input."""

    grades: Mapping[tuple[str, str], tuple[int | None, str, str]]
    unmarked: float


@dataclass(frozen=True)
class Verdict:
    outcome: str
    complaints: tuple[str, ...]


def sound_run(district: District) -> Sound:
    results = _results(_grade(district.tables))
    unmarked = sum(state == "whole" for _, state, _ in results.values()) / len(results)
    return Sound(results, unmarked)


def judge(district: District, sound: Sound, fault: Fault) -> Verdict:
    """Grade the district with one fault; a clear error is as good as a mark, anything else is raised."""
    try:
        results = _results(_grade(fault.tables, fault.floats))
    except CreditscoreError as error:
        return Verdict(f"refused ({type(error).__name__})", ())
    complaints, marked = [], 0
    for key, (place, state, _) in results.items():
        was = sound.grades[key]
        is_better = place is not None and (was[0] is None or place < was[0])
        marked += state != was[1]
        if is_better and state == "whole":
            complaints.append(f"{key} has place {place} without a mark, in the sound district {was}")
        if fault.touches is not None and key[1] not in fault.touches and results[key] != was:
            complaints.append(f"{key} was touched: {results[key]}, in the sound district {was}")
    return Verdict("marked" if marked else "no grade is better", tuple(complaints))


def _grade(tables: Tables, floats: bool = False) -> Gradings:
    arrow = {name: _arrow(rows, floats and name == "records") for name, rows in tables.items() if rows}
    return grade_all(
        arrow.pop("records"),
        SCHEMES,
        as_of=AS_OF,
        max_rejected=10**6,
        intake_on=INTAKE,
        **arrow,
    )


def _arrow(rows: list[Row], floats: bool) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    if floats:
        amounts = [float(row["amount"]) * (1 + 2e-16) if row.get("amount") else None for row in rows]
        columns["amount"] = pa.array(amounts, pa.float64())
    return pa.table(columns)


def _results(gradings: Gradings) -> dict[tuple[str, str], tuple[int | None, str, str]]:
    results = {}
    for run in gradings:
        places = {grade: place for place, grade in enumerate(run.plan.grades)}
        for row in run.grades.to_pylist():
            place = places[row["grade"]] if row["state"] == "graded" else None
            results[run.plan.scheme.scheme, row["subject_id"]] = (place, row["input_state"], row["state"])
    return results


def faults(district: District, seed: int, count: int) -> Iterator[Fault]:
    """Single faults of every kind in turn, drawn by a seed."""
    rng = random.Random(seed)
    for number in range(count):
        yield KINDS[number % len(KINDS)](district, rng)


def _changed(district: District, table: str, place: int, **cells: Any) -> Tables:
    tables = dict(district.tables)
    rows = list(tables[table])
    row = {**rows[place], **cells}
    rows[place] = {name: value for name, value in row.items() if value is not None}
    return tables | {table: rows}


def _row(district: District, rng: random.Random, table: str, *columns: str) -> tuple[int, Row]:
    rows = district.tables[table]
    places = [place for place, row in enumerate(rows) if all(row.get(column) for column in columns)]
    place = rng.choice(places)
    return place, rows[place]


def _of_row(kind: str, district: District, table: str, place: int, cells: Row) -> Fault:
    row = district.tables[table][place]
    subject = row["subject_id"]
    touched = {subject}
    if table == "records":  # an event may be of another subject's record only where its key says so
        touched |= {
            other["subject_id"] for other in district.tables["records"] if other["record_id"] == row["record_id"]
        }
    about = f"{table} {row.get('record_id', subject)}: {cells}"
    return Fault(kind, about, _changed(district, table, place, **cells), frozenset(touched))


DATES = ("booked_on", "occurred_on", "decided_on", "event_on", "recorded_on")


def bad_date(district: District, rng: random.Random) -> Fault:
    column = rng.choice([name for name in DATES if any(row.get(name) for row in district.tables["records"])])
    place, _ = _row(district, rng, "records", column)
    wrong = rng.choice(["2022年4月", "45413", "2022-13-40", "31/12/2022", "0000-00-00", "gestern", "2022-02-30"])
    return _of_row("bad date", district, "records", place, {column: wrong})


def future_day(district: District, rng: random.Random) -> Fault:
    column = rng.choice([name for name in DATES if any(row.get(name) for row in district.tables["records"])])
    place, _ = _row(district, rng, "records", column)
    return _of_row(
        "future day", district, "records", place, {column: rng.choice(["2030-01-01", "2099-12-31", "2023-07-01"])}
    )


def misspelt_domain(district: District, rng: random.Random) -> Fault:
    place, row = _row(district, rng, "records", "domain")
    wrong = rng.choice([row["domain"].title(), row["domain"].upper() + " ", "税务", row["domain"] + "s", "税收领域"])
    return _of_row("misspelt domain", district, "records", place, {"domain": wrong})


def misspelt_domains(district: District, rng: random.Random) -> Fault:
    wrong = rng.choice(["Tax", "TAX ", "税务"])
    rows = [{**row, "domain": wrong} if row["domain"] == "tax" else row for row in district.tables["records"]]
    return Fault("domain misspelt everywhere", wrong, district.tables | {"records": rows})


def misspelt_column(district: District, rng: random.Random) -> Fault:
    table = rng.choice(["records", "subjects", "history", "attributes"])
    names = sorted({name for row in district.tables[table] for name in row} - {"subject_id", "name"})
    old = rng.choice(names)
    new = rng.choice([old + "x", old[:-1], old.replace("_", ""), old[0] + old])
    rows = [{new if name == old else name: value for name, value in row.items()} for row in district.tables[table]]
    return Fault("misspelt column", f"{table} {old} as {new}", district.tables | {table: rows})


def cut_zeros(district: District, rng: random.Random) -> Fault:
    place, row = _row(district, rng, "records", "item")
    return _of_row("cut zeros", district, "records", place, {"item": row["item"].lstrip("0") or "0"})


def unknown_word(district: District, rng: random.Random) -> Fault:
    column = rng.choice(["item", "event", "exemption", "tax_type"])
    rows = [row for row in district.tables["records"] if row.get(column)]
    if not rows:
        column = "item"
    place, row = _row(district, rng, "records", column)
    return _of_row("unknown word", district, "records", place, {column: row[column] + "?"})


def bad_number(district: District, rng: random.Random) -> Fault:
    column = rng.choice(["amount", "workers", "event_no", "ratio"])
    if not any(row.get(column) for row in district.tables["records"]):
        column = "event_no"
    place, _ = _row(district, rng, "records", column)
    wrong = rng.choice(["1,234.50", "￥500", "many", "-3", "1e99"])
    return _of_row("bad number", district, "records", place, {column: wrong})


def float_noise(district: District, rng: random.Random) -> Fault:
    return Fault("float noise", "amounts as binary floats", dict(district.tables), frozenset(), floats=True)


def truncated(district: District, rng: random.Random) -> Fault:
    rows = district.tables["records"]
    left = rng.randint(len(rows) // 2, len(rows) - 1)
    return Fault("truncated delivery", f"{left} of {len(rows)} rows", district.tables | {"records": rows[:left]})


def lost_rows(district: District, rng: random.Random) -> Fault:
    source = rng.choice(sorted({row["source"] for row in district.tables["records"]}))
    rows = [row for row in district.tables["records"] if row["source"] != source]
    return Fault("silent source", source, district.tables | {"records": rows})


def cut_table(district: District, rng: random.Random) -> Fault:
    table = rng.choice(BESIDE)
    rows = district.tables[table]
    left = rng.choice([0, rng.randrange(len(rows)), len(rows) - 1])
    return Fault("truncated table", f"{left} of {len(rows)} {table}", district.tables | {table: rows[:left]})


def lost_row(district: District, rng: random.Random) -> Fault:
    table = rng.choice((*BESIDE, "subjects"))
    place, row = _row(district, rng, table, "subject_id")
    rows = [other for number, other in enumerate(district.tables[table]) if number != place]
    return Fault("lost row", f"{table} of {row['subject_id']}", district.tables | {table: rows})


def bad_listing(district: District, rng: random.Random) -> Fault:
    place, _ = _row(district, rng, "listings", "entered_on")
    wrong = {"list": ["wage_arears", "欠薪"], "entered_on": ["2022年"], "exited_on": ["2099-01-01", "x"]}
    column = rng.choice(sorted(wrong))
    cells = {column: rng.choice(wrong[column])}
    return _of_row("bad listing", district, "listings", place, cells)


def missing_feed(district: District, rng: random.Random) -> Fault:
    feeds = list(district.tables["feeds"])
    gone = feeds.pop(rng.choice([place for place, feed in enumerate(feeds) if feed["table"] == "records"]))
    rows = [row for row in district.tables["records"] if row["source"] != gone["source"]]
    return Fault("missing feed", str(gone["domain"]), district.tables | {"feeds": feeds, "records": rows})


def no_feeds(district: District, rng: random.Random) -> Fault:
    source = rng.choice(sorted({row["source"] for row in district.tables["records"]}))
    rows = [row for row in district.tables["records"] if row["source"] != source]
    return Fault("feeds not given", source, district.tables | {"feeds": [], "records": rows})


def bad_feed(district: District, rng: random.Random) -> Fault:
    place = rng.randrange(len(district.tables["feeds"]))
    cells = rng.choice(
        [{"from": "2010-13-01"}, {"to": "2022年"}, {"domain": "Tax"}, {"rows": "x"}, {"to": "2021-01-01"}]
    )
    return Fault("bad feed", str(cells), _changed(district, "feeds", place, **cells))


def twice(district: District, rng: random.Random) -> Fault:
    _, row = _row(district, rng, "subjects", "name")
    tables = dict(district.tables)
    tables["subjects"] = [*tables["subjects"], {**row, "name": row["name"] + "?"}]
    tables["feeds"] = [  # whoever wrote the row twice has counted it twice
        feed | ({"rows": str(len(tables["subjects"]))} if feed["table"] == "subjects" else {})
        for feed in tables["feeds"]
    ]
    return Fault("duplicate subject", row["subject_id"], tables, frozenset({row["subject_id"]}))


def key_twice(district: District, rng: random.Random) -> Fault:
    _, row = _row(district, rng, "records", "booked_on")
    tables = dict(district.tables)
    tables["records"] = [*tables["records"], {**row, "document_no": "another"}]
    return Fault("key twice", row["record_id"], tables, frozenset({row["subject_id"]}))


def bad_id(district: District, rng: random.Random) -> Fault:
    place, row = _row(district, rng, "records", "subject_id")
    subject = row["subject_id"]
    middle = rng.randrange(2, len(subject) - 1)
    wrong = rng.choice(
        [
            subject[:-1],
            subject[:middle] + ("0" if subject[middle] != "0" else "1") + subject[middle + 1 :],
            subject[: middle - 1] + subject[middle] + subject[middle - 1] + subject[middle + 1 :],
            "",
            "9.12203E+17",
        ]
    )
    touches = None if wrong in ("", "9.12203E+17") else frozenset({subject})
    return Fault("bad id", f"{subject} as {wrong}", _changed(district, "records", place, subject_id=wrong), touches)


def bad_attribute(district: District, rng: random.Random) -> Fault:
    place, row = _row(district, rng, "attributes", "value")
    cells = rng.choice([{"value": "vielleicht"}, {"valid_from": "2021-00-01"}, {"name": row["name"] + "s"}])
    return _of_row("bad attribute", district, "attributes", place, cells)


def bad_history(district: District, rng: random.Random) -> Fault:
    place, _ = _row(district, rng, "history", "grade")
    cells = rng.choice(
        [{"grade": "E"}, {"period": "last"}, {"route": "scroe"}, {"decided_on": "2021"}, {"domain": "Tax"}]
    )
    return _of_row("bad history", district, "history", place, cells)


KINDS = (
    bad_date,
    future_day,
    misspelt_domain,
    misspelt_domains,
    misspelt_column,
    cut_zeros,
    unknown_word,
    bad_number,
    float_noise,
    truncated,
    cut_table,
    lost_row,
    bad_listing,
    lost_rows,
    missing_feed,
    no_feeds,
    bad_feed,
    twice,
    key_twice,
    bad_id,
    bad_attribute,
    bad_history,
)
