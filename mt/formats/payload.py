"""Findings and review histories as JSON, in which every exchange format carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mt.data import Finding, Severity, Verdict
from mt.formats.exchange import ReviewRecord


def findings_to_json(findings: Iterable[Finding]) -> str:
    """A JSON list with one object a finding."""
    return _written([finding_object(finding) for finding in findings])


def history_to_json(history: Iterable[ReviewRecord]) -> str:
    """A JSON list with one object a review."""
    return _written([review_object(review) for review in history])


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    return {
        "check": finding.check,
        "severity": str(finding.severity),
        "message": finding.message,
        "side": finding.side,
        "span": list(finding.span) if finding.span else None,
    }


def review_object(review: ReviewRecord) -> dict[str, Any]:
    """A review as JSON has it."""
    return {
        "verdict": str(review.verdict),
        "before": review.before,
        "after": review.after,
        "reviewer": review.reviewer,
        "at": review.at.isoformat(),
        "note": review.note,
    }


def findings_from_json(value: object) -> tuple[Finding, ...]:
    """The findings of a JSON list, parsed or not.

    Raises:
        ValueError: it is no such list.
    """
    return tuple(_finding(item) for item in _listed(value))


def history_from_json(value: object) -> tuple[ReviewRecord, ...]:
    """The reviews of a JSON list, parsed or not.

    Raises:
        ValueError: it is no such list.
    """
    return tuple(_review(item) for item in _listed(value))


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _listed(value: object) -> list[dict[str, Any]]:
    parsed = json.loads(value) if isinstance(value, str) else value
    if not isinstance(parsed, list) or not all(isinstance(item, dict) for item in parsed):
        raise ValueError("not a list of objects")
    return parsed


def _finding(item: dict[str, Any]) -> Finding:
    span = item.get("span")
    return Finding(
        str(item.get("check", "")),
        Severity(item.get("severity", "info")),
        str(item.get("message", "")),
        str(item.get("side", "target")),
        (int(span[0]), int(span[1])) if isinstance(span, list) and len(span) == 2 else None,
    )


def _review(item: dict[str, Any]) -> ReviewRecord:
    return ReviewRecord(
        Verdict(str(item.get("verdict", ""))),
        str(item.get("before", "")),
        str(item.get("after", "")),
        str(item.get("reviewer", "")),
        datetime.fromisoformat(str(item.get("at"))),
        str(item.get("note", "")),
    )
