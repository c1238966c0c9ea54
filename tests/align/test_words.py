"""Word links of labelled pairs and of odd ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mt.align import word_links
from mt.align.usem3 import Usem3Encoder

CASES = json.loads((Path(__file__).parents[1] / "cases" / "align-words.json").read_text(encoding="utf-8"))


def marked(case: dict) -> object:
    """The case, expected to fail where it says why it does."""
    marks = [pytest.mark.xfail(reason=case["fails"], strict=True)] if "fails" in case else []
    return pytest.param(case, marks=marks, id=f"{case['source']} {case['links'][0]}")


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_words_that_translate_one_another_are_linked(case: dict, encoder: Usem3Encoder) -> None:
    links = word_links(case["source"].split(), case["target"].split(), encoder=encoder)
    assert {tuple(link) for link in case["links"]} <= set(links)


@pytest.mark.parametrize(("source", "target"), [([], []), (["a"], []), ([], ["b"])])
def test_an_empty_side_has_no_links(source: list[str], target: list[str]) -> None:
    assert word_links(source, target) == []


def test_names_and_numbers_are_linked_without_an_encoder() -> None:
    links = word_links(
        ["In", "2031", "bouwt", "Jansen", "niets", "."],
        ["Jansen", "will", "build", "nothing", "in", "2031", "."],
    )
    assert {(1, 5), (3, 0), (5, 6)} <= set(links)


def test_ten_thousand_words_are_linked_part_by_part(encoder: Usem3Encoder) -> None:
    words = [f"woord{n}" for n in range(10_000)]
    links = word_links(words, words, encoder=encoder)
    assert len(set(links) & {(n, n) for n in range(10_000)}) > 9_900
