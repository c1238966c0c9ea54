"""Finding pairs by what is known of them, in the order in which a reviewer wants them.

One index serves each order, so the first pair is found without sorting all of them. A query therefore
falls into branches, one for each status and document it names, whose first rows are merged. Where a word,
a reviewer, a date or an origin picks few pairs, those are fetched and sorted instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice, product
from typing import Any

from mt.data import Origin
from mt.store.clock import to_micros
from mt.store.database import Row, Session
from mt.store.documents import number_of
from mt.store.records import Status

FEW = 5000
"""Up to this many pairs are fetched and sorted: about 10 ms."""


BRANCHES = 8
"""Up to this many documents are looked up one by one."""


class Order(StrEnum):
    """What comes first: the lowest score, the beginning of the oldest document, the score nearest to 0.5."""

    WORST = "worst"
    DOCUMENT = "document"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class PairQuery:
    """What a pair must be; every condition that is given must hold, an empty one always does.

    Attributes:
        documents: identifiers, one of which is its document's.
        statuses: one of which it has.
        score: least and greatest score, both included; None for no bound. A pair without a score is in no
            range.
        checks: of each group it has a finding of one check at least.
        without_checks: it has a finding of none of them.
        origins: one of which it has.
        reviewers: one of whom decided last.
        since, until: when its status last changed; the second moment is not included.
        text: words and phrases that all stand in its source or target, whatever their case; a word that
            ends in ``*`` stands for all that begin so. One without any letter or digit is left out.
    """

    documents: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    score: tuple[float | None, float | None] = (None, None)
    checks: tuple[tuple[str, ...], ...] = ()
    without_checks: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    reviewers: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """The parts of the text that can be looked up."""
        return tuple(phrase for phrase in self.text if any(map(str.isalnum, phrase)))


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who asks for work, and when: pairs that others have claimed are left out."""

    reviewer: str
    now: datetime


@dataclass(slots=True)
class _Terms:
    """Conditions of one statement with their values, in the order of their placeholders."""

    sql: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, sql: str, *values: Any) -> None:
        self.sql.append(sql)
        self.values.extend(values)

    def one_of(self, column: str, values: Sequence[Any]) -> None:
        if values:
            self.add(f"{column} IN ({','.join('?' * len(values))})", *values)

    def __str__(self) -> str:
        return " AND ".join(self.sql) or "1 = 1"


def find(
    session: Session,
    query: PairQuery,
    order: Order,
    limit: int,
    offset: int = 0,
    claimant: Claimant | None = None,
) -> list[int]:
    """Identifiers of the first pairs that fit, after leaving out ``offset`` of them."""
    wanted = limit + offset
    few = _few(session, query)
    if few is not None:
        found = iter(_sorted_rows(session, query, order, wanted, few, claimant))
    else:
        branches = [
            _branch(session, query, order, wanted, status, document, side, claimant)
            for status, document, side in product(
                query.statuses or tuple(Status),
                _branch_documents(session, query),
                (0, 1) if order is Order.UNCERTAIN else (0,),
            )
        ]
        found = merge(*branches)
    unique = dict.fromkeys(row[-1] for row in found)
    return list(islice(unique, offset, wanted))


def _branch_documents(session: Session, query: PairQuery) -> Sequence[int | None]:
    """The documents that get branches of their own; many are a condition like any other."""
    if 0 < len(query.documents) <= BRANCHES:
        return [number_of(session, one) for one in query.documents]
    return [None]


def _sort_key(order: Order, score: str, document: str, position: str) -> str:
    if order is Order.WORST:
        return f"{score}, {document}, {position}"
    if order is Order.DOCUMENT:
        return f"{document}, {position}"
    return f"abs({score} - 0.5), {document}, {position}"


def _conditions(session: Session, query: PairQuery, claimant: Claimant | None, driver: str) -> _Terms:
    """Everything that a pair ``p`` must be but its status, its document and what the driver looks up."""
    terms = _Terms()
    _in_range(terms, "p", query)
    if len(query.documents) > BRANCHES:
        terms.one_of("p.document", [number_of(session, one) for one in query.documents])
    groups = query.checks[1:] if driver == "check" else query.checks
    for group in groups:
        terms.add(
            "EXISTS (SELECT 1 FROM findings g WHERE g.pair = p.id AND g.check_name IN"
            f" ({','.join('?' * len(group))}))",
            *group,
        )
    if query.without_checks:
        marks = ",".join("?" * len(query.without_checks))
        terms.add(
            f"NOT EXISTS (SELECT 1 FROM findings g WHERE g.pair = p.id AND g.check_name IN ({marks}))",
            *query.without_checks,
        )
    if driver != "origin":
        terms.one_of("p.origin", [origin.value for origin in query.origins])
    if driver != "reviewer":
        terms.one_of("p.reviewer", query.reviewers)
    if query.since is not None:
        terms.add("p.decided >= ?", to_micros(query.since))
    if query.until is not None:
        terms.add("p.decided < ?", to_micros(query.until))
    if query.phrases and driver != "text":
        terms.add(*session.text_condition(query.phrases))
    if claimant is not None:
        terms.add(
            "NOT EXISTS (SELECT 1 FROM claims c WHERE c.pair = p.id AND c.expires > ? AND c.reviewer <> ?)",
            to_micros(claimant.now),
            claimant.reviewer,
        )
    return terms


def _in_range(terms: _Terms, table: str, query: PairQuery) -> None:
    low, high = query.score
    if low is not None:
        terms.add(f"{table}.order_score >= ?", low)
    # A pair without a score sorts as 2, which is in no range.
    if low is not None or high is not None:
        terms.add(f"{table}.order_score <= ?", 1.0 if high is None else min(high, 1.0))


def _few(session: Session, query: PairQuery) -> tuple[str, str, list[Any]] | None:
    """A condition that few pairs meet: its name, a query for their identifiers and its values."""
    choices: list[tuple[str, str, list[Any]]] = []
    if query.phrases:
        choices.append(("text", *session.text_query(query.phrases)))
    if query.reviewers:
        terms = _Terms()
        terms.one_of("reviewer", query.reviewers)
        choices.append(
            ("reviewer", f"SELECT id FROM pairs WHERE decided IS NOT NULL AND {terms}", terms.values)
        )
    if query.since is not None or query.until is not None:
        terms = _Terms()
        if query.since is not None:
            terms.add("decided >= ?", to_micros(query.since))
        if query.until is not None:
            terms.add("decided < ?", to_micros(query.until))
        choices.append(("date", f"SELECT id FROM pairs WHERE decided IS NOT NULL AND {terms}", terms.values))
    if query.origins:
        terms = _Terms()
        terms.one_of("origin", [origin.value for origin in query.origins])
        choices.append(("origin", f"SELECT id FROM pairs WHERE standing = 0 AND {terms}", terms.values))
    for name, ids, values in choices:
        count = session.value(f"SELECT count(*) FROM ({ids} LIMIT {FEW + 1}) AS few", values)
        if count <= FEW:
            return name, ids, values
    return None


def _sorted_rows(
    session: Session,
    query: PairQuery,
    order: Order,
    wanted: int,
    few: tuple[str, str, list[Any]],
    claimant: Claimant | None,
) -> list[Row]:
    """The first rows among few pairs."""
    driver, ids, values = few
    terms = _conditions(session, query, claimant, driver)
    terms.one_of("p.status", [status.value for status in query.statuses])
    terms.one_of("p.document", [number_of(session, one) for one in query.documents])
    key = _sort_key(order, "p.order_score", "p.document", "p.position")
    return session.rows(
        f"SELECT {key}, p.id FROM pairs p WHERE p.id IN ({ids}) AND +p.standing = 0 AND {terms}"
        f" ORDER BY {key} LIMIT {wanted}",
        [*values, *terms.values],
    )


def _branch(
    session: Session,
    query: PairQuery,
    order: Order,
    wanted: int,
    status: Status,
    document: int | None,
    side: int,
    claimant: Claimant | None,
) -> Iterator[Row]:
    """The first rows of one status, one document or all, and one side of 0.5, read along an index."""
    if query.checks:
        return _along_findings(session, query, order, wanted, (status, document, side), claimant)
    terms = _Terms()
    terms.add("p.status = ?", status.value)
    if document is not None:
        terms.add("p.document = ?", document)
    direction = _half(terms, "p", order, side)
    rest = _conditions(session, query, claimant, "")
    key = _sort_key(order, "p.order_score", "p.document", "p.position")
    if order is Order.DOCUMENT:
        index = "pairs_in_order"
    else:
        index = "pairs_worst" if document is None else "pairs_worst_in_document"
    rows = session.rows(
        f"SELECT {key}, p.id FROM pairs p {session.along(index)} WHERE p.standing = 0 AND {terms} AND {rest}"
        f" ORDER BY {_along_key(order, 'p.order_score', 'p.document', 'p.position', direction)} LIMIT {wanted}",
        [*terms.values, *rest.values],
    )
    return iter(sorted(rows))


def _along_findings(
    session: Session,
    query: PairQuery,
    order: Order,
    wanted: int,
    place: tuple[Status, int | None, int],
    claimant: Claimant | None,
) -> Iterator[Row]:
    """The same for pairs with a finding of one of the first group of checks."""
    status, document, side = place
    rest = _conditions(session, query, claimant, "check")
    key = _sort_key(order, "f.order_score", "f.document", "f.place")
    index = "findings_in_order" if order is Order.DOCUMENT else "findings_worst"
    rows: list[Row] = []
    for check in query.checks[0]:
        terms = _Terms()
        terms.add("f.check_name = ? AND f.status = ?", check, status.value)
        if document is not None:
            terms.add("f.document = ?", document)
        _in_range(terms, "f", query)
        direction = _half(terms, "f", order, side)
        # A pair may have several findings of one check.
        rows += session.rows(
            f"SELECT DISTINCT {key}, f.order_score, p.id FROM findings f {session.along(index)} CROSS JOIN pairs p"
            f" WHERE p.id = f.pair AND f.standing = 0 AND {terms} AND {rest}"
            f" ORDER BY {_along_key(order, 'f.order_score', 'f.document', 'f.place', direction)}"
            f" LIMIT {wanted}",
            [*terms.values, *rest.values],
        )
    return iter(sorted(rows))


def _half(terms: _Terms, table: str, order: Order, side: int) -> str:
    """Keep one side of 0.5 where the order asks for it; returns the direction in which to read it."""
    if order is not Order.UNCERTAIN:
        return ""
    terms.add(f"{table}.order_score {'>=' if side else '<'} 0.5")
    return "" if side else " DESC"


def _along_key(order: Order, score: str, document: str, position: str, direction: str) -> str:
    if order is Order.DOCUMENT:
        return f"{document}, {position}"
    return f"{score}{direction}, {document}{direction}, {position}{direction}"


def count(session: Session, query: PairQuery) -> int:
    """How many pairs fit."""
    terms = _all(session, query)
    number: int = session.value(f"SELECT count(*) FROM pairs p WHERE {terms}", terms.values)
    return number


def page(session: Session, query: PairQuery, after: int, size: int) -> list[int]:
    """Identifiers of the next pairs that fit, in the order in which they were stored."""
    terms = _all(session, query)
    rows = session.rows(
        f"SELECT p.id FROM pairs p WHERE p.id > ? AND {terms} ORDER BY p.id LIMIT {size}",
        [after, *terms.values],
    )
    return [row[0] for row in rows]


def _all(session: Session, query: PairQuery) -> _Terms:
    terms = _Terms()
    terms.add("p.standing = 0")
    terms.one_of("p.status", [status.value for status in query.statuses])
    terms.one_of("p.document", [number_of(session, one) for one in query.documents])
    if query.phrases:
        ids, values = session.text_query(query.phrases)
        terms.add(f"p.id IN ({ids})", *values)
    rest = _conditions(session, query, None, "text")
    if rest.sql:
        terms.add(str(rest), *rest.values)
    return terms
