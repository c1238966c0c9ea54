"""Words as numbers, with a memory: a tokeniser that looks at one word at a time is asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np

from mt.evaluate.ngrams import Symbols

REMEMBERED = 1 << 18
"""Different words after which the memory starts anew, about 50 MB."""


class WordNumbers:
    """Turns texts into token numbers; equal tokens have equal numbers.

    Args:
        tokenise: the tokens of each of some words without white space.
    """

    def __init__(self, tokenise: Callable[[Sequence[str]], Iterable[Sequence[str]]]) -> None:
        self._tokenise = tokenise
        self._numbers: dict[str, int] = {}
        self._words: dict[str, list[int]] = {}

    def symbols(self, texts: Sequence[str], whole: bool = False) -> Symbols:
        """The texts as numbers.

        Args:
            texts: one for each segment.
            whole: they are tokenised already, words are tokens.
        """
        split = [text.split() for text in texts]
        words = list(chain.from_iterable(split))
        numbers = [[self._number(word)] for word in words] if whole else self._remembered(words)
        ids = np.fromiter(chain.from_iterable(numbers), np.int64)
        ends = np.cumsum(np.fromiter(map(len, numbers), np.int64, len(numbers)))
        borders = np.cumsum(np.fromiter(map(len, split), np.int64, len(split)))
        ends_of_texts = np.concatenate([[0], ends])[np.concatenate([[0], borders])]
        return Symbols(ids, np.diff(ends_of_texts))

    def _remembered(self, words: Sequence[str]) -> list[list[int]]:
        if len(self._words) > REMEMBERED:
            self._words.clear()
        new = list(set(words).difference(self._words))
        for word, tokens in zip(new, self._tokenise(new), strict=True):
            self._words[word] = [self._number(token) for token in tokens]
        return list(map(self._words.__getitem__, words))

    def _number(self, token: str) -> int:
        return self._numbers.setdefault(token, len(self._numbers))
