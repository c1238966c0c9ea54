"""Accepted and edited pairs whose source is like a given one."""

from __future__ import annotations

import re
from collections.abc import Mapping

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

    Similarity is the share of characters in common, counted by the longest common subsequence.
    """
    words = sorted(set(re.findall(r"\w+", source)), key=lambda word: (-len(word), word))[:WORDS]
    if not words:
        return []
    query, values = session.memory_query(words, CANDIDATES)
    masks = places(source)
    likeness = {row[0]: similarity(source, masks, row[1], least) for row in session.rows(query, values)}
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


def places(text: str) -> dict[str, int]:
    """For each character of a text a number whose bits tell where it stands."""
    found: dict[str, int] = {}
    for position, character in enumerate(text):
        found[character] = found.get(character, 0) | 1 << position
    return found


def similarity(one: str, masks: Mapping[str, int], other: str, least: float) -> float:
    """2 L / (m + n), where L is the length of the longest common subsequence; 0 where it is below ``least``.

    The rows of the table of L are the bits of one number (Hyyrö 2004), so a text costs one step a character.
    """
    total = len(one) + len(other)
    if 2 * min(len(one), len(other)) < least * total:
        return 0.0
    full = (1 << len(one)) - 1
    row = full
    for character in other:
        found = row & masks.get(character, 0)
        row = ((row + found) | (row - found)) & full
    common = len(one) - row.bit_count()
    return 2 * common / total if total else 1.0
