"""What stands behind a corpus score: which segments are bad, where systems differ, what the scores depend on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate import Comparison, QualityData
from mt.evaluate.buckets import BucketTable, Profile, bucket_tables
from mt.evaluate.ranks import Agreement, agreement
from mt.evaluate.scorer import Scorer
from mt.evaluate.verdict import Verdict, facts, judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

PREFERRED = ("chrF2++", "chrF2", "TER", "BLEU")
"""Metrics for single segments, best first: chrF agrees better with people there than BLEU."""


@dataclass(frozen=True, slots=True)
class Example:
    """One segment to look at.

    Attributes:
        index: of the segment, from 0.
        systems: whose hypotheses are shown, the first before the second where two are compared.
        scores: their segment scores.
        findings: why it is shown, where checks are the reason: their names and what they found.
        quality: the quality score, where checks are the reason.
    """

    index: int
    systems: tuple[str, ...]
    scores: tuple[float, ...]
    findings: Mapping[str, str] = field(default_factory=dict)
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class ExampleList:
    """Segments to look at, under a title."""

    title: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one segment; ``hypotheses`` by system."""

    source: str | None
    references: tuple[str, ...]
    hypotheses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything a report shows.

    Attributes:
        comparison: scores, intervals, p-values.
        metric: the metric of segments and buckets.
        verdict: which system to ship.
        segment_scores: by system, ``[segments]``.
        agreements: by system, quality score against the metric.
        quality: the quality scores behind them.
        notes: what the reader must know about the input.
        buckets: ways to divide the segments.
        worst, best: for each system.
        differences: for the baseline and each other system.
        suspects: hallucinations and omissions by the quality findings.
        texts: of the segments that are shown, by index; empty where texts stay out.
    """

    comparison: Comparison
    metric: str
    verdict: Verdict
    segment_scores: Mapping[str, NDArray[np.float64]]
    agreements: Mapping[str, Agreement]
    quality: QualityData
    notes: tuple[str, ...] = ()
    buckets: tuple[BucketTable, ...] = ()
    worst: tuple[ExampleList, ...] = ()
    best: tuple[ExampleList, ...] = ()
    differences: tuple[ExampleList, ...] = ()
    suspects: tuple[ExampleList, ...] = ()
    texts: Mapping[int, Texts] = field(default_factory=dict)

    def shown(self) -> list[int]:
        """Indices of all segments in the lists, ascending."""
        lists = (*self.worst, *self.best, *self.differences, *self.suspects)
        return sorted({example.index for found in lists for example in found.examples})


SUSPICIOUS = {
    "Hallucination": frozenset({"extra", "repetition", "language"}),
    "Omission": frozenset({"truncation", "empty", "untranslated", "copy"}),
}
"""What findings of the quality checks make suspect; a finding of another name does not."""


def analyse(
    scorer: Scorer,
    comparison: Comparison,
    profile: Profile | None,
    quality: QualityData | None = None,
    notes: Sequence[str] = (),
    examples: int = 10,
    apart: Collection[str] = (),
) -> Analysis:
    """Look behind the scores.

    Args:
        scorer: has the statistics of all segments.
        comparison: made by it.
        profile: features of the same segments; None leaves buckets and lists out, for a table of scores.
        quality: what a judgement without reference said, where there is one.
        notes: go into the report.
        examples: how many segments a list holds.
        apart: systems that the verdict passes over, such as the reference itself.
    """
    metric = next(name for name in (*PREFERRED, *scorer.metrics) if name in scorer.metrics)
    known = quality or QualityData()
    scores = {system: scorer.segment_scores(metric, system) for system in scorer.systems}
    higher = scorer.metrics[metric].higher_is_better
    agreements = {
        system: agreement(known.scores[system], scores[system], higher_is_better=higher)
        for system in scorer.systems
        if system in known.scores
    }
    verdict = judge(comparison, apart)
    found = Analysis(comparison, metric, verdict, scores, agreements, known, tuple(notes))
    if profile is None:
        return found
    good = {system: values if higher else -values for system, values in scores.items()}
    buckets = tuple(bucket_tables(scorer, metric, profile, known))
    known_facts = facts(verdict, metric, good, buckets, higher, _suspect_counts(known))
    return replace(
        found,
        verdict=replace(verdict, facts=tuple(known_facts)),
        buckets=buckets,
        worst=tuple(_extremes(good, scores, examples, worst=True)),
        best=tuple(_extremes(good, scores, examples, worst=False)),
        differences=tuple(_differences(good, scores, comparison.baseline, examples)),
        suspects=tuple(_suspects(scores, known, examples)),
    )


def _extremes(
    good: Mapping[str, NDArray[np.float64]],
    scores: Mapping[str, NDArray[np.float64]],
    count: int,
    worst: bool,
) -> Iterator[ExampleList]:
    for system, values in good.items():
        order = np.argsort(values if worst else -values, kind="stable")[:count]
        found = tuple(Example(int(i), (system,), (float(scores[system][i]),)) for i in order)
        yield ExampleList(system, found)


def _differences(
    good: Mapping[str, NDArray[np.float64]],
    scores: Mapping[str, NDArray[np.float64]],
    baseline: str,
    count: int,
) -> Iterator[ExampleList]:
    for system, values in good.items():
        if system == baseline:
            continue
        gap = values - good[baseline]
        for better, order in (
            (system, np.argsort(-gap, kind="stable")),
            (baseline, np.argsort(gap, kind="stable")),
        ):
            sign = 1 if better == system else -1
            found = tuple(
                Example(int(i), (baseline, system), (float(scores[baseline][i]), float(scores[system][i])))
                for i in order[:count]
                if sign * gap[i] > 0
            )
            other = baseline if better == system else system
            yield ExampleList(f"{better} better than {other}", found)


def _suspect_counts(quality: QualityData) -> dict[str, dict[str, int]]:
    """Kind of suspicion to number of segments by system."""
    return {
        kind: {
            system: sum(not checks.isdisjoint(there) for there in findings)
            for system, findings in quality.findings.items()
        }
        for kind, checks in SUSPICIOUS.items()
        if quality.findings
    }


def _suspects(
    scores: Mapping[str, NDArray[np.float64]], quality: QualityData, count: int
) -> Iterator[ExampleList]:
    for kind, checks in SUSPICIOUS.items():
        for system, findings in quality.findings.items():
            judged = quality.scores[system]
            found = [
                Example(index, (system,), (float(scores[system][index]),), seen, judged[index])
                for index, there in enumerate(findings)
                if (seen := {name: said for name, said in sorted(there.items()) if name in checks})
            ]
            found.sort(key=lambda example: (example.quality, example.index))
            title = f"{kind}: {system}, {len(found):,} of {len(findings):,} segments"
            yield ExampleList(title, tuple(found[:count]))
