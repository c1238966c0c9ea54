"""What the page asks for, and what it gets."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import ANY
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from mt.data import Bead, Document, Pair
from mt.review.words import REASONS
from mt.serve import Desk
from mt.store import PairRow, Store
from tests.made import put_aligned
from tests.serve.conftest import client_of, sign_in
from tests.serve.samples import HOSTILE, SENTENCES


def next_pair(client: TestClient, filter_: str = "", order: str = "worst") -> dict:
    return client.post("/api/next", json={"filter": filter_, "order": order}).json()["pair"]


def decide(client: TestClient, pair: dict, verdict: str, **more: str):
    body = {"verdict": verdict, "version": pair["version"], **more}
    return client.post(f"/api/pairs/{pair['id']}/verdict", json=body)


def test_the_worst_pair_comes_first_with_everything_that_helps_to_decide(client: TestClient) -> None:
    pair = next_pair(client)
    assert pair["score"] == pytest.approx(0.12)
    assert [finding["check"] for finding in pair["findings"]] == ["number", "time"]
    assert pair["target"][slice(*pair["findings"][0]["span"])] == "9.13"
    assert [one["source"] for one in pair["before"]] == ["Treinen rijden niet"]
    assert [one["source"] for one in pair["after"]] == [SENTENCES[1][0], SENTENCES[2][0]]
    assert [one["chosen"] for one in pair["candidates"]] == [True, False]
    assert pair["document"]["name"] == "treinen.txt"
    assert pair["holder"] == ""


def test_the_queue_lists_pairs_in_the_order_that_was_asked_for(client: TestClient) -> None:
    def order(name: str) -> list[int]:
        return [pair["position"] for pair in client.get("/api/queue", params={"order": name}).json()["pairs"]]

    assert order("document") == list(range(7))
    assert order("worst")[0] == 1
    assert order("uncertain")[0] == 4
    page = client.get("/api/queue", params={"limit": "3", "offset": "2", "order": "document"}).json()
    assert [pair["position"] for pair in page["pairs"]] == [2, 3, 4]
    assert page["more"] is True


def test_a_filter_picks_pairs_and_a_wrong_one_says_why(client: TestClient) -> None:
    assert client.get("/api/count", params={"filter": "check:number"}).json() == {"count": 1}
    assert client.get("/api/count", params={"filter": "Zwolle"}).json() == {"count": 1}
    answer = client.get("/api/count", params={"filter": "chekc:number"})
    assert answer.status_code == 400
    assert "chekc" in answer.json()["error"]
    assert "check" in answer.json()["hint"]


def test_an_edit_is_judged_at_once_and_undone_again(client: TestClient) -> None:
    pair = next_pair(client)
    answer = decide(client, pair, "edit", target="The train to Utrecht leaves at 9.30.")
    after = answer.json()["pair"]
    assert (after["status"], after["score"], after["reviewer"]) == ("edited", pytest.approx(0.95), "anna")
    assert [finding["check"] for finding in after["findings"]] == ["time"]
    assert ["delete", "1"] in after["changes"]
    back = client.post("/api/undo", json={}).json()["pair"]
    assert (back["status"], back["target"], back["score"]) == ("open", pair["target"], pytest.approx(0.12))
    assert [row["verdict"] for row in back["history"]] == ["edited", "undone"]
    assert client.post("/api/undo", json={}).json() == {"pair": None}


@pytest.mark.parametrize(
    ("verdict", "more", "status"),
    [
        ("accept", {}, "accepted"),
        ("reject", {"note": "wrong"}, "rejected"),
        ("skip", {}, "skipped"),
        ("flag", {"note": "look"}, "flagged"),
        ("comment", {"note": "hm"}, "open"),
    ],
)
def test_every_verdict_is_recorded_with_its_note(
    client: TestClient, verdict: str, more: dict, status: str
) -> None:
    after = decide(client, next_pair(client), verdict, **more).json()["pair"]
    assert after["status"] == status
    assert after["history"][-1]["note"] == more.get("note", "")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "accept"},
        {"verdict": "accept", "version": "x"},
        {"verdict": "accept", "version": -1},
        {"verdict": "accept", "version": True},
        {"verdict": "bless", "version": 0},
        {"verdict": "edit", "version": 0},
        {"verdict": "edit", "version": 0, "target": "  "},
        {"verdict": "edit", "version": 0, "target": "x" * 20_001},
        {"verdict": "edit", "version": 0, "target": "a\0b"},
        {"verdict": "edit", "version": 0, "target": ["a"]},
        {"verdict": "reject", "version": 0, "note": " "},
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_and_nothing_is_written(
    client: TestClient, store: Store, body: dict
) -> None:
    number = next_pair(client)["id"]
    answer = client.post(f"/api/pairs/{number}/verdict", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert store.reviews([number]) == {}


@pytest.mark.parametrize("content", ["", "[]", "{", '"x"', '{"a": NaN}', "[" * 100_000, "\ud83d"])
def test_a_body_that_is_no_json_object_is_refused(client: TestClient, content: str) -> None:
    raw = content.encode("utf-8", "surrogatepass")
    answer = client.post("/api/accept-all", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_second_decision_on_the_same_version_shows_both_and_overwrites_nothing(
    client: TestClient, other: TestClient, store: Store
) -> None:
    pair = next_pair(client)
    seen = other.get(f"/api/pairs/{pair['id']}").json()["pair"]
    assert seen["holder"] == "anna"
    decide(client, pair, "edit", target="The train to Utrecht leaves at 9.30.")
    answer = decide(other, seen, "edit", target="The train goes at 9.30.")
    assert answer.status_code == 409
    conflict = answer.json()
    assert conflict["pair"]["target"] == "The train to Utrecht leaves at 9.30."
    assert conflict["wanted"] == "The train goes at 9.30."
    assert ["insert", "goes"] in conflict["changes"]
    assert len(store.reviews([pair["id"]])[pair["id"]]) == 1


def test_the_same_decision_sent_twice_is_stored_once(client: TestClient, store: Store) -> None:
    pair = next_pair(client)
    answers = [decide(client, pair, "accept") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(store.reviews([pair["id"]])[pair["id"]]) == 1


def test_a_decision_may_bring_the_next_pair_with_it(client: TestClient, store: Store) -> None:
    pair = next_pair(client)
    body = {
        "verdict": "edit",
        "version": 0,
        "target": "At 9.13, by train.",
        "then": {"filter": "", "order": "worst"},
    }
    answer = client.post(f"/api/pairs/{pair['id']}/verdict", json=body).json()
    assert (answer["pair"]["status"], answer["pair"]["version"]) == ("edited", 1)
    assert [one["check"] for one in answer["pair"]["findings"]] == ["number", "time"]
    assert answer["next"]["position"] == 5
    assert answer["next"]["before"]
    again = client.post(f"/api/pairs/{pair['id']}/verdict", json=body).json()
    assert again["next"]["id"] == answer["next"]["id"]
    assert len(store.reviews([pair["id"]])[pair["id"]]) == 1


@pytest.mark.parametrize("then", [{"filter": "nope:1"}, {"order": "best"}, "worst", {"filter": 3}])
def test_a_decision_is_not_written_where_the_next_pair_is_asked_for_wrongly(
    client: TestClient, store: Store, then: object
) -> None:
    pair = next_pair(client)
    body = {"verdict": "accept", "version": 0, "then": then}
    assert client.post(f"/api/pairs/{pair['id']}/verdict", json=body).status_code == 400
    assert store.reviews([pair["id"]]) == {}


def test_an_edit_is_judged_before_it_is_saved_and_nothing_is_written(
    client: TestClient, store: Store
) -> None:
    pair = next_pair(client)
    path = f"/api/pairs/{pair['id']}/judge"
    answer = client.post(path, json={"target": "The train leaves at 9.30."}).json()
    assert answer["score"] == pytest.approx(0.95)
    assert [one["check"] for one in answer["findings"]] == ["time"]
    assert ["delete", "to Utrecht "] in answer["changes"]
    assert client.post(path, json={"target": " "}).json()["score"] is None
    assert client.get(f"/api/pairs/{pair['id']}").json()["pair"]["version"] == 0


def test_a_pair_that_is_looked_at_is_held_and_given_back(client: TestClient, other: TestClient) -> None:
    worst = client.get("/api/queue").json()["pairs"][0]["id"]
    assert client.post(f"/api/pairs/{worst}/hold", json={}).json()["pair"]["holder"] == ""
    assert other.post(f"/api/pairs/{worst}/hold", json={}).json()["pair"]["holder"] == "anna"
    second = next_pair(other)["id"]
    assert second != worst
    assert client.post(f"/api/pairs/{second}/hold", json={"release": worst}).json()["pair"]["holder"] == "bob"
    assert other.post("/api/release", json={"pairs": [second]}).json() == {}
    assert next_pair(other)["id"] == worst
    for wrong in (None, "x", [True], [-1], [1] * 101):
        assert other.post("/api/release", json={"pairs": wrong}).status_code == 400


def test_what_may_be_typed_next_into_a_filter_is_offered(client: TestClient) -> None:
    answer = client.get("/api/suggestions", params={"filter": "trein check:num"}).json()
    assert answer == {"start": 12, "offers": [{"text": "number ", "label": ""}]}
    assert client.get("/api/suggestions", params={"filter": "x" * 2001}).status_code == 400


def test_the_page_gets_the_words_that_the_terminal_has(client: TestClient) -> None:
    words = client.get("/api/words").json()
    assert words["reasons"] == list(REASONS)
    assert words["orders"] == {"worst": "worst first", "document": "document order", "uncertain": ANY}
    assert [one["word"] for one in words["levels"]] == ["low", "fair", "good"]
    pair = next_pair(client)
    assert pair["suggestions"] == [pair["candidates"][1]["target"]]


def test_documents_are_found_by_a_part_of_their_name_the_newest_first(
    client: TestClient, store: Store
) -> None:
    for name in ("map/boot.txt", "map/fiets.txt"):
        store.put_document(Document("", "nl", name, name=name), "en")

    def names(**query: str) -> list[str]:
        return [one["name"] for one in client.get("/api/documents", params=query).json()["documents"]]

    assert names() == ["map/fiets.txt", "map/boot.txt", "treinen.txt"]
    assert names(text="MAP/") == ["map/fiets.txt", "map/boot.txt"]
    assert names(limit="1", offset="1") == ["map/boot.txt"]
    assert client.get("/api/documents", params={"limit": "2"}).json()["more"] is True


def test_two_reviewers_are_never_handed_the_same_pair(client: TestClient, other: TestClient) -> None:
    mine, theirs = next_pair(client), next_pair(other)
    assert mine["id"] != theirs["id"]
    assert next_pair(client)["id"] == mine["id"]
    given = other.post("/api/next", json={"release": theirs["id"]}).json()["pair"]
    assert given["id"] == theirs["id"]


def test_a_finding_is_dismissed_and_counts_again(client: TestClient) -> None:
    pair = next_pair(client)
    finding = {key: pair["findings"][0][key] for key in ("check", "severity", "message", "side", "span")}
    path = f"/api/pairs/{pair['id']}/finding"
    after = client.post(path, json={**finding, "dismissed": True}).json()["pair"]
    assert [one["dismissed"] for one in after["findings"]] == [True, False]
    after = client.post(path, json={**finding, "dismissed": False}).json()["pair"]
    assert [one["dismissed"] for one in after["findings"]] == [False, False]
    answer = client.post(path, json={**finding, "check": "made-up", "dismissed": True})
    assert answer.status_code == 400


def test_an_error_is_marked_in_the_text_and_the_mark_is_taken_back(client: TestClient) -> None:
    pair = next_pair(client)
    path = f"/api/pairs/{pair['id']}/marks"
    body = {"category": "accuracy/mistranslation", "severity": "major", "span": [31, 35], "side": "target"}
    marked = client.post(path, json=body).json()["pair"]
    (span,) = marked["spans"]
    assert pair["target"][span["start"] : span["end"]] == "9.13"
    assert client.post(path, json={**body, "span": [0, 4000]}).status_code == 400
    assert client.post(path, json={**body, "span": None}).status_code == 400
    assert client.post(path, json={**body, "category": "rude"}).status_code == 400
    assert client.delete(f"{path}/{span['id']}").json()["pair"]["spans"] == []


def test_bulk_acceptance_says_how_many_it_skipped(client: TestClient) -> None:
    result = client.post("/api/accept-all", json={"filter": ""}).json()
    counts = {"accepted": 6, "with_errors": 1, "without_target": 0, "decided": 0, "held": 0}
    assert result == {**counts, "summary": "6 accepted, 1 skipped: 1 with an error."}
    assert client.get("/api/count").json() == {"count": 1}


def test_bulk_acceptance_needs_a_filter_that_was_said(client: TestClient) -> None:
    assert client.post("/api/accept-all", json={}).status_code == 400
    assert client.get("/api/count").json() == {"count": 7}


def test_an_accepted_pair_is_shown_as_memory_of_the_same_source(client: TestClient, store: Store) -> None:
    from tests.serve.samples import fill

    fill(store, "again.txt")
    decide(client, next_pair(client, "doc:treinen.txt"), "edit", target="The train leaves at 9.30.")
    pair = next_pair(client, "doc:again.txt")
    (match,) = [one for one in pair["memory"] if one["exact"]]
    assert match["target"] == "The train leaves at 9.30."
    assert match["changes"] == [["equal", pair["source"]]]


def test_filters_are_saved_and_forgotten(client: TestClient, other: TestClient) -> None:
    saved = {"name": "numbers", "filter": "check:number", "order": "document"}
    client.post("/api/filters", json=saved)
    assert other.get("/api/filters").json()["filters"] == [{**saved, "reviewer": "anna"}]
    assert client.post("/api/filters", json={**saved, "filter": "nope:1"}).status_code == 400
    assert client.post("/api/filters", json={**saved, "name": " "}).status_code == 400
    assert client.request("DELETE", "/api/filters", json={"name": "numbers"}).json() == {"filters": []}


def test_words_are_linked_by_their_place_in_the_text(client: TestClient) -> None:
    pair = client.get("/api/queue", params={"filter": "ProRail"}).json()["pairs"][0]
    links = client.get(f"/api/pairs/{pair['id']}/links").json()["links"]
    source, target = pair["source"].split(), pair["target"].split()
    assert ["ProRail", "ProRail,"] in [[source[i], target[j]] for i, j in links]


def test_the_reasons_of_a_score_are_told_in_words(store: Store, desk: Desk) -> None:
    from mt.quality import score

    (judged,) = score([("De trein naar Utrecht vertrekt om 9.30 uur.", "Yes.")])
    document = store.put_document(Document("", "nl", "tekst", name="kort.txt"), "en", kind="bitext")
    pair = Pair("De trein naar Utrecht vertrekt om 9.30 uur.", "Yes.", score=judged)
    store.add_pairs(document, [PairRow(0, pair)])
    client = sign_in(client_of(desk))
    shown = next_pair(client, f"doc:{document}")
    assert "the lengths do not fit" in shown["reasons"]


def test_an_edit_is_judged_by_what_is_installed(store: Store) -> None:
    from mt import config
    from mt.pipeline.interactive import LateJudge

    judge = LateJudge(config.load({"model": "starter-nl-en", "threads": 1}))
    client = sign_in(client_of(Desk(store, judge)))
    pair = next_pair(client)
    after = decide(client, pair, "edit", target="The train to Utrecht leaves at 9.30.").json()["pair"]
    assert after["method"] != pair["method"]
    assert 0 < after["score"] < 1


def test_a_document_reads_in_paragraphs_and_is_exported_with_its_edits(client: TestClient) -> None:
    decide(client, next_pair(client), "edit", target="The train to Utrecht leaves at 9.30.")
    (info,) = client.get("/api/documents").json()["documents"]
    assert (info["pairs"], info["reviewed"]) == (7, 1)
    article = client.get(f"/api/documents/{info['id']}/article").json()
    assert [(block["kind"], len(block["pairs"])) for block in article["blocks"]] == [
        ("heading", 1),
        ("sentence", 3),
        ("sentence", 3),
    ]
    answer = client.get(f"/api/documents/{info['id']}/export")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("Trains are not running\n\nThe train to Utrecht leaves at 9.30. ")
    assert HOSTILE in answer.text
    download = client.get(f"/api/documents/{info['id']}/export", params={"download": "1"})
    assert download.headers["content-disposition"] == "attachment; filename*=UTF-8''treinen.en.txt"
    assert download.content.decode() == answer.text


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    for path in (
        "/api/pairs/999",
        "/api/pairs/999/links",
        "/api/documents/none",
        "/api/plots/none.svg",
        "/nothing",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["error"]
    assert client.post("/api/pairs/999/verdict", json={"verdict": "accept", "version": 0}).status_code == 404
    assert client.get("/api/undo").status_code == 405


def test_statistics_count_what_was_decided(client: TestClient, other: TestClient) -> None:
    decide(client, next_pair(client), "edit", target="The train to Utrecht leaves at 9.30.")
    decide(other, next_pair(other), "accept")
    found = client.get("/api/statistics").json()
    assert {one["name"]: one["verdicts"] for one in found["reviewers"]} == {
        "anna": {"edited": 1},
        "bob": {"accepted": 1},
    }
    assert found["progress"][0]["counts"] == {"edited": 1, "accepted": 1, "open": 5}
    assert [(one["check"], one["confirmed"]) for one in found["checks"]] == [("number", 1), ("time", 1)]
    assert all(score["signature"] for score in found["documents"])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["progress", "effort", "days", "speed", "checks"])
def test_every_plot_is_an_svg_file_that_stands_alone(client: TestClient, name: str, theme: str) -> None:
    decide(client, next_pair(client), "edit", target="The train to Utrecht leaves at 9.30.")
    answer = client.get(f"/api/plots/{name}.svg", params={"theme": theme, "download": "1"})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.svg"'
    root = ElementTree.fromstring(answer.content)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "style", "image", "foreignObject", "a"}
    assert root.find("{http://www.w3.org/2000/svg}title").text


def test_a_plot_shows_hostile_names_as_text(store: Store, desk: Desk) -> None:
    from tests.serve.samples import fill

    fill(store, f"{HOSTILE}\x01.txt".replace("/", "∕"))
    answer = sign_in(client_of(desk)).get("/api/plots/progress.svg")
    root = ElementTree.fromstring(answer.content)
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
    assert b"&lt;script&gt;" in answer.content


def test_beads_of_an_alignment_are_split_and_merged(tmp_path: Path) -> None:
    with Store.open(tmp_path / "aligned.db") as store:
        beads = (Bead((0, 1), (0, 1), 0.4), Bead((2,), (2,), 0.9))
        document = put_aligned(store, ("Een.", "Twee.", "Drie."), ("One.", "Two.", "Three."), beads)
        client = sign_in(client_of(Desk(store, lambda pair: None)))
        pair = next_pair(client, f"doc:{document}", "document")
        assert pair["bead"]["kind"] == "2-2"
        assert pair["bead"]["source"] == ["Een.", "Twee."]
        answer = client.post(f"/api/pairs/{pair['id']}/split", json={"sources": 1, "targets": 1}).json()
        assert answer["changed"] is True
        first = client.get(f"/api/pairs/{answer['pair']}").json()["pair"]
        assert (first["source"], first["target"], first["bead"]["kind"]) == ("Een.", "One.", "1-1")
        merged = client.post(f"/api/pairs/{first['id']}/merge", json={}).json()
        again = client.get(f"/api/pairs/{merged['pair']}").json()["pair"]
        assert (again["source"], again["bead"]["kind"]) == ("Een. Twee.", "2-2")
        assert (
            client.post(f"/api/pairs/{again['id']}/split", json={"sources": 9, "targets": 0}).status_code
            == 400
        )


def test_hostile_text_is_json_text_and_never_html(client: TestClient) -> None:
    pair = next_pair(client, "bord")
    answer = client.get(f"/api/pairs/{pair['id']}")
    assert HOSTILE in answer.json()["pair"]["source"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.content)
