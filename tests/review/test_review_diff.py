"""The difference that a reviewer sees between two texts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.review import diff

TEXT = st.text(st.sampled_from("ab cé.😀"), max_size=30)


def shown(before: str, after: str) -> str:
    marks = {"equal": "{}", "delete": "[-{}-]", "insert": "[+{}+]"}
    return "".join(marks[change.kind].format(change.text) for change in diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "new", "[+new+]"),
        ("old", "", "[-old-]"),
        ("the colour red", "the color red", "the colo[-u-]r red"),
        ("the red car", "the blue car", "the [-red-][+blue+] car"),
        ("3,50 euro", "3.50 euro", "3[-,-][+.+]50 euro"),
        ("a b", "a very b", "a [+very +]b"),
        ("left early", "left", "left[- early-]"),
    ],
)
def test_a_difference_is_told_in_pieces_that_can_be_read(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


@given(before=TEXT, after=TEXT)
def test_both_texts_can_be_read_from_their_difference(before: str, after: str) -> None:
    changes = diff(before, after)
    assert "".join(one.text for one in changes if one.kind != "insert") == before
    assert "".join(one.text for one in changes if one.kind != "delete") == after


@given(before=TEXT, after=TEXT)
def test_neighbours_are_of_different_kinds_and_none_is_empty(before: str, after: str) -> None:
    changes = diff(before, after)
    assert all(one.text for one in changes)
    assert all(one.kind != other.kind for one, other in pairwise(changes))
