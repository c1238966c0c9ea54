"""Which sentences of many share the most telling words with another one.

A full-text index ranks everything that holds any of the words, which takes the longer the more common they are: with
a million sentences half a second. Here every question has at most five hundred answers: a word that has more of them
says little by itself, and is asked for together with another such word.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

MOST = 500
"""Answers to a question; one with more of them tells little."""

WORDS = 16
"""Words that are asked for: the longest ones, which are the rarest in Dutch with its compounds."""

TOGETHER = 4
"""Common words that are asked for by twos, the longest ones."""

SHARE = 0.25
"""A sentence whose shared words tell less than this part of what the best one's tell is left out."""

Ask = Callable[[Sequence[str], bool], Sequence[int] | None]
"""The sentences that hold all of some words. Of more than :data:`MOST` the first ones, or None if all are wanted."""


def likely(text: str, ask: Ask, count: int) -> list[int]:
    """The sentences that are most likely to resemble a text.

    Args:
        text: the text.
        ask: looks words up in the index.
        count: sentences at most.

    Returns:
        What ``ask`` calls them; those whose shared words are the most telling first.
    """
    weights: dict[int, float] = {}
    for found in _answers(words(text), ask):
        weight = math.log(4 * MOST / len(found))
        for one in found:
            weights[one] = weights.get(one, 0.0) + weight
    least = SHARE * max(weights.values(), default=0.0)
    telling = [(weight, one) for one, weight in weights.items() if weight >= least]
    return [one for _, one in heapq.nlargest(count, telling)]


def words(text: str) -> list[str]:
    """The different words of a text, the longest first."""
    different = {word.casefold(): word for word in re.findall(r"\w+", text)}
    return sorted(different.values(), key=lambda word: (-len(word), word))[:WORDS]


def _answers(asked: Sequence[str], ask: Ask) -> Iterator[Sequence[int]]:
    """The answers that are short enough to tell something; where none is, the best of the others."""
    telling, common = False, []
    for word in asked:
        found = ask([word], True)
        if found is None:
            common.append(word)
        elif found:
            telling = True
            yield found
    for two in combinations(common[:TOGETHER], 2):
        if found := ask(two, True):
            telling = True
            yield found
    if not telling and common:
        for left_out in (None, *common[:TOGETHER]):
            rest = [word for word in common if word != left_out]
            if rest and (found := ask(rest, False)):
                yield found
