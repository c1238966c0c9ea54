"""What every front end says and offers in the same words."""

from __future__ import annotations

from mt.store import Order

REASONS = ("Wrong meaning", "Something is missing", "Not a translation", "Source is broken", "Wrong language")
"""Reasons for a rejection that a front end offers."""

SEVERITIES = ("neutral", "minor", "major", "critical")
"""The severities of Multidimensional Quality Metrics (Lommel, Uszkoreit and Burchardt 2014)."""

CATEGORIES = (
    "accuracy/addition",
    "accuracy/mistranslation",
    "accuracy/omission",
    "accuracy/untranslated",
    "fluency/grammar",
    "fluency/punctuation",
    "fluency/register",
    "fluency/spelling",
    "locale/format",
    "style/awkward",
    "terminology/inappropriate",
    "other",
)
"""The error categories of Freitag et al. (2021), with which Multidimensional Quality Metrics are used."""

ORDERS = {
    Order.WORST: "worst first",
    Order.DOCUMENT: "document order",
    Order.UNCERTAIN: "most uncertain first",
}
"""What comes first in the queue."""

LEVELS = {"low": 0.4, "fair": 0.7, "good": float("inf")}
"""Words for a score, each with the value that it does not reach."""


def score_level(value: float) -> str:
    """A score in a word, so that no colour is needed."""
    return next(word for word, end in LEVELS.items() if value < end)
