"""Words as numbers, with a memory: a tokeniser that looks at one word at a time is asked once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count, islice
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate.ngrams import Symbols

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEMBERED = 1 << 18
"""Different words after which the memory starts anew, about 50 MB."""


class WordNumbers:
    """Turns texts into token numbers; equal tokens have equal numbers.

    Args:
        tokenise: the tokens of each of some words without white space.
    """

    def __init__(self, tokenise: Callable[[Sequence[str]], Iterable[Sequence[str]]]) -> None:
        self._tokenise = tokenise
        self._tokens: defaultdict[str, int] = defaultdict(count().__next__)
        self._forget()

    def symbols(self, texts: Sequence[str], whole: bool = False) -> Symbols:
        """The texts as numbers.

        Args:
            texts: one for each segment.
            whole: they are tokenised already, words are tokens.
        """
        split = [text.split() for text in texts]
        lengths = np.fromiter(map(len, split), np.int64, len(split))
        words, total = chain.from_iterable(split), int(lengths.sum())
        if whole:
            return Symbols(np.fromiter(map(self._tokens.__getitem__, words), np.int64, total), lengths)
        if len(self._words) > REMEMBERED:
            self._forget()
        indices = np.fromiter(map(self._words.__getitem__, words), np.int64, total)
        self._learn()
        begins, widths = self._begins[indices], np.diff(self._begins)[indices]
        ends = np.concatenate([[0], np.cumsum(widths)])
        places = np.repeat(begins - ends[:-1], widths) + np.arange(ends[-1])
        borders = np.concatenate([[0], np.cumsum(lengths)])
        return Symbols(self._ids[places], np.diff(ends[borders]))

    def _forget(self) -> None:
        """Words get numbers in the order in which they are seen; ``_begins`` says where their tokens are."""
        self._words: defaultdict[str, int] = defaultdict(count().__next__)
        self._ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._begins: NDArray[np.int64] = np.zeros(1, np.int64)

    def _learn(self) -> None:
        """Tokenise the words that are new."""
        new = list(islice(self._words, len(self._begins) - 1, None))
        if not new:
            return
        tokens = [list(found) for found in self._tokenise(new)]
        numbers = map(self._tokens.__getitem__, chain.from_iterable(tokens))
        ends = self._begins[-1] + np.cumsum(np.fromiter(map(len, tokens), np.int64, len(new)))
        self._ids = np.concatenate([self._ids, np.fromiter(numbers, np.int64)])
        self._begins = np.concatenate([self._begins, ends])
