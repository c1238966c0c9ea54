"""Hypotheses against references, alignments and word links against gold: numbers a decision can rest on.

    [bleu] = score(hypotheses, [references], metrics=["bleu"], confidence=1000)
    comparison = compare({"old": old, "new": new}, [references], baseline="old")

BLEU, chrF2, chrF2++ and TER are sacrebleu's: the same statistics, random numbers and signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from mt.data import MetricScore
from mt.errors import UsageError, unknown_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from mt.evaluate.gold import AlignmentScore, BeadIndices, LinkScore, WordLinks

DEFAULT_METRICS = ("bleu", "chrf2", "chrf2++", "ter")
"""What is computed where nothing else is asked for."""

METRICS: dict[str, str] = {
    "bleu": "mt.evaluate.bleu:Bleu",
    "chrf2": "mt.evaluate.chrf:Chrf2",
    "chrf2++": "mt.evaluate.chrf:Chrf2PlusPlus",
    "ter": "mt.evaluate.ter:Ter",
}
"""Metric name to the class that computes it."""

TESTS: dict[str, int] = {"bootstrap": 1000, "randomisation": 10000}
"""Paired significance tests and how many resamples or trials each takes by default, as in sacrebleu."""

SEED = 12345
"""Seed of the random numbers, sacrebleu's default."""


class Metric(Protocol):
    """A corpus metric that is a function of sums over segments, so that resampling needs no text."""

    name: str
    """As sacrebleu prints it, for example ``chrF2++``."""

    higher_is_better: bool

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.floating]:
        """The score for each row of summed statistics: ``[n, k]`` to ``[n]``, on the metric's own scale.

        The type is the one sacrebleu has there, because p-values and means depend on its last bit.
        """
        ...

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """The score of each segment alone: ``[segments, k]`` to ``[segments]``."""
        ...

    def signature(self, references: int, **settings: int | None) -> str:
        """The signature for that many references; ``bs``, ``ar`` and ``seed`` go in where given."""
        ...


class TextMetric(Metric, Protocol):
    """A metric whose statistics are counted in texts."""

    def against(self, references: Sequence[Sequence[str]]) -> Callable[[Sequence[str]], NDArray[np.float64]]:
        """What turns hypotheses into sufficient statistics, one row a segment: ``[segments, k]``, float64."""
        ...


@dataclass(frozen=True, slots=True)
class SystemScore:
    """One system under one metric, beside the baseline.

    Attributes:
        system: its name.
        score: value, signature and the bounds of the 95% bootstrap interval.
        mean: mean over the bootstrap resamples, or None where there were none.
        half_width: half the width of the interval, sacrebleu's ``±``, or None.
        delta: value minus the baseline's value; None for the baseline itself.
        p_values: test name to p-value against the baseline; empty for the baseline itself.
    """

    system: str
    score: MetricScore
    mean: float | None = None
    half_width: float | None = None
    delta: float | None = None
    p_values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several systems under several metrics.

    Attributes:
        baseline: name of the system the others are compared with.
        segments: how many there are.
        rows: metric name to one score for each system, in the order given.
        pairwise: metric name to bootstrap p-values ``{(system, system): p}`` of every two systems.
        higher_is_better: metric name to whether more is better.
    """

    baseline: str
    segments: int
    rows: Mapping[str, tuple[SystemScore, ...]]
    pairwise: Mapping[str, Mapping[tuple[str, str], float]]
    higher_is_better: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class QualityData:
    """What a judgement without reference said, by system: one value and one set of findings for each segment.

    Attributes:
        scores: ``[segments]``, 0..1, NaN where nobody judged.
        findings: for each segment the checks that found an error or a warning, and what they found.
        method: what computed the scores.
    """

    scores: Mapping[str, Sequence[float]] = field(default_factory=dict)
    findings: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    method: str = ""


def load_metric(name: str, lang: str = "") -> TextMetric:
    """The metric of that name.

    Args:
        name: a key of ``METRICS``; case does not matter, ``chrf`` means ``chrf2``.
        lang: BCP 47 code of the target language, which chooses BLEU's tokeniser; empty or ``und`` for 13a.

    Raises:
        UsageError: there is no metric of that name, or the language's tokeniser is not installed.
    """
    key = {"chrf": "chrf2", "chrf++": "chrf2++"}.get(name.lower(), name.lower())
    if key not in METRICS:
        raise unknown_name("metric", name, METRICS)
    module, _, cls = METRICS[key].partition(":")
    metric: TextMetric = getattr(import_module(module), cls)(lang)
    return metric


def score(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Iterable[str] = DEFAULT_METRICS,
    *,
    confidence: int = 0,
    seed: int | None = SEED,
    lang: str = "",
) -> list[MetricScore]:
    """Score one system.

    Args:
        hypotheses: one text for each segment; empty ones count.
        references: one or more streams, each as long as the hypotheses.
        metrics: keys of ``METRICS``.
        confidence: bootstrap resamples for the 95% interval (Koehn 2004); 0 for none, sacrebleu takes 1000.
        seed: of the random numbers; None takes a different one at every call.
        lang: BCP 47 code of the target language.

    Raises:
        UsageError: no segments, streams of different lengths (both counts are told), an unknown metric.
    """
    comparison = compare(
        {"": hypotheses}, references, metrics=metrics, tests=(), confidence=confidence, seed=seed, lang=lang
    )
    return [rows[0].score for rows in comparison.rows.values()]


def segment_scores(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], metric: str = "chrf2++", *, lang: str = ""
) -> list[float]:
    """The score of every segment alone; BLEU with effective order, without which short segments get 0.

    Raises:
        UsageError: no segments, streams of different lengths, an unknown metric.
    """
    check_streams({"hypotheses": hypotheses}, references)
    loaded = load_metric(metric, lang)
    values: list[float] = loaded.segment_scores(loaded.against(references)(hypotheses)).tolist()
    return values


def compare(
    systems: Mapping[str, Sequence[str]],
    references: Sequence[Sequence[str]],
    baseline: str | None = None,
    *,
    metrics: Iterable[str] = DEFAULT_METRICS,
    tests: Iterable[str] = ("bootstrap",),
    samples: Mapping[str, int] | None = None,
    confidence: int = 1000,
    seed: int | None = SEED,
    lang: str = "",
) -> Comparison:
    """Score several systems and test each against the baseline.

    Args:
        systems: name to hypotheses.
        references: one or more streams, each as long as the hypotheses.
        baseline: name of the system to compare with; None for the first.
        metrics: keys of ``METRICS``.
        tests: keys of ``TESTS``: paired bootstrap (Koehn 2004), approximate randomisation (Riezler and
            Maxwell 2005).
        samples: test name to resamples or trials where they differ from ``TESTS``; 0 leaves the test out.
        confidence: bootstrap resamples for the intervals, 0 for none; with the bootstrap test its number of
            resamples counts.
        seed: of the random numbers; None takes a different one at every call.
        lang: BCP 47 code of the target language.

    Raises:
        UsageError: no segments, streams of different lengths, an unknown metric, test or baseline.
    """
    from mt.evaluate.scorer import Scorer

    check_streams(systems, references)
    scorer = Scorer(tuple(systems), len(references), [load_metric(name, lang) for name in metrics])
    scorer.add(list(systems.values()), references)
    return scorer.compare(baseline, tests, samples, confidence, seed)


def check_streams(systems: Mapping[str, Sequence[str]], references: Sequence[Sequence[str]]) -> None:
    """Raise unless there are segments and every stream has as many.

    Raises:
        UsageError: with both counts.
    """
    if not systems or not references:
        raise UsageError("There is nothing to score.", "Give at least one system and one reference.")
    expected = len(references[0])
    for number, stream in enumerate(references[1:], 2):
        if len(stream) != expected:
            raise different_counts(f"reference {number}", len(stream), "the first reference", expected)
    for name, stream in systems.items():
        if len(stream) != expected:
            raise different_counts(
                f"system {name!r}" if name else "the system", len(stream), "the reference", expected
            )
    if expected == 0:
        raise UsageError("There are no segments to score.", "Give files with at least one line.")


def different_counts(first: str, count: int, second: str, expected: int) -> UsageError:
    """The error for two streams that are not parallel."""
    return UsageError(
        f"{first} has {count:,} segment{'s' * (count != 1)} and {second} has {expected:,}.",
        "They must be parallel, and nothing is cut off. Align texts that are not line by line first: --align",
    )


def score_alignment(
    gold: Sequence[Sequence[BeadIndices]], test: Sequence[Sequence[BeadIndices]]
) -> dict[str, AlignmentScore]:
    """Strict and lax precision, recall and F1 of sentence alignments under both published definitions.

    Args:
        gold, test: for each document its beads as ``(source indices, target indices)``; documents in the same
            order on both sides. Counts are summed over documents.

    Returns:
        ``vecalign``: as Sennrich and Volk (2011) define it and vecalign scores it: a bead with an empty side
        counts for precision, not for recall. ``sentalign``: as SentAlign scores it: such beads count nowhere,
        and lax recall asks how many gold beads no lax hit reached.

    Raises:
        UsageError: different numbers of documents.
    """
    from mt.evaluate.gold import score_alignment as run

    return run(gold, test)


def score_word_links(gold: Sequence[WordLinks], test: Sequence[WordLinks]) -> LinkScore:
    """Precision, recall, F1 and alignment error rate of word links (Och and Ney 2003), summed over sentences.

    Precision counts links that are sure or possible in the gold, recall the sure ones that were found.

    Raises:
        UsageError: different numbers of sentences.
    """
    from mt.evaluate.gold import score_word_links as run

    return run(gold, test)


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: how often a positive has a higher score than a negative, ties count half.

    Args:
        labels: true for positives.
        scores: one for each label.

    Returns:
        0..1, or NaN where one class is empty.
    """
    from mt.evaluate.ranks import roc_auc as run

    return run(labels, scores)
