"""What encoders may offer beyond vectors of texts, and what is done where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mt.align import Encoder
from mt.align.vectors import Floats, unit_rows

Levels = list[NDArray[np.float16]]
"""Item ``a - 1`` holds, ``[n, d]``, in row ``i`` the vector of the segments ``i`` to ``i + a - 1`` as one.

Rows of runs that would reach past the end are zero.
"""


@runtime_checkable
class SpanEncoder(Protocol):
    """An encoder that gets the vectors of joined neighbours cheaper than by encoding them again."""

    def encode_spans(self, texts: Sequence[str], longest: int) -> Levels:
        """Vectors of norm 1 of all runs of 1 to ``longest`` texts."""
        ...


@runtime_checkable
class WordEncoder(Protocol):
    """An encoder that knows what each word means in its sentence."""

    def encode_words(self, tokens: Sequence[str]) -> Floats:
        """One vector for each token of a text, float32 ``[len(tokens), d]``."""
        ...


@runtime_checkable
class TextAndWordEncoder(Protocol):
    """An encoder that knows texts and their words from one reading."""

    def encode_both(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """Vectors of the texts, ``[len(texts), d]``, and for each those of its white-space tokens."""
        ...


def run_vectors(encoder: Encoder, texts: Sequence[str], longest: int) -> Levels:
    """Embeddings of all runs of neighbouring texts; sums of vectors where the encoder knows no better."""
    if isinstance(encoder, SpanEncoder):
        return encoder.encode_spans(texts, longest)
    return run_sums(encoder.encode(texts), longest, unit=True)


def run_sums(vectors: NDArray[np.floating], longest: int, unit: bool) -> Levels:
    """Levels of sums of neighbouring rows, scaled to norm 1 if ``unit``."""
    levels = []
    total = np.asarray(vectors, dtype=np.float32).copy()
    for a in range(1, longest + 1):
        last = max(0, len(total) - a + 1)
        if a > 1:
            total[:last] += vectors[a - 1 :]
            total[last:] = 0.0
        levels.append((unit_rows(total) if unit else total).astype(np.float16))
    return levels


def word_vectors(encoder: Encoder, tokens: Sequence[str]) -> Floats:
    """Vectors of norm 1 of the tokens in their context, or of the tokens alone."""
    if isinstance(encoder, WordEncoder):
        return unit_rows(encoder.encode_words(tokens))
    return unit_rows(encoder.encode(tokens))


def text_and_word_vectors(encoder: Encoder, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
    """Vectors of norm 1 of texts, and of the white-space tokens of each in their context."""
    if isinstance(encoder, TextAndWordEncoder):
        vectors, words = encoder.encode_both(texts)
        return vectors, [unit_rows(one) for one in words]
    return encoder.encode(texts), [word_vectors(encoder, text.split()) for text in texts]
