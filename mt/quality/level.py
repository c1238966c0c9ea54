"""How surprising a token is for an engine that translates well or badly: log-probabilities become comparable.

A rough model gives the tokens of a right translation -2.4 on the average, a good one -0.8, and one that has read
the text in training less than either. So each token is placed among the tokens of right translations that the
same engine was shown: its surprise is minus the logarithm of the share that are as unlikely or more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from operator import neg
from typing import NamedTuple

REFERENCE_LANGS = ("nl", "en")
"""Of the reference pairs."""

STEP = 0.25
"""Distance of the surprises at which a level is noted."""

HIGHEST = 14.0
"""Most surprise of one token."""

SLOPE_STEPS = 6
"""Last notes through which the line goes beyond them."""


STEEPEST = 0.5
"""Least fall of the log-probabilities over those notes: an engine that is always sure says little by it."""


class Level(NamedTuple):
    """What an engine thinks of the tokens of right translations.

    Attributes:
        words: the log-probabilities with a surprise of 0, STEP, 2 STEP ... among tokens, falling.
        ends: the same among the ``</s>`` of the translations.
    """

    words: tuple[float, ...]
    ends: tuple[float, ...]

    def surprises(self, log_probs: Sequence[float]) -> tuple[float, ...]:
        """Surprise of every token, at least 0; of a right translation 1 on the average.

        Args:
            log_probs: natural log-probabilities of a target's tokens, ``</s>`` last.
        """
        *words, end = log_probs
        return (*(_placed(value, self.words) for value in words), _placed(end, self.ends))


def _placed(value: float, notes: tuple[float, ...]) -> float:
    """Surprise by linear interpolation between the notes, and along their last slope beyond them."""
    at = bisect_right(notes, -value, key=neg)
    if at == 0:
        return 0.0
    if at < len(notes):
        return STEP * (at - 1 + (notes[at - 1] - value) / (notes[at - 1] - notes[at]))
    steps = min(SLOPE_STEPS, len(notes) - 1)
    fall = max(notes[-1 - steps] - notes[-1], STEEPEST)
    return min(HIGHEST, STEP * (len(notes) - 1 + (notes[-1] - value) * steps / fall))


def measure_level(scored: Iterable[Sequence[float]]) -> Level:
    """The level of an engine.

    Args:
        scored: log-probabilities of the tokens of right translations, ``</s>`` last in each.
    """
    kept = [list(values) for values in scored if len(values) > 1]
    return Level(
        _notes([value for values in kept for value in values[:-1]]), _notes([values[-1] for values in kept])
    )


def _notes(values: Sequence[float]) -> tuple[float, ...]:
    """Log-probabilities that a falling share of the values lie below, down to a few values."""
    import numpy as np

    deepest = max(np.log(len(values) / 3), 4 * STEP)
    shares = np.exp(-np.arange(0.0, deepest, STEP))
    return tuple(round(float(note), 4) for note in np.quantile(values, shares))


@cache
def reference() -> tuple[tuple[str, str], ...]:
    """Right pairs, Dutch and English, that were written for this and that no model should be trained on."""
    text = files("mt.quality").joinpath("data/reference.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return tuple((source, target) for source, target in rows)
