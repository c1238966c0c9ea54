"""The store as one SQLite file, with a write-ahead log beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mt.errors import StoreError
from mt.store.database import Database, Row, Session
from mt.store.disk import Flush, flush_folder
from mt.store.likely import MOST, likely
from mt.store.marked import MarkedPairs, Stand

APPLICATION = 0x6D74_5374
"""Marks a file as a store of this program: ``mtSt`` in ASCII."""

BUSY_SECONDS = 20.0
"""How long a writer waits for another one; a batch of pairs takes well under a second."""


MOST_CHANGED = 200
"""Changed pairs that are looked up one by one; for more the full-text index is read anew."""


class SqliteSession(Session):
    """A transaction on one SQLite connection.

    Args:
        connection: with the transaction open.
        marked: what earlier transactions learnt from the full-text index.
    """

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, marked: MarkedPairs) -> None:
        self._connection = connection
        self._marked = marked
        self._wrote = False

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        self._wrote = True
        return self._connection.execute(sql, values).rowcount

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._wrote = True
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def index_text(self, first: int, last: int) -> None:
        # A trigger would make the index flush its buffer for every row, which takes three times as long.
        self.execute(
            "INSERT INTO pairs_text (rowid, source, target)"
            " SELECT id, source, target FROM pairs WHERE id BETWEEN ? AND ?",
            (first, last),
        )
        self.execute(
            "INSERT INTO memory_text (rowid, source) SELECT id, source FROM pairs"
            " WHERE id BETWEEN ? AND ? AND status IN ('accepted', 'edited')",
            (first, last),
        )

    def text_query(self, phrases: Sequence[str]) -> tuple[str, list[Any]]:
        return "SELECT rowid FROM pairs_text WHERE pairs_text MATCH ?", [_match(phrases)]

    def text_condition(self, phrases: Sequence[str]) -> tuple[str, Any]:
        condition = "EXISTS (SELECT 1 FROM pairs_text WHERE pairs_text MATCH ? AND rowid = p.id)"
        return condition, _match(phrases)

    def text_along(self, phrases: Sequence[str]) -> tuple[str, Any]:
        # What this transaction wrote may be rolled back, and nobody else must learn of it.
        marks = None if self._wrote else self._marks(_match(phrases))
        return self.text_condition(phrases) if marks is None else ("substr(?, p.id, 1) = x'01'", marks)

    def text_costs(self, phrases: Sequence[str]) -> bool:
        return _match(phrases) not in self._marked

    def _marks(self, match: str) -> bytes | None:
        def find(after: int) -> str:
            # As one text: a row for each of half a million pairs would take four times as long.
            return (
                self.value(
                    "SELECT group_concat(rowid) FROM pairs_text WHERE pairs_text MATCH ? AND rowid > ?",
                    (match, after),
                )
                or ""
            )

        def recheck(after: int) -> dict[int, bool] | None:
            # The sign keeps SQLite from going through all reviews by pair, in the order that DISTINCT likes.
            changed = self.rows(
                "SELECT DISTINCT +pair FROM reviews WHERE id > ? AND target_before <> target_after"
                f" LIMIT {MOST_CHANGED + 1}",
                (after,),
            )
            if len(changed) > MOST_CHANGED:
                return None
            holds = "SELECT EXISTS (SELECT 1 FROM pairs_text WHERE pairs_text MATCH ? AND rowid = ?)"
            return {pair: bool(self.value(holds, (match, pair))) for (pair,) in changed}

        return self._marked.get(match, Stand(self._last("pairs"), self._last("reviews")), find, recheck)

    def _last(self, table: str) -> int:
        """The largest identifier that a table has ever given."""
        return self.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0

    def resembling(self, source: str, count: int) -> list[Row]:
        def ask(words: Sequence[str], all_: bool) -> Sequence[int] | None:
            found = f"SELECT rowid FROM memory_text WHERE memory_text MATCH ? LIMIT {MOST + 1}"
            count, ids = self.rows(f"SELECT count(*), group_concat(rowid) FROM ({found})", (_match(words),))[
                0
            ]
            if count > MOST and all_:
                return None
            return list(map(int, ids.split(",")))[:MOST] if ids else []

        ids = likely(source, ask, count)
        return list(self.rows_in("SELECT rowid, source FROM memory_text WHERE rowid IN ({})", ids))

    def along(self, index: str) -> str:
        return f"INDEXED BY {index}"

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        # AUTOINCREMENT keeps the highest identifier ever given, so that one of a removed row stays unused.
        if not self.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (count, table)):
            self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, count))
        last: int = self.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        return range(last - count + 1, last + 1)


class SqliteDatabase(Database):
    """A file; it and its folder are made when the store is opened for writing.

    Args:
        path: of the file.
        read_only: a missing file is an error, and nothing is written, not even the log.
        busy_seconds: how long to wait for another writer.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> None:
        super().__init__(str(path), read_only)
        self.path = path
        self.busy_seconds = busy_seconds
        self._marked = MarkedPairs()
        self._writing = threading.Lock()
        self._level = "FULL"
        self._loose: sqlite3.Connection | None = None
        self._made = self._settled = False
        self._flush = Flush(Path(f"{path}-wal"))
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a store.", f"Give a file: --store {path / 'store.db'}")
        if read_only and not path.exists():
            raise StoreError(f"There is no store at {path}.", "Fill one first: mt translate FILE")
        if not read_only:
            self._make_folder()

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder of the store {self.path} cannot be made: {error.strerror}.",
                "Choose another place: --store PATH",
            ) from error

    def connect(self) -> sqlite3.Connection:
        if not self.read_only:
            return self._connect("mode=rwc")
        try:
            return self._connect("mode=ro")
        except sqlite3.OperationalError as error:
            log = Path(f"{self.path}-wal")
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or log.exists():
                raise
            # Reading a log needs a file beside it; where none can be made, nobody can be writing either.
            return self._connect("immutable=1")

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=self.busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (schema,) = connection.execute("PRAGMA schema_version").fetchone()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA temp_store = MEMORY")
        if not self.read_only:
            # A blank file has nothing to lose; :meth:`settle` makes it stay before the first decision does.
            if schema == 0:
                self._loose = connection
                connection.execute("PRAGMA synchronous = OFF")
            (journal,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            # With a log, a commit is durable once the log was flushed, which many commits do together.
            self._level = "NORMAL" if journal == "wal" else "FULL"
            if schema != 0:
                connection.execute(f"PRAGMA synchronous = {self._level}")

    def begin(self, connection: sqlite3.Connection, write: bool, durable: bool) -> SqliteSession:  # noqa: ARG002
        # A writer takes its lock at once: one that first reads and then writes could not be made to wait.
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN DEFERRED")
        self._made |= write
        return SqliteSession(connection, self._marked)

    def end(self, connection: sqlite3.Connection, commit: bool) -> None:
        if connection.in_transaction:
            connection.execute("COMMIT" if commit else "ROLLBACK")
            if self._loose is connection and self._made:
                connection.execute(f"PRAGMA synchronous = {self._level}")
                self._loose = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        # Threads that wait here are woken at once; those that wait in SQLite ask again after a while.
        if not self._writing.acquire(timeout=self.busy_seconds):
            what, hint = _REASONS[sqlite3.SQLITE_BUSY]
            raise StoreError(f"The store {self.name}: {what}.", hint)
        try:
            yield
        finally:
            self._writing.release()

    def settle(self) -> None:
        try:
            if not self._settled:
                self._settle_file()
            self._flush()
        except OSError as error:
            raise StoreError(
                f"The store {self.name}: the disk refused to write: {error.strerror}.",
                "Check the disk and run this again: the last decisions may be lost.",
            ) from error

    def _settle_file(self) -> None:
        """Have the disk take the file and its name, which a young store may still owe it; once is enough."""
        connection, whole = self._take(), False
        try:
            # A checkpoint flushes the file; opening it here to do so would drop SQLite's locks when it is closed.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            whole = True
        finally:
            self._give(connection, whole)
        flush_folder(self.path.absolute().parent)
        self._settled = True

    def version(self) -> int:
        with self.read() as session:
            version = self.current(session)
            application = session.value("PRAGMA application_id")
            if application != APPLICATION and session.value("SELECT count(*) FROM sqlite_schema"):
                raise StoreError(
                    f"{self.name} is a database of another program.", "Choose another file: --store PATH"
                )
        return version

    def current(self, session: Session) -> int:
        version: int = session.value("PRAGMA user_version")
        return version

    def set_version(self, session: Session, version: int) -> None:
        session.execute(f"PRAGMA application_id = {APPLICATION}")
        session.execute(f"PRAGMA user_version = {version}")

    def explain(self, error: Exception) -> StoreError | None:
        if isinstance(error, UnicodeEncodeError):
            return StoreError(
                f"The store cannot hold the text {error.object[:40]!r}.", "It is not valid Unicode."
            )
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what, hint = _REASONS.get(code, (str(error), "Check the file, or choose another: --store PATH"))
        return StoreError(f"The store {self.name}: {what}.", hint)


def _match(phrases: Sequence[str]) -> str:
    """Phrases in the language of FTS5, where quotes keep every other sign from having a meaning."""
    quoted = []
    for phrase in phrases:
        stem = phrase.rstrip("*")
        star = " *" if stem != phrase else ""
        quoted.append('"' + stem.replace('"', '""') + '"' + star)
    return " ".join(quoted)


_REASONS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: (
        "another program has locked it",
        "Wait until the other mt has finished, or end it, and run this again.",
    ),
    sqlite3.SQLITE_LOCKED: ("it is locked", "Wait until the other mt has finished and run this again."),
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "Make room, or choose another place with --store PATH; everything stored so far is safe.",
    ),
    sqlite3.SQLITE_READONLY: (
        "the file cannot be written",
        "Change its permissions, or choose another place: --store PATH",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened or made",
        "Check that its folder exists and can be written, or choose another place: --store PATH",
    ),
    sqlite3.SQLITE_PERM: ("permission denied", "Change its permissions, or choose another: --store PATH"),
    sqlite3.SQLITE_NOTADB: ("the file is not a database", "Choose another file: --store PATH"),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "Take a copy of it and recover what can be read: sqlite3 FILE .recover",
    ),
    sqlite3.SQLITE_IOERR: ("reading or writing the disk failed", "Check the disk and run this again."),
}
