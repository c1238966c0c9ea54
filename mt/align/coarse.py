"""A narrow band around a coarse alignment, so that time and memory are linear in the documents.

As in Thompson and Koehn (2019), "Vecalign: Improved Sentence Alignment in Linear Time and Space".
"""

from __future__ import annotations

import numpy as np

from mt.align.band import Band, full_band
from mt.align.search import Scores, viterbi
from mt.align.vectors import Doubles, Floats, Integers, cosines, unit_rows

FULL_CELLS = 512 * 512
"""Documents whose product of segments is below need no band."""

COARSEST = 16
COARSEST_CELLS = 128 * 128
"""The averaging stops where one side has so few rows, or both together so few cells."""

RADIUS = 10
BLIND_RADIUS = 50
"""Cells to both sides of a path that was found on vectors, and of one that lengths alone suggest."""

AIMLESS_STEP = 0.01
"""What the coarse search gives for joining two things that are not alike."""


def coarse_band(source: Floats, target: Floats, radius: int = RADIUS) -> Band:
    """A band around the best path that is found on averaged neighbours and refined level by level.

    Args:
        source, target: one row for each segment, rows of norm 1 or 0, float32 ``[n, d]`` and ``[m, d]``.
        radius: cells to both sides of the coarser path.
    """
    if len(source) * len(target) <= FULL_CELLS:
        return full_band(len(source), len(target))
    return _band_around(_coarse_path(source, target), len(source), len(target), radius)


def diagonal_band(source: Doubles, target: Doubles) -> Band:
    """A band around the path that keeps to the same share of the characters on both sides.

    Args:
        source, target: characters before each boundary, ``[n + 1]`` and ``[m + 1]``.
    """
    n, m = len(source) - 1, len(target) - 1
    if n * m <= FULL_CELLS:
        return full_band(n, m)
    shares = source / max(source[-1], 1.0) * max(target[-1], 1.0)
    columns = np.searchsorted(target, shares).clip(0, m)
    columns[0], columns[-1] = 0, m
    return _band_around(np.stack([np.arange(n + 1), columns], axis=1), n, m, BLIND_RADIUS)


def _coarse_path(source: Floats, target: Floats) -> Integers:
    """Boundaries of the coarse alignment as pairs, from ``(0, 0)`` to ``(n, m)``."""
    n, m = len(source), len(target)
    if min(n, m) <= COARSEST or n * m <= COARSEST_CELLS:
        band = full_band(n, m)
    else:
        half = np.minimum(_coarse_path(_halve(source), _halve(target)) * 2, [n, m])
        half[-1] = (n, m)
        band = _band_around(half, n, m, RADIUS)
    return _simple_path(source, target, band)


def _halve(vectors: Floats) -> Floats:
    """Means of neighbouring rows, two by two, scaled to norm 1."""
    if len(vectors) % 2:
        vectors = np.concatenate([vectors, np.zeros_like(vectors[:1])])
    return unit_rows(vectors[0::2] + vectors[1::2])


def _band_around(path: Integers, n: int, m: int, radius: int) -> Band:
    """The cells within ``radius`` of a monotone path, every row overlapping the next one."""
    low = np.full(n + 1, m, dtype=np.int64)
    high = np.zeros(n + 1, dtype=np.int64)
    rows, columns = path[:, 0], path[:, 1]
    np.minimum.at(low, rows, columns)
    np.maximum.at(high, rows, columns)
    known = np.unique(rows)
    low = np.floor(np.interp(np.arange(n + 1), known, low[known])).astype(np.int64)
    high = np.ceil(np.interp(np.arange(n + 1), known, high[known])).astype(np.int64)
    window = np.arange(n + 1)
    low = low[np.maximum(window - radius, 0)] - radius
    high = high[np.minimum(window + radius, n)] + radius
    low, high = np.clip(low, 0, m), np.clip(high, 0, m)
    low[0], high[n] = 0, m
    return Band(low, high)


def _simple_path(source: Floats, target: Floats, band: Band) -> Integers:
    """The best path of 1-1 steps and steps on one side, by cosine above the mean cosine.

    A joining step is never worse than leaving both out: where nothing is alike the path runs diagonally.
    """
    floor = float(source.mean(axis=0) @ target.mean(axis=0))
    gains = np.full((1, band.cells), -np.inf, dtype=np.float32)
    for start, stop in band.blocks():
        rows, columns = band.positions(start, stop)
        fits = (rows > 0) & (columns > 0)
        inside = np.full(len(rows), -np.inf, dtype=np.float32)
        likeness = cosines(source, target, rows[fits] - 1, columns[fits] - 1) - floor
        inside[fits] = np.maximum(likeness, AIMLESS_STEP)
        gains[0, band.offset[start] : band.offset[stop]] = inside
    zeros = np.zeros(len(source)), np.zeros(len(target))
    steps = viterbi(Scores(gains, *zeros), band, ((1, 1),))
    ends = [(0, 0)] + [(end, stop) for _, end, _, stop in steps]
    return np.array(ends, dtype=np.int64)
