"""The store in a PostgreSQL database, reached through psycopg."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from mt.errors import MissingExtraError, StoreError
from mt.store.database import Database, Row, Session
from mt.store.likely import MOST, likely

if TYPE_CHECKING:
    import psycopg

BUSY_SECONDS = 20
"""How long a statement waits for another transaction's lock."""


@lru_cache(maxsize=512)
def _marked(sql: str) -> str:
    """The statement with psycopg's placeholders; the store's SQL holds no literal question mark."""
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresqlSession(Session):
    """A transaction on one PostgreSQL connection."""

    dialect = "postgresql"
    few = 1000

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(_marked(sql), values).rowcount

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_marked(sql), rows)

    def insert(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(_marked(sql), values).fetchall()

    def lock(self, name: str) -> None:
        key = int.from_bytes(hashlib.sha256(f"mt store {name}".encode()).digest()[:8], "big", signed=True)
        self.rows("SELECT pg_advisory_xact_lock(?)", (key,))

    def text_query(self, phrases: Sequence[str]) -> tuple[str, list[Any]]:
        condition, value = self.text_condition(phrases)
        return f"SELECT id FROM pairs p WHERE {condition}", [value]

    def text_condition(self, phrases: Sequence[str]) -> tuple[str, Any]:
        return "p.words @@ to_tsquery('simple', ?)", " & ".join(map(_tsquery, phrases))

    def resembling(self, source: str, count: int) -> list[Row]:
        def ask(words: Sequence[str], all_: bool) -> Sequence[int] | None:
            found = self.rows(
                "SELECT id FROM pairs WHERE status IN ('accepted', 'edited')"
                f" AND to_tsvector('simple', left(source, 100000)) @@ to_tsquery('simple', ?) LIMIT {MOST + 1}",
                (" & ".join(map(_tsquery, words)),),
            )
            return None if len(found) > MOST and all_ else [row[0] for row in found[:MOST]]

        # A common word need not be read to its end: what is more than the limit is dropped by chance.
        with self._set("gin_fuzzy_search_limit", str(5 * MOST)), self._set("enable_seqscan", "off"):
            ids = likely(source, ask, count)
        return list(self.rows_in("SELECT id, source FROM pairs WHERE id IN ({})", ids))

    @contextmanager
    def _set(self, name: str, value: str) -> Iterator[None]:
        before = self.value("SELECT current_setting(?)", (name,))
        self.rows("SELECT set_config(?, ?, true)", (name, value))
        yield
        self.rows("SELECT set_config(?, ?, true)", (name, before))

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        key = "number" if table == "documents" else "id"
        rows = self.rows(
            "SELECT nextval(pg_get_serial_sequence(?, ?)) FROM generate_series(1, ?)", (table, key, count)
        )
        return sorted(number for (number,) in rows)


class PostgresqlDatabase(Database):
    """A database on a server; its tables are made when the store is opened for writing.

    Args:
        url: ``postgresql://user@host:port/name``, as libpq reads it.
        read_only: nothing is written.
        busy_seconds: how long to wait for another transaction.

    Raises:
        MissingExtraError: psycopg is not installed.
    """

    dialect = "postgresql"

    def __init__(self, url: str, read_only: bool = False, busy_seconds: int = BUSY_SECONDS) -> None:
        super().__init__(_without_password(url), read_only)
        self.busy_seconds = busy_seconds
        self._url = url
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtraError("A store in PostgreSQL", "postgres") from error
        self._driver = psycopg

    def connect(self) -> psycopg.Connection[Row]:
        connection = self._driver.connect(self._url, autocommit=True, connect_timeout=10)
        # A plan made for any value is a bad one here: one status or word has a million pairs, another ten.
        connection.prepare_threshold = None
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{self.busy_seconds}s",))
        return connection

    def begin(self, connection: psycopg.Connection[Row], write: bool, durable: bool) -> PostgresqlSession:
        connection.execute("BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if write and not durable:
            connection.execute("SET LOCAL synchronous_commit = off")
        return PostgresqlSession(connection)

    def end(self, connection: psycopg.Connection[Row], commit: bool) -> None:
        connection.execute("COMMIT" if commit else "ROLLBACK")

    def version(self) -> int:
        with self.read() as session:
            version = self.current(session)
            if version == 0 and _has_table(session, "documents"):
                raise StoreError(
                    f"{self.name} holds the tables of another program.",
                    "Make a database of its own: createdb mt, then --store postgresql:///mt",
                )
        return version

    def current(self, session: Session) -> int:
        if not _has_table(session, "mt_schema"):
            return 0
        version: int = session.value("SELECT version FROM mt_schema")
        return version

    def set_version(self, session: Session, version: int) -> None:
        session.execute("CREATE TABLE IF NOT EXISTS mt_schema (version INTEGER NOT NULL)")
        if not session.execute("UPDATE mt_schema SET version = ?", (version,)):
            session.execute("INSERT INTO mt_schema (version) VALUES (?)", (version,))

    def explain(self, error: Exception) -> StoreError | None:
        errors = self._driver.errors
        if isinstance(error, UnicodeEncodeError):
            return StoreError(
                f"The store cannot hold the text {error.object[:40]!r}.", "It is not valid Unicode."
            )
        if not isinstance(error, self._driver.Error):
            return None
        what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        hint = "Check the server and its log."
        if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
            what = "another program has locked it"
            hint = "Wait until the other mt has finished, or end it, and run this again."
        elif isinstance(error, errors.DiskFull):
            what, hint = "the server's disk is full", "Make room there; everything stored so far is safe."
        elif isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
            hint = "Ask for the right to write there, or choose another: --store PATH|URL"
        elif isinstance(error, self._driver.OperationalError):
            hint = "Check that the server runs and that address, user and password are right."
        elif isinstance(error, self._driver.DataError):
            hint = "PostgreSQL stores no NUL characters; remove them from the text."
        return StoreError(f"The store {self.name}: {what}.", hint)


def _tsquery(phrase: str) -> str:
    """A phrase in the language of tsquery, where quotes keep every other sign from having a meaning."""
    stem = phrase.rstrip("*")
    quoted = "'" + stem.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted + (":*" if stem != phrase else "")


def _has_table(session: Session, name: str) -> bool:
    """Whether a table is there; unlike ``to_regclass`` this sees what others committed a moment ago."""
    found = session.rows(
        "SELECT 1 FROM pg_class WHERE relname = ? AND relnamespace = current_schema()::regnamespace", (name,)
    )
    return bool(found)


def _without_password(url: str) -> str:
    """The URL as messages show it: with a user, never with a password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=""))
