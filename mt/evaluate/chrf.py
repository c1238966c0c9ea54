"""chrF2 (Popović 2015) and chrF2++ (Popović 2017) as sacrebleu computes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate.ngrams import Symbols, matches
from mt.evaluate.sacre import metric_signature
from mt.evaluate.words import WordNumbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHARACTER_ORDER = 6
"""The longest character n-grams."""

BETA_SQUARED = 4
"""Recall counts twice as much as precision."""


class Chrf2:
    """Statistics of a segment: for each order the n-grams of the hypothesis, of the reference, in both."""

    name = "chrF2"
    higher_is_better = True
    word_order = 0

    def __init__(self, lang: str = "") -> None:  # noqa: ARG002 - all metrics open alike
        from sacrebleu.metrics import CHRF

        self._sacre = CHRF(word_order=self.word_order)
        self._words = WordNumbers(lambda words: map(self._sacre._remove_punctuation, words))

    def against(self, references: Sequence[Sequence[str]]) -> Callable[[Sequence[str]], NDArray[np.float64]]:
        """Statistics ``[segments, 3 * orders]``, of the reference with the best score."""
        others = [self._symbols(stream) for stream in references]

        def statistics(hypotheses: Sequence[str]) -> NDArray[np.float64]:
            kinds = zip(self._symbols(hypotheses), *others, strict=True)
            parts = [
                _triples(kind, order)
                for kind, order in zip(kinds, (CHARACTER_ORDER, self.word_order), strict=False)
            ]
            by_reference: NDArray[np.float64] = np.concatenate(parts, axis=2).astype(np.float64)
            best = np.stack([chrf_scores(rows) for rows in by_reference]).argmax(axis=0)
            chosen: NDArray[np.float64] = by_reference[best, np.arange(len(hypotheses))]
            return chosen

        return statistics

    def _symbols(self, texts: Sequence[str]) -> list[Symbols]:
        """The characters without white space and, where they count, the words; ends of words stand alone."""
        characters = Symbols.of_characters(["".join(text.split()) for text in texts])
        if not self.word_order:
            return [characters]
        return [characters, self._words.symbols(texts)]

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.floating]:
        """0..100."""
        return chrf_scores(totals)

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """0..100."""
        return chrf_scores(statistics).astype(np.float64)

    def signature(self, references: int, **settings: int | None) -> str:
        """sacrebleu's."""
        return metric_signature(self._sacre, references, settings)


class Chrf2PlusPlus(Chrf2):
    """chrF2 with word unigrams and bigrams."""

    name = "chrF2++"
    word_order = 2


def _triples(streams: Sequence[Symbols], order: int) -> NDArray[np.int64]:
    """Against each reference: ``[references, segments, 3 * order]``.

    Where the reference has no n-gram of an order, those of the hypothesis do not count either.
    """
    hypothesis, *references = streams
    matched = matches(hypothesis, references, order)
    there = np.stack([reference.totals(order) for reference in references])
    written = np.where(there > 0, hypothesis.totals(order), 0)
    return np.stack([written, there, matched], axis=3).reshape(*there.shape[:2], 3 * order)


def chrf_scores(totals: NDArray[np.floating]) -> NDArray[np.floating]:
    """chrF of each row, operation by operation as sacrebleu does it, in the type of the rows.

    A score of 0 has Python's type there and makes the whole array float64.
    """
    zero = totals.dtype.type(0)
    precision, recall = np.zeros(len(totals), totals.dtype), np.zeros(len(totals), totals.dtype)
    orders = np.zeros(len(totals), totals.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        for column in range(0, totals.shape[1], 3):
            hypothesis, reference, match = totals[:, column : column + 3].T
            counts = (hypothesis > 0) & (reference > 0)
            precision += np.where(counts, match / hypothesis, zero)
            recall += np.where(counts, match / reference, zero)
            orders += counts
        precision = np.where(orders > 0, precision / orders, zero)
        recall = np.where(orders > 0, recall / orders, zero)
        score = (1 + BETA_SQUARED) * precision * recall
        score /= BETA_SQUARED * precision + recall
        found = precision + recall > 0
        scores = np.where(found, 100 * score, zero)
    return scores if found.all() else scores.astype(np.float64)
