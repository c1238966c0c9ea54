"""Segments from files, one at a time: plain lines, a column of TSV, a field of JSON lines.

Only ``\\n`` ends a line and ``\\r`` before it is dropped, so that a line of U+2028 or form feeds stays one segment,
as it does in sacrebleu. A file is read anew at every pass and is never held as a whole.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mt.errors import FormatError, UsageError, unknown_name

FIELDS = {
    "source": ("source", "src", "text"),
    "hypothesis": ("hypothesis", "target", "translation", "mt", "hyp", "text"),
    "reference": ("reference", "target", "translation", "ref", "text"),
}
"""What a file is read for, and the JSON fields or TSV headings that hold it, best first."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOK = 8192


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """The segments of a file; every iteration reads it from the start.

    Attributes:
        path: of the file.
        role: key of :data:`FIELDS`, which chooses the column where none is named.
        column: a TSV column counted from 1 or its heading, or a JSON field; None chooses by role.
        encoding: as Python names it; a byte order mark is taken off and decides where this is None.
    """

    path: Path
    role: str = "hypothesis"
    column: str | None = None
    encoding: str | None = None

    def __iter__(self) -> Iterator[str]:
        """The segments in order.

        Raises:
            UsageError: the file cannot be opened, or has no such column.
            FormatError: it is empty, binary, in another encoding, or a line is not what its form asks for.
        """
        lines = self._lines()
        form = _FORMS.get(self.path.suffix.lower())
        yield from form(lines, self) if form else (text for _, text in lines)

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Lines with their numbers, decoded."""
        try:
            stream = self.path.open("rb")
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}.", "Check the path.") from error
        with stream:
            try:
                yield from self._decoded(stream.read(_LOOK), stream)
            except OSError as error:
                raise UsageError(f"{self.path}: {error.strerror}.", "Give a file.") from error

    def _decoded(self, head: bytes, stream: Any) -> Iterator[tuple[int, str]]:
        if not head:
            raise FormatError(f"{self.path} is empty.", "Give a file with at least one line.")
        encoding = _codec(self.encoding or "utf-8")
        mark, found = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", ""))
        if self.encoding and not found.startswith(encoding):
            mark = b""
        encoding = found if mark else encoding
        wide = encoding.startswith(("utf-16", "utf-32"))
        if b"\0" in head and not wide:
            raise FormatError(
                f"{self.path} is binary, not text.", "Give plain lines, TSV, JSON lines, TMX or XLIFF."
            )
        stream.seek(len(mark))
        raw_lines = _wide_lines(stream, encoding, self.path) if wide else stream
        for number, raw in enumerate(raw_lines, 1):
            try:
                text = raw if isinstance(raw, str) else raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"{self.path} line {number}: not valid {encoding.upper()} ({error.reason}).",
                    "Name the encoding, for example --encoding cp1252.",
                ) from error
            yield number, text.removesuffix("\n").removesuffix("\r")


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise unknown_name("encoding", encoding, ("utf-8", "utf-16", "cp1252", "latin-1")) from error


def _wide_lines(stream: Any, encoding: str, path: Path) -> Iterator[str]:
    """Lines of an encoding in which the byte ``\\n`` may be half a character."""
    reader = codecs.getreader(encoding)(stream)
    rest = ""
    try:
        while chunk := reader.read(_LOOK):
            *lines, rest = (rest + chunk).split("\n")
            yield from lines
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: not valid {encoding.upper()} ({error.reason}).", "Name the encoding."
        ) from error
    if rest:
        yield rest


def _tsv(lines: Iterator[tuple[int, str]], file: SegmentFile) -> Iterator[str]:
    """One column; an empty line parts articles and is no segment, a heading is one only where it is text."""
    index: int | None = None
    for number, line in lines:
        if not line:
            continue
        cells = line.split("\t")
        if index is None:
            index, is_heading = _column(cells, file)
            if is_heading:
                continue
        if index >= len(cells):
            raise FormatError(
                f"{file.path} line {number}: {len(cells)} columns, and column {index + 1} is wanted.",
                "Name another one: FILE.tsv#1.",
            )
        yield cells[index]


def _column(cells: list[str], file: SegmentFile) -> tuple[int, bool]:
    """Index of the wanted column and whether the first row is a heading."""
    names = [cell.strip().lower() for cell in cells]
    known = {name for role in FIELDS.values() for name in role}
    heading = len(set(names)) == len(names) and len(known.intersection(names)) >= min(2, len(names))
    if file.column is None:
        if heading:
            return next(
                (names.index(name) for name in FIELDS[file.role] if name in names), len(names) - 1
            ), True
        return (0 if file.role == "source" else min(1, len(cells) - 1)), False
    if file.column.isdecimal() and 1 <= int(file.column) <= len(cells):
        return int(file.column) - 1, heading
    if file.column.lower() in names:
        return names.index(file.column.lower()), True
    raise UsageError(
        f"{file.path} has no column {file.column!r}.", f"It has {len(cells)}: {', '.join(cells)[:80]}."
    )


def _json_lines(lines: Iterator[tuple[int, str]], file: SegmentFile) -> Iterator[str]:
    """One field of the object on each line; an empty line is no segment."""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise FormatError(
                f"{file.path} line {number}: no JSON ({error}).", "Write one object a line."
            ) from error
        yield _field(record, number, file)


def _field(record: Any, number: int, file: SegmentFile) -> str:
    wanted = (file.column,) if file.column else FIELDS[file.role]
    if not isinstance(record, dict):
        raise FormatError(f"{file.path} line {number}: no JSON object.", "Write one object a line.")
    name = next((name for name in wanted if name in record), None)
    if name is None:
        raise FormatError(
            f"{file.path} line {number}: no field {' or '.join(wanted)}.", "Name the field: FILE.jsonl#field."
        )
    value = record[name]
    if not isinstance(value, str):
        raise FormatError(
            f"{file.path} line {number}: {name} is no text.", "Name the field: FILE.jsonl#field."
        )
    return " ".join(value.splitlines())


_FORMS: dict[str, Callable[[Iterator[tuple[int, str]], SegmentFile], Iterator[str]]] = {
    ".tsv": _tsv,
    ".tab": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}
