"""XLIFF 2.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mt.errors import FormatError
from mt.formats.exchange import ImportReport, PairRecord, Source
from mt.formats.properties import properties
from mt.formats.xliff import Identifiers
from mt.formats.xliff_codes import NMTOKEN, Tags2, control_2, written
from mt.formats.xliff_read import CATEGORY, STATUS_2, native_state, read_xliff, state_2, without_state
from mt.formats.xmltext import attribute, opened, text

NAMESPACE = "urn:oasis:names:tc:xliff:document:2.0"
_METADATA = "urn:oasis:names:tc:xliff:metadata:2.0"


class Xliff2Format:
    """XLIFF 2.1, whose core is that of 2.0; reading takes every version.

    The status is the segment's ``state`` with a ``subState``, everything else that a record says is metadata.
    """

    name = "xliff2"
    suffixes = (".xlf2",)

    def read(
        self, source: Source, source_lang: str, target_lang: str, report: ImportReport
    ) -> Iterator[PairRecord]:
        """The pairs of an XLIFF file of any version."""
        return read_xliff(source, source_lang, target_lang, report)

    def write(
        self, records: Iterable[PairRecord], destination: Source, source_lang: str, target_lang: str
    ) -> int:
        """Write a file with one <file> for each document; returns the number of units.

        Raises:
            FormatError: a record is of other languages; XLIFF 2 has room for one pair of languages.
        """
        count = files = 0
        current: str | None = None
        identifiers = Identifiers()
        with opened(destination, "wb") as stream:
            head = attribute("srcLang", source_lang) + attribute("trgLang", target_lang)
            stream.write(
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<xliff xmlns="{NAMESPACE}" xmlns:mda="{_METADATA}" version="2.1"{head}>\n'.encode()
            )
            for record in records:
                _require_languages(record, source_lang, target_lang)
                if record.document != current:
                    files += 1
                    stream.write(
                        ("</file>\n" if files > 1 else "").encode() + _file(record.document, files).encode()
                    )
                    current, identifiers = record.document, Identifiers()
                count += 1
                wanted = record.id if NMTOKEN.fullmatch(record.id) else ""
                identifier, _ = identifiers.of(wanted, count)
                stream.write(_unit(record, identifier).encode())
            if not files:
                raise FormatError(
                    "There is no pair to write.", "XLIFF 2 has no empty files; export some pairs."
                )
            stream.write(b"</file>\n</xliff>\n")
        return count


def _require_languages(record: PairRecord, source_lang: str, target_lang: str) -> None:
    if (record.source_lang, record.target_lang) != (source_lang, target_lang):
        raise FormatError(
            f"A pair is {record.source_lang}-{record.target_lang} in a file of {source_lang}-{target_lang}.",
            "XLIFF 2 holds one pair of languages; export them separately, or use xliff (1.2) or tmx.",
        )


def _file(document: str, number: int) -> str:
    return f'<file id="f{number}"{attribute("original", document) if document else ""}>\n'


def _unit(record: PairRecord, identifier: str) -> str:
    """A <unit> with one segment."""
    tags = Tags2()
    source = written(record.source, record.source_codes, tags.tags, control_2)
    target = written(record.target, record.target_codes, tags.tags, control_2)
    name = attribute("name", record.id) if record.id and record.id != identifier else ""
    note = f"<notes><note>{text(record.note)}</note></notes>\n" if record.note else ""
    state = native_state(record, STATUS_2) or state_2(record.status, record.target)
    sub = attribute("subState", f"mt:{record.status}") if record.status not in ("open", "accepted") else ""
    return (
        f'<unit{attribute("id", identifier)}{name} xml:space="preserve">\n{_metadata(record)}{note}'
        f"{tags.original_data()}<segment{attribute('state', state)}{sub}>\n"
        f"<source>{source}</source>\n<target>{target}</target>\n</segment>\n</unit>\n"
    )


def _metadata(record: PairRecord) -> str:
    """The properties of a record in the metadata module; empty where there are none."""
    named = list(properties(without_state(record, STATUS_2), ("document",)))
    if not named:
        return ""
    out = "".join(f"<mda:meta{attribute('type', name)}>{text(value)}</mda:meta>\n" for name, value in named)
    return f'<mda:metadata><mda:metaGroup category="{CATEGORY}">\n{out}</mda:metaGroup></mda:metadata>\n'
