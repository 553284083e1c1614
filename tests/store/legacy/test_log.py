"""The log: acts are recorded before they take effect, and every change of it is found."""

import json
import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.canonical import canonical
from creditscore.core.errors import NotAllowed, StoreError, UsageError
from creditscore.store import Checkpoint, Database, Log, Roles
from creditscore.store.legacy.entry import COLUMNS

AT = "2026-01-31T08:00:00Z"


@pytest.fixture
def store(tmp_path):
    with Database(tmp_path / "s.store") as opened:
        yield opened


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A closed store with 12 entries, and a checkpoint that somebody held."""
    path = tmp_path_factory.mktemp("log") / "s.store"
    with Database(path) as store:
        log = Log(store, every=4)
        for n in range(9):
            log.append("li", "analyst", "model.register", f"m/{n}", {"n": n, "名": "甲"}, at=AT)
        with log.act("chen", "approver", "model.promote", "m/3", {"alias": "champion"}, at=AT):
            pass
        line = str(log.checkpoint(at=AT))
        assert len(log.entries()) == 12
    return path, line


def faults(path, *held):
    with Database(path, read_only=True) as store:
        return Log(store).verify(*held).faults


def test_entries_are_chained_and_say_who_did_what(store):
    log = Log(store)
    entry = log.append("李", "analyst", "model.register", "m/1", {"b": [1, 2.5, None], "a": True}, at=AT)
    assert (entry.seq, entry.at, entry.payload) == (1, AT, '{"a":true,"b":[1,2.5,null]}')
    first, second = log.entries()
    assert second == entry
    assert entry.previous == first.hash
    assert first.previous == "0" * 64
    assert second.hash == second.computed_hash()
    assert second.data == {"a": True, "b": [1, 2.5, None]}
    assert log.entries(action="model.register") == log.entries(subject="m/1") == [entry]
    assert log.verify().ok
    assert log.verify().entries == 2


def test_the_time_is_kept_in_utc(store):
    log = Log(store)
    assert log.append("li", "analyst", "a", at="2026-01-31T16:00:00+08:00").at == AT
    assert log.append("li", "analyst", "a").at.endswith("Z")
    for wrong in ("2026-01-31T16:00:00", "yesterday"):
        with pytest.raises(UsageError, match="time"):
            log.append("li", "analyst", "a", at=wrong)


@pytest.mark.parametrize(
    "payload", [float("nan"), {"a": object()}, {1: "a"}, {"a": {2: 1}}, [float("inf")], "\ud800", {"a": {1}}]
)
def test_what_json_cannot_hold_is_refused_and_nothing_is_added(store, payload):
    log = Log(store)
    with pytest.raises(UsageError, match="plain JSON"):
        log.append("li", "analyst", "a", payload=payload)
    assert len(log.entries()) == 1


@pytest.mark.parametrize("field", ["actor", "role", "action"])
def test_an_entry_without_a_name_is_refused(store, field):
    results = {"actor": "li", "role": "analyst", "action": "a", field: " "}
    with pytest.raises(UsageError, match=field):
        Log(store).append(**results)
    with pytest.raises(UsageError, match="own"):
        Log(store).append(**{**results, field: "x", "action": "log.created"})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_canonical_json_reads_back_and_has_one_form(value):
    text = canonical(value)
    assert canonical(json.loads(text)) == text


def test_an_act_stands_in_the_log_before_its_effect(store):
    log = Log(store)
    with log.act("chen", "approver", "model.promote", "m/1") as act:
        assert [entry.phase for entry in log.unfinished()] == ["begun"]
        act.con.execute("CREATE TABLE effect (n INTEGER)")
    begun, done = log.entries()[1:]
    assert (begun.phase, done.phase, done.refers_to) == ("begun", "done", begun.seq)
    assert log.unfinished() == []
    assert store.rows("SELECT count(*) FROM effect") == [(0,)]


def promote_and_fail(log):
    with log.act("chen", "approver", "model.promote", "m/1") as act:
        act.con.execute("CREATE TABLE effect (n INTEGER)")
        raise RuntimeError("the registry is away")


def test_a_failed_act_leaves_its_trace_and_no_effect(store):
    log = Log(store)
    with pytest.raises(RuntimeError):
        promote_and_fail(log)
    failed = log.entries()[-1]
    assert (failed.phase, failed.refers_to, failed.data) == (
        "failed",
        1,
        {"error": "RuntimeError: the registry is away"},
    )
    assert store.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'effect'") == [(0,)]
    log.verify().require()


def test_an_act_that_cannot_be_recorded_does_not_happen(store):
    log, happened = Log(store), []
    with pytest.raises(UsageError), log.act("chen", "approver", "model.promote", payload={"a": object()}):
        happened.append("payload")
    with store.transaction() as con:
        con.execute("ALTER TABLE log_entries RENAME TO away")
    with pytest.raises(duckdb.CatalogException), log.act("chen", "approver", "model.promote"):
        happened.append("no table")
    assert happened == []


def test_an_act_inside_a_transaction_is_refused(store):
    log = Log(store)
    with pytest.raises(UsageError, match="inside a transaction"), store.transaction(), log.act("c", "approver", "a"):
        pass


def test_with_roles_only_those_who_have_the_role_may_act(store):
    log = Log(store, roles=Roles({"approver": ("chen",)}))
    with pytest.raises(NotAllowed), log.act("li", "approver", "model.promote"):
        pass
    with pytest.raises(NotAllowed):
        log.append("chen", "analyst", "model.register")
    assert len(log.entries()) == 1
    assert log.append("chen", "approver", "model.note").seq == 2
    assert [entry.action for entry in log.entries()][1:] == ["roles.set", "model.note"]  # with the first act they stand
    assert Log(store).roles is not None
    with pytest.raises(NotAllowed):
        Log(store).append("li", "approver", "model.note")
    with pytest.raises(UsageError, match="not deleted"):
        log.remove_payload(1, "chen", "approver", "old")


def test_a_good_log_verifies_with_the_line_that_was_held(written):
    path, line = written
    assert faults(path) == faults(path, line) == ()
    assert str(Checkpoint.read(line)) == line


EDITS = {
    "edited": "UPDATE log_entries SET subject = 'm/x' WHERE seq = 5",
    "missing": "DELETE FROM log_entries WHERE seq = 5",
    "payload": "UPDATE log_entries SET payload = replace(payload, '4', '5') WHERE seq = 5",
    "truncated": "DELETE FROM log_entries WHERE seq >= 9",
    "head": "UPDATE log_head SET hash = repeat('1', 64)",
    "checkpoint": "UPDATE log_checkpoints SET hash = repeat('1', 64) WHERE seq = 4",
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_found_and_named(written, tmp_path, kind):
    path = tmp_path / "s.store"
    shutil.copy(written[0], path)
    with duckdb.connect(str(path)) as con:
        con.execute(EDITS[kind])
    named_faults = faults(path)
    assert kind in {value.kind for value in named_faults}
    with Database(path) as store, pytest.raises(StoreError, match="the log was changed"):
        Log(store).verify().require()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [0, 7, 11])
def test_every_cell_of_every_row_is_guarded(written, tmp_path, column, seq):
    path = tmp_path / "s.store"
    shutil.copy(written[0], path)
    number = column in ("seq", "refers_to")
    value = "coalesce(refers_to, 0) + 100" if number else f"'x' || coalesce(\"{column}\", '')"
    with duckdb.connect(str(path)) as con:
        con.execute(f'UPDATE log_entries SET "{column}" = {value} WHERE seq = {seq}')
    assert faults(path)
    if not number and column != "payload":
        with duckdb.connect(str(path)) as con:
            con.execute(f'UPDATE log_entries SET "{column}" = substr("{column}", 2) WHERE seq = {seq}')
        assert faults(path) == ()


def test_two_entries_changed_places(written, tmp_path):
    path = tmp_path / "s.store"
    shutil.copy(written[0], path)
    with duckdb.connect(str(path)) as con:
        rows = con.execute("SELECT * FROM log_entries WHERE seq IN (3, 4) ORDER BY seq").fetchall()
        con.execute("DELETE FROM log_entries WHERE seq IN (3, 4)")
        for seq, row in zip((4, 3), rows, strict=True):
            con.execute(f"INSERT INTO log_entries VALUES ({', '.join('?' * len(row))})", [seq, *row[1:]])
    assert {fault.seq for fault in faults(path)} >= {3, 4}


def test_a_log_written_anew_is_found_by_the_held_line(written, tmp_path):
    """Somebody with the whole file can make a chain that fits; only a line held elsewhere finds it."""
    path, line = written
    with Database(path, read_only=True) as store:
        entries = Log(store).entries()
    forged = tmp_path / "forged.store"
    with Database(forged) as store:
        log = Log(store)
        with store.transaction() as con:
            con.execute("UPDATE log_head SET log_id = ?, seq = -1, hash = ?", [entries[0].subject, "0" * 64])
            con.execute("DELETE FROM log_entries")
            for entry in entries[:-1]:
                changed = {"subject": "m/99"} if entry.seq == 5 else {}
                names = {
                    name: getattr(entry, name)
                    for name in ("at", "actor", "role", "action", "phase", "refers_to", "subject")
                }
                log._write(con, payload=entry.data, **{**names, **changed})
    assert faults(forged) == ()
    assert {fault.kind for fault in faults(forged, line)} == {"truncated"}
    with Database(forged) as store:
        Log(store).append("li", "analyst", "more")
    assert {fault.kind for fault in faults(forged, line)} == {"checkpoint"}


def test_a_line_of_another_log_or_of_none(written, store):
    verification = Log(store).verify(written[1])
    assert [fault.kind for fault in verification.faults] == ["checkpoint"]
    with pytest.raises(UsageError, match="no checkpoint"):
        Log(store).verify("creditscore-log abc")


def test_checkpoints_are_kept_every_so_often_and_witnessed(store, tmp_path):
    witness = tmp_path / "witness.txt"
    log = Log(store, every=3, witness=witness)
    for _ in range(10):
        log.append("li", "analyst", "a")
    lines = witness.read_text().splitlines()
    assert [Checkpoint.read(line).seq for line in lines] == [3, 6, 9]
    assert log.verify().checkpoints == 6
    with store.transaction() as con:
        con.execute("DELETE FROM log_entries WHERE seq > 7")
        con.execute("DELETE FROM log_checkpoints WHERE seq > 7")
        con.execute("UPDATE log_head SET seq = 7, hash = (SELECT hash FROM log_entries WHERE seq = 7)")
    assert [(fault.seq, fault.kind) for fault in log.verify().faults] == [(9, "truncated")]
    assert Log(store).verify().ok  # without the witness nobody could know


def test_a_payload_may_be_removed_by_an_act_and_not_otherwise(store):
    log = Log(store)
    log.append("li", "analyst", "case.open", "c/1", {"text": "private"})
    removal = log.remove_payload(1, "zhang", "reviewer", "retention of 5 years ended")
    assert removal.action == "log.payload_removed"
    assert log.entries()[1].payload is None
    log.verify().require()
    for wrong in (1, 99):
        with pytest.raises(UsageError):
            log.remove_payload(wrong, "zhang", "reviewer", "again")
    with pytest.raises(UsageError, match="reason"):
        log.remove_payload(0, "zhang", "reviewer", " ")
    with store.transaction() as con:
        con.execute("UPDATE log_entries SET payload = NULL WHERE seq = 0")
    assert [(fault.seq, fault.kind) for fault in log.verify().faults] == [(0, "payload")]


def test_flipped_bytes_of_the_file_never_pass_as_another_log(written, tmp_path):
    path, line = written
    with Database(path, read_only=True) as store:
        good = Log(store).entries()
    content = path.read_bytes()
    for place in range(12288, len(content), 20_011):
        changed = bytearray(content)
        changed[place] ^= 0x10
        copy = tmp_path / f"{place}.store"
        copy.write_bytes(changed)
        try:
            with Database(copy, read_only=True) as store:
                same = Log(store).entries() == good
                assert same or Log(store).verify(line).faults
        except StoreError:
            pass
