"""What changed between two texts, character by character, in pieces that a reader can follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, groupby
from types import ModuleType

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
    a = c = 0
    for i, j, size in _common(old, new):
        changes += _replaced(old[a:i], new[c:j])
        a, c = i + size, j + size
        if size:
            changes.append(Change("equal", "".join(old[i:a])))
    return _joined(changes)


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Where a longest common subsequence lies in both and how long each piece is; an empty one ends the list."""
    blocks = _subsequences().editops(old, new).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]


@cache
def _subsequences() -> ModuleType:
    # Imported late: whoever looks at no difference does not wait for it.
    from rapidfuzz.distance import LCSseq

    return LCSseq


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The changes from some words to others that have none in common."""
    if len(old) == len(new):
        return list(chain.from_iterable(map(_within, old, new)))
    return [Change(kind, "".join(words)) for kind, words in (("delete", old), ("insert", new)) if words]


def _within(one: str, other: str) -> list[Change]:
    """The changes from one word to another; a word that is hardly alike is replaced whole."""
    if 2 * _subsequences().similarity(one, other) < SIMILAR * (len(one) + len(other)):
        return [Change("delete", one), Change("insert", other)]
    changes: list[Change] = []
    a = c = 0
    for i, j, size in _common(one, other):
        pieces = (("delete", one[a:i]), ("insert", other[c:j]), ("equal", one[i : i + size]))
        changes += [Change(kind, text) for kind, text in pieces if text]
        a, c = i + size, j + size
    return changes


def _joined(changes: list[Change]) -> tuple[Change, ...]:
    """The changes with neighbours of one kind made one, deletions before insertions."""
    joined: list[Change] = []
    for equal, group in groupby(changes, lambda one: one.kind == "equal"):
        texts = {"equal": ""} if equal else {"delete": "", "insert": ""}
        for one in group:
            texts[one.kind] += one.text
        joined += [Change(kind, text) for kind, text in texts.items() if text]
    return tuple(joined)
