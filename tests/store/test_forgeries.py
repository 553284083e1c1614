"""Whatever is changed in a database by hand is found: every table, every column, every sort of edit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from creditscore.core.errors import CreditscoreError
from creditscore.store.database import Database
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.store.attacks import Insider, Town, fill_town, make_registry, make_town

Edit = tuple[str, list[Any]]  # what it is, and its statements
MODES = ["open", pytest.param("keys", marks=pytest.mark.slow), pytest.param("accounts", marks=pytest.mark.slow)]


def change_value(value: Any) -> list[Any]:
    """Give other values of the same type, those that look nearly alike among them."""
    if value is None:
        return ["x"]
    if isinstance(value, int):
        return [value + 1]
    texts = [value[:-1] + ("1" if value[-1:] == "0" else "0"), f"{value} ", value.upper(), ""]
    return [text for text in dict.fromkeys(texts) if text != value]


def spread(rows: list[Any], number: int) -> list[Any]:
    """Take some of the rows, the first and the last among them."""
    if len(rows) <= number or number < 2:
        return rows if number > 1 else rows[-1:]
    return [rows[place * (len(rows) - 1) // (number - 1)] for place in range(number)]


def list_edits(insider: Insider, sample: int) -> Iterator[Edit]:
    """Give every edit: of each table each column, each row deleted, doubled, of nobody, swapped."""
    is_sqlite = insider.engine.dialect.name == "sqlite"
    for table in insider.tables.sorted_tables:
        rows = insider.before[table.name]
        keys = list(table.primary_key.columns) or list(table.columns)
        for row in spread(rows, sample):
            same = sa.and_(*(column == row[column.name] for column in keys))
            for column in table.columns:
                where = f"{table.name}.{column.name} of {[row[key.name] for key in keys]}"
                values = change_value(row[column.name] if not _is_number(column) else row[column.name] or 0)
                values += [None] if column.nullable and row[column.name] is not None else []
                values += [b"\xff"] if is_sqlite and not _is_number(column) else []
                for value in values:
                    change = table.update().where(same).values({column.name: _as_stored(value)})
                    yield f"{where} := {value!r}", [change]
            yield f"{table.name} row {row} deleted", [table.delete().where(same)]
            for column in keys:
                other = change_value(row[column.name])[0]
                yield f"{table.name} doubled by {column.name}", [table.insert().values({**row, column.name: other})]
        yield from _list_rows_of_nobody(table, rows)
        yield from _list_swaps(table, rows, keys)


def _is_number(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.Integer)


def _as_stored(value: Any) -> Any:
    return sa.literal(value, sa.LargeBinary) if isinstance(value, bytes) else value


def _list_rows_of_nobody(table: sa.Table, rows: list[Any]) -> Iterator[Edit]:
    stream = f"{table.name if table.name != 'task' else 'promise'}/of-nobody"
    blank = {column.name: 0 if _is_number(column) else "x" for column in table.columns if not column.nullable}
    for row in [*spread(rows, 1), blank]:
        nobody = {**row, "stream": stream} if "stream" in row else {**row, next(iter(row)): 99 if "id" in row else "x"}
        yield f"{table.name} row of nobody", [table.insert().values(nobody)]


def _list_swaps(table: sa.Table, rows: list[Any], keys: list[Any]) -> Iterator[Edit]:
    """Let two rows change places: in one column, and as a whole."""
    if len(rows) < 2:
        return
    first, last = rows[0], rows[-1]
    names = {key.name for key in keys}
    columns = [c.name for c in table.columns if c.name not in names and first[c.name] != last[c.name]]
    for swapped in [*([name] for name in columns), columns]:
        statements = [
            table.update()
            .where(sa.and_(*(key == row[key.name] for key in keys)))
            .values({name: other[name] for name in swapped})
            for row, other in ((first, last), (last, first))
        ]
        if swapped:
            yield f"{table.name}: {', '.join(swapped)} swapped", statements


@pytest.fixture(params=MODES)
def town(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Town]:
    """A store with every kind of stream, of each mode."""
    town = make_town(store_url, request.param, tmp_path / "notes.txt")
    fill_town(town)
    yield town
    town.store.close()


def is_found(town: Town) -> bool:
    """Whether a check finds something, or the store refuses to be opened."""
    try:
        return bool(town.verify().faults)
    except CreditscoreError:
        return True


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_every_edit_is_found(town: Town, every: int) -> None:
    result = town.verify()
    assert result.faults == []
    assert result.anchored == result.size
    insider = Insider(town)
    kinds = {row["kind"] for row in insider.before["event"]}
    assert {stream.split("/")[0] for stream in (row["stream"] for row in insider.before["event"])} >= {
        "log",
        "person",
        "workflow",
        "witness",
        "effect",
        "retention",
        "record",
        "promise",
        "order",
    }
    assert {"promise.corrected", "promise.upgraded", "task.held", "effect.failed", "person.left"} <= kinds
    missed, number = [], 0
    for what, statements in list(list_edits(insider, 1))[::every]:
        try:
            with insider.unwatched() as connection:
                for statement in statements:
                    connection.execute(statement)
        except sa.exc.DBAPIError:
            continue  # the database itself refuses it
        number += 1
        if "alembic_version" in what:
            with pytest.raises(CreditscoreError):
                Store(town.store.database.url.render_as_string(hide_password=False), make_registry()).close()
        elif not is_found(town):
            missed.append(what)
        insider.put_back()
    assert missed == []
    assert number > 400 / every
    assert town.verify().faults == []


def test_a_forged_row_is_forged(town: Town) -> None:
    insider = Insider(town)
    for table in town.store.projections.tables:
        row = {column.name: 0 if _is_number(column) else "x" for column in table.columns if not column.nullable}
        kind = table.name if table.name in town.store.projections.kinds else "promise"
        with insider.unwatched() as connection:
            connection.execute(table.insert().values({**row, "stream": f"{kind}/forged"}))
        faults = [str(fault) for fault in town.verify().faults]
        assert any(fault.startswith(f"{table.name}: forged row") for fault in faults), table.name
        insider.put_back()


def test_the_triggers_are_missed(store_url: str, tmp_path: Path) -> None:
    with Store(store_url, make_registry()) as store:
        on = "" if store.database.is_sqlite else " ON event"
        with store.database._writer.begin() as connection:
            connection.exec_driver_sql(f"DROP TRIGGER event_stays{on}")
        assert "the trigger event_stays is gone" in str(verify(store).faults[0])


def test_rows_are_only_added(store_url: str) -> None:
    with Store(store_url, make_registry()) as store:
        statements = [
            "UPDATE event SET kind = 'x'",
            "UPDATE event SET payload = '{}'",
            "DELETE FROM event",
            *(["INSERT OR REPLACE INTO event SELECT * FROM event"] if store.database.is_sqlite else ["TRUNCATE event"]),
        ]
        for statement in statements:
            with closing(Database(store_url)) as other, pytest.raises(CreditscoreError), other.write() as connection:
                connection.exec_driver_sql(statement)


def test_a_trigger_that_does_something_else_is_found(store_url: str, tmp_path: Path) -> None:
    with Store(store_url, make_registry()) as store:
        assert verify(store).faults == []
        with store.database._writer.begin() as connection:
            if store.database.is_sqlite:
                connection.exec_driver_sql("DROP TRIGGER event_stays")
                connection.exec_driver_sql(
                    "CREATE TRIGGER event_stays BEFORE DELETE ON event WHEN 0 BEGIN SELECT 1; END"
                )
            else:
                connection.exec_driver_sql("ALTER TABLE event DISABLE TRIGGER event_is_not_emptied")
                connection.exec_driver_sql(
                    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
                    " AS $$ BEGIN RETURN OLD; END $$"
                )
        faults = [str(fault) for fault in verify(store).faults]
        assert "event: the trigger event_stays is another" in faults
        assert store.database.is_sqlite or "event: the trigger event_is_not_emptied is gone" in faults


def test_planted_triggers_and_rules_are_found(store_url: str, tmp_path: Path) -> None:
    with Store(store_url, make_registry()) as store:
        if store.database.is_sqlite:
            planted = ["CREATE TRIGGER planted BEFORE INSERT ON promise BEGIN SELECT RAISE(IGNORE); END"]
        else:
            planted = [
                "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
                "CREATE TRIGGER planted BEFORE INSERT ON promise FOR EACH ROW EXECUTE FUNCTION planted()",
                "CREATE RULE planted AS ON UPDATE TO event DO INSTEAD NOTHING",
            ]
        with store.database._writer.begin() as connection:
            for statement in planted:
                connection.exec_driver_sql(statement)
        tables = ["promise"] if store.database.is_sqlite else ["event", "promise"]
        assert [str(fault) for fault in verify(store).faults] == [
            f"{table}: the trigger or rule planted is not of the store" for table in tables
        ]


def test_lost_keys_and_hidden_rows_are_found(store_url: str) -> None:
    with Store(store_url, make_registry()) as store:
        statements, faults = (
            ["DROP INDEX event_kind", "DROP INDEX task_team"],
            ["event: its event_kind", "task: its task_team"],
        )
        if not store.database.is_sqlite:
            statements += [
                "ALTER TABLE event DROP CONSTRAINT event_stream_version",
                "ALTER TABLE task DROP CONSTRAINT task_pkey",
            ]
            faults += ["event: its event_stream_version", "task: its primary key"]
        with store.database._writer.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        wanted = sorted(f"{fault} is gone or another" for fault in faults)
        assert sorted(map(str, verify(store).faults)) == wanted
        if not store.database.is_sqlite:
            with store.database._writer.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE promise ENABLE ROW LEVEL SECURITY")
            hidden = "promise: the trigger or rule row security is not of the store"
            assert sorted(map(str, verify(store).faults)) == sorted([*wanted, hidden])
