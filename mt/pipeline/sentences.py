"""Source segments to judged pairs: what is copied, what is cut, what is searched again and why.

with SentenceTranslator(engine, DecodeOptions()) as translator:
    pairs = translator.translate(["De kat slaapt.", "Het regent."])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING

from mt.data import Candidate, Finding, Hypothesis, Origin, Pair, QualityScore, Severity
from mt.engines import DecodeOptions, Engine
from mt.errors import MTError
from mt.pipeline import rescue
from mt.quality import check, is_all_caps, trivial

if TYPE_CHECKING:
    from mt.pipeline.judge import Judge


COPIED = QualityScore(1.0, "copied-1")
"""The score of a segment that holds nothing to translate and was copied."""


@dataclass(frozen=True, slots=True)
class Job:
    """A batch whose first search is under way.

    Attributes:
        sources: the batch, as given.
        plans: for each distinct source that an engine must read, its pieces under the first strategy.
        hypotheses: one for each piece that is not copied, in order.
        started: clock reading when the search began, seconds.
    """

    sources: Sequence[str]
    plans: dict[str, tuple[rescue.Strategy, list[rescue.Piece]]]
    hypotheses: Future[list[Hypothesis]]
    started: float


@dataclass(frozen=True, slots=True)
class Timed:
    """A pair and its share of the batch's time."""

    pair: Pair
    milliseconds: float


class SentenceTranslator:
    """Translates batches of segments; the engine reads the next batch while this one is checked.

    Args:
        engine: what writes hypotheses.
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
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    def __enter__(self) -> SentenceTranslator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def translate(self, sources: Sequence[str]) -> list[Timed]:
        """The pairs of a batch, in its order: submit and collect in one call."""
        return self.collect(self.submit(sources))

    def submit(self, sources: Sequence[str]) -> Job:
        """Begin the first search of a batch in the background; equal sources are searched once."""
        plans: dict[str, tuple[rescue.Strategy, list[rescue.Piece]]] = {}
        for source in sources:
            if source not in plans and not trivial(source):
                strategy = rescue.RECASE if is_all_caps(source) else rescue.BEAM
                plans[source] = (strategy, self._pieces(strategy, source))
        texts = _texts(pieces for _, pieces in plans.values())
        job = Job(sources, plans, self._pool.submit(self._search, texts, self.options), perf_counter())
        if not self._warm:
            # The first check loads its word lists; now it does so while the engine searches.
            check("Jan is er.", "Jan is there.", *self._langs)
            self._warm = True
        return job

    def collect(self, job: Job) -> list[Timed]:
        """Wait for a batch, search again where a finding asks for it, judge; one pair for each source."""
        pairs: dict[str, Pair] = {}
        written = self._first_search(job)
        candidates: dict[str, list[Candidate]] = {}
        for source, (strategy, pieces) in job.plans.items():
            parts = self._filled(pieces, written)
            failure = next((part.text for part in parts if part.engine == _FAILED), None)
            if failure is None:
                candidates[source] = [self._candidate(strategy, source, parts)]
            else:
                pairs[source] = self._pair(source, "", failure=failure)
        if self._rescues:
            self._restore_numbers(candidates)
            self._search_again(candidates)
            self._restore_numbers(candidates)
        for source, tried in candidates.items():
            chosen = rescue.choose(tried)
            pairs[source] = self._pair(source, chosen[0].hypothesis.text, candidates=chosen)
        for source in job.sources:
            if source not in pairs:
                pairs[source] = replace(self._pair(source, source, origin=Origin.COPY), score=COPIED)
        judged = self._judged(list(pairs.values()))
        each = 1000 * (perf_counter() - job.started) / max(1, len(job.sources))
        by_source = {pair.source: Timed(pair, each) for pair in judged}
        return [by_source[source] for source in job.sources]

    def _pieces(self, strategy: rescue.Strategy, source: str) -> list[rescue.Piece]:
        limit = self.engine.info.max_source_tokens
        return rescue.pieces(strategy, source, lambda text: len(self.engine.tokens(text)), limit)

    def _filled(self, pieces: Sequence[rescue.Piece], written: Iterator[Hypothesis]) -> list[Hypothesis]:
        """A hypothesis for every piece: what was written, and the copied ones as they are."""
        label = self.engine.info.label
        return [Hypothesis(piece.text, 0.0, label) if piece.copied else next(written) for piece in pieces]

    def _search(self, texts: Sequence[str], options: DecodeOptions) -> list[Hypothesis]:
        return [best for best, *_ in self.engine.translate(texts, options)] if texts else []

    def _first_search(self, job: Job) -> Iterator[Hypothesis]:
        """The hypotheses of a job; where the batch fails, each input by itself, so that one fails alone."""
        try:
            return iter(job.hypotheses.result())
        except _FAILURES:
            texts = _texts(pieces for _, pieces in job.plans.values())
            return (self._alone(text) for text in texts)

    def _alone(self, text: str) -> Hypothesis:
        try:
            return self._search([text], self.options)[0]
        except _FAILURES as error:
            return Hypothesis(f"{type(error).__name__}: {error}", 0.0, _FAILED)

    def _candidate(self, strategy: rescue.Strategy, source: str, parts: Sequence[Hypothesis]) -> Candidate:
        hypothesis = rescue.join(strategy, parts)
        findings = check(source, hypothesis.text, *self._langs)
        if len(parts) > 1 and not strategy.cuts:
            message = f"The source is longer than the model reads; it was cut into {len(parts)} pieces."
            findings = (*findings, Finding("over-length", Severity.WARNING, message, side="source"))
        return Candidate(hypothesis, strategy.name, findings, chosen=False, reason="")

    def _restore_numbers(self, candidates: dict[str, list[Candidate]]) -> None:
        """Add a candidate where only numbers are wrong and can be put right without another search."""
        for source, tried in candidates.items():
            if not _is_clean(tried) and (
                restored := rescue.with_numbers_restored(source, tried, self._langs)
            ):
                tried.append(restored)

    def _search_again(self, candidates: dict[str, list[Candidate]]) -> None:
        """Add the candidates of every strategy that the first one's findings ask for, batch by strategy."""
        wanted: dict[str, list[str]] = {}
        strategies: dict[str, rescue.Strategy] = {}
        for source, (first, *_) in candidates.items():
            for strategy in rescue.remedies(source, first.findings):
                if strategy.name != first.strategy:
                    strategies[strategy.name] = strategy
                    wanted.setdefault(strategy.name, []).append(source)
        for name, sources in wanted.items():
            strategy = strategies[name]
            open_ = [source for source in sources if not _is_clean(candidates[source])]
            plans = [self._pieces(strategy, source) for source in open_]
            try:
                written = iter(self._search(_texts(plans), strategy.options(self.options)))
            except _FAILURES:
                continue
            for source, pieces in zip(open_, plans, strict=True):
                candidates[source].append(self._candidate(strategy, source, self._filled(pieces, written)))

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
        """The pairs with scores; what the translation itself found is kept beside what the judge finds."""
        if self._judge is None:
            return pairs
        judged = [pair for pair in pairs if pair.candidates]
        scores = dict(zip((pair.source for pair in judged), self._judge(judged), strict=True))
        return [
            replace(pair, score=_with_own_findings(pair, scores[pair.source])) if pair.candidates else pair
            for pair in pairs
        ]


_FAILURES = (MTError, RuntimeError, ValueError, MemoryError)
"""What an engine may raise on one input; CTranslate2 raises RuntimeError and ValueError."""

_FAILED = "failed"
"""Engine name of a placeholder hypothesis whose text says why there is none."""


def _texts(plans: Iterable[Sequence[rescue.Piece]]) -> list[str]:
    """What the engine reads for plans, in order."""
    return [piece.text for pieces in plans for piece in pieces if not piece.copied]


def _is_clean(tried: Sequence[Candidate]) -> bool:
    return any(
        all(finding.severity is not Severity.ERROR for finding in candidate.findings) for candidate in tried
    )


def _with_own_findings(pair: Pair, score: QualityScore) -> QualityScore:
    known = {finding.check for finding in score.findings}
    own = next((c.findings for c in pair.candidates if c.chosen), ())
    return replace(score, findings=score.findings + tuple(f for f in own if f.check not in known))
