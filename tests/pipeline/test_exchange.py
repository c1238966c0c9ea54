"""What goes out of a store and comes back, through every format and through other programs' hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.data import Document, Finding, Origin, Pair, QualityScore, Review, Segment, Severity, Verdict
from mt.errors import FormatError, UsageError
from mt.formats import exchange
from mt.formats.exchange import Code, ImportReport, PairRecord
from mt.pipeline.exporting import Exporter, choose
from mt.pipeline.importing import Imported, Importer, Job, Wishes, plan
from mt.pipeline.records import Who, moved_codes, row_of
from mt.store import ErrorSpan, PairQuery, PairRow, Status, Store, StoredPair

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LOSS_FREE = ("tmx", "xliff", "xliff2", "tsv", "jsonl", "docx")
ENDINGS = {"tmx": "tmx", "xliff": "xlf", "xliff2": "xlf2", "tsv": "tsv", "jsonl": "jsonl", "docx": "docx"}


WISHES = Wishes()
EVERYTHING = PairQuery()


def quiet(_: str) -> None:
    """Nobody listens."""


def importer(store: Store, wishes: Wishes = WISHES, now: datetime = LATER) -> Importer:
    return Importer(store, None, wishes, quiet, lambda: now)


def import_file(store: Store, path: Path, wishes: Wishes = WISHES, now: datetime = LATER) -> Imported:
    (done,) = importer(store, wishes, now).run([Job(path, exchange.detect(path))], lambda count, total: None)
    return done


def export_file(store: Store, path: Path, query: PairQuery = EVERYTHING) -> Path:
    Exporter(store).export(query, exchange.detect(path) or "", path)
    return path


def records(store: Store, query: PairQuery = EVERYTHING, kind: str = "") -> list[PairRecord]:
    return list(Exporter(store).records(query, kind))


def stands(one: StoredPair) -> tuple[object, ...]:
    """Everything that a reader of the store sees of a pair, without its place there."""
    return one.pair, one.status, one.reviewer, one.decided


def written(path: Path, *found: PairRecord) -> Path:
    exchange.get(exchange.detect(path) or "").write(found, path, "nl", "en")
    return path


def article(store: Store, *targets: str, name: str = "artikel.txt") -> str:
    """A document with one pair for each target."""
    document = store.put_document(Document("", "nl", "De kat slaapt. " * len(targets), name=name), "en")
    rows = [
        PairRow(n, Pair(f"De kat slaapt {n}.", target, score=QualityScore(0.5, "checks-1")))
        for n, target in enumerate(targets)
    ]
    store.add_pairs(document, rows)
    return document


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "other.db") as opened:
        yield opened


# Any store, through any file, is the same store

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(
        st.sampled_from(["De kat", " ", "\n", "\t", "\x07", "<b>", "&amp;", "]]>", "\\u{7}", "😀"]),
        max_size=6,
    ).map("".join),
)
FULL = TEXT.filter(str.strip)
MOMENTS = st.integers(1, 10**9).map(lambda n: AT + timedelta(microseconds=n))
DECISIONS = st.tuples(st.sampled_from(Verdict), FULL, st.sampled_from(["anna", "Bob <b>", ""]), MOMENTS, TEXT)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Pair, list[tuple[Verdict, str, str, datetime, str]]]:
    findings = st.builds(
        Finding,
        FULL,
        st.sampled_from(Severity),
        TEXT,
        st.sampled_from(["source", "target"]),
        st.none() | st.just((0, 1)),
    )
    scores = st.builds(
        QualityScore,
        st.floats(0, 1),
        TEXT,
        st.lists(findings, max_size=2, unique=True).map(tuple),
        st.just({}),
    )
    target = draw(FULL | st.just(""))
    failure = draw(FULL) if not target else ""
    pair = Pair(draw(FULL), target, "nl", "en", draw(st.sampled_from(Origin)), None, (), failure)
    return pair._replace(score=draw(st.none() | scores)), draw(st.lists(DECISIONS, max_size=4))


def decide(store: Store, pair: int, decisions: Sequence[tuple[Verdict, str, str, datetime, str]]) -> None:
    """Take the decisions that a reviewer could take."""
    for verdict, target, reviewer, at, note in decisions:
        stands = store.pair(pair).pair.target
        after = target if verdict is Verdict.EDITED else stands
        if verdict is Verdict.UNDONE:
            after = ""
        try:
            store.record(Review(pair, verdict, after, reviewer, at, note))
        except UsageError:
            continue


@pytest.mark.parametrize("name", LOSS_FREE)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_pairs=st.lists(pairs(), min_size=1, max_size=4), marked=st.booleans())
def test_a_store_that_is_exported_and_imported_says_the_same(
    name: str,
    given_pairs: list[tuple[Pair, list[tuple[Verdict, str, str, datetime, str]]]],
    marked: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("round-trip")
    path = folder / f"pairs.{ENDINGS[name]}"
    with Store.open(folder / "a.db") as store, Store.open(folder / "b.db") as other:
        document = store.put_document(Document("", "nl", "x", name="map/artikel.txt"), "en")
        store.add_pairs(document, [PairRow(n, pair) for n, (pair, _) in enumerate(given_pairs)])
        for stored, (_, decisions) in zip(list(store.pairs(document)), given_pairs, strict=True):
            decide(store, stored.id, decisions)
        first = next(store.pairs(document))
        if marked:
            store.add_error_span(ErrorSpan(first.id, "other", "minor", "source", 0, 1, "anna", AT, "<hm>"))
            for finding in first.pair.score.findings if first.pair.score else ():
                store.dismiss(first.id, finding, "anna", AT)
        Exporter(store).export(PairQuery(), name, path)
        done = import_file(other, path)
        # A memory holds translations only; the other formats hold every pair.
        here = [one for one in store.pairs(document) if one.pair.target or name != "tmx"]
        assert done.counts.new == len(here)
        there = list(other.select(PairQuery()))
        assert [stands(one) for one in there] == [stands(one) for one in here]
        exported = records(store, kind=name)
        assert records(other) == exported
        # The same again, into either store, changes nothing.
        for where in (store, other):
            again = import_file(where, path).counts
            assert (again.known, again.new, again.updated) == (len(here), 0, 0)
            assert records(where, kind=name) == exported


def test_what_a_foreign_file_says_comes_out_again(store: Store, tmp_path: Path) -> None:
    record = PairRecord(
        "De rode kat", "The red cat", note="let op", reviewer="Anna", created=AT, changed=LATER, id="u7",
        document="dieren.txt", previous="Ervoor.", following="Erna.", extra=(("domain", "pets"),),
        source_codes=(Code(3, "open", "1", "<b>"), Code(7, "close", "1", "</b>")),
        target_codes=(Code(4, "open", "1", "<b>"), Code(7, "close", "1", "</b>")),
    )  # fmt: skip
    import_file(store, written(tmp_path / "in.tmx", record))
    (found,) = records(store)
    assert replace(found, origin="") == record


def test_tags_stay_with_their_words_when_a_reviewer_edits(store: Store, tmp_path: Path) -> None:
    codes = (Code(4, "open", "1", "<b>"), Code(7, "close", "1", "</b>"), Code(11, "empty", "2", "<br/>"))
    record = PairRecord("De rode kat", "The red cat", target_codes=codes)
    import_file(store, written(tmp_path / "in.tmx", record))
    (pair,) = store.select(PairQuery())
    store.record(Review(pair.id, Verdict.EDITED, "Oh, the red cat!", "anna", AT))
    (found,) = records(store)
    text = found.target
    assert [code.position for code in found.target_codes] == [
        text.index("red"),
        text.index(" cat"),
        len(text),
    ]


@given(before=FULL, after=TEXT, places=st.lists(st.integers(0, 20), max_size=5))
def test_moved_tags_keep_their_order_and_lie_in_the_text(before: str, after: str, places: list[int]) -> None:
    codes = [Code(min(place, len(before)), "empty") for place in sorted(places)]
    moved = [code.position for code in moved_codes(codes, before, after)]
    assert moved == sorted(moved)
    assert all(0 <= place <= len(after) for place in moved)
    assert [code.position for code in moved_codes(codes, before, before)] == [c.position for c in codes]


# Out to another program and back

Change = Callable[[PairRecord], PairRecord]


def sent_and_back(store: Store, path: Path, *changes: Change, wishes: Wishes = WISHES) -> Imported:
    """Export everything, let another program change the records, import them."""
    found = records(store)
    for number, change in enumerate(changes):
        found[number] = change(found[number])
    return import_file(store, written(path, *found), wishes)


@pytest.mark.parametrize("name", LOSS_FREE)
def test_what_a_translator_changed_elsewhere_comes_in_as_an_edit(
    store: Store, tmp_path: Path, name: str
) -> None:
    document = article(store, "The cat sleep.", "The cat sleeps.")
    path = tmp_path / f"pairs.{ENDINGS[name]}"
    done = sent_and_back(store, path, lambda r: replace(r, target="The cat sleeps 0."))
    first, second = store.pairs(document)
    assert (first.pair.target, first.status, first.reviewer) == (
        "The cat sleeps 0.",
        Status.EDITED,
        path.name,
    )
    assert second.status is Status.OPEN
    assert (done.counts.updated, done.counts.known, done.counts.new, done.document) == (1, 1, 0, None)
    assert store.find_memory(["De kat slaapt 0."])["De kat slaapt 0."].target == "The cat sleeps 0."


@pytest.mark.parametrize("name", LOSS_FREE)
@pytest.mark.parametrize("status", ["accepted", "rejected", "flagged"])
def test_a_status_given_elsewhere_is_a_decision(store: Store, tmp_path: Path, name: str, status: str) -> None:
    document = article(store, "The cat sleeps.")
    path = tmp_path / f"pairs.{ENDINGS[name]}"
    sent_and_back(store, path, lambda r: replace(r, status=status, reviewer="Bob", changed=LATER))
    (pair,) = store.pairs(document)
    assert (pair.status, pair.reviewer, pair.decided) == (status, "Bob", LATER)


def test_an_acceptance_taken_back_elsewhere_flags_the_pair(store: Store, tmp_path: Path) -> None:
    document = article(store, "The cat sleeps.")
    (pair,) = store.pairs(document)
    store.record(Review(pair.id, Verdict.ACCEPTED, "The cat sleeps.", "anna", AT))
    sent_and_back(store, tmp_path / "pairs.xlf", lambda r: replace(r, status="open"))
    (after,) = store.pairs(document)
    assert (after.status, after.reviewer) == (Status.FLAGGED, "pairs.xlf")


def test_reviews_of_two_stores_meet(store: Store, other: Store, tmp_path: Path) -> None:
    document = article(store, "one", "two")
    import_file(other, export_file(store, tmp_path / "out.xlf"))
    there = list(other.select(PairQuery()))
    other.record(Review(there[0].id, Verdict.EDITED, "One", "bob", AT, "hoofdletter"))
    other.record(Review(there[0].id, Verdict.COMMENTED, "One", "bob", AT, "klaar"))
    other.record(Review(there[1].id, Verdict.ACCEPTED, "two", "bob", AT))
    other.record(Review(there[1].id, Verdict.UNDONE, "", "bob", LATER))
    done = import_file(store, export_file(other, tmp_path / "back.tmx"))
    assert (done.counts.decisions, done.counts.conflicts, done.counts.new) == (4, 0, 0)
    assert records(store) == records(other)
    assert [one.status for one in store.pairs(document)] == [Status.EDITED, Status.OPEN]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(LOSS_FREE),
    before=st.lists(DECISIONS, max_size=3),
    there=st.lists(DECISIONS, max_size=3),
)
def test_whatever_was_decided_elsewhere_comes_home(
    name: str,
    before: list[tuple[Verdict, str, str, datetime, str]],
    there: list[tuple[Verdict, str, str, datetime, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("home")
    with Store.open(folder / "a.db") as store, Store.open(folder / "b.db") as other:
        (pair,) = store.pairs(article(store, "The cat sleeps."))
        decide(store, pair.id, before)
        import_file(other, export_file(store, folder / f"out.{ENDINGS[name]}"))
        (away,) = other.select(PairQuery())
        decide(other, away.id, there)
        done = import_file(store, export_file(other, folder / f"back.{ENDINGS[name]}"))
        assert (done.counts.new, done.counts.conflicts) == (0, 0)
        assert records(store) == records(other)


def test_where_both_were_changed_the_store_stands_and_the_conflict_is_told(
    store: Store, tmp_path: Path
) -> None:
    document = article(store, "The cat sleep.", "ok")
    found = records(store)
    (pair, _) = store.pairs(document)
    store.record(Review(pair.id, Verdict.EDITED, "The cat slept.", "anna", AT))
    path = written(tmp_path / "x.tmx", replace(found[0], target="The cat sleeps.", reviewer="Bob"), found[1])
    done = import_file(store, path)
    assert (done.counts.conflicts, done.counts.first_conflict) == (1, f"{document}.1")
    assert store.pair(pair.id).pair.target == "The cat slept."
    import_file(store, path, Wishes(theirs=True))
    after = store.pair(pair.id)
    assert (after.pair.target, after.reviewer, after.status) == ("The cat sleeps.", "Bob", Status.EDITED)
    assert len(store.reviews([pair.id])[pair.id]) == 2


def test_a_file_older_than_the_store_changes_nothing(store: Store, tmp_path: Path) -> None:
    document = article(store, "The cat sleep.")
    old = export_file(store, tmp_path / "old.tsv")
    (pair,) = store.pairs(document)
    store.record(Review(pair.id, Verdict.EDITED, "The cat sleeps.", "anna", AT))
    done = import_file(store, old)
    assert (done.counts.known, done.counts.conflicts) == (1, 0)
    assert store.pair(pair.id).version == 1


def test_a_note_written_elsewhere_is_a_comment_once(store: Store, tmp_path: Path) -> None:
    document = article(store, "The cat sleeps.")
    (pair,) = store.pairs(document)
    store.record(Review(pair.id, Verdict.FLAGGED, "The cat sleeps.", "anna", AT, "welke kat?"))
    path = tmp_path / "pairs.docx"
    for _ in range(2):
        found = records(store)
        assert found[0].note.startswith("anna: welke kat?")
        import_file(store, written(path, replace(found[0], note="anna: welke kat?\nde zwarte")))
    rows = store.reviews([pair.id])[pair.id]
    assert [(row.verdict, row.note) for row in rows] == [
        (Verdict.FLAGGED, "welke kat?"), (Verdict.COMMENTED, "de zwarte"),
    ]  # fmt: skip


def test_texts_and_identifiers_alone_find_the_pairs_in_either_store(
    store: Store, other: Store, tmp_path: Path
) -> None:
    article(store, "one", "two")
    import_file(other, export_file(store, tmp_path / "out.tmx"))
    bare = [PairRecord(r.source, r.target + "!", id=r.id) for r in records(store)]
    for where in (store, other):
        done = import_file(where, written(tmp_path / "bare.tmx", *bare))
        assert (done.counts.new, done.counts.updated) == (0, 2)
        assert [one.pair.target for one in where.select(PairQuery())] == ["one!", "two!"]


def test_a_pair_whose_source_has_changed_is_another_pair(store: Store, tmp_path: Path) -> None:
    article(store, "The cat sleeps.")
    done = sent_and_back(store, tmp_path / "x.tmx", lambda r: replace(r, source="De hond slaapt 0."))
    assert (done.counts.new, done.counts.updated) == (1, 0)


def test_history_that_does_not_fit_is_made_to_fit(store: Store, tmp_path: Path) -> None:
    document = article(store, "The cat sleeps.")
    (record,) = records(store)
    review = exchange.ReviewRecord(Verdict.ACCEPTED, "what", "something else", "bob", AT)
    odd = (replace(review, verdict=Verdict.UNDONE), review)
    done = import_file(store, written(tmp_path / "x.jsonl", replace(record, history=odd, target="last")))
    (pair,) = store.pairs(document)
    assert (done.counts.conflicts, pair.pair.target, pair.status) == (0, "last", Status.EDITED)


def test_translate_toolkit_edits_and_approves_xliff_that_comes_back(store: Store, tmp_path: Path) -> None:
    from translate.storage.xliff import xlifffile

    document = article(store, "The cat sleep.", "The cat sleeps 1.")
    path = export_file(store, tmp_path / "pairs.xlf")
    edited = xlifffile.parsefile(str(path))
    first, second = edited.units
    assert (first.source, first.target) == ("De kat slaapt 0.", "The cat sleep.")
    first.target = "The cat sleeps 0."
    second.markapproved(True)
    edited.savefile(str(path))
    done = import_file(store, path)
    assert done.counts.new == done.counts.conflicts == 0
    one, two = store.pairs(document)
    assert (one.pair.target, one.status) == ("The cat sleeps 0.", Status.EDITED)
    assert two.status is Status.ACCEPTED


def test_translate_toolkit_edits_xliff_2_that_comes_back(store: Store, tmp_path: Path) -> None:
    from translate.storage.xliff2 import Xliff2File

    document = article(store, "The cat sleep.", "The cat sleeps 1.")
    path = export_file(store, tmp_path / "pairs.xlf2")
    edited = Xliff2File.parsefile(str(path))
    edited.units[0].target = "The cat sleeps 0."
    edited.savefile(str(path))
    assert import_file(store, path).counts.new == 0
    assert [one.status for one in store.pairs(document)] == [Status.EDITED, Status.OPEN]


def test_translate_toolkit_reads_and_writes_a_memory(store: Store, other: Store, tmp_path: Path) -> None:
    from translate.storage.tmx import tmxfile

    document = article(store, "The cat <sleeps> & purrs\x07.", "Yes.")
    first, _ = store.pairs(document)
    store.record(Review(first.id, Verdict.ACCEPTED, first.pair.target, "anna", AT, "goed"))
    path = export_file(store, tmp_path / "pairs.tmx")
    memory = tmxfile.parsefile(str(path))
    assert [unit.source for unit in memory.units] == ["De kat slaapt 0.", "De kat slaapt 1."]
    memory.savefile(str(path))
    import_file(other, path)
    assert records(other) == records(store)


# Twice, in the middle, by another name


def plain(*numbers: int) -> list[PairRecord]:
    return [PairRecord(f"Zin {n}.", f"Sentence {n}.") for n in numbers]


def test_entries_without_names_are_not_doubled(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "a.tmx", *plain(1, 2, 2, 3))
    assert import_file(store, path).counts.new == 4
    again = import_file(store, path).counts
    assert (again.new, again.known) == (0, 4)
    assert [one.pair.source for one in store.select(PairQuery())] == ["Zin 1.", "Zin 2.", "Zin 2.", "Zin 3."]


def test_a_copy_of_a_file_is_the_same_file(store: Store, tmp_path: Path) -> None:
    import_file(store, written(tmp_path / "a.tmx", *plain(1, 2)))
    (tmp_path / "b.tmx").write_bytes((tmp_path / "a.tmx").read_bytes())
    assert import_file(store, tmp_path / "b.tmx").counts.new == 0


def test_a_file_that_has_grown_brings_what_is_new(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "a.tmx", *plain(1, 3))
    document = import_file(store, path).document
    done = import_file(store, written(path, *plain(1, 2, 3, 3)))
    assert (done.counts.new, done.counts.known, done.document) == (2, 2, document)


def test_equal_pairs_of_two_files_are_in_both(store: Store, tmp_path: Path) -> None:
    import_file(store, written(tmp_path / "a.tmx", *plain(1)))
    assert import_file(store, written(tmp_path / "b.tmx", *plain(1, 2))).counts.new == 2


def test_an_import_that_broke_off_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "a.tmx", *plain(*range(1200)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.7)])
    with pytest.raises(FormatError):
        import_file(store, path)
    path.write_bytes(whole)
    done = import_file(store, path)
    assert done.counts.known == 500
    assert [one.pair.source for one in store.select(PairQuery())] == [f"Zin {n}." for n in range(1200)]


def test_a_bad_file_among_others_does_not_stop_them(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "a.tmx", *plain(1))
    (tmp_path / "b.tmx").write_text("<tmx")
    written(tmp_path / "c.tmx", *plain(2))
    told: list[str] = []
    reader = Importer(store, None, Wishes(), told.append)
    done = list(reader.run(plan([str(tmp_path)], None, "nl", "en"), lambda count, total: None))
    assert [one.job.path and one.job.path.name for one in done] == ["a.tmx", "c.tmx"]
    assert [type(error) for error in reader.errors] == [FormatError]
    assert "b.tmx line 1" in told[0]


def test_a_file_is_not_imported_by_two_at_once(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "a.tmx", *plain(*range(600)))
    first = importer(store).run([Job(path, "tmx"), Job(path, "tmx")], lambda count, total: None)
    next(first)
    with pytest.raises(UsageError, match=r"a\.tmx is being imported already"):
        import_file(store, path)
    assert import_file(store, written(tmp_path / "b.tmx", *plain(1))).counts.new == 1
    first.close()  # type: ignore[attr-defined]
    assert import_file(store, path).counts.known == 600


# Options


def test_accepted_memory_is_used_but_not_what_a_check_calls_wrong(store: Store, tmp_path: Path) -> None:
    bad = (Finding("number", Severity.ERROR, "3 is missing"),)
    given_records = [
        PairRecord("goed", "good", reviewer="Anna", created=AT),
        PairRecord("drie 3", "three", score=0.1, findings=bad),
        PairRecord("leeg", ""),
    ]
    path = written(tmp_path / "a.tmx", *given_records)
    import_file(store, path)
    assert store.find_memory(["goed"]) == {}
    done = import_file(store, path, Wishes(accept=True))
    assert (done.counts.updated, done.counts.unaccepted, done.counts.known) == (1, 1, 2)
    match = store.find_memory(["goed", "drie 3", "leeg"])
    assert {source: one.reviewer for source, one in match.items()} == {"goed": "Anna"}
    assert import_file(store, path, Wishes(accept=True)).counts.updated == 0


def test_a_name_for_the_reviewer_stands_above_that_of_the_file() -> None:
    record = PairRecord("a", "b", status="accepted", reviewer="tool")
    named = row_of(record, Who("anna", AT, always=True))
    assert [row.reviewer for row in named.reviews] == ["anna"]
    assert [row.reviewer for row in row_of(record, Who("file", AT)).reviews] == ["tool"]


def test_a_score_in_the_file_is_kept_and_others_are_judged(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl", PairRecord("a", "b", score=0.25, method="other"), PairRecord("c", "d")
    )
    judged = QualityScore(0.5, "checks-1")
    reader = Importer(store, lambda pairs: [judged] * len(pairs), Wishes(), quiet)
    list(reader.run([Job(path, "jsonl")], lambda count, total: None))
    assert [one.pair.score for one in store.select(PairQuery())] == [QualityScore(0.25, "other"), judged]


def test_a_filter_and_a_status_choose_pairs(store: Store, tmp_path: Path) -> None:
    document = article(store, "one", "two", "three")
    first, *_ = store.pairs(document)
    store.record(Review(first.id, Verdict.ACCEPTED, "one", "anna", AT))
    assert len(records(store, choose(store, [document], "", []))) == 3
    assert [r.target for r in records(store, choose(store, [], "", ["accepted"]))] == ["one"]
    assert [r.target for r in records(store, choose(store, [], "two", []))] == ["two"]
    with pytest.raises(UsageError, match="names a status too"):
        choose(store, [], "status:open", ["open"])
    with pytest.raises(UsageError, match="accepted"):
        choose(store, [], "", ["acepted"])


# Strict


def test_nothing_to_export_is_told_and_no_file_is_made(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No pair fits"):
        export_file(store, tmp_path / "x.tmx")
    assert not list(tmp_path.glob("*.tmx"))


def test_a_format_that_cannot_hold_a_pair_refuses_and_leaves_the_old_file(
    store: Store, tmp_path: Path
) -> None:
    article(store, "one\ntwo", "three")
    old = tmp_path / "x.nl"
    old.write_text("oud")
    with pytest.raises(FormatError, match=r"artikel-\w+\.1 has a line break"):
        Exporter(store).export(PairQuery(), "moses", tmp_path / "x.moses")
    assert old.read_text() == "oud"
    assert sorted(path.name for path in tmp_path.glob("x*")) == ["x.nl"]
    Exporter(store, lossy=True).export(PairQuery(), "moses", tmp_path / "x.moses")
    assert (tmp_path / "x.en").read_text() == "one two\nthree\n"


def test_pairs_without_a_target_are_left_out_of_a_memory_and_counted(store: Store, tmp_path: Path) -> None:
    document = article(store, "one")
    store.add_pairs(document, [PairRow(1, Pair("twee", "", failure="too long"))])
    counts = Exporter(store).export(PairQuery(), "tmx", tmp_path / "x.tmx")
    assert (counts.written, counts.left_out) == (1, 1)
    counts = Exporter(store).export(PairQuery(), "xliff", tmp_path / "x.xlf")
    assert (counts.written, counts.left_out) == (2, 0)


def test_languages_are_written_with_the_region_asked_for(store: Store, tmp_path: Path) -> None:
    article(store, "one")
    Exporter(store, (None, "en-GB")).export(PairQuery(), "tmx", tmp_path / "x.tmx")
    assert 'xml:lang="en-GB"' in (tmp_path / "x.tmx").read_text()
    with pytest.raises(UsageError, match="not in fr"):
        Exporter(store, (None, "fr")).export(PairQuery(), "tmx", tmp_path / "x.tmx")
    assert import_file(store, tmp_path / "x.tmx").counts.known == 1


def test_the_document_has_the_edits_in_place_and_gaps_keep_their_source(store: Store, tmp_path: Path) -> None:
    text = "# Kop\r\n\r\nEerste zin. Tweede zin.\r\n"
    document = store.put_document(
        Document("", "nl", text, name="a.md", format="markdown", bom=True, encoding="utf-8"), "en"
    )
    store.add_segments(document, [Segment(text[2:5], 2, 5, plain="Kop")])
    store.add_pairs(document, [PairRow(0, Pair("Kop", "Head")), PairRow(1, Pair("Eerste zin.", "First."))])
    first, _ = store.pairs(document)
    store.record(Review(first.id, Verdict.EDITED, "Heading", "anna", AT))
    counts = Exporter(store).export(PairQuery(documents=(document,)), "document", tmp_path / "a.en.md")
    assert (tmp_path / "a.en.md").read_bytes() == "\ufeff# Heading\r\n\r\nFirst. Tweede zin.\r\n".encode()
    assert (counts.written, counts.left_out) == (2, 1)


def test_reading_a_file_does_not_hold_it(store: Store, tmp_path: Path) -> None:
    report = ImportReport("a")
    path = written(tmp_path / "a.tmx", *plain(*range(2000)))
    stream = exchange.get("tmx").read(path, "nl", "en", report)
    next(stream)
    assert report.units < 500
    stream.close()  # type: ignore[attr-defined]
