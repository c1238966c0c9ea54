"""Score translations: read what is parallel, count it once, compare, look behind the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mt.errors import UsageError
from mt.evaluate import DEFAULT_METRICS, SEED, load_metric
from mt.evaluate.analysis import Analysis, Texts, analyse
from mt.evaluate.buckets import Profile
from mt.evaluate.checks import InputChecks
from mt.evaluate.scorer import Scorer
from mt.pipeline.score_inputs import Inputs

if TYPE_CHECKING:
    from mt.evaluate.comet import Comet, CometEnvironment
    from mt.pipeline.score_judge import OpenJudge, Tell

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
        langs: source and target language; the target's chooses BLEU's tokeniser.
        examples: segments in each list of the report.
        judge: judge hypotheses without reference: True for all anew, False for none, or None for those without
            a stored score where a source is there and they are not too many.
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
    langs: tuple[str, str] = ("nl", "en")
    examples: int = 10
    judge: bool | None = None
    texts: bool = True
    report: bool = True
    comet: CometEnvironment | None = None


def run(
    inputs: Inputs,
    options: ScoreOptions,
    advance: Advance = lambda _: None,
    judge: OpenJudge | None = None,
    judged: Tell = lambda *_: None,
) -> Analysis:
    """Score parallel streams in three passes: to count, to judge, to fetch the texts of the report.

    Args:
        inputs: what to score.
        options: how.
        advance: told how far the first pass is.
        judge: opens what judges pairs without reference, if that is needed; None for the checks alone.
        judged: told after each batch how many pairs were judged, and of how many.

    Raises:
        UsageError: the streams are not parallel, a name is unknown, COMET is asked for without its environment.
        EngineError: COMET failed.
        FormatError: a file is not what it should be.
    """
    if options.judge and inputs.source is None:
        raise UsageError("Hypotheses cannot be judged without their source.", "Name it: --source FILE")
    names = [name for name in options.metrics if name.lower() != "comet"]
    comet = _comet(inputs, options) if len(names) < len(options.metrics) else None
    scorer = Scorer(inputs.systems, len(inputs.references), [load_metric(n, options.langs[1]) for n in names])
    scorer.check(options.baseline, options.tests)
    profile, checks = Profile(), InputChecks(inputs.systems)
    for stretch in inputs.stretches():
        scorer.add(stretch.hypotheses, stretch.references)
        if options.report:
            profile.add(stretch.references[0])
        checks.add(stretch.hypotheses, stretch.references, stretch.sources)
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
    quality, about = inputs.quality, list[str]()
    if inputs.source is not None and options.judge is not False:
        from mt.pipeline import score_judge

        quality, about = score_judge.judged(
            inputs, scorer.segments, options.langs, judge, anew=bool(options.judge), tell=judged
        )
    notes = [*inputs.notes, *checks.warnings(), *about]
    analysis = analyse(
        scorer,
        comparison,
        profile if options.report else None,
        quality,
        notes,
        options.examples,
        checks.copies(),
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
