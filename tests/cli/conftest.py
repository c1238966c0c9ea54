"""The program as a user calls it: a process of its own, with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Mt = Callable[..., "subprocess.CompletedProcess[bytes]"]

ARTICLE = """Minister opent nieuwe brug

- 20 september 2023
- 10:57 uur

De minister heeft vandaag een nieuwe brug geopend. De bouw duurde 3 jaar en kostte 1.200 euro.
„Wij zijn trots”, zei zij.

Meer informatie staat op https://www.voorbeeld.nl/brug.
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where this test's store and models are."""
    return tmp_path / "home"


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment of the program; converted models are shared by all tests of a run."""
    return {**os.environ, "MT_HOME": str(home), "COLUMNS": "200"}


@pytest.fixture
def mt(environment: dict[str, str], tmp_path: Path) -> Mt:
    """Call `mt` with arguments; `input` is stdin as bytes, `code` the exit code it must end with."""

    def call(*arguments: str | Path, input: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "mt", *map(str, arguments)]
        done = subprocess.run(
            command, input=input, capture_output=True, env=environment, cwd=tmp_path, timeout=240, check=False
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    return call


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """A short article in Dutch."""
    path = tmp_path / "artikel.nl.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path
