"""A folder appears whole or not at all, also when its maker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mt.engines.storage import building, locked, remove_unfinished

HOLD = (
    "import sys, time; from pathlib import Path; from mt.engines.storage import building\n"
    "with building(Path(sys.argv[1])) as folder:\n"
    "    (folder / 'half').write_text('made')\n"
    "    print('building', flush=True)\n"
    "    time.sleep(60)\n"
)


def builder(final: Path) -> subprocess.Popen[str]:
    """A process that is in the middle of building."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(final)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    return process


def test_the_folder_appears_at_the_end_with_everything_in_it(tmp_path: Path) -> None:
    with building(tmp_path / "model") as folder:
        (folder / "weights").write_text("all")
        assert not (tmp_path / "model").exists()
    assert (tmp_path / "model" / "weights").read_text() == "all"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def interrupted(final: Path) -> None:
    with building(final) as folder:
        (folder / "weights").write_text("half")
        raise ZeroDivisionError


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        interrupted(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_away_at_the_next_call(tmp_path: Path) -> None:
    process = builder(tmp_path / "model")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert any(tmp_path.iterdir())
    remove_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_builds_stays(tmp_path: Path) -> None:
    process = builder(tmp_path / "model")
    try:
        remove_unfinished(tmp_path)
        assert [path.read_text() for path in tmp_path.glob("*/half")] == ["made"]
    finally:
        process.kill()
        process.wait()


def test_the_first_of_two_builders_wins_and_the_second_does_not_fail(tmp_path: Path) -> None:
    with building(tmp_path / "model") as slow:
        (slow / "who").write_text("second")
        with building(tmp_path / "model") as quick:
            (quick / "who").write_text("first")
    assert (tmp_path / "model" / "who").read_text() == "first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_lock_is_held_by_one_and_free_after_its_holder_is_gone(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(BlockingIOError), locked(tmp_path / "lock", wait=False):
        pass
    code = "import sys, os; from pathlib import Path; from mt.engines.storage import locked\n"
    code += "with locked(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=False).returncode == -9
    with locked(tmp_path / "lock", wait=False):
        assert os.path.exists(tmp_path / "lock")  # noqa: PTH110
