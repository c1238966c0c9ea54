"""TER (Snover et al. 2006) as sacrebleu and Tercom compute it, with the edit distance in bits.

The rows of the edit distance matrix are held as the bits of whole numbers (Myers 1999, Hyyrö 2003): one step of
the hypothesis costs a dozen operations whatever the length of the reference, and the path is read from the bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mt.evaluate.sacre import metric_signature

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_SHIFT = 10
FARTHEST_SHIFT = 50
MOST_CANDIDATES = 1000
BEAM = 25
"""Tercom's limits: words in a block, words it may move, blocks tried in a segment, cells beside the diagonal."""


class Ter:
    """Statistics of a segment: edits to the nearest reference, mean reference length in words."""

    name = "TER"
    higher_is_better = False

    def __init__(self, lang: str = "") -> None:  # noqa: ARG002 - all metrics open alike
        from sacrebleu.metrics import TER

        self._sacre = TER()

    def against(self, references: Sequence[Sequence[str]]) -> Callable[[Sequence[str]], NDArray[np.float64]]:
        """Statistics ``[segments, 2]``."""
        others = [[self._words(text) for text in texts] for texts in zip(*references, strict=True)]
        lengths = [sum(map(len, texts)) / len(texts) for texts in others]

        def statistics(hypotheses: Sequence[str]) -> NDArray[np.float64]:
            edited = [
                min(edits(words, other) for other in texts)
                for words, texts in zip(map(self._words, hypotheses), others, strict=True)
            ]
            # Mean lengths are not whole, and how an array lies in memory decides in which order it is summed.
            return np.ascontiguousarray(np.array([edited, lengths], dtype=np.float64).T)

        return statistics

    def _words(self, text: str) -> list[str]:
        split: list[str] = self._sacre._preprocess_segment(text).split()
        return split

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.floating]:
        """0 is perfect; a hypothesis longer than the reference can be above 100."""
        edited, length = totals.T
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(length > 0, edited / length, np.where(edited > 0, 1, 0).astype(totals.dtype))
        scores: NDArray[np.floating] = 100 * rate
        return scores if (length > 0).all() else scores.astype(np.float64)

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """As :meth:`scores`; an empty reference costs 100 unless the hypothesis is empty too."""
        return self.scores(statistics).astype(np.float64)

    def signature(self, references: int, **settings: int | None) -> str:
        """sacrebleu's."""
        return metric_signature(self._sacre, references, settings)


def edits(hypothesis: Sequence[str], reference: Sequence[str]) -> int:
    """Insertions, deletions, substitutions and shifts of blocks that make the hypothesis the reference.

    Shifts are chosen greedily, as in Tercom: while one shortens the edit distance, the one that does so most.
    """
    words = list(hypothesis)
    if not reference or not words:
        return len(words) or len(reference)
    distance = _Distance(reference)
    current = distance.matrix(words)
    if current.edits <= 1:
        return current.edits
    if (current.edits + abs(len(words) - len(reference))) // 2 > BEAM - 2:
        return _edits_in_beam(words, reference)
    common = sum((Counter(words) & Counter(reference)).values())
    least = max(len(words), len(reference)) - common
    tried = shifts = 0
    while True:
        if current.edits == least:
            # Words that the other text lacks cost an edit each in every order.
            return shifts + current.edits
        best, tried = _best_shift(words, distance, current, tried)
        if best is None or tried >= MOST_CANDIDATES:
            return shifts + current.edits
        shifts += 1
        words = best
        current = distance.matrix(words)


def _edits_in_beam(words: list[str], reference: Sequence[str]) -> int:
    """Texts so different that the best path may leave Tercom's beam: there the beam decides, as in sacrebleu."""
    from sacrebleu.metrics.lib_ter import translation_edit_rate

    return int(translation_edit_rate(words, list(reference))[0])


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The edit distance matrix of a hypothesis, row by row.

    ``rises`` and ``falls`` have a bit for each reference word: whether the row goes up or down by one there.
    ``longer`` and ``shorter`` say so of the step from the row above. ``edits`` is the last cell of the last row.
    """

    rises: list[int]
    falls: list[int]
    longer: list[int]
    shorter: list[int]
    last: list[int]

    @property
    def edits(self) -> int:
        return self.last[-1]


class _Distance:
    """Edit distances from one reference."""

    def __init__(self, reference: Sequence[str]) -> None:
        self.reference = reference
        self.full = (1 << len(reference)) - 1
        self.where: dict[str, int] = {}
        for index, word in enumerate(reference):
            self.where[word] = self.where.get(word, 0) | 1 << index

    def matrix(self, words: Sequence[str]) -> _Matrix:
        """All rows."""
        full, top, where = self.full, len(self.reference) - 1, self.where
        up, down, edited = full, 0, len(self.reference)
        made = _Matrix([up], [down], [0], [0], [edited])
        for word in words:
            equal = where.get(word, 0)
            diagonal = (((equal & up) + up) ^ up) | equal | down
            shorter = up & diagonal
            longer = (down | ~(up | diagonal)) & full
            edited += (longer >> top & 1) - (shorter >> top & 1)
            shifted = longer << 1 | 1
            down = shifted & diagonal & full
            up = (shorter << 1 | ~(shifted | diagonal)) & full
            made.rises.append(up)
            made.falls.append(down)
            made.longer.append(longer)
            made.shorter.append(shorter)
            made.last.append(edited)
        return made

    def after(self, known: _Matrix, row: int, words: Sequence[str]) -> int:
        """The distance of a hypothesis that begins with ``row`` known words and goes on with these."""
        full, top, where = self.full, len(self.reference) - 1, self.where
        up, down, edited = known.rises[row], known.falls[row], known.last[row]
        for word in words:
            equal = where.get(word, 0)
            diagonal = (((equal & up) + up) ^ up) | equal | down
            shorter = up & diagonal
            longer = (down | ~(up | diagonal)) & full
            edited += (longer >> top & 1) - (shorter >> top & 1)
            shifted = longer << 1 | 1
            down = shifted & diagonal
            up = shorter << 1 | (~(shifted | diagonal) & full)
        return edited


@dataclass(slots=True)
class _Path:
    """The cheapest path through a matrix.

    Attributes:
        partner: for each reference word the hypothesis word it stands on or after, -1 before the first.
        wrong: bits of the hypothesis words that are not in place.
        missing: bits of the reference words that are not in place.
    """

    partner: list[int] = field(default_factory=list)
    wrong: int = 0
    missing: int = 0


def _path(words: Sequence[str], reference: Sequence[str], matrix: _Matrix) -> _Path:
    """Follow the matrix back from its last cell; of equal steps the diagonal goes first, then the hypothesis."""
    path = _Path([0] * len(reference))
    i, j = len(words), len(reference)
    while i or j:
        step = _step(words, reference, matrix, i, j)
        if step != "same":
            path.wrong |= (1 << i - 1) if step != "reference" else 0
            path.missing |= (1 << j - 1) if step != "hypothesis" else 0
        if step != "hypothesis":
            path.partner[j - 1] = i - 1
            j -= 1
        if step != "reference":
            i -= 1
    return path


def _step(words: Sequence[str], reference: Sequence[str], matrix: _Matrix, i: int, j: int) -> str:
    if not i:
        return "reference"
    if not j:
        return "hypothesis"
    if words[i - 1] == reference[j - 1]:
        return "same"
    bit = j - 1
    down = (matrix.longer[i] >> bit & 1) - (matrix.shorter[i] >> bit & 1)
    across = (matrix.rises[i - 1] >> bit & 1) - (matrix.falls[i - 1] >> bit & 1)
    if down + across == 1:
        return "other"
    return "hypothesis" if down == 1 else "reference"


def _best_shift(
    words: list[str], distance: _Distance, matrix: _Matrix, tried: int
) -> tuple[list[str] | None, int]:
    """The words after the shift that shortens the distance most, or None where none does.

    Of equal gains the longest block wins, then the first, then the one that moves farthest to the front.
    """
    path = _path(words, distance.reference, matrix)
    best, rank = None, (0, 0, 0, 0)
    seen: set[tuple[int, int, int]] = set()
    for start, there, length in _blocks(words, distance.reference):
        if not _may_move(path, start, there, length):
            continue
        before = -1
        for target in _targets(path, there, length):
            if target == before:
                continue
            before = target
            tried += 1
            if (start, length, target) in seen:
                continue
            seen.add((start, length, target))
            moved, kept = _moved(words, start, length, target)
            gain = matrix.edits - distance.after(matrix, kept, moved[kept:])
            if gain > 0 and (gain, length, -start, -target) > rank:
                best, rank = moved, (gain, length, -start, -target)
        if tried >= MOST_CANDIDATES:
            break
    return best, tried


def _blocks(words: Sequence[str], reference: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Blocks of words that are somewhere in the reference: ``(start, start in the reference, length)``."""
    places: dict[str, list[int]] = {}
    for index, word in enumerate(reference):
        places.setdefault(word, []).append(index)
    for start, word in enumerate(words):
        for there in places.get(word, ()):
            if abs(there - start) > FARTHEST_SHIFT:
                continue
            longest = min(LONGEST_SHIFT, len(words) - start, len(reference) - there)
            for length in range(1, longest + 1):
                if words[start + length - 1] != reference[there + length - 1]:
                    break
                yield start, there, length


def _may_move(path: _Path, start: int, there: int, length: int) -> bool:
    """Whether something is wrong in the block and where it would go, and that is not within the block."""
    block = (1 << length) - 1
    if not path.wrong >> start & block or not path.missing >> there & block:
        return False
    return not start <= path.partner[there] < start + length


def _targets(path: _Path, there: int, length: int) -> Iterator[int]:
    """Where to put a block: before the first word, or after the partner of a word it should stand on or after."""
    for index in range(there - 1, there + length):
        yield 0 if index < 0 else path.partner[index] + 1


def _moved(words: list[str], start: int, length: int, target: int) -> tuple[list[str], int]:
    """The words with a block moved, and how many at the front stay as they are."""
    block, end = words[start : start + length], start + length
    if target < start:
        return words[:target] + block + words[target:start] + words[end:], target
    if target > end:
        return words[:start] + words[end:target] + block + words[target:], start
    return words[:start] + words[end : length + target] + block + words[length + target :], start
