"""The search against a look at every chain of beads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mt.align.band import Band, full_band
from mt.align.coarse import coarse_band, diagonal_band
from mt.align.search import KINDS, Scores, Span, posteriors, viterbi
from mt.align.vectors import unit_rows

SMALL = ((1, 1), (1, 2), (2, 1), (2, 2))


def random_scores(band: Band, n: int, m: int, seed: int, kinds: tuple[tuple[int, int], ...]) -> Scores:
    rng = np.random.default_rng(seed)
    joined = rng.normal(size=(len(kinds), band.cells)).astype(np.float32)
    for start, stop in band.blocks():
        rows, columns = band.positions(start, stop)
        for k, (a, b) in enumerate(kinds):
            joined[k, band.offset[start] : band.offset[stop]][(rows < a) | (columns < b)] = -np.inf
    return Scores(joined, rng.normal(size=n) - 1, rng.normal(size=m) - 1, float(rng.normal()))


def gain(scores: Scores, band: Band, kinds: tuple[tuple[int, int], ...], bead: Span) -> float:
    i, k, j, m = bead
    if i == k:
        return float(scores.insertion[j])
    if j == m:
        return float(scores.deletion[i])
    return float(scores.joined[kinds.index((k - i, m - j)), band.offset[k] + m - band.low[k]])


def total(scores: Scores, band: Band, kinds: tuple[tuple[int, int], ...], chain: list[Span]) -> float:
    """Score of a chain: its beads, and an opening where a run of deletions or insertions begins."""
    value = sum(gain(scores, band, kinds, bead) for bead in chain)
    sides = ["deleted" if j == m else "inserted" if i == k else "joined" for i, k, j, m in chain]
    starts = sum(a != "joined" and a != b for a, b in zip(sides, ["joined", *sides], strict=False))
    return value + starts * scores.opening


def chains(
    n: int, m: int, kinds: tuple[tuple[int, int], ...], i: int = 0, j: int = 0, inserted: bool = False
) -> Iterator[list[Span]]:
    """Every chain of beads in which no deletion follows an insertion."""
    if (i, j) == (n, m):
        yield []
        return
    steps = [*kinds, (0, 1), *(() if inserted else ((1, 0),))]
    for a, b in steps:
        if i + a <= n and j + b <= m:
            for rest in chains(n, m, kinds, i + a, j + b, (a, b) == (0, 1)):
                yield [(i, i + a, j, j + b), *rest]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (5, 2), (4, 4)])
def test_the_search_finds_the_best_of_all_chains(shape: tuple[int, int], seed: int) -> None:
    band = full_band(*shape)
    scores = random_scores(band, *shape, seed, SMALL)
    totals = [total(scores, band, SMALL, chain) for chain in chains(*shape, SMALL)]
    found = viterbi(scores, band, SMALL)
    assert total(scores, band, SMALL, found) == pytest.approx(max(totals), abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (4, 3)])
def test_the_probability_of_a_bead_is_its_share_in_the_sum_over_all_chains(
    shape: tuple[int, int], seed: int
) -> None:
    band = full_band(*shape)
    scores = random_scores(band, *shape, seed, SMALL)
    weights: dict[tuple[Span, ...], float] = {}
    for chain in chains(*shape, SMALL):
        weights[tuple(chain)] = float(np.exp(total(scores, band, SMALL, chain)))
    best = viterbi(scores, band, SMALL)
    for bead, probability in zip(best, posteriors(best, scores, band, SMALL), strict=True):
        with_it = sum(w for chain, w in weights.items() if any(same(bead, other) for other in chain))
        assert probability == pytest.approx(with_it / sum(weights.values()), abs=1e-5)


def same(bead: Span, other: Span) -> bool:
    """Whether two beads hold the same segments; one with an empty side may stand anywhere."""
    return all(
        (bead[a], bead[b]) == (other[a], other[b]) or (bead[a] == bead[b] and other[a] == other[b])
        for a, b in ((0, 1), (2, 3))
    )


def test_a_band_as_wide_as_the_document_changes_nothing() -> None:
    n, m = 40, 33
    rng = np.random.default_rng(1)
    table = rng.normal(size=(len(KINDS), n + 1, m + 1)).astype(np.float32)
    deletion, insertion = rng.normal(size=n), rng.normal(size=m)
    full = full_band(n, m)
    narrow = Band(np.maximum(full.low, np.arange(n + 1) - 30), np.minimum(full.high, np.arange(n + 1) + 30))
    narrow.high[-1] = m
    found = []
    for band in (full, narrow):
        joined = np.full((len(KINDS), band.cells), -np.inf, dtype=np.float32)
        rows, columns = band.positions(0, n + 1)
        for k, (a, b) in enumerate(KINDS):
            fits = (rows >= a) & (columns >= b)
            joined[k, fits] = table[k, rows[fits], columns[fits]]
        found.append(viterbi(Scores(joined, deletion, insertion), band))
    assert found[0] == found[1]


@pytest.mark.parametrize(("n", "m", "cut"), [(1500, 1500, 0), (1200, 1500, 300), (2000, 900, 0)])
def test_the_band_of_a_long_document_holds_the_true_path_and_stays_narrow(n: int, m: int, cut: int) -> None:
    rng = np.random.default_rng(n + m)
    meanings = rng.normal(size=(max(n, m), 32))
    kept = np.sort(rng.permutation(max(n, m))[: min(n, m)])
    kept[: cut // 2] = np.arange(cut // 2)
    kept = np.unique(kept)
    short = unit_rows(meanings[kept] + 0.3 * rng.normal(size=(len(kept), 32)))
    long = unit_rows(meanings)
    source, target = (short, long) if n <= m else (long, short)
    band = coarse_band(source, target)
    places = list(enumerate(kept)) if n <= m else [(int(i), k) for k, i in enumerate(kept)]
    inside = [band.low[i] <= j <= band.high[i] for i, j in places]
    assert np.mean(inside) > 0.99
    assert band.cells < 120 * max(n, m)


def test_without_any_vector_the_band_follows_the_share_of_characters() -> None:
    source = np.cumsum(np.r_[0, np.full(2000, 10.0)])
    target = np.cumsum(np.r_[0, np.full(1000, 22.0)])
    band = diagonal_band(source, target)
    middle = (band.low[1000] + band.high[1000]) / 2
    assert middle == pytest.approx(500, abs=10)
    assert band.low[0] == 0
    assert band.high[-1] == 1000


def test_rows_without_direction_become_zero() -> None:
    rows = unit_rows(np.array([[0.0, 0.0], [3.0, 4.0], [np.nan, 1.0], [np.inf, 0.0]]))
    assert rows.tolist() == [[0.0, 0.0], [pytest.approx(0.6), pytest.approx(0.8)], [0.0, 1.0], [0.0, 0.0]]
