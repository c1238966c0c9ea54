"""Denial that appears on one side only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.view import PairView, Side

NEGATORS: dict[str, frozenset[str]] = {
    lang: frozenset(words.split())
    for lang, words in {
        "nl": "niet geen nooit nergens niemand niets niks noch nimmer geenszins evenmin",
        "en": "not no never nowhere nobody none nothing neither nor cannot without hardly barely",
    }.items()
}
"""Words that deny a clause."""

CONTRACTED = re.compile(r"n['’]t$")


def negators(text: Side) -> list[int]:
    """Indices of the words that deny."""
    known = NEGATORS.get(text.lang, frozenset())
    english = text.lang == "en"
    return [
        index
        for index, word in enumerate(text.lower)
        if word in known or (english and CONTRACTED.search(word))
    ]


def negation(pair: PairView) -> Iterator[Finding]:
    """A denial that only one side has."""
    if pair.source.lang not in NEGATORS or pair.target.lang not in NEGATORS:
        return
    source, target = negators(pair.source), negators(pair.target)
    if source and not target:
        yield Finding(
            "negation",
            Severity.WARNING,
            f"“{pair.source.words[source[0]]}” has no counterpart.",
            side="source",
            span=pair.source.span(source[0]),
        )
