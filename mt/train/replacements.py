"""What reviewers always write otherwise, learned from their edits of a model's own translations.

Where a draft has ``two`` and its edit has none, and the edit has a ``2`` that the draft had not, that is one piece of
evidence for writing ``2``. It does not matter how the rest was rewritten: what counts is how often both happen
together, beyond what chance would do. The two texts need no alignment, which a rough draft would not allow.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mt.engines.replacements import Replacement, Replacements, grams, tokens

Gram = tuple[str, ...]
Key = TypeVar("Key", bound=Hashable)

CHANCE = 1e-4
"""Largest binomial probability that the new text came in so often by chance."""

_MOST_KEPT = 0.25
"""Of the times that drafts have a text, the share in which the edits may keep it."""

_LEAST_SHARE = 0.5
"""Of the segments that lose the old text, the share that must gain the new one."""


def learn_replacements(documents: Sequence[Iterable[tuple[str, str]]], evidence: float) -> Replacements:
    """The texts that edits replace by others again and again.

    Args:
        documents: drafts and their edits, document by document.
        evidence: documents, at least, in which that must happen.

    Returns:
        each old text with the new text that goes with it most surely.
    """
    segments = [_Change.of(number, *pair) for number, pairs in enumerate(documents) for pair in pairs]
    lost: _Seen[Gram] = _Seen((segment.document, segment.lost) for segment in segments)
    gained: _Seen[Gram] = _Seen((segment.document, segment.gained) for segment in segments)
    kept: Counter[Gram] = Counter()
    for segment in segments:
        kept.update(segment.kept)
    old_texts = {
        gram
        for gram in lost.in_documents(evidence)
        if kept[gram] <= _MOST_KEPT * (kept[gram] + lost.times[gram])
    }
    new_texts = gained.in_documents(evidence)
    together: _Seen[tuple[Gram, Gram]] = _Seen(
        (segment.document, Counter(dict(segment.pairs(old_texts, new_texts)))) for segment in segments
    )
    best: dict[Gram, tuple[tuple[float, bool, int], Gram]] = {}
    for old, new in together.in_documents(evidence):
        times = together.segments[old, new]
        if times < _LEAST_SHARE * lost.segments[old]:
            continue
        chance = _tail(times, lost.segments[old], gained.segments[new] / len(segments))
        if chance > CHANCE:
            continue
        # Marks that come in pairs are equally sure; what stands in the same place decides.
        rank = (-round(math.log10(chance + 1e-300)), _spaced(old) == _spaced(new), together.times[old, new])
        if old not in best or rank > best[old][0]:
            best[old] = (rank, new)
    chosen = {old: new for old, (_, new) in sorted(best.items())}
    return Replacements(
        Replacement("".join(old), "".join(new), len(together.documents[old, new]), together.times[old, new])
        for old, new in chosen.items()
        if not any(
            _within(old, longer) and together.times[longer, other] >= together.times[old, new]
            for longer, other in chosen.items()
        )
    )


def _spaced(gram: Gram) -> bool:
    return gram[0].startswith(" ")


def _within(short: Gram, long: Gram) -> bool:
    """Whether a longer text has a shorter one in it, so that with as much evidence it alone is meant."""
    starts = range(len(long) - len(short) + 1)
    return len(short) < len(long) and any(long[start : start + len(short)] == short for start in starts)


class _Seen(Generic[Key]):
    """How often, in how many segments and in which documents something was seen.

    Args:
        counts: the document of each segment, and what was seen there how often.
    """

    def __init__(self, counts: Iterable[tuple[int, Mapping[Key, int]]]) -> None:
        self.times: Counter[Key] = Counter()
        self.segments: Counter[Key] = Counter()
        self.documents: defaultdict[Key, set[int]] = defaultdict(set)
        for document, seen in counts:
            self.times.update(seen)
            self.segments.update(seen.keys())
            for key in seen:
                self.documents[key].add(document)

    def in_documents(self, least: float) -> list[Key]:
        """What was seen in so many documents."""
        return [key for key, where in self.documents.items() if len(where) >= least]


@dataclass(frozen=True, slots=True)
class _Change:
    """What an edit took out of a draft, put into it and left."""

    document: int
    lost: Counter[Gram]
    gained: Counter[Gram]
    kept: Counter[Gram]

    @classmethod
    def of(cls, document: int, draft: str, edit: str) -> _Change:
        old, new = Counter(grams(tokens(draft))), Counter(grams(tokens(edit)))
        return cls(document, old - new, new - old, old & new)

    def pairs(
        self, old_texts: Collection[Gram], new_texts: Collection[Gram]
    ) -> Iterator[tuple[tuple[Gram, Gram], int]]:
        """Every lost text with every gained one that could have taken its place, and how often."""
        gained = [(gram, times) for gram, times in self.gained.items() if gram in new_texts]
        for old, times in self.lost.items():
            if old in old_texts:
                yield from (((old, new), min(times, more)) for new, more in gained if self._fits(old, new))

    def _fits(self, old: Gram, new: Gram) -> bool:
        """Words beside a number may only change where the edit has lost and gained them as such.

        Counter-example: ``8 million euros`` edited to ``€8 million`` does not make ``8 million`` a ``€8``.
        """
        if len(old) == 1 or len(new) == 1:
            return len(old) == len(new)
        without, added = Counter(old) - Counter(new), Counter(new) - Counter(old)
        return all((name,) in self.lost for name in without if "#" not in name) and all(
            (name,) in self.gained for name in added if "#" not in name
        )


def _tail(successes: int, trials: int, chance: float) -> float:
    """Probability of so many successes or more (binomial)."""
    return sum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1)
    )
