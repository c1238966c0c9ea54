"""Stretches that stand elsewhere in the other text: an alignment goes in order, so it cannot hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mt.align.encoders import Levels
from mt.align.vectors import Floats, unit_rows
from mt.data import Bead

CLOSE = 0.5
"""Distance, as a share of that between unrelated segments, below which two left-out segments are translations."""

NEAR = 0.65
"""The same for a segment whose neighbour is that close: in a paragraph that moved every sentence moved."""

MOST = 4000
"""Left-out segments of a side that are compared; beyond that two texts are strangers, not reordered."""

DOUBTFUL = 0.6
"""Probability of a bead below which its segments may belong elsewhere."""

SHORTEST = 4
"""Words that a single segment needs to count; short ones resemble each other by chance."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A stretch of the source whose translation stands elsewhere in the target.

    Attributes:
        source, target: indices ``(start, end)``, half open.
        similarity: mean cosine of the segments that match, -1..1.
    """

    source: tuple[int, int]
    target: tuple[int, int]
    similarity: float

    def among(self, source: Sequence[int], target: Sequence[int]) -> Moved:
        """The same stretch with the indices that its segments have among all."""
        (a, b), (c, d) = self.source, self.target
        return Moved((source[a], source[b - 1] + 1), (target[c], target[d - 1] + 1), self.similarity)


def find_moved(
    beads: Sequence[Bead], texts: tuple[Sequence[str], Sequence[str]], vectors: tuple[Levels, Levels]
) -> tuple[Moved, ...]:
    """Source segments without a sure place that match such target segments elsewhere, joined to stretches.

    Args:
        beads: of the alignment.
        texts: segments of both sides.
        vectors: of the runs of both sides; only single segments are used.
    """
    left, right = (
        _loose(beads, [bead.source for bead in beads]),
        _loose(beads, [bead.target for bead in beads]),
    )
    if not left or not right:
        return ()
    source, target = unit_rows(vectors[0][0]), unit_rows(vectors[1][0])
    usual = 1.0 - float(source.mean(axis=0) @ target.mean(axis=0))
    cosines = source[list(left)] @ target[list(right)].T
    rows, columns = list(left.items()), list(right.items())
    pairs = [
        (rows[i][0], columns[j][0], float(cosines[i, j]))
        for i, j in _mutual(cosines)
        if 1.0 - cosines[i, j] < NEAR * usual and rows[i][1] != columns[j][1]
    ]
    return tuple(
        Moved((run[0][0], run[-1][0] + 1), (run[0][1], run[-1][1] + 1), sum(c for *_, c in run) / len(run))
        for run in _runs(pairs)
        if any(1.0 - cosine < CLOSE * usual for *_, cosine in run)
        and (len(run) > 1 or len(texts[0][run[0][0]].split()) >= SHORTEST)
    )


def _loose(beads: Sequence[Bead], sides: Sequence[tuple[int, ...]]) -> dict[int, int]:
    """Segments of one side that were left out or are in a doubtful bead, with the sure beads before them."""
    found: dict[int, int] = {}
    sure = 0
    for bead, side in zip(beads, sides, strict=True):
        if bead.source and bead.target and bead.score >= DOUBTFUL:
            sure += 1
        elif len(found) < MOST:
            found |= dict.fromkeys(side, sure)
    return found


def _mutual(cosines: Floats) -> list[tuple[int, int]]:
    """Pairs that choose each other."""
    rows, columns = cosines.argmax(axis=1), cosines.argmax(axis=0)
    return [(i, int(j)) for i, j in enumerate(rows) if columns[j] == i]


def _runs(pairs: Sequence[tuple[int, int, float]]) -> list[list[tuple[int, int, float]]]:
    """Neighbouring pairs that go on in order on both sides, with at most one segment between."""
    runs: list[list[tuple[int, int, float]]] = []
    for pair in sorted(pairs):
        if runs and 1 <= pair[0] - runs[-1][-1][0] <= 2 and 1 <= pair[1] - runs[-1][-1][1] <= 2:
            runs[-1].append(pair)
        else:
            runs.append([pair])
    return runs
