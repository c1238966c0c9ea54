"""What is scored: hypotheses, references and sources from files, from a stored document, from reviews."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import IO

from mt import align, quality
from mt.data import Alignment, Origin
from mt.errors import FormatError, UsageError
from mt.evaluate import different_counts
from mt.evaluate.buckets import QualityData
from mt.evaluate.files import SegmentFile
from mt.formats import exchange
from mt.pipeline.documents import read_document, segments_of
from mt.store import MEMORY, Status, Store, StoredPair

STRETCH = 4096
"""Segments that are in memory at a time."""

BILINGUAL = ("tmx", "xliff", "xliff2")
"""Exchange formats with a source and a target in each unit."""

_END = object()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some segments of all parallel streams, in order."""

    hypotheses: list[list[str]]
    references: list[list[str]]
    sources: list[str] | None


@dataclass(slots=True)
class Inputs:
    """Parallel streams of segments, each of which can be read again.

    Attributes:
        systems: names.
        hypotheses: for each system its segments.
        references: one or more streams.
        source: of the hypotheses, or None.
        quality: what a judgement without reference said, where it is known already.
        notes: what the reader of a report must know.
        labels: of the streams in messages; hypotheses first, then references, then the source.
        kept: temporary files, which live as long as this object.
    """

    systems: tuple[str, ...]
    hypotheses: Sequence[Iterable[str]]
    references: Sequence[Iterable[str]]
    source: Iterable[str] | None = None
    quality: QualityData = field(default_factory=QualityData)
    notes: list[str] = field(default_factory=list)
    labels: Sequence[str] = ()
    kept: Sequence[IO[bytes]] = ()

    def stretches(self) -> Iterator[Stretch]:
        """All segments, a stretch at a time.

        Raises:
            UsageError: the streams are not equally long; nothing is cut off.
        """
        streams = [*self.hypotheses, *self.references, *([] if self.source is None else [self.source])]
        rows = self._rows([iter(stream) for stream in streams])
        systems, references = len(self.hypotheses), len(self.references)
        while block := list(islice(rows, STRETCH)):
            columns = [list(column) for column in zip(*block, strict=True)]
            sources = columns[systems + references] if self.source is not None else None
            yield Stretch(columns[:systems], columns[systems : systems + references], sources)

    def _rows(self, streams: Sequence[Iterator[str]]) -> Iterator[tuple[str, ...]]:
        for count, row in enumerate(zip_longest(*streams, fillvalue=_END)):
            if any(text is _END for text in row):
                more = [sum(1 for _ in stream) for stream in streams]
                counts = [count + (text is not _END) + rest for text, rest in zip(row, more, strict=True)]
                raise self._uneven(counts)
            yield tuple(str(text) for text in row)

    def _uneven(self, counts: Sequence[int]) -> UsageError:
        labels = self.labels or [*self.systems, *["the reference"] * len(self.references), "the source"]
        expected = counts[len(self.hypotheses)]
        other = next((i for i, count in enumerate(counts) if count != expected), 0)
        return different_counts(labels[other], counts[other], labels[len(self.hypotheses)], expected)

    def texts(self, wanted: Iterable[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Some segments of all streams: index and one text for each stream, in another pass."""
        chosen = set(wanted)
        streams = [*self.hypotheses, *self.references, *([] if self.source is None else [self.source])]
        for index, row in enumerate(zip(*streams, strict=True)):
            if index in chosen:
                yield index, row
                chosen.remove(index)
                if not chosen:
                    return


@dataclass(frozen=True, slots=True)
class PairFile:
    """One side of a TMX or XLIFF file; read anew at every pass."""

    path: Path
    side: str
    langs: tuple[str, str]

    def __iter__(self) -> Iterator[str]:
        name = exchange.detect(self.path)
        if not self.path.is_file() or name is None:
            raise UsageError(f"{self.path} does not exist.", "Check the path.")
        report = exchange.ImportReport(str(self.path))
        empty = True
        for record in exchange.get(name).read(self.path, *self.langs, report):
            empty = False
            yield " ".join((record.source if self.side == "source" else record.target).splitlines())
        if empty:
            raise FormatError(f"{self.path} has no pairs {'-'.join(self.langs)}.", report.summary())


@dataclass(frozen=True, slots=True)
class FileRequest:
    """What the command line asks to score.

    Attributes:
        hypotheses, references: ``PATH`` or ``PATH#COLUMN``; ``-`` for stdin among the hypotheses.
        source: likewise, or None.
        names: of the systems, or empty for the file names.
        encoding: of all files, or None for UTF-8 or what a byte order mark says.
        langs: source and target language.
        align: whether the files are documents, to be segmented and aligned.
    """

    hypotheses: Sequence[str]
    references: Sequence[str]
    source: str | None = None
    names: Sequence[str] = ()
    encoding: str | None = None
    langs: tuple[str, str] = ("nl", "en")
    align: bool = False


def from_files(request: FileRequest) -> Inputs:
    """The files of a request as parallel streams.

    Raises:
        UsageError: a name is used twice or too often, or nothing to score.
    """
    if not request.hypotheses or not request.references:
        raise UsageError("There is nothing to score.", "mt score out.txt --ref reference.txt")
    systems = _names(request)
    spooled = {"-": _spooled()} if "-" in request.hypotheses else {}
    paths = [spooled[text].name if text in spooled else text for text in request.hypotheses]
    if request.align:
        return _aligned(request, systems, paths)
    source = request.source
    if source is None and _is_bilingual(request.references[0]):
        source = request.references[0]
    labels = [*request.hypotheses, *request.references, source or ""]
    return Inputs(
        systems,
        [_stream(text, "hypothesis", request) for text in paths],
        [_stream(text, "reference", request) for text in request.references],
        None if source is None else _stream(source, "source", request),
        labels=labels,
        kept=tuple(spooled.values()),
    )


def _names(request: FileRequest) -> tuple[str, ...]:
    if request.names and len(request.names) != len(request.hypotheses):
        raise UsageError(
            f"There are {len(request.names)} names for {len(request.hypotheses)} systems.",
            "Give --name once for each.",
        )
    names = tuple(request.names) or tuple(_name(text) for text in request.hypotheses)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"{names.count(name)} systems are called {name!r}.",
                "Name each of them: --name old --name new, in the order of the files.",
            )
    return names


def _name(text: str) -> str:
    if text == "-":
        return "stdin"
    path, _, column = text.partition("#")
    return f"{Path(path).stem}#{column}" if column else Path(path).stem


def _spooled() -> IO[bytes]:
    """Standard input as a file, because it is read more than once; it is gone with the object."""
    file = tempfile.NamedTemporaryFile("w+b", prefix="mt-score-", suffix=".txt")  # noqa: SIM115
    for block in iter(lambda: sys.stdin.buffer.read(1 << 20), b""):
        file.write(block)
    file.flush()
    return file


def _is_bilingual(text: str) -> bool:
    return exchange.detect(Path(text)) in BILINGUAL


def _stream(text: str, role: str, request: FileRequest) -> Iterable[str]:
    if _is_bilingual(text):
        side = "source" if role == "source" else "target"
        return PairFile(Path(text), side, request.langs)
    path, _, column = text.partition("#") if not Path(text).exists() else (text, "", "")
    return SegmentFile(Path(path), role, column or None, request.encoding)


def _aligned(request: FileRequest, systems: tuple[str, ...], paths: Sequence[str]) -> Inputs:
    """Documents as parallel streams: all texts are aligned with the first reference and cut where all agree."""
    source_lang, target_lang = request.langs

    def segments(text: str, lang: str) -> list[str]:
        document, _ = read_document(Path(text), lang=lang, encoding=request.encoding)
        return [segment.plain for segment in segments_of(document)]

    first, *others = [segments(text, target_lang) for text in request.references]
    if not first:
        raise FormatError(f"{request.references[0]} has no sentences.", "Give a document with text.")
    texts = [*(segments(text, target_lang) for text in paths), *others]
    alignments = [align.align(text, first, translation=text) for text in texts]
    source = None
    if request.source is not None:
        encoder = align.load_encoder() if align.encoder_is_installed() else None
        source = align.align(segments(request.source, source_lang), first, encoder=encoder)
        alignments.append(source)
    groups = common_groups(alignments, len(first))
    columns = [grouped(found, groups) for found in alignments]
    counted = ", ".join(f"{name} {len(text):,}" for name, text in zip(systems, texts, strict=False))
    note = (
        f"The texts were not given line by line: they were segmented and aligned with the reference by mt align "
        f"({counted}, reference {len(first):,} segments; {len(groups):,} were scored)."
    )
    count = len(systems)
    return Inputs(
        systems,
        columns[:count],
        [[" ".join(first[a:b]) for a, b in groups], *columns[count : count + len(others)]],
        columns[-1] if source else None,
        notes=[note],
    )


def common_groups(alignments: Sequence[Alignment], targets: int) -> list[tuple[int, int]]:
    """Stretches of target segments that no bead of any alignment crosses, as short as possible."""
    joined: set[int] = set()
    for alignment in alignments:
        for bead in alignment.beads:
            joined.update(bead.target[1:])
    starts = [index for index in range(targets) if index not in joined]
    return list(pairwise([*starts, targets]))


def grouped(alignment: Alignment, groups: Sequence[tuple[int, int]]) -> list[str]:
    """The source side of an alignment by groups of its targets; what stands alone goes with what is before it."""
    number = {index: group for group, (a, b) in enumerate(groups) for index in range(a, b)}
    found: list[list[str]] = [[] for _ in groups]
    current = 0
    for bead in alignment.beads:
        if bead.target:
            current = number[bead.target[0]]
        found[current] += (alignment.source[index] for index in bead.source)
    return [" ".join(texts) for texts in found]


def from_document(store: Store, document: str, request: FileRequest) -> Inputs:
    """A stored document's targets against a reference file, with its stored scores and findings.

    Raises:
        UsageError: there is no such document, it has no pairs, or no reference is given.
    """
    info = store.find_document(document)
    if not request.references:
        raise UsageError(f"Document {info.id} has no reference to be scored against.", "Name one: --ref FILE")
    pairs = list(store.pairs(info.id))
    if not pairs:
        raise UsageError(f"Document {info.id} has no pairs.", "Translate it first: mt translate")
    name = request.names[0] if request.names else _system_name(pairs)
    inputs = Inputs(
        (name,),
        [[_line(stored.pair.target) for stored in pairs]],
        [_stream(text, "reference", request) for text in request.references],
        [_line(stored.pair.source) for stored in pairs],
        _stored_quality(name, pairs),
        labels=[f"document {info.id}", *request.references, ""],
    )
    failed = sum(bool(stored.pair.failure) for stored in pairs)
    if failed:
        inputs.notes.append(f"{failed:,} segments of {info.id} have no translation; they count as empty.")
    return inputs


def _line(text: str) -> str:
    return " ".join(text.splitlines())


def _system_name(pairs: Sequence[StoredPair]) -> str:
    models = sorted({stored.settings.model for stored in pairs if stored.settings})
    return models[0] if len(models) == 1 else "stored"


def _stored_quality(name: str, pairs: Sequence[StoredPair]) -> QualityData:
    scores = [stored.pair.score.value if stored.pair.score else float("nan") for stored in pairs]
    if all(map(math.isnan, scores)):
        return QualityData()
    methods = sorted({stored.pair.score.method for stored in pairs if stored.pair.score})
    findings = [
        frozenset(finding.check for finding in stored.pair.score.findings)
        if stored.pair.score
        else frozenset()
        for stored in pairs
    ]
    return QualityData({name: scores}, {name: findings}, ", ".join(methods))


def from_reviews(store: Store, names: Sequence[str] = ()) -> Inputs:
    """What engines wrote against what reviewers accepted or made of it.

    Raises:
        UsageError: nobody has accepted or edited an engine's translation.
    """
    found = []
    for history in store.all_reviews():
        stored = store.pair(history[0].pair)
        if stored.status not in MEMORY or stored.pair.origin is not Origin.ENGINE:
            continue
        found.append((stored, history[0].before))
    if not found:
        raise UsageError(
            "No translation by an engine was accepted or edited in this store.",
            "Review some first: mt review",
        )
    pairs = [stored for stored, _ in found]
    name = names[0] if names else _system_name(pairs)
    accepted = sum(stored.status is Status.ACCEPTED for stored in pairs)
    note = (
        f"The references are {accepted:,} accepted and {len(pairs) - accepted:,} edited translations. Reviewers "
        "saw the system's text first, so scores are far above those against independent references."
    )
    written = [_line(before) for _, before in found]
    return Inputs(
        (name,),
        [written],
        [[_line(stored.pair.target) for stored in pairs]],
        [_line(stored.pair.source) for stored in pairs],
        _reviewed_quality(name, pairs, written),
        [note],
    )


def _reviewed_quality(name: str, pairs: Sequence[StoredPair], written: Sequence[str]) -> QualityData:
    """The stored score where the text is still the engine's, one of the same kind for what was edited away."""
    data = _stored_quality(name, pairs)
    changed = [i for i, stored in enumerate(pairs) if _line(stored.pair.target) != written[i]]
    if not data.scores or not changed:
        return data
    scores, findings = list(data.scores[name]), list(data.findings[name])
    judged = quality.score([(pairs[i].pair.source, written[i]) for i in changed])
    for i, one in zip(changed, judged, strict=True):
        scores[i] = one.value
        findings[i] = frozenset(finding.check for finding in one.findings)
    method = f"{data.method}; {judged[0].method} for the {len(changed):,} texts that were edited"
    return QualityData({name: scores}, {name: findings}, method)
