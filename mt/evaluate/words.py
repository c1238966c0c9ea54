"""Words as numbers, with a memory: a tokeniser that looks at one word at a time is asked once for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mt.evaluate.ngrams import Symbols

REMEMBERED = 1 << 18
"""Different words whose tokens are remembered, about 50 MB."""


class WordNumbers:
    """Turns texts into token numbers; equal tokens have equal numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: dict[str, list[int]] = {}

    def symbols(self, texts: Sequence[str], tokenise: Callable[[str], Sequence[str]] | None) -> Symbols:
        """The texts as numbers.

        Args:
            texts: one for each segment.
            tokenise: a word without white space to its tokens, the same at every call; None where words
                are tokens.
        """
        if tokenise is None:
            return Symbols.of([[self._number(word) for word in text.split()] for text in texts])
        return Symbols.of([self._text(text, tokenise) for text in texts])

    def _text(self, text: str, tokenise: Callable[[str], Sequence[str]]) -> list[int]:
        numbers: list[int] = []
        for word in text.split():
            known = self._words.get(word)
            if known is None:
                known = [self._number(token) for token in tokenise(word)]
                if len(self._words) < REMEMBERED:
                    self._words[word] = known
            numbers += known
        return numbers

    def _number(self, token: str) -> int:
        return self._numbers.setdefault(token, len(self._numbers))
