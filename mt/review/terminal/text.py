"""Texts for a terminal: made harmless, marked at their place, set side by side, and differences.

Nothing is said by colour alone: what is marked is underlined and numbered too, a difference without colours
has brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content

from mt.review.diff import Change

SUBSTITUTE = "␦"

SIGNS: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **dict.fromkeys(range(0x80, 0xA0), SUBSTITUTE),
    **dict.fromkeys(range(0xD800, 0xE000), SUBSTITUTE),
    **dict.fromkeys(map(ord, "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"), SUBSTITUTE),
    **dict.fromkeys(range(0x2066, 0x206A), SUBSTITUTE),
}
"""What is shown for control characters, marks of direction and breaks of lines, and halves of surrogates."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
GAP = " │ "


def visible(text: str) -> str:
    """The text with every control character replaced by a sign that stands for it, character by character.

    Escape sequences would be obeyed by the terminal, and marks of direction would turn its neighbours around.
    """
    return text if text.isprintable() else text.translate(SIGNS)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text that is to be seen.

    Attributes:
        start, end: offsets in the text.
        style: how it looks.
        sign: what is written behind it, or empty.
        weight: of marks at the same place the heavier one is drawn over the others.
    """

    start: int
    end: int
    style: str
    sign: str = ""
    weight: int = 0


def marked(text: str, marks: Iterable[Mark] = (), style: str = "") -> Content:
    """The text with its marks; offsets are those of the text as it is."""
    content = Content.styled(visible(text), style) if style else Content(visible(text))
    ordered = sorted(marks, key=lambda mark: mark.weight)
    for mark in ordered:
        content = content.stylize(mark.style, mark.start, mark.end)
    signs = sorted((mark for mark in ordered if mark.sign), key=lambda mark: mark.end)
    if not signs:
        return content
    pieces, last = [], 0
    for mark in signs:
        pieces += [content[last : mark.end], Content.styled(mark.sign, "bold")]
        last = mark.end
    return Content("").join([*pieces, content[last:]])


def number_sign(number: int) -> str:
    """A number in small raised digits."""
    return "".join(SUPERSCRIPTS[int(digit)] for digit in str(number))


def words(text: str) -> list[tuple[int, int]]:
    """Where each white-space token begins and ends; its index is that of the word links."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def difference(changes: Sequence[Change], colour: bool) -> Content:
    """Deletions and insertions; without colours in brackets, as wdiff writes them."""
    pieces: list[Content] = []
    for change in changes:
        text = visible(change.text)
        if change.kind == "equal":
            pieces.append(Content(text))
        elif change.kind == "delete":
            pieces.append(Content.styled(text, "strike ansi_red") if colour else Content(f"[-{text}-]"))
        else:
            pieces.append(
                Content.styled(text, "bold underline ansi_green") if colour else Content(f"{{+{text}+}}")
            )
    return Content("").join(pieces)


def columns(left: Content, right: Content, width: int, most: int | None = None) -> list[Content]:
    """Two texts side by side.

    Args:
        left, right: the texts.
        width: cells of a line.
        most: lines at most; a text that is longer ends in an ellipsis.
    """
    wide = (width - len(GAP)) // 2
    sides = [clipped(side, wide, most) for side in (left, right)]
    lines = []
    for number in range(max(map(len, sides))):
        one, other = (side[number] if number < len(side) else Content("") for side in sides)
        lines.append(Content.assemble(padded(one, wide), (GAP, "dim"), other))
    return lines


def clipped(text: Content, width: int, most: int | None = None) -> list[Content]:
    """The text in lines of a width, the last one with an ellipsis where something is left out."""
    lines = [line.rstrip_end(width) for line in text.wrap(max(2, width))]
    if most is not None and len(lines) > most:
        lines = lines[:most]
        lines[-1] = Content.assemble(lines[-1].truncate(max(1, width - 1), ellipsis=False), "…")
    return lines


def padded(line: Content, width: int) -> Content:
    """A line made as wide as a column."""
    return line.pad_right(max(0, width - line.cell_length))


def stacked(lines: Iterable[Content]) -> Content:
    """Lines below one another."""
    return Content("\n").join(list(lines))


def indented(
    text: Content, width: int, first: str, rest: str = "   ", most: int | None = None
) -> list[Content]:
    """A text behind a heading, its further lines under its first one.

    Args:
        text: the text.
        width: cells of a line, heading included.
        first, rest: what stands before the first line and before the others.
        most: lines at most.
    """
    wide = max(8, width - max(len(first), len(rest)))
    lines = clipped(text, wide, most)
    return [Content(first if number == 0 else rest) + line for number, line in enumerate(lines)]
