"""What importing and exporting ask of a store: places, keys, order, and what files said besides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mt.data import Document, Finding, Pair, QualityScore, Review, Severity, Verdict
from mt.store import Carried, PairQuery, PairRow, Status, Store, StoredReview, core

pytest_plugins = ["tests.stores"]

AT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def bitext(store: Store, name: str, *rows: PairRow) -> str:
    document = store.put_document(Document("", "nl", "", name=name), "en", kind="bitext")
    store.append_pairs(document, rows)
    return document


def test_appended_pairs_stand_behind_each_other_in_order(store: Store) -> None:
    document = bitext(store, "a.tmx", PairRow(0, Pair("een", "one")), PairRow(0, Pair("twee", "two")))
    store.append_pairs(document, [PairRow(0, Pair("drie", "three"))])
    assert [(one.position, one.pair.source) for one in store.pairs(document)] == [
        (0, "een"), (1, "twee"), (2, "drie"),
    ]  # fmt: skip


def test_what_a_file_said_is_kept_and_found_by_its_key(store: Store) -> None:
    said = Carried(-7, {"note": "let op", "extra": [["domain", "pets"]]})
    rows = [PairRow(0, Pair("een", "one"), carried=said), PairRow(0, Pair("twee", "two"))]
    document = bitext(store, "a.tmx", *rows)
    first, second = store.pairs(document)
    assert store.carried([first.id, second.id]) == {first.id: said.values}
    assert store.pairs_with_keys([-7, 8], store.newest_pair()) == {-7: [first.id]}
    assert store.pairs_with_keys([-7], first.id - 1) == {}


def test_pairs_are_found_by_source_and_first_target(store: Store) -> None:
    document = bitext(store, "a.tmx", *(PairRow(0, Pair("ja", target)) for target in ("yes", "yes", "aye")))
    first, _, third = store.pairs(document)
    store.record(Review(first.id, Verdict.EDITED, "Yes!", "anna", AT))
    found = store.positions_of(document, [("ja", "nl", "en"), ("nee", "nl", "en")], third.id)
    assert found == {("ja", "yes"): [0, 1], ("ja", "aye"): [2]}
    assert store.positions_of(document, [("ja", "nl", "en")], first.id) == {("ja", "yes"): [0]}


def test_pairs_come_document_by_document_and_in_the_order_of_each(store: Store) -> None:
    first = store.put_document(Document("", "nl", "x", name="eerste.txt"), "en")
    store.add_pairs(first, [PairRow(5, Pair("vijf", "five"))])
    second = bitext(store, "b.tmx", PairRow(0, Pair("a", "b")))
    store.add_pairs(first, [PairRow(2, Pair("twee", "two"))])
    found = [one for page in store.select_in_order(PairQuery()) for one in page]
    assert [(one.document, one.position) for one in found] == [(first, 2), (first, 5), (second, 0)]
    store.record(Review(found[1].id, Verdict.ACCEPTED, "five", "anna", AT))
    assert store.count_in_order(PairQuery()) == {Status.OPEN: 2, Status.ACCEPTED: 1}
    accepted = PairQuery(statuses=(Status.ACCEPTED,))
    assert [one.id for page in store.select_in_order(accepted) for one in page] == [found[1].id]


def test_an_old_version_is_exported_where_it_is_named(store: Store) -> None:
    old = store.put_document(Document("", "nl", "oud", name="a.txt"), "en")
    store.add_pairs(old, [PairRow(0, Pair("oud", "old"))])
    new = store.put_document(Document("", "nl", "nieuw", name="a.txt"), "en")
    store.add_pairs(new, [PairRow(0, Pair("nieuw", "new"))])
    assert [one.document for page in store.select_in_order(PairQuery()) for one in page] == [new]
    named = PairQuery(documents=(old,))
    assert [one.document for page in store.select_in_order(named) for one in page] == [old]
    assert store.current_document("a.txt", "en") == new
    assert store.current_document("b.txt", "en") is None


def test_pairs_without_end_are_read_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "AHEAD", 600)
    rows = [PairRow(0, Pair(f"zin {n}", f"sentence {n}")) for n in range(1001)]
    bitext(store, "a.tmx", *rows)
    pages = list(store.select_in_order(PairQuery()))
    assert [len(page) for page in pages] == [500, 100, 401]
    assert [one.pair.target for page in pages for one in page] == [row.pair.target for row in rows]


def test_decisions_stored_together_bring_their_scores(store: Store) -> None:
    document = bitext(store, "a.tmx", PairRow(0, Pair("3 katten", "4 cats")))
    (pair,) = store.pairs(document)
    score = QualityScore(0.9, "checks", (Finding("number", Severity.INFO, "Look."),))
    edit = Review(pair.id, Verdict.EDITED, "3 cats", "anna", AT)
    note = Review(pair.id, Verdict.COMMENTED, "3 cats", "anna", AT, "telfout")
    assert store.record_all([(edit, 0), (note, 1)], [score, None]) == [True, True]
    (after,) = store.pairs(document)
    assert (after.pair.target, after.pair.score, after.version) == ("3 cats", score, 1)


def test_a_failed_pair_that_a_human_translated_has_not_failed(store: Store) -> None:
    document = bitext(store, "a.tmx", PairRow(0, Pair("een", "", failure="too long")))
    (pair,) = store.pairs(document)
    store.record(Review(pair.id, Verdict.EDITED, "one", "anna", AT))
    assert store.document_info(document).failed == 0
    store.record(Review(pair.id, Verdict.UNDONE, "", "anna", AT))
    assert store.document_info(document).failed == 1


def test_pairs_that_come_decided_are_memory_at_once_and_in_the_queue_of_their_status(store: Store) -> None:
    target = "The train leaves at nine."
    finding = Finding("number", Severity.WARNING, "Look.")
    accepted = StoredReview(Verdict.ACCEPTED, target, target, "anna", AT)
    pair = Pair("De trein vertrekt om negen uur.", target, score=QualityScore(0.4, "checks", (finding,)))
    undone = StoredReview(Verdict.UNDONE, target, target, "anna", AT)
    open_again = Pair("De trein vertrekt om tien uur.", target)
    bitext(
        store,
        "a.tmx",
        PairRow(0, pair, reviews=(accepted,)),
        PairRow(0, open_again, reviews=(accepted, undone)),
    )
    (match,) = store.find_similar("De trein vertrekt om elf uur.")
    assert (match.source, match.reviewer, match.at) == (pair.source, "anna", AT)
    query = PairQuery(statuses=(Status.ACCEPTED,), checks=(("number",),))
    (found,) = store.search(query)
    assert (found.pair, found.version, found.decided) == (pair, 1, AT)
    assert store.search(PairQuery(statuses=(Status.OPEN,)))[0].version == 2
