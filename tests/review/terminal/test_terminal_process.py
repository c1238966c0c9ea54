"""The program in a terminal of its own: it starts, draws, saves, is killed, and refuses what is no terminal."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mt.data import Document, Pair, QualityScore
from mt.store import PairRow, Status, Store
from tests.review.terminal.pty_screen import ROOT, Terminal
from tests.serve.samples import fill

QUICK = {"MT_ENGINE": "echo"}
"""No model is loaded for judging where nothing is edited."""


@pytest.fixture
def location(tmp_path: Path) -> Path:
    """A store with two hundred pairs of one document."""
    path = tmp_path / "store.db"
    with Store.open(path) as store:
        document = store.put_document(Document("", "nl", "x", name="veel.txt"), "en", kind="bitext")
        rows = [
            PairRow(n, Pair(f"Zin {n}.", f"Sentence {n}.", score=QualityScore(n / 200, "m")))
            for n in range(200)
        ]
        store.add_pairs(document, rows)
    return path


def told(screen: Terminal) -> set[int]:
    """The positions of the pairs whose acceptance was shown as saved."""
    return {int(number) - 1 for number in re.findall(r"Saved: accepted, pair (\d+)\.", screen.text())}


def test_a_review_begins_decides_and_ends_in_a_real_terminal(location: Path) -> None:
    screen = Terminal(["review", "--store", str(location), "--reviewer", "anna"], environment=QUICK)
    screen.wait_for(r"pair 1/200 ")
    time.sleep(0.5)  # A key right after a new pair came up does not count.
    place = screen.press("a")
    screen.wait_for(r"Saved: accepted, pair 1\.", place)
    screen.press("q")
    assert screen.close() == 0
    assert "1 decision saved in" in screen.text()
    with Store.open(location) as store:
        assert [one.status for one in store.pairs(store.documents()[0].id)][:2] == ["accepted", "open"]


@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_loses_no_verdict_that_was_shown_as_saved(location: Path, kills: int) -> None:
    chance = random.Random(kills)
    shown: set[int] = set()
    for _ in range(kills):
        screen = Terminal(["review", "--store", str(location), "--reviewer", "anna"], environment=QUICK)
        screen.wait_for(r"pair \d+/200 ")
        before = len(shown)
        deadline = time.monotonic() + chance.uniform(0.5, 3.0)
        while time.monotonic() < deadline or len(shown | told(screen)) == before:
            screen.press("a")
            time.sleep(chance.uniform(0.01, 0.2))
        screen.kill()
        shown |= told(screen)
    with Store.open(location) as store:
        pairs = list(store.pairs(store.documents()[0].id))
        accepted = {one.position for one in pairs if one.status is Status.ACCEPTED}
        histories = store.reviews([one.id for one in pairs])
    assert len(shown) >= kills
    assert shown <= accepted
    assert all(len(rows) == 1 for rows in histories.values())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_shows_the_whole_screen_at_80_by_24_without_colours(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with Store.open(store) as opened:
        fill(opened)
    tmux = ["tmux", "-L", f"mt-test-{tmp_path.name}", "-f", "/dev/null"]
    program = f"cd {ROOT}; NO_COLOR=1 {sys.executable} -m mt review --store {store} --reviewer anna; sleep 60"
    subprocess.run([*tmux, "new-session", "-d", "-s", "r", "-x", "80", "-y", "24", program], check=True)

    def pane() -> str:
        return subprocess.run(
            [*tmux, "capture-pane", "-p", "-t", "r"], capture_output=True, text=True, check=True
        ).stdout

    def wait_for(*texts: str) -> str:
        deadline = time.monotonic() + 200
        while not all(text in (seen := pane()) for text in texts):
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
        return seen

    try:
        seen = wait_for("7 left  anna", "pair 2/7", "leaves at 9.13¹.", "a accept  e edit").splitlines()
        assert len(seen) == 24
        assert " De trein naar Utrecht vertrekt om     │ The train to Utrecht leaves at 9.13¹." in seen
        assert seen[23].startswith(" a accept  e edit  r reject")
        time.sleep(0.5)  # A key right after a new pair came up does not count.
        subprocess.run([*tmux, "send-keys", "-t", "r", "a"], check=True)
        assert "│ He wrote <script>" in wait_for("Saved: accepted, pair 2.")
        subprocess.run([*tmux, "send-keys", "-t", "r", "q"], check=True)
        wait_for("1 decision saved")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
