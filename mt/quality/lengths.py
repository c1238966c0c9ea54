"""Sides that are empty, far too short or far too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.view import PairView, once

SLACK = 15
"""Characters added to both sides before they are compared, so that short segments may differ more."""

TOO_SHORT, TOO_LONG = 0.55, 1.8
"""Bounds of the smoothed length ratio target / source: English is about as long as Dutch."""

FAR_TOO_SHORT, FAR_TOO_LONG = 0.4, 2.5
"""Bounds beyond which the pair is surely wrong."""

NOTICEABLE = 30
"""Characters by which the sides must differ at all: "Hij knikte." may become "He nodded in agreement."."""

DANGLING = frozenset(
    ["the", "a", "an", "of", "to", "and", "or", "from", "that", "which", "as", "than", "because"]
)
"""Words that hardly end an English sentence."""

MARK_AT_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")

UNFINISHED = 0.9
"""Smoothed length ratio below which a target without a mark at the end counts as cut off."""


@once
def ratio(pair: PairView) -> float:
    """Length of the target over that of the source in characters, smoothed."""
    return (len(pair.target.text.strip()) + SLACK) / (len(pair.source.text.strip()) + SLACK)


def empty(pair: PairView) -> Iterator[Finding]:
    """A side without text."""
    for name, text in (("source", pair.source.text), ("target", pair.target.text)):
        if not text.strip():
            yield Finding("empty", Severity.ERROR, f"The {name} is empty.", name)


def length(pair: PairView) -> Iterator[Finding]:
    """Sides whose lengths can hardly belong together."""
    value = ratio(pair)
    if value < FAR_TOO_SHORT or value > FAR_TOO_LONG:
        percent = round(100 * len(pair.target.text.strip()) / max(1, len(pair.source.text.strip())))
        yield Finding("length", Severity.ERROR, f"The target has {percent}% of the source's length.")


def truncation(pair: PairView) -> Iterator[Finding]:
    """A target that ends before the source does."""
    source, target = pair.source.text.rstrip(), pair.target.text.rstrip()
    value = ratio(pair)
    span = (max(0, len(target) - 20), len(target))
    if value < TOO_SHORT and len(source) - len(target) > NOTICEABLE:
        severity = Severity.ERROR if value < FAR_TOO_SHORT else Severity.WARNING
        yield Finding("truncation", severity, "The target is much shorter than the source.", span=span)
    elif MARK_AT_END.search(source) and not MARK_AT_END.search(target) and pair.target.words:
        if pair.target.lang == "en" and pair.target.words[-1] in DANGLING:
            message = f"The target ends with “{pair.target.words[-1]}”."
            yield Finding("truncation", Severity.ERROR, message, span=span)
        elif value < UNFINISHED:
            yield Finding("truncation", Severity.WARNING, "The target ends without a mark.", span=span)


def extra(pair: PairView) -> Iterator[Finding]:
    """A target that goes on after the source has ended."""
    source, target = pair.source.text.rstrip(), pair.target.text.rstrip()
    value = ratio(pair)
    if value > TOO_LONG and len(target) - len(source) > NOTICEABLE:
        severity = Severity.ERROR if value > FAR_TOO_LONG else Severity.WARNING
        message = "The target is much longer than the source."
        yield Finding("extra", severity, message, span=(min(len(source), len(target)), len(target)))
