"""A pair as the checks see it: both sides split into words once.

Views compare by identity, so that what several checks ask of one pair is worked out once.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mt.quality.lexicon import Lexicon, lexicon

WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
"""A run of letters, with apostrophes and hyphens inside: ``foto's``, ``don't``, ``radio-uitzending``."""


class Side:
    """One side of a pair.

    Attributes:
        text: as given.
        lang: primary language subtag, for example ``nl``.
        words: runs of letters, as written.
        lower: the same in lower case.
        vocabulary: the distinct lower-case words.
    """

    __slots__ = ("lang", "lower", "text", "vocabulary", "words")

    def __init__(self, text: str, lang: str) -> None:
        self.text = text
        self.lang = lang.partition("-")[0].lower()
        self.words: list[str] = WORD.findall(text)
        self.lower = [word.lower() for word in self.words]
        self.vocabulary = frozenset(self.lower)

    def span(self, word: int) -> tuple[int, int]:
        """Offsets of a word in the text."""
        return _spans(self.text)[word]


class PairView:
    """Both sides of a pair, and what is known of the words of their languages."""

    __slots__ = ("lexicon", "source", "target")

    def __init__(self, source: Side, target: Side, lexicon: Lexicon) -> None:
        self.source = source
        self.target = target
        self.lexicon = lexicon

    @property
    def one_sided(self) -> bool:
        """Whether a side has no text."""
        return not (self.source.text.strip() and self.target.text.strip())


@lru_cache(maxsize=8)
def _spans(text: str) -> list[tuple[int, int]]:
    """Offsets of all words of a text; checks ask for them word by word."""
    return [match.span() for match in WORD.finditer(text)]


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
    here, there = Side(source, source_lang), Side(target, target_lang)
    return PairView(here, there, known or lexicon(here.lang, there.lang))
