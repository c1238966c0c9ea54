"""Pairs and documents out of the store: which ones, in which format, and into a file that is whole or not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import IO

from mt import formats
from mt.data import Origin, Pair, SegmentKind
from mt.errors import FormatError, UsageError, unknown_name
from mt.formats import bilingual, exchange
from mt.formats.exchange import PairRecord
from mt.formats.xmltext import language_rank
from mt.pipeline.documents import output_stream
from mt.pipeline.filters import look_up
from mt.pipeline.links import WordLinker
from mt.pipeline.records import Marks, record_of
from mt.pipeline.translate import translated_text
from mt.store import DocumentInfo, PairQuery, Status, Store, StoredPair
from mt.store.filters import parse_filter

DOCUMENT = "document"
"""Name of the format that a translated document has: its own."""

_WHOLE = ("tmx", "moses")
"""Formats that hold translations only: a pair without a target is left out of them, and that is told."""

_HTML = (".html", ".htm")


def names() -> list[str]:
    """Every format that can be written."""
    return [DOCUMENT, *exchange.EXCHANGE, "html", "md"]


@dataclass
class ExportCounts:
    """What became of the pairs that fit; those written and those left out add up to them.

    Attributes:
        written: pairs in the file.
        left_out: pairs without a target, which the format has no room for.
        statuses: of the pairs written.
        files: what was written; none for stdout.
        notes: what a user should know besides.
    """

    written: int = 0
    left_out: int = 0
    files: tuple[Path, ...] = ()
    statuses: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def choose(store: Store, documents: Sequence[str], filter_text: str, statuses: Sequence[str]) -> PairQuery:
    """The query that a user means.

    Args:
        store: where to look.
        documents: as typed.
        filter_text: in the syntax of the review queue; without a status any status fits.
        statuses: names, which a filter must not name too.

    Raises:
        UsageError: a name or a filter means nothing, or the statuses are given twice.
    """
    query = parse_filter(filter_text, statuses=())
    if statuses:
        if query.statuses:
            raise UsageError("The filter names a status too.", "Leave out --status.")
        query = query._replace(statuses=tuple(_status(name) for name in statuses))
    return look_up(store, query._replace(documents=(*documents, *query.documents)))


def _status(name: str) -> Status:
    try:
        return Status(name.strip().lower())
    except ValueError:
        raise unknown_name("status", name, list(Status)) from None


def require_format(store: Store, query: PairQuery, output: Path | None, name: str | None) -> str:
    """The format to write: as named, by the output's ending, else the document's own.

    Raises:
        UsageError: it cannot be told, is not known, or does not fit what was asked for.
    """
    if name is not None:
        if name not in names():
            raise unknown_name("format", name, names())
        found = name
    else:
        found = _by_ending(store, query, output)
    if found == DOCUMENT:
        _require_document(store, query)
    return found


def _by_ending(store: Store, query: PairQuery, output: Path | None) -> str:
    own = _document_ending(store, query)
    if output is None:
        if own is not None:
            return DOCUMENT
        raise UsageError("The format is not named.", "Name it: --format tmx, or -o out.tmx")
    suffix = output.suffix.lower()
    if own is not None and suffix in own:
        return DOCUMENT
    if known := exchange.detect(output):
        return known
    if suffix in _HTML:
        return "html"
    raise UsageError(f"The ending of {output} names no format.", f"Name it: --format {'|'.join(names())}")


def _document_ending(store: Store, query: PairQuery) -> tuple[str, ...] | None:
    """The endings of the one translated document that a query means as a whole; None where it means others."""
    if query != PairQuery(documents=query.documents) or len(query.documents) != 1:
        return None
    info = store.document_head(query.documents[0])
    return formats.FORMATS[info.format][1] if info.kind == "text" and info.format in formats.FORMATS else None


def _require_document(store: Store, query: PairQuery) -> None:
    if len(query.documents) != 1:
        raise UsageError("A translated document is one document.", "Name it: mt export DOC")
    info = store.document_head(query.documents[0])
    if _document_ending(store, query) is None and info.kind == "text":
        raise UsageError(
            "A translated document is exported whole.",
            "Leave out --filter and --status, or use --format tmx.",
        )
    if info.kind != "text":
        raise UsageError(
            f"{info.id} is a list of pairs and has no text of its own.", "Export pairs: --format tmx"
        )


class Exporter:
    """Writes pairs of a store to files.

    Args:
        store: where they are.
        langs: codes to write instead of those in the store, such as ``en-GB`` for ``en``; None for each that
            stays.
        lossy: write what a format has no room for as well as it can, instead of refusing.
        advance: told of every page how many pairs it had.
    """

    def __init__(
        self,
        store: Store,
        langs: tuple[str | None, str | None] = (None, None),
        lossy: bool = False,
        advance: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._store = store
        self._langs = langs
        self._lossy = lossy
        self._advance = advance
        self._heads: dict[str, DocumentInfo] = {}
        self.counts = ExportCounts()

    def export(self, query: PairQuery, kind: str, output: Path | None) -> ExportCounts:
        """Write what fits a query.

        Args:
            query: with documents resolved.
            kind: a name of :func:`names`.
            output: a file, which appears when it is complete; None for stdout.

        Raises:
            UsageError: nothing fits, or the output cannot be written.
            FormatError: the format has no room for a pair; the message names it.
        """
        self.counts.files = () if output is None else (output,)
        if kind == DOCUMENT:
            self._write_document(self._store.document_head(query.documents[0]), output)
            return self.counts
        first = next(self._store.select_in_order(query), None)
        if first is None:
            raise UsageError("No pair fits.", "See what there is: mt list")
        langs = self._relabelled(first[0].pair.source_lang, first[0].pair.target_lang)
        if kind in bilingual.WRITERS and kind not in exchange.EXCHANGE:
            with output_stream(output) as stream:
                for piece in bilingual.write(self._rows(query), kind, self._title(query), *langs):
                    stream.write(piece.encode("utf-8", "surrogatepass"))
        else:
            self._write_records(self.records(query, kind), kind, output, langs)
        return self.counts

    def _write_records(
        self, records: Iterable[PairRecord], kind: str, output: Path | None, langs: tuple[str, str]
    ) -> None:
        format_ = exchange.get(kind)
        if kind != "moses":
            with output_stream(output) as stream:
                format_.write(records, stream, *langs)
            return
        if output is None:
            raise UsageError("Moses files are two files, not one stream.", "Give a name: -o corpus.moses")
        from mt.formats.tables import pair_of_files

        self.counts.files = pair_of_files(output, *langs)
        # Both files take their names only when both are complete.
        with ExitStack() as stack:
            streams = [stack.enter_context(output_stream(path)) for path in self.counts.files]
            self._write_lines(records, streams)

    def _write_lines(self, records: Iterable[PairRecord], streams: Sequence[IO[bytes]]) -> None:
        for record in records:
            for stream, text in zip(streams, (record.source, record.target), strict=True):
                lines = text.splitlines()
                if len(lines) > 1 and not self._lossy:
                    raise FormatError(
                        f"The pair {record.id} has a line break, and Moses files hold one segment a line.",
                        "Write it as tsv or jsonl, or pass --lossy to put a space there.",
                    )
                stream.write(" ".join(lines).encode("utf-8", "surrogatepass") + b"\n")

    def records(self, query: PairQuery, kind: str = "") -> Iterator[PairRecord]:
        """The pairs that fit, as records, in the order of their documents."""
        for page in self._store.select_in_order(query):
            ids = [stored.id for stored in page]
            histories, carried = self._store.reviews(ids), self._store.carried(ids)
            errors, dismissed = self._store.error_spans(ids), self._store.dismissals(ids)
            for stored in page:
                if kind in _WHOLE and not stored.pair.target:
                    self.counts.left_out += 1
                    continue
                one = stored.id
                marks = Marks(tuple(errors.get(one, ())), tuple(dismissed.get(one, ())))
                record = record_of(
                    stored, self._head(stored.document), histories.get(one, ()), carried.get(one, {}), marks
                )
                source_lang, target_lang = self._relabelled(record.source_lang, record.target_lang)
                self._count(stored)
                yield replace(record, source_lang=source_lang, target_lang=target_lang)
            self._advance(len(page))

    def _count(self, stored: StoredPair) -> None:
        self.counts.written += 1
        self.counts.statuses[stored.status.value] += 1

    def _head(self, document_id: str) -> DocumentInfo:
        if document_id not in self._heads:
            # Pages come document by document, so only the newest one is wanted again.
            self._heads = {document_id: self._store.document_head(document_id)}
        return self._heads[document_id]

    def _relabelled(self, source_lang: str, target_lang: str) -> tuple[str, str]:
        """Languages as they are to be written.

        Raises:
            UsageError: the code asked for is another language.
        """
        out = []
        for stored, wanted in zip((source_lang, target_lang), self._langs, strict=True):
            if wanted is not None and language_rank(wanted, stored) is None:
                raise UsageError(
                    f"A pair is in {stored}, not in {wanted}.", f"Give {stored} or a region of it."
                )
            out.append(wanted or stored)
        return out[0], out[1]

    def _title(self, query: PairQuery) -> str:
        heads = [self._store.document_head(one) for one in query.documents[:1]]
        return heads[0].base_name if len(query.documents) == 1 else "mt export"

    def _rows(self, query: PairQuery) -> Iterator[bilingual.BilingualRow]:
        kinds: dict[int, SegmentKind] = {}
        document = ""
        for page in self._store.select_in_order(query):
            for stored in page:
                if stored.document != document:
                    document, kinds = stored.document, self._store.segment_kinds(stored.document)
                self._count(stored)
                pair, score = stored.pair, stored.pair.score
                yield bilingual.BilingualRow(
                    source=pair.source,
                    target=pair.target,
                    score=score.value if score else None,
                    origin=pair.origin,
                    findings=score.findings if score else (),
                    kind=kinds.get(stored.position, SegmentKind.SENTENCE),
                    status="" if stored.status is Status.OPEN else stored.status.value,
                )
            self._advance(len(page))

    # The translated document

    def _write_document(self, info: DocumentInfo, output: Path | None) -> None:
        document = self._store.document(info.id, with_segments=False)
        linker = WordLinker()
        text = formats.relabel(
            document.format,
            translated_text(document, self._counted(every_pair(self._store, info)), linker),
            *(self._relabelled(info.lang, info.target_lang)),
        )
        with output_stream(output) as stream:
            for raw in formats.encode_stream(
                text, document.encoding, document.bom, self.counts.notes, charrefs=document.format == "html"
            ):
                stream.write(raw)
        if rejected := self.counts.statuses["rejected"]:
            self.counts.notes.append(f"{rejected} rejected translations stand in it all the same.")
        if self.counts.left_out:
            self.counts.notes.append(
                f"{self.counts.left_out} segments have no translation and keep their source."
            )

    def _counted(self, pairs: Iterable[StoredPair]) -> Iterator[str]:
        """The targets of pairs, every pair counted."""
        for stored in pairs:
            if stored.pair.target:
                self._count(stored)
            else:
                self.counts.left_out += 1
            self._advance(1)
            yield stored.pair.target


def every_pair(store: Store, info: DocumentInfo) -> Iterator[StoredPair]:
    """One pair for each segment of a document in order, without end; where none is stored, one without a target."""
    nothing = Pair("", "", info.lang, info.target_lang, Origin.ENGINE)
    position = 0
    for stored in store.pairs(info.id):
        for missing in range(position, stored.position):
            yield StoredPair(0, info.id, missing, nothing)
        yield stored
        position = stored.position + 1
    for missing in count(position):
        yield StoredPair(0, info.id, missing, nothing)
