"""Pairs that are read before they are wanted: none twice, none lost, none kept too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.data import Document, Pair, QualityScore
from mt.review import ReviewSession, parse_filter
from mt.review.ahead import Lookahead
from mt.store import Order, PairRow, Store

OPEN = parse_filter("")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Eight pairs, the worst first."""
    opened = Store.open(tmp_path / "store.db")
    document = opened.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    rows = [PairRow(n, Pair(f"bron {n}", f"target {n}", score=QualityScore(n / 10, "m"))) for n in range(8)]
    opened.add_pairs(document, rows)
    return opened


class Clock:
    """Seconds that pass when they are told to."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def position(queue: Lookahead) -> int | None:
    view = queue.take()
    return view.stored.position if view else None


def test_nothing_is_ready_until_it_was_read_and_then_nobody_waits(store: Store) -> None:
    queue = Lookahead(ReviewSession(store, "anna"), OPEN)
    assert queue.ready() is None
    queue.fill()
    assert [queue.ready().stored.position for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]
    assert queue.ready() is None
    assert position(queue) == 3


def test_a_pair_whose_decision_is_still_being_saved_does_not_come_again(store: Store) -> None:
    queue = Lookahead(ReviewSession(store, "anna"), OPEN)
    assert [position(queue) for _ in range(9)] == [0, 1, 2, 3, 4, 5, 6, 7, None]


def test_a_pair_that_was_put_back_comes_first(store: Store) -> None:
    queue = Lookahead(ReviewSession(store, "anna"), OPEN)
    first = queue.take()
    assert first is not None
    queue.fill()
    queue.put_back(first)
    assert position(queue) == 0


def test_a_pair_that_still_fits_after_its_decision_is_not_asked_for_again(store: Store) -> None:
    session = ReviewSession(store, "anna")
    queue = Lookahead(session, parse_filter("status:any"))
    seen = []
    while view := queue.take():
        seen.append(view.stored.position)
        queue.settle(session.accept(view.stored.id, view.stored.version).pair)
    assert seen == list(range(8))


def test_a_pair_that_was_passed_over_goes_to_others(store: Store) -> None:
    session = ReviewSession(store, "anna")
    queue = Lookahead(session, OPEN)
    first = queue.take()
    assert first is not None
    queue.pass_over(first.stored.id)
    assert position(queue) == 1
    assert position(Lookahead(ReviewSession(store, "bert"), OPEN)) == 0


def test_two_reviewers_who_read_ahead_share_nothing(store: Store) -> None:
    anna, bert = (Lookahead(ReviewSession(store, name), OPEN, depth=2) for name in ("anna", "bert"))
    anna.fill()
    bert.fill()
    anna.fill()
    assert [position(anna) for _ in range(2)] == [0, 1]
    assert [position(bert) for _ in range(2)] == [2, 3]


def test_what_was_read_long_ago_is_read_again(store: Store) -> None:
    clock, session = Clock(), ReviewSession(store, "anna")
    queue = Lookahead(session, OPEN, clock=clock)
    queue.fill()
    ReviewSession(store, "bert").accept(store.search(OPEN, Order.WORST)[0].id, 0)
    clock.at = session.queue.claim_seconds / 2 + 1
    assert queue.ready() is None
    assert position(queue) == 1


def test_closing_gives_back_what_was_not_decided(store: Store) -> None:
    queue = Lookahead(ReviewSession(store, "anna"), OPEN)
    queue.take()
    queue.fill()
    queue.close()
    assert position(Lookahead(ReviewSession(store, "bert"), OPEN)) == 0
    queue.fill()
    assert queue.ready() is None


def test_an_opened_pair_is_taken_out_of_the_queue_until_it_is_forgotten(store: Store) -> None:
    session = ReviewSession(store, "anna")
    queue = Lookahead(session, OPEN)
    queue.fill()
    ids = [one.id for one in store.search(OPEN, Order.WORST, 8)]
    assert queue.hold(ids[0])
    assert not queue.hold(ids[7])
    assert [position(queue) for _ in range(7)] == [1, 2, 3, 4, 5, 6, None]
    queue.forget(ids[7])
    assert position(queue) == 7
