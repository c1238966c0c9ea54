"""The program as a user calls it, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Mt = Callable[..., "subprocess.CompletedProcess[str]"]

CASES = json.loads((Path(__file__).parents[1] / "cases" / "evaluate.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def parallel() -> dict[str, list[str]]:
    """Two systems and two references, line by line."""
    streams: dict[str, list[str]] = CASES["parallel"]
    return streams


@pytest.fixture
def folder(tmp_path: Path, parallel: dict[str, list[str]]) -> Path:
    """The streams of ``parallel`` as text files of their names."""
    for name, lines in parallel.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def mt(tmp_path: Path) -> Mt:
    """Call `mt` in the test's folder; `code` is the exit code it must end with."""

    def call(*arguments: str | Path, input: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MT_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
        command = [sys.executable, "-m", "mt", *map(str, arguments)]
        done = subprocess.run(
            command, input=input, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return call
