"""Alignments of labelled cases and of documents made from the corpus, by every set of signals."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mt.align import align, align_report, score_chain
from mt.align.beadfile import parse_beads
from mt.align.features import SIGNALS
from mt.align.scoring import parameters, weights_for
from mt.align.usem3 import Usem3Encoder
from mt.data import Bead
from mt.errors import FormatError, UsageError
from tests.align.conftest import DUTCH, ENGLISH

CASES = json.loads((Path(__file__).parents[1] / "cases" / "align.json").read_text(encoding="utf-8"))
Beads = list[tuple[tuple[int, ...], tuple[int, ...]]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_cases_are_aligned(case: dict, encoder: Usem3Encoder) -> None:
    found = align(case["source"], case["target"], encoder=encoder)
    assert [[list(bead.source), list(bead.target)] for bead in found.beads] == case["beads"]


def made_document(corpora: Path) -> tuple[list[str], list[str], Beads]:
    """Articles in which every fifth pair is joined with the next and every ninth lost, on either side in turn."""
    text = (corpora / "dev" / "science-003.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 1][:80]
    source: list[str] = []
    target: list[str] = []
    gold: Beads = []

    def add(left: list[str], right: list[str]) -> None:
        sides = (len(source), len(source) + len(left)), (len(target), len(target) + len(right))
        gold.append((tuple(range(*sides[0])), tuple(range(*sides[1]))))
        source.extend(left)
        target.extend(right)

    at = 0
    while at < len(rows):
        left, right = rows[at]
        if at % 9 == 8:
            add([left] if at % 2 else [], [] if at % 2 else [right])
        elif at % 5 == 4 and at + 1 < len(rows) and (at + 1) % 9 != 8:
            at += 1
            joined = [left, rows[at][0]], [right, rows[at][1]]
            add(*((joined[0], [" ".join(joined[1])]) if at % 2 else ([" ".join(joined[0])], joined[1])))
        else:
            add([left], [right])
        at += 1
    return source, target, gold


def test_a_made_document_is_aligned_with_embeddings(encoder: Usem3Encoder, corpora: Path) -> None:
    source, target, gold = made_document(corpora)
    beads = align(source, target, encoder=encoder).beads
    right = {(bead.source, bead.target) for bead in beads} & set(gold)
    assert len(right) / len(gold) > 0.95
    assert len(right) / len(beads) > 0.95


def test_lengths_and_numbers_alone_find_most_beads(corpora: Path) -> None:
    source, target, gold = made_document(corpora)
    beads = align(source, target).beads
    right = {(bead.source, bead.target) for bead in beads} & set(gold)
    assert len(right) / len(gold) > 0.8


def test_the_score_of_a_bead_tells_right_from_wrong(corpora: Path) -> None:
    source, target, gold = made_document(corpora)
    beads = align(source, target, numbers=False).beads
    right = [bead.score for bead in beads if (bead.source, bead.target) in gold]
    wrong = [bead.score for bead in beads if (bead.source, bead.target) not in gold]
    assert wrong
    better = np.mean([[r > w for w in wrong] for r in right])
    assert better > 0.8


def test_a_document_beyond_the_full_search_is_aligned_as_its_parts_are(
    encoder: Usem3Encoder, corpora: Path
) -> None:
    source, target, gold = made_document(corpora)
    times = 10
    assert len(source) * len(target) * times**2 > 512 * 512
    beads = align(source * times, target * times, encoder=encoder).beads
    shifted = {
        (tuple(i + k * len(source) for i in left), tuple(j + k * len(target) for j in right))
        for left, right in gold
        for k in range(times)
    }
    found = {(bead.source, bead.target) for bead in beads}
    assert len(found & shifted) / len(shifted) > 0.93


@pytest.mark.parametrize("size", range(1, len(SIGNALS) + 1))
def test_every_set_of_signals_has_weights_of_its_own(size: int) -> None:
    for signals in combinations(SIGNALS, size):
        assert weights_for(frozenset(signals)).beads.any()


def test_the_weights_say_where_they_come_from() -> None:
    provenance = parameters()["provenance"]
    assert "train" in provenance["data"]
    assert provenance["made by"].startswith("bench/fit_align.py")


def test_the_signals_that_decided_are_named(encoder: Usem3Encoder) -> None:
    report = align_report(DUTCH, ENGLISH, encoder=encoder, numbers=False)
    assert report.signals == {"embeddings", "lengths"}


def test_a_translation_of_another_length_is_an_error_that_names_the_counts() -> None:
    with pytest.raises(UsageError, match="2 segments, the source has 5"):
        align(DUTCH, ENGLISH, translation=["a", "b"])


def test_without_any_signal_there_is_an_error_that_lists_them() -> None:
    with pytest.raises(UsageError, match="embeddings"):
        align(DUTCH, ENGLISH, lengths=False, numbers=False)


def test_moved_paragraphs_are_reported_and_not_forced(encoder: Usem3Encoder) -> None:
    report = align_report(DUTCH, [*ENGLISH[3:], *ENGLISH[:3]], encoder=encoder)
    [moved] = report.moved
    sides = {(moved.source, moved.target)}
    assert sides <= {((0, 3), (2, 5)), ((3, 5), (0, 2))}
    assert moved.similarity > 0.5


def test_texts_that_have_nothing_in_common_are_left_out(encoder: Usem3Encoder) -> None:
    strange = [
        "Sugar cane is grown mainly in Brazil.",
        "Whales sing for hours in the winter months.",
        "Her first novel sold only ninety copies.",
    ]
    report = align_report(DUTCH, strange, encoder=encoder)
    assert all(not bead.source or not bead.target for bead in report.alignment.beads)
    assert report.moved == ()


def test_a_segment_of_ten_thousand_words_is_aligned(encoder: Usem3Encoder) -> None:
    long = "woord " * 10_000
    beads = align([*DUTCH, long], [*ENGLISH, "word " * 10_000], encoder=encoder).beads
    assert [bead.kind for bead in beads[:5]] == ["1-1"] * 5


def test_a_bead_line_of_another_form_is_an_error_with_its_number() -> None:
    with pytest.raises(FormatError, match="Line 2"):
        list(parse_beads(["[0]:[0]:0.5", "0:0"]))
    with pytest.raises(FormatError, match="Line 1: the score"):
        list(parse_beads(["[0]:[0]:high"]))


# Chains that a human made


def test_a_chain_gets_the_probabilities_that_the_search_would_give_it(encoder: Usem3Encoder) -> None:
    found = align(DUTCH, ENGLISH, encoder=encoder)
    again = score_chain(DUTCH, ENGLISH, found.beads, encoder=encoder)
    assert again == pytest.approx([bead.score for bead in found.beads], abs=0.02)


def test_the_right_split_is_likelier_than_a_wrong_one(encoder: Usem3Encoder) -> None:
    def chain(first: int) -> list[Bead]:
        here = tuple(range(2))
        return [Bead((0,), here[:first], 0.0), Bead((1,), here[first:], 0.0)]

    right = score_chain(DUTCH[:2], ENGLISH[:2], chain(1), encoder=encoder)
    wrong = score_chain(DUTCH[:2], ENGLISH[:2], chain(2), encoder=encoder)
    assert min(right) > 0.8
    assert max(wrong) < 0.2


def test_a_bead_of_more_segments_than_are_ever_joined_has_no_chance(encoder: Usem3Encoder) -> None:
    whole = Bead(tuple(range(5)), tuple(range(5)), 0.0)
    assert score_chain(DUTCH, ENGLISH, [whole], encoder=encoder) == [0.0]


def test_a_chain_that_leaves_segments_out_is_refused() -> None:
    with pytest.raises(UsageError, match="hold 1 and 1 segments"):
        score_chain(DUTCH, ENGLISH, [Bead((0,), (0,), 0.0)])


def test_segments_without_another_side_are_left_out_for_certain() -> None:
    assert score_chain(["Ja."], [], [Bead((0,), (), 0.0)]) == [1.0]
