"""What every store must do, run on a SQLite file and on a PostgreSQL server."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from mt.data import (
    Bead,
    Document,
    Finding,
    Origin,
    Pair,
    QualityScore,
    Review,
    Segment,
    SegmentKind,
    Severity,
    Verdict,
)
from mt.errors import StoreError, UsageError
from mt.store import (
    Added,
    PairRow,
    RunState,
    SettingsKey,
    Status,
    Store,
    StoredReview,
)
from tests.made import candidate

pytest_plugins = ["tests.stores"]

TEXT = "De trein is laat.\r\n\r\nHij komt om 9.30 uur. ’s Avonds 😀 niet."
SEGMENTS = (
    Segment("De trein is laat.", 0, 17, SegmentKind.HEADING, "De trein is laat.", 0),
    Segment("Hij komt om 9.30 uur.", 21, 42, SegmentKind.SENTENCE, "Hij komt om 9.30 uur.", 1),
    Segment("’s Avonds 😀 niet.", 43, 60, SegmentKind.SENTENCE, "’s Avonds 😀 niet.", 1),
)
BEAM = SettingsKey.of("ctranslate2 4.8", "starter", "ab12", {"beam_size": 4})
GREEDY = SettingsKey.of("ctranslate2 4.8", "starter", "ab12", {"beam_size": 1})
AT = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)


def document(text: str = TEXT, name: str = "nieuws/trein.txt") -> Document:
    return Document("", "nl", text, name=name, encoding="cp1252", bom=True)


def pair(source: str = "De trein is laat.", target: str = "The train is late.") -> Pair:
    number = Finding("number", Severity.ERROR, "9.30 is missing.", "source", (12, 16))
    return Pair(
        source,
        target,
        score=QualityScore(
            0.25, "features 1", (number, Finding("length", Severity.INFO, "Short.")), {"ratio": 0.5}
        ),
        candidates=(
            candidate(target, "beam", chosen=True, reason="no findings"),
            candidate("Train late.", "recase", (number,), reason="number"),
        ),
    )


def rows(*targets: str, settings: SettingsKey | None = BEAM) -> list[PairRow]:
    return [
        PairRow(position, pair(SEGMENTS[position].plain, target), settings, 2.5)
        for position, target in enumerate(targets)
    ]


def review(number: int, verdict: Verdict, target: str, reviewer: str = "anna", minutes: int = 0) -> Review:
    return Review(number, verdict, target, reviewer, AT + timedelta(minutes=minutes), "because")


def put(store: Store, text: str = TEXT, name: str = "nieuws/trein.txt") -> str:
    document_id = store.put_document(document(text, name), "en")
    store.add_segments(document_id, SEGMENTS)
    return document_id


# Documents


def test_a_document_comes_back_as_it_was(store: Store) -> None:
    document_id = put(store)
    assert store.document(document_id) == document()._replace(id=document_id, segments=SEGMENTS)


def test_a_text_longer_than_a_chunk_comes_back_whole(store: Store) -> None:
    text = "Eén zin met ’n emoji 😀.\n" * 100_000
    assert store.document(store.put_document(document(text), "en")).text == text


def test_an_empty_document_is_a_document(store: Store) -> None:
    assert store.document(store.put_document(document(""), "en")).text == ""


def test_the_same_document_keeps_its_identifier(store: Store) -> None:
    assert put(store) == put(store)
    assert len(store.documents()) == 1


def test_segments_are_stored_once(store: Store) -> None:
    document_id = store.put_document(document(), "en")
    assert store.add_segments(document_id, SEGMENTS[:2]) == 2
    assert store.add_segments(document_id, SEGMENTS[1:], start_position=1) == 1
    assert store.document(document_id).segments == SEGMENTS


def test_a_segment_with_other_offsets_is_refused(store: Store) -> None:
    document_id = put(store)
    with pytest.raises(StoreError, match="Segment 1 of document"):
        store.add_segments(document_id, [SEGMENTS[0]._replace(end=16)])


def test_another_text_under_the_same_name_is_a_new_version(store: Store) -> None:
    old = put(store)
    store.add_pairs(old, rows("The train is late."))
    new = put(store, TEXT + " Morgen wel.")
    assert old != new
    assert [info.superseded for info in store.documents()] == [True, False]
    assert store.document(old).text == TEXT
    assert len(list(store.pairs(old))) == 1
    assert store.find_document("trein.txt").id == new


def test_going_back_to_an_old_text_makes_its_version_the_newest_again(store: Store) -> None:
    old = put(store)
    put(store, TEXT + " Morgen wel.")
    assert put(store) == old
    assert [info.superseded for info in store.documents()] == [False, True]


def test_documents_without_a_name_have_no_versions(store: Store) -> None:
    put(store, name="")
    put(store, TEXT + " Morgen wel.", name="")
    assert not any(info.superseded for info in store.documents())


def test_a_document_is_found_by_identifier_its_start_name_and_end_of_path(store: Store) -> None:
    wanted = put(store)
    put(store, "Anders.", "nieuws/weer.txt")
    for text in (wanted, wanted[:-2], "nieuws/trein.txt", "trein.txt", "./trein.txt", "trein"):
        assert store.find_document(text).id == wanted


def test_a_name_that_fits_two_documents_is_refused_with_both(store: Store) -> None:
    one, other = put(store, name="a/artikel.txt"), put(store, name="b/artikel.txt")
    with pytest.raises(UsageError, match=r"artikel\.txt") as caught:
        store.find_document("artikel.txt")
    assert one in caught.value.message
    assert other in caught.value.message


def test_a_name_that_fits_no_document_is_refused(store: Store) -> None:
    put(store)
    for text in ("bus", "", "rein.txt"):
        with pytest.raises(UsageError, match="No document is called"):
            store.find_document(text)


def test_an_unknown_identifier_is_a_store_error(store: Store) -> None:
    for call in (
        store.document,
        store.document_info,
        store.done_positions,
        lambda text: list(store.pairs(text)),
    ):
        with pytest.raises(StoreError, match="no document nothing-1234"):
            call("nothing-1234")


def test_counts_follow_the_pairs(store: Store) -> None:
    document_id = put(store)
    failed = PairRow(1, Pair("Hij komt om 9.30 uur.", "", failure="too long"), BEAM)
    store.add_pairs(document_id, [rows("The train is late.")[0], failed])
    number = next(store.pairs(document_id)).id
    store.record(review(number, Verdict.ACCEPTED, "The train is late."))
    info = store.document_info(document_id)
    assert (info.segments, info.pairs, info.failed, info.translated, info.reviewed) == (3, 2, 1, 1, 1)
    assert info.mean_score == 0.25
    assert info.state == "partial"


# Pairs


def test_a_pair_comes_back_as_it_was(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("The train is late."))
    stored = next(store.pairs(document_id))
    assert stored.pair == pair()
    assert (stored.document, stored.position, stored.settings) == (document_id, 0, BEAM)
    assert (stored.status, stored.milliseconds, stored.version) == (Status.OPEN, 2.5, 0)
    assert store.pair(stored.id) == stored


def test_pairs_come_in_order_however_many_there_are(store: Store) -> None:
    document_id = store.put_document(document(), "en", kind="bitext")
    made = [PairRow(position, Pair(f"bron {position}", f"doel {position}")) for position in range(1203)]
    store.add_pairs(document_id, made[600:])
    store.add_pairs(document_id, made[:600])
    assert [stored.pair.target for stored in store.pairs(document_id)] == [f"doel {n}" for n in range(1203)]


def test_the_same_batch_twice_is_stored_once(store: Store) -> None:
    document_id = put(store)
    assert store.add_pairs(document_id, rows("One.", "Two.")) == Added(new=2)
    assert store.add_pairs(document_id, rows("One.", "Two.", "Three.")) == Added(new=1, kept=2)
    assert [stored.pair.target for stored in store.pairs(document_id)] == ["One.", "Two.", "Three."]


def test_one_batch_with_a_place_twice_stores_the_last(store: Store) -> None:
    document_id = put(store)
    added = store.add_pairs(document_id, [*rows("One."), *rows("Other.")])
    assert added == Added(new=1, kept=1)
    assert [stored.pair.target for stored in store.pairs(document_id)] == ["Other."]


def test_other_settings_replace_an_unreviewed_pair_and_keep_it_as_history(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    old = next(store.pairs(document_id))
    assert store.add_pairs(document_id, rows("Uno.", settings=GREEDY)) == Added(replaced=1)
    assert [stored.pair.target for stored in store.pairs(document_id)] == ["Uno."]
    assert store.pair(old.id).pair.target == "One."


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED])
def test_what_a_human_decided_is_never_replaced(store: Store, verdict: Verdict) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    number = next(store.pairs(document_id)).id
    store.record(review(number, verdict, "One."))
    assert store.add_pairs(document_id, rows("Uno.", settings=GREEDY)) == Added(kept=1)
    assert [stored.id for stored in store.pairs(document_id)] == [number]


def test_a_failed_pair_gives_way_and_never_takes_a_place(store: Store) -> None:
    document_id = put(store)
    failed = PairRow(0, Pair(SEGMENTS[0].plain, "", failure="out of memory"), BEAM)
    store.add_pairs(document_id, [failed])
    assert store.add_pairs(document_id, [failed]) == Added(kept=1)
    assert store.done_positions(document_id, BEAM) == set()
    assert store.add_pairs(document_id, rows("One.")) == Added(replaced=1)
    assert store.add_pairs(document_id, [failed._replace(settings=GREEDY)]) == Added(kept=1)
    assert [stored.pair.failure for stored in store.pairs(document_id)] == [""]


def test_done_positions_are_those_that_these_settings_need_not_make_again(store: Store) -> None:
    document_id = put(store)
    copy = PairRow(2, Pair("1980", "1980", origin=Origin.COPY))
    store.add_pairs(document_id, [*rows("One.", "Two."), copy])
    assert store.done_positions(document_id, BEAM) == {0, 1, 2}
    assert store.done_positions(document_id, GREEDY) == {2}
    assert store.done_positions(document_id) == {0, 1, 2}
    number = next(store.pairs(document_id)).id
    store.record(review(number, Verdict.ACCEPTED, "One."))
    assert store.done_positions(document_id, GREEDY) == {0, 2}


def test_an_earlier_result_is_found_only_with_equal_settings_and_languages(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("The train is late."))
    source = SEGMENTS[0].plain
    assert store.find_translated([source, "onbekend"], "nl", "en", BEAM) == {source: pair()}
    assert store.find_translated([source], "nl", "en", GREEDY) == {}
    assert store.find_translated([source], "nl", "de", BEAM) == {}


def test_an_earlier_result_of_an_older_version_of_the_document_is_found(store: Store) -> None:
    store.add_pairs(put(store), rows("The train is late."))
    put(store, TEXT + " Morgen wel.")
    assert list(store.find_translated([SEGMENTS[0].plain], "nl", "en", BEAM)) == [SEGMENTS[0].plain]


def test_neither_failures_nor_edits_are_earlier_results_of_the_engine(store: Store) -> None:
    document_id = put(store)
    failed = PairRow(1, Pair(SEGMENTS[1].plain, "", failure="too long"), BEAM)
    store.add_pairs(document_id, [*rows("One."), failed])
    number = next(store.pairs(document_id)).id
    store.record(review(number, Verdict.EDITED, "Another."))
    assert store.find_translated([segment.plain for segment in SEGMENTS], "nl", "en", BEAM) == {}


def test_thousands_of_sources_are_looked_up_at_once(store: Store) -> None:
    document_id = store.put_document(document(), "en", kind="bitext")
    made = [PairRow(n, Pair(f"bron {n}", f"doel {n}"), BEAM) for n in range(1500)]
    store.add_pairs(document_id, made)
    asked = [f"bron {n}" for n in range(0, 3000, 2)]
    assert set(store.find_translated(asked, "nl", "en", BEAM)) == {f"bron {n}" for n in range(0, 1500, 2)}


# Alignments


def aligned(store: Store) -> tuple[str, list[Bead]]:
    source = put(store)
    english = Document(
        "", "en", "The train is late. It comes at half past nine, not at night.", name="train.txt"
    )
    target = store.put_document(english, "nl")
    cuts = ((0, 18), (19, 46), (47, 60))
    store.add_segments(target, [Segment(english.text[a:b], a, b, plain=english.text[a:b]) for a, b in cuts])
    beads = [Bead((0,), (0,), 0.9), Bead((1,), (), 0.2), Bead((2,), (1, 2), 0.6)]
    pairs = [pair("a", "A"), None, pair("c", "C")]
    return store.put_alignment(source, target, beads, pairs, "bands 1"), beads


def test_an_alignment_comes_back_as_it_was(store: Store) -> None:
    document_id, beads = aligned(store)
    found = store.alignment(document_id)
    assert list(found.beads.values()) == beads
    assert found.method == "bands 1"
    assert store.document(found.source).text == TEXT
    assert [one.pair.target for one in store.pairs(document_id)] == ["A", "C"]
    assert {one.position for one in store.pairs(document_id)} < set(found.beads)
    assert store.document_info(document_id).state == "translated"


def test_an_alignment_is_found_by_its_documents_and_method(store: Store) -> None:
    document_id, _ = aligned(store)
    stored = store.alignment(document_id)
    assert store.find_alignment(stored.source, stored.target, "bands 1") == document_id
    assert store.find_alignment(stored.source, stored.target, "bands 2") is None
    assert store.find_alignment(stored.target, stored.source, "bands 1") is None


def test_the_same_alignment_is_stored_once(store: Store) -> None:
    assert aligned(store) == aligned(store)
    assert len(store.documents()) == 3


def test_beads_are_split_and_merged_without_moving_the_others(store: Store) -> None:
    document_id, beads = aligned(store)
    before = {one.pair.target: one.position for one in store.pairs(document_id)}
    split = [Bead((1,), (1,), 0.8), Bead((2,), (2,), 0.7)]
    assert store.replace_beads(document_id, beads[1:], split, [pair("b", "B"), pair("c", "D")])
    assert list(store.alignment(document_id).beads.values()) == [beads[0], *split]
    assert [one.pair.target for one in store.pairs(document_id)] == ["A", "B", "D"]
    assert next(store.pairs(document_id)).position == before["A"]
    merged = [Bead((0, 1), (0, 1), 0.5)]
    assert store.replace_beads(document_id, [beads[0], split[0]], merged, [pair("ab", "AB")])
    assert [one.pair.target for one in store.pairs(document_id)] == ["AB", "D"]


def test_beads_that_somebody_changed_meanwhile_are_not_replaced(store: Store) -> None:
    document_id, beads = aligned(store)
    merged = [Bead((0, 1), (0,), 0.5)]
    assert store.replace_beads(document_id, beads[:2], merged, [pair("ab", "A")])
    assert not store.replace_beads(document_id, beads[:2], merged, [pair("ab", "A")])


def test_beads_that_leave_a_segment_out_are_refused(store: Store) -> None:
    document_id, beads = aligned(store)
    with pytest.raises(UsageError, match="exactly once"):
        store.replace_beads(document_id, beads[:2], [Bead((0,), (0,), 0.5)], [pair("a", "A")])
    assert list(store.alignment(document_id).beads.values()) == beads


# Memory and reviews


def test_only_accepted_and_edited_pairs_are_memory(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One.", "Two.", "Three."))
    numbers = [stored.id for stored in store.pairs(document_id)]
    sources = [segment.plain for segment in SEGMENTS]
    assert store.find_memory(sources) == {}
    store.record(review(numbers[0], Verdict.ACCEPTED, "One."))
    store.record(review(numbers[1], Verdict.EDITED, "Second."))
    store.record(review(numbers[2], Verdict.REJECTED, "Three."))
    found = store.find_memory(sources)
    assert {source: match.target for source, match in found.items()} == {
        sources[0]: "One.",
        sources[1]: "Second.",
    }
    match = found[sources[1]]
    assert (match.similarity, match.status, match.pair) == (1.0, Status.EDITED, numbers[1])
    assert (match.document, match.reviewer, match.at) == (document_id, "anna", AT)


def test_of_several_memories_the_one_decided_last_wins(store: Store) -> None:
    source = SEGMENTS[0].plain
    for name, target, minutes in (("a", "New.", 9), ("b", "Old.", 1)):
        document_id = put(store, name=name)
        store.add_pairs(document_id, rows("One."))
        number = next(store.pairs(document_id)).id
        store.record(review(number, Verdict.EDITED, target, minutes=minutes))
    assert store.find_memory([source])[source].target == "New."


def test_every_decision_is_kept_and_undone_one_by_one(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    number = next(store.pairs(document_id)).id
    judged = QualityScore(0.75, "features 1", (Finding("quote", Severity.WARNING, "Lost."),), {"ratio": 1.0})
    store.record(review(number, Verdict.EDITED, "First.", "anna"), score=judged)
    store.record(review(number, Verdict.FLAGGED, "First.", "bert"))
    store.record(review(number, Verdict.COMMENTED, "First.", "bert"))
    now = store.pair(number)
    assert (now.pair.target, now.status, now.reviewer, now.version) == ("First.", Status.FLAGGED, "bert", 2)
    assert now.pair.score == judged
    expected = [
        ("First.", Status.FLAGGED, "bert"),
        ("First.", Status.EDITED, "anna"),
        ("One.", Status.OPEN, ""),
    ]
    for target, status, reviewer in expected:
        now = store.record(review(number, Verdict.UNDONE, "", "carl")).pair
        assert (now.pair.target, now.status, now.reviewer) == (target, status, reviewer)
    assert now.pair == rows("One.")[0].pair
    with pytest.raises(UsageError, match="Nothing is left to undo"):
        store.record(review(number, Verdict.UNDONE, "", "carl"))
    verdicts = [row.verdict for row in store.reviews([number])[number]]
    assert verdicts == [Verdict.EDITED, Verdict.FLAGGED, Verdict.COMMENTED, *[Verdict.UNDONE] * 3]


def test_a_decision_on_an_older_version_is_not_stored(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    number = next(store.pairs(document_id)).id
    assert store.record(review(number, Verdict.EDITED, "Anna's.", "anna"), expected_version=0).saved
    late = store.record(review(number, Verdict.EDITED, "Bert's.", "bert"), expected_version=0)
    assert not late.saved
    assert late.pair.pair.target == "Anna's."
    assert len(store.reviews([number])[number]) == 1


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.COMMENTED])
def test_a_decision_sent_twice_is_stored_once(store: Store, verdict: Verdict) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    number = next(store.pairs(document_id)).id
    for _ in range(2):
        assert store.record(review(number, verdict, "One."), expected_version=0).saved
    assert len(store.reviews([number])[number]) == 1


def test_only_an_edit_changes_the_target(store: Store) -> None:
    document_id = put(store)
    store.add_pairs(document_id, rows("One."))
    number = next(store.pairs(document_id)).id
    with pytest.raises(UsageError, match="does not change a target"):
        store.record(review(number, Verdict.ACCEPTED, "Other."))
    assert store.reviews([number]) == {}


def test_a_pair_can_bring_its_history_along(store: Store) -> None:
    document_id = put(store)
    past = (
        StoredReview(Verdict.EDITED, "One.", "Better.", "anna", AT),
        StoredReview(Verdict.ACCEPTED, "Better.", "Better.", "bert", AT + timedelta(days=1), "fine"),
    )
    store.add_pairs(document_id, [PairRow(0, Pair(SEGMENTS[0].plain, "Better."), reviews=past)])
    stored = next(store.pairs(document_id))
    assert (stored.status, stored.reviewer, stored.decided) == (
        Status.ACCEPTED,
        "bert",
        AT + timedelta(days=1),
    )
    kept = store.reviews([stored.id])[stored.id]
    assert [row._replace(id=0, pair=0, version=0) for row in kept] == list(past)
    assert store.find_memory([SEGMENTS[0].plain])


def test_a_decision_on_a_pair_that_is_not_there_is_a_store_error(store: Store) -> None:
    with pytest.raises(StoreError, match="no pair 99"):
        store.record(review(99, Verdict.ACCEPTED, "x"))


# Runs


def test_a_run_keeps_what_it_was_called_with_and_how_it_ended(store: Store) -> None:
    run = store.begin_run("translate", {"files": ["a.txt"], "beam": 4})
    assert store.runs()[0].state is RunState.RUNNING
    store.finish_run(run, RunState.FINISHED, {"pairs": 3})
    (kept,) = store.runs()
    assert (kept.command, kept.arguments, kept.counts) == (
        "translate",
        {"files": ["a.txt"], "beam": 4},
        {"pairs": 3},
    )
    assert kept.state is RunState.FINISHED
    assert kept.started is not None
    assert kept.finished is not None
    assert kept.started <= kept.finished


# Transactions


def test_a_batch_that_cannot_be_stored_leaves_nothing(store: Store) -> None:
    document_id = put(store)
    broken = PairRow(1, Pair("\ud800", "x"), BEAM)
    with pytest.raises(StoreError, match="Unicode"):
        store.add_pairs(document_id, [*rows("One."), broken])
    assert list(store.pairs(document_id)) == []


def test_threads_that_store_the_same_batches_store_each_pair_once(store_location: str) -> None:
    with Store.open(store_location) as store:
        document_id = store.put_document(document(), "en", kind="bitext")
        made = [PairRow(n, Pair(f"bron {n}", f"doel {n}"), BEAM) for n in range(300)]
        added: list[Added] = []

        def work() -> None:
            added.extend(
                store.add_pairs(document_id, made[start : start + 30]) for start in range(0, 300, 30)
            )

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one.new for one in added) == 300
        assert sum(one.kept for one in added) == 900
        assert [stored.position for stored in store.pairs(document_id)] == list(range(300))


def test_a_store_opened_for_reading_refuses_to_write(store_location: str) -> None:
    with Store.open(store_location) as store:
        document_id = put(store)
    with Store.open(store_location, read_only=True) as store:
        assert store.document(document_id).text == TEXT
        with pytest.raises(StoreError, match="reading only"):
            store.begin_run("translate")
