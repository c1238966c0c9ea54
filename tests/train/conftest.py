"""A recipe whose run takes seconds: a tiny model on a few lines of the corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mt.train.recipe import Architecture, Bitext, Cleaning, Recipe, Training, Validation, Vocabulary


@pytest.fixture(scope="session")
def lines(corpora: Path) -> list[str]:
    """Some pairs of the training split."""
    files = sorted((corpora / "train").glob("science-0*.tsv"))
    return [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if "\t" in line]


@pytest.fixture
def bitext(tmp_path: Path, lines: list[str]) -> Path:
    """A TSV file of 120 pairs."""
    path = tmp_path / "bitext.tsv"
    path.write_text("\n".join(lines[:120]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def development(tmp_path: Path, lines: list[str]) -> Path:
    """A TSV file of 6 other pairs."""
    path = tmp_path / "development.tsv"
    path.write_text("\n".join(lines[120:126]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def recipe(bitext: Path, development: Path) -> Recipe:
    """Eight updates of a model with some ten thousand weights."""
    return Recipe(
        name="tiny-nl-en",
        data=[Bitext(bitext, join=0.5, subwords=1, licence="CC0-1.0")],
        validation=Validation(development, every=4, checkpoint_every=2, average=2),
        cleaning=Cleaning(max_tokens=100),
        vocabulary=Vocabulary(size=420),
        model=Architecture(width=16, feed_forward=32, heads=2, encoder_layers=1, decoder_layers=1),
        training=Training(updates=8, batch_tokens=800, threads=1, devices=["cpu"]),
    )


@pytest.fixture
def changed(recipe: Recipe) -> Callable[..., Recipe]:
    """The recipe with other training settings."""
    return lambda **values: replace(recipe, training=replace(recipe.training, **values))


class Silent:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.losses: list[float] = []

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        self.losses.append(loss)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def listener() -> Silent:
    """A listener that keeps what it hears."""
    return Silent()
