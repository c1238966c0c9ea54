"""What changed between two texts, character by character, in pieces that a reader can follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

SIMILAR = 0.5
"""Words at least this much alike are compared by character; others are replaced whole."""


KEPT = 2000
"""Differences that are kept: the same ones are drawn again and again."""


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of a difference.

    Attributes:
        kind: ``equal``, ``delete`` or ``insert``.
        text: of the text before for ``delete``, after for ``insert``, both for ``equal``.
    """

    kind: str
    text: str


@lru_cache(maxsize=KEPT)
def diff(before: str, after: str) -> tuple[Change, ...]:
    """The changes from one text to another; deletions stand before the insertions that replace them.

    Words are compared first and characters only within words that are alike, so that two sentences never
    share stray letters.
    """
    old, new = _tokens(before), _tokens(after)
    changes: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            changes.append(Change("equal", "".join(old[a:b])))
        elif kind == "replace" and b - a == d - c:
            for one, other in zip(old[a:b], new[c:d], strict=True):
                changes += _within(one, other)
        else:
            changes += [Change("delete", "".join(old[a:b])), Change("insert", "".join(new[c:d]))]
    return _joined(changes)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _within(one: str, other: str) -> list[Change]:
    """The changes from one word to another; a word that is hardly alike is replaced whole."""
    from rapidfuzz.distance import LCSseq

    if LCSseq.similarity(one, other) * 2 < SIMILAR * (len(one) + len(other)):
        return [Change("delete", one), Change("insert", other)]
    changes = []
    for step in LCSseq.opcodes(one, other):
        if step.tag == "equal":
            changes.append(Change("equal", one[step.src_start : step.src_end]))
        elif step.tag == "delete":
            changes.append(Change("delete", one[step.src_start : step.src_end]))
        else:
            changes.append(Change("insert", other[step.dest_start : step.dest_end]))
    return changes


def _joined(changes: list[Change]) -> tuple[Change, ...]:
    """The changes without empty ones, neighbours of one kind made one, deletions before insertions."""
    joined: list[Change] = []
    for equal, group in groupby((one for one in changes if one.text), lambda one: one.kind == "equal"):
        pieces = list(group)
        for kind in ("equal",) if equal else ("delete", "insert"):
            text = "".join(piece.text for piece in pieces if piece.kind == kind)
            if text:
                joined.append(Change(kind, text))
    return tuple(joined)
