"""BLEU (Papineni et al. 2002) as sacrebleu computes it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate.ngrams import Symbols, matches
from mt.evaluate.sacre import first, metric_signature, open_bleu
from mt.evaluate.words import WordNumbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDER = 4
"""The longest n-grams."""


BETWEEN = "\x01"
"""A character that no tokeniser splits or joins."""

_JOINED = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)+")


class Bleu:
    """Statistics of a segment: hypothesis length, reference length, matches of 1..4-grams, their totals."""

    name = "BLEU"
    higher_is_better = True

    def __init__(self, lang: str = "") -> None:
        self._sacre = open_bleu(lang)
        self._word_by_word = self._sacre.tokenizer.signature() == "13a"
        self._words = WordNumbers(self._tokenise)

    def against(self, references: Sequence[Sequence[str]]) -> Callable[[Sequence[str]], NDArray[np.float64]]:
        """Statistics ``[segments, 10]``."""
        others = [self._symbols(stream) for stream in references]
        lengths = np.stack([other.lengths for other in others])

        def statistics(hypotheses: Sequence[str]) -> NDArray[np.float64]:
            hypothesis = self._symbols(hypotheses)
            matched = matches(hypothesis, others, ORDER, merged=True)[0]
            nearest = _nearest(hypothesis.lengths, lengths)
            columns = [hypothesis.lengths[:, None], nearest[:, None], matched, hypothesis.totals(ORDER)]
            return np.concatenate(columns, axis=1).astype(np.float64)

        return statistics

    def _symbols(self, texts: Sequence[str]) -> Symbols:
        """Tokens as numbers; 13a looks no further than a word, but joins lines that a text may have."""
        if self._word_by_word and not any("\n" in text for text in texts):
            return self._words.symbols(texts)
        return self._words.symbols([self._sacre._preprocess_segment(text) for text in texts], whole=True)

    def _tokenise(self, words: Sequence[str]) -> Iterator[list[str]]:
        """Most words are plain; the others go to sacrebleu in one call, which is much faster."""
        known = [None if BETWEEN in word else plain_tokens(word) for word in words]
        others = [
            word for word, tokens in zip(words, known, strict=True) if not tokens and BETWEEN not in word
        ]
        found = iter(self._sacre.tokenizer(f" {BETWEEN} ".join(others)).split(BETWEEN))
        for word, tokens in zip(words, known, strict=True):
            if BETWEEN in word:
                yield self._sacre.tokenizer(word).split()
            else:
                yield tokens or next(found).split()

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.float64]:
        """0..100, with exponential smoothing of orders without a match."""
        return _bleu(totals, effective_order=False)

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """0..100, with effective order: orders longer than the hypothesis do not count."""
        return _bleu(statistics, effective_order=True)

    def signature(self, references: int, **settings: int | None) -> str:
        """sacrebleu's."""
        return metric_signature(self._sacre, references, settings)


def plain_tokens(word: str) -> list[str] | None:
    """The 13a tokens of a word of letters, or of digits and letters alone; None for words that need its rules.

    13a parts no apostrophe and no hyphen from letters, and always parts a full stop or comma after a letter.
    """
    if word.isalnum() or _JOINED.fullmatch(word):
        return [word]
    if word[-1] in ".," and word[:-1].isalpha():
        return [word[:-1], word[-1]]
    return None


def _nearest(length: NDArray[np.int64], references: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each hypothesis the reference length that is nearest, the shorter one where two are."""
    ordered = np.sort(references, axis=0)
    chosen = np.abs(ordered - length).argmin(axis=0)
    nearest: NDArray[np.int64] = ordered[chosen, np.arange(len(length))]
    return nearest


def _bleu(totals: NDArray[np.floating], effective_order: bool) -> NDArray[np.float64]:
    """BLEU of each row, operation by operation as sacrebleu does it, so that the last bit agrees.

    The numbers keep the type of the rows: sacrebleu's resampled precisions are float32.
    """
    if not len(totals):
        return np.zeros(0)
    correct, total = totals[:, 2 : 2 + ORDER], totals[:, 2 + ORDER :]
    reached = np.logical_and.accumulate(total > 0, axis=1)
    missed = reached & (correct == 0)
    smoothing = (2.0 ** np.cumsum(missed, axis=1)).astype(totals.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(missed, 100 / (smoothing * total), 100 * correct / total)
    logs = first(math.log, np.where(reached, precision, 1).astype(np.float64))
    orders = reached.sum(axis=1) if effective_order else np.full(len(totals), ORDER)
    floor = np.where(reached, 0.0, 0.0 if effective_order else -9999999999.0)
    total_log = np.zeros(len(totals))
    for n in range(ORDER):
        total_log += logs[:, n] + floor[:, n]
    mean = total_log / np.maximum(orders, 1)
    brevity = _brevity(totals[:, 0].astype(np.float64), totals[:, 1].astype(np.float64))
    some = correct.any(axis=1)
    return np.where(some, brevity * first(math.exp, mean), 0.0)


def _brevity(length: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.where(length < reference, 1 - reference / length, 0.0)
    shown = np.where(length > 0, exponent, 0.0)
    return np.where((length == 0) & (reference > 0), 0.0, first(math.exp, shown))
