"""What reviewers decided: rows that are only ever added, and the state that follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from mt.data import Finding, QualityScore, Review, Verdict
from mt.errors import StoreError, UsageError
from mt.store.clock import from_micros, to_micros
from mt.store.database import Row, Session
from mt.store.findings import (
    load_findings,
    order_score,
    plain_finding,
    put_findings,
    read_finding,
    score_columns,
)
from mt.store.records import PairRow, Status, StoredReview

STATUS_OF = {
    Verdict.ACCEPTED: Status.ACCEPTED,
    Verdict.EDITED: Status.EDITED,
    Verdict.REJECTED: Status.REJECTED,
    Verdict.SKIPPED: Status.SKIPPED,
    Verdict.FLAGGED: Status.FLAGGED,
}
"""The status that a verdict gives a pair; a comment changes none."""

SELECT = "SELECT verdict, target_before, target_after, reviewer, at, note, id, pair, version FROM reviews"

COLUMNS = "pair, verdict, target_before, target_after, reviewer, at, note, version, judged_before"


def effective(rows: Sequence[StoredReview]) -> list[StoredReview]:
    """The rows that still count: each ``undone`` takes back the newest one before it that counts."""
    stack: list[StoredReview] = []
    for row in rows:
        if row.verdict is not Verdict.UNDONE:
            stack.append(row)
        elif stack:
            stack.pop()
    return stack


def decision(rows: Sequence[StoredReview]) -> tuple[Status, StoredReview | None]:
    """The status that follows from a history, and the row that gave it."""
    for row in reversed(effective(rows)):
        if row.verdict in STATUS_OF:
            return STATUS_OF[row.verdict], row
    return Status.OPEN, None


def history(session: Session, pair_ids: Sequence[int]) -> dict[int, list[StoredReview]]:
    """The rows of pairs, oldest first."""
    found: dict[int, list[StoredReview]] = {}
    for row in session.rows_in(f"{SELECT} WHERE pair IN ({{}}) ORDER BY pair, id", pair_ids):
        review = _read(row)
        found.setdefault(review.pair, []).append(review)
    return found


def _read(row: Row) -> StoredReview:
    return StoredReview(Verdict(row[0]), row[1], row[2], row[3], from_micros(row[4]), *row[5:])


def of_reviewer(session: Session, reviewer: str, before: int | None, limit: int) -> list[StoredReview]:
    """A reviewer's rows, the newest first."""
    rows = session.rows(
        f"{SELECT} WHERE reviewer = ? AND id < ? ORDER BY id DESC LIMIT {limit}",
        (reviewer, 2**62 if before is None else before),
    )
    return [_read(row) for row in rows]


def reviewers(session: Session) -> list[str]:
    """Who has reviewed, by name."""
    return session.different("reviewer", "reviews")


def reviewed_pairs(session: Session, after: int, limit: int) -> list[int]:
    """Identifiers of the next pairs that have a history, ascending."""
    rows = session.rows(
        f"SELECT DISTINCT pair FROM reviews WHERE pair > ? ORDER BY pair LIMIT {limit}", (after,)
    )
    return [row[0] for row in rows]


def findings_before(session: Session, review_ids: Sequence[int]) -> dict[int, tuple[Finding, ...]]:
    """What the checks had found when these rows gave their pairs another score; others are left out."""
    rows = session.rows_in(
        "SELECT id, judged_before FROM reviews WHERE judged_before IS NOT NULL AND id IN ({})", review_ids
    )
    return {row[0]: tuple(read_finding(columns) for columns in json.loads(row[1])[3]) for row in rows}


def insert(session: Session, rows: Iterable[tuple[int, PairRow]]) -> None:
    """Write the histories that come with new pairs."""
    written = []
    for number, row in rows:
        for version, one in enumerate(row.reviews, 1):
            said = (one.verdict.value, one.before, one.after, one.reviewer, to_micros(one.at), one.note)
            written.append((number, *said, version, None))
    session.insert("reviews", COLUMNS, written)


def state(rows: Sequence[StoredReview]) -> tuple[str, int | None, str, int]:
    """Status, time, reviewer and version, as columns, of a new pair with a history."""
    return (*_state(*decision(rows)), len(rows))


def _state(status: Status, last: StoredReview | None) -> tuple[str, int | None, str]:
    """Status, time and reviewer as columns."""
    return status.value, to_micros(last.at) if last else None, last.reviewer if last else ""


def record(
    session: Session, review: Review, expected_version: int | None, score: QualityScore | None
) -> bool:
    """Store one decision; False where the pair is not the version that the reviewer saw."""
    session.lock(f"pair {review.pair}")
    row = session.row("SELECT target, version FROM pairs WHERE id = ?", (review.pair,))
    if row is None:
        raise StoreError(f"There is no pair {review.pair} in the store.", "See what there is: mt list")
    target, version = row
    rows = history(session, [review.pair]).get(review.pair, [])
    if _sent_again(rows, review, expected_version):
        return True
    if expected_version is not None and expected_version != version:
        return False
    if review.verdict is Verdict.UNDONE:
        _undo(session, review, rows, (target, version))
    else:
        _decide(session, review, (target, version), score)
    return True


def _sent_again(rows: Sequence[StoredReview], review: Review, expected_version: int | None) -> bool:
    """Whether the newest row is this very decision, whose answer the reviewer did not get."""
    if not rows or expected_version is None:
        return False
    last = rows[-1]
    same = (last.verdict, last.reviewer, last.note) == (review.verdict, review.reviewer, review.note)
    return (
        same
        and last.version == expected_version + (review.verdict is not Verdict.COMMENTED)
        and (review.verdict is Verdict.UNDONE or last.after == review.target)
    )


def _decide(
    session: Session,
    review: Review,
    now: tuple[str, int],
    score: QualityScore | None,
) -> None:
    target, version = now
    if review.target != target and review.verdict is not Verdict.EDITED:
        raise UsageError(
            f"The verdict {review.verdict} does not change a target.", "Give the verdict edited."
        )
    comment = review.verdict is Verdict.COMMENTED
    after = version if comment else version + 1
    judged = None
    if score is not None:
        judged = _judgement(session, review.pair)
        _judge(session, review.pair, score)
    _add_row(session, review, (target, review.target), after, judged)
    session.execute("DELETE FROM claims WHERE pair = ? AND reviewer = ?", (review.pair, review.reviewer))
    if not comment:
        state = (STATUS_OF[review.verdict].value, to_micros(review.at), review.reviewer)
        session.execute(
            "UPDATE pairs SET target = ?, version = ?, status = ?, decided = ?, reviewer = ?,"
            " failure = CASE WHEN ? = '' THEN failure ELSE '' END WHERE id = ?",
            (review.target, after, *state, review.target, review.pair),
        )


def _undo(session: Session, review: Review, rows: Sequence[StoredReview], now: tuple[str, int]) -> None:
    """Put the pair back to where it stood before the newest row that counts."""
    stack = effective(rows)
    if not stack:
        raise UsageError(f"Nothing is left to undo on pair {review.pair}.")
    target, version = now
    taken = stack[-1]
    status, last = decision(stack[:-1])
    judged = session.value("SELECT judged_before FROM reviews WHERE id = ?", (taken.id,))
    if judged is not None:
        value, method, features, findings = json.loads(judged)
        seen = tuple(read_finding(columns) for columns in findings)
        _judge(session, review.pair, None if value is None else QualityScore(value, method, seen, features))
    _add_row(session, review, (target, taken.before), version + 1, None)
    session.execute(
        "UPDATE pairs SET target = ?, version = ?, status = ?, decided = ?, reviewer = ?,"
        " failure = CASE WHEN ? = '' AND failure = '' THEN 'not translated' ELSE failure END WHERE id = ?",
        (taken.before, version + 1, *_state(status, last), taken.before, review.pair),
    )


def _add_row(
    session: Session, review: Review, targets: tuple[str, str], version: int, judged: str | None
) -> None:
    row = (review.pair, review.verdict.value, *targets, review.reviewer, to_micros(review.at), review.note)
    session.insert("reviews", COLUMNS, [(*row, version, judged)])


def _judgement(session: Session, pair: int) -> str:
    """The score and the findings that the pair has, as one text."""
    row = session.row("SELECT score, score_method, features FROM pairs WHERE id = ?", (pair,))
    value, method, features = row or (None, None, None)
    findings = [plain_finding(one) for one in load_findings(session, [pair]).get(pair, ())]
    return json.dumps([value, method, json.loads(features) if features else {}, findings], ensure_ascii=False)


def _judge(session: Session, pair: int, score: QualityScore | None) -> None:
    """Give the pair another score and other findings."""
    session.execute("DELETE FROM findings WHERE pair = ?", (pair,))
    session.execute(
        "UPDATE pairs SET score = ?, score_method = ?, features = ?, order_score = ? WHERE id = ?",
        (*score_columns(score), order_score(score), pair),
    )
    if score is not None:
        columns = session.row(
            "SELECT id, document, position, standing, status, order_score FROM pairs WHERE id = ?", (pair,)
        )
        assert columns is not None
        put_findings(session, [(columns, score.findings)])
