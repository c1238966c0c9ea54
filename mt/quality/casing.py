"""Capitals: headings that shout, and words that lost or gained them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.view import PairView

ACRONYM_LENGTH = 5
"""A lone word of up to this many capitals may be an acronym (NAVO, UNHCR) and is left as it is."""

SHOUTED_SHARE = 0.9
"""Share of capitals among the letters from which a text counts as ALL CAPS: "DE AEX-index" does not."""


ASCII_SMALL = dict.fromkeys(range(ord("a"), ord("z") + 1))
"""Takes out the small letters; one in ten characters is enough to know that a text is not ALL CAPS."""


GLANCE = 60
"""Characters that mostly tell so of a sentence."""


def is_all_caps(text: str) -> bool:
    """Whether a text of words is set in capitals; an acronym by itself is not."""
    start = text[:GLANCE]
    if 10 * (len(start) - len(start.translate(ASCII_SMALL))) > len(text):
        return False
    capitals, small = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return capitals + small > ACRONYM_LENGTH and capitals >= SHOUTED_SHARE * (capitals + small)


def sentence_case(text: str) -> str:
    """An ALL-CAPS text in lower case with a capital at the start of each sentence; other texts unchanged.

    Words with digits (A2, F-16) and single capitals with full stops (J.P.) keep their capitals.
    """
    if not is_all_caps(text):
        return text
    lowered = re.sub(r"\S+", lambda match: _lowered(match.group()), text)
    return re.sub(
        r"(^|[.!?]\s+)([^\w]*)(\w)", lambda m: m.group(1) + m.group(2) + m.group(3).upper(), lowered
    )


def _lowered(token: str) -> str:
    if any(char.isdigit() for char in token) or re.search(r"\b\w\.\w\.", token):
        return token
    return token.lower()


def restore_caps(text: str) -> str:
    """A translation of a sentence-cased heading, set in capitals again; web and mail addresses as they are."""
    return " ".join(token if "@" in token or "://" in token else token.upper() for token in text.split(" "))


def casing(pair: PairView) -> Iterator[Finding]:
    """Capitals for the whole target or at its start that do not go with the source's."""
    source, target = is_all_caps(pair.source.text), is_all_caps(pair.target.text)
    if source and not target and len(pair.target.words) > 1:
        yield Finding("case", Severity.INFO, "The source is in capitals, the target is not.")
    elif target and not source:
        yield Finding("case", Severity.WARNING, "The target is in capitals, the source is not.")
    elif pair.source.words and pair.target.words:
        first = pair.target.words[0]
        if pair.source.words[0][0].isupper() and first.islower() and FIRST.match(pair.target.text):
            span = pair.target.span(0)
            yield Finding("case", Severity.WARNING, "The target begins with a small letter.", span=span)


FIRST = re.compile(r"[\s\"'“”„‘’«»(\[]*[^\W\d_]")
"""A text whose first letter is its first word: not "2 km", not "... and"."""
