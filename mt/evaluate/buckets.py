"""Corpus scores of parts of the segments: by length, by what is in them, by what a judge said of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate import QualityData
from mt.evaluate.scorer import Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Choice = tuple[str, Callable[[str], NDArray[np.bool_]]]

LENGTHS = (0, 10, 20, 30, 45)
"""Where buckets of reference length in words begin."""

SCORES = (0, 20, 40, 60, 80)
"""Where buckets of segment scores begin."""

QUALITIES = (0.0, 0.25, 0.5, 0.75)
"""Where buckets of the quality score begin."""

_DIGIT = re.compile(r"\d")
_NO_LETTERS = re.compile(r"^\W+")
_PRONOUN = re.compile(r"I\b")
_SENTENCE_END = '.!?:"”’)'


@dataclass(slots=True)
class Profile:
    """Features of the reference segments, collected while they stream by."""

    _words: list[int] = field(default_factory=list)
    _numbers: list[bool] = field(default_factory=list)
    _names: list[bool] = field(default_factory=list)

    def add(self, references: Sequence[str]) -> None:
        """Take in a stretch of segments."""
        for text in references:
            words = text.split()
            self._words.append(len(words))
            self._numbers.append(_DIGIT.search(text) is not None)
            self._names.append(has_name(words))

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Words, whether there is a digit, whether there is a name: ``[segments]`` each."""
        return np.array(self._words), np.array(self._numbers, dtype=bool), np.array(self._names, dtype=bool)


def has_name(words: Sequence[str]) -> bool:
    """Whether a word inside a sentence has a capital, other than the English ``I``."""
    for before, word in pairwise(words):
        if word.islower():
            continue
        letters = _NO_LETTERS.sub("", word)
        if letters[:1].isupper() and not _PRONOUN.match(letters) and before[-1] not in _SENTENCE_END:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some of the segments.

    Attributes:
        label: which.
        counts: system to how many.
        scores: system to the corpus score of these segments; None where there are none.
    """

    label: str
    counts: Mapping[str, int]
    scores: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class BucketTable:
    """A way to divide the segments.

    Attributes:
        title: what divides them.
        metric: what the scores are of.
        buckets: each segment of a system is in one; a segment may have several findings.
        shares: whether the counts say it all, as where the metric itself divides the segments.
        shared: whether all systems have the same segments in a bucket.
    """

    title: str
    metric: str
    buckets: tuple[Bucket, ...]
    shares: bool = False
    shared: bool = False


def bucket_tables(
    scorer: Scorer, metric: str, profile: Profile, quality: QualityData
) -> Iterator[BucketTable]:
    """Length, number, name; then score, quality and finding, where the segments differ from system to system."""
    words, numbers, names = profile.arrays()

    def table(
        title: str, chosen: Sequence[Choice], shares: bool = False, shared: bool = False
    ) -> BucketTable:
        buckets = tuple(_bucket(scorer, metric, label, find) for label, find in chosen)
        return BucketTable(title, metric, buckets, shares, shared)

    lengths = _ranges(LENGTHS, lambda _: words.astype(np.float64), "{:.0f}", whole=True)
    yield table("Reference length in words", lengths, shared=True)
    yield table("Numbers in the reference", _split(numbers, "with a number", "without"), shared=True)
    yield table("Names in the reference", _split(names, "with a name", "without"), shared=True)
    scored = {system: scorer.segment_scores(metric, system) for system in scorer.systems}
    yield table(f"Segment {metric}", _ranges(SCORES, lambda system: scored[system], "{:.0f}"), shares=True)
    if quality.scores:
        nothing = np.full(scorer.segments, np.nan)
        judged = {s: np.asarray(quality.scores.get(s, nothing), dtype=np.float64) for s in scorer.systems}
        yield table("Quality score", _ranges(QUALITIES, lambda system: judged[system], "{:.2f}"))
    if quality.findings:
        yield table("Finding of a quality check", _by_finding(scorer, quality))


def _bucket(scorer: Scorer, metric: str, label: str, find: Callable[[str], NDArray[np.bool_]]) -> Bucket:
    chosen = {system: find(system) for system in scorer.systems}
    scores = {
        system: scorer.subset_score(metric, system, where) if where.any() else None
        for system, where in chosen.items()
    }
    return Bucket(label, {system: int(where.sum()) for system, where in chosen.items()}, scores)


def _ranges(
    starts: Sequence[float], values: Callable[[str], NDArray[np.float64]], form: str, whole: bool = False
) -> list[Choice]:
    """From each start to below the next one; the last label of whole numbers is the last number."""
    ends = [*starts[1:], float("inf")]
    labels = [f"below {form.format(starts[1])}"]
    labels += [f"{form.format(a)} to {form.format(b - whole)}" for a, b in pairwise(starts[1:])]
    labels.append(f"{form.format(starts[-1])} and more")
    return [
        (label, _between(values, low, high)) for label, low, high in zip(labels, starts, ends, strict=True)
    ]


def _between(
    values: Callable[[str], NDArray[np.float64]], low: float, high: float
) -> Callable[[str], NDArray[np.bool_]]:
    return lambda system: (values(system) >= low) & (values(system) < high)


def _split(where: NDArray[np.bool_], yes: str, no: str) -> list[Choice]:
    return [(yes, lambda _: where), (no, lambda _: ~where)]


def _by_finding(scorer: Scorer, quality: QualityData) -> list[Choice]:
    names = sorted({name for found in quality.findings.values() for segment in found for name in segment})
    nothing: list[Mapping[str, str]] = [{}] * scorer.segments

    def having(name: str) -> Callable[[str], NDArray[np.bool_]]:
        return lambda system: np.array([name in found for found in quality.findings.get(system, nothing)])

    def without(system: str) -> NDArray[np.bool_]:
        return np.array([not found for found in quality.findings.get(system, nothing)])

    return [("none", without), *((name, having(name)) for name in names)]
