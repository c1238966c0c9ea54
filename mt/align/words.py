"""Word links of a pair from similarities of words and their positions."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from mt.align import Encoder


def link_words(
    source: Sequence[str], target: Sequence[str], encoder: Encoder | None
) -> list[tuple[int, int]]:
    """Links where two tokens choose each other by similarity and position."""
    if not source or not target:
        return []
    scores = _position(len(source), len(target)) + _spelling(source, target)
    if encoder is not None:
        scores = scores + 2.0 * np.asarray(encoder.encode(source) @ encoder.encode(target).T)
    forward = scores == scores.max(axis=1, keepdims=True)
    backward = scores == scores.max(axis=0, keepdims=True)
    return [(int(i), int(j)) for i, j in np.argwhere(forward & backward)]


def _position(n: int, m: int) -> NDArray[np.float64]:
    """Minus the distance from the diagonal, 0 to -1."""
    rows = (np.arange(n) + 0.5) / n
    columns = (np.arange(m) + 0.5) / m
    return -np.abs(rows[:, None] - columns[None, :])


def _spelling(source: Sequence[str], target: Sequence[str]) -> NDArray[np.float64]:
    """How alike two tokens are written, 0 to 1."""
    return np.array(
        [
            [SequenceMatcher(None, s.lower(), t.lower(), autojunk=False).ratio() for t in target]
            for s in source
        ]
    )
