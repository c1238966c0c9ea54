"""A pair as the checks see it: both sides split into words once.

Views compare by identity, so that what several checks ask of one pair is worked out once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mt.quality.lexicon import Lexicon, lexicon

WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
"""A run of letters, with apostrophes and hyphens inside: ``foto's``, ``don't``, ``radio-uitzending``."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a pair.

    Attributes:
        text: as given.
        lang: primary language subtag, for example ``nl``.
        words: runs of letters, as written.
        lower: the same in lower case.
        vocabulary: the distinct lower-case words.
    """

    text: str
    lang: str
    words: list[str]
    lower: list[str]
    vocabulary: frozenset[str]

    def span(self, word: int) -> tuple[int, int]:
        """Offsets of a word in the text."""
        return _spans(self.text)[word]


@dataclass(frozen=True, slots=True, eq=False)
class PairView:
    """Both sides of a pair, and what is known of the words of their languages."""

    source: Side
    target: Side
    lexicon: Lexicon

    @property
    def one_sided(self) -> bool:
        """Whether a side has no text."""
        return not (self.source.text.strip() and self.target.text.strip())


@lru_cache(maxsize=8)
def _spans(text: str) -> list[tuple[int, int]]:
    """Offsets of all words of a text; checks ask for them word by word."""
    return [match.span() for match in WORD.finditer(text)]


def side(text: str, lang: str) -> Side:
    """A text with its words."""
    words = WORD.findall(text)
    lower = [word.lower() for word in words]
    return Side(text, lang.partition("-")[0].lower(), words, lower, frozenset(lower))


def view(
    source: str,
    target: str,
    source_lang: str = "nl",
    target_lang: str = "en",
    known: Lexicon | None = None,
) -> PairView:
    """A pair with its words.

    Args:
        source, target: plain text.
        source_lang, target_lang: BCP 47.
        known: a lexicon to use instead of the shipped one.
    """
    here, there = side(source, source_lang), side(target, target_lang)
    return PairView(here, there, known or lexicon(here.lang, there.lang))
