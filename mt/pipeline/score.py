"""Score translations: read what is parallel, count it once, compare, look behind the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mt.errors import UsageError
from mt.evaluate import DEFAULT_METRICS, SEED, QualityData, load_metric
from mt.evaluate.analysis import Analysis, Texts, analyse
from mt.evaluate.buckets import Profile
from mt.evaluate.checks import InputChecks
from mt.evaluate.scorer import Scorer
from mt.pipeline.score_inputs import Inputs, Stretch

if TYPE_CHECKING:
    from mt.evaluate.comet import Comet, CometEnvironment

JUDGED = 20_000
"""Pairs that are judged without being asked for; a judgement takes about 2 milliseconds."""

Advance = Callable[[int], None]
"""Told after each stretch how many segments were done."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How to score.

    Attributes:
        metrics: names in :data:`mt.evaluate.METRICS`, and ``comet``.
        baseline: system to compare with, or None for the first.
        tests: names in :data:`mt.evaluate.TESTS`.
        samples: of the bootstrap, for intervals and test; 0 for no intervals.
        trials: of approximate randomisation.
        seed: of the random numbers.
        lang: target language, which chooses BLEU's tokeniser.
        examples: segments in each list of the report.
        judge: judge hypotheses without reference: True, False, or None where a source is there and the pairs
            are not too many.
        texts: whether the report may hold texts.
        report: look behind the scores; a table of scores does without.
        comet: where COMET is installed.
    """

    metrics: Sequence[str] = DEFAULT_METRICS
    baseline: str | None = None
    tests: Sequence[str] = ("bootstrap",)
    samples: int = 1000
    trials: int = 10000
    seed: int | None = SEED
    lang: str = "en"
    examples: int = 10
    judge: bool | None = None
    texts: bool = True
    report: bool = True
    comet: CometEnvironment | None = None


def run(inputs: Inputs, options: ScoreOptions, advance: Advance = lambda _: None) -> Analysis:
    """Score parallel streams in two passes: one that counts, one that fetches the texts of the report.

    Args:
        inputs: what to score.
        options: how.
        advance: told how far the first pass is.

    Raises:
        UsageError: the streams are not parallel, a name is unknown, COMET is asked for without its environment.
        EngineError: COMET failed.
        FormatError: a file is not what it should be.
    """
    names = [name for name in options.metrics if name.lower() != "comet"]
    comet = _comet(inputs, options) if len(names) < len(options.metrics) else None
    scorer = Scorer(inputs.systems, len(inputs.references), [load_metric(n, options.lang) for n in names])
    scorer.check(options.baseline, options.tests)
    profile, checks = Profile(), InputChecks(inputs.systems)
    judge = _Judge(inputs, options)
    for stretch in inputs.stretches():
        scorer.add(stretch.hypotheses, stretch.references)
        if options.report:
            profile.add(stretch.references[0])
        checks.add(stretch.hypotheses, stretch.references, stretch.sources)
        judge.add(stretch)
        if comet:
            comet.add(stretch.hypotheses, stretch.references, stretch.sources)
        advance(len(stretch.references[0]))
    if not scorer.segments:
        raise UsageError("There are no segments to score.", "Give files with at least one line.")
    if comet:
        scorer.put(comet, comet.finish())
    comparison = scorer.compare(
        options.baseline,
        options.tests,
        {"bootstrap": options.samples, "randomisation": options.trials},
        options.samples,
        options.seed,
    )
    notes = [*inputs.notes, *checks.warnings(), *judge.notes]
    analysis = analyse(
        scorer, comparison, profile if options.report else None, judge.data(), notes, options.examples
    )
    return replace(analysis, texts=_texts(inputs, analysis.shown())) if options.texts else analysis


def _comet(inputs: Inputs, options: ScoreOptions) -> Comet:
    if inputs.source is None:
        raise UsageError("COMET reads the source too.", "Name it: --source FILE")
    from mt.evaluate.comet import Comet, CometEnvironment

    return Comet(inputs.systems, options.comet or CometEnvironment())


def _texts(inputs: Inputs, wanted: Sequence[int]) -> Mapping[int, Texts]:
    systems, references = len(inputs.systems), len(inputs.references)
    return {
        index: Texts(
            row[-1] if inputs.source is not None else None,
            row[systems : systems + references],
            dict(zip(inputs.systems, row, strict=False)),
        )
        for index, row in inputs.texts(wanted)
    }


class _Judge:
    """Judges hypotheses without their references, or keeps what is known already."""

    def __init__(self, inputs: Inputs, options: ScoreOptions) -> None:
        self._known = inputs.quality
        self._limit = None if options.judge else JUDGED
        self._wanted = options.judge is not False and inputs.source is not None and not inputs.quality.scores
        self._lang = options.lang or "en"
        self._systems = inputs.systems
        self._scores: dict[str, list[float]] = {system: [] for system in inputs.systems}
        self._findings: dict[str, list[frozenset[str]]] = {system: [] for system in inputs.systems}
        self._method = ""
        self.notes: list[str] = []
        if options.judge and inputs.source is None:
            raise UsageError("Hypotheses cannot be judged without their source.", "Name it: --source FILE")

    def add(self, stretch: Stretch) -> None:
        """Judge a stretch, unless there are too many pairs for that."""
        if not self._wanted or stretch.sources is None:
            return
        done = sum(map(len, self._scores.values()))
        if self._limit is not None and done + len(self._systems) * len(stretch.sources) > self._limit:
            self._wanted = False
            self.notes.append(
                f"More than {self._limit:,} pairs: they were not judged without reference. --judge does it anyway."
            )
            return
        from mt import quality

        for system, texts in zip(self._systems, stretch.hypotheses, strict=True):
            judged = quality.score(list(zip(stretch.sources, texts, strict=True)), target_lang=self._lang)
            self._scores[system] += (one.value for one in judged)
            self._findings[system] += (frozenset(found.check for found in one.findings) for one in judged)
            self._method = judged[0].method

    def data(self) -> QualityData:
        """What was judged, or what was known."""
        if not self._wanted or not self._method:
            return self._known
        return QualityData(self._scores, self._findings, self._method)
