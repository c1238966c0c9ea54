"""Plain text: paragraphs, hard-wrapped or one on a line, headings, lists, quoted mail and simple columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from mt.data import Block, SegmentKind
from mt.formats.offsets import PlainBuilder
from mt.formats.placement import render_block

if TYPE_CHECKING:
    from mt.formats import Replacement

_LINE = re.compile(r"([^\r\n\x0b\x0c\x85\u2028\u2029]*)(?:\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]|\Z)")
_INDENT = re.compile(r"[^\S\r\n]*(?:>[^\S\r\n]?)*[^\S\r\n]*")
_BULLET = re.compile(r"(?:[-*•–—·▪▫◦‣○●■□►✓➢+]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))[^\S\r\n]+(?=\S)")
_COLUMNS = re.compile(r"[^\S\r\n]*\t[^\S\r\n]*| {3,}")
_CLOSED = re.compile(r"""[.!?…:;]["'”’»“)\]]*$""")
_WORD = re.compile(r"\S+")
_SENTENCE_BORDER = re.compile(r"""[.!?…]["'”’»“)\]]*(\s+)(?=["„“‘'«(]?[A-ZÀ-Þ])""")
_UNDERLINE = re.compile(r"([=\-~*_#^])\1{2,}$")
_HANGING_CONJUNCTION = re.compile(r"(?:en|of|en/of|and|or|tot|t/m)\b")

_WIDEST = 130
"""Lines longer than this were not wrapped by hand or by an editor's fill command."""
_NARROWEST = 40
"""Narrower lines are verse, addresses or lists."""
_HEADING = 120
_HEAD = 200
_LONGEST = 100_000
"""Characters of one line after which the next border between sentences ends the block."""
_GROUP = 2000
"""Lines of one group that are looked at together."""


class _Line(NamedTuple):
    """One line that is not blank.

    Attributes:
        start: where its words begin, after indentation, quote marks and a bullet.
        end: without trailing white space.
        column: of its first character that is neither indentation nor a quote mark.
        content: column of ``start``.
        head: its first characters, at most ``_HEAD``.
        tail: its last few characters.
        bullet: whether it begins with a bullet or a number.
    """

    start: int
    end: int
    column: int
    content: int
    head: str
    tail: str
    bullet: bool

    @property
    def size(self) -> int:
        """Characters from ``start`` to ``end``."""
        return self.end - self.start

    @property
    def length(self) -> int:
        """Columns up to the end."""
        return self.content + self.size

    @property
    def continues(self) -> bool:
        """Whether it begins as the middle of a sentence does."""
        return self.head[0].islower() or self.head[0] in ",;)"

    @property
    def underlines(self) -> bool:
        """Whether it is a rule under a heading or between parts."""
        return self.size <= _HEAD and bool(_UNDERLINE.match(self.head))

    @property
    def closed(self) -> bool:
        """Whether it ends as a sentence ends."""
        return bool(_CLOSED.search(self.tail))


class TextFormat:
    """Paragraphs as people type them; hard-wrapped ones are wrapped again at their own width."""

    name = "text"
    suffixes = (".txt", ".text")

    def blocks(self, text: str) -> Iterator[Block]:
        """Paragraphs, headings, items and columns; their marks and indentation stay outside."""
        usual = _usual_width(text)
        first = True
        for group in _groups(text):
            width = _wrap_width(group, usual)
            parts = _paragraphs(group, width)
            for index, lines in enumerate(parts):
                following = parts[index + 1] if index + 1 < len(parts) else None
                alone = first or len(parts) == 1
                for block in _built(text, lines, _kind(lines, following, alone, bool(width))):
                    first = False
                    yield block

    def render(self, block: Block, text: str, replacements: Sequence[Replacement]) -> str:
        """The block with targets in place, wrapped where the source was."""
        raw = text[block.start : block.end]
        written = render_block(block, text, replacements, str)
        if written == raw or not _EOL.search(raw):
            return written
        return _wrapped(written, raw, text, block.start)


def _lines(text: str) -> Iterator[_Line | None]:
    """The lines of a document; None for a blank one."""
    position = 0
    while position < len(text):
        found = _LINE.match(text, position)
        assert found is not None
        start, end = found.span(1)
        position = found.end()
        while end > start and text[end - 1].isspace():
            end -= 1
        indent = _INDENT.match(text, start, end)
        column = indent.end() if indent else start
        if column >= end:
            yield None
            continue
        bullet = _BULLET.match(text, column, end)
        content = bullet.end() if bullet else column
        head, tail = text[content : min(end, content + _HEAD)], text[max(content, end - 6) : end]
        yield _Line(content, end, column - start, content - start, head, tail, bool(bullet))


def _groups(text: str) -> Iterator[list[_Line]]:
    """Lines between blank lines; a very long group is cut."""
    group: list[_Line] = []
    for line in _lines(text):
        if line is None or len(group) >= _GROUP:
            if group:
                yield group
            group = []
        if line is not None:
            group.append(line)
    if group:
        yield group


def _joints(group: Sequence[_Line]) -> list[tuple[_Line, _Line]]:
    """Neighbours that may be one paragraph: neither is longer than any wrapped line."""
    return [
        (a, b) for a, b in pairwise(group) if not b.bullet and a.length <= _WIDEST and b.length <= _WIDEST
    ]


def _usual_width(text: str) -> int:
    """The width at which a document is wrapped, from its first lines; 0 where it is not."""
    joints: list[tuple[_Line, _Line]] = []
    for group in islice(_groups(text), 60):
        joints += _joints(group)
    lower = sum(b.continues for _, b in joints)
    if lower < 3 or lower < 0.4 * len(joints):
        return 0
    return max(a.length for a, b in joints if b.continues)


def _wrap_width(group: Sequence[_Line], usual: int) -> int:
    """The width at which a group is wrapped, or 0 where each of its lines stands for itself."""
    joints = _joints(group)
    if not joints or sum(line.length > _WIDEST for line in group) > 0.1 * len(group):
        return 0
    width = max(a.length for joint in joints for a in joint)
    if usual and width <= usual:
        return usual
    full = sum(_is_full(a, b, width) for a, b in joints)
    lower = sum(b.continues for _, b in joints)
    if width < _NARROWEST or full < 0.6 * len(joints) or lower < max(1, 0.4 * len(joints)):
        return 0
    return width


def _is_full(line: _Line, following: _Line, width: int) -> bool:
    """Whether the next line's first word did not fit any more."""
    word = _WORD.match(following.head)
    return line.length + 1 + (word.end() if word else 0) > width


def _paragraphs(group: Sequence[_Line], width: int) -> list[list[_Line]]:
    """The lines of a group joined to paragraphs and items."""
    parts: list[list[_Line]] = []
    for line in group:
        if parts and _belongs(parts[-1], line, width):
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def _belongs(part: Sequence[_Line], line: _Line, width: int) -> bool:
    """Whether a line goes on with the paragraph or item before it."""
    previous, first = part[-1], part[0]
    if line.bullet or line.underlines or previous.underlines:
        return False
    if first.bullet and line.column > first.column and line.column >= first.content - 2:
        return not (line.length > _WIDEST and previous.closed)
    if not width or previous.length > _WIDEST:
        return False
    if line.column > previous.column + 1 and previous.closed:
        return False
    if _is_full(previous, line, width):
        return True
    return line.continues and not previous.closed and previous.length >= 0.6 * width


def _kind(
    lines: Sequence[_Line], following: Sequence[_Line] | None, alone: bool, wrapped: bool
) -> SegmentKind:
    """What a paragraph is: an item by its bullet, a heading by its shortness and where it stands."""
    line = lines[0]
    if line.bullet:
        return SegmentKind.ITEM
    if len(lines) > 1 or line.size > _HEADING or line.closed or line.head[0].islower():
        return SegmentKind.SENTENCE
    if following and following[0].underlines:
        return SegmentKind.HEADING
    before_text = not wrapped and following is not None and following[0].size > 2 * line.size
    shouted = line.head.isupper() and line.size > 3
    return SegmentKind.HEADING if alone or shouted or before_text else SegmentKind.SENTENCE


def _built(text: str, lines: Sequence[_Line], kind: SegmentKind) -> Iterator[Block]:
    """The block of a paragraph, or one for each column of a line."""
    if len(lines) == 1 and (borders := list(_COLUMNS.finditer(text, lines[0].start, lines[0].end))):
        position = lines[0].start
        for border in [*(found.span() for found in borders), (lines[0].end, lines[0].end)]:
            yield from _block(text, [(position, border[0])], SegmentKind.CELL)
            position = border[1]
        return
    if len(lines) > 1:
        yield from _block(text, [(line.start, line.end) for line in lines], kind)
        return
    for stretch in _manageable(text, lines[0].start, lines[0].end):
        yield from _block(text, [stretch], kind)


def _manageable(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A line in stretches that fit into memory together with all that is made of them, cut between sentences."""
    while end - start > _LONGEST and (cut := _SENTENCE_BORDER.search(text, start + _LONGEST, end)):
        yield start, cut.start(1)
        start = cut.end()
    yield start, end


def _block(text: str, stretches: Sequence[tuple[int, int]], kind: SegmentKind) -> Iterator[Block]:
    builder = PlainBuilder()
    for index, (start, end) in enumerate(stretches):
        if index:
            before = stretches[index - 1][1]
            if not _is_hyphenated(text[max(0, before - 2) : before], text[start : start + 8]):
                builder.add_space(before, start)
        builder.add(text, start, end)
    if block := builder.block(kind):
        yield block


def _is_hyphenated(left: str, right: str) -> bool:
    """Whether a word goes on after the hyphen at a line's end; not so in "land-" before "en tuinbouw"."""
    return (
        left[-1:] == "-"
        and left[:1].isalpha()
        and right[:1].islower()
        and not _HANGING_CONJUNCTION.match(right)
    )


_EOL = re.compile(r"(?:\r\n|[\r\n\x0b\x0c\x85\u2028\u2029])")
_WRAP = re.compile(r"[^\S\r\n]*(?:\r\n|[\r\n\x0b\x0c\x85\u2028\u2029])[^\S\r\n]*(?:>[^\S\r\n]?)*[^\S\r\n]*")


def _wrapped(written: str, raw: str, text: str, start: int) -> str:
    """A paragraph on lines as long as its longest source line, indented as its second one."""
    line_start = start
    while line_start and not _EOL.match(text, line_start - 1):
        line_start -= 1
    ends = list(_EOL.finditer(raw))
    second = raw[ends[0].end() :]
    indent = _INDENT.match(second)
    prefix = second[: indent.end()] if indent else ""
    column = start - line_start
    width = max(map(len, _EOL.split(" " * column + raw)))
    lines: list[list[str]] = [[]]
    room = width - column
    for word in _WRAP.sub(" ", written).split(" "):
        if lines[-1] and len(word) > room:
            lines.append([])
            room = width - len(prefix)
        lines[-1].append(word)
        room -= len(word) + 1
    return (ends[0][0] + prefix).join(" ".join(words) for words in lines)
