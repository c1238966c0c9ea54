"""Pairs handed out and read before they are wanted, so that a reviewer never waits for the next one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from mt.review.session import PairView, ReviewSession
from mt.store import Order, PairQuery, StoredPair

DEPTH = 3
"""Pairs that are read ahead: what a quick reviewer can decide while the disk is slow once."""


class Lookahead:
    """The queue of one query as a reviewer works through it. May be called from several threads.

    A pair that was taken comes again only when it is put back, or when its decision was taken back.

    Args:
        session: whose pairs.
        query: what they must be, with documents resolved.
        order: which come first.
        depth: how many are read ahead.
        clock: seconds, for the age of what was read.
    """

    def __init__(
        self,
        session: ReviewSession,
        query: PairQuery,
        order: Order = Order.WORST,
        depth: int = DEPTH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.query = query
        self.order = order
        self._session = session
        self._depth = depth
        self._clock = clock
        self._ready: deque[tuple[float, PairView]] = deque()
        self._out: set[int] = set()
        self._settled: set[int] = set()
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._closed = False

    def ready(self) -> PairView | None:
        """Take the next pair where it has been read already; never waits for the store."""
        with self._lock:
            self._drop_old()
            if not self._ready:
                return None
            view = self._ready.popleft()[1]
            self._out.add(view.stored.id)
            return view

    def take(self) -> PairView | None:
        """Take the next pair, or None where nothing is left."""
        view = self.ready()
        if view is None:
            self._load(1)
            view = self.ready()
        return view

    def fill(self) -> None:
        """Read ahead."""
        self._load(self._depth)

    def put_back(self, view: PairView) -> None:
        """The pair was not decided on and comes first again."""
        with self._lock:
            self._out.discard(view.stored.id)
            self._ready.appendleft((self._clock(), view))

    def hold(self, pair_id: int) -> bool:
        """The reviewer opened this pair; it is not handed out meanwhile.

        Returns:
            Whether it is one of this queue: waiting in it, or decided on and taken back.
        """
        with self._lock:
            waiting = len(self._ready)
            self._ready = deque(one for one in self._ready if one[1].stored.id != pair_id)
            self._out.add(pair_id)
            return len(self._ready) < waiting or pair_id in self._settled

    def settle(self, stored: StoredPair) -> None:
        """The decision on a pair is stored; where the pair still fits it is not asked for again."""
        self.forget(stored.id)
        self._settled.add(stored.id)
        if not self.query.statuses or stored.status in self.query.statuses:
            self._session.queue.pass_over([stored.id])

    def pass_over(self, pair_id: int) -> None:
        """Leave a pair without deciding; others may have it."""
        self.forget(pair_id)
        self._session.queue.pass_over([pair_id])

    def forget(self, pair_id: int) -> None:
        """The reviewer does not have the pair any more; it comes again in its turn."""
        with self._lock:
            self._out.discard(pair_id)

    def close(self) -> None:
        """Give back every pair that is held and was not decided on."""
        with self._asking, self._lock:
            self._closed = True
            held = [*self._out, *(view.stored.id for _, view in self._ready)]
            self._ready.clear()
            self._out.clear()
        self._session.queue.release(held)

    def _drop_old(self) -> None:
        """Leave out what was read so long ago that its claim may end while the reviewer looks at it."""
        oldest = self._clock() - self._session.queue.claim_seconds / 2
        self._ready = deque(one for one in self._ready if one[0] > oldest)

    def _load(self, count: int) -> None:
        with self._asking:
            with self._lock:
                self._drop_old()
                missing = count - len(self._ready)
                known = self._out.union(view.stored.id for _, view in self._ready)
            if missing <= 0 or self._closed:
                return
            for stored in self._session.queue.next(self.query, self.order, missing, without=known):
                view = self._session.view(stored.id)
                view.compare()
                with self._lock:
                    if stored.id not in self._out:
                        self._ready.append((self._clock(), view))
