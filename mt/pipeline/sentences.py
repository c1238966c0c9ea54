"""Source segments to judged pairs: what is copied, what is cut, what is searched again and why.

with SentenceTranslator(engine, DecodeOptions()) as translator:
    pairs = translator.translate(["De kat slaapt.", "Het regent."])
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from mt.data import Candidate, Finding, Hypothesis, Origin, Pair, QualityScore, Severity
from mt.engines import DecodeOptions, Engine
from mt.errors import MTError
from mt.pipeline import rescue
from mt.quality import CHECKS, OVER_LENGTH, check, is_all_caps, trivial

if TYPE_CHECKING:
    from mt.pipeline.judge import Judge


COPIED = QualityScore(1.0, "copied-1")
"""The score of a segment that holds nothing to translate and was copied."""

SLICE = 64
"""Sources that one worker takes through all its steps: two or three batches of the engine."""

LAST = 2
"""Slices of a batch that are waited for after the others have been finished."""

SPARE = 2
"""Workers beyond one for each core: while they check and judge, the engine still has batches waiting."""


class Job(NamedTuple):
    """A batch on its way.

    Attributes:
        sources: the batch, as given.
        parts: its distinct sources that are not copied, slice by slice.
    """

    sources: Sequence[str]
    parts: Sequence[Future[list[_Case]]]


class Timed(NamedTuple):
    """A pair and its share of the time that its slice took."""

    pair: Pair
    milliseconds: float


class _Case:
    """A source on its way.

    Attributes:
        source: one segment.
        tried: its candidates, the first one from the plain search.
        failure: why there is none, or empty.
        left: strategies that can still help.
        milliseconds: its share of the time so far.
        made: the judged pair, None while it may be searched again.
    """

    __slots__ = ("failure", "left", "made", "milliseconds", "source", "tried")

    def __init__(self, source: str) -> None:
        self.source = source
        self.tried: list[Candidate] = []
        self.failure = ""
        self.left: list[rescue.Strategy] = []
        self.milliseconds = 0.0
        self.made: Timed | None = None

    @property
    def is_clean(self) -> bool:
        """Whether a candidate has no error, or there is none to be mended."""
        return not self.tried or any(
            all(finding.severity is not Severity.ERROR for finding in one.findings) for one in self.tried
        )


class SentenceTranslator:
    """Translates batches of segments, several slices at a time, so that the engine never waits for the checks.

    One thread submits and collects.

    Args:
        engine: what writes hypotheses; several threads use it.
        options: decode options of the first search.
        judge: what scores the pairs, or None to store them unscored.
        rescues: whether a translation with an error is searched again.
    """

    def __init__(
        self, engine: Engine, options: DecodeOptions, judge: Judge | None = None, rescues: bool = True
    ) -> None:
        self.engine = engine
        self.options = options
        self._judge = judge
        self._rescues = rescues
        self._warm = False
        self._under_way: list[Job] = []
        workers = (os.cpu_count() or 1) + SPARE
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="translate")

    def __enter__(self) -> SentenceTranslator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error nobody collects what is still under way.
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def translate(self, sources: Sequence[str]) -> list[Timed]:
        """The pairs of a batch, in its order: submit and collect in one call."""
        return self.collect(self.submit(sources))

    def submit(self, sources: Sequence[str]) -> Job:
        """Begin a batch in the background; equal sources are searched once, the longest first."""
        wanted = [source for source in dict.fromkeys(sources) if not trivial(source)]
        if len(wanted) > SLICE:
            wanted.sort(key=len, reverse=True)
        slices = [wanted[start : start + SLICE] for start in range(0, len(wanted), SLICE)]
        job = Job(sources, [self._pool.submit(self._slice, part) for part in slices])
        self._under_way.append(job)
        if not self._warm:
            self._warm_up()
        return job

    def _warm_up(self) -> None:
        """Check and judge a pair, which loads word lists and trees, while the engine searches."""
        text = "Jan is er."
        found = check(text, text, *self._langs)
        if self._judge is not None:
            self._judge([self._pair(text, text)], [found])
        self._warm = True

    def collect(self, job: Job) -> list[Timed]:
        """Wait for a batch; one pair for each source, in its order."""
        self._under_way.remove(job)
        cases: list[_Case] = []
        # The last slices keep the engine busy while what the others left is searched again.
        for parts in (job.parts[:-LAST], job.parts[-LAST:]):
            cases += chain.from_iterable(part.result() for part in parts)
            if any(case.made is None for case in cases):
                # What batches behind this one have to search again comes along: small searches cost most.
                ahead = [p.result() for other in self._under_way for p in other.parts if _succeeded(p)]
                self._mend([case for case in chain(cases, *ahead) if case.made is None])
        made = {case.source: case.made for case in cases}
        return [made.get(source) or self._copied(source) for source in job.sources]

    def _copied(self, source: str) -> Timed:
        return Timed(self._pair(source, source, origin=Origin.COPY)._replace(score=COPIED), 0.0)

    def _slice(self, sources: Sequence[str]) -> list[_Case]:
        """Search and check; judge what need not be searched again."""
        with _shared_time(cases := [_Case(source) for source in sources]):
            self._first_search(cases)
            if self._rescues:
                self._restore_numbers(cases)
                for case in cases:
                    case.left = [] if case.is_clean else _remedies(case)
            self._close([case for case in cases if not case.left])
        return cases

    def _mend(self, cases: Sequence[_Case]) -> None:
        """Search again, and judge."""
        with _shared_time(cases):
            self._search_again(cases)
            self._restore_numbers(cases)
            self._close(cases)

    def _first_search(self, cases: Sequence[_Case]) -> None:
        """Give every source its first candidate, or the reason why there is none."""
        plans = [self._plan(case.source) for case in cases]
        written = self._written(_texts(pieces for _, pieces in plans))
        for case, (strategy, pieces) in zip(cases, plans, strict=True):
            parts = self._filled(pieces, written)
            case.failure = next((part.text for part in parts if part.engine == _FAILED), "")
            if not case.failure:
                case.tried.append(self._candidate(strategy, case.source, pieces, parts))

    def _close(self, cases: Sequence[_Case]) -> None:
        """Choose among the candidates of each source, and judge the choice."""
        pairs = []
        for case in cases:
            chosen = rescue.choose(case.tried) if case.tried else ()
            target = chosen[0].hypothesis.text if chosen else ""
            pairs.append(self._pair(case.source, target, candidates=chosen, failure=case.failure))
        for case, pair in zip(cases, self._judged(pairs), strict=True):
            case.made = Timed(pair, 0.0)

    def _plan(self, source: str) -> _Plan:
        """The first strategy for a source, and its pieces under it."""
        strategy = rescue.RECASE if is_all_caps(source) else rescue.BEAM
        return strategy, self._pieces(strategy, source)

    def _pieces(self, strategy: rescue.Strategy, source: str) -> list[rescue.Piece]:
        limit = self.engine.info.max_source_tokens
        return rescue.pieces(strategy, source, lambda text: len(self.engine.tokens(text)), limit)

    def _filled(self, pieces: Sequence[rescue.Piece], written: Iterator[Hypothesis]) -> list[Hypothesis]:
        """A hypothesis for every piece: what was written, and the copied ones as they are."""
        label = self.engine.info.label
        return [Hypothesis(piece.text, 0.0, label) if piece.copied else next(written) for piece in pieces]

    def _search(self, texts: Sequence[str], options: DecodeOptions) -> list[Hypothesis]:
        return [best for best, *_ in self.engine.translate(texts, options)] if texts else []

    def _written(self, texts: Sequence[str]) -> Iterator[Hypothesis]:
        """The hypotheses of a slice; where it fails, each input by itself, so that one fails alone."""
        try:
            return iter(self._search(texts, self.options))
        except _FAILURES:
            return (self._alone(text) for text in texts)

    def _alone(self, text: str) -> Hypothesis:
        try:
            return self._search([text], self.options)[0]
        except _FAILURES as error:
            return Hypothesis(f"{type(error).__name__}: {error}", 0.0, _FAILED)

    def _candidate(
        self,
        strategy: rescue.Strategy,
        source: str,
        pieces: Sequence[rescue.Piece],
        parts: Sequence[Hypothesis],
    ) -> Candidate:
        hypothesis = rescue.begun_alike(source, rescue.join(strategy, pieces, parts))
        findings = check(source, hypothesis.text, *self._langs)
        if len(parts) > 1 and (not strategy.cuts or len(self._pieces(rescue.BEAM, source)) > 1):
            message = f"The source is longer than the model reads; it was cut into {len(parts)} pieces."
            findings = (*findings, Finding(OVER_LENGTH, Severity.WARNING, message, side="source"))
        return Candidate(hypothesis, strategy.name, findings, chosen=False, reason="")

    def _restore_numbers(self, cases: Sequence[_Case]) -> None:
        """Add a candidate where only numbers are wrong and can be put right without another search."""
        for case in cases:
            if not case.is_clean and (
                restored := rescue.with_numbers_restored(case.source, case.tried, self._langs)
            ):
                case.tried.append(restored)

    def _search_again(self, cases: Sequence[_Case]) -> None:
        """Try the strategies that the first candidate's findings ask for, until one leaves no error.

        All sources take their first strategy, then those in need their second, so that each round is few calls
        of the engine and what a source is given does not depend on its neighbours.
        """
        while waiting := [case for case in cases if case.left and not case.is_clean]:
            wanted: dict[rescue.Strategy, list[_Case]] = {}
            for case in waiting:
                wanted.setdefault(case.left.pop(0), []).append(case)
            for strategy, group in wanted.items():
                self._try(strategy, group)

    def _try(self, strategy: rescue.Strategy, cases: Sequence[_Case]) -> None:
        """Add the candidate that a strategy makes of each source; none where the engine refuses it."""
        plans = [self._pieces(strategy, case.source) for case in cases]
        try:
            written = iter(self._search(_texts(plans), strategy.options(self.options)))
        except _FAILURES:
            if len(cases) > 1:
                for case in cases:
                    self._try(strategy, [case])
            return
        for case, pieces in zip(cases, plans, strict=True):
            parts = self._filled(pieces, written)
            case.tried.append(self._candidate(strategy, case.source, pieces, parts))

    @property
    def _langs(self) -> tuple[str, str]:
        return self.engine.info.source_lang, self.engine.info.target_lang

    def _pair(
        self,
        source: str,
        target: str,
        origin: Origin = Origin.ENGINE,
        candidates: tuple[Candidate, ...] = (),
        failure: str = "",
    ) -> Pair:
        return Pair(source, target, *self._langs, origin, candidates=candidates, failure=failure)

    def _judged(self, pairs: list[Pair]) -> list[Pair]:
        """The pairs with scores; what the translation itself found is kept beside what the checks find."""
        judged = [pair for pair in pairs if pair.candidates]
        if self._judge is None or not judged:
            return pairs
        found = [_findings(pair) for pair in judged]
        scores = self._judge(judged, [[f for f in one if f.check in CHECKS] for one in found])
        by_source = {
            pair.source: score._replace(
                findings=(*score.findings, *(f for f in one if f.check not in CHECKS))
            )
            for pair, score, one in zip(judged, scores, found, strict=True)
        }
        return [pair._replace(score=by_source.get(pair.source)) for pair in pairs]


_Plan = tuple[rescue.Strategy, list[rescue.Piece]]
"""A strategy and the pieces of a source under it."""

_FAILURES = (MTError, RuntimeError, ValueError, MemoryError)
"""What an engine may raise on one input; CTranslate2 raises RuntimeError and ValueError."""

_FAILED = "failed"
"""Engine name of a placeholder hypothesis whose text says why there is none."""


def _texts(plans: Iterable[Sequence[rescue.Piece]]) -> list[str]:
    """What the engine reads for plans, in order."""
    return [piece.text for pieces in plans for piece in pieces if not piece.copied]


def _remedies(case: _Case) -> list[rescue.Strategy]:
    """The strategies that the findings in the first candidate ask for."""
    first = case.tried[0]
    return [s for s in rescue.remedies(case.source, first.findings) if s.name != first.strategy]


def _succeeded(part: Future[list[_Case]]) -> bool:
    return part.done() and not part.cancelled() and part.exception() is None


@contextmanager
def _shared_time(cases: Sequence[_Case]) -> Iterator[None]:
    """Put the time that a block takes down to sources in equal shares."""
    started = perf_counter()
    yield
    each = 1000 * (perf_counter() - started) / max(1, len(cases))
    for case in cases:
        case.milliseconds += each
        if case.made:
            case.made = case.made._replace(milliseconds=case.milliseconds)


def _findings(pair: Pair) -> Sequence[Finding]:
    """What was found in the candidate that became the target."""
    return next(candidate.findings for candidate in pair.candidates if candidate.chosen)
