"""The figures of a review, on a small one whose figures can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mt.data import Document, Finding, Pair, QualityScore, Severity, Verdict
from mt.review import ReviewSession, collect_statistics, parse_filter
from mt.review.statistics import Agreement, Precision
from mt.store import PairRow, SettingsKey, Status, Store

pytest_plugins = ["tests.stores"]

NUMBER = Finding("number", Severity.ERROR, "Lost.")
LENGTH = Finding("length", Severity.WARNING, "Short.")
START = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)


def add(store: Store, name: str, targets: list[str], engine: str, findings: tuple[Finding, ...]) -> list[int]:
    document_id = store.put_document(Document("", "nl", name, name=name), "en", kind="bitext")
    score = QualityScore(0.5, "m", findings)
    rows = [
        PairRow(n, Pair(f"bron {n}", target, score=score), SettingsKey(engine, "model", "0"))
        for n, target in enumerate(targets)
    ]
    store.add_pairs(document_id, rows)
    return [one.id for one in store.pairs(document_id)]


@pytest.fixture
def reviewed(store: Store) -> Store:
    """Anna edits, accepts and rejects; Bert looks at the same; one minute passes at each decision."""
    now = START

    def clock() -> datetime:
        return now

    def judge(pair: Pair) -> QualityScore:
        return QualityScore(0.9, "m")

    first = add(store, "a.txt", ["the red big car", "it is late today"], "one 1", (NUMBER,))
    other = add(store, "b.txt", ["a b c d", "e f g h"], "two 1", (LENGTH,))
    anna = ReviewSession(store, "anna", judge=judge, now=clock)
    bert = ReviewSession(store, "bert", now=clock)
    anna.edit(first[0], 0, "the blue big car")
    now += timedelta(minutes=1)
    anna.accept(first[1], 0)
    now += timedelta(minutes=1)
    anna.accept(other[0], 0)
    now += timedelta(hours=3)
    anna.dismiss(other[1], LENGTH)
    anna.reject(other[1], 0, "bad")
    bert.accept(first[0], 1)
    bert.accept(first[1], 1)
    bert.reject(other[0], 1, "bad")
    now += timedelta(minutes=1)
    bert.flag(other[1], 1)
    bert.undo()
    return store


def test_progress_counts_the_pairs_of_each_status(reviewed: Store) -> None:
    first, other = (info.id for info in reviewed.documents())
    assert collect_statistics(reviewed).progress == {
        first: {Status.ACCEPTED: 2},
        other: {Status.REJECTED: 2},
    }


def test_speed_leaves_breaks_out(reviewed: Store) -> None:
    reviewers = collect_statistics(reviewed).reviewers
    assert reviewers["anna"].verdicts == {Verdict.EDITED: 1, Verdict.ACCEPTED: 2, Verdict.REJECTED: 1}
    assert reviewers["anna"].hours == pytest.approx(2 / 60)
    assert reviewers["anna"].pairs_per_hour == pytest.approx(120)
    assert reviewers["bert"].verdicts == {Verdict.ACCEPTED: 2, Verdict.REJECTED: 1}
    assert reviewers["bert"].pairs_per_hour == pytest.approx(180)


def test_edits_are_measured_against_what_the_engine_wrote(reviewed: Store) -> None:
    found = collect_statistics(reviewed)
    first = reviewed.documents()[0].id
    assert set(found.documents) == {first}
    assert found.documents[first].value == pytest.approx(100 * 1 / 8)
    assert found.documents[first].signature
    assert found.engines["one 1, model"].value == pytest.approx(100 * 1 / 8)
    assert found.reviewers["bert"].edits is not None
    assert found.reviewers["anna"].edits is None


def test_agreement_counts_judgements_of_the_same_target_only(reviewed: Store) -> None:
    (agreement,) = collect_statistics(reviewed).agreement
    assert agreement == Agreement(("anna", "bert"), 2, 1, 0.0)


def test_a_check_is_as_precise_as_reviewers_say(reviewed: Store) -> None:
    number, length = sorted(collect_statistics(reviewed).checks, key=lambda one: one.check, reverse=True)
    # The pair that Anna edited is accepted in the end; that it was edited confirms the finding.
    assert number == Precision("number", confirmed=1, dismissed=0, unclear=1)
    assert length == Precision("length", confirmed=1, dismissed=1, unclear=0)
    assert length.value == 0.5
    assert replace(length, confirmed=0, dismissed=0).value is None


def test_decisions_are_counted_by_day(reviewed: Store) -> None:
    assert collect_statistics(reviewed).days == {"2026-03-01": 3, "2026-03-02": 4}


def test_a_store_without_reviews_has_no_figures(store: Store) -> None:
    found = collect_statistics(store)
    assert (found.progress, found.reviewers, found.documents, found.agreement, found.checks) == (
        {},
        {},
        {},
        (),
        (),
    )


def test_what_was_accepted_in_bulk_counts_as_done_but_not_as_speed(store: Store) -> None:
    now = START
    first, *_ = add(store, "a.txt", [f"target {n}" for n in range(50)], "one 1", ())
    anna = ReviewSession(store, "anna", now=lambda: now)
    anna.accept(first, 0)
    now += timedelta(minutes=1)
    anna.accept(first + 1, 0)
    anna.accept_all(parse_filter(""))
    (work,) = collect_statistics(store).reviewers.values()
    assert work.verdicts == {Verdict.ACCEPTED: 50}
    assert work.bulk == 48
    assert work.pairs_per_hour == pytest.approx(120)
