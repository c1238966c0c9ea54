"""How the review goes: progress, speed, how much was edited, who agrees, which checks can be trusted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from mt import evaluate
from mt.data import Finding, MetricScore, Verdict
from mt.review.session import BULK
from mt.store import MEMORY, REVIEWED, Status, Store, StoredPair, StoredReview, effective_reviews

PAUSE = timedelta(minutes=5)
"""A longer time between two decisions of a reviewer is a break, not work."""

DECIDING = (Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED)

SAID = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNDONE)
"""Verdicts that can stand."""

SHORT: dict[str, str] = {
    Verdict.ACCEPTED: "accept",
    Verdict.EDITED: "edit",
    Verdict.REJECTED: "reject",
    Verdict.SKIPPED: "skip",
    Verdict.COMMENTED: "comment",
    Verdict.FLAGGED: "flag",
}
"""Verdicts, and the statuses of the same names, as the headings of narrow columns."""

DOCUMENTS = 40
"""Of more documents a table shows those on which somebody decided."""

DAYS = 14
"""The last days that a table shows."""

PAGE = 500
"""Histories read at a time."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a reviewer did.

    Attributes:
        verdicts: decisions that still count, by verdict.
        hours: time between decisions, breaks left out.
        edits: HTER of the reviewer's pairs, or None where there are none.
        bulk: how many of the verdicts were given to many pairs at once.
    """

    verdicts: Mapping[Verdict, int]
    hours: float
    edits: MetricScore | None
    bulk: int = 0

    @property
    def pairs_per_hour(self) -> float | None:
        """Pairs decided one by one for each hour of work, or None where less than a minute was measured."""
        decided = sum(self.verdicts.get(verdict, 0) for verdict in DECIDING) - self.bulk
        return decided / self.hours if self.hours >= 1 / 60 else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers who judged the same target of the same pair: is it right as it stands?

    Attributes:
        reviewers: their names in alphabetical order.
        pairs: how many both judged.
        agreed: on how many they said the same.
        kappa: Cohen's (1960), agreement beyond chance, or None where chance alone would agree always.
    """

    reviewers: tuple[str, str]
    pairs: int
    agreed: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a check's findings were right, as far as reviewers said so.

    Attributes:
        check: its name.
        confirmed: findings on pairs that somebody edited or rejected, and nobody dismissed.
        dismissed: findings that a reviewer called false alarms.
        unclear: findings on pairs that were accepted without dismissing them.
    """

    check: str
    confirmed: int
    dismissed: int
    unclear: int

    @property
    def value(self) -> float | None:
        """Confirmed among confirmed and dismissed, or None where there are neither."""
        known = self.confirmed + self.dismissed
        return self.confirmed / known if known else None


@dataclass(frozen=True, slots=True)
class ReviewStatistics:
    """The figures of a store's reviews.

    Attributes:
        progress: pairs by status, for each document by identifier.
        reviewers: by name.
        documents: HTER by document.
        engines: HTER by engine and model.
        agreement: for every two reviewers who judged the same.
        checks: for every check that found something on a decided pair.
        days: decisions by day in UTC, ``YYYY-MM-DD``.
    """

    progress: Mapping[str, Mapping[Status, int]]
    reviewers: Mapping[str, Work]
    documents: Mapping[str, MetricScore]
    engines: Mapping[str, MetricScore]
    agreement: tuple[Agreement, ...]
    checks: tuple[Precision, ...]
    days: Mapping[str, int]


@dataclass(slots=True)
class _Collected:
    """What one pass over the histories gathers."""

    verdicts: dict[str, Counter[Verdict]] = field(default_factory=lambda: defaultdict(Counter))
    times: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    edits: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    judged: dict[tuple[str, str], Counter[tuple[bool, bool]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    checks: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    days: Counter[str] = field(default_factory=Counter)
    bulk: Counter[str] = field(default_factory=Counter)


def collect_statistics(store: Store, documents: Collection[str] | None = None) -> ReviewStatistics:
    """Read every history once and count.

    Args:
        store: where the reviews are.
        documents: identifiers of the only ones that count, or None for all.

    HTER (Snover et al. 2006) is the TER of what the engine wrote against what the reviewers made of it;
    a pair that was accepted as it stood costs nothing.
    """
    found = _Collected()
    for page in _pages(store.all_reviews()):
        ids = [rows[0].pair for rows in page]
        pairs = {one.id: one for one in store.pairs_by_id(ids)}
        dismissed = store.dismissed(ids)
        earlier = store.judged_before([row.id for rows in page for row in rows])
        for rows in page:
            stored, counting = pairs[rows[0].pair], effective_reviews(rows)
            if documents is not None and stored.document not in documents:
                continue
            _count_history(found, stored, rows, counting)
            before = [earlier[row.id] for row in counting if row.id in earlier]
            seen = before[0] if before else stored.pair.score.findings if stored.pair.score else ()
            _count_findings(found, counting, seen, dismissed.get(stored.id, set()))
    return ReviewStatistics(
        progress={
            document: counts
            for document, counts in store.progress().items()
            if documents is None or document in documents
        },
        reviewers={name: _work(found, name) for name in sorted(found.times | found.verdicts)},
        documents=_hter(found, "document"),
        engines=_hter(found, "engine"),
        agreement=tuple(_agreement(names, counts) for names, counts in sorted(found.judged.items())),
        checks=tuple(
            Precision(check, counts["confirmed"], counts["dismissed"], counts["unclear"])
            for check, counts in sorted(found.checks.items())
        ),
        days=dict(sorted(found.days.items())),
    )


def statistics_record(found: ReviewStatistics, names: Mapping[str, str]) -> dict[str, Any]:
    """The figures as plain values for JSON.

    Args:
        found: the figures.
        names: of the documents, by identifier.
    """
    return {
        "progress": [
            {
                "document": document,
                "name": names.get(document, document),
                "counts": {status.value: number for status, number in counts.items()},
            }
            for document, counts in found.progress.items()
        ],
        "reviewers": [_work_record(name, work) for name, work in found.reviewers.items()],
        "documents": [_score_record(names.get(name, name), one) for name, one in found.documents.items()],
        "engines": [_score_record(name, one) for name, one in found.engines.items()],
        "agreement": [asdict(one) for one in found.agreement],
        "checks": [{**asdict(one), "value": one.value} for one in found.checks],
        "days": dict(found.days),
    }


@dataclass(frozen=True, slots=True)
class Table:
    """Figures as rows of text.

    Attributes:
        title: what they are.
        columns: headings.
        rows: cells.
        numeric: headings of the columns that hold numbers.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...]

    def without_zeros(self) -> Table:
        """The table without columns in which nothing but zeros stands."""
        kept = [
            place
            for place, column in enumerate(self.columns)
            if column not in self.numeric or any(row[place].strip("0") for row in self.rows)
        ]
        return Table(
            self.title,
            tuple(self.columns[place] for place in kept),
            tuple(tuple(row[place] for place in kept) for row in self.rows),
            self.numeric,
        )


def statistics_tables(found: ReviewStatistics, names: Mapping[str, str]) -> list[Table]:
    """The figures as tables; one without rows is left out.

    Args:
        found: the figures.
        names: of the documents, by identifier.
    """
    tables = (
        _progress_table(found, names),
        _reviewer_table(found),
        _engine_table(found),
        _agreement_table(found),
        _check_table(found),
        _day_table(found),
    )
    return [table for table in tables if table.rows]


def _progress_table(found: ReviewStatistics, names: Mapping[str, str]) -> Table:
    columns = ("document", "pairs", "decided", *(SHORT.get(status, status) for status in Status), "HTER")
    touched = {
        document: counts for document, counts in found.progress.items() if counts.keys() - {Status.OPEN}
    }
    shown = found.progress if len(found.progress) <= DOCUMENTS else touched
    rows = [
        _progress_row(names.get(document, document), counts, found.documents.get(document))
        for document, counts in shown.items()
    ]
    if len(found.progress) > 1:
        total: Counter[Status] = Counter()
        for counts in found.progress.values():
            total.update(counts)
        rows.append(_progress_row(f"all {len(found.progress):,} documents", total, None))
    title = "Progress, and edits for each hundred words (HTER)"
    return Table(title, columns, tuple(rows), columns[1:]).without_zeros()


def _progress_row(name: str, counts: Mapping[Status, int], hter: MetricScore | None) -> tuple[str, ...]:
    total, decided = sum(counts.values()), sum(counts.get(status, 0) for status in REVIEWED)
    share = f"{decided / total:.0%}" if total else ""
    return (name, f"{total:,}", share, *(f"{counts.get(status, 0):,}" for status in Status), _figure(hter))


def _reviewer_table(found: ReviewStatistics) -> Table:
    columns = ("reviewer", *(SHORT[verdict] for verdict in SAID), "hours", "pairs/hour", "HTER")
    rows = []
    for name, work in found.reviewers.items():
        said = (f"{work.verdicts.get(verdict, 0):,}" for verdict in SAID)
        rate = "" if work.pairs_per_hour is None else f"{work.pairs_per_hour:,.0f}"
        rows.append((name, *said, f"{work.hours:.2f}", rate, _figure(work.edits)))
    title = "Reviewers; breaks of more than 5 minutes are left out"
    return Table(title, columns, tuple(rows), columns[1:]).without_zeros()


def _engine_table(found: ReviewStatistics) -> Table:
    rows = tuple((name, _figure(score), score.signature) for name, score in found.engines.items())
    return Table("Engines", ("engine", "HTER", "signature"), rows, ("HTER",))


def _agreement_table(found: ReviewStatistics) -> Table:
    rows = tuple(
        (*one.reviewers, f"{one.pairs:,}", f"{one.agreed / one.pairs:.0%}", _decimals(one.kappa))
        for one in found.agreement
    )
    columns = ("reviewer", "and", "pairs", "agreed", "kappa")
    return Table("Agreement where two judged the same pair", columns, rows, columns[2:])


def _check_table(found: ReviewStatistics) -> Table:
    rows = tuple(
        (one.check, _decimals(one.value), f"{one.confirmed:,}", f"{one.dismissed:,}", f"{one.unclear:,}")
        for one in found.checks
    )
    columns = ("check", "precision", "confirmed", "dismissed", "unclear")
    return Table("Checks", columns, rows, columns[1:])


def _day_table(found: ReviewStatistics) -> Table:
    rows = tuple((day, f"{count:,}") for day, count in found.days.items())[-DAYS:]
    return Table("Decisions by day in UTC", ("day", "decided"), rows, ("decided",))


def _figure(score: MetricScore | None) -> str:
    return f"{score.value:.1f}" if score else ""


def _decimals(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _work_record(name: str, work: Work) -> dict[str, Any]:
    return {
        "name": name,
        "verdicts": {verdict.value: number for verdict, number in work.verdicts.items()},
        "hours": work.hours,
        "bulk": work.bulk,
        "pairs_per_hour": work.pairs_per_hour,
        "edits": _score_record(name, work.edits) if work.edits else None,
    }


def _score_record(name: str, score: MetricScore) -> dict[str, Any]:
    return {"name": name, "value": score.value, "metric": score.metric, "signature": score.signature}


def _pages(histories: Iterator[list[StoredReview]]) -> Iterator[list[list[StoredReview]]]:
    page: list[list[StoredReview]] = []
    for rows in histories:
        page.append(rows)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _count_history(
    found: _Collected, stored: StoredPair, rows: Sequence[StoredReview], counting: Sequence[StoredReview]
) -> None:
    for row in rows:
        if row.note != BULK:
            found.times[row.reviewer].append(row.at)
    for row in counting:
        found.bulk[row.reviewer] += row.note == BULK
        found.verdicts[row.reviewer][row.verdict] += 1
        if row.verdict in DECIDING:
            found.days[f"{row.at:%Y-%m-%d}"] += 1
    _count_agreement(found, counting)
    if stored.status in MEMORY and stored.settings is not None:
        texts = (rows[0].before, stored.pair.target)
        model = f"{stored.settings.engine}, {stored.settings.model}"
        groups = (("document", stored.document), ("engine", model), ("reviewer", stored.reviewer))
        for group in groups:
            found.edits[group].append(texts)


def _count_agreement(found: _Collected, counting: Iterable[StoredReview]) -> None:
    """Who found the same target right as it stands, and who did not; a reviewer's last word counts."""
    opinions: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in counting:
        if row.verdict in DECIDING:
            opinions[row.before][row.reviewer] = row.verdict is Verdict.ACCEPTED
    for said in opinions.values():
        for one, other in combinations(sorted(said), 2):
            found.judged[one, other][said[one], said[other]] += 1


def _count_findings(
    found: _Collected, counting: Iterable[StoredReview], seen: Iterable[Finding], dismissed: set[Finding]
) -> None:
    """What the decisions on a pair say about the findings that it had before they began."""
    verdicts = {row.verdict for row in counting}
    for one in set(seen) - dismissed:
        if verdicts & {Verdict.EDITED, Verdict.REJECTED}:
            found.checks[one.check]["confirmed"] += 1
        elif Verdict.ACCEPTED in verdicts:
            found.checks[one.check]["unclear"] += 1
    for one in dismissed:
        found.checks[one.check]["dismissed"] += 1


def _work(found: _Collected, reviewer: str) -> Work:
    times = sorted(found.times[reviewer])
    gaps = (later - earlier for earlier, later in pairwise(times))
    worked = sum((gap for gap in gaps if gap <= PAUSE), timedelta())
    return Work(
        verdicts=dict(found.verdicts[reviewer]),
        hours=worked / timedelta(hours=1),
        edits=_hter(found, "reviewer").get(reviewer),
        bulk=found.bulk[reviewer],
    )


def _hter(found: _Collected, kind: str) -> dict[str, MetricScore]:
    """TER of every group of a kind, by name."""
    scores = {}
    for (group, name), texts in sorted(found.edits.items()):
        if group == kind:
            machine, final = zip(*texts, strict=True)
            (scores[name],) = evaluate.score(machine, [final], ("ter",))
    return scores


def _agreement(names: tuple[str, str], counts: Counter[tuple[bool, bool]]) -> Agreement:
    total = counts.total()
    agreed = counts[True, True] + counts[False, False]
    first = (counts[True, True] + counts[True, False]) / total
    second = (counts[True, True] + counts[False, True]) / total
    chance = first * second + (1 - first) * (1 - second)
    kappa = None if chance == 1 else (agreed / total - chance) / (1 - chance)
    return Agreement(names, total, agreed, kappa)
