"""One connection pool and two kinds of transaction, whatever database lies below.

SQL is written once, in the dialect that SQLite and PostgreSQL share, with ``?`` for a parameter. The
drivers are used directly: importing SQLAlchemy alone takes longer than loading the starter model and
translating a sentence with it, and the store is opened at every start.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from mt.errors import StoreError

Row = tuple[Any, ...]


class Session(ABC):
    """One open transaction."""

    dialect: str
    few = 5000
    """How many pairs are fetched and sorted in about 10 ms."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; returns the number of rows it changed."""

    @abstractmethod
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for every row."""

    @abstractmethod
    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Ascending identifiers that no other row of the table has or will have."""

    def lock(self, name: str) -> None:  # noqa: B027
        """Make other writers that name the same lock wait; SQLite's writers wait for each other anyway."""

    def index_text(self, first: int, last: int) -> None:  # noqa: B027
        """Make new pairs searchable, all by their words and accepted ones as memory.

        A database that does so by itself does nothing here.
        """

    @abstractmethod
    def text_query(self, phrases: Sequence[str]) -> tuple[str, list[Any]]:
        """A query, with its values, for the identifiers of the pairs in which all phrases stand.

        A phrase of one word that ends in ``*`` stands for every word that begins so.
        """

    @abstractmethod
    def text_condition(self, phrases: Sequence[str]) -> tuple[str, Any]:
        """The same as a condition, with its one value, on one pair ``p``."""

    def text_along(self, phrases: Sequence[str]) -> tuple[str, Any]:
        """The same for reading far along an index: what it costs to begin is won back on many pairs."""
        return self.text_condition(phrases)

    def text_costs(self, phrases: Sequence[str]) -> bool:  # noqa: ARG002
        """Whether :meth:`text_along` would be slow to begin."""
        return False

    @abstractmethod
    def resembling(self, source: str, count: int) -> list[Row]:
        """Pairs in memory, identifier and source, whose source shares words with one; so many at most.

        Those that share the most telling words are among them.
        """

    def along(self, index: str) -> str:  # noqa: ARG002
        """What is written behind a table's name to have it read along an index, where that can be said."""
        return ""

    def insert(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows.

        Args:
            table: its name.
            columns: their names, separated by commas.
            rows: one value for each column.
        """
        marks = ", ".join("?" * (columns.count(",") + 1))
        self.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, values)
        return found[0] if found else None

    def different(self, column: str, table: str, where: str = "1 = 1") -> list[str]:
        """The different texts in a column that an index begins with, ascending; each is one look into the index."""
        found: list[str] = []
        sql = f"SELECT min({column}) FROM {table} WHERE {where} AND {column} > ?"
        while (value := self.value(sql, found[-1:] or [""])) is not None:
            found.append(value)
        return found

    def rows_in(self, sql: str, values: Sequence[Any], before: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a query with ``IN ({})`` for any number of values, asked in slices.

        Args:
            sql: with ``{}`` where the placeholders go.
            values: may be more than a statement takes.
            before: values of the placeholders that stand before the list.
        """
        for start in range(0, len(values), 500):
            part = values[start : start + 500]
            marks = ",".join("?" * len(part))
            yield from self.rows(sql.format(marks), [*before, *part])


class Database(ABC):
    """A pool of connections to one store; threads may share it.

    Args:
        name: the store as messages call it.
        read_only: whether writing is refused.
    """

    dialect: str

    def __init__(self, name: str, read_only: bool) -> None:
        self.name = name
        self.read_only = read_only
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._thread = threading.local()

    @abstractmethod
    def connect(self) -> Any:
        """A new raw connection."""

    @abstractmethod
    def begin(self, connection: Any, write: bool, durable: bool) -> Session:
        """Start a transaction."""

    @abstractmethod
    def end(self, connection: Any, commit: bool) -> None:
        """Finish the transaction."""

    @abstractmethod
    def explain(self, error: Exception) -> StoreError | None:
        """The driver's error in the project's words, or None where it is not the driver's."""

    @abstractmethod
    def version(self) -> int:
        """Number of migrations that the store has seen; 0 for a blank one.

        Raises:
            StoreError: the database belongs to another program.
        """

    @abstractmethod
    def current(self, session: Session) -> int:
        """The same number, as an open transaction sees it."""

    @abstractmethod
    def set_version(self, session: Session, version: int) -> None:
        """Record that the migrations up to ``version`` have run, in the same transaction."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the store and changes nothing; within a snapshot, that state."""
        shared: Session | None = getattr(self._thread, "session", None)
        if shared is not None:
            with self.explained():
                yield shared
            return
        with self._transaction(write=False, durable=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that this thread reads meanwhile sees one state of the store, in one transaction."""
        with self.read() as session:
            before = getattr(self._thread, "session", None)
            self._thread.session = session
            try:
                yield
            finally:
                self._thread.session = before

    @contextmanager
    def write(self, durable: bool = False) -> Iterator[Session]:
        """A transaction that is committed whole, or not at all after an error.

        Args:
            durable: wait until the disk has it, so that even a power cut loses nothing. For what a human
                decided; what an engine wrote can be written again.
        """
        if self.read_only:
            raise StoreError(f"The store {self.name} was opened for reading only.", "Open it for writing.")
        with self._transaction(write=True, durable=durable) as session:
            yield session

    @contextmanager
    def _transaction(self, write: bool, durable: bool) -> Iterator[Session]:
        with self.explained():
            with self.turn() if write else nullcontext():
                connection = self._take()
                whole = False
                try:
                    session = self.begin(connection, write, durable)
                    yield session
                    self.end(connection, commit=True)
                    whole = True
                finally:
                    self._give(connection, whole)
            if durable:
                self.settle()

    def turn(self) -> AbstractContextManager[Any]:
        """What a writer waits for before it begins, where the database has no queue of its own."""
        return nullcontext()

    def settle(self) -> None:  # noqa: B027
        """Wait until the disk has what was committed, where the commit itself does not wait for it."""

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the driver's errors into :class:`StoreError`."""
        try:
            yield
        except Exception as error:
            told = self.explain(error)
            if told is None:
                raise
            raise told from error

    def _take(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self.connect()

    def _give(self, connection: Any, whole: bool) -> None:
        if not whole:
            try:
                self.end(connection, commit=False)
            except Exception as error:
                # A connection that cannot even roll back is of no further use to anybody.
                if self.explain(error) is None:
                    raise
                connection.close()
                return
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Close every connection that is not in use."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            with self.explained():
                connection.close()
