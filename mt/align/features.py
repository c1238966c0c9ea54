"""What the signals say about a possible bead, as numbers for a log-linear score.

Every signal is a pair of vectors for each run of segments, so that one matrix product compares all runs in a
block of the band.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mt.align.encoders import Levels, run_sums
from mt.align.search import KINDS
from mt.align.vectors import Floats, Integers

LONGEST_RUN = max(a for a, _ in KINDS)

SIGNALS = ("embeddings", "translation", "lengths", "numbers")

FEATURES = (
    "bias",
    "distance",
    "distance squared",
    "gain",
    "overlap",
    "overlap squared",
    "overlap gain",
    "length",
    "length squared",
    "numbers matched",
    "numbers missed",
    "names matched",
    "names missed",
    "numbers strange",
)
NULL_FEATURES = ("bias", "nearest", "best overlap", "length", "numbers", "numbers strange")

NEEDS = {
    "bias": "",
    "distance": "embeddings",
    "distance squared": "embeddings",
    "gain": "embeddings",
    "nearest": "embeddings",
    "overlap": "translation",
    "overlap squared": "translation",
    "overlap gain": "translation",
    "best overlap": "translation",
    "length": "lengths",
    "length squared": "lengths",
    "numbers matched": "numbers",
    "numbers missed": "numbers",
    "names matched": "numbers",
    "names missed": "numbers",
    "numbers": "numbers",
    "numbers strange": "numbers",
}
"""Feature to the signal that it comes from; the bias needs none."""

GROUPS = ("1-1", "1-2", "2-2", "1-3", "2-3", "more")

WORD = re.compile(r"\w+(?:[.,:'’-]\w+)*")
DIMENSIONS = 512
UNRELATED = 8
"""Segments with a cosine of zero that are imagined beside every text."""

RARE_DIMENSIONS = 128


def group_of(kind: tuple[int, int]) -> int:
    """Index in ``GROUPS`` of a kind of bead; both directions share a group."""
    name = f"{min(kind)}-{max(kind)}"
    return GROUPS.index(name) if name in GROUPS else len(GROUPS) - 1


@dataclass(frozen=True)
class View:
    """One signal's vectors of both sides."""

    source: Levels
    target: Levels


@dataclass(frozen=True)
class Evidence:
    """Everything that is known about two segmented texts before the search.

    Attributes:
        embeddings: sentence embeddings of norm 1, or None.
        overlap: bags of words in the target language of norm 1, or None.
        numbers, names: counts of strings that both texts have, not scaled, or None.
        source_strange, target_strange: numbers before each boundary that the other text does not have anywhere.
        source_length, target_length: characters before each boundary, the source's scaled to the target's.
        lengths: whether lengths count.
    """

    embeddings: View | None
    overlap: View | None
    numbers: View | None
    names: View | None
    source_strange: NDArray[np.float64]
    target_strange: NDArray[np.float64]
    source_length: NDArray[np.float64]
    target_length: NDArray[np.float64]
    lengths: bool


def collect(
    source: Sequence[str],
    target: Sequence[str],
    embeddings: tuple[Levels, Levels] | None,
    translation: Sequence[str] | None,
    lengths: bool,
    numbers: bool,
) -> Evidence:
    """Turn texts into evidence; a signal that is None or False is left out."""
    left, right = ([float(len(text)) for text in side] for side in (source, target))
    here, there = ([_numbers(text) for text in side] for side in (source, target))
    expansion = _expansion(sum(left), sum(right))
    return Evidence(
        None if embeddings is None else View(*embeddings),
        None if translation is None else _overlap(translation, target),
        _shared(here, there) if numbers else None,
        _shared(map(_names, source), map(_names, target)) if numbers else None,
        _boundaries(_strange(here, there)),
        _boundaries(_strange(there, here)),
        _boundaries(left) * expansion,
        _boundaries(right),
        lengths,
    )


def _boundaries(amounts: Sequence[float]) -> NDArray[np.float64]:
    """Sum of the amounts before each boundary."""
    return np.concatenate([[0.0], np.cumsum(amounts)])


def _strange(bags: Sequence[list[str]], others: Sequence[list[str]]) -> list[float]:
    """How many strings of each bag are in none of the others."""
    known = {word for bag in others for word in bag}
    return [float(sum(word not in known for word in bag)) for bag in bags]


def _expansion(source: float, target: float) -> float:
    """Target characters for one source character; 1 where one document is clearly cut."""
    ratio = target / source if source else 1.0
    return ratio if 0.7 < ratio < 1.4 else 1.0


def _bucket(word: str, size: int) -> tuple[int, float]:
    """Place and sign of a word in a hashed vector (Weinberger et al. 2009)."""
    code = crc32(word.encode())
    return (code >> 1) % size, 1.0 if code & 1 else -1.0


def _hashed(bags: Sequence[Iterable[str]], weights: dict[str, float], size: int) -> Floats:
    """One row of weighted, hashed counts for each bag; words without a weight are left out."""
    rows = np.zeros((len(bags), size), dtype=np.float32)
    places = {word: _bucket(word, size) for word in weights}
    for row, bag in zip(rows, bags, strict=True):
        for word in bag:
            if word in places:
                place, sign = places[word]
                row[place] += sign * weights[word]
    return rows


def _stems(text: str) -> list[str]:
    """Words in lower case, cut after five characters, which joins most inflected forms."""
    return [word.lower()[:5] for word in WORD.findall(text)]


def _overlap(translation: Sequence[str], target: Sequence[str]) -> View:
    """Word stems of both texts, weighted by inverse document frequency in the target."""
    left, right = [_stems(t) for t in translation], [_stems(t) for t in target]
    seen = Counter(stem for bag in right for stem in set(bag))
    weights = {stem: log((len(right) + 1) / count) for stem, count in seen.items()}
    for stem in {stem for bag in left for stem in bag} - set(weights):
        weights[stem] = log(len(right) + 1)
    return View(
        run_sums(_hashed(left, weights, DIMENSIONS), LONGEST_RUN, unit=True),
        run_sums(_hashed(right, weights, DIMENSIONS), LONGEST_RUN, unit=True),
    )


def _numbers(text: str) -> list[str]:
    """Digits of every number, separators left out: ``1.234,5`` and ``1,234.5`` are the same."""
    return [digits for word in WORD.findall(text) if (digits := re.sub(r"\D", "", word))]


def _names(text: str) -> list[str]:
    """Words with a capital that is not the first of the text, cut after five characters."""
    words = WORD.findall(text)[1:]
    return [word.lower()[:5] for word in words if word[0].isupper()]


def _shared(source: Iterable[list[str]], target: Iterable[list[str]]) -> View:
    """Counts of the strings that both texts have; the more often one occurs, the less it weighs."""
    left, right = list(source), list(target)
    both = {word for bag in left for word in bag} & {word for bag in right for word in bag}
    seen = Counter(word for bag in (*left, *right) for word in bag)
    weights = {word: min(1.0, (4 / seen[word]) ** 0.5) for word in both}
    return View(
        run_sums(_hashed(left, weights, RARE_DIMENSIONS), LONGEST_RUN, unit=False),
        run_sums(_hashed(right, weights, RARE_DIMENSIONS), LONGEST_RUN, unit=False),
    )


@dataclass(frozen=True)
class Background:
    """What similarity means in these documents: one minus the mean cosine of a run with the other side."""

    source: list[Floats]
    target: list[Floats]


def background(view: View) -> Background:
    """Mean distance of every run to the single segments of the other text (Thompson and Koehn 2019).

    Short texts count as if some unrelated segments stood beside them, since else a text of one segment
    would have nothing but its own translation to compare with.
    """
    left, right = (
        level.astype(np.float32).sum(axis=0) / (len(level) + UNRELATED)
        for level in (view.source[0], view.target[0])
    )
    return Background(
        [np.asarray(1 - level.astype(np.float32) @ right) for level in view.source],
        [np.asarray(1 - level.astype(np.float32) @ left) for level in view.target],
    )


class Measure:
    """Features of beads from evidence.

    Args:
        evidence: of the two texts.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._products: dict[tuple[int, int, int], tuple[tuple[int, int, int, int], Floats]] = {}
        self._background = background(evidence.embeddings) if evidence.embeddings else None
        self._weights = {
            id(view): ([_squares(x) for x in view.source], [_squares(x) for x in view.target])
            for view in (evidence.numbers, evidence.names)
            if view
        }

    def beads(self, kind: tuple[int, int], rows: Integers, columns: Integers) -> Floats:
        """Features ``[len(FEATURES), cells]`` of the beads of a kind that end at the given boundaries."""
        a, b = kind
        first, other = rows - a, columns - b
        evidence = self._evidence
        result = np.zeros((len(FEATURES), len(rows)), dtype=np.float32)
        result[0] = 1.0
        if not len(rows):
            return result
        if evidence.embeddings and self._background:
            cosine = self._cosines(evidence.embeddings, a, b, first, other)
            usual = 0.5 * (self._background.source[a - 1][first] + self._background.target[b - 1][other])
            usual = np.maximum(usual, 0.1)
            result[1] = np.clip((1 - cosine) / usual, 0.0, 2.0)
            result[2] = result[1] ** 2
            result[3] = self._gain(evidence.embeddings, kind, first, other, cosine) / usual
        if evidence.overlap:
            result[4] = self._cosines(evidence.overlap, a, b, first, other)
            result[5] = np.clip(result[4], 0.0, 1.0) ** 2
            result[6] = self._gain(evidence.overlap, kind, first, other, result[4])
        if evidence.lengths:
            result[7:9] = self._lengths(rows, columns, first, other)
        for at, view in ((9, evidence.numbers), (11, evidence.names)):
            if view:
                result[at : at + 2] = self._matches(view, kind, first, other)
        if evidence.numbers:
            left, right = evidence.source_strange, evidence.target_strange
            result[13] = np.minimum(left[rows] - left[first] + right[columns] - right[other], 4.0)
        return result

    def _cosines(self, view: View, a: int, b: int, first: Integers, other: Integers) -> Floats:
        """Dot products of the runs of ``a`` and ``b`` segments that begin at the given places.

        Neighbouring kinds of beads ask for the same products, so the last block of each is kept.
        """
        needed = (int(first.min()), int(first.max()) + 1, int(other.min()), int(other.max()) + 1)
        key = (id(view), a, b)
        if key in self._products:
            (top, bottom, left, right), product = self._products[key]
            if top <= needed[0] and needed[1] <= bottom and left <= needed[2] and needed[3] <= right:
                return np.asarray(product[first - top, other - left], dtype=np.float32)
        source, target = view.source[a - 1], view.target[b - 1]
        top, bottom = max(0, needed[0] - LONGEST_RUN), min(len(source), needed[1] + LONGEST_RUN)
        left, right = max(0, needed[2] - LONGEST_RUN), min(len(target), needed[3] + LONGEST_RUN)
        product = source[top:bottom].astype(np.float32) @ target[left:right].astype(np.float32).T
        self._products[key] = (top, bottom, left, right), product
        return np.asarray(product[first - top, other - left], dtype=np.float32)

    def _gain(
        self, view: View, kind: tuple[int, int], first: Integers, other: Integers, cosine: Floats
    ) -> Floats:
        """By how much a bead is more alike than the best one with a segment less at one of its four ends.

        A segment that belongs to nothing makes the others less alike, one that belongs there more so.
        """
        a, b = kind
        smaller = []
        if a > 1:
            smaller += [self._cosines(view, a - 1, b, first + k, other) for k in (0, 1)]
        if b > 1:
            smaller += [self._cosines(view, a, b - 1, first, other + k) for k in (0, 1)]
        return cosine - np.max(smaller, axis=0) if smaller else np.zeros_like(cosine)

    def _lengths(self, rows: Integers, columns: Integers, first: Integers, other: Integers) -> Floats:
        """Difference of lengths in the unit of Gale and Church (1993), and its square."""
        left = self._evidence.source_length[rows] - self._evidence.source_length[first]
        right = self._evidence.target_length[columns] - self._evidence.target_length[other]
        delta = np.abs(right - left) / np.sqrt(6.8 * (left + right + 10) / 2)
        delta = np.minimum(delta, 8.0)
        return np.stack([delta, delta**2 / 8]).astype(np.float32)

    def _matches(self, view: View, kind: tuple[int, int], first: Integers, other: Integers) -> Floats:
        """Shared strings that are on both sides, and those that are on one side only; at most four count."""
        a, b = kind
        matched = self._cosines(view, a, b, first, other)
        left, right = self._weights[id(view)]
        weight = left[a - 1][first] + right[b - 1][other]
        return np.stack([np.clip(matched, 0, 4), np.clip(weight - 2 * matched, 0, 4)])

    def nulls(self, nearest: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Features ``[len(NULL_FEATURES), n]`` and ``[.., m]`` of leaving out each segment.

        Args:
            nearest: for each side ``[2, n]`` the smallest distance and the largest overlap in the band.
        """
        evidence = self._evidence
        numbers = evidence.numbers or View([], [])
        return (
            self._left_out(
                nearest[0], np.diff(evidence.source_length), numbers.source, np.diff(evidence.source_strange)
            ),
            self._left_out(
                nearest[1], np.diff(evidence.target_length), numbers.target, np.diff(evidence.target_strange)
            ),
        )

    def _left_out(
        self, nearest: Floats, length: NDArray[np.float64], numbers: Levels, strange: NDArray[np.float64]
    ) -> Floats:
        result = np.zeros((len(NULL_FEATURES), len(length)), dtype=np.float32)
        result[0] = 1.0
        result[1:3] = nearest
        if self._evidence.lengths:
            result[3] = np.log1p(length) - 4.0
        if numbers:
            result[4] = np.minimum(np.abs(numbers[0].astype(np.float32)).sum(axis=1), 4.0)
            result[5] = np.minimum(strange, 4.0)
        return result


def _squares(level: NDArray[np.float16]) -> Floats:
    wide = level.astype(np.float32)
    return np.asarray(np.einsum("ij,ij->i", wide, wide), dtype=np.float32)
