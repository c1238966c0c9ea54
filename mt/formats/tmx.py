"""TMX: read 1.1 to 1.4 as it occurs, write 1.4b as its document type definition has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mt.errors import FormatError
from mt.formats.exchange import Code, ImportReport, PairRecord, Source
from mt.formats.properties import Properties, properties
from mt.formats.xmltext import (
    XML_LANG,
    attribute,
    carried,
    elements,
    entity_text,
    illegal,
    language_rank,
    local_name,
    nests,
    opened,
    own_text,
    partnered,
    program_version,
    restore,
    shown,
    text,
    tmx_date,
    unbalanced,
    utc,
    without_layout,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_REQUIRED = ("creationtool", "creationtoolversion", "segtype", "o-tmf", "adminlang", "srclang", "datatype")
_TOOL = "mt"
_MAKER = "creationid"
_CONTROL = "x-control"
_LANGUAGES_TOLD = 8


class TmxFormat:
    """Translation memories.

    Score, status, findings and history are ``<prop>`` of the TU, dates and reviewer its attributes. A character
    that XML cannot hold becomes ``<ph type="x-control">U+0007</ph>`` and is restored when it is read.
    """

    name = "tmx"
    suffixes = (".tmx",)

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of a memory, one a TU: the variants whose languages fit best."""
        report.unit = "TU"
        name = report.name or str(getattr(source, "name", source))
        reader = _Reader(source_lang, target_lang, report)
        seen = False
        for event, element in elements(source, name, ("tmx",), ("header", "tu")):
            if event == "start":
                seen = True
                reader.version(element)
            elif local_name(element) == "header":
                reader.header(element)
            elif record := reader.unit(element):
                yield record
        if not seen:
            raise FormatError(f"{name} line 1: no <tmx> element.", "Check that it is a TMX file.")

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write a memory; returns the number of TUs."""
        count = 0
        with opened(destination, "wb") as stream:
            stream.write(_header(source_lang, target_lang).encode())
            for record in records:
                stream.write(_unit(record, source_lang).encode())
                count += 1
            stream.write(b"</body>\n</tmx>\n")
        return count


@dataclass(frozen=True, slots=True)
class _Variant:
    """One <tuv>: its language as written, its text and what its attributes say."""

    lang: str
    plain: str
    codes: tuple[Code, ...]
    element: _Element


class _Reader:
    """Turns TUs into records and tells the report what is odd."""

    def __init__(self, source_lang: str, target_lang: str, report: ImportReport) -> None:
        self._langs = (source_lang, target_lang)
        self._directions = ((source_lang, target_lang), (target_lang, source_lang))
        self._report = report
        self._own = False
        self._taken: set[str] = set()

    def version(self, root: _Element) -> None:
        """Look at the root element."""
        if (version := root.get("version")) != "1.4":
            self._report.note(f"TMX version {version or 'missing'}", root.sourceline)

    def header(self, header: _Element) -> None:
        """Look at the header."""
        self._own = header.get("creationtool") == _TOOL
        for name in _REQUIRED:
            if not header.get(name):
                self._report.note(f"{name} missing", header.sourceline)
        lang = header.get("srclang") or ""
        if language_rank(lang, self._langs[1]) is not None and language_rank(lang, self._langs[0]) is None:
            self._report.note(f"srclang {lang}, read the other way round")

    def unit(self, tu: _Element) -> PairRecord | None:
        """The record of a TU, or None where it has no text in one of the languages."""
        report, line = self._report, tu.sourceline
        report.units += 1
        variants = [self._variant(tuv) for tuv in tu if local_name(tuv) == "tuv"]
        report.saw(*(variant.lang for variant in variants))
        if any(not variant.lang for variant in variants):
            report.note("TU with a <tuv> without xml:lang", line)
        source, target = (self._best(variants, lang, other, line) for lang, other in self._directions)
        if any(unbalanced(variant.codes) for variant in variants):
            report.note("TU with inline tags that do not match", line)
        if source is None or not source.plain.strip():
            report.skip(f"without {self._langs[0]} text", line)
            return None
        if target is None:
            report.skip(f"without {self._langs[1]} text", line)
            return None
        if not target.plain.strip():
            report.note("TU untranslated", line)
        report.pairs += 1
        return self._record(tu, source, target)

    def _variant(self, tuv: _Element) -> _Variant:
        seg = next((child for child in tuv if local_name(child) == "seg"), None)
        plain, codes = _content(seg) if seg is not None else ("", ())
        if not self._own:
            plain, codes = without_layout(plain, codes)
        return _Variant(tuv.get(XML_LANG) or tuv.get("lang") or "", plain, codes, tuv)

    def _best(self, variants: Sequence[_Variant], lang: str, other: str, line: int | None) -> _Variant | None:
        """The variant whose language fits best and is not the other side's; the first of equals."""
        ranked = [
            (rank, variant)
            for variant in variants
            if (rank := language_rank(variant.lang, lang)) is not None
            and language_rank(variant.lang, other) != 0
        ]
        if not ranked:
            return None
        _, best = min(ranked, key=lambda item: item[0])
        if len(ranked) > 1:
            self._report.note(f"TU with several variants in {lang}, the best taken", line)
        if best.lang.lower() != lang.lower() and best.lang not in self._taken:
            if len(self._taken) < _LANGUAGES_TOLD:
                self._report.note(f"{best.lang} taken as {lang}")
            self._taken.add(best.lang)
        return best

    def _record(self, tu: _Element, source: _Variant, target: _Variant) -> PairRecord:
        found = Properties()
        if maker := tu.get(_MAKER) or target.element.get(_MAKER):
            found.extra.append((_MAKER, restore(maker)))
        notes: list[str] = []
        for parent in (tu, source.element, target.element):
            for child in parent:
                if local_name(child) == "prop":
                    found.add(restore(child.get("type") or ""), own_text(child))
                elif local_name(child) == "note":
                    notes.append(own_text(child))
        dates = {
            name: self._date(tu, target.element, told)
            for name, told in (("created", "creationdate"), ("changed", "changedate"))
        }
        for name, date in dates.items():
            exact = found.fields.get(name)
            if date is not None and (exact is None or exact.replace(microsecond=0) != date):
                found.fields[name] = date
        fields: dict[str, Any] = {
            "reviewer": restore(tu.get("changeid") or target.element.get("changeid") or ""),
        } | found.fields
        return PairRecord(
            source.plain,
            target.plain,
            *self._langs,
            source_codes=source.codes,
            target_codes=target.codes,
            note="\n".join(notes),
            extra=tuple(found.extra),
            id=restore(tu.get("tuid") or ""),
            **fields,
        )

    def _date(self, tu: _Element, tuv: _Element, name: str) -> datetime | None:
        raw = tu.get(name) or tuv.get(name)
        found = utc(raw)
        if raw and found is None:
            self._report.note(f"TU with a {name} that is no date", tu.sourceline)
        return found


def _content(seg: _Element) -> tuple[str, tuple[Code, ...]]:
    """Plain text and inline tags of a <seg>."""
    if not len(seg):
        return carried(seg.text or ""), ()
    parts: list[str] = []
    codes: list[Code] = []
    length = 0

    def say(value: str | None) -> None:
        nonlocal length
        if value:
            parts.append(value)
            length += len(value)

    def walk(element: _Element) -> None:
        say(carried(element.text or ""))
        for child in element:
            name = local_name(child)
            if not name:
                say(entity_text(child))
            elif name == "ph" and child.get("type") == _CONTROL and (character := _control(child)):
                say(character)
            elif name in ("bpt", "ept", "it", "ph", "ut"):
                codes.append(_code(child, name, length))
            else:
                codes.append(_span_code(child, name, length, "open"))
                walk(child)
                codes.append(_span_code(child, name, length, "close"))
            say(carried(child.tail or ""))

    walk(seg)
    return "".join(parts), tuple(codes)


def _control(element: _Element) -> str:
    """The character that a placeholder of this program stands for."""
    raw = own_text(element)
    try:
        return chr(int(raw.removeprefix("U+"), 16)) if raw.startswith("U+") else ""
    except (ValueError, OverflowError):
        return ""


_KINDS = {"bpt": "open", "ept": "close", "ph": "empty", "ut": "empty"}


def _code(element: _Element, name: str, position: int) -> Code:
    """A tag that stands for native code."""
    number = "i" if name in ("bpt", "ept") else "x"
    kind = _KINDS.get(name) or ("close" if element.get("pos") == "end" else "open")
    rest = tuple((str(k), restore(str(v))) for k, v in element.attrib.items() if k not in (number, "pos"))
    return Code(
        position,
        kind,
        restore(str(element.get(number) or "")),
        own_text(element),
        name if name in ("it", "ut") else "",
        rest,
    )


def _span_code(element: _Element, name: str, position: int, kind: str) -> Code:
    """One end of an element whose text is translated: <hi>, or one that TMX does not know."""
    rest = (
        tuple((str(k), restore(str(v))) for k, v in element.attrib.items() if k != "x")
        if kind == "open"
        else ()
    )
    return Code(position, kind, restore(str(element.get("x") or "")), "", name, rest)


def _header(source_lang: str, target_lang: str) -> str:
    values = (_TOOL, program_version(), "sentence", _TOOL, "en", source_lang, "plaintext")
    written = "".join(attribute(name, value) for name, value in zip(_REQUIRED, values, strict=True))
    prop = f'<prop type="targetlang">{text(target_lang)}</prop>\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n<header{written}>\n{prop}</header>\n<body>\n'


def _unit(record: PairRecord, source_lang: str) -> str:
    """A <tu> with everything that the record says."""
    head = attribute("tuid", record.id) if record.id else ""
    held = ["reviewer"]
    for name, value in (("created", record.created), ("changed", record.changed)):
        if value is not None:
            head += attribute("creationdate" if name == "created" else "changedate", tmx_date(value))
            # The attribute holds whole seconds; what is finer stands in a property too.
            held += [] if value.microsecond else [name]
    if record.reviewer:
        head += attribute("changeid", record.reviewer)
    if record.extra and record.extra[0][0] == _MAKER:
        head += attribute(*record.extra[0])
        record = replace(record, extra=record.extra[1:])
    if record.source_lang != source_lang:
        head += attribute("srclang", record.source_lang)
    props = [
        f"<prop{attribute('type', name)}>{text(value)}</prop>" for name, value in properties(record, held)
    ]
    note = [f"<note>{text(record.note)}</note>"] if record.note else []
    sides = [
        f"<tuv{attribute('xml:lang', lang)}><seg>{_seg(plain, codes)}</seg></tuv>"
        for lang, plain, codes in (
            (record.source_lang, record.source, record.source_codes),
            (record.target_lang, record.target, record.target_codes),
        )
    ]
    return f"<tu{head}>\n" + "\n".join([*note, *props, *sides]) + "\n</tu>\n"


def _seg(plain: str, codes: Sequence[Code]) -> str:
    """The content of a <seg>: text with its tags, illegal characters as placeholders."""
    marks = [(code.position, _tag(code, codes)) for code in codes]
    marks += [
        (found.start(), f'<ph type="{_CONTROL}">U+{ord(found[0]):04X}</ph>') for found in illegal(plain)
    ]
    if not marks:
        return shown(plain)
    marks.sort(key=lambda mark: mark[0])
    out: list[str] = []
    position = 0
    for at, written in marks:
        out += (shown(plain[position:at]), written)
        position = at + 1 if written.startswith(f'<ph type="{_CONTROL}"') else at
    out.append(shown(plain[position:]))
    return "".join(out)


def _tag(code: Code, codes: Sequence[Code]) -> str:
    """One inline tag; <hi> only where all of them nest, other pairs as <bpt> and <ept>, lone ones as <it>."""
    if code.element == "hi" and code.kind != "empty" and nests(codes, ("hi",)):
        if code.kind == "close":
            return "</hi>"
        return f"<hi{_rest(code, 'x')}>"
    if code.kind == "empty":
        name = "ut" if code.element == "ut" else "ph"
        return f"<{name}{_rest(code, 'x')}>{text(code.text)}</{name}>"
    if code.element == "it" or not partnered(code, codes):
        pos = "begin" if code.kind == "open" else "end"
        return f'<it pos="{pos}"{_rest(code, "x")}>{text(code.text)}</it>'
    if code.kind == "open":
        return f"<bpt{_rest(code, 'i')}>{text(code.text)}</bpt>"
    return f"<ept{attribute('i', code.id)}>{text(code.text)}</ept>"


_ALLOWED = ("x", "type", "assoc")


def _rest(code: Code, number: str) -> str:
    """The identifier and the attributes of a tag, as far as TMX has them."""
    allowed = [(k, v[:1] if k == "assoc" else v) for k, v in code.attributes if k in _ALLOWED and k != number]
    if code.kind != "empty" or code.element == "ut":
        allowed = [(k, v) for k, v in allowed if k != "assoc"]
        allowed = [(k, v) for k, v in allowed if k == "x" or code.element != "ut"]
    return (attribute(number, code.id) if code.id else "") + "".join(attribute(k, v) for k, v in allowed)
