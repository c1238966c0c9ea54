"""The segmenter's promises: bounded work, strange characters, clear errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from mt.errors import UsageError
from mt.segment import segment
from mt.segment.language import Language, language
from mt.segment.rules import RuleSegmenter

HOSTILE = [
    "De kat zit. ",
    "o.a. Jansen, ",
    "A. ",
    "J. De ",
    "a.) b ",
    "(ret.) Jan ",
    '" . ',
    "Ja. » ",
    "Ja. « ",
    "Ja. 😀 ",
    ". ",
    "? ",
    "...",
    "a.a.a",
    "1. ",
    "\n\n.",
    "\n \n",
    "'s ",
    ".)",
    ".[1]",
    ' "',
    "((((",
    "a",
    "ééé. ",
    "a.m. Dutch ",
    " ",
    "\x00",
]


class CountingText(str):
    """A text that counts the characters that methods of it have looked at."""

    looked_at = 0

    def __getitem__(self, key: Any) -> str:
        piece = super().__getitem__(key)
        self.looked_at += len(piece)
        return piece

    def count(self, x: str, start: Any = 0, end: Any = None) -> int:
        self.looked_at += (len(self) if end is None else end) - start
        return super().count(x, start, end)

    def rfind(self, sub: str, start: Any = 0, end: Any = None) -> int:
        self.looked_at += (len(self) if end is None else end) - start
        return super().rfind(sub, start, end)


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of Python a call runs."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_twice_the_text_takes_at_most_twice_the_work(piece: str, lang: str) -> None:
    segmenter = RuleSegmenter(lang)
    work = []
    for times in (1000, 2000):
        text = CountingText("Begin " + piece * times + " einde.")
        lines = lines_run(lambda text=text: segmenter.spans(text))  # type: ignore[misc]
        work.append((lines, text.looked_at))
    assert work[1][0] <= 2.1 * work[0][0] + 100
    assert work[1][1] <= 2.1 * work[0][1] + 1000


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_hostile_text_is_segmented_whole(piece: str) -> None:
    text = "Begin " + piece * (200_000 // len(piece)) + " einde."
    spans = segment(text)
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert sum(len("".join(text[start:end].split())) for start, end in spans) == len("".join(text.split()))


def test_a_megabyte_of_sentences_has_as_many_segments_as_sentences() -> None:
    sentence = "Volgens mr. J.P. Jansen kostte de brug 3,4 mln. euro, d.w.z. 1,2 mln. meer dan in 2019."
    count = 1_000_000 // len(sentence)
    assert len(segment(" ".join([sentence] * count))) == count


def test_a_sentence_of_twenty_thousand_words_is_one_segment() -> None:
    text = " ".join(["woord"] * 20_000) + "."
    assert segment(text) == [(0, len(text))]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\u00a0\u2003", "\x1c\x1d"])
def test_blank_text_has_no_segments(text: str) -> None:
    assert segment(text) == []


def test_a_text_of_marks_only_is_one_segment() -> None:
    assert segment(" ... ?! ") == [(1, 7)]


def test_a_blank_line_parts_a_heading_from_its_paragraph() -> None:
    text = "Kop zonder punt\n \nDe eerste zin\nloopt door. De tweede niet."
    assert [text[start:end] for start, end in segment(text)] == [
        "Kop zonder punt",
        "De eerste zin\nloopt door.",
        "De tweede niet.",
    ]


@pytest.mark.parametrize("strange", ["\x00", "\x07", "\u200f", "\u202e", "\ufeff", "\ue000", "👩‍👩‍👧"])
def test_strange_characters_stay_in_their_sentence(strange: str) -> None:
    sentences = [f"De {strange} kat slaapt.", f"Zij droomt{strange}.", "Het regent."]
    text = " ".join(sentences)
    assert [text[start:end] for start, end in segment(text)] == sentences


def test_a_region_does_not_change_the_rules_of_a_language() -> None:
    text = "Dit is bijv. Jansen. Hij lacht."
    assert segment(text, "nl-BE") == segment(text, "NL") == segment(text, "nl")


def test_a_language_without_rules_gets_those_that_hold_for_all() -> None:
    text = "Ko je to videl dr. Novak? Nihče. Tako je."
    assert [text[start:end] for start, end in segment(text, "sl")] == [
        "Ko je to videl dr. Novak?",
        "Nihče.",
        "Tako je.",
    ]


@pytest.mark.parametrize("lang", ["english", "", "../nl", "n1", "-nl"])
def test_what_is_no_language_code_is_refused(lang: str) -> None:
    with pytest.raises(UsageError, match="no language code"):
        segment("Ja.", lang)


def test_an_unknown_segmenter_names_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="rules"):
        segment("Ja.", segmenter="rule")


@pytest.mark.parametrize("lang", ["nl", "en", "de", "fr"])
def test_no_abbreviation_is_in_two_lists_or_written_with_its_last_full_stop(lang: str) -> None:
    words: Language = language(lang)
    lists = [words.before_word, words.before_number, words.before_name, words.clock]
    assert sum(map(len, lists)) == len(frozenset().union(*lists))
    assert not [word for words in lists for word in words if word.endswith(".")]


@pytest.mark.parametrize("lang", ["nl", "en", "de", "fr"])
def test_words_that_begin_a_sentence_are_listed_in_lower_case(lang: str) -> None:
    words = language(lang)
    assert all(word == word.lower() for word in words.starters | words.particles | words.lettered)


def test_a_closing_quote_behind_a_blank_line_begins_a_segment_of_its_own() -> None:
    text = "De zin is uit.\n\n'' Een vreemd begin. ''"
    assert [text[start:end] for start, end in segment(text)] == ["De zin is uit.", "'' Een vreemd begin. ''"]
