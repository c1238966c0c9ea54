"""What every segmenter promises."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from mt.segment import SEGMENTERS, load, segment

CASES = Path(__file__).parents[1] / "cases" / "segment-nl.json"
TEXTS = [" ".join(case) for cases in json.loads(CASES.read_text(encoding="utf-8")).values() for case in cases]


@pytest.fixture(params=sorted(SEGMENTERS))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_covers_every_character_once_and_in_order(name: str) -> None:
    for text in [*TEXTS, "\n\n".join(TEXTS), "\x00. \u200f! 😀"]:
        spans = segment(text, segmenter=name)
        assert all(left[1] <= right[0] for left, right in pairwise(spans))
        assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
        assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)


def test_it_says_the_same_twice(name: str) -> None:
    segmenter = load(name, "nl")
    assert [segmenter.spans(text) for text in TEXTS] == [segmenter.spans(text) for text in TEXTS]


def test_it_finds_nothing_in_blank_text(name: str) -> None:
    assert [segment(text, segmenter=name) for text in ("", " \n\n\t")] == [[], []]


def test_it_splits_the_simplest_text(name: str) -> None:
    assert segment("Het regent. De kat slaapt.", segmenter=name) == [(0, 11), (12, 26)]
