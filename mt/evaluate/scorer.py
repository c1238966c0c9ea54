"""Scores of several systems from statistics that were collected a stretch of segments at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mt.data import MetricScore
from mt.errors import unknown_name
from mt.evaluate import SEED, TESTS, Comparison, Metric, SystemScore, TextMetric
from mt.evaluate.resample import (
    bootstrap_p_value,
    bootstrap_totals,
    bounds,
    p_value,
    randomised_totals,
    total,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


PART = 1 << 16
"""Segments that are computed at a time."""


class Scorer:
    """Collects statistics of parallel streams and scores them; the texts themselves are not kept.

    Args:
        systems: their names.
        references: number of reference streams.
        metrics: what to compute, names distinct.
    """

    def __init__(self, systems: Sequence[str], references: int, metrics: Sequence[TextMetric]) -> None:
        self.systems = tuple(systems)
        self.references = references
        self._counting = {metric.name: metric for metric in metrics}
        self.metrics: dict[str, Metric] = dict(self._counting)
        self._blocks: dict[tuple[str, str], list[NDArray[np.floating]]] = {}
        self.segments = 0

    def add(self, hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> None:
        """Take in a stretch of segments.

        Args:
            hypotheses: for each system its segments.
            references: for each reference stream its segments.
        """
        for name, metric in self._counting.items():
            statistics = metric.against(references)
            for system, texts in zip(self.systems, hypotheses, strict=True):
                self._blocks.setdefault((name, system), []).append(_narrow(statistics(texts)))
        self.segments += len(references[0])

    def put(self, metric: Metric, statistics: Mapping[str, NDArray[np.float64]]) -> None:
        """Add a metric whose statistics were made elsewhere, for all segments: ``[segments, k]`` by system."""
        self.metrics[metric.name] = metric
        self._blocks |= {(metric.name, system): [table] for system, table in statistics.items()}

    def statistics(self, metric: str, system: str) -> NDArray[np.floating]:
        """``[segments, k]`` of one metric and system; float32 where that holds every number."""
        blocks = self._blocks[metric, system]
        if len(blocks) > 1:
            blocks[:] = [np.concatenate(blocks)]
        return blocks[0]

    def segment_scores(self, metric: str, system: str) -> NDArray[np.float64]:
        """``[segments]``: the score of each segment alone."""
        kind, table = self.metrics[metric], self.statistics(metric, system)
        parts = [
            kind.segment_scores(table[start : start + PART].astype(np.float64))
            for start in range(0, len(table), PART)
        ]
        return capped(kind, np.concatenate(parts))

    def subset_score(self, metric: str, system: str, chosen: NDArray[np.bool_]) -> float:
        """The corpus score of some of the segments."""
        total = self.statistics(metric, system)[chosen].sum(axis=0, dtype=np.float64, keepdims=True)
        return float(capped(self.metrics[metric], self.metrics[metric].scores(total))[0])

    def compare(
        self,
        baseline: str | None = None,
        tests: Iterable[str] = ("bootstrap",),
        samples: Mapping[str, int] | None = None,
        confidence: int = 1000,
        seed: int | None = SEED,
    ) -> Comparison:
        """See :func:`mt.evaluate.compare`."""
        plan = self._plan(baseline, tests, samples, confidence, seed)
        drawn = self._bootstrap(plan)
        p_values = self._p_values(plan, drawn)
        rows = {
            name: tuple(self._row(name, system, plan, drawn, p_values) for system in self.systems)
            for name in self.metrics
        }
        pairwise = {name: self._pairwise(name, plan, drawn) for name in self.metrics}
        better = {name: metric.higher_is_better for name, metric in self.metrics.items()}
        return Comparison(plan.baseline, self.segments, rows, pairwise, better)

    def check(self, baseline: str | None, tests: Iterable[str]) -> None:
        """Raise for names that :meth:`compare` would not know, before any work is done.

        Raises:
            UsageError: an unknown test or baseline.
        """
        self._plan(baseline, tests, None, 0, None)

    def _plan(
        self,
        baseline: str | None,
        tests: Iterable[str],
        samples: Mapping[str, int] | None,
        confidence: int,
        seed: int | None,
    ) -> _Plan:
        chosen = {}
        for test in tests:
            if test not in TESTS:
                raise unknown_name("significance test", test, TESTS)
            count = (samples or {}).get(test, TESTS[test])
            if count:
                chosen[test] = count
        if baseline is not None and baseline not in self.systems:
            raise unknown_name("baseline", baseline, self.systems)
        if len(self.systems) == 1:
            chosen = {}
        resamples = chosen.get("bootstrap", confidence)
        return _Plan(baseline or self.systems[0], chosen, resamples, seed)

    def total(self, metric: str, system: str) -> float:
        """The corpus score as computed, which a perfect match can lift an instant above 100."""
        summed = total(self.statistics(metric, system))
        return float(self.metrics[metric].scores(summed[None])[0])

    def _bootstrap(self, plan: _Plan) -> _Drawn:
        """Scores in every resample; all systems and metrics see the same resamples."""
        keys = [(name, system) for name in self.metrics for system in self.systems]
        if not plan.resamples:
            return {}
        tables = [self.statistics(*key) for key in keys]
        totals = bootstrap_totals(tables, plan.resamples, plan.seed)
        return {key: self.metrics[key[0]].scores(total) for key, total in zip(keys, totals, strict=True)}

    def _p_values(self, plan: _Plan, drawn: _Drawn) -> dict[tuple[str, str, str], float]:
        """P-values against the baseline by test, metric and system."""
        others = [system for system in self.systems if system != plan.baseline]
        keys = [(name, system) for name in self.metrics for system in others]
        values = {}
        if "bootstrap" in plan.tests:
            for name, system in keys:
                values["bootstrap", name, system] = self._bootstrap_p(name, plan.baseline, system, drawn)
        if "randomisation" in plan.tests:
            values |= self._randomise(keys, plan)
        return values

    def _bootstrap_p(self, metric: str, one: str, other: str, drawn: _Drawn) -> float:
        observed = abs(self.total(metric, one) - self.total(metric, other))
        return bootstrap_p_value(drawn[metric, other], drawn[metric, one], observed)

    def _randomise(self, keys: Sequence[tuple[str, str]], plan: _Plan) -> dict[tuple[str, str, str], float]:
        pairs = [
            (self.statistics(metric, plan.baseline), self.statistics(metric, system))
            for metric, system in keys
        ]
        differences: list[list[NDArray[np.floating]]] = [[] for _ in keys]
        for block in randomised_totals(pairs, plan.tests["randomisation"], plan.seed):
            for (metric, _), found, (a, b) in zip(keys, differences, block, strict=True):
                scores = self.metrics[metric].scores
                found.append(np.abs(scores(a) - scores(b)))
        return {
            ("randomisation", metric, system): p_value(
                np.concatenate(found), abs(self.total(metric, plan.baseline) - self.total(metric, system))
            )
            for (metric, system), found in zip(keys, differences, strict=True)
        }

    def _row(
        self,
        metric: str,
        system: str,
        plan: _Plan,
        drawn: _Drawn,
        p_values: Mapping[tuple[str, str, str], float],
    ) -> SystemScore:
        kind, value = self.metrics[metric], self.total(metric, system)
        trials = plan.tests.get("randomisation")
        signature = kind.signature(self.references, bs=plan.resamples, ar=trials, seed=plan.seed)
        interval = mean = half_width = None
        if drawn:
            lower, upper = bounds(drawn[metric, system])
            mean = self._mean(drawn[metric, system])
            half_width = float(0.5 * (upper - lower))
            interval = _cap(kind, float(lower)), _cap(kind, float(upper))
        reported = MetricScore(_cap(kind, value), metric, signature, interval)
        if system == plan.baseline:
            return SystemScore(system, reported, mean, half_width)
        delta = reported.value - _cap(kind, self.total(metric, plan.baseline))
        tested = {test: p_values[test, metric, system] for test in plan.tests}
        return SystemScore(system, reported, mean, half_width, delta, tested)

    def _mean(self, scores: NDArray[np.floating]) -> float:
        """sacrebleu adds up exactly for one system, and for several the sorted scores in their own type."""
        if len(self.systems) > 1:
            return float(np.sort(scores).mean())
        return float(scores.dtype.type(math.fsum(scores.tolist()) / len(scores)))

    def _pairwise(self, metric: str, plan: _Plan, drawn: _Drawn) -> dict[tuple[str, str], float]:
        if "bootstrap" not in plan.tests:
            return {}
        return {(a, b): self._bootstrap_p(metric, a, b, drawn) for a, b in combinations(self.systems, 2)}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to resample: the tests with their numbers, the resamples for the intervals, the seed."""

    baseline: str
    tests: Mapping[str, int]
    resamples: int
    seed: int | None


_Drawn = Mapping[tuple[str, str], "NDArray[np.floating]"]
"""Metric and system to the score in every resample; empty where nothing was resampled."""


def _narrow(statistics: NDArray[np.float64]) -> NDArray[np.floating]:
    """In half the memory where nothing is lost: counts are whole and small, mean lengths need not be."""
    narrow = statistics.astype(np.float32)
    return narrow if (narrow == statistics).all() else statistics


def capped(metric: Metric, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """At most 100 where higher is better: the logarithms of a perfect match add up to 100.00000000000004."""
    return (
        np.minimum(values, 100.0, dtype=np.float64) if metric.higher_is_better else values.astype(np.float64)
    )


def _cap(metric: Metric, value: float) -> float:
    return min(value, 100.0) if metric.higher_is_better else value
