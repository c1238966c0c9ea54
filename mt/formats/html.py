"""HTML: the text between tags, every byte of the tags as it was; broken markup is read much as browsers read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING

from mt.data import Block, SegmentKind
from mt.formats.offsets import PlainBuilder
from mt.formats.placement import render_block

if TYPE_CHECKING:
    from mt.formats import Replacement


def _names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_INLINE = _names(
    "a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd label mark q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr"
)
_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_CODE = _names("code kbd samp var tt")
_CARRIED = _names("script style template noscript svg math object audio video canvas button select")
_OPAQUE = _names("pre textarea iframe xmp noembed noframes")
_RAW_TEXT = _names("script style textarea iframe xmp noembed noframes")
_KINDS = {
    **dict.fromkeys(("title", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "legend"), SegmentKind.HEADING),
    **dict.fromkeys(("li", "dt", "dd", "option"), SegmentKind.ITEM),
    **dict.fromkeys(("td", "th"), SegmentKind.CELL),
    **dict.fromkeys(("ul", "ol", "dl", "table", "body"), SegmentKind.SENTENCE),
}
_CODE_LIMIT = 20_000
"""Characters within which inline code must be closed to be read as code."""

_TOKEN = re.compile(
    r"<!--(?:>|->|.*?(?:--!?>|\Z))"
    r"|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<\?.*?\?>"
    r"|<[!?/][^a-zA-Z>][^>]*>|<![^>]*>"
    r"""|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*)"""
    r"""(?P<attributes>(?:=\s*"[^"]{0,20000}"|=\s*'[^']{0,20000}'|[^>])*+)>""",
    re.S,
)
_ENTITY = re.compile(r"&(?:#\d{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
_ANY_TAG = re.compile(r"<[^>]*>")
_UNTRANSLATED = re.compile(
    r"""(?:^|\s)(?:translate\s*=\s*["']?no\b"""
    r"""|class\s*=\s*(?:"[^"]*\bnotranslate\b|'[^']*\bnotranslate\b|notranslate\b))""",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Item:
    """A stretch of the document: text, something carried (a comment), a tag, or a whole element.

    Attributes:
        kind: ``text``, ``carried``, ``open``, ``close``, ``single``, ``code`` or ``border``.
        name: of the tag, in lower case.
        start, end: offsets in the document.
    """

    kind: str
    name: str
    start: int
    end: int


class HtmlFormat:
    """Headings, paragraphs, items and cells; scripts, styles, preformatted text and attributes stay.

    ``translate="no"`` and ``class="notranslate"`` are respected, a line break ends a block, the text of
    ``<code>`` and its like is read but never changed.
    """

    name = "html"
    suffixes = (".html", ".htm", ".xhtml")

    def blocks(self, text: str) -> Iterator[Block]:
        """The text between two block tags, with the inline tags in it."""
        builder, path = PlainBuilder(), _Path()
        for item in _items(text):
            raw = text[item.start : item.end] if item.kind != "text" else ""
            if item.kind == "text":
                _add_text(builder, text, item.start, item.end)
            elif item.kind == "code":
                builder.add_code(unescape(_ANY_TAG.sub("", raw)), raw, item.start)
            elif item.kind == "carried" or (item.name in _INLINE and item.kind == "single"):
                builder.add_inline(raw, item.start, "empty")
            elif item.name == "br" and not builder.breaks_at(text, item.end):
                builder.add_break(raw, item.start)
            elif item.name in _INLINE and item.kind in ("open", "close"):
                builder.add_inline(raw, item.start, item.kind)
            else:
                if block := builder.block(path.kind):
                    yield block
                builder = PlainBuilder()
                path.move(item)
        if block := builder.block(path.kind):
            yield block

    def render(self, block: Block, text: str, replacements: Sequence[Replacement]) -> str:
        """The block with targets in place, ``&``, ``<`` and ``>`` escaped."""
        return render_block(block, text, replacements, _escape)


_ROOT = re.compile(r"<html\b[^>]*>", re.I)
_LANG = re.compile(r"""(\s(?:xml:)?lang\s*=\s*["']?)([a-zA-Z]{2,3})(?:[-_][\w-]+)?(?=["'\s>/])""", re.I)
_HEAD_LIMIT = 1 << 14


def relabelled(pieces: Iterable[str], source_lang: str, target_lang: str) -> Iterator[str]:
    """A translated page whose ``<html lang>`` names the language that it is in now.

    Args:
        pieces: of the page, in order.
        source_lang, target_lang: BCP 47; only a tag that named the source language is changed.
    """
    rest = iter(pieces)
    head = ""
    for piece in rest:
        head += piece
        if _ROOT.search(head) or len(head) > _HEAD_LIMIT:
            break

    def renamed(found: re.Match[str]) -> str:
        same = found[2].lower() == source_lang.partition("-")[0].lower()
        return found[1] + target_lang if same else found[0]

    yield _ROOT.sub(lambda root: _LANG.sub(renamed, root[0]), head, count=1)
    yield from rest


def _escape(plain: str) -> str:
    return escape(plain, quote=False)


def _add_text(builder: PlainBuilder, text: str, start: int, end: int) -> None:
    """Add text with its entities decoded, each as one piece."""
    position = start
    for found in _ENTITY.finditer(text, start, end):
        if (decoded := unescape(found[0])) != found[0]:
            builder.add(text, position, found.start())
            builder.add_piece(decoded, found[0], found.start())
            position = found.end()
    builder.add(text, position, end)


class _Path:
    """The open elements that say what a block is; forgiving about tags that are never closed."""

    def __init__(self) -> None:
        self._names: list[str] = []

    @property
    def kind(self) -> SegmentKind:
        """What a block at this place is."""
        return _KINDS[self._names[-1]] if self._names else SegmentKind.SENTENCE

    def move(self, item: _Item) -> None:
        """Follow a block tag."""
        if item.name not in _KINDS:
            return
        if item.kind == "open":
            if self._names[-1:] == [item.name] and item.name not in ("ul", "ol", "dl", "table"):
                self._names.pop()
            self._names = [*self._names[-100:], item.name]
        elif item.kind == "close" and item.name in self._names:
            while self._names.pop() != item.name:
                pass


def _items(text: str) -> Iterator[_Item]:
    """The document cut into stretches, without a gap."""
    position = 0
    last_end = text.rfind(">")
    while position < len(text):
        at = text.find("<", position)
        while 0 <= at <= last_end and not (found := _TOKEN.match(text, at)):
            at = text.find("<", at + 1)
        if not 0 <= at <= last_end or not found:
            at, found = len(text), None
        if at > position:
            yield _Item("text", "", position, at)
        if not found:
            return
        item = _item(text, found)
        yield item
        position = item.end


def _item(text: str, found: re.Match[str]) -> _Item:
    """What a token begins: itself, or a whole element whose inside is not to be translated."""
    start, end = found.span()
    if found["name"] is None:
        return _Item("carried", "", start, end)
    name = found["name"].lower()
    if found["close"]:
        return _Item("close", name, start, end)
    if name in _VOID or found["attributes"].rstrip().endswith("/"):
        return _Item("single", name, start, end)
    untranslated = bool(_UNTRANSLATED.search(found["attributes"]))
    if untranslated or name in _OPAQUE or name in _CARRIED:
        stop = _element_end(text, name, end)
        if name in _CARRIED:
            return _Item("carried", name, start, stop)
        return _Item("code" if name in _INLINE else "border", name, start, stop)
    if name in _CODE and (stop := _element_end(text, name, end, end + _CODE_LIMIT)) > end:
        return _Item("code", name, start, stop)
    return _Item("open", name, start, end)


def _element_end(text: str, name: str, position: int, limit: int | None = None) -> int:
    """Where the element ends whose tag ends at `position`.

    An element that is never closed ends with its tag, but scripts and other raw text reach to the end of the
    document, and a paragraph ends where the next block begins.
    """
    stop = len(text) if limit is None else limit
    if name in _RAW_TEXT:
        closing = re.compile(rf"</{name}[^>]*>", re.I).search(text, position)
        return closing.end() if closing else len(text)
    depth = 1
    for found in _TOKEN.finditer(text, position, stop):
        other = (found["name"] or "").lower()
        if other == name:
            depth += -1 if found["close"] else 0 if found["attributes"].endswith("/") else 1
            if not depth:
                return found.end()
        if name == "p" and other and other not in _INLINE:
            return found.start()
    return position
