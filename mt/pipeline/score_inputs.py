"""What is scored: hypotheses, references and sources from files, as parallel streams that are read twice.

Only what a call needs is imported: aligned documents are in ``score_align``, stored ones in ``score_store``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import IO

from mt.errors import FormatError, UsageError
from mt.evaluate import QualityData, different_counts
from mt.evaluate.files import SegmentFile

STRETCH = 4096
"""Segments that are in memory at a time."""

BILINGUAL = (".tmx", ".xlf", ".xliff", ".xlf2")
"""Endings of files with a source and a target in each unit."""

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
        if not chosen:
            return
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
        from mt.formats import exchange

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
        from mt.pipeline.score_align import aligned

        return aligned(request, systems, paths)
    source = request.source
    if source is None and _is_bilingual(request.references[0]):
        source = request.references[0]
    labels = [*request.hypotheses, *request.references, source or ""]
    return Inputs(
        systems,
        [stream(text, "hypothesis", request) for text in paths],
        [stream(text, "reference", request) for text in request.references],
        None if source is None else stream(source, "source", request),
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
    return Path(text).suffix.lower() in BILINGUAL


def stream(text: str, role: str, request: FileRequest) -> Iterable[str]:
    if _is_bilingual(text):
        side = "source" if role == "source" else "target"
        return PairFile(Path(text), side, request.langs)
    path, _, column = text.partition("#") if not Path(text).exists() else (text, "", "")
    return SegmentFile(Path(path), role, column or None, request.encoding)
