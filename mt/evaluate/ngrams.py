"""Counts of n-grams that texts share, for whole stretches of segments at once.

All n-grams of a stretch are packed into 64-bit keys, ``segment | symbol 1 | ... | symbol n | text``, and sorted.
Equal n-grams are then neighbours, and as shorter n-grams are prefixes one sort serves every order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY_BITS = 63
STRETCH = 4096
"""Segments that are counted together; bounds memory and the size of keys."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """Texts as numbers: one text for each segment.

    Attributes:
        ids: the symbols of all texts in a row, 0 or more, int64.
        lengths: how many of them each text has, int64.
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of_characters(cls, texts: Sequence[str]) -> Symbols:
        """From the code points of each text; lone surrogates too."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        return cls(codes.astype(np.int64), lengths)

    def totals(self, order: int) -> NDArray[np.int64]:
        """How many n-grams of 1..order each text has: ``[segments, order]``."""
        counts: NDArray[np.int64] = np.maximum(self.lengths[:, None] - np.arange(order), 0)
        return counts

    def stretches(self, size: int) -> Iterator[Symbols]:
        """The same texts, ``size`` segments at a time."""
        ends = np.concatenate([[0], np.cumsum(self.lengths)])
        for start in range(0, len(self.lengths), size):
            stop = min(start + size, len(self.lengths))
            yield Symbols(self.ids[ends[start] : ends[stop]], self.lengths[start:stop])


def matches(
    hypothesis: Symbols, references: Sequence[Symbols], order: int, merged: bool = False
) -> NDArray[np.int64]:
    """How many n-grams of each hypothesis are in its reference, each at most as often as it is there.

    Args:
        hypothesis: one text for each segment.
        references: one or more streams of as many texts.
        order: the longest n-grams.
        merged: count against all references together, where an n-gram is there as often as in the
            reference that has most of it; else against each alone.

    Returns:
        ``[references, segments, order]``, the first axis of length 1 where merged.
    """
    streams = [hypothesis, *references]
    blocks = [
        _matches(block, order, merged)
        for block in zip(*(stream.stretches(STRETCH) for stream in streams), strict=True)
    ]
    return np.concatenate(blocks, axis=1)


def _matches(streams: Sequence[Symbols], order: int, merged: bool) -> NDArray[np.int64]:
    """As :func:`matches` for one stretch; halves it while keys do not fit."""
    segments = len(streams[0].lengths)
    symbols, distinct = _compact(streams)
    bits = max(1, int(distinct).bit_length())
    side_bits = (len(streams) - 1).bit_length()
    if order * bits + side_bits + (segments - 1).bit_length() <= KEY_BITS:
        keys = np.sort(_keys(streams, symbols, order, bits, side_bits))
        return _count(keys, len(streams), segments, order, bits, side_bits, merged)
    if segments > 1:
        half = (segments + 1) // 2
        parts = zip(*(stream.stretches(half) for stream in streams), strict=True)
        return np.concatenate([_matches(part, order, merged) for part in parts], axis=1)
    return _count_slowly(streams, order, merged)


def _compact(streams: Sequence[Symbols]) -> tuple[list[NDArray[np.int64]], int]:
    """The symbols renumbered from 1, within each segment, and the highest number; 0 is kept for "no symbol"."""
    numbers = np.arange(len(streams[0].lengths))
    segment = np.concatenate([np.repeat(numbers, stream.lengths) for stream in streams])
    ids = np.concatenate([stream.ids for stream in streams])
    if not ids.size:
        return [stream.ids for stream in streams], 0
    if ids.max() < 1 << 21:
        present = np.zeros(int(ids.max()) + 1, dtype=bool)
        present[ids] = True
        number = np.cumsum(present)
        if number[-1] < 256:
            return np.split(number[ids], np.cumsum([len(s.ids) for s in streams])[:-1]), int(number[-1])
    local = _local_numbers(segment, ids)
    return np.split(local, np.cumsum([len(s.ids) for s in streams])[:-1]), int(local.max())


def _local_numbers(segment: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each symbol its number among the different symbols of its segment, from 1.

    The place goes into the sorted key where it fits, because a sort of keys is much faster than one of places.
    """
    place_bits, id_bits = len(ids).bit_length(), int(ids.max()).bit_length()
    key = (segment << id_bits) | ids
    if place_bits + id_bits + int(segment.max()).bit_length() <= KEY_BITS:
        ordered = np.sort((key << place_bits) | np.arange(len(ids)))
        place = ordered & ((1 << place_bits) - 1)
        ordered >>= place_bits
    else:
        place = np.argsort(key, kind="stable")
        ordered = key[place]
    rank = np.cumsum(np.concatenate([[False], ordered[1:] != ordered[:-1]]))
    owner = ordered >> id_bits
    begins = np.concatenate([[True], owner[1:] != owner[:-1]])
    first_rank = rank[begins][np.cumsum(begins) - 1]
    local = np.empty(len(ids), dtype=np.int64)
    local[place] = rank - first_rank + 1
    return local


def _keys(
    streams: Sequence[Symbols], symbols: Sequence[NDArray[np.int64]], order: int, bits: int, side_bits: int
) -> NDArray[np.int64]:
    """A key for every position of every text; positions after the end of a text hold symbol 0."""
    keys = []
    for side, (stream, ids) in enumerate(zip(streams, symbols, strict=True)):
        text = np.repeat(np.arange(len(stream.lengths)), stream.lengths)
        place = np.arange(len(ids)) + text * (order - 1)
        padded = np.zeros(len(ids) + (order - 1) * (len(stream.lengths) + 1), dtype=np.int64)
        padded[place] = ids
        key = text
        for offset in range(order):
            key = (key << bits) | padded[place + offset]
        keys.append((key << side_bits) | side)
    return np.concatenate(keys)


def _count(
    keys: NDArray[np.int64], sides: int, segments: int, order: int, bits: int, side_bits: int, merged: bool
) -> NDArray[np.int64]:
    counted = np.zeros((1 if merged else sides - 1, segments, order), dtype=np.int64)
    if not len(keys):
        return counted
    side = keys & ((1 << side_bits) - 1)
    sides_of = [side == number for number in range(sides)]
    for n in range(order, 0, -1):
        grams = keys >> (side_bits + bits * (order - n))
        starts = np.flatnonzero(np.concatenate([[True], grams[1:] != grams[:-1]]))
        distinct = grams[starts]
        often = [np.add.reduceat(present, starts, dtype=np.int64) for present in sides_of[1:]]
        often.insert(0, np.diff(starts, append=len(grams)) - sum(often))
        # The n-gram of a position near the end of its text ends in "no symbol", and is none.
        whole = (distinct & ((1 << bits) - 1)) > 0
        owner = distinct >> (bits * n)
        others = [np.maximum.reduce(often[1:])] if merged else often[1:]
        for reference, other in enumerate(others):
            shared = np.where(whole, np.minimum(often[0], other), 0)
            counted[reference, :, n - 1] = np.bincount(owner, weights=shared, minlength=segments)
    return counted


def _count_slowly(streams: Sequence[Symbols], order: int, merged: bool) -> NDArray[np.int64]:
    """One segment with so many different symbols that a key would not hold them."""
    from collections import Counter

    counted = np.zeros((1 if merged else len(streams) - 1, 1, order), dtype=np.int64)
    texts = [stream.ids.tolist() for stream in streams]
    for n in range(1, order + 1):
        often = [Counter(zip(*(text[i:] for i in range(n)), strict=False)) for text in texts]
        others = often[1:]
        if merged:
            most = others[0]
            for other in others[1:]:
                most |= other
            others = [most]
        for reference, other in enumerate(others):
            counted[reference, 0, n - 1] = (often[0] & other).total()
    return counted
