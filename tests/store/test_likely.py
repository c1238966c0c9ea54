"""Which sentences share the most telling words with another one, on an index of lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt.store import likely as module
from mt.store.likely import likely, words

WORDS = ("de", "het", "een", "trein", "bus", "rijdt", "vandaag", "niet")
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
SENTENCES = st.lists(SENTENCE, min_size=1, max_size=30)


class Index:
    """Sentences by number, of which an answer has few at most."""

    def __init__(self, sentences: Sequence[str], most: int) -> None:
        self._words = [set(sentence.split()) for sentence in sentences]
        self._most = most

    def __call__(self, asked: Sequence[str], all_: bool) -> list[int] | None:
        assert asked
        found = [number for number, there in enumerate(self._words) if there.issuperset(asked)]
        return None if len(found) > self._most and all_ else found[: self._most]


def test_the_sentence_that_shares_rare_words_comes_first() -> None:
    sentences = [f"de minister zegt {n}" for n in range(1200)]
    sentences[600] = "de minister van Landbouw zegt het kabinet op"
    sentences[601] = "de minister van Financiën zegt het"
    found = likely("De minister van Landbouw zei het kabinet op", Index(sentences, module.MOST), 5)
    assert found[:2] == [600, 601]


def test_common_words_are_asked_for_by_twos() -> None:
    sentences = [f"{word} {n}" for n in range(1100) for word in ("minister", "kabinet")]
    sentences.append("het kabinet en de minister")
    assert likely("minister kabinet", Index(sentences, module.MOST), 5) == [2200]


@pytest.mark.parametrize("most", [0, 1, 3, 1000])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=SENTENCES, place=st.integers(0, 29))
def test_what_is_found_shares_a_word_and_is_found_once(
    monkeypatch: pytest.MonkeyPatch, most: int, sentences: list[str], place: int
) -> None:
    monkeypatch.setattr(module, "MOST", max(1, most))
    text = sentences[place % len(sentences)]
    found = likely(text, Index(sentences, most), 10)
    assert len(found) == len(set(found)) <= 10
    assert all(set(sentences[one].split()) & set(words(text)) for one in found)
    if most == 1000:
        assert sentences.index(text) in found or len(found) == 10
