"""The server on every kind of store: what the page asks for comes out the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mt.serve import Desk
from mt.serve.app import progress
from mt.store import Store
from tests.serve.conftest import client_of, sign_in
from tests.serve.samples import fill, judge

pytest_plugins = ["tests.stores"]


@pytest.fixture
def desk(store_location: str) -> Iterator[Desk]:
    """A desk on a store of each kind with the sample article."""
    with Store.open(store_location) as opened:
        fill(opened)
        yield Desk(opened, judge)


def positions(client: TestClient, filter_: str, order: str = "worst") -> list[int]:
    answer = client.get("/api/queue", params={"filter": filter_, "order": order})
    return [one["position"] for one in answer.json()["pairs"]]


def test_the_queue_its_filters_and_full_text_search(desk: Desk) -> None:
    client = sign_in(client_of(desk))
    assert positions(client, "") == [1, 5, 4, 0, 2, 3, 6]
    assert positions(client, "", "document") == [0, 1, 2, 3, 4, 5, 6]
    assert positions(client, "check:number") == [1]
    assert positions(client, "-check:number score:<0.5") == [5, 4]
    assert positions(client, "TREIN") == [1]
    assert positions(client, '"according to"') == [3]
    assert positions(client, "zw*") == [4]
    assert client.get("/api/count", params={"filter": "doc:treinen status:any"}).json() == {"count": 7}


def test_two_reviewers_share_the_work_and_a_conflict_overwrites_nothing(desk: Desk) -> None:
    anna, bob = sign_in(client_of(desk)), sign_in(client_of(desk), "bob")
    wanted = {"filter": "", "order": "worst"}
    mine = anna.post("/api/next", json=wanted).json()["pair"]
    theirs = bob.post("/api/next", json=wanted).json()["pair"]
    assert (mine["position"], theirs["position"]) == (1, 5)
    assert bob.post(f"/api/pairs/{mine['id']}/hold", json={}).json()["pair"]["holder"] == "anna"
    body = {"verdict": "edit", "version": 0, "target": "The train leaves at 9.30.", "then": wanted}
    answer = anna.post(f"/api/pairs/{mine['id']}/verdict", json=body).json()
    assert (answer["pair"]["status"], answer["next"]["position"]) == ("edited", 4)
    late = bob.post(f"/api/pairs/{mine['id']}/verdict", json={**body, "target": "No train."})
    assert late.status_code == 409
    assert late.json()["pair"]["target"] == "The train leaves at 9.30."
    assert positions(bob, "9.30 status:edited") == [1]
    assert anna.post("/api/undo", json={}).json()["pair"]["target"] == mine["target"]
    assert positions(bob, '"leaves at 9.13" status:any') == [1]


def test_many_pairs_are_accepted_counted_and_taken_back(desk: Desk) -> None:
    client = sign_in(client_of(desk))
    result = client.post("/api/accept-all", json={"filter": ""}).json()
    assert (result["accepted"], result["with_errors"]) == (6, 1)
    assert progress(desk)["total"] == {"accepted": 6, "open": 1}
    assert (
        client.get("/api/suggestions", params={"filter": "reviewer:"}).json()["offers"][0]["text"] == "anna "
    )
    similar = client.post("/api/next", json={"filter": ""}).json()["pair"]
    assert similar["position"] == 1
    assert client.post("/api/undo", json={"bulk": True}).json() == {"pair": None, "undone": 6, "left": 0}
    assert progress(desk)["total"] == {"open": 7}
    (document,) = client.get("/api/documents", params={"text": "trein"}).json()["documents"]
    assert (document["pairs"], document["reviewed"]) == (7, 0)
    assert client.get("/api/statistics").status_code == 200
