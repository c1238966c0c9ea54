"""Files and documents: bytes to text, text to translatable blocks and segments, and everything back again.

    decoded = decode(raw)
    format_ = get(detect(path, decoded.text[:4096]))
    for index, block in enumerate(format_.blocks(decoded.text)):
        found = segments(block, decoded.text, spans(block.plain), index)
        rendered = format_.render(block, decoded.text, [Replacement(s, translate(s.plain)) for s in found])

What no replacement touches comes back byte for byte. Formats of sentence pairs are in ``mt.formats.exchange``,
documents side by side in ``mt.formats.bilingual``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol

from mt.data import Block, Segment
from mt.errors import unknown_name
from mt.formats.encodings import Decoded, Encoded, decode, encode, encode_stream
from mt.formats.offsets import segments

__all__ = [
    "FORMATS",
    "Decoded",
    "Encoded",
    "Format",
    "Replacement",
    "decode",
    "detect",
    "encode",
    "encode_stream",
    "get",
    "relabel",
    "segments",
    "splice",
    "suffixes",
]


class Replacement(NamedTuple):
    """What stands in the rendered document instead of a segment.

    Attributes:
        segment: of the source document.
        target: plain text, as an engine or a reviewer wrote it.
        links: pairs ``(i, j)`` of white-space token indices in ``segment.plain`` and ``target``; without them
            markup is placed in proportion.
    """

    segment: Segment
    target: str
    links: Sequence[tuple[int, int]] = ()


class Format(Protocol):
    """What knows which parts of a document are text to translate, and how to write a translation there."""

    name: str
    suffixes: tuple[str, ...]

    def blocks(self, text: str) -> Iterator[Block]:
        """The translatable stretches in document order, not overlapping, made one at a time."""
        ...

    def render(self, block: Block, text: str, replacements: Sequence[Replacement]) -> str:
        """What replaces ``text[block.start:block.end]``.

        A segment without a replacement, or whose target equals its plain text, comes back as it was written;
        so does everything between the segments. Every tag of a replaced segment stays, once, properly nested.

        Args:
            block: of this text.
            text: the whole document.
            replacements: for segments of this block, in order.
        """
        ...


FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "text": ("mt.formats.text:TextFormat", (".txt", ".text")),
    "markdown": ("mt.formats.markdown:MarkdownFormat", (".md", ".markdown", ".mdown", ".mkd")),
    "html": ("mt.formats.html:HtmlFormat", (".html", ".htm", ".xhtml")),
}
"""Name to the class that does the work and the endings of its files."""


def get(name: str) -> Format:
    """The document format of that name.

    Raises:
        UsageError: there is no format of that name.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS)
    module, _, cls = FORMATS[name][0].partition(":")
    format_: Callable[[], Format] = getattr(import_module(module), cls)
    return format_()


def suffixes() -> tuple[str, ...]:
    """The endings of all documents that can be translated."""
    return tuple(suffix for _, endings in FORMATS.values() for suffix in endings)


_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|article|div|p|h1)\b", re.I | re.S
)
_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|~~~ *\w*$|\|? ?:?-{3,}:? ?\||!?\[[^\]\n]+\]\([^)\s]+\)|---\n(?:\w+:.*\n)+---$)", re.M
)


def detect(path: Path | None, head_text: str) -> str:
    """The name of a document's format, by its ending, otherwise by what it begins with.

    Args:
        path: of the file, or None for a stream.
        head_text: the first few thousand characters.
    """
    suffix = path.suffix.lower() if path else ""
    for name, (_, endings) in FORMATS.items():
        if suffix in endings:
            return name
    if _HTML.match(head_text):
        return "html"
    return "markdown" if _MARKDOWN.search(head_text.replace("\r\n", "\n")) else "text"


def splice(text: str, rendered: Iterable[tuple[Block, str]]) -> Iterator[str]:
    """A document with blocks replaced, in pieces; everything between the blocks is unchanged.

    Args:
        text: the source document.
        rendered: blocks in document order, each with what stands in its place.
    """
    position = 0
    for block, replacement in rendered:
        if block.start > position:
            yield text[position : block.start]
        if replacement:
            yield replacement
        position = block.end
    if position < len(text):
        yield text[position:]


def relabel(name: str, pieces: Iterable[str], source_lang: str, target_lang: str) -> Iterator[str]:
    """A translated document that says of itself which language it is in, where its format has a place for that.

    Args:
        name: of the document's format.
        pieces: of the document, as ``splice`` gives them.
        source_lang, target_lang: BCP 47.
    """
    if name != "html":
        return iter(pieces)
    from mt.formats.html import relabelled

    return relabelled(pieces, source_lang, target_lang)
