"""Plain text with the offsets it came from, in memory that grows with irregularities, not with characters."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from mt.data import Block, Inline, Segment, SegmentKind


class _Runs(NamedTuple):
    """How plain text maps to raw offsets: verbatim runs, and pieces whose characters share one raw stretch.

    Attributes:
        plain: where each run begins in the plain text, and the length of the plain text at the end.
        raw: where each run begins in the document, and the end of the last run.
        width: of the raw piece, or 0 for a verbatim run.
    """

    plain: array[int]
    raw: array[int]
    width: array[int]

    def run(self, index: int) -> int:
        """The run that holds a character of the plain text."""
        return bisect_right(self.plain, index) - 1


@dataclass(frozen=True, slots=True)
class _Starts(Sequence[int]):
    """``Block.origins``: one offset for each character of the plain text and one for the end."""

    runs: _Runs

    def __len__(self) -> int:
        return self.runs.plain[-1] + 1

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = _checked(index, len(self))
        k = self.runs.run(index)
        verbatim = k + 1 < len(self.runs.plain) and not self.runs.width[k]
        return self.runs.raw[k] + (index - self.runs.plain[k] if verbatim else 0)


@dataclass(frozen=True, slots=True)
class _Ends(Sequence[int]):
    """``Block.ends``: for each character of the plain text the end of the piece it was made from."""

    runs: _Runs

    def __len__(self) -> int:
        return self.runs.plain[-1]

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = _checked(index, len(self))
        k = self.runs.run(index)
        width = self.runs.width[k]
        return self.runs.raw[k] + (width if width else index - self.runs.plain[k] + 1)


def _checked(index: int, length: int) -> int:
    """An index as a sequence of that length understands it."""
    if not -length <= index < length:
        raise IndexError(index)
    return index % length


_PIECE = re.compile(
    r"(?P<space>\s{2,}|[^\S ])"
    r"|(?P<carried>[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff])"
    r"|(?P<hyphen>\u00ad+)"
)


_FIRST = re.compile(r"\s*(\S)")
_SENTENCE_END = re.compile(r"""[.!?…:;]["'”’»)\]]*$""")


class PlainBuilder:
    """Collects the plain text of one block together with its offsets and markup.

    White space becomes one space, none at the beginning and the end. Control characters and direction marks
    are carried as inline markup; soft hyphens are left out.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._plain = array("Q")
        self._raw = array("Q")
        self._width = array("Q")
        self._end = 0
        self._space: tuple[int, int] | None = None
        self.inline: list[Inline] = []

    def breaks_at(self, text: str, end: int) -> bool:
        """Whether a line break that ends at an offset ends the block: not where a sentence goes on after it."""
        following = _FIRST.match(text, end)
        goes_on = following is not None and following[1].islower()
        return not (goes_on and self._parts and not _SENTENCE_END.search(self._parts[-1]))

    def add_break(self, raw: str, start: int) -> None:
        """Add a line break inside a sentence: white space to read, markup to carry."""
        self.add_space(start, start + len(raw))
        self.add_inline(raw, start, "empty")

    def add(self, text: str, start: int, end: int) -> None:
        """Add ``text[start:end]`` as it is, white space joined."""
        position = start
        for found in _PIECE.finditer(text, start, end):
            self._verbatim(text, position, found.start())
            position = found.end()
            if found.lastgroup == "space":
                self.add_space(found.start(), found.end())
            elif found.lastgroup == "carried":
                self.add_inline(found[0], found.start(), "empty")
        self._verbatim(text, position, end)

    def add_space(self, start: int, end: int) -> None:
        """Add white space made from a raw stretch; neighbouring white space becomes one piece."""
        if self._length:
            self._space = self._space or (start, end)

    def add_piece(self, plain: str, raw: str, start: int) -> None:
        """Add characters that a raw stretch stands for, such as an entity; what is not shown is treated as in text."""
        invisible = _PIECE.fullmatch(plain)
        if plain and plain.isspace():
            self.add_space(start, start + len(raw))
        elif not plain or (invisible and invisible.lastgroup == "carried"):
            self.add_inline(raw, start, "empty")
        elif not invisible:
            self._flush_space()
            self._append(plain, start, len(raw), start + len(raw))

    def add_inline(self, raw: str, start: int, kind: str) -> None:
        """Add markup that is carried; it stands before the next character of the plain text."""
        position = self._length + (self._space is not None)
        self.inline.append(Inline(position, start, raw, kind))

    def add_code(self, plain: str, raw: str, start: int) -> None:
        """Add a stretch whose characters are read but never changed, such as inline code."""
        shown = " ".join(plain.split())
        if not shown:
            self.add_inline(raw, start, "empty")
            return
        self._flush_space()
        self.inline.append(Inline(self._length, start, raw, "code"))
        self._append(shown, start, len(raw), start + len(raw))

    def block(self, kind: SegmentKind) -> Block | None:
        """The block that was collected, or None where it holds no letter and no digit."""
        plain = "".join(self._parts)
        if not any(character.isalnum() for character in plain):
            return None
        runs = _Runs(
            self._plain + array("Q", [self._length]),
            self._raw + array("Q", [self._end]),
            self._width + array("Q", [0]),
        )
        inline = tuple(
            Inline(min(mark.position, self._length), mark.start, mark.raw, mark.kind) for mark in self.inline
        )
        start = min([self._raw[0], *(mark.start for mark in inline[:1])])
        end = max([self._end, *(mark.start + len(mark.raw) for mark in inline[-1:])])
        return Block(start, end, kind, plain, _Starts(runs), _Ends(runs), inline)

    def _flush_space(self) -> None:
        if self._space:
            start, end = self._space
            self._space = None
            self._append(" ", start, end - start, end)

    def _verbatim(self, text: str, start: int, end: int) -> None:
        """Add a stretch that holds no white space but single spaces; those at its edges may join others."""
        if start < end and text[start] == " ":
            self.add_space(start, start + 1)
            start += 1
        trailing = start < end and text[end - 1] == " "
        if start < end - trailing:
            self._flush_space()
            self._append(text[start : end - trailing], start, 0, end - trailing)
        if trailing:
            self.add_space(end - 1, end)

    def _append(self, plain: str, start: int, width: int, end: int) -> None:
        self._parts.append(plain)
        self._plain.append(self._length)
        self._raw.append(start)
        self._width.append(width)
        self._length += len(plain)
        self._end = end


def partners(inline: Sequence[Inline]) -> dict[int, int]:
    """For each opening mark that is closed the index of its closing mark, nested as they were written."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for index, mark in enumerate(inline):
        if mark.kind == "open":
            stack.append(index)
        elif mark.kind == "close":
            name = _name(mark.raw)
            match = next((i for i in reversed(stack) if _name(inline[i].raw) == name), None)
            if match is not None:
                del stack[stack.index(match) :]
                found[match] = index
    return found


_NAME = re.compile(r"</?\s*([^\s/>]+)")


def _name(raw: str) -> str:
    """What must be equal in an opening and a closing mark: the tag's name; any link bracket fits another."""
    if found := _NAME.match(raw):
        return found[1].lower()
    return "link" if raw[:1] in "[]" else raw


def segments(block: Block, text: str, spans: Sequence[tuple[int, int]], index: int) -> list[Segment]:
    """The segments of a block, with ``segment.text == text[segment.start:segment.end]``.

    White space and markup at the edges of a segment stay outside, except a tag whose partner stands inside
    it. Spans whose border falls into one piece, such as inline code, become one segment.

    Args:
        block: of the document.
        text: the whole document.
        spans: offsets in ``block.plain``, in order, not overlapping.
        index: of the block, stored with its segments.
    """
    pairs = partners(block.inline)
    found: list[Segment] = []
    for first, last in _whole_pieces(block, spans):
        start, end = _with_partners(block, pairs, first, last)
        plain = block.plain[first:last]
        found.append(Segment(text[start:end], start, end, block.kind, plain, index))
    return found


def _whole_pieces(block: Block, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans without white space at their edges, joined where one piece lies on both sides of a border."""
    pending: tuple[int, int] | None = None
    for left, right in spans:
        part = block.plain[left:right]
        if not part.strip():
            continue
        first, last = left + len(part) - len(part.lstrip()), right - len(part) + len(part.rstrip())
        if pending and block.origins[first] < block.ends[pending[1] - 1]:
            pending = pending[0], last
            continue
        if pending:
            yield pending
        pending = first, last
    if pending:
        yield pending


def _with_partners(block: Block, pairs: dict[int, int], first: int, last: int) -> tuple[int, int]:
    """Raw offsets of ``plain[first:last]``, widened by edge tags whose partner stands inside."""
    start, end = block.origins[first], block.ends[last - 1]
    inside = [k for k, mark in enumerate(block.inline) if start <= mark.start < end]
    if not pairs or not inside:
        return start, end
    within = range(inside[0], inside[-1] + 1)
    for opening, closing in pairs.items():
        if closing in within and block.inline[opening].position == first:
            start = min(start, block.inline[opening].start)
        elif opening in within and block.inline[closing].position == last:
            mark = block.inline[closing]
            end = max(end, mark.start + len(mark.raw))
    return start, end
