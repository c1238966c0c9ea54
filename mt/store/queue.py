"""Claims: a pair that was handed to one reviewer is not handed to another one until the claim expires."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from mt.store import search
from mt.store.clock import to_micros
from mt.store.database import Session
from mt.store.search import Claimant, Order, PairQuery


def claim(
    session: Session,
    query: PairQuery,
    order: Order,
    claimant: Claimant,
    seconds: float,
    count: int,
    without: Collection[int] = (),
) -> list[int]:
    """Hand out the first pairs that nobody else has claimed; those that the reviewer holds come again."""
    session.lock("claims")
    first = search.find(session, query, order, count + len(without), 0, claimant)
    found = [pair for pair in first if pair not in without][:count]
    session.execute("DELETE FROM claims WHERE expires <= ?", (to_micros(claimant.now),))
    _put(session, found, claimant, seconds)
    return found


def hold(session: Session, pair: int, claimant: Claimant, seconds: float) -> str:
    """Claim one pair, or claim it for longer, unless somebody else has it; returns who has it then."""
    session.lock("claims")
    other = holders(session, [pair], to_micros(claimant.now)).get(pair, claimant.reviewer)
    if other == claimant.reviewer:
        _put(session, [pair], claimant, seconds)
    return other


def _put(session: Session, pair_ids: Sequence[int], claimant: Claimant, seconds: float) -> None:
    expires = to_micros(claimant.now + timedelta(seconds=seconds))
    session.executemany(
        "INSERT INTO claims (pair, reviewer, expires) VALUES (?, ?, ?)"
        " ON CONFLICT (pair) DO UPDATE SET reviewer = excluded.reviewer, expires = excluded.expires",
        [(pair, claimant.reviewer, expires) for pair in pair_ids],
    )


def release(session: Session, pair_ids: Sequence[int], reviewer: str) -> None:
    """Give claimed pairs back; those of other reviewers stay claimed."""
    session.executemany(
        "DELETE FROM claims WHERE pair = ? AND reviewer = ?", [(pair, reviewer) for pair in pair_ids]
    )


def holders(session: Session, pair_ids: Sequence[int], now: int) -> dict[int, str]:
    """Who holds which of these pairs."""
    rows = session.rows_in(
        "SELECT pair, reviewer FROM claims WHERE expires > ? AND pair IN ({})", pair_ids, (now,)
    )
    return {row[0]: row[1] for row in rows}
