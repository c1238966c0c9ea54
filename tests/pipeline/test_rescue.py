"""Cutting and recasing sources, and choosing between candidates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.data import Candidate, Finding, Hypothesis, Severity
from mt.pipeline import rescue

WORDS = st.lists(st.text("abcdefgéë,;'", min_size=1, max_size=12), min_size=1, max_size=60)


def count(text: str) -> int:
    """A model whose pieces are single characters without spaces."""
    return len(text.replace(" ", ""))


def candidate(strategy: str, *severities: Severity, log_prob: float = -1.0) -> Candidate:
    findings = tuple(Finding("number", severity, "x") for severity in severities)
    return Candidate(Hypothesis("text", log_prob, "echo"), strategy, findings, chosen=False, reason="")


@given(WORDS)
def test_clauses_keep_every_word_in_order(words: list[str]) -> None:
    text = " ".join(words)
    assert " ".join(rescue.clauses(text)).split() == text.split()


@given(WORDS, st.integers(min_value=3, max_value=40))
def test_no_piece_is_above_the_limit_and_no_character_is_lost(words: list[str], limit: int) -> None:
    text = " ".join(words)
    pieces = rescue.fitting(text, count, limit)
    assert all(count(piece) <= limit for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_a_sentence_is_cut_at_its_clause_marks() -> None:
    text = "De man die gisteren kwam, had geen tijd voor ons; hij moest verder naar het station."
    assert rescue.clauses(text) == [
        "De man die gisteren kwam,",
        "had geen tijd voor ons;",
        "hij moest verder naar het station.",
    ]


def test_a_short_clause_stays_with_its_neighbour() -> None:
    assert rescue.clauses("Ja, dat klopt.") == ["Ja, dat klopt."]


def test_twenty_thousand_words_are_cut_into_pieces_that_fit() -> None:
    text = " ".join(f"woord{i}" for i in range(20_000))
    pieces = rescue.fitting(text, count, 500)
    assert " ".join(pieces) == text
    assert max(count(piece) for piece in pieces) <= 500


def test_the_plain_search_wins_when_no_other_has_fewer_findings() -> None:
    chosen = rescue.choose([candidate("beam", log_prob=-9.0), candidate("wide-beam", log_prob=-1.0)])
    assert [c.strategy for c in chosen if c.chosen] == ["beam"]


def test_the_candidate_with_fewer_errors_wins_and_the_loser_says_why() -> None:
    first, second = rescue.choose([candidate("beam", Severity.ERROR), candidate("split", Severity.WARNING)])
    assert (first.strategy, first.chosen) == ("split", True)
    assert "1 errors" in second.reason
    assert "split" in second.reason


def test_a_repetition_is_searched_again_without_repeats_and_cut() -> None:
    finding = Finding("repetition", Severity.ERROR, "x")
    assert [s.name for s in rescue.remedies("Dit is een zin, en dat is nog een zin.", [finding])] == [
        "no-repeat",
        "split",
    ]


def test_a_warning_asks_for_no_other_search() -> None:
    assert rescue.remedies("Een zin.", [Finding("number", Severity.WARNING, "x")]) == []


def test_only_capitals_are_read_in_sentence_case() -> None:
    finding = Finding("copy", Severity.ERROR, "x")
    assert "recase" not in [s.name for s in rescue.remedies("Een zin.", [finding])]
    assert "recase" in [s.name for s in rescue.remedies("EEN ZIN OVER GELD", [finding])]


def test_an_address_is_copied_and_the_text_around_it_is_read() -> None:
    text = "Kijk op https://www.voorbeeld.nl/brug of schrijf naar info@voorbeeld.nl."
    pieces = rescue.pieces(rescue.PROTECT, text, count, 500)
    assert [piece.text for piece in pieces if not piece.copied] == ["Kijk op", "of schrijf naar"]
    hypotheses = [Hypothesis(piece.text, -1.0, "echo") for piece in pieces]
    assert rescue.join(rescue.PROTECT, pieces, hypotheses).text == text


def test_a_fraction_that_is_lost_is_copied() -> None:
    finding = Finding("number", Severity.ERROR, "x")
    assert "protect" in [s.name for s in rescue.remedies("½ liter melk.", [finding])]
    assert "protect" not in [s.name for s in rescue.remedies("12 liter melk.", [finding])]
    pieces = rescue.pieces(rescue.PROTECT, "½ liter melk", count, 500)
    assert [(piece.text, piece.copied) for piece in pieces] == [("½", True), ("liter melk", False)]


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("De naam \u200fמשה\u200e staat op de lijst.", ["\u200fמשה\u200e"]),
        ("Het woord слово о полку is Russisch.", ["слово о полку"]),
        ("\U0001f1f3\U0001f1f1 wint goud in 東京.", ["\U0001f1f3\U0001f1f1", "東京"]),
        ("De coöperatie in Łódź heeft één café.", []),
    ],
)
def test_words_in_another_script_are_copied(text: str, copied: list[str]) -> None:
    pieces = rescue.pieces(rescue.PROTECT, text, count, 500)
    assert [piece.text for piece in pieces if piece.copied and len(piece.text) > 1] == copied


def test_translated_clauses_stand_in_the_sentence_as_clauses() -> None:
    source = "De toren is hoog, dat weet iedereen, maandag gaat hij open."
    pieces = [rescue.Piece(part) for part in rescue.clauses(source, shortest=3)]
    assert [piece.text for piece in pieces] == [
        "De toren is hoog,",
        "dat weet iedereen,",
        "maandag gaat hij open.",
    ]
    written = ["The tower is high.", "That everyone knows.", "Monday it opens."]
    hypotheses = [Hypothesis(text, -1.0, "echo") for text in written]
    joined = rescue.join(rescue.SPLIT, pieces, hypotheses).text
    assert joined == "The tower is high, that everyone knows, Monday it opens."


def test_a_wider_beam_is_left_out_behind_a_cut() -> None:
    finding = Finding("number", Severity.ERROR, "x")
    names = [s.name for s in rescue.remedies("Er waren 12 mensen in het dorp, en dat was veel.", [finding])]
    assert names == ["split"]
    assert [s.name for s in rescue.remedies("Er waren 12 mensen.", [finding])] == ["wide-beam"]


def test_a_forgotten_capital_at_the_beginning_is_set() -> None:
    written = [Hypothesis(text, -1.0, "echo") for text in ("therefore check it.", "iPhone users", "the man")]
    sources = ["Controleer het daarom.", "Met een iPhone", "de man"]
    begun = [rescue.begun_alike(s, h).text for s, h in zip(sources, written, strict=True)]
    assert begun == ["Therefore check it.", "iPhone users", "the man"]
