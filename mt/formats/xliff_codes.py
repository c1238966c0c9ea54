"""The inline tags of XLIFF 1.2 and 2, read into codes and written from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mt.formats.exchange import Code
from mt.formats.xmltext import (
    GENERATED,
    attribute,
    carried,
    entity_text,
    illegal,
    local_name,
    nests,
    own_text,
    partnered,
    restore,
    shown,
    text,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

_SPANS = ("g", "mrk", "pc")
_TEXTS = ("bpt", "ept", "ph", "it")
_CONTROL = "x-control-"
NMTOKEN = re.compile(r"[\w.:·-]+", re.A)
_HEX = "mt-h-"

ATTRIBUTES = {
    "g": ("ctype", "clone", "xid", "equiv-text"),
    "x": ("ctype", "clone", "xid", "equiv-text"),
    "bx": ("ctype", "clone", "xid", "equiv-text"),
    "ex": ("xid", "equiv-text"),
    "bpt": ("ctype", "crc", "xid", "equiv-text"),
    "ept": ("crc", "xid", "equiv-text"),
    "it": ("ctype", "crc", "xid", "equiv-text"),
    "ph": ("ctype", "crc", "assoc", "xid", "equiv-text"),
    "mrk": ("mtype", "comment"),
}
"""Attributes of XLIFF 1.2's inline elements that are kept, besides identifiers."""

_EDITING = ("canCopy", "canDelete", "canReorder", "copyOf", "subType", "type")
ATTRIBUTES_2: dict[str, tuple[str, ...]] = {
    "ph": (*_EDITING, "disp", "equiv"),
    "sc": (*_EDITING, "disp", "equiv"),
    "pc": (*_EDITING, "dispStart", "dispEnd", "equivStart", "equivEnd"),
    "mrk": (),
    "sm": (),
}
"""Attributes of XLIFF 2's inline elements that are kept, besides identifiers and those of markers."""


class Walker:
    """Collects the plain text and the codes of one <source>, <target> or <mrk>.

    Args:
        data: native code by identifier, as XLIFF 2 keeps it apart; None for XLIFF 1.2.
    """

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        self._data = data
        self._parts: list[str] = []
        self._length = 0
        self._codes: list[Code] = []

    def read(self, element: _Element) -> tuple[str, tuple[Code, ...]]:
        """The content of an element."""
        if not len(element):
            return carried(element.text or ""), ()
        self._walk(element)
        return "".join(self._parts), tuple(self._codes)

    def _say(self, value: str | None) -> None:
        if value:
            self._parts.append(value)
            self._length += len(value)

    def _walk(self, element: _Element) -> None:
        self._say(carried(element.text or ""))
        for child in element:
            name = local_name(child)
            if not name:
                self._say(entity_text(child))
            elif character := _character(child, name):
                self._say(character)
            elif name in _TEXTS and self._data is None:
                self._codes.append(self._native(child, name))
            elif name in ("x", "bx", "ex", "ph", "sc", "ec", "sm", "em"):
                self._codes.append(self._point(child, name))
            else:
                self._span(child, name)
            self._say(carried(child.tail or ""))

    def _native(self, element: _Element, name: str) -> Code:
        """<bpt>, <ept>, <ph>, <it> of XLIFF 1.2."""
        kind = {"bpt": "open", "ept": "close", "ph": "empty"}.get(name)
        kind = kind or ("close" if element.get("pos") == "close" else "open")
        return self._made(element, kind, own_text(element), "it" if name == "it" else "")

    def _point(self, element: _Element, name: str) -> Code:
        """An element without content; what it stands for lies in the data, if anywhere."""
        kind = {"x": "empty", "ph": "empty", "bx": "open", "sc": "open", "sm": "open"}.get(name, "close")
        native = self._native_code(element, "dataRef")
        shown_as = "" if name in ("ph", "sc", "ec") else name
        if element.get("isolated") == "yes":
            shown_as = "it"
        return self._made(element, kind, native, shown_as)

    def _span(self, element: _Element, name: str) -> None:
        """An element whose content is translated."""
        start = self._native_code(element, "dataRefStart")
        end = self._native_code(element, "dataRefEnd")
        opening = self._made(element, "open", start, name)
        self._codes.append(opening)
        self._walk(element)
        self._codes.append(Code(self._length, "close", opening.id, end, name))

    def _native_code(self, element: _Element, name: str) -> str:
        """What an attribute of XLIFF 2 refers to."""
        return (self._data or {}).get(str(element.get(name) or ""), "")

    def _made(self, element: _Element, kind: str, native: str, name: str) -> Code:
        own = str(element.get("id") or element.get("mid") or "")
        pair = str(element.get("rid") or element.get("startRef") or own)
        skipped = ("id", "mid", "rid", "startRef", "pos", "dataRef", "dataRefStart", "dataRefEnd", "isolated")
        rest = [
            (str(k), str(v))
            for k, v in element.attrib.items()
            if k not in skipped and not str(k).startswith("{")
        ]
        if pair != own and own:
            rest.insert(0, ("id", own))
        return Code(self._length, kind, _read_id(restore(pair)), native, name, tuple(rest))


def _character(element: _Element, name: str) -> str:
    """The character that XML cannot hold and that an element stands for."""
    if name == "cp":
        raw = str(element.get("hex") or "")
    elif name == "x" and str(element.get("ctype") or "").startswith(_CONTROL):
        raw = str(element.get("ctype")).removeprefix(_CONTROL)
    else:
        return ""
    try:
        return chr(int(raw, 16))
    except (ValueError, OverflowError):
        return ""


def _read_id(value: str) -> str:
    """An identifier as a record has it: generated ones are forgotten, coded ones decoded."""
    if value.startswith(_HEX):
        try:
            return bytes.fromhex(value.removeprefix(_HEX)).decode("utf-8", "surrogatepass")
        except ValueError:
            return value
    return "" if value.startswith(GENERATED) else value


def token(value: str) -> str:
    """A value as an XML name token; coded where it is none, reversibly."""
    if value and NMTOKEN.fullmatch(value) and not value.startswith(GENERATED):
        return value
    return _HEX + value.encode("utf-8", "surrogatepass").hex()


def written(
    plain: str,
    codes: Sequence[Code],
    tags: Callable[[Sequence[Code]], Iterator[str]],
    control: Callable[[int, str], str],
) -> str:
    """Text with its tags as the content of an element.

    Args:
        plain, codes: of one side of a record.
        tags: writes the tags of all codes, one each, in order.
        control: writes a character that XML cannot hold, given its number among them and itself.
    """
    marks = [(code.position, 0, tag) for code, tag in zip(codes, tags(codes), strict=True)]
    marks += [(found.start(), 1, control(k, found[0])) for k, found in enumerate(illegal(plain))]
    marks.sort(key=lambda mark: mark[:2])
    out: list[str] = []
    position = 0
    for at, taken, tag in marks:
        out += (shown(plain[position:at]), tag)
        position = at + taken
    out.append(shown(plain[position:]))
    return "".join(out)


def tags_12(codes: Sequence[Code]) -> Iterator[str]:
    """The tags of codes in XLIFF 1.2: the element they came from where it fits, else <bpt>, <ept>, <ph>, <it>."""
    spans = nests(codes, ("g", "mrk", "hi"))
    for number, code in enumerate(codes, 1):
        name = _name_12(code, codes, spans)
        if code.kind == "close" and name in ("g", "mrk"):
            yield f"</{name}>"
            continue
        head = _identity_12(code, name, number)
        if name == "it":
            head += attribute("pos", "open" if code.kind == "open" else "close")
        head += _kept_12(code, name)
        if name in _TEXTS:
            yield f"<{name}{head}>{text(code.text)}</{name}>"
        else:
            yield f"<{name}{head}{'' if name in ('g', 'mrk') else '/'}>"


def _name_12(code: Code, codes: Sequence[Code], spans: bool) -> str:
    """The element that a code becomes in XLIFF 1.2."""
    pointed = {"open": "bx", "close": "ex", "empty": "x"}[code.kind]
    if code.element in ("g", "mrk", "hi") and code.kind != "empty":
        kept = _opening(code, codes).attributes
        marked = code.element == "mrk" and any(k == "mtype" and _fits_12("mrk", k, v) for k, v in kept)
        return ("mrk" if marked else "g") if spans else pointed
    if code.element == "x" and code.kind == "empty":
        return "x"
    if code.element in ("bx", "ex", "sm", "em") and code.kind != "empty":
        return pointed
    if code.kind == "empty":
        return "ph"
    if code.element == "it" or not partnered(code, codes):
        return "it"
    return "bpt" if code.kind == "open" else "ept"


def _opening(code: Code, codes: Sequence[Code]) -> Code:
    """The opening code of a pair, from either end."""
    if code.kind == "open":
        return code
    return next((o for o in codes if o.kind == "open" and (o.element, o.id) == (code.element, code.id)), code)


def _identity_12(code: Code, name: str, number: int) -> str:
    """Identifiers; a number where the code has none."""
    own = dict(code.attributes).get("id")
    value = code.id or f"{GENERATED}{number}"
    if name == "mrk":
        # A <mrk> with mid in a <target> must repeat one of <seg-source>, which is not written.
        return ""
    if own and name in ("bpt", "ept", "bx", "ex", "it") and code.id:
        return attribute("id", own) + attribute("rid", token(code.id))
    return attribute("id", value)


def _kept_12(code: Code, name: str) -> str:
    """The attributes that XLIFF 1.2 has for an element, as far as their values fit."""
    out = ""
    for key, value in code.attributes:
        said = _ASSOCIATIONS.get(value, value) if key == "assoc" else value
        if key in ATTRIBUTES[name] and _fits_12(name, key, said):
            out += attribute(key, said)
    return out


_ASSOCIATIONS = {"p": "preceding", "f": "following", "b": "both"}
"""How TMX writes what a placeholder belongs to, and how XLIFF 1.2 does."""
_OWN_TYPE = re.compile(r"x-\S+")
_MARKER_TYPES = frozenset(
    [
        "abbrev",
        "abbreviated-form",
        "abbreviation",
        "acronym",
        "appellation",
        "collocation",
        "date",
        "datetime",
        "equation",
        "name",
        "number",
        "phrase",
        "protected",
        "seg",
        "symbol",
        "term",
        "time",
        "variant",
    ]
)


def _fits_12(name: str, key: str, value: str) -> bool:
    if key == "mtype":
        return value in _MARKER_TYPES or bool(_OWN_TYPE.fullmatch(value))
    if key == "assoc":
        return value in _ASSOCIATIONS.values()
    if key == "clone":
        return value in ("yes", "no")
    if key == "ctype":
        placeholder = name in ("x", "ph")
        usual = ("image", "pb", "lb") if placeholder else ("bold", "italic", "underlined", "link")
        return value in usual or bool(_OWN_TYPE.fullmatch(value))
    return True


def control_12(number: int, character: str) -> str:
    """A character that XML cannot hold, in XLIFF 1.2."""
    return f'<x id="{GENERATED}c{number}" ctype="{_CONTROL}{ord(character):04X}"/>'


def control_2(_number: int, character: str) -> str:
    """A character that XML cannot hold, in XLIFF 2."""
    return f'<cp hex="{ord(character):04X}"/>'


class Tags2:
    """Writes the tags of one unit of XLIFF 2 and collects the native code that they stand for."""

    def __init__(self) -> None:
        self._data: dict[str, str] = {}

    def original_data(self) -> str:
        """<originalData> of the unit; empty where no tag stands for native code."""
        if not self._data:
            return ""
        return (
            "<originalData>"
            + "".join(f'<data id="{k}">{text(v)}</data>' for v, k in self._data.items())
            + "</originalData>"
        )

    def tags(self, codes: Sequence[Code]) -> Iterator[str]:
        """The tags of the codes of one side."""
        spans = nests(codes, _SPANS)
        opened_at = {code.id: code for code in codes if code.kind == "open"}
        for number, code in enumerate(codes, 1):
            own = token(code.id) if code.id else f"{GENERATED}{number}"
            if code.element in ("pc", "mrk") and code.kind != "empty" and spans and code.id:
                yield self._span(code, codes, own)
            elif code.kind == "empty":
                yield f"<ph{attribute('id', own)}{self._reference('dataRef', code.text)}{_kept_2(code, 'ph')}/>"
            elif code.element in ("sm", "em") and partnered(code, codes):
                yield (
                    f"<sm{attribute('id', own)}{_kept_2(code, 'sm')}/>"
                    if code.kind == "open"
                    else f"<em{attribute('startRef', own)}/>"
                )
            else:
                yield self._point(
                    code, own, code.element != "it" and partnered(code, codes) and code.id in opened_at
                )

    def _span(self, code: Code, codes: Sequence[Code], own: str) -> str:
        if code.kind == "close":
            return f"</{code.element}>"
        closing = next(
            (c for c in codes if c.kind == "close" and (c.element, c.id) == (code.element, code.id)), code
        )
        if code.element == "mrk":
            return f"<mrk{attribute('id', own)}{_kept_2(code, 'mrk')}>"
        data = self._reference("dataRefStart", code.text) + self._reference("dataRefEnd", closing.text)
        return f"<pc{attribute('id', own)}{data}{_kept_2(code, 'pc')}>"

    def _point(self, code: Code, own: str, paired: bool) -> str:
        data = self._reference("dataRef", code.text) + _kept_2(code, "sc")
        if code.kind == "open":
            return f"<sc{attribute('id', own)}{'' if paired else attribute('isolated', 'yes')}{data}/>"
        if paired:
            return f"<ec{attribute('startRef', own)}{data}/>"
        return f"<ec{attribute('id', own)}{attribute('isolated', 'yes')}{data}/>"

    def _reference(self, name: str, native: str) -> str:
        if not native:
            return ""
        return attribute(name, self._data.setdefault(native, f"d{len(self._data) + 1}"))


def _kept_2(code: Code, name: str) -> str:
    """The attributes that XLIFF 2 has for an element, as far as their values fit."""
    return "".join(attribute(key, value) for key, value in code.attributes if _fits_2(name, key, value))


_TYPES_2 = ("fmt", "ui", "quote", "link", "image", "other")
_USER_DEFINED = re.compile(r"[^\s:]+:[^\s:]+")


def _fits_2(name: str, key: str, value: str) -> bool:
    marker = name in ("mrk", "sm")
    if key in ("translate", "value", "ref"):
        return marker and (key != "translate" or value in ("yes", "no"))
    if key == "type" and marker:
        return value in ("generic", "comment", "term") or bool(_USER_DEFINED.fullmatch(value))
    if key not in ATTRIBUTES_2[name]:
        return False
    if key in ("canCopy", "canDelete"):
        return value in ("yes", "no")
    if key == "canReorder":
        return value in ("yes", "no", "firstNo")
    if key == "type":
        return value in _TYPES_2
    return key != "subType" or bool(_USER_DEFINED.fullmatch(value))
