"""Small tables made in the test, and readers of what intake made of them."""

import csv
import io
from typing import Any

from stdnum.cn import ric, uscc

from creditscore.records import Snapshot

Rows = list[dict[str, Any]]


def code(body: str) -> str:
    """A valid credit code from its first 17 characters."""
    return body + uscc.calc_check_digit(body)


def person(body: str) -> str:
    """A resident identity number from its first 17 digits (nobody's: the place is a district office)."""
    return body + ric.calc_check_digit(body + "0")


FIRM = code("91440300MA5F000A1")
OTHER = code("91110105MA00000B2")
PERSON = person("11010119900307001")


KEYS = {"subjects": ["subject_id"], "records": ["record_id", "subject_id", "item"]}


def as_csv(rows: Rows, keys: list[str] | None = None) -> str:
    names = list(dict.fromkeys([*(keys or []), *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(snapshot: Snapshot, name: str) -> Rows:
    relation = snapshot.con.sql(f"SELECT * FROM {name}").to_arrow_table()
    return relation.to_pylist()


def reasons(snapshot: Snapshot) -> set[tuple[str, int, str, str]]:
    """(table, line, reason, column) of every fault."""
    return {(row["table"], row["line"], row["reason"], row["column"]) for row in table(snapshot, "quarantine")}
