"""What changed between two texts, character by character, in pieces that a reader can follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby

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
    from rapidfuzz.distance import LCSseq

    old, new = _tokens(before), _tokens(after)
    changes: list[Change] = []
    a = c = 0
    # The last block is empty and stands behind both texts.
    for block in LCSseq.editops(old, new).as_matching_blocks():
        changes += _replaced(old[a : block.a], new[c : block.b])
        a, c = block.a + block.size, block.b + block.size
        changes.append(Change("equal", "".join(old[block.a : a])))
    return _joined(changes)


def _replaced(old: list[str], new: list[str]) -> list[Change]:
    """The changes from some words to others that have none in common."""
    if len(old) != len(new):
        return [Change("delete", "".join(old)), Change("insert", "".join(new))]
    return list(chain.from_iterable(map(_within, old, new)))


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
