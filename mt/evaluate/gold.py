"""Alignments and word links against gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mt.errors import UsageError

BeadIndices = tuple[tuple[int, ...], tuple[int, ...]]
"""Source and target indices of one bead; one side may be empty."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and their harmonic mean, 0..1; 0 where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class AlignmentScore:
    """Strict: the bead is in the other alignment. Lax: it shares a source and a target with one that is."""

    strict: Rates
    lax: Rates


@dataclass(frozen=True, slots=True)
class WordLinks:
    """The links of one sentence pair, ``(source token, target token)``; ``possible`` contains ``sure``."""

    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]

    def swapped(self) -> WordLinks:
        """The same links from target to source."""
        return WordLinks(
            frozenset((there, here) for here, there in self.sure),
            frozenset((there, here) for here, there in self.possible),
        )


@dataclass(frozen=True, slots=True)
class LinkScore:
    """Rates of word links and the alignment error rate, 0..1."""

    precision: float
    recall: float
    f1: float
    aer: float


@dataclass(frozen=True, slots=True)
class _Hits:
    """How many beads of one alignment are in another, exactly and laxly, of how many."""

    strict: int
    lax: int
    total: int


def score_alignment(
    gold: Sequence[Sequence[BeadIndices]], test: Sequence[Sequence[BeadIndices]]
) -> dict[str, AlignmentScore]:
    """See :func:`mt.evaluate.score_alignment`."""
    _same_number("documents", len(gold), len(test))
    pairs = [(_distinct(g), _distinct(t)) for g, t in zip(gold, test, strict=True)]
    full = [(_two_sided(g), _two_sided(t)) for g, t in pairs]

    precision = _sum(_hits(t, g) for g, t in pairs)
    recall = _sum(_hits(g, t) for g, t in full)
    vecalign = AlignmentScore(
        _rates(precision.strict, precision.total, recall.strict, recall.total),
        _rates(precision.lax, precision.total, recall.lax, recall.total),
    )

    found = _sum(_hits(t, g) for g, t in full)
    size = sum(len(g) for g, _ in full)
    missed = sum(len(g - t) for g, t in full)
    sentalign = AlignmentScore(
        _rates(found.strict, found.total, found.strict, size),
        _rates(found.lax, found.total, found.lax, found.lax + missed),
    )
    return {"vecalign": vecalign, "sentalign": sentalign}


def score_word_links(gold: Sequence[WordLinks], test: Sequence[WordLinks]) -> LinkScore:
    """See :func:`mt.evaluate.score_word_links`."""
    _same_number("sentences", len(gold), len(test))
    pairs = [(g, t.sure | t.possible) for g, t in zip(gold, test, strict=True)]
    answered = sum(len(links) for _, links in pairs)
    sure = sum(len(g.sure) for g, _ in pairs)
    hit_sure = sum(len(links & g.sure) for g, links in pairs)
    hit_possible = sum(len(links & (g.possible | g.sure)) for g, links in pairs)
    rates = _rates(hit_possible, answered, hit_sure, sure)
    aer = 1 - (hit_sure + hit_possible) / (answered + sure) if answered + sure else 0.0
    return LinkScore(rates.precision, rates.recall, rates.f1, aer)


def _same_number(what: str, gold: int, test: int) -> None:
    if gold != test:
        raise UsageError(
            f"The gold has {gold} {what} and the test has {test}.", "Give both in the same order."
        )


def _distinct(beads: Iterable[BeadIndices]) -> set[BeadIndices]:
    return {(tuple(s), tuple(t)) for s, t in beads if s or t}


def _two_sided(beads: set[BeadIndices]) -> set[BeadIndices]:
    return {(s, t) for s, t in beads if s and t}


class _Reach:
    """For each source index the target indices of the beads it is in."""

    def __init__(self, beads: set[BeadIndices]) -> None:
        self._targets: dict[int, set[int]] = {}
        for source, target in beads:
            for index in source:
                self._targets.setdefault(index, set()).update(target)

    def touches(self, bead: BeadIndices) -> bool:
        """Whether the bead joins a source and a target that these beads join too."""
        source, target = bead
        return any(not self._targets.get(index, set()).isdisjoint(target) for index in source)


def _hits(beads: set[BeadIndices], others: set[BeadIndices]) -> _Hits:
    reach = _Reach(others)
    strict = len(beads & others)
    lax = sum(bead in others or reach.touches(bead) for bead in beads)
    return _Hits(strict, lax, len(beads))


def _sum(parts: Iterable[_Hits]) -> _Hits:
    listed = list(parts)
    return _Hits(sum(p.strict for p in listed), sum(p.lax for p in listed), sum(p.total for p in listed))


def _rates(hit: int, answered: int, found: int, wanted: int) -> Rates:
    precision = hit / answered if answered else 0.0
    recall = found / wanted if wanted else 0.0
    both = precision + recall
    return Rates(precision, recall, 2 * precision * recall / both if both else 0.0)
