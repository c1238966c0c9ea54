"""A killed writer loses nothing that it had stored, and the next one goes on from there."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from mt.store import RunState, Store

TOTAL = 2000
WRITER = """
import sys
from mt.data import *
from mt.store import *

text = " ".join(f"Zin nummer {n}." for n in range(int(sys.argv[2])))
settings = SettingsKey("echo 1", "none", "0", "{}")
with Store.open(sys.argv[1]) as store:
    run = store.begin_run("translate", {"total": sys.argv[2]})
    document_id = store.put_document(Document("", "nl", text, name="zinnen.txt"), "en")
    segments, start = [], 0
    for part in text.split(". "):
        end = start + len(part) + (not part.endswith("."))
        segments.append(Segment(text[start:end], start, end, plain=text[start:end]))
        start = end + 1
    for first in range(0, len(segments), 100):
        store.add_segments(document_id, segments[first:first + 100], first)
    done = store.done_positions(document_id, settings)
    open_ = [n for n in range(len(segments)) if n not in done]
    for first in range(0, len(open_), 20):
        rows = []
        for n in open_[first:first + 20]:
            source = segments[n].plain
            seen = (Finding("number", Severity.WARNING, "Look.", "source", (4, 10)),)
            guess = Candidate(Hypothesis(source.upper(), -1.0 * n, "echo 1"), "beam", seen, True, "only one")
            rows.append(PairRow(n, Pair(source, source.upper(), score=QualityScore(1 / (n + 1), "echo", seen),
                                        candidates=(guess,)), settings, 1.0))
        store.add_pairs(document_id, rows, run)
        print(len(rows), flush=True)
    store.finish_run(run, RunState.FINISHED, {"pairs": len(segments)})
"""


def start(location: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(location), str(TOTAL)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def content(location: Path) -> list[object]:
    """Everything a reader of the store sees of the document, without identifiers and times."""
    with Store.open(location) as store:
        (info,) = store.documents()
        found = store.document(info.id)
        return [
            found.text,
            found.segments,
            *((one.position, one.pair, one.settings) for one in store.pairs(info.id)),
        ]


def problems(location: Path) -> list[object]:
    with closing(sqlite3.connect(location)) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchall()
        return [row for row in whole if row != ("ok",)] + connection.execute(
            "PRAGMA foreign_key_check"
        ).fetchall()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    location = tmp_path_factory.mktemp("undisturbed") / "store.db"
    writer = start(location)
    _, errors = writer.communicate()
    assert writer.returncode == 0, errors.decode()
    return content(location)


def test_a_run_killed_again_and_again_ends_as_one_that_was_left_alone(
    tmp_path: Path, undisturbed: list[object]
) -> None:
    location = tmp_path / "store.db"
    chance = random.Random(7)
    states: list[RunState] = []
    while RunState.FINISHED not in states:
        writer = start(location)
        assert writer.stdout is not None
        # Half of the kills come at any moment since the start, the others in the middle of the batches.
        if chance.random() < 0.5:
            time.sleep(chance.uniform(0.0, 0.25))
        else:
            for _ in range(chance.randrange(1, 12)):
                writer.stdout.readline()
        writer.kill()
        _, errors = writer.communicate()
        assert writer.returncode in (0, -signal.SIGKILL), errors.decode()
        if location.exists():
            assert problems(location) == []
            with Store.open(location) as store:
                states = [run.state for run in store.runs()]
    assert content(location) == undisturbed
    assert states[0] is RunState.FINISHED
    assert len(states) > 3
    assert set(states[1:]) == {RunState.INTERRUPTED}


def test_a_batch_that_was_reported_is_there_after_the_kill(tmp_path: Path) -> None:
    location = tmp_path / "store.db"
    writer = start(location)
    assert writer.stdout is not None
    reported = sum(int(writer.stdout.readline()) for _ in range(7))
    writer.kill()
    reported += sum(map(int, writer.communicate()[0].split()))
    with Store.open(location) as store:
        assert store.documents()[0].pairs >= reported
