"""A pair as the checks see it: both sides split into words once.

Views compare by identity. What several checks ask of one is worked out once and kept with it, and the view of a
pair is kept for a while, so that the score finds what the checks have worked out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

from mt.quality.lexicon import Lexicon, lexicon

WORD = re.compile(r"[^\W\d_]++(?:['’\-][^\W\d_]++)*+")
"""A run of letters, with apostrophes and hyphens inside: ``foto's``, ``don't``, ``radio-uitzending``."""

ASCII_WORD = re.compile(r"[A-Za-z]++(?:['\-][A-Za-z]++)*+")
"""The same in a text of ASCII, found faster."""

KEPT = 512
"""Views that are kept: more than all workers of a translation have in hand."""

Result = TypeVar("Result")


class Side:
    """One side of a pair.

    Attributes:
        text: as given.
        lang: primary language subtag, for example ``nl``.
        words: runs of letters, as written.
        lower: the same in lower case.
        vocabulary: the distinct lower-case words.
        capitals: indices of the words with a capital anywhere.
        worked_out: results of functions of this side; see :func:`once`.
    """

    __slots__ = ("capitals", "lang", "lower", "text", "vocabulary", "words", "worked_out")

    def __init__(self, text: str, lang: str) -> None:
        self.text = text
        self.lang = lang.partition("-")[0].lower()
        self.words: list[str] = (ASCII_WORD if text.isascii() else WORD).findall(text)
        self.lower = "\n".join(self.words).lower().split("\n") if self.words else []
        self.vocabulary = frozenset(self.lower)
        self.capitals = [i for i, word in enumerate(self.words) if word != self.lower[i]]
        self.worked_out: dict[str, Any] = {}

    def span(self, word: int) -> tuple[int, int]:
        """Offsets of a word in the text."""
        return _spans(self)[word]


class PairView:
    """Both sides of a pair, and what is known of the words of their languages.

    Attributes:
        source, target: the sides.
        lexicon: of their languages.
        worked_out: results of functions of this pair; see :func:`once`.
    """

    __slots__ = ("lexicon", "source", "target", "worked_out")

    def __init__(self, source: Side, target: Side, lexicon: Lexicon) -> None:
        self.source = source
        self.target = target
        self.lexicon = lexicon
        self.worked_out: dict[str, Any] = {}

    @property
    def one_sided(self) -> bool:
        """Whether a side has no text."""
        return not (self.source.text.strip() and self.target.text.strip())


def once(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """A function of one side or pair, whose result is kept with it; nobody may change the result."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def remembered(view: Side | PairView) -> Result:
        found: Result | None = view.worked_out.get(name)
        if found is None:
            found = view.worked_out[name] = function(view)
        return found

    return remembered


@once
def _spans(text: Side) -> list[tuple[int, int]]:
    """Offsets of all words of a side; checks ask for them word by word."""
    return [match.span() for match in WORD.finditer(text.text)]


def view(
    source: str,
    target: str,
    source_lang: str = "nl",
    target_lang: str = "en",
    known: Lexicon | None = None,
    *,
    kept: bool = True,
) -> PairView:
    """A pair with its words.

    Args:
        source, target: plain text.
        source_lang, target_lang: BCP 47.
        known: a lexicon to use instead of the shipped one.
        kept: whether the same view is given to who asks for this pair next. Who reads many pairs once leaves it out:
            memory that was just freed is nearer than the place of the view before 512 others.
    """
    if known is None and kept:
        return _kept(source, target, source_lang, target_lang)
    here, there = Side(source, source_lang), Side(target, target_lang)
    return PairView(here, there, known or lexicon(here.lang, there.lang))


@lru_cache(maxsize=KEPT)
def _kept(source: str, target: str, source_lang: str, target_lang: str) -> PairView:
    return view(source, target, source_lang, target_lang, kept=False)
