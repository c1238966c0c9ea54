"""Names and acronyms that one side does not have.

A Dutch name mostly stays as it is; it may gain or lose an ending, change its spelling (Oekraïne, Ukraine), or
have an English name of its own (Den Haag, The Hague). Only a name without any such counterpart counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from mt.data import Finding, Severity
from mt.quality.lexicon import Table
from mt.quality.view import PairView, Side, once

OPENING = re.compile(r"(?:[.!?:…;]['\"”’)]*\s+|[\n\"“„‘«'(\[–—-]\s?)\w$")
"""What stands before the first word of a sentence or quote."""

ACRONYM = re.compile(r"[A-Z]{2,}(?:[a-z]?|'s)$")
"""A word of capitals: NAVO, IS, pdf's is none."""

SIMILAR = 0.5
"""Share of letter pairs that two spellings of a name have in common (Dice 1945)."""


@lru_cache(maxsize=1 << 15)
def bare(word: str) -> str:
    """A word in lower case without accents, endings of possession and hyphens."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(char)
    )
    return re.sub(r"['’]s?$", "", plain).replace("-", "").replace("'", "").replace("’", "")


@lru_cache(maxsize=1 << 15)
def _letter_pairs(word: str) -> frozenset[str]:
    sound = word.translate(SOUNDS).replace("ch", "c").replace("th", "t").replace("oe", "u").replace("ij", "i")
    padded = f"^{sound}$"
    return frozenset(padded[i : i + 2] for i in range(len(padded) - 1))


SOUNDS = str.maketrans({"k": "c", "z": "s", "y": "i", "j": "i", "w": "v", "f": "v", "q": "c"})
"""Letters that English and Dutch spelling exchange: Oekraïne, Ukraine; Syrië, Syria."""


def similar(word: str, other: str) -> bool:
    """Whether two bare words can be spellings of one name."""
    if word == other:
        return True
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) >= 4 and longer.startswith(shorter[: max(4, len(shorter) - 2)]):
        return True
    a, b = _letter_pairs(word), _letter_pairs(other)
    return 2 * len(a & b) >= SIMILAR * (len(a) + len(b))


def opens(text: Side, start: int) -> bool:
    """Whether the word at an offset opens a sentence or a quote, where a capital says nothing."""
    return start == 0 or OPENING.search(text.text, max(0, start - 6), start + 1) is not None


ENGLISH_CAPITALS = frozenset(
    word
    for words in (
        "January February March April May June July August September October November December",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Christmas Easter Eve Day",
        "Mr Mrs Ms Dr Jr Sr God The And But Internet Earth Sun Moon",
    )
    for word in words.split()
)
"""English words with a capital that Dutch writes without one."""


@cache
def exonyms() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Beginnings of Dutch names with those of their English counterparts, by the first two letters."""
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for line in files("mt.quality").joinpath("data/exonyms.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        dutch, _, english = line.partition(":")
        for stem in dutch.split():
            table.setdefault(stem[:2], []).append((stem, tuple(english.split())))
    return table


def exonym(dutch: str, english: Iterable[str]) -> bool:
    """Whether a Dutch name has its own English form among bare English words."""
    for stem, forms in exonyms().get(dutch[:2], ()):
        if dutch.startswith(stem) and any(word.startswith(forms) for word in english):
            return True
    return False


def names(pair: PairView) -> Iterator[Finding]:
    """A name of the source that the target does not have, and one of the target that the source does not have."""
    source, target = pair.source, pair.target
    if "de" in (source.lang, target.lang):
        return  # German writes every noun with a capital.
    lost, added = unmatched(pair)
    if lost and added:
        message = f"“{source.words[lost[0]]}” became “{target.words[added[0]]}”."
        yield Finding("name", Severity.WARNING, message, span=target.span(added[0]))
    elif lost:
        message = f"“{source.words[lost[0]]}” has no counterpart."
        yield Finding("name", Severity.INFO, message, side="source", span=source.span(lost[0]))
    elif added:
        message = f"“{target.words[added[0]]}” is not in the source."
        yield Finding("name", Severity.INFO, message, span=target.span(added[0]))


@once
def unmatched(pair: PairView) -> tuple[list[int], list[int]]:
    """Indices of the source's and of the target's names that the other side does not have in any form."""
    known = pair.lexicon
    return (
        list(_alone(pair.source, pair.target, known.forward, known.source_names)),
        list(_alone(pair.target, pair.source, known.backward, known.target_names)),
    )


def _alone(text: Side, other: Side, table: Table, certain: frozenset[str]) -> Iterator[int]:
    """Indices of the names of a side without a counterpart; an ordinary word with a capital is no name."""
    others: list[str] | None = None
    for index in text.capitals:
        word, lower = text.words[index], text.lower[index]
        if lower in other.vocabulary or len(word) < 3 or not word[0].isupper():
            continue
        translations = table.get(lower)
        ordinary = translations is not None and lower not in certain
        if ordinary or (translations and translations & other.vocabulary):
            continue
        if word in ENGLISH_CAPITALS or word.startswith(("I'", "I’")) or opens(text, text.span(index)[0]):
            continue
        if others is None:
            others = [bare(part) for w in other.vocabulary for part in {w, *w.split("-")} if len(part) > 1]
        if not _somewhere(lower, text.lang, others):
            yield index


def _somewhere(word: str, lang: str, others: Sequence[str]) -> bool:
    """Whether a name, or a part of a compound name, stands among bare words of the other language."""
    for part in (bare(word), *(bare(part) for part in word.split("-") if "-" in word)):
        if lang == "nl" and exonym(part, others):
            return True
        if lang == "en" and any(exonym(other, (part,)) for other in others):
            return True
        if len(part) > 2 and any(len(other) > 2 and similar(part, other) for other in others):
            return True
        if len(part) > 3 and any(part in other or (len(other) > 4 and other in part) for other in others):
            return True
    return False
