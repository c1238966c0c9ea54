"""Words as numbers, with a memory: a tokeniser that looks at one word at a time is asked once for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mt.evaluate.ngrams import Symbols

REMEMBERED = 1 << 18
"""Different words after which the memory starts anew, about 50 MB."""


class WordNumbers:
    """Turns texts into token numbers.

    Args:
        tokenise: a word without white space to its tokens.
    """

    def __init__(self, tokenise: Callable[[str], Sequence[str]]) -> None:
        self._tokenise = tokenise
        self._numbers: dict[str, int] = {}
        self._words: dict[str, list[int]] = {}

    def symbols(self, *streams: Sequence[str]) -> list[Symbols]:
        """Each stream of texts as numbers; equal tokens have equal numbers within one call."""
        if len(self._words) > REMEMBERED:
            self._words.clear()
            self._numbers.clear()
        return [Symbols.of([self._text(text) for text in stream]) for stream in streams]

    def _text(self, text: str) -> list[int]:
        numbers: list[int] = []
        for word in text.split():
            known = self._words.get(word)
            if known is None:
                known = self._words[word] = self._learn(word)
            numbers += known
        return numbers

    def _learn(self, word: str) -> list[int]:
        return [self._numbers.setdefault(token, len(self._numbers)) for token in self._tokenise(word)]
