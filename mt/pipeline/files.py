"""Translate files: which there are, where their translations go, what became of each."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mt import formats
from mt.data import Document, Segment
from mt.errors import EngineError, MTError, UsageError
from mt.pipeline.documents import find_files, output_stream, read_document, require_writable, segments_of
from mt.pipeline.links import WordLinker
from mt.pipeline.sentences import Job, SentenceTranslator
from mt.pipeline.translate import Advance, Counts, DocumentTranslator, translated_text
from mt.quality import identify
from mt.store import Store, StoredPair

if TYPE_CHECKING:
    from mt.formats.bilingual import BilingualRow

SAMPLE = 20_000
"""Characters at the start of a document that tell its language."""


class Work(NamedTuple):
    """One input and its output; None is stdin or stdout."""

    source: Path | None
    output: Path | None


class Wishes(NamedTuple):
    """How documents are read and written.

    Attributes:
        source_lang: that the documents should be in.
        format_name: of the inputs, or None to detect it.
        encoding: of the inputs, or None to detect it.
        force: translate text of any language.
        bilingual: ``html``, ``tsv`` or ``md`` for side-by-side output, ``jsonl`` for one pair a line, or None for
            the document itself.
    """

    source_lang: str
    format_name: str | None = None
    encoding: str | None = None
    force: bool = False
    bilingual: str | None = None


class Done(NamedTuple):
    """A document that was translated: its identifier, its name, where it was written, what it counts."""

    identifier: str
    name: str
    output: Path | None
    counts: Counts


def plan(
    inputs: Sequence[str],
    output: str | Path | None,
    source_lang: str,
    target_lang: str,
    kind: str | None = None,
    to_stdout: bool = False,
) -> list[Work]:
    """The inputs, each with where its translation goes, before any work is done.

    Args:
        inputs: files, folders and globs; empty for stdin.
        output: a file for one input; a folder for several, or where it ends with a slash; None for stdout.
        source_lang, target_lang: ``artikel.nl.txt`` becomes ``artikel.en.txt``.
        kind: suffix of side-by-side output, or None.
        to_stdout: whether several inputs may share stdout.

    Raises:
        UsageError: an input is missing or an output cannot be written.
    """
    target = Path(output) if output else None
    if not inputs:
        if target:
            require_writable(target, [])
        return [Work(None, target)]
    files = find_files(inputs, formats.suffixes())
    sources = [file for file, _ in files]
    slash = str(output).endswith(("/", os.sep))
    into_folder = target is not None and (target.is_dir() or slash or len(files) > 1)
    if into_folder and target is not None and target.is_file():
        raise UsageError(f"{target} is a file.", "Give a folder with --output.")
    if len(files) > 1 and target is None and not to_stdout:
        raise UsageError(
            f"{len(files)} articles need a folder for their translations.", "Give one: --output FOLDER"
        )
    jobs = []
    for file, relative in files:
        path = target
        if into_folder and target is not None:
            path = target / relative.with_name(
                _translated_name(relative.name, source_lang, target_lang, kind)
            )
        if path:
            require_writable(path, sources)
        jobs.append(Work(file, path))
    return jobs


def _translated_name(name: str, source_lang: str, target_lang: str, kind: str | None) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    marked = stem.endswith(f".{source_lang}")
    stem = f"{stem.removesuffix(f'.{source_lang}')}.{target_lang}" if marked else stem
    ending = kind or suffix
    return f"{stem}.{ending}" if ending else stem


class FileTranslator:
    """Translates files through a store; a file that cannot be read does not stop the others.

    Args:
        store: where documents and pairs go.
        translator: what turns sources into pairs.
        wishes: how documents are read and written.
        memory: whether accepted pairs are reused.
        note: told what a user should know, one line each.
    """

    def __init__(
        self,
        store: Store,
        translator: SentenceTranslator,
        wishes: Wishes,
        memory: bool,
        note: Callable[[str], None],
    ) -> None:
        self._store = store
        self._wishes = wishes
        self._note = note
        self._documents = DocumentTranslator(store, translator, memory=memory)
        self._linker = WordLinker(translator.engine, translator.options)
        self._langs = (translator.engine.info.source_lang, translator.engine.info.target_lang)
        self.errors: list[MTError] = []

    @property
    def total(self) -> Counts:
        """The counts of all documents so far."""
        return self._documents.total

    def run(self, jobs: Sequence[Work], advance: Advance) -> Iterator[Done]:
        """Translate files in order; each is written as soon as its last pair is stored.

        Args:
            jobs: from :func:`plan`.
            advance: told after each batch.
        """
        read: dict[str, deque[Work]] = {}
        arguments = {"inputs": [str(job.source or "-") for job in jobs]}
        for document in self._documents.run(self._readable(jobs, read), arguments, advance):
            output = read[document.name].popleft().output
            self._write(document, output)
            yield Done(document.id, document.name or "stdin", output, self._documents.counts[document.id])

    def _readable(self, jobs: Sequence[Work], read: dict[str, deque[Work]]) -> Iterator[Document]:
        for job in jobs:
            try:
                document = self._read(job.source)
            except MTError as error:
                if len(jobs) == 1:
                    raise
                self.errors.append(error)
                self._note(f"{error.message} Left out. {error.hint}".rstrip())
                continue
            read.setdefault(document.name, deque()).append(job)
            yield document

    def _read(self, source: Path | None) -> Document:
        document, notes = read_document(
            source,
            None if source else sys.stdin.buffer.read(),
            lang=self._wishes.source_lang,
            format_name=self._wishes.format_name,
            encoding=self._wishes.encoding,
        )
        for note in notes:
            self._note(note)
        if not self._wishes.force:
            require_language(document)
        return document

    def _write(self, document: Document, output: Path | None) -> None:
        kind = self._wishes.bilingual
        text: Iterator[str]
        if kind == "jsonl":
            text = (
                json_line(stored, segment)
                for stored, segment in zip(self._store.pairs(document.id), segments_of(document), strict=True)
            )
        elif kind:
            from mt.formats import bilingual

            text = bilingual.write(
                rows(document, self._store.pairs(document.id)), kind, document.name or "stdin"
            )
        else:
            text = formats.relabel(
                document.format,
                translated_text(document, self._store.targets(document.id), self._linker),
                *self._langs,
            )
        encoding, bom = ("utf-8", False) if kind else (document.encoding, document.bom)
        with output_stream(output) as stream:
            notes: list[str] = []
            for raw in formats.encode_stream(text, encoding, bom, notes, charrefs=document.format == "html"):
                stream.write(raw)
        for note in notes:
            self._note(f"{output or 'stdout'}: {note}")


def rows(document: Document, pairs: Iterable[StoredPair]) -> Iterator[BilingualRow]:
    """The pairs of a document as rows of a side-by-side output."""
    from mt.formats.bilingual import BilingualRow

    for stored, segment in zip(pairs, segments_of(document), strict=True):
        pair = stored.pair
        yield BilingualRow(
            source=pair.source,
            target=pair.target,
            score=pair.score.value if pair.score else None,
            origin=pair.origin,
            findings=pair.score.findings if pair.score else (),
            kind=segment.kind,
        )


def json_line(stored: StoredPair, segment: Segment) -> str:
    """A stored pair as one line of JSON, with its place in the document."""
    from mt.pipeline.inspect import pair_record

    place = {"start": segment.start, "end": segment.end, "kind": segment.kind}
    return json.dumps({**pair_record(stored), **place}, ensure_ascii=False) + "\n"


def require_language(document: Document) -> None:
    """Refuse a document that is clearly in another language than it should be.

    Raises:
        UsageError: it is; the hint tells how to translate it all the same.
    """
    found = identify(document.text[:SAMPLE])
    if found is None or found == document.lang:
        return
    raise UsageError(
        f"{document.name or 'stdin'} looks like {found}, not {document.lang}.",
        "To translate it all the same: --force",
    )


def read_lines(paths: Sequence[Path], encoding: str | None) -> Iterator[str]:
    """The lines of files, or of stdin where there are none, without line ends; only ``\\n`` ends a line.

    Raises:
        UsageError: a file cannot be read.
        FormatError: it is binary, or not in the encoding.
    """
    if not paths:
        for raw in sys.stdin.buffer:
            yield raw.rstrip(b"\r\n").decode(encoding or "utf-8", errors="replace")
        return
    for path in paths:
        if path.exists() and path.stat().st_size == 0:
            continue
        text = read_document(path, encoding=encoding, format_name="text")[0].text
        yield from (line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))


def translate_lines(
    translator: SentenceTranslator, lines: Iterable[str], advance: Advance, window: int = 512
) -> Iterator[str]:
    """One translation for each line, in order; an empty line stays empty.

    Args:
        translator: what turns sources into pairs.
        lines: one segment each, without line ends.
        advance: told after each batch.
        window: lines in one batch.
    """
    rest = iter(lines)
    pending: deque[Job] = deque()
    while batch := list(islice(rest, window)):
        pending.append(translator.submit(batch))
        if len(pending) > 1:
            yield from _collected(translator, pending.popleft(), advance)
    while pending:
        yield from _collected(translator, pending.popleft(), advance)


def _collected(translator: SentenceTranslator, job: Job, advance: Advance) -> Iterator[str]:
    timed = translator.collect(job)
    failed = next((t.pair for t in timed if t.pair.failure), None)
    if failed:
        raise EngineError(
            f"{failed.source[:60]!r} has no translation: {failed.failure}.", "Leave that line out."
        )
    advance(len(timed), 0)
    yield from (t.pair.target for t in timed)
