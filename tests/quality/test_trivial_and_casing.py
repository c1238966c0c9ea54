"""Segments with nothing to translate, capitals, and the language of a text."""

from __future__ import annotations

import pytest

from mt.quality import identify, is_all_caps, restore_caps, sentence_case, trivial


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), ("   ", "empty"), ("12.03.2024", "number"), ("12-03-2024", "number"), ("10.30", "number"),
        ("1.200,50", "number"), ("€ 5,00", "number"), ("45%", "number"), ("25 km", "number"), ("12 m²", "number"),
        ("06-12345678", "number"), ("+31 20 123 45 67", "number"), ("—", "punctuation"), ("* * *", "punctuation"),
        ("...", "punctuation"), ("https://example.nl/pad?x=1", "url"), ("www.example.nl", "url"),
        ("info@example.nl", "email"), ("@naam", "tag"), ("#nieuws", "tag"), ("(12)", "number"), ("🙂", "punctuation"),
    ],
)  # fmt: skip
def test_a_segment_without_words_needs_no_translation(text: str, reason: str) -> None:
    assert trivial(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "Parijs", "10.30 uur", "12 maart 2024", "Ja", "Zie www.example.nl", "1e", "A2", "3 jaar", "NOS", "De 3 beste",
        "5 mln.",
    ],
)  # fmt: skip
def test_a_segment_with_words_may_need_translation(text: str) -> None:
    assert trivial(text) == ""


@pytest.mark.parametrize(
    ("text", "shouted"),
    [
        ("GROTE BRAND IN DE HAVEN", True), ("GROTE BRAND IN 2024!", True), ("Grote brand", False), ("NAVO", False),
        ("DE AEX-index", False), ("", False), ("1234", False), ("NOS", False), ("BRAND BIJ IKEA", True),
        ("ÉÉN DODE BIJ ONGEVAL", True),
    ],
)  # fmt: skip
def test_a_shouted_heading_is_recognised(text: str, shouted: bool) -> None:
    assert is_all_caps(text) is shouted


def test_a_shouted_heading_in_sentence_case_reads_like_a_sentence() -> None:
    assert sentence_case("GROTE BRAND OP DE A2. NIEMAND GEWOND") == "Grote brand op de A2. Niemand gewond"
    assert sentence_case("„WIJ STOPPEN NOOIT”") == "„Wij stoppen nooit”"


def test_sentence_case_leaves_other_texts_alone() -> None:
    assert sentence_case("De AEX steeg.") == "De AEX steeg."


def test_capitals_come_back_except_in_addresses() -> None:
    assert restore_caps("Mail us at info@example.nl now") == "MAIL US AT info@example.nl NOW"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Het kabinet wil dat er meer huizen worden gebouwd.", "nl"),
        ("The cabinet wants more houses to be built.", "en"),
        ("Der Minister hat gesagt, dass es nicht so ist und dass er geht.", "de"),
        ("Le ministre a dit que les maisons ne sont pas pour nous.", "fr"),
        ("El ministro dijo que no hay más casas para los que no tienen.", "es"),
        ("Министр сказал, что всё хорошо.", "ru"),
        ("政府は新しい家を建てたいと言っています。", "ja"),
        ("New York", None),
        ("12.03.2024", None),
        ("", None),
    ],
)
def test_a_language_is_told_where_it_is_clear(text: str, lang: str | None) -> None:
    assert identify(text) == lang
