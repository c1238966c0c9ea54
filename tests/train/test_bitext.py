"""What becomes of every pair of the bitext."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import FormatError, UsageError
from mt.train.bitext import Counts, Example, clean, ngrams_of, read_bitext, read_pairs
from mt.train.recipe import Bitext, Cleaning


def cleaned(pairs: list[tuple[str, str]], **more: object) -> tuple[list[tuple[str, str]], Counts]:
    counts = Counts()
    examples = [Example(source, target, "x") for source, target in pairs]
    kept = list(clean(examples, Cleaning(), counts=counts, **more))  # type: ignore[arg-type]
    return [(example.source, example.target) for example in kept], counts


def test_two_files_with_other_counts_are_refused_with_both_counts(tmp_path: Path) -> None:
    (tmp_path / "a.nl").write_text("een\ntwee\ndrie\n")
    (tmp_path / "a.en").write_text("one\ntwo\n")
    with pytest.raises(FormatError, match=r"3 lines.*2"):
        list(read_bitext(Bitext(tmp_path / "a.nl", tmp_path / "a.en", "lines")))


def test_a_line_with_another_number_of_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("een\tone\ntwee\n")
    with pytest.raises(FormatError, match="line 2: 1 columns instead of 2"):
        list(read_bitext(Bitext(tmp_path / "a.tsv")))


def test_a_compressed_file_with_sources_is_read(tmp_path: Path) -> None:
    with lzma.open(tmp_path / "a.tsv.xz", "wt", encoding="utf-8") as stream:
        stream.write("kde\teen\tone\n")
    [example] = read_bitext(Bitext(tmp_path / "a.tsv.xz", kind="sourced-tsv", name="mix"))
    assert example == Example("een", "one", "mix/kde")


def test_a_damaged_compressed_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tsv.xz").write_bytes(b"no xz")
    with pytest.raises(FormatError, match="is damaged"):
        list(read_bitext(Bitext(tmp_path / "a.tsv.xz")))


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"caf\xe9\tcafe\n")
    with pytest.raises(FormatError, match="not UTF-8"):
        list(read_bitext(Bitext(tmp_path / "a.tsv")))


def test_only_lines_of_one_article_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\nc\td\n\ne\tf\n")
    assert [example.follows for example in read_bitext(Bitext(tmp_path / "a.tsv"))] == [False, True, False]


def test_pairs_with_an_empty_side_are_left_out_and_counted() -> None:
    kept, counts = cleaned([("een", ""), ("", "one"), (" ", "two"), ("drie", "three")])
    assert kept == [("drie", "three")]
    assert counts.dropped == {"empty side": 3}


def test_a_test_set_with_an_empty_side_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("een\tone\ntwee\t\n")
    with pytest.raises(FormatError, match="pair 2 has an empty side"):
        read_pairs(tmp_path / "a.tsv")


def test_a_test_set_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("\n")
    with pytest.raises(UsageError, match="holds no pairs"):
        read_pairs(tmp_path / "a.tsv")


def test_a_limited_test_set_is_spread_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("".join(f"nl{i}\ten{i}\n" for i in range(10)))
    assert [source for source, _ in read_pairs(tmp_path / "a.tsv", limit=4)] == ["nl0", "nl3", "nl6", "nl9"]


def test_duplicates_are_kept_once_whatever_their_case() -> None:
    kept, counts = cleaned([("Hallo daar", "Hello there"), ("hallo  daar", "hello there")])
    assert kept == [("Hallo daar", "Hello there")]
    assert counts.dropped == {"duplicate": 1}


def test_an_untranslated_sentence_is_left_out_and_a_name_stays() -> None:
    kept, _ = cleaned(
        [("Jan de Vries", "Jan de Vries"), ("dit is niet vertaald tekst", "dit is niet vertaald tekst")]
    )
    assert kept == [("Jan de Vries", "Jan de Vries")]


def test_a_pair_that_shares_seven_words_with_a_test_set_is_left_out_on_either_side(tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text(
        "een twee drie vier vijf zes zeven acht\tone two three four five six seven\n"
    )
    forbidden = ngrams_of([tmp_path])
    pairs = [
        ("Ja: twee drie, vier vijf zes zeven acht!", "yes and more words than that"),
        ("iets heel anders dan dat", "x one two three four five six seven y"),
        ("een twee drie vier vijf zes", "one two three four five six"),
    ]
    kept, counts = cleaned(pairs, forbidden=forbidden)
    assert kept == [pairs[2]]
    assert counts.dropped == {"in a test set": 2}


def test_pairs_of_low_quality_are_left_out_by_the_score_that_is_given() -> None:
    counts = Counts()
    examples = [Example("een kat", "a cat", "x"), Example("een hond", "bad", "x")]
    kept = list(
        clean(
            examples,
            Cleaning(min_quality=0.5),
            quality=lambda pairs: [0.1 if target == "bad" else 0.9 for _, target in pairs],
            counts=counts,
        )
    )
    assert [example.target for example in kept] == ["a cat"]
    assert counts.dropped == {"low quality": 1}


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=30))
def test_every_pair_is_kept_or_counted_as_left_out(pairs: list[tuple[str, str]]) -> None:
    kept, counts = cleaned(pairs)
    assert counts.read == len(pairs)
    assert counts.kept.total() == len(kept)
    assert counts.read == counts.kept.total() + counts.dropped.total()


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=20))
def test_cleaning_what_is_clean_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    kept, _ = cleaned(pairs)
    again, counts = cleaned(kept)
    assert again == kept
    assert not counts.dropped
