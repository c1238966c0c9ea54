"""Bitext to a model: preparation, pieces, training, validation, export; and a model that learns from reviews.

result = train(read_recipe(Path("configs/train/starter.toml")), Path("runs/starter"))
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mt.data import MetricScore

if TYPE_CHECKING:
    from mt.train.bitext import Quality
    from mt.train.recipe import Recipe
    from mt.train.trainer import Listener


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run made.

    Attributes:
        model: folder in Hugging Face layout, with its card.
        chosen: which weights were kept, in words.
        stopped: why it ended early, or empty.
        development: BLEU and chrF2++ on the development set.
        tests: the same on each test set, by name.
    """

    model: Path
    chosen: str
    stopped: str
    development: tuple[MetricScore, ...]
    tests: dict[str, tuple[MetricScore, ...]]


def read_recipe(path: Path) -> Recipe:
    """Read and check a training recipe; see :func:`mt.train.recipe.read_recipe`."""
    from mt.train.recipe import read_recipe as run

    return run(path)


def train(
    recipe: Recipe, folder: Path, *, quality: Quality | None = None, listener: Listener | None = None
) -> Trained:
    """Train a model, or go on where an earlier call with the same recipe and folder was interrupted.

    The same recipe gives the same weights on one device, whether it was interrupted or not.

    Args:
        recipe: what to do.
        folder: of the run: data, checkpoints, metrics and in the end ``model/``.
        quality: scores pairs where the recipe sets ``cleaning.min_quality``; the default is mt.quality's score.
        listener: hears of progress.

    Raises:
        UsageError: the folder holds a run of another recipe, a device is not there, nothing is left to train
            on.
        FormatError: bitext that cannot be read.
        EngineError: the loss is no number any more, or the disk is full; the message names the last good
            checkpoint.
    """
    from mt.train.run import train as run

    return run(recipe, folder, quality, listener)
