"""What holds for the alignment of any two texts, also of nonsense."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.align import align, links_from_attention, word_links
from mt.align.attention import piece_words
from mt.align.beadfile import bead_lines, parse_beads
from mt.data import Alignment, Bead

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["", " ", "Ja.", "Yes.", "12", "12,5 %", "De kat slaapt.", "The cat sleeps.", "* * *"]
        ),
        st.text(max_size=30),
    ),
    max_size=12,
)
SIGNALS = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()).filter(any)


class Arbitrary:
    """An encoder whose vectors mean nothing: directions by checksum, some of them zero or not finite."""

    name = "arbitrary"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 4), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            code = crc32(text.encode("utf-8", "surrogatepass"))
            row[:] = {0: 0.0, 1: np.nan}.get(code % 7, np.cos(code % 97 + np.arange(4)))
        return rows


def require_whole(alignment: Alignment) -> None:
    assert [i for bead in alignment.beads for i in bead.source] == list(range(len(alignment.source)))
    assert [j for bead in alignment.beads for j in bead.target] == list(range(len(alignment.target)))
    for bead in alignment.beads:
        assert len(bead.source) + len(bead.target) >= 1
        # Empty lines between the segments of a bead belong to it and do not count.
        assert sum(bool(alignment.source[i].strip()) for i in bead.source) <= 4
        assert sum(bool(alignment.target[j].strip()) for j in bead.target) <= 4
        assert bool(bead.source and bead.target) or len(bead.source) + len(bead.target) == 1
        assert 0.0 <= bead.score <= 1.0


@given(TEXTS, TEXTS, SIGNALS)
@settings(max_examples=150, deadline=None)
def test_every_index_is_in_exactly_one_bead_in_order(
    source: list[str], target: list[str], signals: tuple[bool, bool, bool, bool]
) -> None:
    embeddings, translation, lengths, numbers = signals
    alignment = align(
        source,
        target,
        encoder=Arbitrary() if embeddings else None,
        translation=source if translation else None,
        lengths=lengths,
        numbers=numbers,
    )
    assert alignment.source == tuple(source)
    assert alignment.target == tuple(target)
    require_whole(alignment)


@given(st.lists(st.text(max_size=10), min_size=1, max_size=10))
@settings(deadline=None)
def test_nothing_opposite_leaves_everything_out_for_certain(texts: list[str]) -> None:
    for alignment in (align(texts, []), align([], texts)):
        require_whole(alignment)
        assert {bead.score for bead in alignment.beads} == {1.0}


@given(TEXTS, TEXTS)
@settings(max_examples=60, deadline=None)
def test_an_alignment_is_the_same_every_time(source: list[str], target: list[str]) -> None:
    assert align(source, target, encoder=Arbitrary()) == align(source, target, encoder=Arbitrary())


@given(st.lists(st.text(max_size=8), max_size=12), st.lists(st.text(max_size=8), max_size=12), st.booleans())
@settings(deadline=None)
def test_word_links_are_sorted_and_stay_inside_the_texts(
    source: list[str], target: list[str], embeddings: bool
) -> None:
    links = word_links(source, target, encoder=Arbitrary() if embeddings else None)
    assert links == sorted(set(links))
    assert all(0 <= i < len(source) and 0 <= j < len(target) for i, j in links)


PIECES = st.lists(
    st.one_of(st.text(max_size=4), st.sampled_from(["▁", "▁a", "<0xE2>", "<0xFF>", "⁇"])), max_size=10
)


@given(PIECES, PIECES, st.text(max_size=20), st.text(max_size=20), st.randoms())
@settings(deadline=None)
def test_attention_links_stay_inside_any_two_texts(pieces, source_pieces, source, target, random) -> None:
    attention = [[random.random() for _ in source_pieces] for _ in pieces]
    links = links_from_attention(pieces, source_pieces, attention, source, target)
    assert all(0 <= i < len(source.split()) and 0 <= j < len(target.split()) for i, j in links)


@given(PIECES, st.text(max_size=30))
@settings(deadline=None)
def test_tokens_of_pieces_exist(pieces: list[str], text: str) -> None:
    words = piece_words(pieces, text)
    assert len(words) == len(pieces)
    assert all(-1 <= word < len(text.split()) for word in words)


@given(
    st.lists(
        st.builds(
            Bead,
            st.lists(st.integers(0, 999), max_size=4).map(tuple),
            st.lists(st.integers(0, 999), max_size=4).map(tuple),
            st.integers(0, 10_000).map(lambda n: n / 10_000),
        ),
        max_size=8,
    )
)
def test_beads_come_back_from_their_lines(beads: list[Bead]) -> None:
    assert list(parse_beads(bead_lines(beads))) == beads
