"""Translate documents: every sentence pair goes to the store with its score, the document comes back whole.

A run is a stream of segments over all its documents, cut into windows. What the store has already is not
translated again: pairs of an earlier, interrupted run, accepted pairs (memory), and sentences that the same model
translated before in another version of the document.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from mt.data import Block, Document, Origin, Pair, Segment
from mt.formats import Replacement
from mt.pipeline.documents import rendered, segmented
from mt.pipeline.links import WordLinker, has_inline
from mt.pipeline.sentences import Job, SentenceTranslator
from mt.segment import VERSION
from mt.store import PairRow, RunState, SettingsKey, Store

WINDOW = 256
"""Segments in one batch and one transaction: enough to sort by length, little to lose."""

FIRST = 32
"""Segments in the first batch; each further one is twice as large, so that work begins and is kept early."""

AHEAD = 2
"""Batches under way beside the one that is stored, so that the engine never waits for the store."""

Advance = Callable[[int, int], None]
"""Told after each batch: how many segments were done, and how many there will be in all, as far as is known."""


@dataclass
class Counts:
    """What became of the segments of a document or a run; the middle six add up to ``segments``."""

    segments: int = 0
    translated: int = 0
    copied: int = 0
    memory: int = 0
    reused: int = 0
    resumed: int = 0
    failed: int = 0
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, pair: Pair) -> None:
        """Count a pair that was made now by where it came from."""
        if pair.failure:
            self.failed += 1
        elif pair.origin is Origin.COPY:
            self.copied += 1
        else:
            self.translated += 1
        if pair.score:
            self.findings.update(finding.check for finding in pair.score.findings)

    @property
    def done(self) -> int:
        """Segments whose batch is finished; less than ``segments`` while a run is under way."""
        return self.translated + self.copied + self.memory + self.reused + self.resumed + self.failed

    def numbers(self) -> dict[str, int]:
        """Every count by name, findings left out."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "findings"}

    def __add__(self, other: Counts) -> Counts:
        names = self.__dataclass_fields__
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


class _Unit(NamedTuple):
    """A segment on its way through the run; the last one of a document carries the document."""

    document: str
    position: int
    segment: Segment
    last: Document | None = None


class _Window(NamedTuple):
    """A batch on its way: its units, those that need a pair, the pairs known already, and the job of the rest."""

    units: Sequence[_Unit]
    todo: Sequence[_Unit]
    known: Mapping[str, Pair]
    job: Job


class DocumentTranslator:
    """Translates documents into a store.

    Args:
        store: where documents and pairs go.
        translator: what turns sources into pairs.
        memory: whether accepted and edited pairs are reused for equal sources.
        window: segments in one batch.
    """

    def __init__(
        self, store: Store, translator: SentenceTranslator, *, memory: bool = True, window: int = WINDOW
    ) -> None:
        info = translator.engine.info
        self._store = store
        self._translator = translator
        self._langs = (info.source_lang, info.target_lang)
        self._memory = memory
        self._window = window
        self._reach = (0, 0)
        self._done: dict[str, set[int]] = {}
        self._blank: list[Document] = []
        self.settings = SettingsKey(
            info.label, info.model, info.model_sha256, f"{info.compute_type} {translator.options.key()}"
        )
        self.counts: dict[str, Counts] = {}

    @property
    def total(self) -> Counts:
        """The counts of all documents together."""
        return sum(self.counts.values(), Counts())

    def run(
        self, documents: Iterable[Document], arguments: Mapping[str, object], advance: Advance
    ) -> Iterator[Document]:
        """Translate documents; yields each with its identifier in the store once all its pairs are there.

        The store holds each batch as soon as it is done; the run is marked interrupted or failed where it
        does not reach its end, and the same call goes on from there.

        Args:
            documents: without segments.
            arguments: of the command, stored with the run.
            advance: told after each batch.
        """
        run = self._store.begin_run("translate", arguments)
        state = RunState.FAILED
        try:
            yield from self._translate(documents, advance)
            state = RunState.FINISHED
        except (KeyboardInterrupt, GeneratorExit):
            state = RunState.INTERRUPTED
            raise
        finally:
            self._store.finish_run(run, state, self.total.numbers())

    def _translate(self, documents: Iterable[Document], advance: Advance) -> Iterator[Document]:
        pending: deque[_Window] = deque()
        units = self._units(documents)
        window = min(FIRST, self._window)
        while batch := list(islice(units, window)):
            pending.append(self._begin(batch))
            window = min(2 * window, self._window)
            if len(pending) > AHEAD:
                yield from self._finish(pending.popleft(), advance)
        while pending:
            yield from self._finish(pending.popleft(), advance)
        yield from self._blank

    def _units(self, documents: Iterable[Document]) -> Iterator[_Unit]:
        """Every segment of every document, the document put into the store before its first one."""
        for document in documents:
            identifier = self._store.put_document(document, self._langs[1], segmentation=VERSION)
            self.counts[identifier] = Counts()
            named = document._replace(id=identifier)
            self._done[identifier] = self._store.done_positions(identifier, self.settings)
            previous: _Unit | None = None
            for block, segments in segmented(document):
                self._reach = (block.end, len(document.text))
                for segment in segments:
                    if previous:
                        yield previous
                    previous = _Unit(identifier, previous.position + 1 if previous else 0, segment)
            if previous:
                yield previous._replace(last=named)
            else:
                self._blank.append(named)

    def _begin(self, batch: Sequence[_Unit]) -> _Window:
        """Store a batch's segments, take what is known, and let the engine begin with the rest."""
        todo: list[_Unit] = []
        for identifier in dict.fromkeys(unit.document for unit in batch):
            units = [unit for unit in batch if unit.document == identifier]
            self._store.add_segments(identifier, [unit.segment for unit in units], units[0].position)
            done = self._done[identifier]
            self.counts[identifier].segments += len(units)
            fresh = [unit for unit in units if unit.position not in done]
            self.counts[identifier].resumed += len(units) - len(fresh)
            todo += fresh
        known = self._known(list(dict.fromkeys(unit.segment.plain for unit in todo)))
        rest = [unit.segment.plain for unit in todo if unit.segment.plain not in known]
        return _Window(batch, todo, known, self._translator.submit(rest))

    def _known(self, sources: list[str]) -> dict[str, Pair]:
        """Pairs for the sources that need no engine: from memory, or from the same model before."""
        source_lang, target_lang = self._langs
        known = dict(self._store.find_translated(sources, source_lang, target_lang, self.settings))
        if self._memory:
            for source, match in self._store.find_memory(sources, source_lang, target_lang).items():
                known[source] = Pair(source, match.target, source_lang, target_lang, Origin.MEMORY)
        return known

    def _finish(self, window: _Window, advance: Advance) -> Iterator[Document]:
        """Collect a batch and store its pairs; yields the documents that end in it."""
        fresh = {timed.pair.source: timed for timed in self._translator.collect(window.job)}
        rows: dict[str, list[PairRow]] = {}
        for unit in window.todo:
            source = unit.segment.plain
            counts = self.counts[unit.document]
            if (pair := window.known.get(source)) is None:
                timed = fresh[source]
                row = PairRow(unit.position, timed.pair, self.settings, timed.milliseconds)
                counts.add(timed.pair)
            elif pair.origin is Origin.MEMORY:
                row = PairRow(unit.position, pair)
                counts.memory += 1
            else:
                row = PairRow(unit.position, pair, self.settings)
                counts.reused += 1
            rows.setdefault(unit.document, []).append(row)
        for identifier, batch in rows.items():
            self._store.add_pairs(identifier, batch)
        advance(len(window.units), self._expected())
        yield from (unit.last for unit in window.units if unit.last)

    def _expected(self) -> int:
        """How many segments there will be, from how far the current document has been read."""
        read, whole = self._reach
        current = next(reversed(self.counts.values())).segments
        return self.total.segments + round(current * (whole - read) / max(1, read))


def translated_text(document: Document, targets: Iterable[str], linker: WordLinker) -> Iterator[str]:
    """The document with every translated segment in place; a failed segment keeps its source.

    Args:
        document: with text and format.
        targets: one for each segment, in order; empty where a segment has none.
        linker: finds the words that inline markup belongs to.
    """
    return rendered(document, _replaced(document, iter(targets), linker))


def _replaced(
    document: Document, targets: Iterator[str], linker: WordLinker
) -> Iterator[tuple[Block, list[Replacement]]]:
    for block, segments in segmented(document):
        chosen = [(segment, next(targets, "")) for segment in segments]
        done = [(segment, target) for segment, target in chosen if target]
        marked = [(segment, target) for segment, target in done if has_inline(block, segment)]
        links = iter(linker.links([(segment.plain, target) for segment, target in marked]))
        yield (
            block,
            [
                Replacement(segment, target, next(links) if has_inline(block, segment) else ())
                for segment, target in done
            ],
        )
