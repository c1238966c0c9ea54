"""Pairs line by line: TSV, JSON Lines, and the pair of files that Moses reads."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO, Any

from mt.errors import FormatError, UsageError
from mt.formats.exchange import STATUSES, Code, ImportReport, PairRecord, Source
from mt.formats.payload import (
    finding_object,
    findings_from_json,
    history_from_json,
    review_object,
)
from mt.formats.properties import probability
from mt.formats.xmltext import language_rank, opened

_SURROGATES = "surrogatepass"
_NAMES = [item.name for item in fields(PairRecord)]
_DEFAULTS = PairRecord("", "")


def _status(value: str) -> str:
    if value not in STATUSES:
        raise ValueError(value)
    return value


def _extra(value: Any) -> tuple[tuple[str, str], ...]:
    items = json.loads(value) if isinstance(value, str) else value
    return tuple((str(name), str(content)) for name, content in items)


def _codes(value: Any) -> tuple[Code, ...]:
    items = json.loads(value) if isinstance(value, str) else value
    return tuple(
        Code(**{**item, "attributes": tuple((str(k), str(v)) for k, v in item.get("attributes", ()))})
        for item in items
    )


_OBJECTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "findings": (lambda value: [finding_object(f) for f in value], findings_from_json),
    "history": (lambda value: [review_object(r) for r in value], history_from_json),
    "extra": (lambda value: [list(item) for item in value], _extra),
    "source_codes": (lambda value: [asdict(code) for code in value], _codes),
    "target_codes": (lambda value: [asdict(code) for code in value], _codes),
    "created": (datetime.isoformat, datetime.fromisoformat),
    "changed": (datetime.isoformat, datetime.fromisoformat),
    "score": (float, probability),
    "index": (int, int),
    "status": (str, _status),
}
"""Field to how it becomes a JSON value and how it is made from one; others are strings."""


def as_values(record: PairRecord, names: Sequence[str] = _NAMES) -> dict[str, Any]:
    """What a record says beyond an empty one, as JSON values; texts and languages always.

    Args:
        record: to be written.
        names: of the fields that are wanted.
    """
    out: dict[str, Any] = {}
    for name in names:
        value = getattr(record, name)
        if value != getattr(_DEFAULTS, name) or name in ("source", "target", "source_lang", "target_lang"):
            out[name] = _OBJECTS[name][0](value) if name in _OBJECTS else value
    return out


def from_values(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a record from JSON values; whatever is not understood goes to ``extra``."""
    known: dict[str, Any] = {}
    extra: list[tuple[str, str]] = []
    for name, value in values.items():
        try:
            if name not in _NAMES:
                raise ValueError(name)
            known[name] = _OBJECTS[name][1](value) if name in _OBJECTS else _string(value)
        except (ValueError, TypeError, KeyError, AttributeError):
            extra.append((name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    if extra:
        known["extra"] = (*known.get("extra", ()), *extra)
    return known


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _lines(source: Source, report: ImportReport) -> Iterator[tuple[int, str]]:
    """Numbered lines of a UTF-8 file, without their ends; only a line feed ends one.

    Raises:
        FormatError: a line is not UTF-8.
    """
    name = report.name or str(getattr(source, "name", source))
    with opened(source, "rb") as stream:
        for number, raw in enumerate(_as_utf8(stream), 1):
            content = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            try:
                yield number, content.decode("utf-8", _SURROGATES).removesuffix("\n")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"{name} line {number}: not valid UTF-8.", "Convert the file to UTF-8 first."
                ) from error


def _as_utf8(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file in UTF-8; one that begins with the mark of UTF-16, as spreadsheets write it, is recoded."""
    lines = iter(stream)
    first = next(lines, b"")
    wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(first[:2])
    if wide is None:
        yield from chain([first] if first else [], lines)
        return
    decoder = getincrementaldecoder(wide)(errors="surrogatepass")
    rest = ""
    for raw in chain([first[2:]], lines):
        *whole, rest = (rest + decoder.decode(raw)).split("\n")
        yield from (f"{line}\n".encode("utf-8", _SURROGATES) for line in whole)
    if rest:
        yield rest.encode("utf-8", _SURROGATES)


def directed(
    record: PairRecord, langs: tuple[str, str], report: ImportReport, line: int | None
) -> PairRecord | None:
    """The record in the direction asked for; None where its languages are other ones."""
    report.saw(*_of(record))
    straight = [language_rank(found, wanted) for found, wanted in zip(_of(record), langs, strict=True)]
    if None not in straight:
        return replace(record, source_lang=langs[0], target_lang=langs[1])
    turned = [
        language_rank(found, wanted) for found, wanted in zip(_of(record), reversed(langs), strict=True)
    ]
    if None in turned:
        report.skip(f"in {record.source_lang}-{record.target_lang}", line)
        return None
    report.note(f"{record.source_lang}-{record.target_lang}, read the other way round")
    return replace(
        record,
        source=record.target,
        target=record.source,
        source_codes=record.target_codes,
        target_codes=record.source_codes,
        source_lang=langs[0],
        target_lang=langs[1],
    )


def _of(record: PairRecord) -> tuple[str, str]:
    return record.source_lang, record.target_lang


class JsonlFormat:
    """One JSON object a line with the fields of ``PairRecord``; on import also ``{"nl": ..., "en": ...}``."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of a file; keys that mean nothing here are kept in ``extra``."""
        name = report.name or str(getattr(source, "name", source))
        for number, line in _lines(source, report):
            if not line.strip():
                continue
            report.units += 1
            try:
                values = json.loads(line)
            except ValueError as error:
                raise FormatError(f"{name} line {number}: not JSON ({error}).", "Repair the line.") from error
            if not isinstance(values, dict):
                raise FormatError(f"{name} line {number}: not a JSON object.", "Repair the line.")
            known = from_values(_named(values, source_lang, target_lang))
            if not known.get("source", "").strip():
                report.skip("without source", number)
                continue
            defaults = {"source_lang": source_lang, "target_lang": target_lang, "target": ""}
            if record := directed(
                PairRecord(**{**defaults, **known}), (source_lang, target_lang), report, number
            ):
                report.pairs += 1
                yield record

    def write(
        self,
        records: Iterable[PairRecord],
        destination: Source,
        source_lang: str,  # noqa: ARG002
        target_lang: str,  # noqa: ARG002
    ) -> int:
        """Write one object a line, languages in each; returns the number of lines."""
        count = 0
        with opened(destination, "wb") as stream:
            for record in records:
                line = json.dumps(as_values(record), ensure_ascii=False, separators=(",", ":"))
                stream.write(line.encode("utf-8", _SURROGATES) + b"\n")
                count += 1
        return count


def _named(values: dict[str, Any], source_lang: str, target_lang: str) -> dict[str, Any]:
    """Values with the texts under ``source`` and ``target``, wherever other programs put them."""
    inner = values.get("translation")
    flat = (
        {**{k: v for k, v in values.items() if k != "translation"}, **inner}
        if isinstance(inner, dict)
        else dict(values)
    )
    for name, others in (("source", (source_lang, "src")), ("target", (target_lang, "tgt", "trg"))):
        found = next((other for other in others if isinstance(flat.get(other), str)), None)
        if name not in flat and found:
            flat[name] = flat.pop(found)
    return flat


_ESCAPE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_UNESCAPE = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPE)


def _uncell(cell: str) -> str:
    if "\\" not in cell:
        return cell
    out: list[str] = []
    position = 0
    while (at := cell.find("\\", position)) >= 0 and at + 1 < len(cell):
        known = _UNESCAPE.get(cell[at + 1])
        out += (cell[position:at], cell[at : at + 2] if known is None else known)
        position = at + 2
    return "".join(out) + cell[position:]


class TsvFormat:
    r"""A header and one pair a line; tab, line ends and backslash are written as ``\t \n \r \\``.

    A file without a header has the source in the first column and the target in the second.
    """

    name = "tsv"
    suffixes = (".tsv",)

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of a table; columns that mean nothing here are kept in ``extra``."""
        columns: list[str] | None = None
        defaults = {"source_lang": source_lang, "target_lang": target_lang}
        for number, line in _lines(source, report):
            cells = line.removesuffix("\r").split("\t")
            if columns is None:
                columns = _header(cells, source_lang, target_lang)
                if columns:
                    continue
                report.note("no header, the first two columns taken")
                columns = ["source", "target"]
            if not line.strip():
                continue
            report.units += 1
            if len(cells) == 1:
                report.skip("with one column", number)
                continue
            names = [*columns, *(f"column {k}" for k in range(len(columns) + 1, len(cells) + 1))]
            values = {
                name: _uncell(cell)
                for name, cell in zip(names, cells, strict=False)
                if cell or name in defaults
            }
            known = from_values(values)
            if not known.get("source", "").strip():
                report.skip("without source", number)
                continue
            record = PairRecord(**{"target": "", **defaults, **known})
            if found := directed(record, (source_lang, target_lang), report, number):
                report.pairs += 1
                yield found

    def write(
        self,
        records: Iterable[PairRecord],
        destination: Source,
        source_lang: str,  # noqa: ARG002
        target_lang: str,  # noqa: ARG002
    ) -> int:
        """Write a table with all columns; returns the number of pairs."""
        count = 0
        with opened(destination, "wb") as stream:
            stream.write("\t".join(_NAMES).encode() + b"\n")
            for record in records:
                said = as_values(record)
                line = "\t".join(_cell(said[name]) if name in said else "" for name in _NAMES)
                stream.write(line.encode("utf-8", _SURROGATES) + b"\n")
                count += 1
        return count


def _header(cells: list[str], source_lang: str, target_lang: str) -> list[str] | None:
    """The columns that a first line names; None where it is a pair already."""
    given = [cell.strip().lower() for cell in cells]
    names = {
        "src": "source",
        "tgt": "target",
        "trg": "target",
        source_lang.lower(): "source",
        target_lang.lower(): "target",
    }
    columns = [names.get(name, name) for name in given]
    return columns if "source" in columns and "target" in columns else None


class MosesFormat:
    """Two files with one segment a line, ``name.nl`` and ``name.en``; named by either or by ``name.moses``."""

    name = "moses"
    suffixes = (".moses",)

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of two files, line by line.

        Raises:
            FormatError: the files have different numbers of lines.
            UsageError: a file is missing, or a stream was given.
        """
        first, second = pair_of_files(source, source_lang, target_lang)
        lefts, rights = _lines(first, report), _lines(second, report)
        for (number, left), right in _zipped(lefts, rights, first, second):
            report.units += 1
            if not left.strip():
                report.skip("without source", number)
                continue
            report.pairs += 1
            yield PairRecord(left.removesuffix("\r"), right.removesuffix("\r"), source_lang, target_lang)

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write the two files; a line break inside a segment becomes a space. Returns the number of lines."""
        first, second = pair_of_files(destination, source_lang, target_lang)
        count = 0
        with opened(first, "wb") as left, opened(second, "wb") as right:
            for record in records:
                for stream, text in ((left, record.source), (right, record.target)):
                    stream.write(" ".join(text.splitlines()).encode("utf-8", _SURROGATES) + b"\n")
                count += 1
        return count


def _zipped(
    lefts: Iterator[tuple[int, str]], rights: Iterator[tuple[int, str]], first: Path, second: Path
) -> Iterator[tuple[tuple[int, str], str]]:
    """Lines of two files side by side.

    Raises:
        FormatError: one file ends before the other.
    """
    for left, right in zip_longest(lefts, rights):
        if left is None or right is None:
            short, long_ = (first, second) if left is None else (second, first)
            lines = (left or right or (1, ""))[0] - 1
            raise FormatError(
                f"{short} ends after line {lines}, {long_} goes on.",
                "The two files must have the same number of lines.",
            )
        yield left, right[1]


def pair_of_files(path: Source, source_lang: str, target_lang: str) -> tuple[Path, Path]:
    """The two files that a path stands for: itself or ``name.moses`` gives ``name.nl`` and ``name.en``.

    Raises:
        UsageError: it is a stream.
    """
    if not isinstance(path, Path):
        raise UsageError("Moses files are two files, not one stream.", "Give a path such as corpus.moses.")
    stem = path.with_suffix("") if path.suffix in (".moses", f".{source_lang}", f".{target_lang}") else path
    return stem.with_name(f"{stem.name}.{source_lang}"), stem.with_name(f"{stem.name}.{target_lang}")
