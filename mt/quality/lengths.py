"""Sides that are empty, far too short or far too long."""

from __future__ import annotations

from collections.abc import Iterator

from mt.data import Finding, Severity
from mt.quality.view import PairView

SLACK = 15
"""Characters added to both sides before they are compared, so that short segments may differ more."""

TOO_SHORT, TOO_LONG = 0.55, 1.8
"""Bounds of the smoothed length ratio target / source: English is about as long as Dutch."""

FAR_TOO_SHORT, FAR_TOO_LONG = 0.4, 2.5
"""Bounds beyond which the pair is surely wrong."""

SENTENCE_END = (".", "!", "?", "…", "。")


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
    target = pair.target.text.rstrip()
    start = max(0, len(target) - 20)
    if ratio(pair) < TOO_SHORT:
        severity = Severity.ERROR if ratio(pair) < FAR_TOO_SHORT else Severity.WARNING
        yield Finding(
            "truncation", severity, "The target is much shorter than the source.", span=(start, len(target))
        )


def extra(pair: PairView) -> Iterator[Finding]:
    """A target that goes on after the source has ended."""
    if ratio(pair) > TOO_LONG:
        severity = Severity.ERROR if ratio(pair) > FAR_TOO_LONG else Severity.WARNING
        yield Finding("extra", severity, "The target is much longer than the source.")
