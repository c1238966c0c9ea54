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

TABLE = 1 << 22
"""Cells of the table that renumbers symbols, unless one segment needs more; 4 bytes each."""


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
    highest = max((int(stream.ids.max(initial=-1)) for stream in streams), default=-1)
    if highest < 0:
        return [stream.ids for stream in streams], 0
    if highest < 1 << 21:
        present = np.zeros(highest + 1, dtype=bool)
        for stream in streams:
            present[stream.ids] = True
        number = np.cumsum(present)
        if number[-1] < 256:
            return [number[stream.ids] for stream in streams], int(number[-1])
    local = _local_numbers(streams, highest + 1)
    return local, max(int(numbers.max(initial=0)) for numbers in local)


def _local_numbers(streams: Sequence[Symbols], distinct: int) -> list[NDArray[np.int64]]:
    """For each symbol a place where it stands in its segment, from 1, the same for all equal ones of a segment.

    Each symbol writes its place into a table of segments and symbols, and reads what was written last.
    """
    rows = max(1, min(64, TABLE // distinct))
    table = np.empty(rows * distinct, dtype=np.int32)
    cells, places, borders = [], [], []
    before = np.ones(len(streams[0].lengths), dtype=np.int64)
    for stream in streams:
        ends = np.concatenate([[0], np.cumsum(stream.lengths)])
        segment = np.repeat(np.arange(len(stream.lengths)), stream.lengths)
        cells.append(segment % rows * distinct + stream.ids)
        places.append(np.arange(len(stream.ids)) + np.repeat(before - ends[:-1], stream.lengths))
        borders.append(ends)
        before = before + stream.lengths
    found = [np.empty(len(stream.ids), dtype=np.int64) for stream in streams]
    for first in range(0, len(before), rows):
        last = min(first + rows, len(before))
        parts = [slice(ends[first], ends[last]) for ends in borders]
        for cell, place, part in zip(cells, places, parts, strict=True):
            table[cell[part]] = place[part]
        for cell, numbers, part in zip(cells, found, parts, strict=True):
            numbers[part] = table[cell[part]]
    return found


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
    sides_of = (1 << side_bits) - 1
    for n in range(1, order + 1):
        if not len(keys):
            break
        grams = keys >> (side_bits + bits * (order - n))
        borders = np.flatnonzero(np.concatenate([[True], grams[1:] != grams[:-1], [True]]))
        sizes, distinct = np.diff(borders), grams[borders[:-1]]
        others = _counts_of_references(keys & sides_of, borders, sides)
        own = sizes - sum(others)
        # The n-gram of a position near the end of its text ends in "no symbol", and is none.
        own[(distinct & ((1 << bits) - 1)) == 0] = 0
        owner, in_some = distinct >> (bits * n), np.zeros(len(own), dtype=bool)
        for reference, other in enumerate([np.maximum.reduce(others)] if merged else others):
            shared = np.minimum(own, other)
            is_shared = shared > 0
            in_some |= is_shared
            counted[reference, :, n - 1] = np.bincount(
                owner[is_shared], weights=shared[is_shared], minlength=segments
            )
        # A longer n-gram is shared only where its beginning is.
        keys = keys[np.repeat(in_some, sizes)]
    return counted


def _counts_of_references(
    sides_of: NDArray[np.int64], borders: NDArray[np.int64], sides: int
) -> list[NDArray[np.int64]]:
    """How many keys between two borders are of each reference; references are sides 1 and on."""
    if sides == 2:
        return [np.diff(np.concatenate([[0], np.cumsum(sides_of)])[borders])]
    seen = (np.concatenate([[0], np.cumsum(sides_of == side)]) for side in range(1, sides))
    return [np.diff(counts[borders]) for counts in seen]


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
