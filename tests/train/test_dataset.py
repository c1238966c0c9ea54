"""Batches: complete, within the limit, by weight, and decided by seed and position alone."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.errors import UsageError
from mt.train.bitext import Example
from mt.train.dataset import Batches, Encoded, encode, group_weights, tag_ids, variants
from mt.train.recipe import Bitext
from mt.train.tokenizer import open_pieces, train_pieces


def encoded(lengths: list[tuple[int, int]], groups: list[int] | None = None) -> Encoded:
    source, target = zip(*lengths, strict=True)
    return Encoded(
        np.arange(sum(source), dtype=np.uint32),
        np.arange(sum(target), dtype=np.uint32),
        np.cumsum([0, *source]),
        np.cumsum([0, *target]),
        np.array(groups or [0] * len(lengths), np.int32),
        ("a", "b"),
    )


LENGTHS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=80)


@settings(max_examples=40)
@given(LENGTHS, st.integers(0, 5))
def test_every_pair_is_in_exactly_one_batch_and_no_batch_is_too_big(
    lengths: list[tuple[int, int]], number: int
) -> None:
    batches = Batches(encoded(lengths), 100, seed=1).block(number, [1.0, 1.0], 1000)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        width = max(lengths[i][0] for i in batch) + max(lengths[i][1] for i in batch) + 2
        assert width * len(batch) <= 100 or len(batch) == 1


@settings(max_examples=20)
@given(LENGTHS, st.integers(0, 5), st.integers(0, 5))
def test_the_same_seed_and_number_give_the_same_block(
    lengths: list[tuple[int, int]], number: int, seed: int
) -> None:
    first = Batches(encoded(lengths), 100, seed).block(number, [1.0, 2.0], 1000)
    assert Batches(encoded(lengths), 100, seed).block(number, [1.0, 2.0], 1000) == first


def test_pairs_come_as_often_as_their_weight_says() -> None:
    data = encoded([(3, 3)] * 400, [0] * 200 + [1] * 200)
    drawn = Batches(data, 1000, seed=3).block(0, [3.0, 1.0], 1000)
    times = Counter(i for batch in drawn for i in batch)
    assert {times[i] for i in range(200)} == {1, 2}
    assert {times[i] for i in range(200, 400)} == {0, 1}
    assert sum(times[i] for i in range(200)) == pytest.approx(300, abs=10)


def test_a_weight_of_zero_and_a_long_pair_are_never_drawn() -> None:
    data = encoded([(3, 3), (3, 50), (3, 3)], [0, 0, 1])
    drawn = Batches(data, 1000, seed=3).block(0, [1.0, 0.0], 20)
    assert {i for batch in drawn for i in batch} == {0}


def test_a_block_without_any_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="weight above 0"):
        Batches(encoded([(3, 3)]), 100, seed=1).block(0, [0.0, 0.0], 100)


def test_encoded_bitext_survives_the_file() -> None:
    data = encoded([(2, 3), (1, 1)], [0, 1])
    stream = BytesIO()
    data.write(stream)
    stream.seek(0)
    again = Encoded.load(stream)
    assert again.groups == data.groups
    assert all(
        np.array_equal(getattr(again, n), getattr(data, n)) for n in ("source", "target_offsets", "group")
    )


def test_the_longest_fitting_name_gives_the_weight_of_a_source() -> None:
    body = Bitext(Path("x"), name="mix", weight=[1.0, 2.0], weights={"ms_*": [0.5], "ms_edge*": [0.1, 0.2]})
    groups = ["mix/kde", "mix/ms_iot", "mix/ms_edgeai", "mix/kde+joined"]
    assert group_weights(groups, [body], 0) == [1.0, 0.5, 0.1, 1.0]
    assert group_weights(groups, [body], 1) == [2.0, 0.5, 0.2, 2.0]


def test_variants_share_the_weight_of_their_pair() -> None:
    assert group_weights(["own"], [Bitext(Path("x"), name="own", weight=[6.0], subwords=5)], 0) == [1.0]


def test_joined_examples_stay_within_one_article() -> None:
    texts = [("a", False), ("b", True), ("c", False), ("d", True)]
    examples = [Example(text, text.upper(), "own", follows) for text, follows in texts]
    rows = [e for e, _ in variants(examples, Bitext(Path("x"), join=1.0), seed=1)]
    joined = {(e.source, e.target) for e in rows if e.group.endswith("+joined")}
    assert joined == {("a b", "A B"), ("c d", "C D")}


def test_sampled_segmentations_differ_and_keep_the_text(starter: Path) -> None:
    pieces = open_pieces(starter / "source.spm")
    example = Example("De onderwijsinspectie onderzoekt de wachtlijsten.", "The inspectorate.", "own")
    rows = list(variants([example], Bitext(Path("x"), subwords=8), seed=1))
    data = encode(rows, pieces, 100, seed=1)
    sources = [tuple(row.tolist()) for row in data.rows(range(len(data)))[0]]
    assert len(set(sources)) > 2
    assert {pieces.decode(list(row)) for row in sources} == {example.source}


def test_pairs_with_too_many_pieces_are_left_out_and_none_left_is_an_error(starter: Path) -> None:
    pieces = open_pieces(starter / "source.spm")
    rows = [(Example("Hallo.", "Hello.", "x"), False), (Example("woord " * 50, "word", "x"), False)]
    assert len(encode(rows, pieces, 20, seed=1)) == 1
    with pytest.raises(UsageError, match="No pair is left"):
        encode(rows[1:], pieces, 20, seed=1)


def test_a_tag_stands_before_every_source_of_its_body_alone_and_is_never_cut(starter: Path) -> None:
    pieces = open_pieces(starter / "source.spm")
    rows = [
        (Example("De kat slaapt.", "The cat sleeps.", group), sampled)
        for group in ("back", "back/news", "back+joined", "own")
        for sampled in (False, True)
    ]
    tag = tag_ids("<BT>", pieces)
    assert pieces.decode(tag) == "<BT>"
    data = encode(rows, pieces, 100, seed=1, tags={"back": "<BT>", "own": ""})
    sources = [row.tolist() for row in data.rows(range(len(data)))[0]]
    assert all(row[: len(tag)] == tag for row in sources[:6])
    assert [pieces.decode(row) for row in sources] == ["<BT> De kat slaapt."] * 6 + ["De kat slaapt."] * 2


def test_a_new_vocabulary_has_a_piece_for_each_tag(tmp_path: Path, lines: list[str]) -> None:
    texts = [cell for line in lines[:80] for cell in line.split("\t")]
    train_pieces(texts, 400, tmp_path / "p.spm", tags=["<BT>"])
    pieces = open_pieces(tmp_path / "p.spm")
    assert [pieces.id_to_piece(i) for i in tag_ids("<BT>", pieces)] == ["<BT>"]


def test_a_tag_that_the_vocabulary_cannot_spell_is_refused(tmp_path: Path) -> None:
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["een twee drie vier"] * 20), model_prefix=str(tmp_path / "p"), vocab_size=12,
        minloglevel=2,
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"'<BT>'.*does not know"):
        tag_ids("<BT>", open_pieces(tmp_path / "p.model"))
