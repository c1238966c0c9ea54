"""Word links of a pair from the similarity of its words in context, their spelling and their positions."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from mt.align import Encoder
from mt.align.encoders import word_vectors
from mt.align.vectors import Floats

Links = set[tuple[int, int]]

POSITION_WEIGHT = 0.8
"""Of the distance from the diagonal, beside cosines; F1 on XL-WA changes by .005 between 0.5 and 1."""

ONE_LINKED = 0.9
"""What a second link costs a word, as in the itermax search of Jalili Sabet et al. (2020)."""

LONGEST = 400
"""Tokens of a side that are compared at once; a longer text is cut into as many parts on both sides."""


def link_words(
    source: Sequence[str], target: Sequence[str], encoder: Encoder | None
) -> list[tuple[int, int]]:
    """See :func:`mt.align.word_links`."""
    if not source or not target:
        return []
    parts = -(-max(len(source), len(target)) // LONGEST)
    rows = [round(k * len(source) / parts) for k in range(parts + 1)]
    columns = [round(k * len(target) / parts) for k in range(parts + 1)]
    links = []
    for k in range(parts):
        left, right = source[rows[k] : rows[k + 1]], target[columns[k] : columns[k + 1]]
        if left and right:
            scores = _meaning(left, right, encoder) + POSITION_WEIGHT * _position(len(left), len(right))
            links += [(rows[k] + i, columns[k] + j) for i, j in _mutual_links(np.float32(0.5) * (scores + 1))]
    return sorted(links)


def _meaning(source: Sequence[str], target: Sequence[str], encoder: Encoder | None) -> Floats:
    """Cosines of the words in context; without an encoder, likeness of spelling."""
    if encoder is not None:
        return np.asarray(word_vectors(encoder, source) @ word_vectors(encoder, target).T)
    return np.array([[_likeness(s.lower(), t.lower()) for t in target] for s in source], dtype=np.float32)


def _likeness(source: str, target: str) -> float:
    """How alike two tokens are written, 0 to 1; a word and a mark are not alike at all."""
    if any(c.isalnum() for c in source) != any(c.isalnum() for c in target):
        return -1.0
    return SequenceMatcher(None, source, target, autojunk=False).ratio() if source != target else 1.0


def _position(n: int, m: int) -> Floats:
    """Minus the distance from the diagonal, 0 to -1."""
    rows = (np.arange(n, dtype=np.float32) + 0.5) / n
    columns = (np.arange(m, dtype=np.float32) + 0.5) / m
    return np.asarray(-np.abs(rows[:, None] - columns[None, :]), dtype=np.float32)


def _mutual_links(scores: Floats) -> Links:
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
