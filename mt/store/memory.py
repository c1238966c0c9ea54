"""Accepted and edited pairs whose source is like a given one."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from mt.store.clock import from_micros
from mt.store.database import Session
from mt.store.records import MemoryMatch, Status

WORDS = 8
"""Words to look for: the longest ones, which are the rarest in Dutch with its compounds."""

CANDIDATES = 50
"""Pairs whose likeness is measured."""


def similar(
    session: Session, source: str, langs: tuple[str, str], least: float, limit: int
) -> list[MemoryMatch]:
    """The most similar pairs in memory, the most similar first; of equal targets only the newest.

    Similarity is the share of characters in common, 2 M / T of Ratcliff and Obershelp (1988).
    """
    words = sorted(set(re.findall(r"\w+", source)), key=lambda word: (-len(word), word))[:WORDS]
    if not words:
        return []
    query, values = session.memory_query(words, CANDIDATES)
    ids = [row[0] for row in session.rows(query, values)]
    found: dict[tuple[str, str], MemoryMatch] = {}
    for row in session.rows_in(
        "SELECT p.source, p.target, p.status, p.id, d.id, p.reviewer, p.decided, p.source_lang, p.target_lang"
        " FROM pairs p JOIN documents d ON d.number = p.document WHERE p.id IN ({}) ORDER BY p.decided, p.id",
        ids,
    ):
        likeness = _likeness(source, row[0], least)
        if likeness >= least and row[7:] == langs:
            status, decided = Status(row[2]), from_micros(row[6])
            match = MemoryMatch(row[0], row[1], likeness, status, row[3], row[4], row[5], decided)
            found[row[0], row[1]] = match
    return sorted(found.values(), key=lambda match: (-match.similarity, -match.pair))[:limit]


def _likeness(one: str, other: str, least: float) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    return matcher.ratio()
