"""What the server's requests share: the store, one review session for each reviewer, the linker of words."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mt.pipeline.interactive import LateLinker
from mt.pipeline.judge import PairJudge
from mt.review import ReviewSession, ReviewStatistics, collect_statistics, read_filter
from mt.review.session import BeadScorer, Judge
from mt.store import DocumentInfo, PairQuery, Store, StoredPair

REVIEWERS = 1000
"""Review sessions kept; a session that is made again knows everything from the store."""

FRESH_SECONDS = 3.0
"""How old the figures may be: a page asks for them and for five plots at once."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class NotHereError(Exception):
    """What a request names is not in the store; the text says what."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of the reviews, and when and how they were counted.

    Attributes:
        found: the figures.
        names: of the documents, by identifier.
        at: when counting was done, on the monotonic clock.
        seconds: how long it took.
    """

    found: ReviewStatistics
    names: dict[str, str]
    at: float
    seconds: float


class Desk:
    """The side of the server that knows no web. Its methods may be called from any thread.

    Args:
        store: open for writing.
        judge: scores an edited pair; without it the score of the old target stays.
        score_beads: scores beads that were split or merged.
    """

    def __init__(
        self, store: Store, judge: Judge | None = None, score_beads: BeadScorer | None = None
    ) -> None:
        self.store = store
        self._judge = judge or (lambda pair: PairJudge()([pair])[0])
        self._score_beads = score_beads
        self._sessions: _Cache[str, ReviewSession] = _Cache(REVIEWERS)
        self.linker = LateLinker()
        self._counting = threading.Lock()
        self._counted: Counted | None = None

    def session(self, reviewer: str) -> ReviewSession:
        """The review session of a reviewer."""
        return self._sessions.get(
            reviewer,
            lambda: ReviewSession(self.store, reviewer, judge=self._judge, score_beads=self._score_beads),
        )

    def query(self, text: str) -> PairQuery:
        """A filter as it is typed, with its documents found.

        Raises:
            UsageError: it cannot be read, or names a document or a check that there is not.
        """
        return read_filter(self.store, text)

    def pair(self, pair_id: int) -> StoredPair:
        """A pair.

        Raises:
            NotHereError: there is none.
        """
        found = self.store.pairs_by_id([pair_id])
        if not found:
            raise NotHereError(f"There is no pair {pair_id}.")
        return found[0]

    def document(self, document_id: str, fresh: bool = True) -> DocumentInfo:
        """A document and its counts.

        Args:
            document_id: its identifier, not a name.
            fresh: False where the counts are not wanted; to count takes long for a large document.

        Raises:
            NotHereError: there is none.
        """
        if not self.store.has_document(document_id):
            raise NotHereError(f"There is no document {document_id}.")
        return self.store.document_info(document_id) if fresh else self.store.document_head(document_id)

    def statistics(self) -> Counted:
        """The figures of the reviews, some seconds old at most; counted by one request at a time."""
        with self._counting:
            now = time.monotonic()
            known = self._counted
            if known is None or now - known.at > max(FRESH_SECONDS, 10 * known.seconds):
                found, infos = collect_statistics(self.store), self.store.documents()
                names = {info.id: info.base_name for info in infos}
                done = time.monotonic()
                known = self._counted = Counted(found, names, done, done - now)
            return known


class _Cache(Generic[Key, Value]):
    """The values that were asked for last, made when they are first wanted."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key; several who want it at once wait for the one who makes it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        with self._making:
            with self._lock:
                known = self._values.get(key)
            if known is None:
                known = make()
                self.put(key, known)
            return known

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
