"""Sentence boundaries by rules over a table of abbreviations."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“„‘«(\[]*[A-ZÀ-Ý0-9])")


class RuleSegmenter:
    """Splits after a sentence mark that a capital or digit follows."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def spans(self, text: str) -> list[tuple[int, int]]:
        """See :func:`mt.segment.segment`."""
        starts = [0, *(match.end() for match in _END.finditer(text)), len(text)]
        spans = []
        for start, end in zip(starts, starts[1:], strict=False):
            piece = text[start:end]
            inner = piece.strip()
            if inner:
                begin = start + len(piece) - len(piece.lstrip())
                spans.append((begin, begin + len(inner)))
        return spans
