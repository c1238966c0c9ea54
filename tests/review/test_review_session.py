"""A reviewer at work: what is next, every verdict, conflicts, undo, false alarms, spans, beads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.data import Bead, Document, Finding, Pair, QualityScore, Severity, Verdict
from mt.errors import UsageError
from mt.review import BulkResult, ReviewSession, parse_filter
from mt.store import Order, PairRow, SettingsKey, Status, Store, StoredPair
from tests.made import candidate, put_aligned

pytest_plugins = ["tests.stores"]

ERROR = Finding("number", Severity.ERROR, "Lost.", "target", (0, 1))
WARNING = Finding("length", Severity.WARNING, "Short.")
OPEN = parse_filter("")
SETTINGS = SettingsKey("echo 1", "none", "0")


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def judge(pair: Pair) -> QualityScore:
    """A score that grows with the target; a digit is an error."""
    found = (ERROR,) if any(map(str.isdigit, pair.target)) else ()
    return QualityScore(min(1.0, len(pair.target) / 100), "length 1", found)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def filled(store: Store) -> Store:
    """Six pairs; the scores of the later ones are lower; the third has an error, the fourth a warning."""
    document_id = store.put_document(Document("", "nl", "x", name="artikel.txt"), "en", kind="bitext")
    rows = []
    for n in range(6):
        found = {2: (ERROR,), 3: (WARNING,)}.get(n, ())
        pair = Pair(f"Zin {n} over de trein.", f"target {n}", score=QualityScore(0.9 - n / 10, "m", found))
        rows.append(PairRow(n, pair, SETTINGS))
    store.add_pairs(document_id, rows)
    return store


@pytest.fixture
def anna(filled: Store, clock: Clock) -> ReviewSession:
    return ReviewSession(filled, "anna", judge=judge, now=clock)


def pairs(store: Store) -> list[StoredPair]:
    return [one for info in store.documents() for one in store.pairs(info.id)]


def statuses(store: Store) -> str:
    return " ".join(one.status for one in pairs(store))


# What is next


def test_the_worst_pair_comes_first_and_the_next_one_after_a_decision(anna: ReviewSession) -> None:
    seen = []
    while task := anna.next(OPEN):
        seen.append(task.position)
        anna.accept(task.id, task.version)
    assert seen == [5, 4, 3, 2, 1, 0]


def test_document_order_and_uncertainty_are_other_orders(anna: ReviewSession) -> None:
    assert [one.position for one in anna.queue.peek(OPEN, Order.DOCUMENT, 6)] == [0, 1, 2, 3, 4, 5]
    assert anna.queue.peek(OPEN, Order.UNCERTAIN)[0].position == 4


def test_two_reviewers_are_not_handed_the_same_pair_until_a_claim_expires(
    filled: Store, anna: ReviewSession, clock: Clock
) -> None:
    bert = ReviewSession(filled, "bert", claim_seconds=60, now=clock)
    first, second = anna.next(OPEN), bert.next(OPEN)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    clock.wait(601)
    assert [one.id for one in bert.queue.next(OPEN, count=2)] == [first.id, second.id]


def test_what_was_handed_out_comes_again_until_it_is_decided_or_given_back(
    filled: Store, anna: ReviewSession, clock: Clock
) -> None:
    task = anna.next(OPEN)
    assert task is not None
    assert anna.next(OPEN) == task
    anna.queue.release([task.id])
    assert ReviewSession(filled, "bert", now=clock).next(OPEN) == task


def test_the_queue_counts_what_is_left(anna: ReviewSession) -> None:
    assert anna.queue.remaining(OPEN) == 6
    task = anna.next(OPEN)
    assert task is not None
    anna.skip(task.id, task.version)
    assert anna.queue.remaining(OPEN) == 5
    assert anna.queue.remaining(parse_filter("status:skipped")) == 1


def test_a_view_shows_context_history_changes_memory_and_holder(
    filled: Store, anna: ReviewSession, clock: Clock
) -> None:
    ids = [one.id for one in pairs(filled)]
    ReviewSession(filled, "bert", now=clock).accept(ids[0], 0)
    anna.edit(ids[2], 0, "targets two")
    view = anna.view(ids[2])
    assert [one.position for one in view.before + view.after] == [0, 1, 3, 4]
    assert [row.verdict for row in view.history] == [Verdict.EDITED]
    assert [(one.kind, one.text) for one in view.changes if one.kind != "equal"] == [
        ("insert", "s"),
        ("delete", "2"),
        ("insert", "two"),
    ]
    assert [match.pair for match in view.memory] == [ids[0]]
    assert view.findings == ()
    assert view.holder == ""


# Verdicts


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("accept", Status.ACCEPTED),
        ("reject", Status.REJECTED),
        ("skip", Status.SKIPPED),
        ("flag", Status.FLAGGED),
        ("comment", Status.OPEN),
    ],
)
def test_every_verdict_gives_its_status_and_keeps_the_note(
    anna: ReviewSession, clock: Clock, verdict: str, status: Status
) -> None:
    task = anna.next(OPEN)
    assert task is not None
    saved = getattr(anna, verdict)(task.id, task.version, "because of x")
    assert saved.saved
    assert saved.pair.status is status
    assert saved.pair.pair.target == task.pair.target
    (row,) = anna.store.reviews([task.id])[task.id]
    assert (row.reviewer, row.note, row.at) == ("anna", "because of x", clock.at)


def test_an_edit_is_judged_at_once(anna: ReviewSession) -> None:
    number = pairs(anna.store)[3].id
    now = anna.edit(number, 0, "a target with 1 digit").pair
    assert now.pair.target == "a target with 1 digit"
    assert now.pair.score == QualityScore(0.21, "length 1", (ERROR,))
    assert now.status is Status.EDITED


def test_without_a_judge_an_edit_keeps_the_score(filled: Store) -> None:
    number = pairs(filled)[3].id
    now = ReviewSession(filled, "anna").edit(number, 0, "new").pair
    assert now.pair.score == pairs(filled)[3].pair.score
    assert now.pair.score is not None


def test_an_edit_that_changes_nothing_is_an_acceptance(anna: ReviewSession) -> None:
    number = pairs(anna.store)[0].id
    assert anna.edit(number, 0, "target 0").pair.status is Status.ACCEPTED


@pytest.mark.parametrize(("verdict", "word"), [("reject", "reason"), ("edit", "target"), ("comment", "text")])
def test_a_verdict_without_its_text_is_refused(anna: ReviewSession, verdict: str, word: str) -> None:
    number = pairs(anna.store)[0].id
    with pytest.raises(UsageError, match=word):
        getattr(anna, verdict)(number, 0, "  ")
    assert anna.store.reviews([number]) == {}


def test_a_pair_that_failed_cannot_be_accepted_but_edited(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    store.add_pairs(document_id, [PairRow(0, Pair("bron", "", failure="too long"))])
    number, session = pairs(store)[0].id, ReviewSession(store, "anna", judge=judge)
    with pytest.raises(UsageError, match="no target to accept"):
        session.accept(number, 0)
    assert session.edit(number, 0, "by hand").pair.pair.target == "by hand"


def test_a_reviewer_without_a_name_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="needs a reviewer"):
        ReviewSession(store, " ")


def test_a_conflicting_decision_is_shown_and_nothing_is_overwritten(
    filled: Store, anna: ReviewSession
) -> None:
    number = pairs(filled)[0].id
    bert = ReviewSession(filled, "bert", judge=judge)
    assert anna.edit(number, 0, "Anna's").saved
    for late in (bert.edit(number, 0, "Bert's"), bert.accept(number, 0), bert.reject(number, 0, "bad")):
        assert not late.saved
        assert late.pair.pair.target == "Anna's"
        assert late.pair.reviewer == "anna"
    assert bert.edit(number, late.pair.version, "Bert's").saved


@pytest.mark.parametrize(
    "words", [("accept",), ("edit", "new"), ("reject", "bad"), ("skip",), ("comment", "x")]
)
def test_a_decision_that_is_sent_again_is_stored_once(anna: ReviewSession, words: tuple[str, ...]) -> None:
    number = pairs(anna.store)[0].id
    name, *rest = words
    for _ in range(3):
        assert getattr(anna, name)(number, 0, *rest).saved
    assert len(anna.store.reviews([number])[number]) == 1


# Bulk accept


def test_bulk_accept_leaves_errors_and_counts_everything(
    filled: Store, anna: ReviewSession, clock: Clock
) -> None:
    document_id = filled.documents()[0].id
    filled.add_pairs(document_id, [PairRow(6, Pair("bron", "", failure="too long"))])
    ids = [one.id for one in pairs(filled)]
    anna.reject(ids[0], 0, "bad")
    ReviewSession(filled, "bert", now=clock).next(parse_filter("score:0.3..0.45"))
    result = anna.accept_all(parse_filter("status:any"))
    assert result == BulkResult(accepted=3, with_errors=1, without_target=1, decided=1, held=1)
    assert statuses(filled) == "rejected accepted open accepted accepted open open"


def test_a_bulk_accept_is_taken_back_whole_but_for_what_somebody_decided_on_since(
    anna: ReviewSession, clock: Clock
) -> None:
    store = anna.store
    first = pairs(store)[0]
    anna.accept(first.id, 0)
    assert anna.undo_bulk() == (0, 0)
    clock.wait(5)
    assert anna.accept_all(OPEN).accepted == 4
    clock.wait(5)
    later = pairs(store)[5]
    ReviewSession(store, "bert", now=clock).reject(later.id, later.version, "no")
    assert anna.undo_bulk() == (3, 1)
    assert statuses(store) == "accepted open open open open rejected"
    assert anna.undo_bulk() == (0, 0)
    assert anna.accept_all(OPEN).accepted == 3


def test_a_dismissed_error_no_longer_keeps_a_pair_from_bulk_accept(
    filled: Store, anna: ReviewSession
) -> None:
    number = pairs(filled)[2].id
    assert anna.dismiss(number, ERROR)
    assert not anna.dismiss(number, ERROR)
    assert [(seen.finding, seen.dismissed) for seen in anna.view(number).findings] == [(ERROR, True)]
    assert anna.accept_all(OPEN) == BulkResult(accepted=6)


def test_a_dismissal_can_be_taken_back(filled: Store, anna: ReviewSession) -> None:
    number = pairs(filled)[2].id
    anna.dismiss(number, ERROR)
    assert anna.restore(number, ERROR)
    assert not anna.restore(number, ERROR)
    assert anna.accept_all(OPEN) == BulkResult(accepted=5, with_errors=1)


def test_a_finding_that_is_not_there_cannot_be_dismissed(filled: Store, anna: ReviewSession) -> None:
    with pytest.raises(UsageError, match="no such finding"):
        anna.dismiss(pairs(filled)[0].id, ERROR)


# Undo


def test_undo_goes_back_decision_by_decision_to_the_beginning(filled: Store, anna: ReviewSession) -> None:
    before = pairs(filled)
    anna.edit(before[0].id, 0, "first")
    anna.accept(before[1].id, 0)
    anna.edit(before[0].id, 1, "second")
    anna.comment(before[3].id, 0, "hm")
    seen = []
    while taken := anna.undo():
        seen.append((taken.pair.position, taken.pair.pair.target, taken.pair.status))
    assert seen == [
        (3, "target 3", "open"),
        (0, "first", "edited"),
        (1, "target 1", "open"),
        (0, "target 0", "open"),
    ]
    assert [one.pair for one in pairs(filled)] == [one.pair for one in before]
    assert sum(len(rows) for rows in filled.all_reviews()) == 8


def test_undo_goes_on_after_a_restart(filled: Store, anna: ReviewSession) -> None:
    anna.accept(pairs(filled)[0].id, 0)
    again = ReviewSession(filled, "anna")
    assert again.undo() is not None
    assert again.undo() is None
    assert statuses(filled) == " ".join(["open"] * 6)


def test_undo_leaves_alone_what_somebody_decided_later(filled: Store, anna: ReviewSession) -> None:
    ids = [one.id for one in pairs(filled)]
    anna.accept(ids[0], 0)
    anna.edit(ids[1], 0, "Anna's")
    ReviewSession(filled, "bert").reject(ids[1], 1, "bad")
    taken = anna.undo()
    assert taken is not None
    assert not taken.saved
    assert taken.pair.reviewer == "bert"
    taken = anna.undo()
    assert taken is not None
    assert taken.saved
    assert taken.pair.id == ids[0]
    assert anna.undo() is None
    assert statuses(filled).startswith("open rejected open")


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["accept", "edit", "reject", "skip", "flag", "comment", "undo"]),
        st.integers(0, 2),
        st.sampled_from(["a", "b", "target 0"]),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(actions=ACTIONS)
def test_whatever_was_done_undo_ends_where_it_began(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, str]]
) -> None:
    location = tmp_path_factory.mktemp("undo") / "store.db"
    with Store.open(location) as store:
        document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
        rows = [
            PairRow(n, Pair(f"bron {n}", f"target {n}", score=QualityScore(0.5, "m", (WARNING,))))
            for n in range(3)
        ]
        store.add_pairs(document_id, rows)
        before = pairs(store)
        session = ReviewSession(store, "anna", judge=judge)
        for name, number, text in actions:
            now = store.pair(before[number].id)
            if name == "undo":
                session.undo()
            else:
                getattr(session, name)(now.id, now.version, text)
        while session.undo():
            continue
        assert [one.pair for one in pairs(store)] == [one.pair for one in before]
        assert statuses(store) == "open open open"
        assert store.find_memory([f"bron {n}" for n in range(3)]) == {}
        assert store.find_similar("bron 1") == []


# Error spans


def test_an_error_is_marked_at_its_place_and_can_be_unmarked(
    filled: Store, anna: ReviewSession, clock: Clock
) -> None:
    number = pairs(filled)[0].id
    mark = anna.mark(number, "accuracy/mistranslation", "major", (0, 6), note="wrong word")
    (span,) = anna.view(number).spans
    assert (span.category, span.severity, span.side, span.start, span.end) == (
        "accuracy/mistranslation",
        "major",
        "target",
        0,
        6,
    )
    assert (span.reviewer, span.at, span.note, span.version) == ("anna", clock.at, "wrong word", 0)
    assert anna.unmark(mark)
    assert not anna.unmark(mark)
    assert anna.view(number).spans == ()


@pytest.mark.parametrize(
    ("category", "severity", "span", "side", "says"),
    [
        ("accuracy/wrong", "major", (0, 1), "target", "no error category"),
        ("other", "awful", (0, 1), "target", "no severity"),
        ("other", "major", (3, 3), "target", "no characters"),
        ("other", "major", (0, 99), "target", "no characters"),
        ("other", "major", (-1, 2), "source", "no characters"),
        ("other", "major", (0, 1), "middle", "no side"),
    ],
)
def test_an_error_span_that_makes_no_sense_is_refused(
    anna: ReviewSession, category: str, severity: str, span: tuple[int, int], side: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        anna.mark(pairs(anna.store)[0].id, category, severity, span, side)


# Passing over


def test_a_pair_that_was_passed_over_comes_again_only_when_the_reviewer_starts_over(
    filled: Store, anna: ReviewSession
) -> None:
    first = anna.next(OPEN)
    assert first is not None
    anna.queue.pass_over([first.id])
    second = anna.next(OPEN)
    assert second is not None
    assert second.id != first.id
    assert filled.holders([first.id], anna.queue._now()) == {}
    assert ReviewSession(filled, "bert").next(OPEN).id == first.id  # type: ignore[union-attr]
    anna.queue.release([second.id])
    assert anna.queue.start_over() == 1
    assert anna.next(OPEN).id == second.id  # type: ignore[union-attr]


# Suggestions


def test_suggestions_are_the_other_candidates_and_then_the_memory(store: Store) -> None:
    texts = [("beam", "The train.", True), ("wide-beam", "A train.", False), ("split", "The train.", False)]
    candidates = tuple(candidate(text, how, chosen=chosen) for how, text, chosen in texts)
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    first = Pair("De trein rijdt weer.", "The train runs.")
    again = Pair("De trein rijdt weer!", "The train.", candidates=candidates)
    store.add_pairs(document_id, [PairRow(0, first), PairRow(1, again)])
    session = ReviewSession(store, "anna")
    one, other = store.pairs(document_id)
    session.accept(one.id, 0)
    assert session.view(other.id).suggestions == ("A train.", "The train runs.")


# Beads


def aligned(store: Store) -> str:
    """Four segments on both sides in beads of 2-2, 1-0 and 1-2."""
    beads = [Bead((0, 1), (0, 1), 0.4), Bead((2,), (), 0.3), Bead((3,), (2, 3), 0.5)]
    return put_aligned(store, ("aa", "bb", "cc", "dd"), ("AA", "BB", "CC", "DD"), beads)


def table(store: Store, document_id: str) -> list[str]:
    return [f"{one.pair.source}={one.pair.target}" for one in store.pairs(document_id)]


def test_a_bead_is_split_and_merged_back_and_scored_again(store: Store) -> None:
    document_id = aligned(store)
    scored: list[tuple[str, ...]] = []

    def score_beads(source: Sequence[str], target: Sequence[str], beads: Sequence[Bead]) -> list[float]:
        scored.append((*source, *target, *(bead.kind for bead in beads)))
        return [0.75] * len(beads)

    session = ReviewSession(store, "anna", judge=judge, score_beads=score_beads)
    assert session.split(document_id, 0, 1, 1)
    assert table(store, document_id) == ["aa=AA", "bb=BB", "dd=CC DD"]
    assert [bead.score for bead in store.alignment(document_id).beads.values()] == [0.75, 0.75, 0.3, 0.5]
    assert next(store.pairs(document_id)).pair.score == QualityScore(0.02, "length 1")
    assert session.merge(document_id, 0)
    assert table(store, document_id) == ["aa bb=AA BB", "dd=CC DD"]
    assert scored == [("aa", "bb", "AA", "BB", "1-1", "1-1"), ("aa", "bb", "AA", "BB", "2-2")]


def test_the_bead_of_an_aligned_pair_is_shown_with_its_segments(store: Store) -> None:
    document_id = aligned(store)
    session = ReviewSession(store, "anna")
    first, last = store.pairs(document_id)
    bead = session.view(first.id).bead
    assert bead is not None
    assert (bead.bead.kind, bead.source, bead.target, bead.last) == ("2-2", ("aa", "bb"), ("AA", "BB"), False)
    other = session.view(last.id).bead
    assert other is not None
    assert other.last
    assert store.bead(document_id, 99) is None


def test_a_pair_of_another_document_has_no_bead(anna: ReviewSession) -> None:
    assert anna.view(pairs(anna.store)[0].id).bead is None


def test_a_bead_without_a_target_is_merged_with_its_neighbour(store: Store) -> None:
    document_id = aligned(store)
    session = ReviewSession(store, "anna")
    assert session.merge(document_id, 4)
    assert table(store, document_id) == ["aa bb=AA BB", "cc dd=CC DD"]
    assert session.split(document_id, 4, 1, 1)
    assert table(store, document_id) == ["aa bb=AA BB", "cc=CC", "dd=DD"]


def test_a_split_that_leaves_nothing_on_one_part_is_refused(store: Store) -> None:
    document_id = aligned(store)
    session = ReviewSession(store, "anna")
    for sources, targets in ((0, 0), (2, 2), (3, 1), (-1, 1)):
        with pytest.raises(UsageError):
            session.split(document_id, 0, sources, targets)
    with pytest.raises(UsageError, match="no bead"):
        session.split(document_id, 1, 1, 1)
    with pytest.raises(UsageError, match="no two beads"):
        session.merge(document_id, 5)
    assert table(store, document_id) == ["aa bb=AA BB", "dd=CC DD"]
