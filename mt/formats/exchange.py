"""Formats in which sentence pairs travel between programs: the record, the report of an import, the table.

    report = ImportReport("memory.tmx")
    for record in get("tmx").read(Path("memory.tmx"), "nl", "en", report):
        ...
    print(report.summary())
    with Path("out.xlf").open("wb") as stream:
        get("xliff").write(records, stream, "nl", "en")

Reading is lenient and tells what it saw; writing is strict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO, Protocol

from mt.data import Finding, Verdict
from mt.errors import unknown_name

STATUSES = ("open", "accepted", "edited", "rejected", "skipped", "flagged")
"""Where a pair can stand in review; ``open`` means that nobody has decided."""


@dataclass(frozen=True, slots=True)
class Code:
    """One inline tag of a file of pairs.

    Attributes:
        position: offset in the plain text before which it stands.
        kind: ``open``, ``close`` or ``empty``.
        id: equal in an opening and its closing code of the same text; the number a file gave it.
        text: the native code that it stands for, such as ``<b>``; empty where the file has none.
        element: name of the element that it was read from, empty for a code made elsewhere.
        attributes: of the element, in order, without the ones above.
    """

    position: int
    kind: str
    id: str = ""
    text: str = ""
    element: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One row of a pair's history as files carry it.

    Attributes:
        verdict: what was decided.
        before, after: the target before and after it.
        reviewer: who.
        at: when, UTC.
        note: reason or comment.
    """

    verdict: Verdict
    before: str
    after: str
    reviewer: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class PairRecord:
    """A sentence pair with all that a file can say about it.

    Attributes:
        source, target: plain text; an empty target is a segment without translation.
        source_lang, target_lang: BCP 47.
        score: probability in 0..1 that a reviewer accepts the pair, or None.
        method: what computed the score.
        status: one of ``STATUSES``.
        origin: a value of ``mt.data.Origin``, or empty where the file does not say.
        document: name of the document.
        index: position of the segment in the document, or None.
        findings: what the checks saw.
        reviewer: who decided or changed last.
        created, changed: UTC, or None.
        note: comment for people.
        previous, following: source text of the neighbours.
        source_codes, target_codes: inline tags, in order.
        extra: properties that mean nothing to this program, in order, as ``(type, value)``.
        history: reviews, oldest first.
        id: the identifier that a file gives the pair.
    """

    source: str
    target: str
    source_lang: str = "nl"
    target_lang: str = "en"
    score: float | None = None
    method: str = ""
    status: str = "open"
    origin: str = ""
    document: str = ""
    index: int | None = None
    findings: tuple[Finding, ...] = ()
    reviewer: str = ""
    created: datetime | None = None
    changed: datetime | None = None
    note: str = ""
    previous: str = ""
    following: str = ""
    source_codes: tuple[Code, ...] = ()
    target_codes: tuple[Code, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    history: tuple[ReviewRecord, ...] = ()
    id: str = ""


_LANGUAGES = 8
"""Language codes that a report remembers."""


@dataclass
class ImportReport:
    """What an import saw; filled while the records are read.

    Attributes:
        name: of the file, for messages.
        unit: what the file calls its entries, such as ``TU``.
        units: entries seen.
        pairs: records given out.
        skipped: entries that gave no record; with ``pairs`` they add up to ``units``.
        notes: message to how often it applied and the line where it did first (0 where there is none).
        languages: codes that the file has, some of them.
    """

    name: str = ""
    unit: str = "pair"
    units: int = 0
    pairs: int = 0
    skipped: int = 0
    notes: dict[str, tuple[int, int]] = field(default_factory=dict)
    languages: dict[str, None] = field(default_factory=dict)

    def saw(self, *languages: str) -> None:
        """Remember language codes of the file."""
        if len(self.languages) < _LANGUAGES:
            self.languages.update(dict.fromkeys(filter(None, languages)))

    def note(self, message: str, line: int | None = None) -> None:
        """Count something worth telling."""
        count, first = self.notes.get(message, (0, line or 0))
        self.notes[message] = count + 1, first

    def skip(self, reason: str, line: int | None = None) -> None:
        """Count an entry that gives no record."""
        self.skipped += 1
        self.note(f"{self.unit} {reason} skipped", line)

    def summary(self) -> str:
        """One line: ``27 TUs, o-tmf missing, nl-NL taken as nl, 1 TU without source skipped (line 88)``."""
        parts = [f"{self.units} {self.unit}{'' if self.units == 1 else 's'}"]
        for message, (count, line) in self.notes.items():
            rest = message.removeprefix(f"{self.unit} ")
            if rest != message:
                said = f"{count} {self.unit}{'' if count == 1 else 's'} {rest}"
            else:
                said = message + (f" ({count} times)" if count > 1 else "")
            parts.append(said + (f" (line {line})" if line else ""))
        return ", ".join(parts)


Source = Path | IO[bytes]
"""Where a format reads from or writes to."""


class ExchangeFormat(Protocol):
    """What reads and writes pairs, one at a time, in memory that does not grow with the file."""

    name: str
    suffixes: tuple[str, ...]

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of a file in the direction asked for, whatever direction the file has.

        Args:
            source: a path or a binary stream.
            source_lang, target_lang: BCP 47; ``nl`` also takes ``nl-NL`` and ``nl-BE``.
            report: gets what was seen, while records are taken.

        Raises:
            FormatError: the file is not of this format; the message names file and line.
        """
        ...

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write pairs; returns how many.

        Args:
            records: taken one at a time.
            destination: a path or a binary stream.
            source_lang, target_lang: of the file as a whole.

        Raises:
            FormatError: a record cannot be written in this format.
        """
        ...


EXCHANGE: dict[str, tuple[str, tuple[str, ...]]] = {
    "tmx": ("mt.formats.tmx:TmxFormat", (".tmx",)),
    "xliff": ("mt.formats.xliff:XliffFormat", (".xlf", ".xliff")),
    "xliff2": ("mt.formats.xliff2:Xliff2Format", (".xlf2",)),
    "tsv": ("mt.formats.tables:TsvFormat", (".tsv",)),
    "jsonl": ("mt.formats.tables:JsonlFormat", (".jsonl", ".ndjson")),
    "moses": ("mt.formats.tables:MosesFormat", (".moses",)),
    "docx": ("mt.formats.docx:DocxFormat", (".docx",)),
}
"""Name to the class that does the work and the endings of its files."""


def get(name: str) -> ExchangeFormat:
    """The exchange format of that name.

    Raises:
        UsageError: there is no format of that name.
    """
    if name not in EXCHANGE:
        raise unknown_name("exchange format", name, EXCHANGE)
    module, _, cls = EXCHANGE[name][0].partition(":")
    format_: Callable[[], ExchangeFormat] = getattr(import_module(module), cls)
    return format_()


PACKED = (".gz", ".xz")
"""Endings of packed files, which may be read."""


def detect(path: Path) -> str | None:
    """The name of the exchange format of a file by its ending; None where it is not one.

    Both versions of XLIFF end in ``.xlf``; reading either name takes both. The ending of a packed file is the one
    before.
    """
    suffix = path.suffix.lower()
    if suffix in PACKED:
        suffix = Path(path.stem).suffix.lower()
    return next((name for name, (_, endings) in EXCHANGE.items() if suffix in endings), None)


def sniff(head: bytes) -> str | None:
    """The name of the exchange format of a file by its first few thousand bytes; None where it looks like none."""
    if head.startswith(b"PK\x03\x04"):
        return "docx"
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = head.decode("utf-16" if wide else "utf-8-sig", "replace").lstrip()
    for mark, name in (("<tmx", "tmx"), ("<xliff", "xliff")):
        if mark in text[:2000].lower():
            return name
    if text.startswith("{"):
        return "jsonl"
    line = text.partition("\n")[0]
    return "tsv" if "\t" in line and "\0" not in line else None
