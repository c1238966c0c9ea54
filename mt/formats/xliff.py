"""XLIFF 1.2, strict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from mt.formats.exchange import ImportReport, PairRecord, Source
from mt.formats.properties import properties
from mt.formats.xliff_codes import control_12, tags_12, written
from mt.formats.xliff_read import (
    CONTEXT,
    FOREIGN_CONTEXT,
    STATUS_12,
    native_state,
    read_xliff,
    state_12,
    without_state,
)
from mt.formats.xmltext import GENERATED, attribute, opened, text

NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
REMEMBERED = 50_000
"""Identifiers of one file that are kept to see that none is used twice; later units get numbers."""

_QUALIFIER = {"engine": "leveraged-mt", "memory": "leveraged-tm"}
_NATIVE_CONTEXT = re.compile(
    r"(?:database|element|elementtitle|linenumber|numparams|paramnotes|record|recordtitle|sourcefile|x-\S+)"
)


class XliffFormat:
    """XLIFF 1.2 for translation tools; reading takes 2.0 and 2.1 too.

    The status is the target's ``state``, everything else that a record says a context of type ``x-mt-...``.
    """

    name = "xliff"
    suffixes = (".xlf", ".xliff")

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of an XLIFF file of any version."""
        return read_xliff(source, source_lang, target_lang, report)

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write a file with one <file> for each document; returns the number of units."""
        count = 0
        current: tuple[str, str, str] | None = None
        identifiers = Identifiers()
        with opened(destination, "wb") as stream:
            stream.write(
                f'<?xml version="1.0" encoding="UTF-8"?>\n<xliff xmlns="{NAMESPACE}" version="1.2">\n'.encode()
            )
            for record in records:
                place = (record.document, record.source_lang, record.target_lang)
                if place != current:
                    stream.write((_FILE_END if current else "").encode() + _file(*place).encode())
                    current, identifiers = place, Identifiers()
                count += 1
                stream.write(_unit(record, *identifiers.of(record.id, count)).encode())
            if current is None:
                stream.write(_file("", source_lang, target_lang).encode())
            stream.write(f"{_FILE_END}</xliff>\n".encode())
        return count


class Identifiers:
    """Identifiers of the units of one file: the record's own where it is free, otherwise a number."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, wanted: str, number: int) -> tuple[str, str]:
        """The identifier, and the name that keeps the one that was wanted."""
        free = wanted not in self._seen and len(self._seen) < REMEMBERED
        if wanted and free and not wanted.startswith(GENERATED):
            self._seen.add(wanted)
            return wanted, ""
        return f"{GENERATED}{number}", wanted


_FILE_END = "</body>\n</file>\n"


def _file(document: str, source_lang: str, target_lang: str) -> str:
    head = attribute("original", document) + attribute("source-language", source_lang)
    head += attribute("target-language", target_lang)
    return f'<file{head} datatype="plaintext">\n<body>\n'


def _unit(record: PairRecord, identifier: str, name: str) -> str:
    """A <trans-unit> with everything that the record says."""
    head = attribute("id", identifier) + (attribute("resname", name) if name else "")
    if record.status in ("accepted", "edited"):
        head += attribute("approved", "yes")
    source = written(record.source, record.source_codes, tags_12, control_12)
    target = written(record.target, record.target_codes, tags_12, control_12)
    note = f"<note>{text(record.note)}</note>\n" if record.note else ""
    return (
        f'<trans-unit{head} xml:space="preserve">\n<source>{source}</source>\n'
        f"<target{_state(record)}>{target}</target>\n{_contexts(record)}{note}</trans-unit>\n"
    )


def _state(record: PairRecord) -> str:
    """State of the target, and where it comes from."""
    state = attribute("state", native_state(record, STATUS_12) or state_12(record.status, record.target))
    if record.status == "rejected":
        return state + attribute("state-qualifier", "rejected-inaccurate")
    if record.status == "open" and record.target and (qualifier := _QUALIFIER.get(record.origin)):
        return state + attribute("state-qualifier", qualifier)
    return state


def _contexts(record: PairRecord) -> str:
    """A <context-group> with the properties of the record; empty where there are none."""
    out = ""
    for name, value in properties(without_state(record, STATUS_12), ("document",)):
        native = name.removeprefix(FOREIGN_CONTEXT)
        foreign = native != name and _NATIVE_CONTEXT.fullmatch(native) and not native.startswith(CONTEXT)
        kind = native if foreign else CONTEXT + quote(name, safe=":")
        out += f"<context{attribute('context-type', kind)}>{text(value)}</context>\n"
    return f'<context-group purpose="information">\n{out}</context-group>\n' if out else ""
