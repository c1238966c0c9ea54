"""What is next for a reviewer, among several who work at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from mt.store import Claimant, Order, PairQuery, Store, StoredPair

CLAIM_SECONDS = 600.0
"""How long a pair waits for the reviewer it was handed to: longer than anybody thinks about a sentence."""


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


class Queue:
    """Hands out pairs to one reviewer. Several may share a store, from any number of processes.

    Args:
        store: where the pairs are.
        reviewer: who works.
        claim_seconds: how long a pair that was handed out is kept from others.
        now: the clock.
    """

    def __init__(
        self,
        store: Store,
        reviewer: str,
        claim_seconds: float = CLAIM_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._reviewer = reviewer
        self.claim_seconds = claim_seconds
        self._now = now
        self._passed: set[int] = set()

    def next(
        self,
        query: PairQuery,
        order: Order = Order.WORST,
        count: int = 1,
        without: Collection[int] = (),
    ) -> list[StoredPair]:
        """The first pairs that fit and that nobody else holds, now held by this reviewer.

        A pair comes again until a decision makes it fit no longer, or until it is passed over.

        Args:
            query: what a pair must be, with documents resolved.
            order: the lowest score first, document order, or the score nearest to 0.5 first.
            count: how many at most; a front end asks for some ahead.
            without: identifiers of pairs that are left out this time.
        """
        claimant = Claimant(self._reviewer, self._now())
        left_out = self._passed.union(without)
        return self._store.claim(query, order, claimant, self.claim_seconds, count, left_out)

    def pass_over(self, pair_ids: Iterable[int]) -> None:
        """Give pairs back and do not ask for them again, until :meth:`start_over`."""
        given_back = list(pair_ids)
        self._passed.update(given_back)
        self.release(given_back)

    def start_over(self) -> int:
        """Ask again for the pairs that were passed over; returns how many these were."""
        count = len(self._passed)
        self._passed.clear()
        return count

    def peek(
        self, query: PairQuery, order: Order = Order.WORST, count: int = 1, offset: int = 0
    ) -> list[StoredPair]:
        """Pairs that fit, whoever holds them, without taking them."""
        return self._store.search(query, order, count, offset)

    def hold(self, pair_id: int) -> str:
        """Take one pair, or keep it for longer; returns who else has it, or an empty text.

        Raises:
            StoreError: there is no such pair.
        """
        claimant = Claimant(self._reviewer, self._now())
        holder = self._store.hold(pair_id, claimant, self.claim_seconds)
        return "" if holder == self._reviewer else holder

    def release(self, pair_ids: Sequence[int]) -> None:
        """Give pairs back that this reviewer holds and will not decide on."""
        self._store.release(pair_ids, self._reviewer)

    def remaining(self, query: PairQuery) -> int:
        """How many pairs fit."""
        return self._store.count(query)
