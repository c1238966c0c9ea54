"""Ten reviewers on one server that is killed while they work."""

from __future__ import annotations

import socket
import time

import pytest

from mt.data import Document, Pair
from mt.store import PairRow, Status, Store
from tests.serve.crowd import Reviewer, serving, together

pytest_plugins = ["tests.stores"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

REVIEWERS = 10
EACH = 500


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_five_thousand_verdicts_of_ten_reviewers_survive_two_kills(store_location: str) -> None:
    location = store_location
    with Store.open(location) as store:
        document = store.put_document(Document("", "nl", "tekst", name="veel.txt"), "en", kind="bitext")
        pairs = [Pair(f"Zin nummer {n}.", f"Sentence number {n}.") for n in range(REVIEWERS * EACH)]
        store.add_pairs(document, [PairRow(n, pair) for n, pair in enumerate(pairs)])
    with serving(location, free_port()) as server:
        reviewers = [Reviewer(f"reviewer {n}", server.port) for n in range(REVIEWERS)]
        threads = together(reviewers, EACH)
        for share in (0.25, 0.6):
            while sum(len(one.decisions) for one in reviewers) < share * REVIEWERS * EACH:
                assert any(thread.is_alive() for thread in threads)
                time.sleep(0.02)
            server.kill()
            time.sleep(0.3)
            server.start()
        for thread in threads:
            thread.join()
    assert any(one.retries for one in reviewers)
    told = {pair: status for one in reviewers for pair, status in one.decisions.items()}
    assert len(told) == sum(len(one.decisions) for one in reviewers) == REVIEWERS * EACH
    with Store.open(location, read_only=True) as store:
        stored = {one.id: one for one in store.pairs(document)}
        histories = {rows[0].pair: rows for rows in store.all_reviews()}
    assert {pair: one.status for pair, one in stored.items()} == told
    assert all(len(rows) == 1 for rows in histories.values())
    assert len(histories) == REVIEWERS * EACH
    by_name = {one.name: one for one in reviewers}
    for pair, (row,) in histories.items():
        assert pair in by_name[row.reviewer].decisions
        assert stored[pair].pair.target == row.after
        assert (stored[pair].status is Status.EDITED) == row.after.endswith(f"({row.reviewer})")
