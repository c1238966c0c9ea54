"""`mt judge` and the judge behind it: files in, files out, the store, bad input."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mt import cli
from mt.data import Document, Pair, Review, Segment, Severity, Verdict
from mt.engines import load
from mt.pipeline.judge import LONGEST, Item, JudgeCounts, PairJudge, decisions, journal_of, judged_items
from mt.quality.calibration import Calibration
from mt.store import PairRow, Store

ROWS = [
    ("De brug kostte 1.200 euro.", "The bridge cost 1,200 euros."),
    ("De brug kostte 1.200 euro.", "The bridge cost 1,300 euros."),
    ("Hij komt niet.", "He is coming."),
]
Run = Callable[..., int]


@pytest.fixture
def mt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call `mt judge` without models unless they are asked for; returns the exit code."""
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))

    def call(*arguments: str | Path, models: bool = False) -> int:
        bare = [] if models else ["--no-engine", "--no-embeddings"]
        with pytest.raises(SystemExit) as ended:
            cli.main(["judge", *map(str, arguments), *bare])
        return int(ended.value.code or 0)

    return call


def tsv(path: Path, rows: list[tuple[str, ...]] = ROWS) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_table_keeps_its_columns_and_gets_score_and_findings(mt: Run, tmp_path: Path) -> None:
    source = tsv(tmp_path / "pairs.tsv", [(*row, "note") for row in ROWS])
    assert mt(source, "-o", tmp_path / "out.tsv") == 0
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text("utf-8").splitlines()]
    assert [tuple(row[:3]) for row in rows] == [(*row, "note") for row in ROWS]
    assert float(rows[0][3]) > float(rows[1][3])
    assert [row[4] for row in rows] == ["", "number:error", "negation:warning"]


def test_stdout_gets_the_table_and_stderr_the_summary(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert mt(tsv(tmp_path / "pairs.tsv")) == 0
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 3
    assert "3 pairs judged" in err
    assert "without the translation model and without the sentence encoder" in err


def test_explain_says_in_words_what_was_found(mt: Run, tmp_path: Path) -> None:
    assert mt(tsv(tmp_path / "pairs.tsv"), "--explain", "-o", tmp_path / "out.tsv") == 0
    assert "1.200 became 1,300." in (tmp_path / "out.tsv").read_text("utf-8")


def test_json_holds_findings_spans_and_features(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert mt(tsv(tmp_path / "pairs.tsv"), "--json", "--explain") == 0
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert records[1]["findings"][0]["span"] == [16, 21]
    assert records[1]["method"].startswith("mt-quality-")
    assert records[0]["features"]["length"] > 0
    assert isinstance(records[1]["reasons"], list)


@pytest.mark.parametrize("name", ["out.tmx", "out.jsonl", "out.xlf"])
def test_scores_survive_the_way_through_an_exchange_format(mt: Run, tmp_path: Path, name: str) -> None:
    assert mt(tsv(tmp_path / "pairs.tsv"), "-o", tmp_path / name) == 0
    assert mt(tmp_path / name, "-o", tmp_path / "again.tsv") == 0
    assert mt(tsv(tmp_path / "pairs.tsv"), "-o", tmp_path / "direct.tsv") == 0
    assert (tmp_path / "again.tsv").read_text("utf-8") == (tmp_path / "direct.tsv").read_text("utf-8")


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_killed_run_goes_on_where_it_was(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    rows = [(f"Er waren {n} gasten, en {n % 7} kwamen niet.", f"There were {n} guests.") for n in range(9000)]
    source = tsv(tmp_path / "pairs.tsv", rows)
    assert mt(source, "-o", tmp_path / "whole.tsv", *arguments) == 0
    killed, journal = tmp_path / "killed.tsv", tmp_path / ".killed.tsv.judged"
    process = subprocess.Popen(
        [sys.executable, "-m", "mt", "judge", source, "-o", killed, "--no-engine", "--no-embeddings", *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert journal.exists()
    assert not killed.exists()
    journal.write_bytes(journal.read_bytes()[:-9])
    assert mt(source, "-o", killed, *arguments) == 0
    assert "judged by the run that was interrupted" in capfd.readouterr().err
    assert killed.read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_run_judged_counts_only_for_the_same_texts_and_judge(tmp_path: Path) -> None:
    def run(judge: PairJudge, pairs: list[tuple[str, str]], fail: bool = False) -> tuple[int, list[float]]:
        counts = JudgeCounts()
        values = []
        with (
            suppress(ZeroDivisionError),
            journal_of(tmp_path / "out", judge, ("nl", "en"), counts, features=False) as journal,
        ):
            items = (Item(*pair) for pair in pairs)
            values = [
                s.value for _, s in judged_items(items, judge, ("nl", "en"), counts, lambda n: None, journal)
            ]
            assert not fail or 1 / 0
        return journal.reused if journal else 0, values

    pairs, judge = [(f"Het kostte {n} euro.", f"It cost {n} euros.") for n in range(600)], PairJudge()
    changed = [*pairs[:300], ("Nee.", "Yes."), *pairs[301:]]
    first, right = run(judge, pairs, fail=True)[0], run(judge, pairs)
    assert (first, right[0]) == (0, 600)
    run(judge, pairs, fail=True)
    assert run(judge, changed) == (256, run(judge, changed)[1])
    run(judge, pairs, fail=True)
    other = Calibration("mt-quality-3:checks", 2.0, 0.0, 50, 25, 0.1, 0.1)
    assert run(PairJudge(calibration=other), pairs)[0] == 0


def test_empty_lines_stay_where_they_are(mt: Run, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("Ja.\tYes.\n\nNee.\tNo.\n", encoding="utf-8")
    assert mt(path, "-o", tmp_path / "out.tsv") == 0
    lines = (tmp_path / "out.tsv").read_text("utf-8").splitlines()
    assert [line == "" for line in lines] == [False, True, False]


def test_an_empty_side_is_judged_and_named(mt: Run, tmp_path: Path) -> None:
    assert mt(tsv(tmp_path / "pairs.tsv", [("Ja.", ""), ("", "Yes.")]), "-o", tmp_path / "out.tsv") == 0
    for line in (tmp_path / "out.tsv").read_text("utf-8").splitlines():
        assert line.endswith("\t0.0000\tempty:error")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Ja.\tYes.\nNee.\n", "line 2 has one column"),
        (b"Ja.\tYes.\nNee.\tNo.\tx\n", "line 2 has 3 columns, the lines before it have 2"),
        (b"Ja.\tYes.\n\x00\x01\x02\t\xff\n", "line 2: a NUL byte"),
        (b"Ja.\tYes.\nCaf\xe9\tCaf\xe9\n", "line 2: byte 4 is not UTF-8"),
    ],
)
def test_a_broken_table_is_told_with_its_line(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (tmp_path / "pairs.tsv").write_bytes(content)
    assert mt(tmp_path / "pairs.tsv", "-o", tmp_path / "out.tsv") == 3
    assert message in capfd.readouterr().err
    assert not (tmp_path / "out.tsv").exists()


def test_a_broken_tmx_is_told_with_its_line(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "memory.tmx"
    path.write_text(
        '<?xml version="1.0"?>\n<tmx version="1.4">\n<body><tu>\n</body></tmx>\n', encoding="utf-8"
    )
    assert mt(path) == 3
    assert "line 4" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.tsv"], "missing.tsv does not exist"),
        (["."], "is a folder"),
        (["pairs.tsv", "--document", "x"], "two inputs"),
        (["pairs.tsv", "--format", "tmxx"], "Unknown exchange format 'tmxx'"),
        (["pairs.tsv", "-o", "pairs.tsv"], "is also the input"),
        (["pairs.tsv", "-o", "out.docx"], "cannot hold scores"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    mt: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tsv(tmp_path / "pairs.tsv").read_bytes()
    assert mt(*arguments) == 2
    assert message in capfd.readouterr().err
    assert (tmp_path / "pairs.tsv").read_bytes() == before


def stored(path: Path, count: int = 3) -> Store:
    """A store with one document whose targets are right, and wrong in every third pair."""
    store = Store.open(path)
    text = "".join(f"Er zijn {n} huizen.\n" for n in range(10, 10 + count))
    lines = text.splitlines()
    starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(count)]
    segments = [
        Segment(line, start, start + len(line), plain=line) for line, start in zip(lines, starts, strict=True)
    ]
    document = store.put_document(Document("", "nl", text, name="huizen.txt"), "en")
    store.add_segments(document, segments)
    targets = [f"There are {n + 90 * (n % 3 == 0)} houses." for n in range(10, 10 + count)]
    store.add_pairs(
        document, [PairRow(i, Pair(line, t)) for i, (line, t) in enumerate(zip(lines, targets, strict=True))]
    )
    return store


def test_a_stored_document_is_judged_and_left_as_it_is(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stored(tmp_path / "a.db").close()
    assert mt("--document", "huizen.txt", "--store", tmp_path / "a.db") == 0
    rows = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
    assert [row[3] for row in rows] == ["", "", "number:error"]
    with Store.open(tmp_path / "a.db") as store:
        [info] = store.documents()
        assert all(pair.pair.score is None for pair in store.pairs(info.id))


def review(store: Store, pair: int, verdict: Verdict, target: str) -> None:
    store.record(Review(pair, verdict, target, "anna", datetime.now(UTC)))


def test_calibrate_learns_from_the_decisions_in_the_store(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with stored(tmp_path / "a.db", 90) as store:
        [info] = store.documents()
        for pair in list(store.pairs(info.id)):
            wrong = str(100) <= pair.pair.target.split()[2] and len(pair.pair.target.split()[2]) == 3
            review(store, pair.id, Verdict.REJECTED if wrong else Verdict.ACCEPTED, pair.pair.target)
    assert mt("--calibrate", "--store", tmp_path / "a.db") == 0
    assert "Calibrated on 90 decisions, 60 of them accepted" in capfd.readouterr().err
    assert mt(tsv(tmp_path / "pairs.tsv"), "--json") == 0
    out, err = capfd.readouterr()
    assert json.loads(out.splitlines()[0])["method"].endswith(":reviews-90")
    assert "Calibrated on 90 decisions" in err


def test_calibrate_tells_when_there_are_too_few_decisions(
    mt: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stored(tmp_path / "a.db").close()
    assert mt("--calibrate", "--store", tmp_path / "a.db") == 2
    assert "0 accepted and 0 other decisions" in capfd.readouterr().err


def test_a_decision_counts_for_the_target_as_it_was_proposed(tmp_path: Path) -> None:
    with stored(tmp_path / "a.db", 4) as store:
        [info] = store.documents()
        first, second, third, fourth = store.pairs(info.id)
        review(store, first.id, Verdict.ACCEPTED, first.pair.target)
        review(store, second.id, Verdict.EDITED, "There are eleven houses.")
        review(store, third.id, Verdict.REJECTED, third.pair.target)
        review(store, fourth.id, Verdict.ACCEPTED, fourth.pair.target)
        review(store, fourth.id, Verdict.UNDONE, fourth.pair.target)
        found = dict(decisions(store))
    assert found == {
        (first.pair.source, first.pair.target): True,
        (second.pair.source, second.pair.target): False,
        (third.pair.source, third.pair.target): False,
    }


@pytest.fixture(scope="module")
def judge(starter: Path) -> PairJudge:
    return PairJudge(load(starter, threads=1))


def test_the_engine_lowers_the_score_of_a_target_that_it_would_not_write(judge: PairJudge) -> None:
    words = "The cabinet wants more houses to be built in the coming years."
    source = "Het kabinet wil dat er de komende jaren meer huizen worden gebouwd."
    right, shuffled = judge.judge(
        [(source, words), (source, "houses in coming be wants The more years built")]
    )
    assert right.method.endswith(":checks+engine")
    assert shuffled.value < right.value - 0.3


def test_a_giant_segment_is_judged_by_the_checks_alone(judge: PairJudge) -> None:
    giant = ("huis " * 10_000, "house " * 10_000)
    found = judge.judge([giant, ("Het regent.", "It is raining."), ("a " * (LONGEST + 1), "b")])
    assert [one.method.rpartition(":")[2] for one in found] == ["checks", "checks+engine", "checks"]


def test_a_pair_that_the_engine_cannot_read_does_not_stop_the_others(judge: PairJudge) -> None:
    unreadable = "\U0001f600" * 700
    found = judge.judge([("Het regent.", "It is raining."), (unreadable, unreadable), ("Ja.", "Yes.")])
    assert [one.method.rpartition(":")[2] for one in found] == ["checks+engine", "checks", "checks+engine"]


def test_pairs_of_another_direction_are_judged_without_the_engine(judge: PairJudge) -> None:
    pairs = [Pair("Het regent.", "It is raining."), Pair("It is raining.", "Het regent.", "en", "nl")]
    assert [one.method.rpartition(":")[2] for one in judge(pairs)] == ["checks+engine", "checks"]


def test_a_translated_and_an_aligned_pair_with_the_same_text_score_the_same(judge: PairJudge) -> None:
    from mt.data import Origin

    made = [Pair(*ROWS[0], origin=origin) for origin in (Origin.ENGINE, Origin.ALIGNED, Origin.IMPORTED)]
    values = {one.value for one in judge(made)}
    assert len(values) == 1
    assert not any(f.severity is Severity.ERROR for one in judge(made) for f in one.findings)
