"""What two texts share, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text and whether the other text has it too, at that place."""

    text: str
    shared: bool


def word_diff(one: str, two: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces that join to them again; what is not shared is what was changed.

    White space between two changed words counts as changed, so that a changed phrase is one piece.
    """
    first, second = _WORDS.findall(one), _WORDS.findall(two)
    left: list[Piece] = []
    right: list[Piece] = []
    for step, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        shared = step == "equal" and any(not word.isspace() for word in first[a:b])
        _append(left, "".join(first[a:b]), shared)
        _append(right, "".join(second[c:d]), shared)
    return left, right


def _append(pieces: list[Piece], text: str, shared: bool) -> None:
    if pieces and pieces[-1].shared == shared:
        pieces[-1] = Piece(pieces[-1].text + text, shared)
    elif text:
        pieces.append(Piece(text, shared))
