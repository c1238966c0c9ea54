"""The store's one class: every reading and writing of the program goes through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mt.data import Bead, Document, Finding, Pair, QualityScore, Review, Segment, SegmentKind
from mt.errors import StoreError, unknown_name
from mt.places import data_folder
from mt.store import (
    alignments,
    carried,
    documents,
    findings,
    marks,
    memory,
    pairs,
    queue,
    reviews,
    runs,
    search,
)
from mt.store.clock import to_micros
from mt.store.database import Database
from mt.store.migrations import MIGRATIONS, migrate
from mt.store.records import (
    Added,
    Dismissal,
    DocumentInfo,
    ErrorSpan,
    MemoryMatch,
    PairRow,
    Run,
    RunState,
    Saved,
    SavedFilter,
    SettingsKey,
    Status,
    StoredAlignment,
    StoredBead,
    StoredPair,
    StoredReview,
)
from mt.store.search import Claimant, Order, PairQuery

BACKENDS: dict[str, str] = {
    "sqlite": "mt.store.sqlite:SqliteDatabase",
    "postgresql": "mt.store.postgresql:PostgresqlDatabase",
    "postgres": "mt.store.postgresql:PostgresqlDatabase",
}
"""Scheme of a store's URL to the class that reaches it; a plain path is SQLite."""

PAGE = 500
"""Pairs read at a time: a reader never holds a transaction open while its caller works."""


AHEAD = 20_000
"""Identifiers found at a time: a full-text query begins anew each time."""


def default_location() -> Path:
    """The store's file where none is named."""
    return data_folder() / "store.db"


def connect(location: str | Path | None, read_only: bool) -> Database:
    """The database at a location, not yet looked at.

    Raises:
        StoreError: the place cannot be used.
        UsageError: the URL's scheme is not known.
    """
    text = str(location or default_location())
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme = "sqlite"
    name = scheme.partition("+")[0].lower()
    if name not in BACKENDS:
        raise unknown_name("kind of store", name, BACKENDS)
    module, _, label = BACKENDS[name].partition(":")
    backend = getattr(import_module(module), label)
    if name == "sqlite":
        # As in SQLAlchemy's URLs, three slashes begin a relative path and four an absolute one.
        path = Path(rest.removeprefix("/") if mark else text).expanduser()
        database: Database = backend(path, read_only=read_only)
    else:
        database = backend(f"postgresql://{rest}", read_only=read_only)
    return database


class Store:
    """Documents, segments, pairs, reviews and memory. Threads may share one; processes open their own.

    Every method is one transaction, or one for each page where it returns an iterator, and raises
    StoreError when the store is locked, damaged or full.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, location: str | Path | None = None, read_only: bool = False) -> Store:
        """Open a store, making it or bringing it up to date if need be.

        Args:
            location: a file, a URL (``sqlite:///file.db``, ``postgresql://user@host/name``), or None for
                :func:`default_location`.
            read_only: the store must be there, and nothing is written but a newer schema.

        Raises:
            StoreError: it cannot be opened, or was written by a newer version.
            UsageError: the URL's scheme is not known.
        """
        database = connect(location, read_only)
        try:
            if read_only and 0 < database.version() < len(MIGRATIONS):
                cls.open(location).close()
            migrate(database)
        except StoreError:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close the store's connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def location(self) -> str:
        """Where the store is, as messages call it; never with a password."""
        return self.database.name

    def snapshot(self) -> AbstractContextManager[None]:
        """What this thread reads within it sees one state of the store, whatever others write meanwhile."""
        return self.database.snapshot()

    # Runs

    def begin_run(self, command: str, arguments: Mapping[str, Any] | None = None) -> Run:
        """Note that a command has started; runs that broke off earlier are marked as interrupted."""
        with self.database.write() as session:
            return runs.begin(session, command, arguments or {})

    def finish_run(
        self, run: Run, state: RunState = RunState.FINISHED, counts: Mapping[str, float] | None = None
    ) -> None:
        """Note how a run ended."""
        with self.database.write() as session:
            runs.finish(session, run.id, RunState(state), counts or {})

    def runs(self) -> list[Run]:
        """Every run, the newest first."""
        if not self.database.read_only:
            with self.database.write() as session:
                runs.note_interrupted(session)
        with self.database.read() as session:
            return runs.listed(session)

    # Documents

    def put_document(
        self, document: Document, target_lang: str = "en", kind: str = "text", segmentation: str = ""
    ) -> str:
        """Store a document without its segments; the same one again gives the same identifier.

        Another text under the same name and target language is a new version: the old one is kept with
        its pairs, which leave the review queue. A document without a name has no versions.

        Args:
            document: its own ``id`` and ``segments`` are not used.
            target_lang: language it is translated into.
            kind: ``text``, ``bitext`` for imported pairs, or ``alignment``.
            segmentation: name and version of the rules that cut it; the same text cut by other rules is
                another version.
        """
        with self.database.write() as session:
            return documents.put(session, document, target_lang, kind, segmentation)

    def add_segments(self, document_id: str, segments: Sequence[Segment], start_position: int = 0) -> int:
        """Store segments from a position on; those that are there already are left. Returns how many are new.

        Raises:
            StoreError: one is there with other offsets.
        """
        with self.database.write() as session:
            return documents.add_segments(session, document_id, segments, start_position)

    def document(self, document_id: str, with_segments: bool = True) -> Document:
        """A document with its text and segments.

        Args:
            document_id: its identifier.
            with_segments: False spares their memory, where they are made again from the text.

        Raises:
            StoreError: there is none with this identifier.
        """
        with self.database.read() as session:
            return documents.load(session, document_id, with_segments)

    def progress(self) -> dict[str, dict[Status, int]]:
        """How many pairs of each document have each status; old versions are left out."""
        with self.database.read() as session:
            return documents.progress(session)

    def totals(self) -> dict[Status, int]:
        """How many pairs have each status; old versions are left out."""
        with self.database.read() as session:
            return documents.totals(session)

    def reviewers(self) -> list[str]:
        """Who has reviewed, by name."""
        with self.database.read() as session:
            return reviews.reviewers(session)

    def checks(self) -> list[str]:
        """Which checks have found something in current pairs, by name."""
        with self.database.read() as session:
            return findings.checks(session)

    def segment_texts(self, document_id: str, positions: Sequence[int]) -> list[str]:
        """The plain texts of some of a document's segments, in the order of their positions."""
        with self.database.read() as session:
            return documents.segment_texts(session, document_id, positions)

    def documents(self) -> list[DocumentInfo]:
        """Every document with its counts, old versions too, in the order in which they came."""
        with self.database.read() as session:
            return documents.infos(session)

    def document_info(self, document_id: str) -> DocumentInfo:
        """One document with its counts."""
        with self.database.read() as session:
            return documents.infos(session, [documents.number_of(session, document_id)])[0]

    def search_documents(
        self, text: str = "", limit: int = 100, offset: int = 0, counts: bool = True
    ) -> list[DocumentInfo]:
        """Current documents whose name or identifier holds a text, the newest first.

        Args:
            text: a part of the name; an empty one is in every name.
            limit: how many at most.
            offset: how many to leave out before them.
            counts: False leaves out what has to be counted.
        """
        with self.database.read() as session:
            numbers = documents.matching(session, text, limit, offset)
            if not counts:
                return documents.heads(session, numbers)
            return documents.infos(session, sorted(numbers))[::-1]

    def current_document(self, name: str, target_lang: str, kind: str = "text") -> str | None:
        """Identifier of the newest version of a document by its exact name; None where there is none."""
        with self.database.read() as session:
            return documents.named(session, name, target_lang, kind)

    def document_with_text(self, text: str, lang: str, target_lang: str, kind: str) -> str | None:
        """Identifier of the first document with exactly this text; None where there is none."""
        with self.database.read() as session:
            return documents.with_text(session, text, (lang, target_lang), kind)

    def has_document(self, document_id: str) -> bool:
        """Whether there is a document with this identifier."""
        with self.database.read() as session:
            return session.row("SELECT 1 FROM documents WHERE id = ?", (document_id,)) is not None

    def document_head(self, document_id: str) -> DocumentInfo:
        """One document without its counts, which cost a look at every pair.

        Raises:
            StoreError: there is none with this identifier.
        """
        with self.database.read() as session:
            return documents.head(session, document_id)

    def segment_kinds(self, document_id: str) -> dict[int, SegmentKind]:
        """What the segments of a document are in it, by position."""
        with self.database.read() as session:
            return documents.segment_kinds(session, documents.number_of(session, document_id))

    def segment_places(
        self, document_id: str, positions: Sequence[int]
    ) -> dict[int, tuple[int, SegmentKind]]:
        """The block and the kind of some of a document's segments by position; what is not there is left out."""
        with self.database.read() as session:
            return documents.segment_places(session, documents.number_of(session, document_id), positions)

    def find_document(self, text: str) -> DocumentInfo:
        """The document a user means by an identifier, the start of one, a name, or the end of a path.

        Raises:
            UsageError: none fits, or several do; the message lists them.
        """
        with self.database.read() as session:
            return documents.infos(session, [documents.find(session, text)])[0]

    def find_document_id(self, text: str) -> str:
        """The same without counting its pairs: only the identifier."""
        with self.database.read() as session:
            return documents.id_of(session, documents.find(session, text))

    # Pairs

    def add_pairs(self, document_id: str, rows: Sequence[PairRow], run: Run | None = None) -> Added:
        """Store a batch of pairs in one transaction; a place in a document never has two.

        What is there stays when a human has decided on it, when it came from the same settings, or when
        the new pair has failed; else the new pair takes its place and the old one is kept as history. A
        failed pair gives way to any pair with a target.
        """
        with self.database.write() as session:
            number = documents.number_of(session, document_id)
            return pairs.add(session, number, rows, run.id if run else None)

    def append_pairs(
        self, document_id: str, rows: Sequence[PairRow], run: Run | None = None
    ) -> Sequence[int]:
        """Store a batch of pairs behind the last one of a document, in one transaction.

        Args:
            document_id: the document.
            rows: in order; their positions are not used.
            run: that they belong to.

        Returns:
            Their identifiers, in order.
        """
        with self.database.write() as session:
            number = documents.number_of(session, document_id)
            return pairs.append(session, number, rows, run.id if run else None)

    def pairs_at(self, document_id: str, positions: Sequence[int]) -> dict[int, StoredPair]:
        """The pairs at some positions of a document; a position without one is left out."""
        with self.database.read() as session:
            return pairs.at(session, documents.number_of(session, document_id), positions)

    def positions_of(
        self, document_id: str, texts: Sequence[tuple[str, str, str]], last: int
    ) -> dict[tuple[str, str], list[int]]:
        """Where pairs stand in a document, by source and first target, ascending.

        Args:
            document_id: the document.
            texts: sources to look for, each with its source and target language.
            last: identifier of the newest pair that counts.
        """
        hashes = [pairs.source_hash(*one) for one in dict.fromkeys(texts)]
        with self.database.read() as session:
            return pairs.with_sources(session, documents.number_of(session, document_id), hashes, last)

    def carried(self, pair_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What the files that pairs come from said beyond the store's columns, by pair."""
        with self.database.read() as session:
            return carried.load(session, pair_ids)

    def pairs_with_keys(self, keys: Sequence[int], last: int) -> dict[int, list[int]]:
        """Identifiers of current pairs that carry these keys, by key, up to an identifier."""
        with self.database.read() as session:
            return carried.found(session, keys, last)

    def newest_pair(self) -> int:
        """The greatest identifier of a pair; 0 where there is none."""
        with self.database.read() as session:
            return int(session.value("SELECT max(id) FROM pairs") or 0)

    def done_positions(self, document_id: str, settings: SettingsKey | None = None) -> set[int]:
        """Positions that a run with these settings need not translate.

        They hold a target that these settings made, or no engine made, or a human has decided on; without
        settings, any target. Failed pairs are not done.
        """
        with self.database.read() as session:
            return pairs.done(session, documents.number_of(session, document_id), settings)

    def find_translated(
        self, sources: Sequence[str], source_lang: str, target_lang: str, settings: SettingsKey
    ) -> dict[str, Pair]:
        """Earlier results of an engine with equal settings, by source; score and candidates included."""
        with self.database.read() as session:
            return pairs.translated(session, sources, source_lang, target_lang, settings)

    def find_memory(
        self, sources: Sequence[str], source_lang: str = "nl", target_lang: str = "en"
    ) -> dict[str, MemoryMatch]:
        """Accepted or edited pairs with exactly these sources; of several the one decided last."""
        with self.database.read() as session:
            return pairs.remembered(session, sources, source_lang, target_lang)

    def pairs(self, document_id: str) -> Iterator[StoredPair]:
        """The pairs of a document in order, one at each position; read in pages, of any number."""
        with self.database.read() as session:
            number = documents.number_of(session, document_id)
        last = -1
        while True:
            with self.database.read() as session:
                rows = session.rows(
                    f"{pairs.SELECT} WHERE p.document = ? AND p.standing < 2 AND p.position > ?"
                    f" ORDER BY p.position LIMIT {PAGE}",
                    (number, last),
                )
                page = pairs.load(session, rows)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].position

    def targets(self, document_id: str) -> Iterator[str]:
        """The targets of a document in order, of any number; empty where a segment has none yet, or failed."""
        with self.database.read() as session:
            number = documents.number_of(session, document_id)
        last, rows = -1, [(0, "")]
        while rows:
            with self.database.read() as session:
                rows = session.rows(
                    "SELECT position, target FROM pairs WHERE document = ? AND standing < 2 AND position > ?"
                    f" ORDER BY position LIMIT {10 * PAGE}",
                    (number, last),
                )
            for position, target in rows:
                yield from [""] * (position - last - 1)
                yield target
                last = position

    def find_similar(
        self,
        source: str,
        source_lang: str = "nl",
        target_lang: str = "en",
        least: float = 0.7,
        limit: int = 5,
    ) -> list[MemoryMatch]:
        """Accepted or edited pairs with a similar source, the most similar first.

        Args:
            source: what to look for.
            source_lang, target_lang: BCP 47.
            least: similarity in 0..1 below which a pair is left out.
            limit: how many at most.
        """
        with self.database.read() as session:
            return memory.similar(session, source, (source_lang, target_lang), least, limit)

    def neighbours(self, pair_id: int, count: int = 2) -> tuple[list[StoredPair], list[StoredPair]]:
        """The pairs before and after one in its document, in order, ``count`` on each side at most."""
        with self.database.read() as session:
            return pairs.neighbours(session, pair_id, count)

    def pair(self, pair_id: int) -> StoredPair:
        """One pair.

        Raises:
            StoreError: there is none with this identifier.
        """
        with self.database.read() as session:
            return pairs.load_one(session, pair_id)

    # The queue

    def search(
        self,
        query: PairQuery,
        order: Order = Order.WORST,
        limit: int = 1,
        offset: int = 0,
        claimant: Claimant | None = None,
    ) -> list[StoredPair]:
        """The first pairs that fit a query.

        Args:
            query: what they must be.
            order: which come first.
            limit: how many at most.
            offset: how many to leave out before them.
            claimant: leave out what others have claimed.

        Raises:
            StoreError: a document of the query is not there.
        """
        with self.database.read() as session:
            return pairs.load_all(session, search.find(session, query, order, limit, offset, claimant))

    def count(self, query: PairQuery) -> int:
        """How many pairs fit a query."""
        with self.database.read() as session:
            return search.count(session, query)

    def select(self, query: PairQuery) -> Iterator[StoredPair]:
        """Every pair that fits a query when its page is read, in the order in which they were stored."""
        last = 0
        while True:
            with self.database.read() as session:
                ids = search.page(session, query, last, PAGE)
                page = pairs.load_all(session, ids)
            yield from page
            if len(ids) < PAGE:
                return
            last = ids[-1]

    def select_in_order(self, query: PairQuery) -> Iterator[list[StoredPair]]:
        """Every pair that fits a query, document by document and in the order of each, in pages.

        A document that the query names counts also where it has a newer version. A pair that changes meanwhile
        is given as it stands when its page is read.
        """
        last = (0, -1)
        while True:
            with self.database.read() as session:
                rows = search.page_in_order(session, query, last, AHEAD)
            for start in range(0, len(rows), PAGE):
                with self.database.read() as session:
                    page = pairs.load_all(session, [row[2] for row in rows[start : start + PAGE]])
                if page:
                    yield page
            if len(rows) < AHEAD:
                return
            last = rows[-1][:2]

    def count_in_order(self, query: PairQuery) -> dict[Status, int]:
        """How many pairs :meth:`select_in_order` gives, by status."""
        with self.database.read() as session:
            return search.count_in_order(session, query)

    def claim(
        self,
        query: PairQuery,
        order: Order,
        claimant: Claimant,
        seconds: float,
        count: int = 1,
        without: Collection[int] = (),
    ) -> list[StoredPair]:
        """Hand the first pairs that fit to a reviewer, and for some time to nobody else.

        A pair that the reviewer holds already comes again until it does not fit any more.

        Args:
            query: what they must be.
            order: which come first.
            claimant: who asks, and when.
            seconds: how long the claim lasts.
            count: how many at most.
            without: identifiers of pairs that are left out.
        """
        with self.database.write() as session:
            found = queue.claim(session, query, order, claimant, seconds, count, without)
            return pairs.load_all(session, found)

    def hold(self, pair_id: int, claimant: Claimant, seconds: float) -> str:
        """Hand one pair to a reviewer, or leave it to whoever has it; returns who has it then.

        Raises:
            StoreError: there is no such pair.
        """
        with self.database.write() as session:
            pairs.load_one(session, pair_id)
            return queue.hold(session, pair_id, claimant, seconds)

    def release(self, pair_ids: Sequence[int], reviewer: str) -> None:
        """Give back pairs that a reviewer holds."""
        with self.database.write() as session:
            queue.release(session, pair_ids, reviewer)

    def holders(self, pair_ids: Sequence[int], now: datetime) -> dict[int, str]:
        """Who holds which of these pairs."""
        with self.database.read() as session:
            return queue.holders(session, pair_ids, to_micros(now))

    def save_filter(self, saved: SavedFilter) -> None:
        """Keep a filter under its name."""
        with self.database.write() as session:
            marks.save_filter(session, saved)

    def remove_filter(self, name: str) -> bool:
        """Forget a saved filter; False where there is none of that name."""
        with self.database.write() as session:
            return bool(session.execute("DELETE FROM filters WHERE name = ?", (name,)))

    def filters(self) -> list[SavedFilter]:
        """The saved filters by name."""
        with self.database.read() as session:
            return marks.filters(session)

    # Alignments

    def put_alignment(
        self,
        source_id: str,
        target_id: str,
        beads: Sequence[Bead],
        pairs: Sequence[Pair | None],
        method: str,
    ) -> str:
        """Store the alignment of two documents with their segments; returns the identifier of its document.

        The same documents aligned by the same method are stored once. Another method is a new version.

        Args:
            source_id, target_id: the documents.
            beads: every segment of both in exactly one of them, in order.
            pairs: one for each bead, None where a side is empty.
            method: name and version of what aligned them.

        Raises:
            StoreError: a document is not there.
            UsageError: a segment is in no bead, or in two.
        """
        with self.database.write() as session:
            return alignments.put(session, (source_id, target_id), beads, pairs, method)

    def find_alignment(self, source_id: str, target_id: str, method: str) -> str | None:
        """The identifier of the current alignment of two documents by a method, or None."""
        with self.database.read() as session:
            return alignments.find(session, (source_id, target_id), method)

    def alignment(self, document_id: str) -> StoredAlignment:
        """An alignment with its beads.

        Raises:
            StoreError: the document is no alignment.
        """
        with self.database.read() as session:
            return alignments.load(session, document_id)

    def bead(self, document_id: str, position: int) -> StoredBead | None:
        """The bead of an alignment at a position, or None; also where the document is no alignment."""
        with self.database.read() as session:
            return alignments.one(session, document_id, position)

    def replace_beads(
        self, document_id: str, old: Sequence[Bead], new: Sequence[Bead], pairs: Sequence[Pair | None]
    ) -> bool:
        """Split or merge neighbouring beads; their pairs are kept as history and leave the queue.

        Args:
            document_id: the alignment.
            old: neighbours, as the reviewer saw them.
            new: over the same segments.
            pairs: one for each new bead, None where a side is empty.

        Returns:
            False, with nothing changed, where the old beads are not there any more.

        Raises:
            UsageError: the beads do not cover the same segments.
        """
        with self.database.write(durable=True) as session:
            return alignments.replace(session, document_id, old, new, pairs)

    def pairs_by_id(self, pair_ids: Sequence[int]) -> list[StoredPair]:
        """Pairs in the order of their identifiers as given; those that are not there are left out."""
        with self.database.read() as session:
            return pairs.load_all(session, pair_ids)

    # Reviews

    def record(
        self, review: Review, expected_version: int | None = None, score: QualityScore | None = None
    ) -> Saved:
        """Store a decision, on disk before this returns, unless somebody changed the pair meanwhile.

        The same decision of the same reviewer on the same version, sent again, is stored once.

        Args:
            review: the decision; only ``edited`` may change the target, and ``undone`` names none.
            expected_version: of the pair that the reviewer saw; None takes the one that is there.
            score: of the new target; None keeps the one that is there.

        Raises:
            UsageError: nothing is left to undo, or a verdict other than ``edited`` changes the target.
            StoreError: there is no such pair.
        """
        with self.database.write(durable=True) as session:
            saved = reviews.record(session, review, expected_version, score)
            return Saved(saved, pairs.load_one(session, review.pair))

    def record_all(
        self, decisions: Sequence[tuple[Review, int | None]], scores: Sequence[QualityScore | None] = ()
    ) -> list[bool]:
        """Store many decisions in one transaction, each with the version it was made on.

        Args:
            decisions: in order; one without a version is stored whatever stands there.
            scores: of the new targets, one for each decision; none at all, or None, keeps what is there.

        Returns:
            For each whether it was saved; False where somebody else changed the pair first.
        """
        judged = scores or [None] * len(decisions)
        with self.database.write(durable=True) as session:
            return [
                reviews.record(session, review, version, score)
                for (review, version), score in zip(decisions, judged, strict=True)
            ]

    def reviews(self, pair_ids: Sequence[int]) -> dict[int, list[StoredReview]]:
        """The whole history of pairs, oldest row first; a pair without any is left out."""
        with self.database.read() as session:
            return reviews.history(session, pair_ids)

    def reviewed_by(self, reviewer: str, before: int | None = None, limit: int = 100) -> list[StoredReview]:
        """A reviewer's rows, the newest first; with ``before`` those with a smaller identifier."""
        with self.database.read() as session:
            return reviews.of_reviewer(session, reviewer, before, limit)

    def all_reviews(self) -> Iterator[list[StoredReview]]:
        """The history of every reviewed pair, one pair after the other; read in pages."""
        last = 0
        while True:
            with self.database.read() as session:
                ids = reviews.reviewed_pairs(session, last, PAGE)
                page = reviews.history(session, ids)
            yield from page.values()
            if len(ids) < PAGE:
                return
            last = ids[-1]

    def judged_before(self, review_ids: Sequence[int]) -> dict[int, tuple[Finding, ...]]:
        """What the checks had found when these decisions gave their pairs another score."""
        with self.database.read() as session:
            return reviews.findings_before(session, review_ids)

    def dismiss(self, pair_id: int, finding: Finding, reviewer: str, at: datetime) -> bool:
        """Note that a finding is a false alarm; False where that is noted already.

        Raises:
            UsageError: the pair has no such finding.
        """
        with self.database.write(durable=True) as session:
            return marks.dismiss(session, pair_id, finding, reviewer, at)

    def restore_finding(self, pair_id: int, finding: Finding) -> bool:
        """Take a dismissal back; False where there is none."""
        with self.database.write(durable=True) as session:
            return marks.restore(session, pair_id, finding)

    def dismissed(self, pair_ids: Sequence[int]) -> dict[int, set[Finding]]:
        """The findings that reviewers dismissed, by pair."""
        with self.database.read() as session:
            return marks.dismissed(session, pair_ids)

    def dismissals(self, pair_ids: Sequence[int]) -> dict[int, list[Dismissal]]:
        """The same with who dismissed them and when, by pair."""
        with self.database.read() as session:
            return marks.dismissals(session, pair_ids)

    def add_error_span(self, span: ErrorSpan) -> int:
        """Mark an error in a pair's text; returns its identifier.

        Raises:
            StoreError: there is no such pair.
            UsageError: the span does not lie in the text.
        """
        with self.database.write(durable=True) as session:
            return marks.add_span(session, span)

    def remove_error_span(self, span_id: int) -> bool:
        """Take a mark back; False where there is none."""
        with self.database.write(durable=True) as session:
            return marks.remove_span(session, span_id)

    def error_spans(self, pair_ids: Sequence[int]) -> dict[int, list[ErrorSpan]]:
        """The errors that reviewers marked, by pair."""
        with self.database.read() as session:
            return marks.spans(session, pair_ids)
