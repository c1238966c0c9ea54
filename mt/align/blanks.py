"""Segments without text: they are left out of the search and put back into its beads."""

from __future__ import annotations

from collections.abc import Sequence

from mt.data import Bead


def written(texts: Sequence[str]) -> list[int]:
    """Indices of the segments that have text."""
    return [index for index, text in enumerate(texts) if text.strip()]


def with_blanks(
    beads: Sequence[Bead], source: Sequence[int], target: Sequence[int], sizes: tuple[int, int]
) -> list[Bead]:
    """Beads over all segments from beads over those that have text.

    A segment without text is left out for certain; one inside a bead belongs to it.

    Args:
        beads: over the segments with text, in order.
        source, target: the indices of those segments among all.
        sizes: how many segments both sides have in all.
    """
    found: list[Bead] = []
    i = j = 0
    for bead in beads:
        left, right = _stretch(bead.source, source), _stretch(bead.target, target)
        found += _left_out(range(i, left.start if left else i), range(j, right.start if right else j))
        found.append(Bead(tuple(left), tuple(right), bead.score))
        i, j = left.stop if left else i, right.stop if right else j
    return found + _left_out(range(i, sizes[0]), range(j, sizes[1]))


def _stretch(indices: Sequence[int], places: Sequence[int]) -> range:
    return range(places[indices[0]], places[indices[-1]] + 1) if indices else range(0)


def _left_out(source: Sequence[int], target: Sequence[int]) -> list[Bead]:
    return [Bead((i,), (), 1.0) for i in source] + [Bead((), (j,), 1.0) for j in target]
