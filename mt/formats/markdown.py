"""Markdown: CommonMark with tables, strikethrough, footnotes, front matter and mathematics.

markdown-it-py says which lines are paragraphs, headings and cells, this module where their characters stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mt.data import Block, SegmentKind
from mt.formats.markdown_inline import Line, escape, normalised, scan
from mt.formats.offsets import PlainBuilder, partners
from mt.formats.placement import render_segment

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from mt.formats import Replacement

_CHUNK = 1 << 16
"""Characters that are parsed at once; a longer block is parsed whole."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n(?:.*\r?\n)*?(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)")
_DEFINITION = re.compile(r"^[ >]{0,12}\[([^\[\]\n]+)\]:[ \t]*\S", re.M)
_CLOSING_HASHES = re.compile(r"[ \t]+#+$")
_MARKER = re.compile(r"\[\^[^\]\s]+\]:[ \t]+|\[[ xX]\][ \t]+|:{3,}.*|!!!.*|%%.*|\[TOC\].*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_ROW_PREFIX = re.compile(r"[\s>]*(?:[-+*]|\d{1,9}[.)])?\s*")
_CONTAINERS = re.compile(r"(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*")
_KINDS = {
    "heading_open": SegmentKind.HEADING,
    "list_item_open": SegmentKind.ITEM,
    "td_open": SegmentKind.CELL,
    "th_open": SegmentKind.CELL,
}


class MarkdownFormat:
    """Paragraphs, headings, items and cells; code, HTML blocks, URLs and definitions stay."""

    name = "markdown"
    suffixes = (".md", ".markdown", ".mdown", ".mkd")

    def blocks(self, text: str) -> Iterator[Block]:
        """The inline content of every leaf block; a hard line break ends a block."""
        labels = frozenset(normalised(found[1]) for found in _DEFINITION.finditer(text))
        for kind, lines in _leaves(text):
            if kind is SegmentKind.CELL:
                yield from _cells(text, lines[0], labels)
            else:
                yield from _built(text, lines, kind, labels)

    def render(self, block: Block, text: str, replacements: Sequence[Replacement]) -> str:
        """The block with targets in place, characters that would become markup escaped."""
        block = _with_labels(block, text)
        position = block.start
        out: list[str] = []
        for replacement in replacements:
            start = replacement.segment.start
            line_start = text.rfind("\n", 0, start) + 1
            line_start = max(line_start, text.rfind("\r", line_start, start) + 1)
            begins = bool(_CONTAINERS.fullmatch(text, line_start, start))
            out.append(text[position:start])
            out.append(render_segment(block, replacement, _Escape(block.kind is SegmentKind.CELL, begins)))
            position = replacement.segment.end
        out.append(text[position : block.end])
        return "".join(out)


def _with_labels(block: Block, text: str) -> Block:
    """The block with every reference whose text is its label given that label, which translating would lose."""
    named = list(block.inline)
    for opening, closing in partners(block.inline).items():
        mark = block.inline[closing]
        if mark.raw in ("]", "][]"):
            label = text[block.inline[opening].start + 1 : mark.start]
            named[closing] = mark._replace(raw=f"][{label}]")
    return block._replace(inline=tuple(named))


class _Escape:
    """Escapes the pieces of one target in order; only the first can begin a line."""

    def __init__(self, in_table: bool, begins_line: bool) -> None:
        self._in_table = in_table
        self._begins_line = begins_line

    def __call__(self, plain: str) -> str:
        begins, self._begins_line = self._begins_line, False
        return escape(plain, in_table=self._in_table, begins_line=begins)


def _built(text: str, lines: list[Line], kind: SegmentKind, labels: frozenset[str]) -> Iterator[Block]:
    """The blocks of a leaf: one, or one for each stretch between hard line breaks."""
    builder = PlainBuilder()
    for event in scan(text, lines, labels):
        if event.kind == "text":
            builder.add(text, event.start, event.end)
        elif event.kind == "space":
            builder.add_space(event.start, event.end)
        elif event.kind == "piece":
            builder.add_piece(event.plain, text[event.start : event.end], event.start)
        elif event.kind == "code":
            builder.add_code(event.plain, text[event.start : event.end], event.start)
        elif event.kind == "break" and not builder.breaks_at(text, event.end):
            builder.add_break(text[event.start : event.end], event.start)
        elif event.kind != "break":
            builder.add_inline(text[event.start : event.end], event.start, event.kind)
        else:
            if block := builder.block(kind):
                yield block
            builder = PlainBuilder()
    if block := builder.block(kind):
        yield block


def _cells(text: str, row: Line, labels: frozenset[str]) -> Iterator[Block]:
    """The cells of a table row."""
    raw = text[row.start : row.end]
    prefix = _ROW_PREFIX.match(raw)
    position = row.start + (prefix.end() if prefix else 0)
    borders = [row.start + found.start() for found in _CELL_BORDER.finditer(raw)]
    for border in [*(b for b in borders if b >= position), row.end]:
        cell = Line(position, border)
        yield from _built(text, [cell], SegmentKind.CELL, labels)
        position = border + 1


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")


@dataclass(slots=True)
class _Chunk:
    """Whole lines of the document and the raw offsets of each."""

    text: str
    lines: list[Line]


def _leaves(text: str) -> Iterator[tuple[SegmentKind, list[Line]]]:
    """The paragraphs, headings, items and table rows of a document, each with its lines of content."""
    position = found.end() if (found := _FRONT_MATTER.match(text)) else 0
    size = _CHUNK
    while position < len(text):
        chunk = _read_chunk(text, position, size)
        whole = chunk.lines[-1].next >= len(text)
        tokens: list[Token] = []
        parser = _parser()
        parser.block.parse(chunk.text, parser, {}, tokens)
        border = len(chunk.lines) if whole else _last_block(tokens)
        if not border and tokens:
            size *= 2
            continue
        yield from _content(text, chunk, tokens, border)
        position = chunk.lines[border].start if 0 < border < len(chunk.lines) else chunk.lines[-1].next
        size = _CHUNK


def _read_chunk(text: str, position: int, size: int) -> _Chunk:
    """Lines from a position on, at least `size` characters, up to a blank line or the end."""
    lines: list[Line] = []
    parts: list[str] = []
    limit = position + size
    for found in _LINE.finditer(text, position):
        start, stop = found.span()
        if start == stop:
            break
        raw = found[0].rstrip("\r\n")
        lines.append(Line(start, start + len(raw), stop))
        parts.append(raw.replace("\0", "\ufffd"))
        if stop >= limit and not raw.strip():
            break
    return _Chunk("\n".join(parts) + "\n", lines)


def _last_block(tokens: Sequence[Token]) -> int:
    """The line where the last top level block begins; what follows the chunk may belong to it."""
    return next((t.map[0] for t in reversed(tokens) if t.map and t.level == 0 and t.nesting >= 0), 0)


def _content(
    text: str, chunk: _Chunk, tokens: Sequence[Token], border: int
) -> Iterator[tuple[SegmentKind, list[Line]]]:
    """The leaves that begin before line `border` of a chunk."""
    kinds = [SegmentKind.SENTENCE]
    row = -1
    for token in tokens:
        if token.level == 0 and token.map and token.map[0] >= border:
            return
        if token.nesting == 1:
            kinds.append(_KINDS.get(token.type, kinds[-1]))
        elif token.nesting == -1:
            kinds.pop()
        elif token.type == "inline" and token.map and token.content.strip():
            first = token.map[0]
            if kinds[-1] is not SegmentKind.CELL:
                yield kinds[-1], _located(text, chunk.lines[first:], token.content)
            elif first != row:
                row = first
                yield SegmentKind.CELL, [chunk.lines[first]]


def _located(text: str, lines: Sequence[Line], content: str) -> list[Line]:
    """Where each line of a leaf's content stands, without the marks of lists and quotes before it."""
    found: list[Line] = []
    following = iter(lines)
    for shown in content.split("\n"):
        wanted = shown.strip()
        for line in following:
            raw = text[line.start : line.end].replace("\0", "\ufffd").rstrip()
            if not raw.endswith(wanted):
                raw = _CLOSING_HASHES.sub("", raw)
            if wanted in raw:
                start = line.start + raw.rfind(wanted)
                end = start + len(wanted)
                marker = _MARKER.match(text, start, end)
                found.append(Line(marker.end() if marker else start, end, line.next))
                break
    return found
