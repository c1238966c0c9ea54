"""TER (Snover et al. 2006) as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate.sacre import metric_signature

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ter:
    """Statistics of a segment: edits to the nearest reference, mean reference length in words."""

    name = "TER"
    higher_is_better = False

    def __init__(self, lang: str = "") -> None:  # noqa: ARG002 - all metrics open alike
        from sacrebleu.metrics import TER

        self._sacre = TER()

    def statistics(
        self, hypotheses: Sequence[str], references: Sequence[Sequence[str]]
    ) -> NDArray[np.float64]:
        """``[segments, 2]``."""
        return np.array(self._sacre._extract_corpus_statistics(hypotheses, references), dtype=np.float64)

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.float64]:
        """0 is perfect; a hypothesis longer than the reference can be above 100."""
        edits, length = totals.T
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(length > 0, edits / length, np.where(edits > 0, 1, 0).astype(totals.dtype))
        return (100 * rate).astype(np.float64)

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """As :meth:`scores`; an empty reference costs 100 unless the hypothesis is empty too."""
        return self.scores(statistics)

    def signature(self, references: int, **settings: int | None) -> str:
        """sacrebleu's."""
        return metric_signature(self._sacre, references, settings)
