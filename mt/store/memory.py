"""Accepted and edited pairs whose source is like a given one."""

from __future__ import annotations

from mt.store.clock import from_micros
from mt.store.database import Session
from mt.store.pairs import source_hash
from mt.store.records import MemoryMatch, Status

CANDIDATES = 400
"""Pairs whose likeness is measured."""


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
    candidates = [*equal, *session.resembling(source, CANDIDATES)]
    likeness = {pair: similarity(source, other, least) for pair, other in candidates}
    found: dict[tuple[str, str], MemoryMatch] = {}
    for row in session.rows_in(
        "SELECT p.source, p.target, p.status, p.id, d.id, p.reviewer, p.decided, p.source_lang, p.target_lang"
        " FROM pairs p JOIN documents d ON d.number = p.document WHERE p.id IN ({}) ORDER BY p.decided, p.id",
        [pair for pair, value in likeness.items() if value >= least],
    ):
        if row[7:] == langs:
            status, decided = Status(row[2]), from_micros(row[6])
            match = MemoryMatch(row[0], row[1], likeness[row[3]], status, row[3], row[4], row[5], decided)
            found[row[0], row[1]] = match
    return sorted(found.values(), key=lambda match: (-match.similarity, -match.pair))[:limit]


def similarity(one: str, other: str, least: float) -> float:
    """2 L / (m + n), where L is the length of the longest common subsequence; 0 where it is below ``least``."""
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(one, other, score_cutoff=least)
