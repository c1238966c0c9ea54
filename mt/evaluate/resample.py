"""Bootstrap and approximate randomisation over sums of statistics, from sacrebleu's stream of random numbers.

A resample is a vector of counts, how often each segment was drawn; the sums of all statistics of all systems
over all resamples are then one product of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 1 << 22
"""Random numbers held at a time; memory does not grow with segments times resamples."""

EXACT = float(1 << 24)
"""Below this every sum of whole numbers is exact in float32, whatever the order."""

FEASIBLE = 200_000_000
"""Segments times resamples for which sacrebleu needs some 20 GB; beyond that there is no number to agree with."""


def bootstrap_totals(
    statistics: Sequence[NDArray[np.floating]], samples: int, seed: int | None
) -> list[NDArray[np.float32]]:
    """Sums of statistics over bootstrap resamples, the same resamples for all.

    Args:
        statistics: tables ``[segments, k]`` of the same segments.
        samples: how many resamples.
        seed: of numpy's default generator.

    Returns:
        For each table ``[samples, k]``, float32: sacrebleu sums in that type before it computes p-values. Where
        that rounds, sums are added up in its order, up to a size that sacrebleu has memory for.
    """
    segments = len(statistics[0])
    exact = all(is_exact(table) for table in statistics)
    kind: type[np.floating] = np.float32 if exact else np.float64
    tables: list[NDArray[np.floating]] = [table.astype(kind, copy=False) for table in statistics]
    blocks: list[list[NDArray[np.float32]]] = []
    for rows in _draws(segments, samples, seed):
        counts = _counts(rows, segments, kind)
        sums = [counts @ table for table in tables]
        if not exact and segments * samples <= FEASIBLE:
            sums = [
                total if is_whole(table) and total.max() < EXACT else _sums_in_order(table, rows)
                for total, table in zip(sums, tables, strict=True)
            ]
        blocks.append([total.astype(np.float32) for total in sums])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def is_exact(statistics: NDArray[np.floating]) -> bool:
    """Whether the sums of any resample are exact in float32: whole numbers that stay small enough."""
    return is_whole(statistics) and len(statistics) * float(np.abs(statistics).max(initial=0)) < EXACT


def is_whole(statistics: NDArray[np.floating]) -> bool:
    """Whether all numbers are whole."""
    return bool((statistics == np.floor(statistics)).all())


def total(statistics: NDArray[np.floating]) -> NDArray[np.float64]:
    """Sums over all segments: ``[segments, k]`` to ``[k]``, one segment after the other as sacrebleu adds them."""
    if is_whole(statistics):
        whole: NDArray[np.float64] = statistics.sum(axis=0, dtype=np.float64)
        return whole
    last: NDArray[np.float64] = np.cumsum(statistics, axis=0, dtype=np.float64)[-1]
    return last


def randomised_totals(
    pairs: Sequence[tuple[NDArray[np.floating], NDArray[np.floating]]], trials: int, seed: int | None
) -> Iterator[list[tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Sums over two pseudo-systems that swap segments at random, the same swaps for all pairs.

    Args:
        pairs: tables ``[segments, k]`` of a baseline and of a system.
        trials: how many shufflings.
        seed: of numpy's default generator.

    Yields:
        A block of trials: for each pair the sums of both pseudo-systems, ``[block, k]`` each.
    """
    shuffled = [_shuffled(*pair) for pair in pairs]
    for coins in _coins(len(pairs[0][0]), trials, seed):
        few = coins.astype(np.float32)
        yield [sums(coins, few) for sums in shuffled]


def _shuffled(
    baseline: NDArray[np.floating], system: NDArray[np.floating]
) -> Callable[[NDArray[np.bool_], NDArray[np.float32]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """What sums two pseudo-systems for a block of coin throws, given as bits and as float32.

    Whole numbers take one product of their differences, in float32 where it loses nothing. Others round on the
    way, and are multiplied as sacrebleu does it.
    """
    difference = baseline - system
    if not (is_whole(baseline) and is_whole(system)):
        one, other = baseline.astype(np.float64), system.astype(np.float64)
        return lambda coins, _: (coins @ one + ~coins @ other, ~coins @ one + coins @ other)
    start, both = total(system), total(baseline) + total(system)
    narrow, wide = difference.astype(np.float32), difference.astype(np.float64)
    exact = is_exact(difference)

    def sums(
        coins: NDArray[np.bool_], few: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        moved = (few @ narrow).astype(np.float64) if exact else coins.astype(np.float64) @ wide
        return start + moved, both - (start + moved)

    return sums


def p_value(statistics: NDArray[np.floating], observed: float) -> float:
    """Share of resampled statistics above the observed one, which counts as one of them."""
    return (int((statistics > observed).sum()) + 1) / (len(statistics) + 1)


def bootstrap_p_value(scores: NDArray[np.floating], baseline: NDArray[np.floating], observed: float) -> float:
    """Paired bootstrap: how often the centred difference of resampled scores exceeds the observed one."""
    differences = np.abs(scores - baseline)
    return p_value(differences - differences.mean(), observed)


def bounds(scores: NDArray[np.floating]) -> tuple[np.floating, np.floating]:
    """The 95% interval: one resample in 40 lies below, one in 40 above."""
    ordered = np.sort(scores)
    cut = len(ordered) // 40
    return ordered[cut], ordered[len(ordered) - cut - 1]


def _draws(segments: int, samples: int, seed: int | None) -> Iterator[NDArray[np.int64]]:
    """The rows of one big draw with replacement, a block at a time; blocks do not change the stream."""
    generator = np.random.default_rng(seed)
    block = max(1, CELLS // segments)
    for start in range(0, samples, block):
        yield generator.choice(segments, size=(min(block, samples - start), segments), replace=True)


def _sums_in_order(table: NDArray[np.floating], rows: NDArray[np.int64]) -> NDArray[np.floating]:
    """Sums in float32 that round on the way, added up in the order that sacrebleu does."""
    rough = table.astype(np.float32)
    return np.stack([rough[row].sum(0) for row in rows])


def _counts(rows: NDArray[np.int64], segments: int, kind: type[np.floating]) -> NDArray[np.floating]:
    """How often each segment was drawn, a row for each resample."""
    counts = np.empty(rows.shape, dtype=kind)
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
