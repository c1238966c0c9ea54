"""`mt list` and `mt show`: what the store holds, for a reader and for a program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mt import cli
from mt.data import (
    Candidate,
    Document,
    Finding,
    Hypothesis,
    Pair,
    QualityScore,
    Review,
    Segment,
    Severity,
    Verdict,
)
from mt.store import PairRow, SettingsKey, Store
from mt.store.clock import from_micros

SOURCES = ("Het kost 3,50 euro.", "Wij gaan.", "Niets.")
SETTINGS = SettingsKey("ctranslate2 4", "starter", "ab")


@pytest.fixture
def location(tmp_path: Path) -> str:
    """A store with an article of three segments: one with an error finding, one accepted, one failed."""
    text = " ".join(SOURCES)
    wrong = Finding("number", Severity.ERROR, "3.50 became 350.", "target", (9, 12))
    low = QualityScore(0.125, "features 1", (Finding("length", Severity.INFO, "Long."), wrong))
    lost = Candidate(Hypothesis("It costs.", -4.0, "ctranslate2 4"), "split", (), False, "shorter")
    pairs = (
        Pair(SOURCES[0], "It costs 350 euros.", score=low, candidates=(lost,)),
        Pair(SOURCES[1], "We go.", score=QualityScore(0.875, "features 1")),
        Pair(SOURCES[2], "", failure="out of memory"),
    )
    with Store.open(tmp_path / "store.db") as store:
        document_id = store.put_document(Document("", "nl", text, name="map/artikel.txt"), "en")
        starts = [text.index(source) for source in SOURCES]
        segments = [
            Segment(source, start, start + len(source), plain=source)
            for source, start in zip(SOURCES, starts, strict=True)
        ]
        store.add_segments(document_id, segments)
        store.add_pairs(document_id, [PairRow(n, pair, SETTINGS) for n, pair in enumerate(pairs)])
        number = [stored.id for stored in store.pairs(document_id)][1]
        store.record(Review(number, Verdict.ACCEPTED, "We go.", "anna", from_micros(0)))
    return str(tmp_path / "store.db")


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(list(words))
    code = end.value.code
    assert isinstance(code, int)
    return code


def test_list_shows_progress_and_mean_score(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--store", location) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "map/artikel.txt" in line)
    assert row.split()[1:] == ["map/artikel.txt", "nl-en", "3", "2", "1", "0.50", "1", "failed"]


def test_list_as_json_is_one_line_a_document(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--store", location, "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    record = json.loads(line)
    assert (record["segments"], record["translated"], record["mean_score"]) == (3, 2, 0.5)


def test_list_leaves_old_versions_out_unless_asked(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Store.open(location) as store:
        store.put_document(Document("", "nl", "Nieuw.", name="map/artikel.txt"), "en")
    call("list", "--store", location, "--json")
    assert len(capsys.readouterr().out.splitlines()) == 1
    call("list", "--store", location, "--json", "--all")
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == ["old", "empty"]


def test_list_of_an_empty_store_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store.open(tmp_path / "empty.db").close()
    assert call("list", "--store", str(tmp_path / "empty.db")) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "mt translate" in shown.err


def test_a_store_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--store", str(tmp_path / "no.db")) == 5
    assert "no store at" in capsys.readouterr().err


def test_show_puts_source_and_target_side_by_side(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", "artikel.txt", "--store", location) == 0
    shown = capsys.readouterr()
    rows = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "1 Het kost 3,50 euro. It costs 350 euros. 0.12 open number!!, length" in rows
    assert "2 Wij gaan. We go. 0.88 accepted" in rows
    assert "3 Niets. [failed: out of memory] open" in rows
    assert "2 of 3 segments" in shown.err


def test_show_tells_where_a_check_found_something(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    call("show", "artikel", "--store", location, "--findings", "--only", "number")
    shown = " ".join(capsys.readouterr().out.split())
    assert "number (error): 3.50 became 350. «350»" in shown
    assert "Wij gaan." not in shown


def test_show_tells_why_a_candidate_lost(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    call("show", "artikel", "--store", location, "--candidates", "--limit", "1")
    shown = " ".join(capsys.readouterr().out.split())
    assert "- split: shorter - It costs. -4.0" in shown


def test_show_as_json_holds_everything(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    call("show", "artikel", "--store", location, "--json")
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["source"] for record in records] == list(SOURCES)
    assert records[0]["findings"][1]["span"] == [9, 12]
    assert records[0]["candidates"][0]["target"] == "It costs."
    assert records[0]["settings"]["model_sha256"] == "ab"
    assert records[1]["reviews"][0]["verdict"] == "accepted"
    assert records[2]["failure"] == "out of memory"


def test_show_of_an_unknown_document_is_a_usage_error(
    location: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("show", "boek", "--store", location) == 2
    assert "mt list" in capsys.readouterr().err
