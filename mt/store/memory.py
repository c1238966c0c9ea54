"""Accepted and edited pairs whose source is like a given one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mt.store.clock import from_micros
from mt.store.database import Session
from mt.store.pairs import source_hash
from mt.store.records import MemoryMatch, Status

CANDIDATES = 400
"""Pairs whose likeness is measured."""

LOADED = 25
"""Similar pairs that are loaded at a time."""


def similar(
    session: Session, source: str, langs: tuple[str, str], least: float, limit: int
) -> list[MemoryMatch]:
    """The most similar pairs in memory, the most similar first; of equal targets only the newest.

    Similarity is the share of characters in common, counted by the longest common subsequence.
    """
    equal = session.rows(
        "SELECT id, source FROM pairs WHERE source_hash = ? AND status IN ('accepted', 'edited')"
        f" ORDER BY id DESC LIMIT {CANDIDATES}",
        (source_hash(source, *langs),),
    )
    likeness = most_similar(source, dict([*equal, *session.resembling(source, CANDIDATES)]), least)
    found: dict[tuple[str, str], MemoryMatch] = {}
    for start in range(0, len(likeness), LOADED):
        # Equal sources are equally similar: all of them are looked at.
        if len(found) >= limit and likeness[start][1] < likeness[start - 1][1]:
            break
        for match in _matches(session, dict(likeness[start : start + LOADED]), langs):
            other = found.get((match.source, match.target))
            if other is None or (other.at, other.pair) < (match.at, match.pair):
                found[match.source, match.target] = match
    return sorted(found.values(), key=lambda match: (-match.similarity, -match.pair))[:limit]


def _matches(session: Session, likeness: dict[int, float], langs: tuple[str, str]) -> Iterator[MemoryMatch]:
    """These pairs, where they are of the languages."""
    for row in session.rows_in(
        "SELECT p.source, p.target, p.status, p.id, d.id, p.reviewer, p.decided, p.source_lang, p.target_lang"
        " FROM pairs p JOIN documents d ON d.number = p.document WHERE p.id IN ({})",
        list(likeness),
    ):
        if row[7:] == langs:
            status, decided = Status(row[2]), from_micros(row[6])
            yield MemoryMatch(row[0], row[1], likeness[row[3]], status, row[3], row[4], row[5], decided)


def most_similar(text: str, others: Mapping[int, str], least: float) -> list[tuple[int, float]]:
    """Which texts are like one, and how much, the most similar first.

    Similarity is 2 L / (m + n), where L is the length of the longest common subsequence.

    Args:
        text: of n characters.
        others: of m characters each.
        least: similarity below which one is left out.
    """
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import extract

    found = extract(
        text, others, scorer=Indel.normalized_similarity, processor=None, limit=None, score_cutoff=least
    )
    return [(pair, value) for _, value, pair in found]
