"""Alignments and word links against gold, as published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import FormatError, UsageError
from mt.evaluate import score_alignment, score_word_links
from mt.evaluate.gold import BeadIndices
from mt.evaluate.goldfiles import read_beads, read_links

CASES = json.loads((Path(__file__).parents[1] / "cases" / "evaluate.json").read_text(encoding="utf-8"))

indices = st.lists(st.integers(0, 6), max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
alignments = st.lists(st.tuples(indices, indices), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize("case", CASES["alignments"], ids=lambda case: case["why"])
def test_alignments_get_the_published_rates(case: dict[str, list[str]]) -> None:
    rates = score_alignment([read_beads(case["gold"])], [read_beads(case["test"])])
    for definition in ("vecalign", "sentalign"):
        for kind in ("strict", "lax"):
            found = getattr(rates[definition], kind)
            assert [found.precision, found.recall] == pytest.approx(case[definition][kind])


@pytest.mark.parametrize("case", CASES["links"], ids=lambda case: case["why"])
def test_word_links_get_the_published_rates(case: dict[str, object]) -> None:
    rates = score_word_links(read_links(case["gold"]), read_links(case["test"]))
    assert rates.precision == pytest.approx(case["precision"])
    assert rates.recall == pytest.approx(case["recall"])
    assert rates.aer == pytest.approx(case["aer"])


@given(alignments)
def test_an_alignment_against_itself_is_perfect_where_it_has_full_beads(beads: list[BeadIndices]) -> None:
    rates = score_alignment([beads], [beads])
    full = any(source and target for source, target in beads)
    assert rates["sentalign"].strict.f1 == float(full)
    assert rates["vecalign"].strict.recall == rates["vecalign"].lax.recall == float(full)


@given(alignments, alignments)
def test_lax_is_never_below_strict_and_rates_are_shares(
    gold: list[BeadIndices], test: list[BeadIndices]
) -> None:
    for rates in score_alignment([gold], [test]).values():
        for strict, lax in (
            (rates.strict.precision, rates.lax.precision),
            (rates.strict.recall, rates.lax.recall),
        ):
            assert 0 <= strict <= lax <= 1


def test_documents_are_summed_not_averaged() -> None:
    small, large = [((0,), (0,))], [((i,), (i,)) for i in range(9)]
    rates = score_alignment([small, large], [[((0,), (1,))], large])
    assert rates["vecalign"].strict.precision == pytest.approx(9 / 10)


def test_different_numbers_of_documents_or_sentences_are_errors() -> None:
    with pytest.raises(UsageError, match="1 documents and the test has 2"):
        score_alignment([[((0,), (0,))]], [[], []])
    with pytest.raises(UsageError, match="2 sentences and the test has 1"):
        score_word_links(read_links(["0-0", "0-0"]), read_links(["0-0"]))


def test_beads_are_read_with_costs_bom_and_crlf() -> None:
    lines = ["\ufeff[0, 1]:[2]:0.35\r\n", "\r\n", "[] : [3]\r\n"]
    assert read_beads(lines) == [((0, 1), (2,)), ((), (3,))]


@pytest.mark.parametrize("lines", [["[0]:[0]", "1-2"], ["[0]"], ["0:0"], ["[a]:[b]"]])
def test_a_line_that_is_no_bead_is_named(lines: list[str]) -> None:
    with pytest.raises(FormatError, match=rf"x.gold line {len(lines)}"):
        read_beads(lines, "x.gold")


def test_files_without_beads_or_sentences_are_errors() -> None:
    with pytest.raises(FormatError, match="no beads"):
        read_beads(["", "\n"])
    with pytest.raises(FormatError, match="no sentences"):
        read_links([])


def test_xl_wa_tables_and_pharaoh_lines_are_told_apart() -> None:
    [from_table] = read_links(["the cat\tde kat\t0-0 1-1\n"])
    assert from_table == read_links(["0-0 1-1\n"])[0]
    assert read_links([""])[0].sure == frozenset()


@pytest.mark.parametrize(
    ("lines", "form", "message"),
    [
        (["0-0 x"], "auto", "line 1: 'x' is no link"),
        (["a\tb"], "auto", "three fields"),
        (["0-0", "1-"], "pharaoh", "line 2"),
        (["a\tb\t0-0"], "pharaoh", "no link"),
    ],
)
def test_lines_that_are_no_links_are_named(lines: list[str], form: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_links(lines, form)


def test_an_unknown_form_of_links_names_the_known() -> None:
    with pytest.raises(UsageError, match="pharaoh"):
        read_links(["0-0"], "pharao")
