"""Bilingual DOCX: a table that a reviewer edits in a word processor, with the whole records beside it.

The package is written and read as the ZIP of XML parts that it is (ECMA-376), in a stream; a word processor keeps
the part with the records as custom XML.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from mt.errors import FormatError
from mt.formats.exchange import STATUSES, ImportReport, PairRecord, Source
from mt.formats.tables import as_values, directed, from_values
from mt.formats.xmltext import attribute, carried, elements, local_name, opened, own_text, restore, text

if TYPE_CHECKING:
    from lxml.etree import _Element

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RECORDS = "urn:mt-workbench:records"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPOOL = 1 << 22
_LARGEST_RATIO = 1000
"""A part that unpacks to more than this many times its size is no text."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/_rels/document.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONSHIPS}/customXml" Target="../customXml/item1.xml"/></Relationships>'
    ),
}
_WIDTHS = (600, 5200, 5200, 900, 1300, 2400)
_PAGE = '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="600" w:right="600" '
_PAGE += 'w:bottom="600" w:left="600" w:header="300" w:footer="300" w:gutter="0"/></w:sectPr>'


class DocxFormat:
    """A table with number, source, target, score, status and note.

    On import a changed target makes the pair ``edited``; a status or note that was typed in counts.
    """

    name = "docx"
    suffixes = (".docx",)

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The rows of the tables of a document, with what the records beside them say."""
        report.unit = "row"
        name = report.name or str(getattr(source, "name", source))
        with opened(source, "rb") as stream, _package(stream, name) as package:
            records = _Records(package, name)
            for row in _rows(package, name):
                if row.cells[:1] == ["#"] or len(row.cells) < 3:
                    continue
                report.units += 1
                record = _merged(row, records.of(row.cells[0]), (source_lang, target_lang), report)
                if not record.source.strip():
                    report.skip("without source", row.line)
                elif found := directed(record, (source_lang, target_lang), report, row.line):
                    report.pairs += 1
                    yield found

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write the document; returns the number of rows."""
        count = 0
        with (
            opened(destination, "wb") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package,
            SpooledTemporaryFile(_SPOOL) as beside,
        ):
            for part, content in _PARTS.items():
                package.writestr(part, _XML + content)
            with package.open("word/document.xml", "w", force_zip64=True) as table:
                table.write(_head(source_lang, target_lang).encode())
                for count, record in enumerate(records, 1):
                    table.write(_row(count, record).encode())
                    values = json.dumps(as_values(record), ensure_ascii=False)
                    beside.write(f'<r n="{count}">{text(values)}</r>\n'.encode())
                table.write(f"</w:tbl><w:p/>{_PAGE}</w:body></w:document>".encode())
            with package.open("customXml/item1.xml", "w", force_zip64=True) as part_stream:
                part_stream.write(f'{_XML}<records xmlns="{_RECORDS}">\n'.encode())
                beside.seek(0)
                while block := beside.read(1 << 20):
                    part_stream.write(block)
                part_stream.write(b"</records>\n")
        return count


def _head(source_lang: str, target_lang: str) -> str:
    """The document up to the first pair: page, table and its heading row, which every page repeats."""
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:color="A0A0A0"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS)
    titles = "".join(
        _cell(name, bold=True) for name in ("#", source_lang, target_lang, "score", "status", "note")
    )
    return (
        f'{_XML}<w:document xmlns:w="{_WORD}"><w:body><w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/>'
        f"<w:tblBorders>{border}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"<w:tr><w:trPr><w:tblHeader/></w:trPr>{titles}</w:tr>"
    )


def _row(number: int, record: PairRecord) -> str:
    score = "" if record.score is None else f"{record.score:.2f}"
    cells = (str(number), record.source, record.target, score, record.status, record.note)
    langs = ("", record.source_lang, record.target_lang, "", "", "")
    return "<w:tr>" + "".join(_cell(cell, lang) for cell, lang in zip(cells, langs, strict=True)) + "</w:tr>"


def _cell(content: str, lang: str = "", bold: bool = False) -> str:
    """A table cell with one paragraph; line breaks and tabs as word processors have them."""
    style = "<w:b/>" if bold else f"<w:lang{attribute('w:val', lang)}/>" if lang else ""
    runs = "".join(
        {"\n": "<w:br/>", "\t": "<w:tab/>", "\r": "<w:cr/>"}.get(part)
        or f'<w:t xml:space="preserve">{text(part)}</w:t>'
        for part in _pieces(content)
    )
    return f"<w:tc><w:p><w:r><w:rPr>{style}</w:rPr>{runs}</w:r></w:p></w:tc>"


def _pieces(content: str) -> Iterator[str]:
    """Text cut at line breaks and tabs, which are pieces of their own."""
    start = 0
    for at, character in enumerate(content):
        if character in "\n\t\r":
            if at > start:
                yield content[start:at]
            yield character
            start = at + 1
    if start < len(content):
        yield content[start:]


def _package(stream: IO[bytes], name: str) -> zipfile.ZipFile:
    """The package, if it is a word processor's and unpacks to a sensible size.

    Raises:
        FormatError: it is not.
    """
    try:
        package = zipfile.ZipFile(stream)
        document = package.getinfo("word/document.xml")
    except (zipfile.BadZipFile, KeyError) as error:
        raise FormatError(f"{name} is no DOCX document.", "Save it as .docx in a word processor.") from error
    if document.file_size > _LARGEST_RATIO * max(document.compress_size, 1 << 10):
        raise FormatError(
            f"{name} unpacks to {document.file_size} bytes.", "It is damaged or made to fill memory."
        )
    return package


class _Row:
    """A row of a table: the text of its cells, and its line in the XML."""

    def __init__(self, element: _Element) -> None:
        self.line = element.sourceline
        self.cells = [_cell_text(cell) for cell in element if local_name(cell) == "tc"]


def _rows(package: zipfile.ZipFile, name: str) -> Iterator[_Row]:
    """The rows of all tables in a document.

    Raises:
        FormatError: the package is damaged.
    """
    try:
        with package.open("word/document.xml") as stream:
            for _, element in elements(stream, name, (), ("tr",)):
                yield _Row(element)
    except zipfile.BadZipFile as error:
        raise FormatError(f"{name} is damaged: {error}.", "Save it again in a word processor.") from error


def _cell_text(cell: _Element) -> str:
    """The text of a cell as it reads with all tracked changes accepted."""
    paragraphs = ["".join(_run_texts(child)) for child in cell if local_name(child) == "p"]
    return restore("\n".join(paragraphs))


def _run_texts(element: _Element) -> Iterator[str]:
    for child in element:
        name = local_name(child)
        if name == "t":
            yield carried(child.text or "")
        elif name in ("br", "cr", "tab", "noBreakHyphen"):
            yield {"br": "\n", "cr": "\r", "tab": "\t", "noBreakHyphen": "\u2011"}[name]
        elif name not in ("del", "moveFrom"):
            yield from _run_texts(child)


class _Records:
    """The records beside the table, found by row number; rows may have been moved or deleted."""

    def __init__(self, package: zipfile.ZipFile, name: str) -> None:
        self._package = package
        self._passed: dict[str, PairRecord] = {}
        self._left = self._all(name)

    def of(self, number: str) -> PairRecord | None:
        """The record of a row, or None where it has none."""
        if number in self._passed:
            return self._passed.pop(number)
        for found, record in self._left:
            if found == number:
                return record
            self._passed[found] = record
        return None

    def _all(self, name: str) -> Iterator[tuple[str, PairRecord]]:
        for part in self._package.namelist():
            if not (part.startswith("customXml/item") and part.endswith(".xml") and "Props" not in part):
                continue
            with self._package.open(part) as stream:
                for _, element in elements(stream, f"{name} {part}", (), ("r",)):
                    if element.tag != f"{{{_RECORDS}}}r":
                        continue
                    try:
                        values = json.loads(own_text(element))
                    except ValueError:
                        continue
                    if isinstance(values, dict):
                        yield (
                            str(element.get("n") or ""),
                            PairRecord(**{"source": "", "target": "", **from_values(values)}),
                        )


def _merged(row: _Row, known: PairRecord | None, langs: tuple[str, str], report: ImportReport) -> PairRecord:
    """A record with what was changed in its row."""
    source, target, *others = row.cells[1:]
    status, note = (others[1:2] or [""])[0].strip().lower(), (others[2:3] or [""])[0]
    if known is None or known.source != source:
        if known is not None:
            report.note("row whose source was changed", row.line)
        known = PairRecord(source, target, *langs)
    record = replace(known, note=note)
    if target != known.target:
        record = replace(record, target=target, target_codes=(), status="edited")
        report.note("row edited", row.line)
    if status in STATUSES and status != known.status:
        record = replace(record, status=status)
    return record
