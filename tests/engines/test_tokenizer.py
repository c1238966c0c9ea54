"""Text to pieces and back: text stays text, and a language token is read only where the model knows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.engines.tokenizer import MarianTokenizer
from mt.errors import EngineError


@pytest.fixture
def tokenizer(starter: Path) -> MarianTokenizer:
    return MarianTokenizer(starter)


def test_a_known_language_token_is_one_piece(starter: Path) -> None:
    tokenizer = MarianTokenizer(starter, [">>eng<<", ">>deu<<"])
    assert tokenizer.encode_sources([">>deu<< De kat"]) == [
        [">>deu<<", *tokenizer.encode_sources(["De kat"])[0]]
    ]


def test_an_unknown_language_token_is_text(tokenizer: MarianTokenizer) -> None:
    [pieces] = tokenizer.encode_sources([">>eng<< De kat"])
    assert ">>eng<<" not in pieces
    assert tokenizer.decode(pieces) == ">>eng<< De kat"


def test_a_model_with_several_targets_gets_its_own_token_unless_the_source_has_one(starter: Path) -> None:
    tokenizer = MarianTokenizer(starter, [">>eng<<", ">>deu<<"], ">>eng<<")
    rows = tokenizer.encode_sources(["De kat", ">>deu<< De kat", ">>xxx<< De kat"])
    assert [row[0] for row in rows] == [">>eng<<", ">>deu<<", ">>eng<<"]
    assert rows[0][1:] == rows[1][1:]


def test_a_literal_end_of_sentence_is_text(tokenizer: MarianTokenizer) -> None:
    [pieces] = tokenizer.encode_sources(["Hij schreef </s> op."])
    assert "</s>" not in pieces
    assert tokenizer.decode(pieces) == "Hij schreef </s> op."


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], max_codepoint=0x24F)))
def test_words_and_punctuation_come_back(text: str) -> None:
    from unicodedata import normalize

    tokenizer = cached()
    [pieces] = tokenizer.encode_sources([text])
    plain = " ".join(normalize("NFKC", text).split())
    assert " ".join(normalize("NFKC", tokenizer.decode(pieces)).split()) == plain


def cached(found: list[MarianTokenizer] = []) -> MarianTokenizer:  # noqa: B006
    if not found:
        found.append(MarianTokenizer(Path(__file__).parents[2] / "mt" / "engines" / "data" / "starter-nl-en"))
    return found[0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"source\.spm"):
        MarianTokenizer(tmp_path)


def test_a_file_that_is_no_sentencepiece_model_is_named(tmp_path: Path) -> None:
    for name in ("source.spm", "target.spm"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(EngineError, match="SentencePiece"):
        MarianTokenizer(tmp_path)
