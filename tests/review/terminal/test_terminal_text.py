"""Texts on their way to a terminal: nothing is lost, nothing commands it, nothing is wider than its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.review import diff
from mt.review.terminal.text import Mark, clipped, columns, difference, marked, number_sign, visible, words

TEXTS = st.text(st.characters(codec="utf-8"), max_size=80) | st.text("ab 日א😀\u0301\x1b\n", max_size=60)


@given(TEXTS)
def test_every_character_keeps_its_place_and_none_commands_the_terminal(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u2066\u2028" for one in shown)


@given(TEXTS, TEXTS, st.integers(24, 120))
def test_columns_are_never_wider_than_the_screen_and_lose_no_word(left: str, right: str, width: int) -> None:
    lines = columns(marked(left), marked(right), width)
    assert all(line.cell_length <= width for line in lines)
    letters = [one for one in visible(left) + visible(right) if not one.isspace()]
    drawn = [one for line in lines for one in line.plain if not one.isspace()]
    assert len(drawn) == len(letters) + len(lines)


@given(TEXTS, st.integers(2, 60), st.integers(1, 3))
def test_what_is_cut_ends_in_an_ellipsis(text: str, width: int, most: int) -> None:
    lines = clipped(marked(text), width, most)
    assert len(lines) <= most
    assert all(line.cell_length <= width for line in lines)
    if len(clipped(marked(text), width)) > most:
        assert lines[-1].plain.endswith("…")


@given(TEXTS, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4))
def test_marks_add_their_signs_and_change_nothing_else(text: str, places: list[tuple[int, int]]) -> None:
    marks = [
        Mark(min(a, b), max(a, b), "underline", number_sign(number))
        for number, (a, b) in enumerate(places, 1)
        if max(a, b) <= len(text)
    ]
    shown = marked(text, marks).plain
    for one in marks:
        assert one.sign in shown
        shown = shown.replace(one.sign, "", 1) if one.sign not in text else shown
    if not any(one.sign in text for one in marks):
        assert shown == visible(text)


def test_a_mark_is_drawn_over_a_lighter_one_and_its_sign_stands_behind_it() -> None:
    content = marked("abcdef", [Mark(1, 4, "bold", "¹", 2), Mark(0, 2, "dim", "²", 1)])
    assert content.plain == "ab²cd¹ef"


def test_words_are_those_of_the_links() -> None:
    text = " De  trein\u00a0rijdt. "
    assert [text[slice(*place)] for place in words(text)] == text.split()


@pytest.mark.parametrize(
    ("colour", "expected"), [(True, "the bluered car"), (False, "the [-blue-]{+red+} car")]
)
def test_a_difference_is_told_without_colours_too(colour: bool, expected: str) -> None:
    assert difference(diff("the blue car", "the red car"), colour).plain == expected


def test_numbers_are_raised() -> None:
    assert number_sign(120) == "¹²⁰"
