"""Sentences as people would split them, by phenomenon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mt.segment import segment

CASES = Path(__file__).parents[1] / "cases"
DUTCH = json.loads((CASES / "segment-nl.json").read_text(encoding="utf-8"))
ENGLISH = json.loads((CASES / "segment-en.json").read_text(encoding="utf-8"))
OTHER = json.loads((CASES / "segment-other.json").read_text(encoding="utf-8"))


def params(groups: dict[str, list[list[str]]]) -> list[Any]:
    return [
        pytest.param(sentences, id=f"{group} {number}")
        for group, cases in groups.items()
        for number, sentences in enumerate(cases, 1)
    ]


def split(sentences: list[str], lang: str) -> list[str]:
    text = " ".join(sentences)
    return [text[start:end] for start, end in segment(text, lang)]


@pytest.mark.parametrize("sentences", params(DUTCH))
def test_dutch_text_is_split_where_its_sentences_end(sentences: list[str]) -> None:
    assert split(sentences, "nl") == sentences


@pytest.mark.parametrize("sentences", params(ENGLISH))
def test_english_text_is_split_where_its_sentences_end(sentences: list[str]) -> None:
    assert split(sentences, "en") == sentences


@pytest.mark.parametrize(
    ("lang", "sentences"), [(lang, sentences) for lang, cases in OTHER.items() for sentences in cases]
)
def test_other_languages_are_split_where_their_sentences_end(lang: str, sentences: list[str]) -> None:
    assert split(sentences, lang) == sentences


def test_the_cases_are_many_enough_to_mean_something() -> None:
    assert sum(map(len, DUTCH.values())) >= 80
    assert sum(map(len, ENGLISH.values())) >= 25


@pytest.mark.parametrize("sentences", params(DUTCH))
def test_every_dutch_sentence_alone_is_one_segment(sentences: list[str]) -> None:
    assert [segment(sentence) for sentence in sentences] == [[(0, len(sentence))] for sentence in sentences]
