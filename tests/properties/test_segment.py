"""What holds for the segments of every text, whatever is in it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mt.segment import segment

PIECES = st.sampled_from(
    [
        *" \t\u00a0.!?…,:;\"'“”„‘’«»()[]-–*0123456789\n\x00\x1c\u200f\u00ad😀€",
        "'s ",
        "''",
        ",,",
        "...",
        ". ",
        ".\n\n",
        "De ",
        "o.a. ",
        "J.P. ",
        "art. ",
        "mln. ",
        "Jansen",
        "huis",
        "1.",
        "[1]",
        ":-)",
        "www.x.nl",
        "ß",
        "שלום",
        "東京。",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))
LANGUAGES = st.sampled_from(["nl", "en", "de", "fr", "fy", "nl-BE"])


@given(TEXTS, LANGUAGES)
def test_every_character_but_white_space_is_in_exactly_one_segment(text: str, lang: str) -> None:
    covered = [offset for start, end in segment(text, lang) for offset in range(start, end)]
    assert len(covered) == len(set(covered))
    assert {i for i, character in enumerate(text) if not character.isspace()} <= set(covered)


@given(TEXTS, LANGUAGES)
def test_segments_are_in_order_and_hold_no_space_at_their_edges(text: str, lang: str) -> None:
    spans = segment(text, lang)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(text[left[1] : right[0]].isspace() for left, right in pairwise(spans))


@given(TEXTS, LANGUAGES)
def test_a_soft_boundary_leaves_letters_or_digits_on_both_sides(text: str, lang: str) -> None:
    joined = " ".join(text.split())
    spans = segment(joined, lang)
    if len(spans) > 1:
        assert all(any(c.isalnum() for c in joined[start:end]) for start, end in spans)


@given(TEXTS, LANGUAGES, st.integers(0, 5), st.integers(0, 5))
def test_spaces_around_a_text_only_move_its_segments(text: str, lang: str, before: int, after: int) -> None:
    padded = " " * before + text + " " * after
    assert segment(padded, lang) == [(start + before, end + before) for start, end in segment(text, lang)]


@given(TEXTS, LANGUAGES, st.sampled_from("\n\t\u00a0\u2003"))
def test_the_kind_of_white_space_between_words_changes_nothing(text: str, lang: str, space: str) -> None:
    words = text.split()
    assert segment(space.join(words), lang) == segment(" ".join(words), lang)


@given(TEXTS, TEXTS, LANGUAGES)
def test_a_blank_line_always_ends_a_segment(left: str, right: str, lang: str) -> None:
    boundary = len(left)
    assert all(not start < boundary < end - 1 for start, end in segment(f"{left}\n\n{right}", lang))


@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=300), LANGUAGES)
def test_a_text_without_a_mark_is_one_segment(text: str, lang: str) -> None:
    assert len(segment(text, lang)) == (1 if text.strip() else 0)
