"""Judge pairs of any origin with the signals at hand: stored, imported, or given in a file.

judge = open_judge(settings)
scores = judge([Pair("Het regent.", "It is raining.")])

Engine and encoder work at the same time, each on its own core; where one is missing, the score is made from
what is left and its method says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

from mt.data import Finding, Pair, QualityScore, Severity, Verdict
from mt.errors import EngineError, FormatError, UsageError
from mt.places import data_folder
from mt.quality import NO_SIGNALS, Level, Signals, score
from mt.quality.calibration import Calibration, fit_calibration
from mt.quality.level import REFERENCE_LANGS, measure_level, reference
from mt.quality.scorer import shipped

if TYPE_CHECKING:
    from mt.align import Encoder
    from mt.config import Config
    from mt.engines import Engine
    from mt.formats.exchange import ImportReport, PairRecord
    from mt.pipeline.judge_journal import Journal
    from mt.store import Store

BATCH = 256
"""Pairs that are judged together: enough for the engine to sort by length."""

LONGEST = 400
"""White-space tokens of a side that models still look at; a longer "sentence" is judged by the checks alone."""

CALIBRATION = "calibration.json"
"""File in the data folder with what reviewers' decisions taught."""

Known = Sequence[Sequence[Finding]]
"""For each pair what the checks see in it, where they looked at it already."""


class Judge(Protocol):
    """What scores pairs; see :class:`PairJudge`."""

    def __call__(self, pairs: Sequence[Pair], found: Known | None = None) -> list[QualityScore]:
        """One score for each pair, in order."""
        ...


class PairJudge:
    """Scores pairs with every signal there is.

    Args:
        engine: force-decodes the target; None leaves that signal out.
        encoder: compares sentences and words; None leaves that signal out.
        calibration: what reviewers' decisions taught, or None.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        encoder: Encoder | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._calibration = calibration

    @property
    def identity(self) -> str:
        """Changes with everything that a score depends on but the pair."""
        parts = (
            shipped().version,
            shipped().provenance,
            self._engine and self._engine.info.model_sha256,
            self._encoder and self._encoder.name,
            self._calibration and self._calibration._asdict(),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def notes(self) -> list[str]:
        """What a user should know about the scores: which signals are left out, and what was learnt."""
        left_out = [
            name
            for name, part in (
                ("the translation model", self._engine),
                ("the sentence encoder", self._encoder),
            )
            if part is None
        ]
        found = [f"Judged without {' and without '.join(left_out)}."] if left_out else []
        if self._calibration is not None:
            found.append(f"Calibrated on {self._calibration.decisions} decisions of reviewers.")
        return found

    def __call__(self, pairs: Sequence[Pair], found: Known | None = None) -> list[QualityScore]:
        """One score for each pair, in order.

        Args:
            pairs: of any languages.
            found: what the checks see in each, where that is known; else they look.
        """
        by_langs: dict[tuple[str, str], list[int]] = {}
        for index, pair in enumerate(pairs):
            by_langs.setdefault((pair.source_lang, pair.target_lang), []).append(index)
        scores: dict[int, QualityScore] = {}
        for langs, places in by_langs.items():
            texts = [(pairs[i].source, pairs[i].target) for i in places]
            known = None if found is None else [found[i] for i in places]
            scores |= zip(places, self.judge(texts, *langs, known), strict=True)
        return [scores[index] for index in range(len(pairs))]

    def judge(
        self,
        pairs: Sequence[tuple[str, str]],
        source_lang: str = "nl",
        target_lang: str = "en",
        found: Known | None = None,
    ) -> list[QualityScore]:
        """One score for each ``(source, target)``, in order; see :meth:`__call__`."""
        scores = score(
            pairs,
            self.signals(pairs, source_lang, target_lang),
            source_lang=source_lang,
            target_lang=target_lang,
            findings=found,
        )
        return scores if self._calibration is None else [self._calibration.apply(one) for one in scores]

    def signals(
        self, pairs: Sequence[tuple[str, str]], source_lang: str = "nl", target_lang: str = "en"
    ) -> list[Signals]:
        """What engine and encoder say about each pair; nothing about empty and giant ones."""
        signals = [NO_SIGNALS] * len(pairs)
        if self._engine is None and self._encoder is None:
            return signals
        places = [
            index
            for index, sides in enumerate(pairs)
            if all(0 < len(text.split()) <= LONGEST and len(text) <= 12 * LONGEST for text in sides)
        ]
        chosen = [pairs[index] for index in places]
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine") as pool:
            engine = pool.submit(self._log_probs, chosen, (source_lang, target_lang))
            encoded = self._encoded(chosen)
            log_probs = engine.result()
        level = self.level if any(log_probs) else None
        for index, values, signal in zip(places, log_probs, encoded, strict=True):
            signals[index] = signal._replace(log_probs=values, level=level if values else None)
        return signals

    @cached_property
    def level(self) -> Level | None:
        """How likely this engine finds right translations; None for the one that the score was fitted with."""
        if self._engine is None or self._engine.info.model_sha256 in shipped().provenance["engine"]:
            return None
        found = [values for values in self._log_probs(reference(), REFERENCE_LANGS) if values]
        return measure_level(found) if found else None

    def _log_probs(
        self, pairs: Sequence[tuple[str, str]], langs: tuple[str, str]
    ) -> list[tuple[float, ...] | None]:
        """Log-probabilities of each target's tokens; None where the engine cannot read a pair."""
        engine = self._engine
        if engine is None or (engine.info.source_lang, engine.info.target_lang) != langs:
            return [None] * len(pairs)
        try:
            return [found.log_probs for found in engine.score(pairs)] if pairs else []
        except EngineError:
            if len(pairs) == 1:
                return [None]
            half = len(pairs) // 2
            return self._log_probs(pairs[:half], langs) + self._log_probs(pairs[half:], langs)

    def _encoded(self, pairs: Sequence[tuple[str, str]]) -> list[Signals]:
        """Cosines of the sentences and of their words in context."""
        if self._encoder is None or not pairs:
            return [NO_SIGNALS] * len(pairs)
        from mt.align.encoders import text_and_word_vectors

        sources, here = text_and_word_vectors(self._encoder, [source for source, _ in pairs])
        targets, there = text_and_word_vectors(self._encoder, [target for _, target in pairs])
        cosines = (sources * targets).sum(axis=1)
        signals = []
        for cosine, left, right in zip(cosines, here, there, strict=True):
            likeness = left @ right.T
            cover = likeness.max(axis=1).tolist(), likeness.max(axis=0).tolist()
            signals.append(Signals(None, float(cosine), *cover))
        return signals


class Use(NamedTuple):
    """Which signals are wanted."""

    engine: bool = True
    encoder: bool = True


ALL_SIGNALS = Use()


def open_judge(
    settings: Config, use: Use = ALL_SIGNALS, engine: Engine | None = None, *, calibrated: bool = True
) -> PairJudge:
    """A judge with everything that is wanted and installed.

    Args:
        settings: which engine and languages.
        use: which signals are wanted.
        engine: one that is open already; else that of the settings.
        calibrated: whether what was learnt from reviewers' decisions is applied.

    Raises:
        UsageError: an unknown engine or model.
        EngineError: the engine cannot be loaded.
        StoreError: the calibration is damaged.
    """
    from mt.align import encoder_is_installed, load_encoder

    if use.engine and engine is None:
        from mt.pipeline.opening import open_engine

        engine = open_engine(settings)
    encoder = load_encoder() if use.encoder and encoder_is_installed() else None
    calibration = Calibration.load(calibration_file()) if calibrated else None
    return PairJudge(engine if use.engine else None, encoder, calibration)


def calibration_file() -> Path:
    """Where the calibration lies that `mt judge --calibrate` writes."""
    return data_folder() / CALIBRATION


# Files


class Item(NamedTuple):
    """One pair of a file on its way through.

    Attributes:
        source, target: plain text.
        cells: the row as it was read, for TSV.
        record: the record, for other formats.
    """

    source: str
    target: str
    cells: tuple[str, ...] = ()
    record: PairRecord | None = None

    @property
    def blank(self) -> bool:
        """Whether it is an empty line, which only separates others and stays as it is."""
        return self.cells == ("",)


@dataclass
class JudgeCounts:
    """What became of a run.

    Attributes:
        pairs: judged.
        errors, warnings: pairs with such a finding as the worst one.
        total: sum of the scores.
        notes: what the reader of the file noticed.
    """

    pairs: int = 0
    errors: int = 0
    warnings: int = 0
    total: float = 0.0
    notes: list[str] = field(default_factory=list)

    def add(self, judged: QualityScore) -> None:
        """Count one pair."""
        severities = {finding.severity for finding in judged.findings}
        self.pairs += 1
        self.total += judged.value
        self.errors += Severity.ERROR in severities
        self.warnings += Severity.WARNING in severities and Severity.ERROR not in severities


def read_items(
    path: Path | None, stream: IO[bytes], kind: str, langs: tuple[str, str], report: ImportReport
) -> Iterator[Item]:
    """The pairs of a file, one at a time.

    Args:
        path: the file, for messages; None for stdin.
        stream: its bytes.
        kind: ``tsv`` or the name of an exchange format.
        langs: source and target language.
        report: filled while the pairs are read.

    Raises:
        FormatError: the file is binary, not of its format, or a row has other columns; with the line.
    """
    name = str(path) if path else "stdin"
    if kind == "tsv":
        yield from _tsv_items(name, stream)
        return
    from mt.formats import exchange

    for record in exchange.get(kind).read(path or stream, *langs, report):
        yield Item(record.source, record.target, record=record)


def _tsv_items(name: str, stream: IO[bytes]) -> Iterator[Item]:
    columns = 0
    for number, raw in enumerate(stream, 1):
        if b"\0" in raw:
            raise FormatError(
                f"{name} line {number}: a NUL byte; this is no text.", "Give a TSV file in UTF-8."
            )
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{name} line {number}: byte {error.start + 1} is not UTF-8.",
                "Convert the file: iconv -t UTF-8.",
            ) from error
        cells = line.split("\t")
        if not line:
            yield Item("", "", cells=("",))
            continue
        columns = columns or len(cells)
        if len(cells) < 2:
            raise FormatError(
                f"{name} line {number} has one column.",
                "Put source and target into two columns, parted by a tab.",
            )
        if len(cells) != columns:
            raise FormatError(
                f"{name} line {number} has {len(cells)} columns, the lines before it have {columns}.",
                "Every line needs the same number of tabs.",
            )
        yield Item(cells[0], cells[1], cells=tuple(cells))


def count_lines(path: Path) -> int:
    """How many lines a file has."""
    with path.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def judged_items(
    items: Iterable[Item],
    judge: PairJudge,
    langs: tuple[str, str],
    counts: JudgeCounts,
    advance: Callable[[int], None],
    journal: Journal | None = None,
) -> Iterator[tuple[Item, QualityScore]]:
    """Every item with its score, batch by batch, in order; what the journal of a killed run has is not judged again."""
    waiting = iter(items)
    while batch := list(islice(waiting, BATCH)):
        texts = [(item.source, item.target) for item in batch if not item.blank]
        known = journal.scores(texts) if journal else None
        if known is None:
            known = judge.judge(texts, *langs)
            if journal:
                journal.add(texts, known)
        scores = iter(known)
        advance(len(batch))
        for item in batch:
            judged = _UNJUDGED if item.blank else next(scores)
            if not item.blank:
                counts.add(judged)
            yield item, judged


@contextmanager
def journal_of(
    output: Path | None, judge: PairJudge, langs: tuple[str, str], counts: JudgeCounts, *, features: bool
) -> Iterator[Journal | None]:
    """The journal beside an output, which goes when the run is done; None for stdout.

    Args:
        output: that is written.
        judge: that scores.
        langs: source and target language.
        counts: told how many pairs an earlier run had judged.
        features: whether the output needs the measured values.

    Raises:
        UsageError: the output's folder cannot be written.
    """
    if output is None:
        yield None
        return
    from mt.pipeline.documents import require_writable
    from mt.pipeline.judge_journal import Journal

    require_writable(output, [])
    journal, done = Journal(output, judge.identity + "".join(langs), features=features), False
    try:
        yield journal
        done = True
    finally:
        journal.close(done=done)
    if journal.reused:
        counts.notes.append(f"{journal.reused} pairs were judged by the run that was interrupted.")


_UNJUDGED = QualityScore(0.0, "")
"""Stands beside an empty line."""


def findings_text(findings: Iterable[Finding], messages: bool = False) -> str:
    """Findings in one cell: ``number:error negation:warning``, or with their messages."""
    if messages:
        return " ".join(f"{f.check} ({f.severity.value}): {f.message}" for f in findings)
    return " ".join(f"{f.check}:{f.severity.value}" for f in findings)


def write_tsv(judged: Iterable[tuple[Item, QualityScore]], stream: IO[bytes], explain: bool) -> None:
    """Rows with the score, the findings and, if asked for, the reasons appended."""
    from mt.quality.explain import reasons

    for item, found in judged:
        if item.blank:
            stream.write(b"\n")
            continue
        cells = [*(item.cells or (_cell(item.source), _cell(item.target))), f"{found.value:.4f}"]
        cells.append(findings_text(found.findings, messages=explain))
        if explain:
            cells.append("; ".join(reasons(found)))
        stream.write(("\t".join(cells) + "\n").encode())


def _cell(text: str) -> str:
    return " ".join(text.split())


def write_json(judged: Iterable[tuple[Item, QualityScore]], stream: IO[bytes], explain: bool) -> None:
    """One JSON object a line with everything that is known about the pair."""
    from mt.quality.explain import reasons

    for item, found in judged:
        if item.blank:
            continue
        record = as_record(item, found) | ({"reasons": reasons(found)} if explain else {})
        stream.write((json.dumps(record, ensure_ascii=False) + "\n").encode())


def as_record(item: Item, found: QualityScore) -> dict[str, Any]:
    """A judged pair as JSON values."""
    return {
        "source": item.source,
        "target": item.target,
        "score": round(found.value, 6),
        "method": found.method,
        "findings": [
            {
                "check": finding.check,
                "severity": finding.severity.value,
                "message": finding.message,
                "side": finding.side,
                "span": list(finding.span) if finding.span else None,
            }
            for finding in found.findings
        ],
        "features": {name: round(value, 6) for name, value in found.features.items()},
    }


def write_exchange(
    judged: Iterable[tuple[Item, QualityScore]], stream: IO[bytes], kind: str, langs: tuple[str, str]
) -> None:
    """The records in a format that carries scores and findings."""
    from mt.formats import exchange

    def records() -> Iterator[PairRecord]:
        for item, found in judged:
            if item.blank:
                continue
            record = item.record or exchange.PairRecord(item.source, item.target, *langs)
            yield replace(record, score=found.value, method=found.method, findings=found.findings)

    exchange.get(kind).write(records(), stream, *langs)


# The store


def stored_items(store: Store, document: str) -> Iterator[Item]:
    """The pairs of a stored document that have a target.

    Raises:
        UsageError: there is no such document.
    """
    for stored in store.pairs(store.find_document(document).id):
        if stored.pair.target:
            yield Item(stored.pair.source, stored.pair.target)


def decisions(store: Store) -> Iterator[tuple[tuple[str, str], bool]]:
    """Every reviewed pair as it was proposed, and whether the last reviewer took it as it was."""
    for history in store.all_reviews():
        standing = [row for row in history if row.verdict in _DECIDED or row.verdict is Verdict.UNDONE]
        decided: list[Any] = []
        for row in standing:
            if row.verdict is Verdict.UNDONE:
                del decided[-1:]
            else:
                decided.append(row)
        if decided and decided[0].before:
            source = store.pair(decided[0].pair).pair.source
            accepted = decided[-1].verdict is Verdict.ACCEPTED and decided[-1].after == decided[0].before
            yield (source, decided[0].before), accepted


_DECIDED = (Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED)


def calibrate(store: Store, judge: PairJudge, langs: tuple[str, str], path: Path) -> Calibration:
    """Learn from the store's decisions how scores and acceptance go together, and keep it.

    Args:
        store: with reviews.
        judge: without calibration.
        langs: source and target language.
        path: where the calibration is written.

    Raises:
        UsageError: there are too few decisions.
    """
    known = list(decisions(store))
    scores = judge.judge([pair for pair, _ in known], *langs)
    calibration = fit_calibration(scores, [accepted for _, accepted in known])
    calibration.save(path)
    return calibration


def require_kind(path: Path | None, kind: str | None) -> str:
    """The name of a file's format: as asked for, by its ending, else TSV.

    Raises:
        UsageError: the file is missing or is a folder.
    """
    if path is not None and not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"{path} {what}.", "Give a TSV, JSON lines, TMX or XLIFF file, or - for stdin.")
    from mt.formats import exchange

    found = kind or (exchange.detect(path) if path else None) or "tsv"
    exchange.get(found)
    return found


def output_kind(output: Path | None, kind: str) -> str:
    """The format to write: by the ending of the output, else that of the input.

    Raises:
        UsageError: the format cannot hold scores.
    """
    from mt.formats import exchange

    found = (exchange.detect(output) if output else None) or kind
    if found in ("moses", "docx"):
        raise UsageError(
            f"{output or found} cannot hold scores.", "Write TSV, JSON lines, TMX or XLIFF: -o scored.tsv"
        )
    return found
