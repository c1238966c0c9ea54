"""Bootstrap and approximate randomisation over sums of statistics, from sacrebleu's stream of random numbers.

A resample is a vector of counts, how often each segment was drawn; the sums of all statistics of all systems
over all resamples are then one product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 1 << 22
"""Random numbers held at a time; memory does not grow with segments times resamples."""

EXACT = float(1 << 24)
"""Below this every sum of whole numbers is exact in float32, whatever the order."""


def bootstrap_totals(statistics: NDArray[np.float64], samples: int, seed: int | None) -> NDArray[np.float32]:
    """Sums of the statistics over bootstrap resamples.

    Args:
        statistics: ``[segments, k]``.
        samples: how many resamples.
        seed: of numpy's default generator.

    Returns:
        ``[samples, k]``, float32: sacrebleu sums in that type, and so do the p-values that are compared.
    """
    segments = len(statistics)
    exact = is_exact(statistics)
    weights = statistics if exact else statistics.astype(np.float32)
    blocks = (
        _counts(rows, segments) @ weights if exact else np.stack([weights[row].sum(0) for row in rows])
        for rows in _draws(segments, samples, seed)
    )
    return np.concatenate([block.astype(np.float32) for block in blocks])


def is_exact(statistics: NDArray[np.float64]) -> bool:
    """Whether the sums of any resample are exact in float32: whole numbers that stay small enough."""
    whole = bool((statistics == np.floor(statistics)).all())
    return whole and len(statistics) * float(statistics.max(initial=0)) < EXACT


def randomised_totals(
    baseline: NDArray[np.float64], system: NDArray[np.float64], trials: int, seed: int | None
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Sums over two pseudo-systems that swap segments at random.

    Args:
        baseline, system: ``[segments, k]``.
        trials: how many shufflings.
        seed: of numpy's default generator.

    Yields:
        Blocks of trials: sums of both pseudo-systems, ``[block, k]`` each.
    """
    difference, both = baseline - system, (baseline + system).sum(0)
    start = system.sum(0)
    for kept in _coins(len(system), trials, seed):
        one = start + kept.astype(np.float64) @ difference
        yield one, both - one


def p_value(statistics: NDArray[np.float64], observed: float) -> float:
    """Share of resampled statistics above the observed one, which counts as one of them."""
    return (int((statistics > observed).sum()) + 1) / (len(statistics) + 1)


def bootstrap_p_value(scores: NDArray[np.float64], baseline: NDArray[np.float64], observed: float) -> float:
    """Paired bootstrap: how often the centred difference of resampled scores exceeds the observed one."""
    differences = np.abs(scores - baseline)
    return p_value(differences - differences.mean(), observed)


def bounds(scores: NDArray[np.float64]) -> tuple[float, float]:
    """The 95% interval: one resample in 40 lies below, one in 40 above."""
    ordered = np.sort(scores)
    cut = len(ordered) // 40
    return float(ordered[cut]), float(ordered[len(ordered) - cut - 1])


def _draws(segments: int, samples: int, seed: int | None) -> Iterator[NDArray[np.int64]]:
    """The rows of one big draw with replacement, a block at a time; blocks do not change the stream."""
    generator = np.random.default_rng(seed)
    block = max(1, CELLS // segments)
    for start in range(0, samples, block):
        yield generator.choice(segments, size=(min(block, samples - start), segments), replace=True)


def _counts(rows: NDArray[np.int64], segments: int) -> NDArray[np.float64]:
    counts = np.empty(rows.shape, dtype=np.float64)
    for row, count in zip(rows, counts, strict=True):
        count[:] = np.bincount(row, minlength=segments)
    return counts


def _coins(segments: int, trials: int, seed: int | None) -> Iterator[NDArray[np.bool_]]:
    """Blocks of coin throws ``[block, segments]``.

    The generator makes 32 throws of one number and starts a new one at every call, so only blocks of a
    multiple of 32 throws continue the stream of one big call.
    """
    generator = np.random.default_rng(seed)
    block = max(32, CELLS // segments // 32 * 32)
    for start in range(0, trials, block):
        size = (min(block, trials - start), segments)
        yield generator.integers(2, size=size, dtype=np.bool_)
