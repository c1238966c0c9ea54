"""Loops: a decoder that writes the same words again and again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.view import PairView, Side

LONGEST_PERIOD = 12
"""Words in the longest phrase whose direct repetition is looked for."""


def loops(text: Side) -> list[tuple[int, int, int]]:
    """Places where a phrase follows itself: first word, words in the phrase, times it stands there."""
    words = text.lower
    if len(set(words)) == len(words):
        return []
    found = []
    last: dict[str, int] = {}
    index = 0
    while index < len(words):
        period = index - last.get(words[index], -LONGEST_PERIOD - 1)
        last[words[index]] = index
        if period <= LONGEST_PERIOD:
            start = index - period
            times = 1
            while (
                words[start + times * period : start + (times + 1) * period] == words[start : start + period]
            ):
                times += 1
            if times > 1:
                found.append((start, period, times))
                index = start + times * period - 1
        index += 1
    return found


def repetition(pair: PairView) -> Iterator[Finding]:
    """A phrase that follows itself in the target more often than anything does in the source."""
    found = loops(pair.target)
    if not found:
        return
    usual = max((times for _, _, times in loops(pair.source)), default=1)
    for start, period, times in found:
        if times <= usual:
            continue
        phrase = " ".join(pair.target.words[start : start + period])
        first, _ = pair.target.span(start)
        _, end = pair.target.span(start + period * times - 1)
        if _numbers_differ(pair.target.text[first:end], times):
            continue
        yield Finding(
            "repetition",
            _severity(pair.target.text[first:end].lower(), period, times),
            f"“{phrase}” stands there {times} times in a row.",
            span=(first, end),
        )


NUMBER = re.compile(r"\d+")


def _numbers_differ(stretch: str, times: int) -> bool:
    """Whether numbers between the words are not the same each time: "1:00 p.m. and 5:00 p.m. and"."""
    numbers = NUMBER.findall(stretch)
    return len(set(numbers)) > 1 and numbers != numbers[: len(numbers) // times] * times


RIGHT_TWICE = frozenset(["had", "that", "is", "bye", "no", "very", "many", "far"])
"""Words that good English has twice in a row: "she had had enough"."""


def _severity(stretch: str, period: int, times: int) -> Severity:
    """How sure it is that a stretch is a loop; with a mark inside, two times may be rhetoric."""
    if times > 2 or period > 2:
        return Severity.ERROR
    words = stretch.split()
    marked = len(words) != period * times or words[:period] != words[period:]
    return Severity.INFO if marked or words[0] in RIGHT_TWICE else Severity.WARNING
