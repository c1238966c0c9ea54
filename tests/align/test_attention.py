"""From pieces to white-space tokens, and from cross attention to word links."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mt.align import links_from_attention
from mt.align.attention import piece_words, word_attention
from mt.engines import DecodeOptions, load

CASES = json.loads((Path(__file__).parents[1] / "cases" / "align-pieces.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pieces_belong_to_tokens(case: dict) -> None:
    assert piece_words(case["pieces"], case["text"]) == case["words"]


def test_attention_of_pieces_adds_up_over_the_source_and_is_averaged_over_the_target() -> None:
    weights = word_attention(
        ["▁ten", "an", "t"], ["▁huur", "der"], [[0.5, 0.5], [0.2, 0.6], [0.3, 0.3]], "huurder", "tenant"
    )
    assert weights.shape == (1, 1)
    assert weights[0, 0] == pytest.approx((1.0 + 0.8 + 0.6) / 3)


def test_every_target_word_is_linked_with_what_it_attends_to_most() -> None:
    attention = [[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1]]
    links = links_from_attention(
        ["▁I", "▁have", "▁seen"], ["▁Ik", "▁gezien", "▁heb"], attention, "Ik gezien heb", "I have seen"
    )
    assert links == [(0, 0), (1, 2), (2, 1)]


def test_a_column_for_the_end_of_the_source_is_left_out() -> None:
    links = links_from_attention(["▁Hi"], ["▁Hoi"], [[0.1, 0.9]], "Hoi", "Hi")
    assert links == [(0, 0)]


@pytest.mark.parametrize("attention", [[], [[]], [[float("nan")]], [[0.0]]])
def test_an_attention_without_weights_gives_no_links(attention: list[list[float]]) -> None:
    assert links_from_attention(["▁Hi"], ["▁Hoi"], attention, "Hoi", "Hi") == []


def test_empty_texts_give_no_links() -> None:
    assert links_from_attention([], [], np.zeros((0, 0)), "", "") == []


def test_the_attention_of_the_shipped_model_links_names_with_themselves() -> None:
    engine = load("starter-nl-en")
    sources = {
        "Onze koning bezoekt morgen Amsterdam.": "Amsterdam",
        "De brug in Rotterdam is gisteren geopend.": "Rotterdam",
        "Het kabinet wil dat de gemeente Utrecht nieuwe huizen bouwt.": "Utrecht",
    }
    found = 0
    for source, [best, *_] in zip(
        sources, engine.translate(list(sources), DecodeOptions(return_attention=True)), strict=True
    ):
        assert best.attention is not None
        links = links_from_attention(best.tokens, best.source_tokens, best.attention, source, best.text)
        words, target = source.split(), best.text.split()
        joined = {(words[i].strip("."), target[j].strip(".,")) for i, j in links}
        assert len({j for _, j in links}) >= len(target) - 1, "an article may have no source"
        if sources[source] in best.text:
            found += 1
            assert (sources[source], sources[source]) in joined
    assert found >= 2, "the model writes most of the names"
