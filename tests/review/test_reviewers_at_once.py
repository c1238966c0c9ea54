"""Ten reviewers at one server that is killed again and again: every decision is stored, and stored once."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from mt.data import Document, Pair, QualityScore, Verdict
from mt.store import PairRow, Status, Store

REVIEWERS = 10
SERVER = """
import json, socketserver, sys, threading
from mt.data import QualityScore
from mt.review import ReviewSession, parse_filter
from mt.store import Store

store = Store.open(sys.argv[1])
query = parse_filter("")
judge = lambda pair: QualityScore(0.9, "again")

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            asked = json.loads(line)
            session = ReviewSession(store, asked["reviewer"], judge=judge, claim_seconds=2)
            if asked["do"] == "next":
                task = session.next(query)
                told = task and {"id": task.id, "version": task.version, "source": task.pair.source}
            else:
                told = getattr(session, asked["do"])(asked["id"], asked["version"], *asked["words"]).saved
            self.wfile.write(json.dumps(told).encode() + b"\\n")

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 50

Server(sys.argv[2], Handler).serve_forever()
"""


class Reviewer(threading.Thread):
    """Decides on whatever the server hands out, and asks again when the answer does not come."""

    def __init__(self, name: str, address: str, done: list[tuple[str, int, str, bool]]) -> None:
        super().__init__(name=name, daemon=True)
        self._address = address
        self._done = done
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while task := self._ask({"do": "next"}):
                number = int(task["source"])
                verdict, words = [("accept", []), ("edit", [f"edited {number}"]), ("reject", ["bad"])][
                    number % 3
                ]
                asked = {"do": verdict, "id": task["id"], "version": task["version"], "words": words}
                self._done.append((self.name, task["id"], verdict, self._ask(asked)))
        except Exception as error:
            self.failure = error

    def _ask(self, asked: dict[str, object]) -> dict[str, object] | bool | None:
        line = json.dumps({**asked, "reviewer": self.name}).encode() + b"\n"
        until = time.monotonic() + 600
        while time.monotonic() < until:
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(120)
                    connection.connect(self._address)
                    connection.sendall(line)
                    answer = connection.makefile().readline()
                if answer.endswith("\n"):
                    return json.loads(answer)
            except OSError:
                pass
            time.sleep(0.02)
        raise TimeoutError(self._address)


def start(location: Path, address: Path) -> subprocess.Popen[bytes]:
    address.unlink(missing_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(location), str(address)], stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("count", [400, pytest.param(5000, marks=pytest.mark.slow)])
def test_ten_reviewers_lose_and_double_nothing_while_the_server_is_killed(tmp_path: Path, count: int) -> None:
    location, address = tmp_path / "store.db", tmp_path / "socket"
    with Store.open(location) as store:
        document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
        made = [PairRow(n, Pair(str(n), f"target {n}", score=QualityScore(0.5, "m"))) for n in range(count)]
        store.add_pairs(document_id, made)
    done: list[tuple[str, int, str, bool]] = []
    server = start(location, address)
    reviewers = [Reviewer(f"reviewer {n}", str(address), done) for n in range(REVIEWERS)]
    for reviewer in reviewers:
        reviewer.start()
    chance, kills = random.Random(1), 0
    while any(reviewer.is_alive() for reviewer in reviewers):
        time.sleep(chance.uniform(0.3, 1.2))
        if kills < 8:
            server.kill()
            _, errors = server.communicate()
            assert server.returncode == -signal.SIGKILL, errors.decode()
            server = start(location, address)
            kills += 1
    server.kill()
    server.communicate()
    assert [reviewer.failure for reviewer in reviewers if reviewer.failure] == []
    assert kills >= 2
    check(location, document_id, count, done)


def check(location: Path, document_id: str, count: int, done: list[tuple[str, int, str, bool]]) -> None:
    """What reviewers were told and what the store holds are the same."""
    with Store.open(location) as store:
        pairs = list(store.pairs(document_id))
        histories = {rows[0].pair: rows for rows in store.all_reviews()}
    assert len(pairs) == len(histories) == count
    expected = {0: Status.ACCEPTED, 1: Status.EDITED, 2: Status.REJECTED}
    assert all(one.status is expected[one.position % 3] for one in pairs)
    assert all(one.pair.target == f"edited {one.position}" for one in pairs if one.status is Status.EDITED)
    # One row for each pair: none is lost, none is doubled.
    assert Counter(len(rows) for rows in histories.values()) == {1: count}
    told = {(name, pair, verdict) for name, pair, verdict, saved in done if saved}
    verdicts = {Verdict.ACCEPTED: "accept", Verdict.EDITED: "edit", Verdict.REJECTED: "reject"}
    stored = {(rows[0].reviewer, pair, verdicts[rows[0].verdict]) for pair, rows in histories.items()}
    assert told == stored
