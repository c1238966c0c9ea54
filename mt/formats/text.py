"""Plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mt.data import Block, SegmentKind
from mt.formats.offsets import PlainBuilder
from mt.formats.placement import render_block

if TYPE_CHECKING:
    from mt.formats import Replacement

_LINE = re.compile(r"[^\r\n]+")


class TextFormat:
    """Paragraphs, headings and lists as people type them; the name of the file says no more."""

    name = "text"
    suffixes = (".txt", ".text")

    def blocks(self, text: str) -> Iterator[Block]:
        """Every line is a block."""
        for line in _LINE.finditer(text):
            builder = PlainBuilder()
            builder.add(text, line.start(), line.end())
            if block := builder.block(SegmentKind.SENTENCE):
                yield block

    def render(self, block: Block, text: str, replacements: Sequence[Replacement]) -> str:
        """The block with targets in place."""
        return render_block(block, text, replacements, str)
