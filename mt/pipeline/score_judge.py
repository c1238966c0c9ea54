"""What is known of hypotheses without a reference: stored scores, and a judge for those that have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mt.data import QualityScore, Severity
from mt.errors import MTError
from mt.evaluate import QualityData
from mt.pipeline.judge import BATCH, PairJudge, Use, open_judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mt.config import Config
    from mt.pipeline.score_inputs import Inputs

JUDGED = 5_000
"""Pairs that are judged without being asked for; with all signals one takes about 15 milliseconds."""

OpenJudge = Callable[[], tuple[PairJudge, list[str]]]
"""Opens a judge; what its user should know comes with it."""

Tell = Callable[[int, int], None]
"""Told how many pairs were judged, and of how many."""


def opener(settings: Config, use: Use, strict: bool) -> OpenJudge:
    """Opens the judge of the settings.

    Args:
        settings: which engine and languages.
        use: which signals are wanted.
        strict: whether an engine that cannot be loaded is an error; else the judge does without, and says so.
    """

    def opened() -> tuple[PairJudge, list[str]]:
        try:
            judge = open_judge(settings, use)
        except MTError as error:
            if strict or not use.engine:
                raise
            judge = open_judge(settings, Use(engine=False, encoder=use.encoder))
            return judge, [error.message, *judge.notes]
        return judge, judge.notes

    return opened


def judged(
    inputs: Inputs,
    segments: int,
    langs: tuple[str, str],
    open_it: OpenJudge | None,
    *,
    anew: bool = False,
    tell: Tell = lambda *_: None,
) -> tuple[QualityData, list[str]]:
    """Quality scores and findings of all hypotheses, and what a reader should know about them.

    Args:
        inputs: the hypotheses with their source, and what is known already.
        segments: how many each system has.
        langs: source and target language.
        open_it: opens the judge; None judges by the checks alone.
        anew: judge all, known or not, however many there are.
        tell: told after each batch.
    """
    known = inputs.quality
    found = _Judgements(inputs.systems, segments, QualityData() if anew else known)
    total = sum(int(wanted.sum()) for wanted in found.missing.values())
    if not total:
        return known, []
    if total > JUDGED and not anew:
        note = f"{total:,} pairs are many: they were not judged without reference. --judge does it anyway."
        return known, [note]
    judge, notes = open_it() if open_it else (PairJudge(), [])
    done = 0
    for system, places, pairs in found.batches(inputs):
        found.put(system, places, judge.judge(pairs, *langs))
        done += len(places)
        tell(len(places), total)
    return found.data(known.method if not anew else "", done), notes


class _Judgements:
    """Scores and findings by system, some of them still missing."""

    def __init__(self, systems: Sequence[str], segments: int, known: QualityData) -> None:
        nothing = np.full(segments, np.nan)
        self._scores = {s: np.array(known.scores.get(s, nothing), dtype=np.float64) for s in systems}
        self._findings = {s: list(known.findings.get(s, [{}] * segments)) for s in systems}
        self._methods: Counter[str] = Counter()
        self.missing: dict[str, NDArray[np.bool_]] = {s: np.isnan(v) for s, v in self._scores.items()}

    def batches(self, inputs: Inputs) -> Iterator[tuple[str, list[int], list[tuple[str, str]]]]:
        """What is missing, some of one system at a time: system, indices, pairs."""
        first = 0
        for stretch in inputs.stretches():
            sources = stretch.sources or []
            for system, texts in zip(inputs.systems, stretch.hypotheses, strict=True):
                wanted = np.flatnonzero(self.missing[system][first : first + len(texts)]).tolist()
                for start in range(0, len(wanted), BATCH):
                    batch = wanted[start : start + BATCH]
                    yield system, [first + i for i in batch], [(sources[i], texts[i]) for i in batch]
            first += len(sources)

    def put(self, system: str, places: Sequence[int], scores: Sequence[QualityScore]) -> None:
        """Fill in what was missing."""
        for index, one in zip(places, scores, strict=True):
            self._scores[system][index] = one.value
            self._findings[system][index] = serious(one)
            self._methods[one.method] += 1

    def data(self, stored: str, added: int) -> QualityData:
        """All of it; the method says how many were added to those stored by another one."""
        (method, _), *others = self._methods.most_common()
        if stored and stored != method:
            method = f"{stored}; {method} for the {added:,} without a stored score"
        # Empty and giant segments are judged with fewer signals.
        method += "".join(f"; {count:,} by {other}" for other, count in others)
        return QualityData({s: v.tolist() for s, v in self._scores.items()}, self._findings, method)


def serious(score: QualityScore | None) -> Mapping[str, str]:
    """The checks that found an error or a warning, and what they found."""
    findings = score.findings if score else ()
    return {found.check: found.message for found in findings if found.severity is not Severity.INFO}
