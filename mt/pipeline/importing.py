"""Files of pairs into the store: new pairs behind each other, known ones brought up to date, nothing twice.

An entry of a file is known again by its place in a document of this store, by its identifier, or, where it has none,
by its texts within the document that its file became. What reviewers or other programs changed since comes in as
decisions; where both sides changed, the store's decision stands and that is told.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
import shutil
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

from mt.data import Document, Finding, Pair, QualityScore, Review, Severity, Verdict
from mt.errors import FormatError, MTError, UsageError
from mt.formats import exchange
from mt.formats.exchange import ImportReport, PairRecord
from mt.pipeline.documents import find_files
from mt.pipeline.judge import Judge
from mt.pipeline.records import Who, key_of, marks_of, news_of, row_of
from mt.store import Run, RunState, Store, StoredPair, StoredReview, decision_of

BATCH = 500
"""Entries in one transaction: little to lose, enough to be quick."""

_KNOWN = 10_000
"""Names of documents that are remembered while a file is read."""

_PACKED: dict[bytes, Callable[[IO[bytes]], AbstractContextManager[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7": lzma.open,
}
"""First bytes of a packed file and what unpacks it."""

_SPOOL = 1 << 24


@dataclass(frozen=True, slots=True)
class Job:
    """One import: a file, the two files of a Moses corpus, or stdin.

    Attributes:
        path: of the file, or ``name.moses`` for two files; None for stdin.
        kind: name of its format, or None to look at its content.
    """

    path: Path | None
    kind: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path) if self.path else "stdin"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How files are read.

    Attributes:
        source_lang, target_lang: the direction wanted.
        accept: pairs that the file says nothing about are accepted, unless a check finds an error.
        theirs: where store and file were both changed, the file's decision is taken.
        reviewer: to whom decisions of files are put down, or empty for whom they name, else the file.
    """

    source_lang: str = "nl"
    target_lang: str = "en"
    accept: bool = False
    theirs: bool = False
    reviewer: str = ""


@dataclass
class ImportCounts:
    """What became of the records of a file; the first three add up to them.

    Attributes:
        new: pairs stored.
        known: pairs that the store has, with nothing new about them.
        updated: pairs that the store has and that got decisions.
        decisions: that were added to pairs the store has.
        conflicts: known pairs on which store and file decided differently; the store's decision stands.
        first_conflict: identifier of the first of them, as files and `mt show` number it.
        unaccepted: pairs that were to be accepted and have an error.
        statuses: of the new pairs.
        findings: pairs with a finding as the worst one, by severity.
    """

    new: int = 0
    known: int = 0
    updated: int = 0
    decisions: int = 0
    conflicts: int = 0
    first_conflict: str = ""
    unaccepted: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)

    def numbers(self) -> dict[str, float]:
        """The counts that a run is stored with."""
        return {name: getattr(self, name) for name in ("new", "known", "updated", "decisions", "conflicts")}


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was read to its end.

    Attributes:
        job: the file.
        report: what its format saw.
        counts: what became of its records.
        document: identifier of the document that holds the new pairs, or None where there are none.
    """

    job: Job
    report: ImportReport
    counts: ImportCounts
    document: str | None


def plan(inputs: Sequence[str], kind: str | None, source_lang: str, target_lang: str) -> list[Job]:
    """The imports that the inputs mean.

    Args:
        inputs: files, folders and globs; none or ``-`` is stdin. ``corpus.nl`` and ``corpus.en`` are one Moses
            corpus.
        kind: name of the format of all, or None.
        source_lang, target_lang: endings of Moses files.

    Raises:
        UsageError: an input is missing, or a format is not known.
    """
    if kind is not None:
        exchange.get(kind)
    if not inputs or list(inputs) == ["-"]:
        return [Job(None, kind)]
    endings = [suffix for _, suffixes in exchange.EXCHANGE.values() for suffix in suffixes]
    halves = {f".{source_lang}", f".{target_lang}"}
    jobs: dict[Path, Job] = {}
    for text in inputs:
        if text == "-":
            raise UsageError("Stdin and files are two inputs.", "Give one of them.")
        moses = Path(text)
        if moses.suffix == ".moses" and not moses.exists():
            jobs[moses] = Job(moses, "moses")
            continue
        found = [path for path, _ in find_files([text], [*endings, *exchange.PACKED], "files of pairs")]
        if moses.is_dir():
            found = [path for path in found if exchange.detect(path)]
            if not found:
                raise UsageError(f"{text} holds no files of pairs.", f"Looked for {', '.join(endings)}.")
        for path in found:
            if kind in (None, "moses") and path.suffix in halves:
                whole = path.with_suffix(".moses")
                jobs[whole] = Job(whole, "moses")
            elif not path.is_file():
                raise UsageError(f"{path} is no file.", "Give files of pairs, folders or globs.")
            else:
                jobs[path] = Job(path, kind or exchange.detect(path))
    return list(jobs.values())


class Importer:
    """Reads files of pairs into a store; a file that cannot be read does not stop the others.

    Args:
        store: where pairs go.
        judge: scores pairs whose file has no score for them; None leaves them without.
        wishes: how files are read.
        note: told what a user should know, one line each.
        now: the clock.
    """

    def __init__(
        self,
        store: Store,
        judge: Judge | None,
        wishes: Wishes,
        note: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._judge = judge
        self._wishes = wishes
        self._note = note
        self._now = now
        self.errors: list[MTError] = []

    def run(self, jobs: Sequence[Job], advance: Callable[[int, int | None], None]) -> Iterator[Imported]:
        """Import files in order; each batch is stored before the next one is read.

        Args:
            jobs: from :func:`plan`.
            advance: told after each batch how many entries it had, and how many there may be in all.

        Raises:
            FormatError: the only file cannot be read; with several, the others go on and ``errors`` has it.
        """
        names = [str(job.path.resolve()) if job.path else "stdin" for job in jobs]
        self._refuse_twice(set(names) - {"stdin"})
        run = self._store.begin_run("import", {"inputs": names})
        state, counts = RunState.FAILED, Counter[str]()
        try:
            for job in jobs:
                one = _FileImport(self._store, self._judge, self._wishes, job, run, self._now())
                try:
                    with _explained(job.name):
                        report = one.read(advance)
                except MTError as error:
                    self._tell_stored(job, one.counts)
                    if len(jobs) == 1:
                        raise
                    self.errors.append(error)
                    self._note(f"{error.message} {error.hint}".rstrip())
                    continue
                finally:
                    counts.update({name: int(number) for name, number in one.counts.numbers().items()})
                yield Imported(job, report, one.counts, one.document if one.counts.new else None)
            state = RunState.FINISHED
        except (KeyboardInterrupt, GeneratorExit):
            state = RunState.INTERRUPTED
            raise
        finally:
            self._store.finish_run(run, state, dict(counts))

    def _refuse_twice(self, names: set[str]) -> None:
        """Refuse files that another process is importing into the same store: both would take them for new.

        Raises:
            UsageError: there is one.
        """
        for run in self._store.runs():
            # A run of another machine that broke off is never told; no import takes a day.
            recent = run.started is not None and datetime.now(UTC) - run.started < timedelta(days=1)
            if run.command == "import" and run.state is RunState.RUNNING and recent:
                both = names & set(map(str, run.arguments.get("inputs", ())))
                if both:
                    raise UsageError(
                        f"{min(both)} is being imported already, since {run.started:%H:%M} UTC.",
                        "Wait until that is done.",
                    )

    def _tell_stored(self, job: Job, counts: ImportCounts) -> None:
        done = counts.new + counts.known + counts.updated
        if done:
            self._note(
                f"{job.name}: {done} pairs before the fault are in the store; "
                "when it is repaired, the same command goes on behind them."
            )


@dataclass(frozen=True, slots=True)
class _Match:
    """A record and the pair that it is in the store."""

    record: PairRecord
    stored: StoredPair


class _FileImport:
    """One file on its way into the store."""

    def __init__(
        self, store: Store, judge: Judge | None, wishes: Wishes, job: Job, run: Run, now: datetime
    ) -> None:
        self._store = store
        self._judge = judge
        self._wishes = wishes
        self._job = job
        self._run = run
        name = wishes.reviewer or (job.path.name if job.path else "stdin")
        self._who = Who(name, now, always=bool(wishes.reviewer))
        self._newest = store.newest_pair()
        self._documents: dict[str, str | None] = {}
        self._taken: dict[int, int] = {}
        self._used = bytearray()
        self._checksum = ""
        self.document: str | None = None
        self.counts = ImportCounts()

    def read(self, advance: Callable[[int, int | None], None]) -> ImportReport:
        """Take in the whole file."""
        langs = self._wishes.source_lang, self._wishes.target_lang
        report = ImportReport(self._job.name)
        with ExitStack() as stack:
            source, kind, size = self._opened(stack)
            self.document = self._known_document()
            records = exchange.get(kind).read(source, *langs, report)
            while batch := list(islice(records, BATCH)):
                self._take(batch, kind)
                done = self._position() / size if size else 0
                total = (
                    round((self.counts.new + self.counts.known + self.counts.updated) / done)
                    if done
                    else None
                )
                advance(len(batch), total)
        return report

    # The file

    def _opened(self, stack: ExitStack) -> tuple[exchange.Source, str, int]:
        """Where the format reads from, the format, and the size in bytes as far as it is known."""
        path, kind = self._job.path, self._job.kind
        self._position: Callable[[], int] = lambda: 0
        if kind == "moses":
            if path is None:
                raise UsageError(
                    "Moses files are two files, not one stream.", "Give a path such as corpus.nl."
                )
            from mt.formats.tables import pair_of_files

            halves = pair_of_files(path, self._wishes.source_lang, self._wishes.target_lang)
            self._checksum = "+".join(_checksum(half) for half in halves if half.is_file())
            return path, kind, 0
        raw: IO[bytes]
        if path is None:
            raw = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))  # noqa: SIM115
            shutil.copyfileobj(sys.stdin.buffer, raw)
            raw.seek(0)
            size = 0
        else:
            raw = stack.enter_context(_open(path))
            size = path.stat().st_size
            self._checksum = _checksum(path)
            self._position = raw.tell
        head = raw.read(4)
        raw.seek(0)
        if not head:
            raise FormatError(f"{self._job.name} is empty.", "There is nothing to import in it.")
        source = raw
        if head[:2] in _PACKED:
            source = stack.enter_context(_PACKED[head[:2]](raw))
        if kind is None:
            kind = exchange.sniff(source.read(1 << 12))
            source.seek(0)
        if kind is None:
            raise FormatError(
                f"{self._job.name} is none of {', '.join(exchange.EXCHANGE)}.", "Name its format: --format"
            )
        return source, kind, size

    def _known_document(self) -> str | None:
        """The document that this file became before: by its content, or by its name."""
        wishes, store = self._wishes, self._store
        langs = wishes.source_lang, wishes.target_lang
        found = store.document_with_text(self._text, *langs, "bitext") if self._text else None
        return found or store.current_document(self._name, wishes.target_lang, "bitext")

    @property
    def _name(self) -> str:
        return str(self._job.path.resolve()) if self._job.path else "stdin"

    @property
    def _text(self) -> str:
        """What the document of the import holds as its text: what its file is known by."""
        return f"sha256 {self._checksum}" if self._checksum else ""

    # The records

    def _take(self, records: Sequence[PairRecord], kind: str) -> None:
        """Store one batch: decisions on pairs that are known, new pairs behind the last one."""
        found = self._found(records)
        self._update([_Match(r, one) for r, one in zip(records, found, strict=True) if one is not None])
        self._append([r for r, one in zip(records, found, strict=True) if one is None], kind)

    def _found(self, records: Sequence[PairRecord]) -> list[StoredPair | None]:
        """The pair that each record is in the store, or None."""
        found: list[StoredPair | None] = [None] * len(records)
        if not self._newest:
            return found
        self._find_by_place(records, found)
        self._find_by_key(records, found)
        self._find_by_text(records, found)
        return found

    def _find_by_place(self, records: Sequence[PairRecord], found: list[StoredPair | None]) -> None:
        wanted: dict[str, dict[int, list[int]]] = {}
        for number, record in enumerate(records):
            for document, position in self._places(record):
                wanted.setdefault(document, {}).setdefault(position, []).append(number)
        for document, places in wanted.items():
            for position, stored in self._store.pairs_at(document, list(places)).items():
                for number in places[position]:
                    if found[number] is None and stored.id <= self._newest and _same(records[number], stored):
                        found[number] = stored

    def _places(self, record: PairRecord) -> Iterator[tuple[str, int]]:
        """Where a record says that it stands, if that is a document of this store."""
        named = _PLACE.fullmatch(record.id)
        if named and self._document(named[1], by_name=False):
            yield named[1], int(named[2]) - 1
        if record.document and record.index is not None and (owner := self._document(record.document)):
            yield owner, record.index

    def _document(self, name: str, by_name: bool = True) -> str | None:
        """The document with this identifier, or with this name."""
        if name not in self._documents:
            if len(self._documents) >= _KNOWN:
                self._documents.clear()
            known: str | None = name if self._store.has_document(name) else None
            for kind in ("text", "bitext", "alignment") if known is None else ():
                known = known or self._store.current_document(name, self._wishes.target_lang, kind)
            self._documents[name] = known
        found = self._documents[name]
        return found if by_name or found == name else None

    def _find_by_key(self, records: Sequence[PairRecord], found: list[StoredPair | None]) -> None:
        keys = {n: key for n, r in enumerate(records) if found[n] is None and (key := key_of(r)) is not None}
        candidates = self._store.pairs_with_keys(list(set(keys.values())), self._newest) if keys else {}
        chosen: dict[int, int] = {}
        for number, key in keys.items():
            pairs = candidates.get(key, ())
            if not pairs:
                continue
            # Entries with the same key are taken in the order in which they were stored.
            turn = self._taken.get(key, 0) if len(pairs) > 1 else 0
            if len(pairs) > 1:
                self._taken[key] = turn + 1
            if turn < len(pairs):
                chosen[number] = pairs[turn]
        stored = {one.id: one for one in self._store.pairs_by_id(list(chosen.values()))}
        for number, pair in chosen.items():
            if pair in stored and _same(records[number], stored[pair]):
                found[number] = stored[pair]

    def _find_by_text(self, records: Sequence[PairRecord], found: list[StoredPair | None]) -> None:
        """Nameless entries that this very file brought before; each stored pair is taken once."""
        nameless = [n for n, r in enumerate(records) if found[n] is None and key_of(r) is None]
        if self.document is None or not nameless:
            return
        texts = [(records[n].source, records[n].source_lang, records[n].target_lang) for n in nameless]
        places = self._store.positions_of(self.document, texts, self._newest)
        chosen: dict[int, int] = {}
        for number in nameless:
            record = records[number]
            first = record.history[0].before if record.history else record.target
            for position in places.get((record.source, first), ()):
                if not self._is_used(position):
                    chosen[number] = position
                    break
        stored = self._store.pairs_at(self.document, list(chosen.values()))
        for number, position in chosen.items():
            found[number] = stored.get(position)

    def _is_used(self, position: int) -> bool:
        """Whether a pair was taken already; if not, it is now."""
        byte, bit = divmod(position, 8)
        if byte >= len(self._used):
            self._used.extend(bytes(byte + 1 - len(self._used) + 1024))
        used = bool(self._used[byte] >> bit & 1)
        self._used[byte] |= 1 << bit
        return used

    def _append(self, records: Sequence[PairRecord], kind: str) -> None:
        if not records:
            return
        rows = [row_of(record, self._who) for record in records]
        unscored = [n for n, row in enumerate(rows) if row.pair.score is None and row.pair.target]
        for number, score in zip(unscored, self._scores([rows[n].pair for n in unscored]), strict=True):
            rows[number] = rows[number]._replace(pair=rows[number].pair._replace(score=score))
        if self._wishes.accept:
            rows = [
                row._replace(reviews=(self._acceptance(record, row.pair),))
                if self._acceptable(row.pair, row.reviews)
                else row
                for record, row in zip(records, rows, strict=True)
            ]
        if self.document is None:
            made = Document("", self._wishes.source_lang, self._text, name=self._name, format=kind)
            self.document = self._store.put_document(made, self._wishes.target_lang, kind="bitext")
        ids = self._store.append_pairs(self.document, rows, self._run)
        self.counts.new += len(rows)
        for number, record in zip(ids, records, strict=True):
            self._add_marks(record, number)
        for row in rows:
            self.counts.statuses[decision_of(row.reviews)[0].value] += 1
            if row.pair.score:
                self.counts.findings.update(_worst(row.pair.score.findings))

    def _scores(self, pairs: list[Pair]) -> Sequence[QualityScore | None]:
        return self._judge(pairs) if self._judge and pairs else [None] * len(pairs)

    def _acceptable(self, pair: Pair, reviews: Sequence[StoredReview]) -> bool:
        """Whether a pair on which nobody decided may be accepted; one with an error is counted."""
        if reviews or not pair.target:
            return False
        if pair.score and any(one.severity is Severity.ERROR for one in pair.score.findings):
            self.counts.unaccepted += 1
            return False
        return True

    def _acceptance(self, record: PairRecord, pair: Pair) -> StoredReview:
        name = self._who.name if self._who.always or not record.reviewer else record.reviewer
        at = record.changed or record.created or self._who.now
        return StoredReview(Verdict.ACCEPTED, pair.target, pair.target, name, at)

    def _update(self, matches: Sequence[_Match]) -> None:
        """Add what a file says about pairs that the store has."""
        if not matches:
            return
        ids = [match.stored.id for match in matches]
        histories, carried = self._store.reviews(ids), self._store.carried(ids)
        decisions: list[tuple[Review, int | None]] = []
        for record, stored in ((match.record, match.stored) for match in matches):
            history = histories.get(stored.id, [])
            news = news_of(
                record, stored, history, carried.get(stored.id, {}), self._who, self._wishes.theirs
            )
            if self._wishes.accept and not news.reviews and self._acceptable(stored.pair, history):
                one = self._acceptance(record, stored.pair)
                news.reviews.append(Review(stored.id, one.verdict, one.after, one.reviewer, one.at))
            if news.conflict:
                self.counts.conflicts += 1
                self.counts.first_conflict = (
                    self.counts.first_conflict or f"{stored.document}.{stored.position + 1}"
                )
            self.counts.updated += bool(news.reviews)
            self.counts.known += not news.reviews
            version = stored.version
            for review in news.reviews:
                # The same comment may stand there twice; with a version the second is taken for the first.
                comment = review.verdict is Verdict.COMMENTED
                decisions.append((review, None if comment else version))
                version += not comment
            self._add_marks(record, stored.id)
        self._decide(decisions, {match.stored.id: match.stored.pair for match in matches})

    def _decide(self, decisions: Sequence[tuple[Review, int | None]], pairs: dict[int, Pair]) -> None:
        """Store decisions; a new target is judged."""
        if not decisions:
            return
        edits = [n for n, (review, _) in enumerate(decisions) if review.verdict is Verdict.EDITED]
        targets = [
            pairs[decisions[n][0].pair]._replace(target=decisions[n][0].target, failure="") for n in edits
        ]
        scores: list[QualityScore | None] = [None] * len(decisions)
        for number, score in zip(edits, self._scores(targets), strict=True):
            scores[number] = score
        saved = self._store.record_all(decisions, scores)
        self.counts.decisions += sum(saved)
        self.counts.conflicts += len(saved) - sum(saved)

    def _add_marks(self, record: PairRecord, pair: int) -> None:
        """Add errors and dismissals that the pair does not have yet."""
        marks = marks_of(record, pair)
        if marks.errors:
            there = [one._replace(id=0, version=0) for one in self._store.error_spans([pair]).get(pair, ())]
            for span in marks.errors:
                if span not in there:
                    # A mark that does not fit the pair any more is left out.
                    with suppress(UsageError):
                        self._store.add_error_span(span)
        for one in marks.dismissed:
            with suppress(UsageError):
                self._store.dismiss(pair, one.finding, one.reviewer, one.at)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what reading and unpacking a damaged file may raise into an error that names it."""
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        reason = "it ends in the middle" if isinstance(error, EOFError) else str(error)
        raise FormatError(f"{name} cannot be read to its end: {reason}.", "Get the file again.") from error


_PLACE = re.compile(r"(.+)\.(\d{1,18})", re.DOTALL)
"""Identifier of a pair in files of this program: that of its document, and its number there."""


def _same(record: PairRecord, stored: StoredPair) -> bool:
    """Whether a record that claims the place of a pair is that pair."""
    pair = stored.pair
    return (record.source, record.source_lang, record.target_lang) == (
        pair.source,
        pair.source_lang,
        pair.target_lang,
    )


def _worst(findings: Iterable[Finding]) -> list[str]:
    """The severity of the worst finding, if there is any."""
    severities = {finding.severity for finding in findings}
    return [str(next(one for one in Severity if one in severities))] if severities else []


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with _open(path) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _open(path: Path) -> IO[bytes]:
    """A file for reading.

    Raises:
        UsageError: it cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be opened: {error.strerror}.", "Check its permissions.") from error
