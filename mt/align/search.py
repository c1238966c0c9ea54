"""The search: a semi-Markov chain of beads in a band around a coarse path, linear in the documents.

The coarse-to-fine band follows Thompson and Koehn (2019), "Vecalign: Improved Sentence Alignment in Linear
Time and Space"; the sums over all alignments are the forward-backward algorithm for semi-Markov chains
(Sarawagi and Cohen 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

Kinds = tuple[tuple[int, int], ...]
Span = tuple[int, int, int, int]

KINDS: Kinds = tuple((a, b) for a in range(1, 5) for b in range(1, 5) if a + b <= 6)
"""Numbers of segments on both sides of the beads that join something, at most four a side."""

FULL_CELLS = 512 * 512
"""Documents whose product of segments is below need no band."""

COARSEST = 16
COARSEST_CELLS = 128 * 128
"""The averaging stops where one side has so few rows, or both together so few cells."""

RADIUS = 10
BLIND_RADIUS = 100
"""Cells to both sides of a path that was found on vectors, and of one that lengths alone suggest."""

AIMLESS_STEP = 0.01
"""What the coarse search gives for joining two things that are not alike."""

BLOCK = 128


@dataclass(frozen=True)
class Band:
    """The cells that the search may visit: row ``i`` holds the target boundaries ``low[i]`` to ``high[i]``.

    A boundary lies before a segment or at the end, so there are ``len(source) + 1`` rows. Cells are
    numbered row by row; ``offset[i]`` is the number of the first cell of row ``i``.
    """

    low: Integers
    high: Integers

    @cached_property
    def offset(self) -> Integers:
        """Number of the first cell of every row, and the number of cells as the last item."""
        return np.concatenate([[0], np.cumsum(self.high - self.low + 1)])

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return int(self.offset[-1])

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[int, int]]:
        """Row ranges ``(start, stop)`` for work that is done many rows at a time."""
        for start in range(0, len(self.low), size):
            yield start, min(start + size, len(self.low))

    def positions(self, start: int, stop: int) -> tuple[Integers, Integers]:
        """Row and target boundary of every cell in the rows ``start`` to ``stop``."""
        counts = (self.high - self.low + 1)[start:stop]
        rows = np.repeat(np.arange(start, stop), counts)
        first = np.repeat(self.offset[start:stop], counts)
        return rows, np.arange(self.offset[start], self.offset[stop]) - first + self.low[rows]


@dataclass(frozen=True)
class Scores:
    """Log-linear scores of every bead that ends in a cell of the band.

    Attributes:
        joined: one row for each of ``KINDS``, one column for each cell; ``-inf`` where a bead does not fit.
        deletion: score of leaving out each source segment.
        insertion: score of leaving out each target segment.
    """

    joined: Floats
    deletion: Doubles
    insertion: Doubles


def full_band(n: int, m: int) -> Band:
    """A band with every cell, for short documents."""
    return Band(np.zeros(n + 1, dtype=np.int64), np.full(n + 1, m, dtype=np.int64))


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


def unit_rows(vectors: NDArray[np.floating]) -> Floats:
    """Rows scaled to norm 1; zero rows and rows that are not finite become zero."""
    vectors = np.nan_to_num(np.asarray(vectors, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 1e-12, norms, np.inf), dtype=np.float32)


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


def cosines(
    source: NDArray[np.floating], target: NDArray[np.floating], rows: Integers, columns: Integers
) -> Floats:
    """Dot products of chosen row pairs, by one matrix product over the ranges that they span."""
    if not len(rows):
        return np.zeros(0, dtype=np.float32)
    first, last = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    product = source[first:last].astype(np.float32) @ target[left:right].astype(np.float32).T
    return np.asarray(product[rows - first, columns - left], dtype=np.float32)


def _moves(scores: Scores, band: Band, kinds: Kinds, i: int) -> Iterator[tuple[int, slice, slice, Floats]]:
    """The joining beads that end in row ``i``: kind, cells they end in, cells they start from, scores.

    Cells are counted from the start of their row.
    """
    low, high = int(band.low[i]), int(band.high[i])
    at = int(band.offset[i])
    for kind, (a, b) in enumerate(kinds):
        if a > i:
            continue
        below = i - a
        first = max(low, int(band.low[below]) + b)
        last = min(high, int(band.high[below]) + b)
        if first > last:
            continue
        here = slice(first - low, last - low + 1)
        start = first - b - int(band.low[below])
        there = slice(start, start + last - first + 1)
        yield kind, here, there, scores.joined[kind, at + here.start : at + here.stop]


def _deletion(band: Band, i: int) -> tuple[slice, slice]:
    """Cells of row ``i`` that lie straight above cells of row ``i - 1``, and those cells."""
    first = max(int(band.low[i]), int(band.low[i - 1]))
    last = min(int(band.high[i]), int(band.high[i - 1]))
    width = max(0, last - first + 1)
    here, there = first - int(band.low[i]), first - int(band.low[i - 1])
    return slice(here, here + width), slice(there, there + width)


def _insertions(scores: Scores, band: Band, i: int) -> Doubles:
    """Sum of the insertion scores from the start of row ``i`` to each of its cells."""
    low, high = int(band.low[i]), int(band.high[i])
    return np.concatenate([[0.0], np.cumsum(scores.insertion[low:high])])


def _forward(
    scores: Scores,
    band: Band,
    kinds: Kinds,
    add: Callable[[Doubles, Doubles], Doubles],
    scan: Callable[[Doubles], Doubles],
) -> tuple[Doubles, Doubles]:
    """Values of the chains that reach every cell: those that may go on with a deletion, and all."""
    joined = np.full(band.cells, -np.inf)
    joined[0] = 0.0
    reached = joined.copy()
    for i in range(len(band.low)):
        row = joined[band.offset[i] : band.offset[i + 1]]
        if i:
            here, there = _deletion(band, i)
            row[here] = joined[band.offset[i - 1] : band.offset[i]][there] + scores.deletion[i - 1]
        for kind, here, there, gains in _moves(scores, band, kinds, i):
            below = reached[band.offset[i - kinds[kind][0]] :]
            row[here] = add(row[here], below[there] + gains)
        sums = _insertions(scores, band, i)
        reached[band.offset[i] : band.offset[i + 1]] = scan(row - sums) + sums
    return joined, reached


def _backward(scores: Scores, band: Band, kinds: Kinds) -> tuple[Doubles, Doubles]:
    """Log sums of the chains that leave every cell: from the state before and after an insertion."""
    ahead = np.full(band.cells, -np.inf)
    inserted = np.full(band.cells, -np.inf)
    inserted[-1] = 0.0
    for i in range(len(band.low) - 1, -1, -1):
        here = slice(int(band.offset[i]), int(band.offset[i + 1]))
        sums = _insertions(scores, band, i)
        row = np.logaddexp.accumulate((inserted[here] + sums)[::-1])[::-1] - sums
        inserted[here] = row
        ahead[here] = np.logaddexp(ahead[here], row)
        if i == 0:
            break
        above, below = _deletion(band, i)
        rest = ahead[here]
        previous = ahead[band.offset[i - 1] : band.offset[i]]
        previous[below] = rest[above] + scores.deletion[i - 1]
        for kind, ends, starts, gains in _moves(scores, band, kinds, i):
            earlier = inserted[int(band.offset[i - kinds[kind][0]]) :]
            earlier[starts] = np.logaddexp(earlier[starts], rest[ends] + gains)
    return ahead, inserted


def viterbi(scores: Scores, band: Band, kinds: Kinds = KINDS) -> list[Span]:
    """The best chain of beads as ``(source start, source end, target start, target end)``."""
    joined, reached = _forward(scores, band, kinds, np.maximum, np.maximum.accumulate)
    i, j = len(band.low) - 1, int(band.high[-1])
    beads: list[Span] = []
    deleted = False
    while i or j:
        a, b = _last_step(scores, band, kinds, (joined, reached), (i, j), deleted)
        deleted = b == 0
        beads.append((i - a, i, j - b, j))
        i, j = i - a, j - b
    return beads[::-1]


def _last_step(
    scores: Scores,
    band: Band,
    kinds: Kinds,
    values: tuple[Doubles, Doubles],
    boundary: tuple[int, int],
    before_deletion: bool,
) -> tuple[int, int]:
    """The last bead of the best chain to a cell; no insertion where a deletion comes next."""
    i, j = boundary
    joined, reached = values
    cell = int(band.offset[i]) + j - int(band.low[i])
    options = [(float(scores.joined[k, cell]), a, b, reached) for k, (a, b) in enumerate(kinds)]
    if i:
        options.append((float(scores.deletion[i - 1]), 1, 0, joined))
    if j and not before_deletion:
        options.append((float(scores.insertion[j - 1]), 0, 1, reached))
    best, step = -np.inf, (1, 0) if i else (0, 1)
    for gain, a, b, table in options:
        below, before = i - a, j - b
        if below < 0 or not band.low[below] <= before <= band.high[below]:
            continue
        value = table[int(band.offset[below]) + before - int(band.low[below])] + gain
        if value > best:
            best, step = value, (a, b)
    return step


def posteriors(chain: Sequence[Span], scores: Scores, band: Band, kinds: Kinds = KINDS) -> Doubles:
    """Probability in 0..1 of each bead of a chain among all chains, by the forward-backward algorithm.

    A bead with one side is the same wherever it stands between its neighbours, so its places are added up.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        joined, reached = _forward(scores, band, kinds, np.logaddexp, np.logaddexp.accumulate)
        ahead, inserted = _backward(scores, band, kinds)
        total = float(reached[-1])
        deletion, insertion = _null_posteriors(scores, band, (joined, reached), (ahead, inserted))
    result = np.zeros(len(chain))
    number = {kind: k for k, kind in enumerate(kinds)}
    for position, (i, k, j, m) in enumerate(chain):
        if i == k:
            result[position] = insertion[j]
        elif j == m:
            result[position] = deletion[i]
        else:
            start = int(band.offset[i]) + j - int(band.low[i])
            end = int(band.offset[k]) + m - int(band.low[k])
            gain = float(scores.joined[number[k - i, m - j], end])
            result[position] = np.exp(min(0.0, reached[start] + gain + ahead[end] - total))
    return np.clip(np.nan_to_num(result), 0.0, 1.0)


def _null_posteriors(
    scores: Scores, band: Band, before: tuple[Doubles, Doubles], after: tuple[Doubles, Doubles]
) -> tuple[Doubles, Doubles]:
    """Probability of leaving out each source and each target segment."""
    (joined, reached), (ahead, inserted) = before, after
    total = float(reached[-1])
    deletion, insertion = np.zeros(len(scores.deletion)), np.zeros(len(scores.insertion))
    for i in range(len(band.low)):
        here = slice(int(band.offset[i]), int(band.offset[i + 1]))
        columns = slice(int(band.low[i]), int(band.high[i]))
        stays = reached[here][:-1] + inserted[here][1:] - total
        insertion[columns] += np.exp(stays + scores.insertion[columns])
        if i:
            above, below = _deletion(band, i)
            earlier = joined[band.offset[i - 1] : band.offset[i]][below]
            deletion[i - 1] = np.exp(earlier + ahead[here][above] + scores.deletion[i - 1] - total).sum()
    return deletion, insertion
