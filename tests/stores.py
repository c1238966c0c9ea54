"""A blank store of every kind for tests: a SQLite file, and a schema on a PostgreSQL server of the test run.

Use it with ``pytest_plugins = ["tests.stores"]`` and the fixture ``store_location``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from mt.store import Store

NUMBERS = count(1)


def server_programs() -> Path | None:
    """The folder with PostgreSQL's programs, also where Debian leaves it out of the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def kinds() -> list[str]:
    """The kinds of store that this machine can run; on CI all of them, whatever is installed."""
    if os.environ.get("CI") or (server_programs() and importlib.util.find_spec("psycopg")):
        return ["sqlite", "postgresql"]
    warnings.warn("PostgreSQL or psycopg is not installed: only SQLite stores are tested.", stacklevel=2)
    return ["sqlite"]


def another_user() -> dict[str, str | int | list[int]]:
    """Arguments that run a program as a user other than root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server of the test run on a socket in a folder of its own; gives the start of its URL."""
    programs = server_programs()
    assert programs is not None, "PostgreSQL is not installed: apt-get install postgresql"
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    folder = Path(tempfile.mkdtemp(prefix="mt-pg-", dir=memory if roomy else None))
    user = another_user()
    if user:
        os.chown(folder, user["user"], user["group"])

    def call(program: str, *words: str) -> None:
        # The server inherits the streams, so they must not be pipes that somebody waits for.
        subprocess.run(
            [programs / program, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder, **user
        )

    data = str(folder / "data")
    call("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"
    call("pg_ctl", "-D", data, "-w", "-t", "250", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://tester@{quote(str(folder), safe='')}/postgres"
    finally:
        try:
            call("pg_ctl", "-D", data, "-t", "250", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_urls(postgresql_server: str) -> Callable[[], str]:
    """Makes blank schemas on the server."""
    import psycopg

    def new() -> str:
        name = f"test{next(NUMBERS)}"
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{postgresql_server}?options={quote(f'-csearch_path={name}')}"

    return new


@pytest.fixture(params=kinds())
def store_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store."""
    kind: str = request.param
    return kind


@pytest.fixture
def store_location(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a blank store of each kind can be made."""
    if store_kind == "sqlite":
        yield str(tmp_path / "store.db")
        return
    import psycopg

    url: str = request.getfixturevalue("postgresql_urls")()
    yield url
    # A schema is a hundred files; the server's folder would take long to remove at the end.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SET client_min_messages = warning")
        connection.execute(f"DROP SCHEMA {url.rpartition('search_path%3D')[2]} CASCADE")


@pytest.fixture
def store(store_location: str) -> Iterator[Store]:
    """A blank store of each kind, open for writing."""
    with Store.open(store_location) as opened:
        yield opened
