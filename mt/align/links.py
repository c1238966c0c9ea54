"""From a table of scores between two lists of words to links."""

from __future__ import annotations

import numpy as np

from mt.align.vectors import Floats

Links = set[tuple[int, int]]

ONE_LINKED = 0.9
"""What a second link costs a word, as in the itermax search of Jalili Sabet et al. (2020)."""

FARTHEST = 0.3
"""Distance beyond which a word is no farther away."""


def nearness(n: int, m: int) -> Floats:
    """Minus the distance from the diagonal as a share of the text, at most ``FARTHEST``: 0 to -0.3.

    Counter-example to more: ``Gisteren schreef ik`` ends in ``yesterday`` however long the sentence is.
    """
    rows = (np.arange(n, dtype=np.float32) + 0.5) / n
    columns = (np.arange(m, dtype=np.float32) + 0.5) / m
    distance = np.abs(rows[:, None] - columns[None, :])
    return np.asarray(-np.minimum(distance, FARTHEST), dtype=np.float32)


def mutual_links(scores: Floats) -> Links:
    """Pairs that choose each other, then once more among the words that are not both linked."""
    scores = np.clip(scores, 0.0, None)
    links = _mutual(scores)
    rows, columns = np.zeros(scores.shape[0], dtype=bool), np.zeros(scores.shape[1], dtype=bool)
    for i, j in links:
        rows[i] = columns[j] = True
    linked = rows[:, None].astype(np.float32) + columns[None, :]
    rest = scores * np.select([linked == 0, linked == 1], [1.0, ONE_LINKED], 0.0)
    return links | _mutual(np.asarray(rest, dtype=np.float32))


def _mutual(scores: Floats) -> Links:
    """Pairs whose score is above zero and the best of its row and of its column."""
    best = (scores == scores.max(axis=1, keepdims=True)) & (scores == scores.max(axis=0, keepdims=True))
    return {(int(i), int(j)) for i, j in np.argwhere(best & (scores > 0))}
