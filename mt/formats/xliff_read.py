"""Reading XLIFF: 1.0 to 1.2 and 2.0 and 2.1, whatever the file's direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mt.errors import FormatError
from mt.formats.exchange import Code, ImportReport, PairRecord, Source
from mt.formats.properties import Properties
from mt.formats.xliff_codes import Walker
from mt.formats.xmltext import (
    GENERATED,
    XML_LANG,
    elements,
    language_rank,
    local_name,
    own_text,
    restore,
    unbalanced,
    without_layout,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

CONTEXT = "x-mt-"
"""Prefix of the context types by which XLIFF 1.2 carries properties of a record."""
FOREIGN_CONTEXT = "context:"
"""Prefix of a property that was another program's context."""
CATEGORY = "mt-workbench"
"""Category of the metadata by which XLIFF 2 carries properties of a record."""
FOREIGN_METADATA = "metadata:"

STATUS_12 = {
    "final": "accepted",
    "signed-off": "accepted",
    "translated": "open",
    "new": "open",
    "needs-adaptation": "open",
    "needs-l10n": "open",
    "needs-review-adaptation": "open",
    "needs-review-l10n": "open",
    "needs-review-translation": "open",
    "needs-translation": "open",
}
"""State of XLIFF 1.2 to status."""
STATUS_2 = {"final": "accepted", "reviewed": "accepted", "translated": "open", "initial": "open"}
"""State of XLIFF 2 to status."""


VENDOR_STATES = {
    "ApprovedTranslation": "accepted",
    "ApprovedSignOff": "accepted",
    "RejectedTranslation": "rejected",
    "RejectedSignOff": "rejected",
    "Proofread": "accepted",
    "ReviewerConfirmed": "accepted",
    "Rejected": "rejected",
}
"""How Trados Studio (``sdl:seg conf``) and memoQ (``mq:status``) confirm a segment, to status; others are open."""


def state_12(status: str, target: str) -> str:
    """The state of XLIFF 1.2 that says most about a pair's status."""
    if status in ("accepted", "edited"):
        return "signed-off"
    untranslated = status == "rejected" or (status == "open" and not target)
    return "needs-translation" if untranslated else "needs-review-translation"


def state_2(status: str, target: str) -> str:
    """The state of XLIFF 2 that says most about a pair's status."""
    if status in ("accepted", "edited"):
        return "final"
    return "initial" if status == "rejected" or (status == "open" and not target) else "translated"


def native_state(record: PairRecord, statuses: Mapping[str, str]) -> str:
    """The state that the pair had in the file it came from, while it still says the same; otherwise empty."""
    name, value = record.extra[-1] if record.extra else ("", "")
    return value if name == "state" and statuses.get(value) == record.status else ""


def without_state(record: PairRecord, statuses: Mapping[str, str]) -> PairRecord:
    """The record without the property that ``native_state`` puts in its own place."""
    return replace(record, extra=record.extra[:-1]) if native_state(record, statuses) else record


Content = tuple[str, tuple[Code, ...]]


def read_xliff(
    source: Source, source_lang: str, target_lang: str, report: ImportReport
) -> Iterator[PairRecord]:
    """The pairs of an XLIFF file, one for each segment.

    Raises:
        FormatError: not well-formed, or no XLIFF.
    """
    report.unit = "unit"
    name = report.name or str(getattr(source, "name", source))
    reader = _Reader(source_lang, target_lang, report)
    seen = False
    for event, element in elements(source, name, ("xliff", "file"), ("trans-unit", "unit")):
        tag = local_name(element)
        if event == "start":
            seen = seen or tag == "xliff"
            reader.begin(element, tag)
        elif tag == "trans-unit":
            yield from reader.trans_unit(element)
        else:
            yield from reader.unit(element)
    if not seen:
        raise FormatError(f"{name} line 1: no <xliff> element.", "Check that it is an XLIFF file.")


class _Reader:
    """Turns units into records and tells the report what is odd."""

    def __init__(self, source_lang: str, target_lang: str, report: ImportReport) -> None:
        self._langs = (source_lang, target_lang)
        self._report = report
        self._reversed: bool | None = False
        self._document = ""
        self._preserved = False

    def begin(self, element: _Element, tag: str) -> None:
        """Look at <xliff> or <file>: languages, name, white space."""
        if tag == "file":
            self._document = restore(str(element.get("original") or ""))
            self._preserved = _preserves(element, self._preserved)
        source = element.get("source-language") if tag == "file" else element.get("srcLang")
        target = element.get("target-language") if tag == "file" else element.get("trgLang")
        if source or target:
            self._reversed = self._direction(str(source or ""), str(target or ""))

    def _direction(self, source: str, target: str) -> bool | None:
        """Whether the file goes the other way; None where its languages are other ones."""
        self._report.saw(source, target)
        wanted_source, wanted_target = self._langs
        for found, wanted in ((source, wanted_source), (target, wanted_target)):
            if found.lower() != wanted.lower() and language_rank(found, wanted) is not None:
                self._report.note(f"{found} taken as {wanted}")
        if not target:
            self._report.note("target language missing")
        fits = language_rank(source, wanted_source) is not None
        if fits and (not target or language_rank(target, wanted_target) is not None):
            return False
        turned = language_rank(source, wanted_target) is not None
        if turned and (not target or language_rank(target, wanted_source) is not None):
            self._report.note(f"{source}-{target}, read the other way round")
            return True
        self._report.note(f"languages {source}-{target} are not {wanted_source}-{wanted_target}")
        return None

    def trans_unit(self, unit: _Element) -> Iterator[PairRecord]:
        """The records of a unit of XLIFF 1.2: one, or one for each segment that it is cut into."""
        children = {local_name(child): child for child in reversed(unit) if local_name(child)}
        found, notes = _contexts(unit)
        for name in ("translate", "restype", "datatype"):
            if value := unit.get(name):
                found.extra.append((name, restore(str(value))))
        target = children.get("target")
        state = str(target.get("state") or "") if target is not None else ""
        approved = state
        if unit.get("approved") == "yes" and STATUS_12.get(state) != "accepted":
            # Some programs approve a unit and leave the target's state as it was.
            approved = "signed-off" if state else "final"
        keeps = _preserves(unit, self._preserved)
        identifier = _identifier(unit, found, "resname")
        states = _vendor_states(unit)
        for suffix, sides in _segments_12(children, keeps):
            self._report.units += 1
            said = sides[1][0] if sides[1] else ""
            fields = _settled(found, approved, said, state_12, STATUS_12)
            if not approved and (vendor := states.get(suffix.removeprefix("#")) or states.get("")):
                fields["status"] = VENDOR_STATES.get(vendor, "open")
                fields["extra"] = (("confirmation", vendor),)
            yield from self._record(unit, sides, fields, notes, found, identifier + suffix)

    def unit(self, unit: _Element) -> Iterator[PairRecord]:
        """The records of a unit of XLIFF 2: one for each <segment>."""
        data: dict[str, str] = {}
        found, notes = Properties(), []
        segments: list[_Element] = []
        for child in unit:
            tag = local_name(child)
            if tag == "originalData":
                data = {str(d.get("id")): own_text(d) for d in child if local_name(d) == "data"}
            elif tag == "notes":
                notes += [own_text(note) for note in child if local_name(note) == "note"]
            elif tag == "metadata":
                _metadata(child, found)
            elif tag == "segment":
                segments.append(child)
        identifier = _identifier(unit, found, "name")
        keeps = _preserves(unit, self._preserved)
        for number, segment in enumerate(segments, 1):
            self._report.units += 1
            sides = [_side(segment, name, keeps, data) for name in ("source", "target")]
            state = str(segment.get("state") or "")
            suffix = "" if len(segments) == 1 else f"#{segment.get('id') or number}"
            said = sides[1][0] if sides[1] else ""
            fields = _settled(found, state, said, state_2, STATUS_2)
            yield from self._record(unit, (sides[0], sides[1]), fields, notes, found, identifier + suffix)

    def _record(
        self,
        unit: _Element,
        sides: tuple[Content | None, Content | None],
        fields: dict[str, Any],
        notes: Sequence[str],
        found: Properties,
        identifier: str,
    ) -> Iterator[PairRecord]:
        report, line = self._report, unit.sourceline
        source, target = sides
        if self._reversed is None:
            report.skip("in other languages", line)
            return
        if source is None or (self._reversed and not (target and target[0].strip())):
            report.skip(f"without {self._langs[0]} text", line)
            return
        if target is None or not target[0].strip():
            report.note("unit untranslated", line)
        state = dict(fields.get("extra", ())).get("state", "")
        if state.startswith("needs-") and target and target[0].strip():
            report.note(f"unit {state}", line)
        if unbalanced(source[1]) or (target and unbalanced(target[1])):
            report.note("unit with inline tags that do not match", line)
        report.pairs += 1
        first, second = (source, target or ("", ()))
        if self._reversed:
            first, second = second, first
        record = PairRecord(
            first[0],
            second[0],
            *self._langs,
            source_codes=first[1],
            target_codes=second[1],
            note="\n".join(notes),
            extra=(*found.extra, *fields.pop("extra", ())),
            id=identifier,
        )
        yield replace(record, **({"document": self._document} | fields))


def _preserves(element: _Element, inherited: bool) -> bool:
    """Whether white space is text: ``xml:space``, from the element or what holds it."""
    value = element.get(XML_LANG.replace("lang", "space"))
    return inherited if value is None else value == "preserve"


def _side(parent: _Element, name: str, keeps: bool, data: dict[str, str] | None) -> Content | None:
    """<source> or <target> of a unit or segment."""
    element = next((child for child in parent if local_name(child) == name), None)
    return _content(element, keeps, data) if element is not None else None


def _content(element: _Element, keeps: bool, data: dict[str, str] | None = None) -> Content:
    plain, codes = Walker(data).read(element)
    return (plain, codes) if keeps else without_layout(plain, codes)


def _segments_12(
    children: dict[str, _Element], keeps: bool
) -> Iterator[tuple[str, tuple[Content | None, Content | None]]]:
    """The sides of each segment of a trans-unit, with a suffix for its identifier."""
    source, target = children.get("source"), children.get("target")
    marks = _marked(children.get("seg-source"))
    if not marks:
        yield (
            "",
            (
                _content(source, keeps) if source is not None else None,
                _content(target, keeps) if target is not None else None,
            ),
        )
        return
    targets = _marked(target)
    for mid, mark in marks.items():
        other = targets.get(mid)
        yield f"#{mid}", (_content(mark, keeps), _content(other, keeps) if other is not None else None)


def _marked(element: _Element | None) -> dict[str, _Element]:
    """The segments that a <seg-source> or <target> is cut into, by ``mid``."""
    if element is None:
        return {}
    return {
        str(mark.get("mid") or ""): mark
        for mark in element.iter()
        if local_name(mark) == "mrk" and mark.get("mtype") == "seg"
    }


def _vendor_states(unit: _Element) -> dict[str, str]:
    """How another program confirms the segments of a trans-unit, by ``mid``; empty for the unit as a whole."""
    found = {}
    for key, value in unit.attrib.items():
        if "}" in str(key) and str(key).rpartition("}")[2] == "status":
            found[""] = str(value)
    for child in unit:
        if local_name(child) == "seg-defs":
            found |= {str(seg.get("id") or ""): str(seg.get("conf") or "") for seg in child}
    return {mid: state for mid, state in found.items() if state}


def _contexts(unit: _Element) -> tuple[Properties, list[str]]:
    """Properties and notes of a trans-unit; another program's contexts are kept."""
    found, notes = Properties(), []
    for child in unit:
        tag = local_name(child)
        if tag == "note":
            notes.append(own_text(child))
        elif tag == "context-group":
            for context in child:
                kind, value = str(context.get("context-type") or ""), own_text(context)
                if kind.startswith(CONTEXT):
                    found.add(unquote(kind.removeprefix(CONTEXT)), value)
                elif local_name(context):
                    found.extra.append((FOREIGN_CONTEXT + kind, value))
    return found, notes


def _metadata(element: _Element, found: Properties) -> None:
    """Properties of a unit of XLIFF 2; another program's metadata is kept."""
    for group in element:
        own = group.get("category") == CATEGORY
        for meta in group:
            if local_name(meta) != "meta":
                continue
            kind, value = restore(str(meta.get("type") or "")), own_text(meta)
            if own:
                found.add(kind, value)
            else:
                found.extra.append((f"{FOREIGN_METADATA}{group.get('category') or ''}:{kind}", value))


def _identifier(unit: _Element, found: Properties, name: str) -> str:
    """The identifier of a unit; a generated one gives way to the name it stands for."""
    own, named = (restore(str(unit.get(key) or "")) for key in ("id", name))
    if own.startswith(GENERATED):
        return named
    if named:
        found.extra.append((name, named))
    return own


def _settled(
    found: Properties,
    state: str,
    target: str,
    stated: Callable[[str, str], str],
    statuses: Mapping[str, str],
) -> dict[str, Any]:
    """Fields of a record: what this program wrote about the status counts only while the state agrees."""
    fields = dict(found.fields)
    if state and stated(fields.get("status", "open"), target) != state:
        fields["status"] = statuses.get(state, "open")
        if stated(fields["status"], target) != state:
            fields["extra"] = (("state", state),)
    return fields
