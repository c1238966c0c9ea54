"""Findings, measures and signals to a probability."""

from __future__ import annotations

from collections.abc import Sequence

from mt.data import QualityScore, Severity
from mt.errors import UsageError
from mt.quality import NO_SIGNALS, Signals, check

COST = {Severity.ERROR: 0.6, Severity.WARNING: 0.25, Severity.INFO: 0.02}


def score_pairs(
    pairs: Sequence[tuple[str, str]],
    signals: Sequence[Signals] | None,
    source_lang: str,
    target_lang: str,
) -> list[QualityScore]:
    """One score for each pair."""
    given = [NO_SIGNALS] * len(pairs) if signals is None else signals
    if len(given) != len(pairs):
        raise UsageError(f"There are {len(pairs)} pairs and {len(given)} signals.", "Give one for each pair.")
    scores = []
    for source, target in pairs:
        findings = check(source, target, source_lang, target_lang)
        value = 0.9
        for finding in findings:
            value *= 1 - COST[finding.severity]
        scores.append(QualityScore(value, "checks-0", findings))
    return scores
