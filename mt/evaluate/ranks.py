"""How two measurements of the same segments go together: correlations and the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mt.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a score without reference predicts a metric with one.

    Attributes:
        pearson: linear correlation, -1..1.
        spearman: correlation of ranks, ties share their mean rank.
        kendall: tau-b, concordant against discordant pairs (Kendall 1945).
        auc: area under the ROC curve for finding the worst segments by a low score.
        worst: share of segments that count as worst.
        segments: how many were compared.

    A value is None where it is not defined: fewer than two segments, or one side constant.
    """

    pearson: float | None
    spearman: float | None
    kendall: float | None
    auc: float | None
    worst: float
    segments: int


def agreement(
    quality: ArrayLike, metric: ArrayLike, worst: float = 0.1, higher_is_better: bool = True
) -> Agreement:
    """Compare a quality score with a metric, segment by segment.

    Args:
        quality: higher is better; NaN where there is no score, such segments are left out.
        metric: a segment metric; NaN likewise.
        worst: share of the segments that the ROC curve asks for: those with the lowest metric, at least one;
            a tie at the border is in.
        higher_is_better: whether a high metric is good.

    Raises:
        UsageError: different lengths.
    """
    x, y = np.asarray(quality, dtype=np.float64), np.asarray(metric, dtype=np.float64)
    if x.shape != y.shape:
        raise UsageError(
            f"There are {x.size} quality scores and {y.size} metric scores.", "Give one a segment."
        )
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known] if higher_is_better else -y[known]
    sign = 1.0 if higher_is_better else -1.0
    auc = None
    if x.size:
        border = np.sort(y)[max(1, round(worst * x.size)) - 1]
        auc = _defined(roc_auc(y <= border, -x))
    return Agreement(
        _signed(sign, pearson(x, y)),
        _signed(sign, pearson(_mean_ranks(x), _mean_ranks(y))),
        _signed(sign, kendall(x, y)),
        auc,
        worst,
        int(x.size),
    )


def pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Linear correlation, NaN where one side is constant."""
    if x.size < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    a, b = x - x.mean(), y - y.mean()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1, 1))


def kendall(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Tau-b, its exchanges counted by a merge sort (Knight 1966); NaN where one side is constant."""
    n = x.size
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    order = np.lexsort((y, x))
    x_rank, y_rank = _dense_ranks(x)[order], _dense_ranks(y)[order]
    pairs = n * (n - 1) // 2
    tied_x, tied_y = _tied_pairs(x_rank), _tied_pairs(y_rank)
    tied_both = _tied_pairs(x_rank * (int(y_rank.max()) + 1) + y_rank)
    discordant = _inversions(y_rank)
    concordant = pairs - tied_x - tied_y + tied_both - discordant
    root = float(pairs - tied_x) ** 0.5 * float(pairs - tied_y) ** 0.5
    return float(np.clip((concordant - discordant) / root, -1, 1))


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """See :func:`mt.evaluate.roc_auc`."""
    positive = np.asarray(labels, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    if positive.shape != values.shape:
        raise UsageError(
            f"There are {positive.size} labels and {values.size} scores.", "Give one label a score."
        )
    ones = int(positive.sum())
    zeros = positive.size - ones
    if not ones or not zeros:
        return float("nan")
    return float((_mean_ranks(values)[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def _signed(sign: float, value: float) -> float | None:
    return None if np.isnan(value) else sign * value


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse.ravel()]
    return ranks


def _dense_ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)


def _tied_pairs(ranks: NDArray[np.int64]) -> int:
    counts = np.unique(ranks, return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _inversions(ranks: NDArray[np.int64]) -> int:
    """Pairs in the wrong order, counted while blocks of doubling size are merged."""
    values = ranks.copy()
    found, width = 0, 1
    while width < values.size:
        for start in range(0, values.size - width, 2 * width):
            left, right = values[start : start + width], values[start + width : start + 2 * width]
            found += int((left.size - np.searchsorted(left, right, side="right")).sum())
            values[start : start + 2 * width] = np.sort(values[start : start + 2 * width], kind="stable")
        width *= 2
    return found
