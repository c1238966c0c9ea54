"""Targets into a block: inline markup around the right words, everything between the segments as it was."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mt.data import Block, Inline
from mt.formats.offsets import partners

if TYPE_CHECKING:
    from mt.formats import Replacement

Escape = Callable[[str], str]
"""Plain text to what stands for it in the format."""


def render_block(block: Block, text: str, replacements: Sequence[Replacement], escape: Escape) -> str:
    """What stands in the place of a block: replaced segments rendered, all the rest as in the document.

    Args:
        block: of this text.
        text: the whole document.
        replacements: in order.
        escape: plain text to the format's own writing.
    """
    position = block.start
    out: list[str] = []
    for replacement in replacements:
        segment = replacement.segment
        out.append(text[position : segment.start])
        out.append(render_segment(block, replacement, escape))
        position = segment.end
    out.append(text[position : block.end])
    return "".join(out)


def render_segment(block: Block, replacement: Replacement, escape: Escape) -> str:
    """A target with the markup of its segment: every tag once, pairs nested as in the source.

    A pair of tags goes around the target words that are linked to its source words, an empty tag before the
    word linked to the one it stood before. Where links say nothing, positions are taken in proportion.
    """
    segment = replacement.segment
    if replacement.target == segment.plain:
        return segment.text
    marks = [mark for mark in block.inline if segment.start <= mark.start < segment.end]
    if not marks:
        return escape(replacement.target)
    return _Placement(block, replacement, marks).rendered(escape)


@dataclass(slots=True, eq=False)
class _Element:
    """Markup on its way into the target: a pair of tags, code, or one tag of zero width.

    Attributes:
        opening, closing: raw markup; ``closing`` is empty for zero width and for code.
        source: plain offsets in the segment that the markup spans.
        order: index of the first mark, to keep the order of equals.
        code: what the target should hold literally, where the element is code.
        children: elements inside the pair.
        span: offsets in the target, once placed.
    """

    opening: str
    closing: str
    source: tuple[int, int]
    order: int
    code: str = ""
    children: list[_Element] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)

    @property
    def is_point(self) -> bool:
        return not self.closing and not self.code


class _Zone(NamedTuple):
    """A stretch of the source and the stretch of the target that belongs to it, both in characters."""

    source: tuple[int, int]
    target: tuple[int, int]


_TOKEN = re.compile(r"\S+")
_TRAILING = re.compile(r"[^\w\s]+$")
_LEADING = re.compile(r"^[^\w\s]+")


class _Placement:
    """Places the marks of one segment in its target."""

    def __init__(self, block: Block, replacement: Replacement, marks: Sequence[Inline]) -> None:
        segment = replacement.segment
        self._block = block
        self._segment = segment
        self._marks = marks
        self._first = bisect_left(block.origins, segment.start)
        self._target = replacement.target
        self._source_tokens = [found.span() for found in _TOKEN.finditer(segment.plain)]
        self._target_tokens = [found.span() for found in _TOKEN.finditer(self._target)]
        n, m = len(self._source_tokens), len(self._target_tokens)
        self._claimed: list[tuple[int, int]] = []
        self._links = [(i, j) for i, j in replacement.links if 0 <= i < n and 0 <= j < m]

    def rendered(self, escape: Escape) -> str:
        """The whole target with its markup."""
        sections, separators = self._sections()
        sources = [0, *(self._offset(mark) for mark in separators), len(self._segment.plain)]
        targets = self._cuts(sources)
        out: list[str] = []
        for k, elements in enumerate(sections):
            zone = _Zone((sources[k], sources[k + 1]), (targets[k], targets[k + 1]))
            self._place(elements, zone)
            out.append(self._written(elements, zone.target, escape))
            out += [mark.raw for mark in separators[k : k + 1]]
        return "".join(out)

    def _offset(self, mark: Inline) -> int:
        """Where a mark stands in the segment's plain text."""
        return max(0, min(mark.position - self._first, len(self._segment.plain)))

    def _sections(self) -> tuple[list[list[_Element]], list[Inline]]:
        """Top level elements, cut at the tags whose partner stands outside the segment."""
        pairs = partners(self._marks)
        closings = set(pairs.values())
        sections: list[list[_Element]] = [[]]
        separators: list[Inline] = []
        stack: list[tuple[_Element, int]] = []
        for index, mark in enumerate(self._marks):
            if index in closings:
                stack.pop()
                continue
            at = self._offset(mark)
            home = stack[-1][0].children if stack else sections[-1]
            if index in pairs:
                closing = self._marks[pairs[index]]
                element = _Element(mark.raw, closing.raw, (at, self._offset(closing)), index)
                home.append(element)
                stack.append((element, pairs[index]))
            elif mark.kind == "code":
                end = self._code_end(mark, at)
                home.append(_Element(mark.raw, "", (at, end), index, self._segment.plain[at:end]))
            elif mark.kind == "empty" or stack:
                home.append(_Element(self._spaced(mark, at), "", (at, at), index))
            else:
                separators.append(mark)
                sections.append([])
        return sections, separators

    def _code_end(self, mark: Inline, at: int) -> int:
        """Where code that begins at a plain offset ends: with the characters of the same raw piece."""
        end, limit = at, len(self._segment.plain)
        while end < limit and self._block.origins[self._first + end] == mark.start:
            end += 1
        return end

    def _spaced(self, mark: Inline, at: int) -> str:
        """Raw markup of zero width with the space after it that the plain text has only once."""
        raw = self._segment.text
        before = mark.start - self._segment.start - 1
        after = mark.start - self._segment.start + len(mark.raw)
        spaced = before >= 0 and after < len(raw) and raw[before].isspace() and raw[after].isspace()
        return mark.raw + " " if spaced and at else mark.raw

    def _cuts(self, sources: Sequence[int]) -> list[int]:
        """Target offsets for source offsets, ascending, with as few links as possible across each cut."""
        cuts = [0]
        for source in sources[1:-1]:
            i = sum(1 for start, _ in self._source_tokens if start < source)
            cut = self._best_cut(i) if 0 < i < len(self._source_tokens) else (len(self._target) if i else 0)
            cuts.append(max(cuts[-1], cut))
        return [*cuts, len(self._target)]

    def _best_cut(self, i: int) -> int:
        """The target offset that goes with the border before source token `i`."""
        n, m = len(self._source_tokens), len(self._target_tokens)
        if not m:
            return 0
        crossing = [sum((a < i) != (b < j) for a, b in self._links) for j in range(m + 1)]
        best = min(range(m + 1), key=lambda j: (crossing[j], abs(j * n - i * m)))
        return self._target_tokens[best][0] if best < m else len(self._target)

    def _place(self, elements: list[_Element], zone: _Zone) -> None:
        """Give every element of a level its stretch of the target, children inside their parents."""
        for element in elements:
            element.span = self._point(element, zone) if element.is_point else self._stretch(element, zone)
        elements.sort(key=lambda element: (element.span, element.order))
        _separate(elements, zone.target, self._target_tokens)
        for element in elements:
            if element.children:
                self._place(element.children, _Zone(element.source, element.span))

    def _stretch(self, element: _Element, zone: _Zone) -> tuple[int, int]:
        """The target offsets of what an element spans in the source."""
        low, high = zone.target
        if element.code and (found := self._literal(element, zone)):
            return found
        if element.source == zone.source:
            return zone.target
        if element.source[0] == element.source[1]:
            at = self._proportional(element.source[0], zone)
            return at, at
        tokens = self._linked(element.source, zone)
        if not tokens and element.code:
            at = self._word_start(self._proportional(element.source[0], zone), zone)
            return at, at
        if tokens:
            start, end = self._target_tokens[tokens[0]][0], self._target_tokens[tokens[-1]][1]
        else:
            start = self._word_start(self._proportional(element.source[0], zone), zone)
            end = max(start, self._word_end(self._proportional(element.source[1], zone), zone))
        return self._without_outer_punctuation(element.source, max(low, start), min(high, end))

    def _literal(self, element: _Element, zone: _Zone) -> tuple[int, int] | None:
        """Where the target holds code literally, in any case: the free place nearest to where links point."""
        code = element.code
        pattern = re.compile(rf"(?<!\w){re.escape(code)}(?!\w)" if code.isalnum() else re.escape(code), re.I)
        free = [
            found.span()
            for found in pattern.finditer(self._target, *zone.target)
            if not any(found.start() < end and start < found.end() for start, end in self._claimed)
        ]
        tokens = self._linked(element.source, zone)
        near = self._target_tokens[tokens[0]][0] if tokens else self._proportional(element.source[0], zone)
        best = min(free, key=lambda span: abs(span[0] - near), default=None)
        if best:
            self._claimed.append(best)
        return best

    def _linked(self, source: tuple[int, int], zone: _Zone) -> list[int]:
        """Target tokens linked to source tokens in a stretch: the largest group without a gap of two or more."""
        inside = {
            i for i, (start, end) in enumerate(self._source_tokens) if start < source[1] and source[0] < end
        }
        low, high = zone.target
        tokens = sorted(
            {
                j
                for i, j in self._links
                if i in inside and low <= self._target_tokens[j][0] and self._target_tokens[j][1] <= high
            }
        )
        groups: list[list[int]] = []
        for j in tokens:
            if groups and j - groups[-1][-1] <= 2:
                groups[-1].append(j)
            else:
                groups.append([j])
        return max(groups, key=len, default=[])

    def _proportional(self, at: int, zone: _Zone) -> int:
        """The target offset as far into the zone as a source offset is."""
        (a, b), (c, d) = zone.source, zone.target
        return c + round((d - c) * (at - a) / (b - a)) if b > a else c

    def _word_start(self, at: int, zone: _Zone) -> int:
        """The beginning of a word of the zone that is nearest to a target offset."""
        starts = [start for start, _ in self._target_tokens if zone.target[0] <= start < zone.target[1]]
        return min(starts, key=lambda start: abs(start - at), default=zone.target[0])

    def _word_end(self, at: int, zone: _Zone) -> int:
        """The end of a word of the zone that is nearest to a target offset."""
        ends = [end for _, end in self._target_tokens if zone.target[0] < end <= zone.target[1]]
        return min(ends, key=lambda end: abs(end - at), default=zone.target[1])

    def _without_outer_punctuation(self, source: tuple[int, int], start: int, end: int) -> tuple[int, int]:
        """Leave out the punctuation at a border of a target stretch where the source has none inside."""
        plain, target = self._segment.plain, self._target
        if plain[source[1] - 1 : source[1]].isalnum():
            kept = _TRAILING.sub("", target[start:end])
            end = start + len(kept) if kept else end
        if plain[source[0] : source[0] + 1].isalnum():
            kept = _LEADING.sub("", target[start:end])
            start = end - len(kept) if kept else start
        return start, end

    def _point(self, element: _Element, zone: _Zone) -> tuple[int, int]:
        """Where markup of zero width goes: it stays with the word that it touches, else with the next one."""
        plain, at = self._segment.plain, element.source[0]
        if at <= zone.source[0]:
            return zone.target[0], zone.target[0]
        if at >= zone.source[1]:
            return zone.target[1], zone.target[1]
        touches_previous = not plain[at - 1].isspace()
        place = self._after_word(at, zone) if touches_previous else self._before_word(at, zone)
        return place, place

    def _after_word(self, at: int, zone: _Zone) -> int:
        tokens = self._linked((at - 1, at), zone)
        if not tokens:
            return self._word_end(self._proportional(at, zone), zone)
        return self._without_outer_punctuation((at - 1, at), *self._target_tokens[tokens[-1]])[1]

    def _before_word(self, at: int, zone: _Zone) -> int:
        tokens = self._linked((at, at + 1), zone)
        if not tokens:
            return self._word_start(self._proportional(at, zone), zone)
        return self._target_tokens[tokens[0]][0]

    def _written(self, elements: Sequence[_Element], span: tuple[int, int], escape: Escape) -> str:
        """A stretch of the target with the elements that lie in it."""
        position, end = span
        out: list[str] = []
        for element in elements:
            out.append(escape(self._target[position : element.span[0]]))
            out.append(element.opening)
            if element.closing:
                out.append(self._written(element.children, element.span, escape))
                out.append(element.closing)
            position = element.span[1]
        out.append(escape(self._target[position:end]))
        return "".join(out)


def _separate(
    elements: Sequence[_Element], within: tuple[int, int], tokens: Sequence[tuple[int, int]]
) -> None:
    """Make the stretches of neighbours disjoint, in the order given, each with a word where there are enough."""
    low, high = within
    previous: _Element | None = None
    for element in elements:
        start, end = max(low, element.span[0]), min(high, element.span[1])
        if previous and start < previous.span[1]:
            before = [e for s, e in tokens if previous.span[0] <= s and e <= start]
            if not element.is_point and before and previous.span[0] < start:
                previous.span = previous.span[0], before[-1]
            else:
                start, end = _next_word(previous.span[1], end, high, tokens, element.is_point)
        element.span = start, max(start, end)
        previous = element


def _next_word(
    low: int, end: int, high: int, tokens: Sequence[tuple[int, int]], point: bool
) -> tuple[int, int]:
    """The words after `low` up to `end`, or the next single one; nothing of zero width moves further."""
    free = [] if point else [(s, e) for s, e in tokens if low <= s and e <= high]
    if not free:
        return low, low
    return free[0][0], max(free[0][1], end)
