"""Scores and findings as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mt.data import Finding, QualityScore, Severity
from mt.store.database import Session


def score_columns(score: QualityScore | None) -> tuple[float | None, str | None, str | None]:
    """Value, method and features."""
    if score is None:
        return None, None, None
    features = {name: float(value) for name, value in score.features.items()}
    return float(score.value), score.method, json.dumps(features) if features else None


def order_score(score: QualityScore | None) -> float:
    """The number that the queue sorts by: a pair without a score comes behind every score."""
    return 2.0 if score is None else float(score.value)


def put_findings(session: Session, found: Iterable[tuple[tuple[Any, ...], Sequence[Finding]]]) -> None:
    """Write the findings of pairs that have none yet.

    Args:
        session: an open transaction.
        found: for each pair its findings, and before them its columns id, document, position, standing,
            status and order_score.
    """
    session.insert(
        "findings",
        "pair, document, place, standing, status, order_score, position, check_name, severity, message,"
        " side, span_start, span_end",
        [
            (*pair, number, *plain_finding(one))
            for pair, findings in found
            for number, one in enumerate(findings)
        ],
    )


def plain_finding(one: Finding) -> tuple[Any, ...]:
    """A finding as columns, which :func:`read_finding` reads."""
    start, end = one.span or (None, None)
    return one.check, one.severity.value, one.message, one.side, start, end


def read_finding(columns: Sequence[Any]) -> Finding:
    """A finding from the columns that :func:`plain_finding` makes."""
    check, severity, message, side, start, end = columns
    return Finding(check, Severity(severity), message, side, None if start is None else (start, end))


def checks(session: Session) -> list[str]:
    """The checks of the findings of current pairs, by name."""
    return session.different("check_name", "findings", "standing = 0")


def load_findings(session: Session, pair_ids: Sequence[int]) -> dict[int, tuple[Finding, ...]]:
    """The findings of pairs by the pair's identifier; a pair without any is left out."""
    found: dict[int, list[Finding]] = {}
    for pair, *columns in session.rows_in(
        "SELECT pair, check_name, severity, message, side, span_start, span_end FROM findings"
        " WHERE pair IN ({}) ORDER BY pair, position",
        pair_ids,
    ):
        found.setdefault(pair, []).append(read_finding(columns))
    return {pair: tuple(ones) for pair, ones in found.items()}
