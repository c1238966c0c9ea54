"""A store with the sample article, its desk, and a client that has signed in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mt.serve import Access, Bind, Desk
from mt.serve.app import create_app
from mt.store import Store
from tests.serve.samples import fill, judge

ADDRESS = "http://localhost:8765"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store with the sample article."""
    with Store.open(tmp_path / "store.db") as opened:
        fill(opened)
        yield opened


@pytest.fixture
def desk(store: Store) -> Desk:
    """The store's desk with the sample's checks."""
    return Desk(store, judge)


def client_of(desk: Desk, token: str | None = None, now: Callable[[], float] = time.time) -> TestClient:
    """A client that has not signed in."""
    app = create_app(desk, Access(Bind(), token, now), "anna")
    return TestClient(app, base_url=ADDRESS, raise_server_exceptions=True)


def sign_in(client: TestClient, reviewer: str = "anna", token: str = "") -> TestClient:
    """The client with its cookie and the header that goes with it."""
    answer = client.post("/api/session", json={"reviewer": reviewer, "token": token})
    assert answer.status_code == 200, answer.text
    client.headers["x-mt-csrf"] = answer.json()["csrf"]
    return client


@pytest.fixture
def client(desk: Desk) -> TestClient:
    """Anna's client on a loopback address."""
    return sign_in(client_of(desk))


@pytest.fixture
def other(desk: Desk) -> TestClient:
    """Bob's client on the same store."""
    return sign_in(client_of(desk), "bob")
