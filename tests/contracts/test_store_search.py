"""Whatever is asked, in whatever order: a store finds what a look at every pair finds."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.data import Document, Finding, Origin, Pair, QualityScore, Review, Severity, Verdict
from mt.errors import StoreError
from mt.store import (
    Claimant,
    Order,
    PairQuery,
    PairRow,
    SavedFilter,
    Status,
    Store,
    StoredPair,
    StoredReview,
    memory,
    search,
    sqlite,
)

pytest_plugins = ["tests.stores"]

AT = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = ("trein", "bus", "fiets", "Café", "3,50", "'s", "vliegtuig")
CHECKS = ("number", "quote", "length")
VERDICTS = (Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED, Verdict.SKIPPED, Verdict.FLAGGED)


def filled(store: Store, count: int = 120) -> list[StoredPair]:
    """Three documents with pairs of every kind, in document order."""
    chance = random.Random(3)
    ids = []
    for number in range(3):
        name = f"{number}.txt"
        ids.append(store.put_document(Document("", "nl", name, name=name), "en", kind="bitext"))
        rows = []
        for position in range(count // 3):
            found = tuple(
                Finding(check, Severity.WARNING, "Look.", "target", (0, chance.randrange(1, 3)))
                for check in chance.choices(CHECKS, k=chance.randrange(4))
            )
            value = chance.choice([None, 0.25, 0.5, 0.75, chance.random()])
            score = None if value is None else QualityScore(value, "m", found)
            source = " ".join(chance.choices(WORDS, k=3))
            origin = chance.choice([Origin.ENGINE, Origin.ENGINE, Origin.MEMORY])
            rows.append(PairRow(position, Pair(source, f"target {position}", origin=origin, score=score)))
        store.add_pairs(ids[-1], rows)
    for one in ids:
        for stored in store.pairs(one):
            if chance.random() < 0.5:
                reviewer, verdict = chance.choice(["anna", "bert"]), chance.choice(VERDICTS)
                at = AT + timedelta(hours=chance.randrange(48))
                store.record(Review(stored.id, verdict, stored.pair.target, reviewer, at))
    return [stored for one in ids for stored in store.pairs(one)]


@pytest.fixture(scope="module")
def ready(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], tuple[Store, list[StoredPair]]]]:
    """A filled store of a kind and its pairs in document order, made once."""
    made: dict[str, tuple[Store, list[StoredPair]]] = {}

    def get(kind: str) -> tuple[Store, list[StoredPair]]:
        if kind not in made:
            location = str(tmp_path_factory.mktemp("search") / "store.db")
            if kind == "postgresql":
                location = request.getfixturevalue("postgresql_urls")()
            store = Store.open(location)
            made[kind] = store, filled(store)
        return made[kind]

    yield get
    for store, _ in made.values():
        store.close()


def fits(stored: StoredPair, query: PairQuery) -> bool:
    """The query's conditions on one pair, in plain words."""
    score = stored.pair.score
    found = {one.check for one in score.findings} if score else set()
    low, high = query.score
    words = stored.pair.source.lower().replace("é", "e").split() + stored.pair.target.split()
    return all(
        (
            not query.documents or stored.document in query.documents,
            not query.statuses or stored.status in query.statuses,
            (low is None and high is None) or score is not None,
            low is None or (score is not None and score.value >= low),
            high is None or (score is not None and score.value <= high),
            all(found & set(group) for group in query.checks),
            not found & set(query.without_checks),
            not query.origins or stored.pair.origin in query.origins,
            not query.reviewers or stored.reviewer in query.reviewers,
            query.since is None or (stored.decided is not None and stored.decided >= query.since),
            query.until is None or (stored.decided is not None and stored.decided < query.until),
            all(any(plain == word for plain in words) for word in query.text),
        )
    )


def ranked(pairs: list[StoredPair], order: Order) -> list[float | int]:
    """What must not decrease along the order."""
    scores = [2.0 if one.pair.score is None else one.pair.score.value for one in pairs]
    if order is Order.WORST:
        return list(scores)
    return [abs(score - 0.5) for score in scores]


def queries() -> st.SearchStrategy[PairQuery]:
    def some(values: object) -> st.SearchStrategy[tuple[object, ...]]:
        return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)  # type: ignore[arg-type]

    bound = st.one_of(st.none(), st.sampled_from([0.0, 0.25, 0.5, 0.6, 1.0]))
    day = st.one_of(st.none(), st.integers(0, 48).map(lambda hours: AT + timedelta(hours=hours)))
    group = st.lists(st.sampled_from(CHECKS), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(
        PairQuery,
        statuses=some(list(Status)),
        score=st.tuples(bound, bound),
        checks=st.lists(group, max_size=2).map(tuple),
        without_checks=st.one_of(st.just(()), some(CHECKS)),
        origins=st.one_of(st.just(()), some([Origin.ENGINE, Origin.MEMORY])),
        reviewers=st.one_of(st.just(()), some(["anna", "bert", "carl"])),
        since=day,
        until=day,
        text=st.one_of(st.just(()), some(["trein", "bus", "vliegtuig"])),
    )


@pytest.mark.parametrize(
    ("few", "probed"),
    [(search.FEW, 300), (0, 10), (0, 0)],
    ids=["fetched", "probed", "walked"],
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(query=queries(), order=st.sampled_from(Order), documents=st.sets(st.integers(0, 2), max_size=2))
def test_a_search_finds_what_a_look_at_every_pair_finds(
    store_kind: str,
    ready: Callable[[str], tuple[Store, list[StoredPair]]],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    probed: int,
    query: PairQuery,
    order: Order,
    documents: set[int],
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "PROBED", probed)
    monkeypatch.setattr(sqlite.SqliteSession, "text_costs", lambda *_: probed > 0)
    store, every = ready(store_kind)
    ids = list(dict.fromkeys(one.document for one in every))
    query = query._replace(documents=tuple(ids[number] for number in sorted(documents)))
    expected = [one.id for one in every if fits(one, query)]
    found = store.search(query, order, limit=1000)
    assert sorted(one.id for one in found) == sorted(expected)
    assert store.count(query) == len(expected)
    assert [one.id for one in store.select(query)] == sorted(expected)
    if order is Order.DOCUMENT:
        assert [one.id for one in found] == expected
    else:
        assert ranked(found, order) == sorted(ranked(found, order))
    first = store.search(query, order, limit=3)
    rest = store.search(query, order, limit=1000, offset=3)
    assert [one.id for one in first + rest] == [one.id for one in found]


def test_pairs_of_one_score_come_in_document_order(store: Store) -> None:
    filled(store)
    found = store.search(PairQuery(score=(0.25, 0.25)), Order.WORST, limit=99)
    places = [(one.document, one.position) for one in found]
    assert len(places) > 3
    assert places == sorted(places, key=lambda place: (found_order(store)[place[0]], place[1]))


@pytest.mark.parametrize(
    "query", [PairQuery(score=(None, 0.25)), PairQuery(checks=(("number",),), score=(None, 0.6))]
)
def test_the_most_uncertain_pairs_come_in_pages_that_fit_together(
    store: Store, monkeypatch: pytest.MonkeyPatch, query: PairQuery
) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    filled(store)
    whole = [one.id for one in store.search(query, Order.UNCERTAIN, limit=1000)]
    pages = [store.search(query, Order.UNCERTAIN, limit=2, offset=start) for start in range(0, len(whole), 2)]
    assert len(whole) > 5
    assert [one.id for page in pages for one in page] == whole


def found_order(store: Store) -> dict[str, int]:
    return {info.id: number for number, info in enumerate(store.documents())}


def test_text_is_found_whatever_its_case_as_phrases_and_by_its_beginning(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    texts = ("De trein naar Delft", "Naar de TREIN!", "Een treintje", "O'Brien zei: “nee”")
    store.add_pairs(document_id, [PairRow(n, Pair(text, "x")) for n, text in enumerate(texts)])

    def found(*phrases: str) -> list[int]:
        return [one.position for one in store.search(PairQuery(text=phrases), Order.DOCUMENT, limit=9)]

    assert found("trein") == [0, 1]
    assert found("trein naar") == [0]
    assert found("trein", "naar") == [0, 1]
    assert found("trein*") == [0, 1, 2]
    assert found("O'Brien") == [3]
    assert found("fiets") == []
    for strange in ("AND", "a:b", "x'y", "a\\", "NEAR(a b)", '"a'):
        assert found(strange) == []
    for empty in ('"', "'", "\\", "(", "*", "-", "&|!"):
        assert found("fiets", empty) == []
        assert found("treintje", empty) == [2]


def test_text_of_an_edit_is_found_and_the_text_before_it_is_not(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    store.add_pairs(document_id, [PairRow(0, Pair("bron", "colour"))])
    number = next(store.pairs(document_id)).id
    store.record(Review(number, Verdict.EDITED, "color", "anna", AT))
    assert store.count(PairQuery(text=("color",))) == 1
    assert store.count(PairQuery(text=("colour",))) == 0
    store.record(Review(number, Verdict.UNDONE, "", "anna", AT))
    assert store.count(PairQuery(text=("colour",))) == 1


@pytest.mark.parametrize("most", [200, 0], ids=["one by one", "anew"])
def test_a_search_that_was_asked_before_sees_every_change_of_the_text_since(
    store_location: str, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(sqlite, "MOST_CHANGED", most)
    with Store.open(store_location) as store, Store.open(store_location) as elsewhere:
        document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
        store.add_pairs(document_id, [PairRow(n, Pair("bron", f"colour {n}")) for n in range(4)])
        numbers = [one.id for one in store.pairs(document_id)]

        def found(word: str) -> list[int]:
            query = PairQuery(text=(word,), statuses=())
            return [numbers.index(one.id) for one in store.search(query, Order.DOCUMENT, limit=9)]

        assert (found("colour"), found("color")) == ([0, 1, 2, 3], [])
        store.record(Review(numbers[0], Verdict.EDITED, "color 0", "anna", AT))
        elsewhere.record(Review(numbers[2], Verdict.EDITED, "color 2", "bert", AT))
        assert (found("colour"), found("color")) == ([1, 3], [0, 2])
        store.record(Review(numbers[2], Verdict.UNDONE, "", "anna", AT))
        assert (found("colour"), found("color")) == ([1, 2, 3], [0])
        elsewhere.add_pairs(
            document_id, [PairRow(4, Pair("bron", "color 4")), PairRow(3, Pair("b", "color"))]
        )
        numbers[3:] = [one.id for one in store.pairs(document_id)][3:]
        assert (found("colour"), found("color")) == ([1, 2], [0, 3, 4])


def test_pairs_of_an_old_version_and_replaced_ones_are_not_found(store: Store) -> None:
    every = filled(store)
    store.put_document(Document("", "nl", "changed", name="0.txt"), "en", kind="bitext")
    gone = every[0].document
    assert {one.document for one in store.search(PairQuery(), limit=1000)} == {
        one.document for one in every if one.document != gone
    }
    for check in CHECKS:
        assert gone not in {one.document for one in store.search(PairQuery(checks=((check,),)), limit=1000)}


def test_an_unknown_document_is_a_store_error(store: Store) -> None:
    with pytest.raises(StoreError, match="no document"):
        store.search(PairQuery(documents=("nothing-1234",)))


# Claims


def test_a_claimed_pair_is_not_handed_to_another_reviewer_until_the_claim_expires(store: Store) -> None:
    filled(store)
    query = PairQuery(statuses=(Status.OPEN,))
    anna, bert = Claimant("anna", AT), Claimant("bert", AT)
    (first,) = store.claim(query, Order.WORST, anna, 60)
    (second,) = store.claim(query, Order.WORST, bert, 60)
    assert first.id != second.id
    assert [one.id for one in store.claim(query, Order.WORST, anna, 60)] == [first.id]
    later = Claimant("bert", AT + timedelta(seconds=61))
    assert [one.id for one in store.claim(query, Order.WORST, later, 60)] == [first.id]


def test_a_pair_is_held_by_the_first_who_takes_it_and_for_longer_when_it_is_taken_again(store: Store) -> None:
    first, *_ = filled(store)
    anna, bert = Claimant("anna", AT), Claimant("bert", AT)
    assert store.hold(first.id, anna, 60) == "anna"
    assert store.hold(first.id, bert, 60) == "anna"
    assert store.hold(first.id, Claimant("anna", AT + timedelta(seconds=50)), 60) == "anna"
    assert store.hold(first.id, Claimant("bert", AT + timedelta(seconds=100)), 60) == "anna"
    assert store.hold(first.id, Claimant("bert", AT + timedelta(seconds=111)), 60) == "bert"
    with pytest.raises(StoreError, match="no pair"):
        store.hold(10**9, anna, 60)


def test_a_decision_and_a_release_end_a_claim(store: Store) -> None:
    filled(store)
    now = datetime.now(UTC)
    query = PairQuery(statuses=(Status.OPEN,))
    one, other = store.claim(query, Order.DOCUMENT, Claimant("anna", now), 60, count=2)
    assert store.holders([one.id, other.id], now) == {one.id: "anna", other.id: "anna"}
    store.record(Review(one.id, Verdict.ACCEPTED, one.pair.target, "anna", AT))
    store.release([other.id], "bert")
    assert store.holders([one.id, other.id], now) == {other.id: "anna"}
    store.release([other.id], "anna")
    assert store.holders([one.id, other.id], now) == {}


def test_a_filter_is_kept_under_its_name(store: Store) -> None:
    store.save_filter(SavedFilter("slecht", "score:..0.3", "worst", "anna"))
    store.save_filter(SavedFilter("slecht", "score:..0.2", "worst", "bert"))
    assert store.filters() == [SavedFilter("slecht", "score:..0.2", "worst", "bert")]
    assert store.remove_filter("slecht")
    assert not store.remove_filter("slecht")


# Fuzzy memory


def test_similar_accepted_sources_are_found_the_most_similar_first(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    texts = (
        "De ministerraad vergadert vrijdag over de begroting.",
        "De ministerraad vergadert zaterdag over de begroting van volgend jaar.",
        "De ministerraad vergadert donderdag over de begroting.",
        "Iets heel anders over voetbal.",
    )
    store.add_pairs(document_id, [PairRow(n, Pair(text, f"target {n}")) for n, text in enumerate(texts)])
    numbers = [one.id for one in store.pairs(document_id)]
    asked = "De ministerraad vergadert maandag over de begroting."
    assert store.find_similar(asked) == []
    for number in (0, 1, 3):
        store.record(Review(numbers[number], Verdict.ACCEPTED, f"target {number}", "anna", AT))
    found = store.find_similar(asked)
    assert [match.target for match in found] == ["target 0", "target 1"]
    assert 1.0 > found[0].similarity > found[1].similarity >= 0.7
    store.record(Review(numbers[0], Verdict.UNDONE, "", "anna", AT))
    assert [match.target for match in store.find_similar(asked)] == ["target 1"]
    assert store.find_similar(asked, target_lang="de") == []
    assert store.find_similar("…?!") == []


def test_a_similar_source_is_found_among_very_many_that_share_its_words(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    words = ("de", "regering", "stelt", "het", "besluit", "over", "begroting", "uit")
    chance = random.Random(1)
    texts = [" ".join(chance.sample(words, 6)) + f" {n}." for n in range(1500)]
    texts[700] = "De regering stelt het besluit over de begroting uit."
    texts[701] = "De regering stelt het besluit over de begroting dus uit."
    state = StoredReview(Verdict.ACCEPTED, "y", "y", "anna", AT)
    store.add_pairs(
        document_id, [PairRow(n, Pair(text, "y"), reviews=(state,)) for n, text in enumerate(texts)]
    )
    found = [match.source for match in store.find_similar(texts[700])]
    assert found[:2] == [texts[700], texts[701]]
    changed = "De regering stelt het besluit over de begroting morgen uit."
    assert store.find_similar(changed)[0].source in texts[700:702]


@pytest.mark.parametrize("asked", ["Ja", "Ja nee", "Ja 7", "Nee ja nee misschien"])
def test_words_that_very_many_sources_hold_can_be_asked_for(store: Store, asked: str) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    state = StoredReview(Verdict.ACCEPTED, "y", "y", "anna", AT)
    texts = [text for n in range(1100) for text in (f"Ja nee {n}", "Ja", f"Nee, {n} ja")]
    store.add_pairs(
        document_id, [PairRow(n, Pair(text, "y"), reviews=(state,)) for n, text in enumerate(texts)]
    )
    found = store.find_similar(asked, least=0.3)
    assert found
    assert all(match.similarity >= 0.3 for match in found)
    assert found[0].similarity == 1.0 or asked not in texts


def test_of_equal_pairs_in_memory_the_newest_is_given(store: Store) -> None:
    document_id = store.put_document(Document("", "nl", "x", name="x"), "en", kind="bitext")
    for n in range(60):
        state = StoredReview(Verdict.ACCEPTED, "y", "y", f"reviewer {n}", AT + timedelta(hours=n % 47))
        other = StoredReview(Verdict.ACCEPTED, str(n), str(n), "anna", AT)
        rows = [PairRow(2 * n, Pair("Ja, dat is goed.", "y"), reviews=(state,))]
        rows.append(PairRow(2 * n + 1, Pair("Ja, dat is goed.", str(n)), reviews=(other,)))
        store.add_pairs(document_id, rows)
    for limit in (1, 5, 200):
        found = store.find_similar("Ja, dat is goed.", limit=limit)
        assert len(found) == min(limit, 61)
        assert all(match.similarity == 1.0 for match in found)
    assert {match.reviewer for match in found if match.target == "y"} == {"reviewer 46"}


def test_what_a_snapshot_reads_is_one_state_of_the_store(store: Store) -> None:
    every = filled(store)
    open_ = [one for one in every if one.status is Status.OPEN]
    with store.snapshot():
        before = store.pair(open_[0].id)
        thread = threading.Thread(
            target=store.record, args=(Review(before.id, Verdict.EDITED, "anders", "anna", AT),)
        )
        thread.start()
        thread.join()
        assert store.pair(before.id) == before
        with store.snapshot():
            assert store.pair(before.id) == before
    assert store.pair(before.id).pair.target == "anders"


def test_the_neighbours_of_a_pair_are_those_of_its_document(store: Store) -> None:
    every = filled(store)
    middle = every[41]
    before, after = store.neighbours(middle.id, 2)
    assert [one.position for one in before] == [0]
    assert [one.position for one in after] == [2, 3]
    assert {one.document for one in before + after} == {middle.document}


@settings(max_examples=200, deadline=None)
@given(one=st.text("abc é", max_size=12), other=st.text("abc é", max_size=12))
def test_similarity_counts_the_longest_common_subsequence(one: str, other: str) -> None:
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, left in enumerate(one):
        for j, right in enumerate(other):
            longest = max(lengths[i][j + 1], lengths[i + 1][j])
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if left == right else longest
    total = len(one) + len(other)
    expected = 2 * lengths[-1][-1] / total if total else 1.0
    assert memory.most_similar(one, {7: other}, 0.0) == [(7, pytest.approx(expected))]
