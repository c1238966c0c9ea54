"""The search: chains of beads with the highest score, and the sum over all chains.

A semi-Markov chain (Sarawagi and Cohen 2004) whose beads either join segments or leave one out. Leaving out
several in a row costs its opening once, as gaps do in the alignment of sequences (Gotoh 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mt.align.band import Band
from mt.align.vectors import Doubles, Floats

Kinds = tuple[tuple[int, int], ...]
Span = tuple[int, int, int, int]
"""A bead as ``(source start, source end, target start, target end)``."""

KINDS: Kinds = tuple((a, b) for a in range(1, 5) for b in range(1, 5) if a + b <= 6)
"""Numbers of segments on both sides of the beads that join something, at most four a side."""


@dataclass(frozen=True)
class Scores:
    """Log-linear scores of every bead that ends in a cell of the band.

    Attributes:
        joined: one row for each kind, one column for each cell; ``-inf`` where a bead does not fit.
        deletion: score of leaving out each source segment.
        insertion: score of leaving out each target segment.
        opening: added where a run of deletions or of insertions begins.
    """

    joined: Floats
    deletion: Doubles
    insertion: Doubles
    opening: float = 0.0


@dataclass(frozen=True)
class Reached:
    """For every cell the value of the chains that reach it, by the kind of their last bead.

    Attributes:
        joined: it joins segments, or there is none yet.
        deleted: it leaves out a source segment; then no insertion came before, so that every set of beads is
            one chain only.
        inserted: it leaves out a target segment.
        all: any of these.
    """

    joined: Doubles
    deleted: Doubles
    inserted: Doubles
    all: Doubles


@dataclass(frozen=True)
class Ahead:
    """For every cell the log sum of the chains that go on from it, by what came before."""

    joined: Doubles
    deleted: Doubles
    inserted: Doubles


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
) -> Reached:
    """Maxima or log sums over the chains that reach every cell."""
    tables = [np.full(band.cells, -np.inf) for _ in range(4)]
    joined, deleted, inserted, reached = tables
    joined[0] = 0.0
    for i in range(len(band.low)):
        row = slice(int(band.offset[i]), int(band.offset[i + 1]))
        if i:
            here, there = _deletion(band, i)
            above = slice(int(band.offset[i - 1]), int(band.offset[i]))
            opened = joined[above][there] + scores.opening
            deleted[row][here] = add(opened, deleted[above][there]) + scores.deletion[i - 1]
        for kind, here, there, gains in _moves(scores, band, kinds, i):
            start = reached[band.offset[i - kinds[kind][0]] :][there]
            cells = joined[row]
            cells[here] = add(cells[here], start + gains)
        sums = _insertions(scores, band, i)
        before = add(joined[row], deleted[row])
        inserted[row][1:] = scan(before - sums)[:-1] + sums[1:] + scores.opening
        reached[row] = add(before, inserted[row])
    return Reached(joined, deleted, inserted, reached)


def _backward(scores: Scores, band: Band, kinds: Kinds) -> Ahead:
    """Log sums over the chains that go on from every cell."""
    joining = np.full(band.cells, -np.inf)
    joining[-1] = 0.0
    deleting = np.full(band.cells, -np.inf)
    tables = [np.full(band.cells, -np.inf) for _ in range(3)]
    joined, deleted, inserted = tables
    for i in range(len(band.low) - 1, -1, -1):
        row = slice(int(band.offset[i]), int(band.offset[i + 1]))
        sums = _insertions(scores, band, i)
        inserted[row] = np.logaddexp.accumulate((joining[row] + sums)[::-1])[::-1] - sums
        rest = joining[row].copy()
        opened = inserted[row][1:] + np.diff(sums) + scores.opening
        rest[:-1] = np.logaddexp(rest[:-1], opened)
        deleted[row] = np.logaddexp(rest, deleting[row])
        joined[row] = np.logaddexp(rest, deleting[row] + scores.opening)
        if i:
            here, there = _deletion(band, i)
            above = deleting[band.offset[i - 1] : band.offset[i]]
            above[there] = deleted[row][here] + scores.deletion[i - 1]
        for kind, here, there, gains in _moves(scores, band, kinds, i):
            start = joining[int(band.offset[i - kinds[kind][0]]) :]
            start[there] = np.logaddexp(start[there], joined[row][here] + gains)
    return Ahead(joined, deleted, inserted)


def viterbi(scores: Scores, band: Band, kinds: Kinds = KINDS) -> list[Span]:
    """The best chain of beads."""
    with np.errstate(invalid="ignore"):
        values = _forward(scores, band, kinds, np.maximum, np.maximum.accumulate)
    i, j = len(band.low) - 1, int(band.high[-1])
    beads: list[Span] = []
    state = _best_state(values, band, i, j, 0.0)
    while i or j:
        if state == "joined":
            a, b = _best_joint(scores, band, kinds, values, (i, j))
        else:
            a, b = (1, 0) if state == "deleted" else (0, 1)
        beads.append((i - a, i, j - b, j))
        i, j = i - a, j - b
        state = _state_before(state, scores, values, band, (i, j))
    return beads[::-1]


def _cell(band: Band, i: int, j: int) -> int | None:
    """Number of the cell of two boundaries, or None outside the band."""
    if i < 0 or not band.low[i] <= j <= band.high[i]:
        return None
    return int(band.offset[i]) + j - int(band.low[i])


def _best_state(values: Reached, band: Band, i: int, j: int, opening: float, same: str = "") -> str:
    """The kind of the last bead of the best chain to a cell; another one than ``same`` pays the opening."""
    cell = _cell(band, i, j)
    assert cell is not None
    options = {"joined": values.joined, "deleted": values.deleted, "inserted": values.inserted}
    if same == "deleted":
        del options["inserted"]
    return max(options, key=lambda name: float(options[name][cell]) + (0.0 if name == same else opening))


def _state_before(state: str, scores: Scores, values: Reached, band: Band, at: tuple[int, int]) -> str:
    """The state in which the best chain stood before a bead of the given kind."""
    if state == "joined":
        return _best_state(values, band, *at, 0.0)
    return _best_state(values, band, *at, scores.opening, state)


def _best_joint(
    scores: Scores, band: Band, kinds: Kinds, values: Reached, at: tuple[int, int]
) -> tuple[int, int]:
    """The kind of the joining bead at the end of the best chain to a cell that ends with one."""
    cell = _cell(band, *at)
    best, step = -np.inf, kinds[0]
    for k, (a, b) in enumerate(kinds):
        start = _cell(band, at[0] - a, at[1] - b)
        if start is not None and (value := values.all[start] + scores.joined[k, cell]) > best:
            best, step = value, (a, b)
    return step


def posteriors(chain: Sequence[Span], scores: Scores, band: Band, kinds: Kinds = KINDS) -> Doubles:
    """Probability in 0..1 of each bead of a chain among all chains, by the forward-backward algorithm.

    A bead with one side is the same wherever it stands between its neighbours, so its places are added up.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        reached = _forward(scores, band, kinds, np.logaddexp, np.logaddexp.accumulate)
        ahead = _backward(scores, band, kinds)
        total = float(reached.all[-1])
        deletion, insertion = _null_posteriors(scores, band, reached, ahead)
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
            result[position] = np.exp(min(0.0, reached.all[start] + gain + ahead.joined[end] - total))
    return np.clip(np.nan_to_num(result), 0.0, 1.0)


def _null_posteriors(scores: Scores, band: Band, reached: Reached, ahead: Ahead) -> tuple[Doubles, Doubles]:
    """Probability of leaving out each source and each target segment."""
    total = float(reached.all[-1])
    deletion, insertion = np.zeros(len(scores.deletion)), np.zeros(len(scores.insertion))
    fresh = np.logaddexp(reached.joined, reached.deleted) + scores.opening
    inserting = np.logaddexp(fresh, reached.inserted)
    deleting = np.logaddexp(reached.joined + scores.opening, reached.deleted)
    for i in range(len(band.low)):
        row = slice(int(band.offset[i]), int(band.offset[i + 1]))
        columns = slice(int(band.low[i]), int(band.high[i]))
        passing = inserting[row][:-1] + ahead.inserted[row][1:] + scores.insertion[columns] - total
        insertion[columns] += np.exp(passing)
        if i:
            here, there = _deletion(band, i)
            before = deleting[band.offset[i - 1] : band.offset[i]][there]
            deletion[i - 1] = np.exp(before + ahead.deleted[row][here] + scores.deletion[i - 1] - total).sum()
    return deletion, insertion
