"""What reviewers say about a pair besides a verdict: false alarms, and errors they mark in the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from mt.data import Finding
from mt.errors import StoreError, UsageError
from mt.store.clock import from_micros, now_micros, to_micros
from mt.store.database import Session
from mt.store.findings import load_findings, plain_finding, read_finding
from mt.store.records import Dismissal, ErrorSpan, SavedFilter

SPANS = "id, pair, category, severity, side, span_start, span_end, reviewer, at, note, version"


def dismiss(session: Session, pair: int, finding: Finding, reviewer: str, at: datetime) -> bool:
    """Note that a finding is a false alarm; False where that is noted already.

    Raises:
        UsageError: the pair has no such finding.
    """
    if finding not in load_findings(session, [pair]).get(pair, ()):
        raise UsageError(
            f"Pair {pair} has no such finding of {finding.check}.", "It may have been judged again."
        )
    row = (pair, _key(finding), finding.check, reviewer, to_micros(at))
    return bool(
        session.execute(
            "INSERT INTO dismissals (pair, finding, check_name, reviewer, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (pair, finding) DO NOTHING",
            row,
        )
    )


def restore(session: Session, pair: int, finding: Finding) -> bool:
    """Take a dismissal back; False where there is none."""
    return bool(
        session.execute("DELETE FROM dismissals WHERE pair = ? AND finding = ?", (pair, _key(finding)))
    )


def dismissed(session: Session, pair_ids: Sequence[int]) -> dict[int, set[Finding]]:
    """The findings that were dismissed, by pair; also those that the pair no longer has."""
    found: dict[int, set[Finding]] = {}
    for pair, key in session.rows_in("SELECT pair, finding FROM dismissals WHERE pair IN ({})", pair_ids):
        found.setdefault(pair, set()).add(read_finding(json.loads(key)))
    return found


def dismissals(session: Session, pair_ids: Sequence[int]) -> dict[int, list[Dismissal]]:
    """The same with who dismissed them and when, in the order of the time."""
    found: dict[int, list[Dismissal]] = {}
    for pair, key, reviewer, at in session.rows_in(
        "SELECT pair, finding, reviewer, at FROM dismissals WHERE pair IN ({}) ORDER BY pair, at", pair_ids
    ):
        one = Dismissal(read_finding(json.loads(key)), reviewer, from_micros(at))
        found.setdefault(pair, []).append(one)
    return found


def _key(finding: Finding) -> str:
    return json.dumps(plain_finding(finding), ensure_ascii=False)


def add_span(session: Session, span: ErrorSpan) -> int:
    """Mark an error in a pair's text; returns the identifier of the mark.

    Raises:
        StoreError: there is no such pair.
        UsageError: the span does not lie in the text.
    """
    row = session.row("SELECT source, target, version FROM pairs WHERE id = ?", (span.pair,))
    if row is None:
        raise StoreError(f"There is no pair {span.pair} in the store.", "See what there is: mt list")
    if span.side not in ("source", "target"):
        raise UsageError(f"{span.side!r} is no side of a pair.", "Sides: source, target.")
    text = row[0] if span.side == "source" else row[1]
    if not 0 <= span.start < span.end <= len(text):
        raise UsageError(f"The {span.side} of pair {span.pair} has no characters {span.start} to {span.end}.")
    number = session.new_ids("error_spans", 1)[0]
    where = (span.side, span.start, span.end)
    told = (span.reviewer, to_micros(span.at), span.note, row[2])
    session.insert("error_spans", SPANS, [(number, span.pair, span.category, span.severity, *where, *told)])
    return number


def remove_span(session: Session, number: int) -> bool:
    """Take a mark back; the row is kept, with the time."""
    return bool(
        session.execute(
            "UPDATE error_spans SET removed = ? WHERE id = ? AND removed IS NULL", (now_micros(), number)
        )
    )


def spans(session: Session, pair_ids: Sequence[int]) -> dict[int, list[ErrorSpan]]:
    """The marks on pairs that were not taken back, in the order in which they were made."""
    found: dict[int, list[ErrorSpan]] = {}
    for row in session.rows_in(
        f"SELECT {SPANS} FROM error_spans WHERE removed IS NULL AND pair IN ({{}}) ORDER BY pair, id",
        pair_ids,
    ):
        span = ErrorSpan(
            pair=row[1],
            category=row[2],
            severity=row[3],
            side=row[4],
            start=row[5],
            end=row[6],
            reviewer=row[7],
            at=from_micros(row[8]),
            note=row[9],
            id=row[0],
            version=row[10],
        )
        found.setdefault(span.pair, []).append(span)
    return found


def save_filter(session: Session, saved: SavedFilter) -> None:
    """Keep a filter under its name, in place of an earlier one of that name."""
    session.execute("DELETE FROM filters WHERE name = ?", (saved.name,))
    session.insert(
        "filters",
        "name, filter, sort, reviewer, created",
        [(saved.name, saved.filter, saved.order, saved.reviewer, now_micros())],
    )


def filters(session: Session) -> list[SavedFilter]:
    """The saved filters by name."""
    return [
        SavedFilter(*row)
        for row in session.rows("SELECT name, filter, sort, reviewer FROM filters ORDER BY name")
    ]
