"""Finding pairs by what is known of them, in the order in which a reviewer wants them.

One index serves each order, so the first pair is found without sorting all of them. A query therefore
falls into branches, one for each status and document it names, whose first rows are merged. Where a word,
a reviewer, a date or an origin picks few pairs, those are fetched and sorted instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from heapq import merge
from itertools import chain, islice, product
from typing import Any, NamedTuple

from mt.data import Origin
from mt.store.clock import to_micros
from mt.store.database import Row, Session
from mt.store.documents import number_of
from mt.store.records import Status

FEW = 5000
"""At most this many pairs are fetched and sorted; a database may say that it is slower at it."""


LOOK = 50
"""Pairs whose text is looked at together."""

PROBED = 300
"""Pairs at the front of a queue whose text is looked at before all pairs with a text are asked for."""

BRANCHES = 8
"""Up to this many documents are looked up one by one."""


class Order(StrEnum):
    """What comes first: the lowest score, the beginning of the oldest document, the score nearest to 0.5."""

    WORST = "worst"
    DOCUMENT = "document"
    UNCERTAIN = "uncertain"


class PairQuery(NamedTuple):
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


class Claimant(NamedTuple):
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

    def extend(self, other: _Terms) -> None:
        self.sql.extend(other.sql)
        self.values.extend(other.values)

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
    return _Search(session, query, order, limit + offset, claimant).ids()[offset:]


class _Few(NamedTuple):
    """Few pairs: what picks them, on which index it lies, and the condition."""

    driver: str
    key: str
    terms: _Terms


class _Branch(NamedTuple):
    """A stretch of an index: one status, one document or all, a range of scores, and the direction."""

    status: Status
    document: int | None
    low: float | None
    high: float | None
    descending: bool

    def terms(self, table: str) -> _Terms:
        terms = _Terms()
        terms.add(f"{table}.standing = 0 AND {table}.status = ?", self.status.value)
        if self.document is not None:
            terms.add(f"{table}.document = ?", self.document)
        if self.low is not None:
            terms.add(f"{table}.order_score >= ?", self.low)
        if self.high is not None:
            terms.add(f"{table}.order_score <= ?", self.high)
        return terms

    def along(self, order: Order, score: str, document: str, position: str) -> str:
        """The order in which an index is read; it is the wanted one but for ties, see :meth:`_Search._whole`."""
        if order is Order.DOCUMENT:
            return f"{document}, {position}"
        direction = " DESC" if self.descending else ""
        return f"{score}{direction}, {document}{direction}, {position}{direction}"


class _Search:
    """One question to the store."""

    def __init__(
        self, session: Session, query: PairQuery, order: Order, wanted: int, claimant: Claimant | None
    ) -> None:
        self._session = session
        self._query = query
        self._order = order
        self._wanted = wanted
        self._claimant = claimant
        self._documents = [number_of(session, one) for one in query.documents]

    def ids(self) -> list[int]:
        """The identifiers of the first pairs that fit."""
        few = self._few()
        if few is not None:
            return self._among(few)
        phrases = self._query.phrases
        if phrases and self._session.text_costs(phrases):
            # A common word stands in the first pairs already; to mark all pairs that hold it takes long.
            front = self._walk(PROBED, ())
            found = self._with_text(front, phrases)
            if len(found) == self._wanted or len(front) < PROBED:
                return found
        return self._walk(self._wanted, phrases)

    def _walk(self, wanted: int, phrases: Sequence[str]) -> list[int]:
        """The first pairs along an index, with what the index does not tell looked at on the way."""
        walk = self._along_findings if self._query.checks else self._along_pairs
        rows = merge(*(sorted(walk(branch, wanted, phrases)) for branch in self._branches()))
        return list(islice(dict.fromkeys(row[-1] for row in rows), wanted))

    # Few pairs

    def _few(self) -> _Few | None:
        """A condition that few pairs meet, where there is one."""
        for few in self._selective():
            some, values = (
                f"SELECT 1 FROM pairs p {self._along(few.key)} WHERE {few.terms}",
                few.terms.values,
            )
            if few.driver == "text":
                some, values = self._session.text_query(self._query.phrases)
            least = min(FEW, self._session.few)
            counted = f"SELECT count(*) FROM ({some} LIMIT {least + 1}) AS found"
            if self._session.value(counted, values) <= least:
                return few
        return None

    def _selective(self) -> Iterator[_Few]:
        """The conditions that may be met by few pairs and that an index answers."""
        query, terms = self._query, _Terms()
        if query.phrases:
            ids, values = self._session.text_query(query.phrases)
            # The sign keeps SQLite from reading along an index of the queue instead.
            terms.add(f"p.id IN ({ids}) AND +p.standing = 0", *values)
            yield _Few("text", "", terms)
        if query.reviewers:
            terms = _Terms()
            terms.add("p.decided IS NOT NULL")
            terms.one_of("p.reviewer", query.reviewers)
            yield _Few("reviewer", "pairs_by_reviewer", terms)
        if query.since is not None or query.until is not None:
            terms = _Terms()
            terms.add("p.decided IS NOT NULL")
            _between(terms, "p.decided", query)
            yield _Few("date", "pairs_by_date", terms)
        if query.origins:
            terms = _Terms()
            terms.add("p.standing = 0")
            terms.one_of("p.origin", [origin.value for origin in query.origins])
            yield _Few("origin", "pairs_by_origin", terms)
        hard = query.checks or query.without_checks or query.origins or query.reviewers or query.phrases
        if self._documents and hard:
            terms = _Terms()
            terms.add("p.standing < 2")
            terms.one_of("p.document", self._documents)
            yield _Few("document", "pairs_by_place", terms)

    def _along(self, index: str) -> str:
        return self._session.along(index) if index else ""

    def _among(self, few: _Few) -> list[int]:
        """The first of few pairs; their texts are looked at last, and only until enough fit."""
        query, terms = self._query, _Terms()
        terms.extend(few.terms)
        if few.driver != "text":
            terms.add("p.standing = 0")
        terms.one_of("p.status", [status.value for status in query.statuses])
        if few.driver != "document":
            terms.one_of("p.document", self._documents)
        _in_range(terms, query)
        terms.extend(_conditions(query, self._claimant, query.checks, few.driver))
        key = self._key("p.order_score", "p.document", "p.position")
        look = query.phrases if few.driver != "text" else ()
        limit = FEW if look else self._wanted
        rows = self._session.rows(
            f"SELECT {key}, p.id FROM pairs p {self._along(few.key)} WHERE {terms}"
            f" ORDER BY {key} LIMIT {limit}",
            terms.values,
        )
        ids = [row[-1] for row in rows]
        return self._with_text(ids, look) if look else ids

    def _with_text(self, ids: list[int], phrases: Sequence[str]) -> list[int]:
        condition, value = self._session.text_condition(phrases)
        found: list[int] = []
        for start in range(0, len(ids), LOOK):
            part = ids[start : start + LOOK]
            rows = self._session.rows(
                f"SELECT p.id FROM pairs p WHERE p.id IN ({','.join('?' * len(part))}) AND {condition}",
                [*part, value],
            )
            fitting = {row[0] for row in rows}
            found += [one for one in part if one in fitting]
            if len(found) >= self._wanted:
                break
        return found[: self._wanted]

    # Along an index

    def _branches(self) -> Iterator[_Branch]:
        """The stretches that together hold every pair that may fit."""
        low, high = _range(self._query)
        sides: list[tuple[float | None, float | None, bool]] = [(low, high, False)]
        if self._order is Order.UNCERTAIN:
            below = math.nextafter(0.5, 0.0)
            sides = [
                (low, below if high is None else min(below, high), True),
                (0.5 if low is None else max(0.5, low), high, False),
            ]
        few = len(self._documents) <= BRANCHES
        documents: Sequence[int | None] = self._documents if self._documents and few else [None]
        for status, document, side in product(self._query.statuses or tuple(Status), documents, sides):
            yield _Branch(status, document, *side)

    def _along_pairs(self, branch: _Branch, wanted: int, phrases: Sequence[str]) -> list[Row]:
        terms = branch.terms("p")
        terms.extend(self._rest(self._query.checks, phrases))
        place = ("p.order_score", "p.document", "p.position")
        if self._order is Order.DOCUMENT:
            index = "pairs_in_order"
        else:
            index = "pairs_worst" if branch.document is None else "pairs_worst_in_document"
        rows = self._session.rows(
            f"SELECT {self._key(*place)}, p.id FROM pairs p {self._session.along(index)} WHERE {terms}"
            f" ORDER BY {branch.along(self._order, *place)} LIMIT {wanted}",
            terms.values,
        )
        return self._whole(rows, branch, wanted, lambda tied: self._along_pairs(tied, wanted, phrases))

    def _whole(
        self, rows: list[Row], branch: _Branch, wanted: int, walk: Callable[[_Branch], list[Row]]
    ) -> list[Row]:
        """The rows of a branch with the right ones of those whose score ends it.

        Where scores are read downwards so are the documents, and the last of a score come first.
        """
        if not branch.descending or len(rows) < wanted:
            return rows
        distance, *_, last = rows[-1]
        score = self._session.value("SELECT order_score FROM pairs WHERE id = ?", (last,))
        tied = branch._replace(low=score, high=score, descending=False)
        return [row for row in rows if row[0] != distance] + walk(tied)

    def _along_findings(self, branch: _Branch, wanted: int, phrases: Sequence[str]) -> list[Row]:
        """The same for pairs with a finding of one of the first group of checks."""
        index = "findings_in_order" if self._order is Order.DOCUMENT else "findings_worst"
        place = ("f.order_score", "f.document", "f.place")
        rest = self._rest(self._query.checks[1:], phrases)

        def walk(check: str, stretch: _Branch) -> list[Row]:
            terms = stretch.terms("f")
            terms.add("f.check_name = ?", check)
            terms.extend(rest)
            rows = self._distinct(
                f"SELECT {self._key(*place)}, p.id FROM findings f {self._session.along(index)}"
                f" CROSS JOIN pairs p WHERE p.id = f.pair AND {terms}"
                f" ORDER BY {stretch.along(self._order, *place)}",
                terms.values,
                wanted,
            )
            return self._whole(rows, stretch, wanted, partial(walk, check))

        return list(chain.from_iterable(walk(check, branch) for check in self._query.checks[0]))

    def _distinct(self, sql: str, values: list[Any], wanted: int) -> list[Row]:
        """As many different rows as are wanted: a pair may have several findings of one check.

        Reading some more is cheaper than DISTINCT, for which PostgreSQL reads all of them.
        """
        limit = 2 * wanted
        while True:
            rows = self._session.rows(f"{sql} LIMIT {limit}", values)
            different = list(dict.fromkeys(rows))
            if len(rows) < limit or len(different) >= wanted:
                return different
            limit *= 4

    def _rest(self, groups: Sequence[Sequence[str]], phrases: Sequence[str]) -> _Terms:
        """What the index does not tell."""
        terms = _conditions(self._query, self._claimant, groups, "")
        if len(self._documents) > BRANCHES:
            terms.one_of("p.document", self._documents)
        if phrases:
            terms.add(*self._session.text_along(phrases))
        return terms

    def _key(self, score: str, document: str, position: str) -> str:
        if self._order is Order.WORST:
            return f"{score}, {document}, {position}"
        if self._order is Order.DOCUMENT:
            return f"{document}, {position}"
        return f"abs({score} - 0.5), {document}, {position}"


def _conditions(
    query: PairQuery, claimant: Claimant | None, groups: Sequence[Sequence[str]], driver: str
) -> _Terms:
    """What a pair ``p`` must be besides its status, document, score and text, and what the driver picks."""
    terms = _Terms()
    having = "EXISTS (SELECT 1 FROM findings g WHERE g.pair = p.id AND g.check_name IN ({}))"
    for group in groups:
        terms.add(having.format(",".join("?" * len(group))), *group)
    if query.without_checks:
        marks = ",".join("?" * len(query.without_checks))
        terms.add("NOT " + having.format(marks), *query.without_checks)
    if driver != "origin":
        terms.one_of("p.origin", [origin.value for origin in query.origins])
    if driver != "reviewer":
        terms.one_of("p.reviewer", query.reviewers)
    if driver != "date":
        _between(terms, "p.decided", query)
    if claimant is not None:
        terms.add(
            "NOT EXISTS (SELECT 1 FROM claims c WHERE c.pair = p.id AND c.expires > ? AND c.reviewer <> ?)",
            to_micros(claimant.now),
            claimant.reviewer,
        )
    return terms


def _between(terms: _Terms, column: str, query: PairQuery) -> None:
    if query.since is not None:
        terms.add(f"{column} >= ?", to_micros(query.since))
    if query.until is not None:
        terms.add(f"{column} < ?", to_micros(query.until))


def _range(query: PairQuery) -> tuple[float | None, float | None]:
    """The bounds of the sort score; a pair without a score sorts as 2, which is in no range."""
    low, high = query.score
    if low is None and high is None:
        return None, None
    return low, 1.0 if high is None else min(high, 1.0)


def _in_range(terms: _Terms, query: PairQuery) -> None:
    low, high = _range(query)
    if low is not None:
        terms.add("p.order_score >= ?", low)
    if high is not None:
        terms.add("p.order_score <= ?", high)


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


def page_in_order(
    session: Session, query: PairQuery, after: tuple[int, int], size: int
) -> list[tuple[int, int, int]]:
    """Document, position and identifier of the next pairs that fit, document by document.

    A document that the query names counts also where it has a newer version.

    Args:
        session: an open transaction.
        query: what they must be.
        after: document and position of the last pair before them.
        size: how many at most.
    """
    terms = _all(session, query, old=bool(query.documents))
    rows = session.rows(
        f"SELECT p.document, p.position, p.id FROM pairs p {session.along('pairs_by_place')}"
        f" WHERE p.standing < 2 AND (p.document, p.position) > (?, ?) AND {terms}"
        f" ORDER BY p.document, p.position LIMIT {size}",
        [*after, *terms.values],
    )
    return [(row[0], row[1], row[2]) for row in rows]


def count_in_order(session: Session, query: PairQuery) -> dict[Status, int]:
    """How many pairs :func:`page_in_order` finds in all, by status."""
    terms = _all(session, query, old=bool(query.documents))
    rows = session.rows(
        f"SELECT p.status, count(*) FROM pairs p WHERE p.standing < 2 AND {terms} GROUP BY p.status",
        terms.values,
    )
    return {Status(status): number for status, number in rows}


def _all(session: Session, query: PairQuery, old: bool = False) -> _Terms:
    terms = _Terms()
    if not old:
        terms.add("p.standing = 0")
    terms.one_of("p.status", [status.value for status in query.statuses])
    terms.one_of("p.document", [number_of(session, one) for one in query.documents])
    _in_range(terms, query)
    if query.phrases:
        ids, values = session.text_query(query.phrases)
        terms.add(f"p.id IN ({ids})", *values)
    terms.extend(_conditions(query, None, query.checks, ""))
    return terms
