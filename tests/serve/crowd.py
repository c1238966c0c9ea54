"""Reviewers who work on a server at the same time, over plain HTTP, and who do not give up when it is gone."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from mt.serve import Access, Bind, Desk
from mt.serve.server import run
from mt.store import Store
with Store.open(sys.argv[1]) as store:
    run(Desk(store, lambda pair: None), Access(Bind("127.0.0.1", int(sys.argv[2])), sys.argv[3]), "anna")
"""

TOKEN = "correct horse battery"

PATIENCE = 600.0
"""Seconds after which a server that does not answer is given up."""


class Server:
    """A server in a process of its own, which can be killed and started again on the same port.

    Args:
        store: location of the store.
        port: a free port.
    """

    def __init__(self, store: str, port: int) -> None:
        self._words = [sys.executable, "-c", SCRIPT, store, str(port), TOKEN]
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._words, cwd=ROOT)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/api/session")
                connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("The server does not answer.")

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is finished."""
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(store: str, port: int) -> Iterator[Server]:
    """A running server, killed at the end."""
    server = Server(store, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@dataclass
class Reviewer:
    """One of the crowd: takes the next pair, decides, goes on.

    Attributes:
        name: stands beside the decisions.
        port: of the server.
        pause: seconds for which each pair is looked at, on average.
        decisions: what the server said it has stored, by pair.
        next_seconds: how long each request for the next pair took, in order.
        save_seconds: how long each decision took, with the next pair where it was asked for.
        retries: requests that were sent again.
        conflicts: decisions that somebody else was faster with.
    """

    name: str
    port: int
    pause: float = 0.0
    decisions: dict[int, str] = field(default_factory=dict)
    next_seconds: list[float] = field(default_factory=list)
    save_seconds: list[float] = field(default_factory=list)
    retries: int = 0
    conflicts: int = 0
    _connection: http.client.HTTPConnection | None = None
    _headers: dict[str, str] = field(default_factory=dict)

    def work(self, count: int, filter_: str = "", apart: bool = False) -> None:
        """Decide on so many pairs, or until none is left.

        Args:
            count: pairs.
            filter_: what they must be.
            apart: ask for the next pair by a request of its own; else the decision asks for it, as the page
                does.
        """
        self._sign_in()
        chance = random.Random(self.name)
        wanted = {"filter": filter_, "order": "worst"}
        pair = self._next(wanted)
        while pair is not None:
            time.sleep(self.pause * chance.uniform(0.5, 1.5))
            # Who stops asks for nothing more: a pair that is held is kept from the others.
            last = len(self.decisions) + 1 >= count
            following = self._decide(pair, chance, None if apart or last else wanted)
            if len(self.decisions) >= count:
                return
            pair = self._next(wanted) if following is None else following.get("next")

    def _next(self, wanted: dict) -> dict | None:
        start = time.perf_counter()
        status, answer = self._ask("/api/next", wanted)
        self.next_seconds.append(time.perf_counter() - start)
        assert status == 200, answer
        return answer["pair"]

    def _decide(self, pair: dict, chance: random.Random, then: dict | None) -> dict | None:
        """The answer, or None where it brings no next pair."""
        verdict = chance.choice(("accept", "accept", "edit", "reject"))
        more = {"edit": {"target": f"{pair['target']} ({self.name})"}, "reject": {"note": "wrong"}}.get(
            verdict, {}
        )
        body = {"verdict": verdict, "version": pair["version"], **more, "then": then}
        start = time.perf_counter()
        status, answer = self._ask(f"/api/pairs/{pair['id']}/verdict", body)
        self.save_seconds.append(time.perf_counter() - start)
        if status == 409:
            self.conflicts += 1
            return None
        assert status == 200, answer
        self.decisions[pair["id"]] = answer["pair"]["status"]
        return answer if then else None

    def _sign_in(self) -> None:
        status, answer = self._ask("/api/session", {"reviewer": self.name, "token": TOKEN})
        assert status == 200, answer
        self._headers["x-mt-csrf"] = answer["csrf"]

    def _ask(self, path: str, body: dict) -> tuple[int, dict]:
        """Send a request until it is answered, the same one again where the server has gone away."""
        headers = {**self._headers, "content-type": "application/json"}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
                self._connection.request("POST", path, json.dumps(body), headers)
                answer = self._connection.getresponse()
                content = json.loads(answer.read())
                if cookie := answer.getheader("set-cookie"):
                    self._headers["cookie"] = cookie.partition(";")[0]
                return answer.status, content
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                self._connection = None
                self.retries += 1
                time.sleep(0.05)


def together(reviewers: list[Reviewer], count: int, filter_: str = "") -> list[threading.Thread]:
    """Let all work at the same time; gives the threads, already started."""
    threads = [threading.Thread(target=one.work, args=(count, filter_)) for one in reviewers]
    for thread in threads:
        thread.start()
    return threads
