"""Vectors of runs of segments: what a bead's side looks like to a signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mt.align.search import unit_rows

Levels = list[NDArray[np.float16]]
"""Item ``a - 1`` holds, float16 ``[n, d]``, in row ``i`` the vector of the segments ``i`` to ``i + a - 1``.

Runs that would reach past the end are zero rows.
"""

LONGEST_RUN = 4


@runtime_checkable
class SpanEncoder(Protocol):
    """An encoder that knows a cheaper way to the vectors of joined neighbours than encoding them again."""

    def encode_spans(self, texts: Sequence[str], longest: int) -> list[NDArray[np.float32]]:
        """Vectors of all runs of 1 to ``longest`` texts, in the layout of ``Levels``."""
        ...


def add_up(vectors: NDArray[np.floating], longest: int = LONGEST_RUN) -> Levels:
    """Levels whose runs are sums of their segments' vectors, scaled to norm 1."""
    levels = []
    total = np.asarray(vectors, dtype=np.float32).copy()
    for a in range(1, longest + 1):
        if a > 1:
            total[: len(total) - a + 1] += np.asarray(vectors[a - 1 :], dtype=np.float32)
            total[max(0, len(total) - a + 1) :] = 0.0
        levels.append(unit_rows(total).astype(np.float16))
    return levels
