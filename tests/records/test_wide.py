"""Tables with many further columns: the same rows as narrow ones, and no statement that grows with their number."""

import duckdb
import pandas as pd

from creditscore.records import ingest
from creditscore.records.wide import WIDE
from tests.records.records_helpers import table


class Counted:
    """A connection that notes how many cells each statement cleans."""

    def __init__(self):
        self.con = duckdb.connect()
        self.cleaned, self.statements = [], 0

    def __getattr__(self, name):
        return getattr(self.con, name)

    def execute(self, sql, *rest):
        self._note(sql)
        return self.con.execute(sql, *rest)

    def sql(self, sql):
        self._note(sql)
        return self.con.sql(sql)

    def _note(self, sql):
        self.statements += 1
        self.cleaned.append(sql.count("translate("))


def tables(extra):
    further = {f"x{k:04d}": [" v ", "", "Ｖ"] for k in range(extra)}
    subjects = pd.DataFrame({"subject_id": list("abc"), "name": ["1", "2", " 3"], **further})
    keys = {"record_id": list("rst"), "subject_id": list("abc"), "item": "i", "occurred_on": "2024-01-01"}
    return subjects, pd.DataFrame({**keys, **further})


def work(extra):
    con = Counted()
    ingest(*tables(extra), subject_ids="local", con=con)
    return max(con.cleaned), sum(con.cleaned), con.statements


def test_no_statement_grows_with_the_number_of_columns():
    most, cleaned, statements = work(2 * WIDE)
    assert work(6 * WIDE) == (most, cleaned, statements)
    assert most < WIDE


def test_columns_of_every_type_are_read_as_in_a_narrow_table():
    values = {"whole": [1, 2, 3], "float": [0.5, 1e20, 0.1 + 0.2], "yes": [True, False, True], "text": [" v", "", "Ｖ"]}
    values |= {"day": pd.to_datetime(["2020-01-01"] * 3), "sort": pd.Categorical(["a ", "b", "a "])}

    def content(extra):
        subjects, records = tables(extra)
        snapshot = ingest(subjects.assign(**values), records.assign(**values), subject_ids="local")
        attributes = [(row["sid"], row["name"], row["value"]) for row in table(snapshot, "attributes")]
        log = [{name: row[f"a_{name}"] for name in values} for row in table(snapshot, "log")]
        return sorted(row for row in attributes if row[1] in values), log

    assert content(WIDE) == content(0)
    assert len(content(0)[0]) == 17


def test_a_wide_table_gives_the_rows_of_a_narrow_one():
    def content(extra):
        snapshot = ingest(*tables(extra), subject_ids="local")
        attributes = sorted((row["sid"], row["name"], row["value"]) for row in table(snapshot, "attributes"))
        log = {
            row["record_id"]: {k: v for k, v in row.items() if k in (*NAMES, "occurred_day")}
            for row in table(snapshot, "log")
        }
        return [row for row in attributes if row[1] in ("x0000", "x0001")], log, snapshot.rows("subjects")

    assert content(WIDE + 1) == content(2)
    assert content(2)[0] == [(0, "x0000", "v"), (0, "x0001", "v"), (2, "x0000", "V"), (2, "x0001", "V")]


NAMES = ("a_x0000", "a_x0001")
