"""The command as a user calls it, in this process, with a store of its own; and a text in two languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from mt.align.usem3 import Usem3Encoder
from mt.cli import report
from mt.cli.align import app

DUTCH = [
    "De burgemeester opende gisteren de nieuwe brug over de Maas.",
    "De bouw duurde drie jaar en kostte 48 miljoen euro.",
    "Fietsers kunnen nu veilig naar de overkant.",
    "Volgens de wethouder wordt het verkeer in de binnenstad rustiger.",
    "In 2031 volgt een tweede brug bij het station.",
]
ENGLISH = [
    "The mayor opened the new bridge over the Meuse yesterday.",
    "Construction took three years and cost 48 million euros.",
    "Cyclists can now reach the other side safely.",
    "According to the alderman, traffic in the city centre will become quieter.",
    "In 2031 a second bridge will follow near the station.",
]


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """Call `mt align` with arguments."""

    def run(*arguments: str | Path) -> Ended:
        words = [*map(str, arguments)]
        if "--lines" not in words and "--words" not in words:
            words += ["--store", str(tmp_path / "store.db")]
        command = typer.main.get_command(app)
        capfd.readouterr()
        code = report.run(lambda: command.main(words, prog_name="mt align", standalone_mode=False))
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """An article in Dutch and in English."""
    paths = tmp_path / "artikel.nl.txt", tmp_path / "artikel.en.txt"
    for path, sentences in zip(paths, (DUTCH, ENGLISH), strict=True):
        path.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    return paths


@pytest.fixture(scope="session")
def encoder() -> Usem3Encoder:
    """The sentence encoder."""
    return Usem3Encoder()
