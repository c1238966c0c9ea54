"""What follows a sentence mark: the next word, and whether a sentence can begin with it."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

QUOTES = "\"'`´‘’‚‛“”„‟‹›«»"
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Soft hyphen, zero-width and direction marks, as a range inside a character class."""
EMOJI = "\u2600-\u27bf\ufe0f\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
"""Pictures, as a range inside a character class."""

_FOLLOWER = re.compile(
    rf"\s++(?P<opening>(?:[{QUOTES}{INVISIBLE}(\[{{¿¡*_‐-―-]|,,|<<|\s){{0,12}})"
    r"(?P<word>[^\W_][\w'’-]{0,40}|\S)?"
)
_DASHES = frozenset("-‐‑‒–—―")
_ELIDED = re.compile(r"['’‘`´](?:[stnkmr]|ns|em)(?:\s+|-)(?P<next>[^\W\d_])")
_RESUMED = re.compile(r"(?:…|\.{2,})[^\W\d_]")
_ADDRESS = re.compile(r"https?://|www\.")
_SYMBOL = re.compile(rf"[€$£¥#@§•▪◦‣●○■□►▶→{EMOJI}]")


class Kind(Enum):
    """What a word after a mark begins with."""

    CAPITAL = auto()
    NUMBER = auto()
    SMALL = auto()
    OTHER = auto()


class Follower(NamedTuple):
    """The first word after a mark, opening quotes and brackets left out.

    Attributes:
        kind: CAPITAL for all that a sentence can begin with, a currency sign or a letter of a script without
            capitals included; OTHER for what only continues one, such as a comma.
        word: as written.
        end: offset behind it.
        elided: whether it is a clitic such as 's, which leaves the capital to the next word.
        dash: whether a dash stands before it.
    """

    kind: Kind
    word: str
    end: int
    elided: bool = False
    dash: bool = False


def follower(text: str, position: int) -> Follower | None:
    """The first word behind `position`, or None where there is no white space or nothing more.

    Args:
        text: the block.
        position: offset behind a mark and its closing quotes and brackets.
    """
    match = _FOLLOWER.match(text, position)
    if match is None or match["word"] is None:
        return None
    word = match["word"]
    start, end = match.span("word")
    if word[0].islower() and match["opening"] and (elided := _ELIDED.match(text, start - 1)):
        kind = Kind.CAPITAL if elided["next"].isupper() else Kind.SMALL
        return Follower(kind, word, end, elided=True)
    dash = not _DASHES.isdisjoint(match["opening"])
    return Follower(_kind(text, start, word), word, end, dash=dash)


def _kind(text: str, start: int, word: str) -> Kind:
    first = word[0]
    if first.isupper():
        return Kind.CAPITAL
    if first.islower():
        inner_capital = not word[1:3].islower() and word[1:3].isalpha()
        return Kind.CAPITAL if inner_capital or _ADDRESS.match(text, start) else Kind.SMALL
    if first.isnumeric():
        return Kind.NUMBER
    if first.isalpha() or _SYMBOL.match(first) or _RESUMED.match(text, start):
        return Kind.CAPITAL
    return Kind.OTHER
