"""Word links of a pair from the similarity of its words in context, their spelling and their positions."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from mt.align import Encoder
from mt.align.encoders import word_vectors
from mt.align.links import mutual_links, nearness
from mt.align.vectors import Floats

POSITION_WEIGHT = 0.8
"""Of the distance from the diagonal, beside cosines; F1 on XL-WA changes by .005 between 0.5 and 1."""

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
            scores = _meaning(left, right, encoder) + POSITION_WEIGHT * nearness(len(left), len(right))
            links += [(rows[k] + i, columns[k] + j) for i, j in mutual_links(np.float32(0.5) * (scores + 1))]
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
