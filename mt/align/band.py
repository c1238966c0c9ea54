"""The cells that a search may visit, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mt.align.vectors import Integers

BLOCK = 128
"""Rows whose beads are compared at once."""


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


def full_band(n: int, m: int) -> Band:
    """A band with every cell, for short documents."""
    return Band(np.zeros(n + 1, dtype=np.int64), np.full(n + 1, m, dtype=np.int64))
