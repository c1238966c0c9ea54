"""What is suspicious about an input is told; what is not is not."""

from __future__ import annotations

import pytest

from mt.evaluate.checks import InputChecks, looks_tokenised

REFERENCE = [f"This is line {i}, and it ends here." for i in range(30)]


def warnings(
    hypotheses: list[str], reference: list[str] = REFERENCE, source: list[str] | None = None
) -> list[str]:
    checks = InputChecks(["new"])
    checks.add([hypotheses], [reference], source)
    return checks.warnings()


def test_an_ordinary_system_is_passed_over_in_silence() -> None:
    hypotheses = [line.replace("ends", "stops") for line in REFERENCE]
    assert warnings(hypotheses, source=[f"Dit is regel {i} van de tekst." for i in range(30)]) == []


def test_the_reference_as_hypothesis_is_told() -> None:
    [found] = warnings(REFERENCE)
    assert "is the reference itself" in found
    assert "100 BLEU" in found


def test_copying_most_of_the_reference_is_told() -> None:
    [found] = warnings(REFERENCE[:20] + [f"Other words {i}" for i in range(10)])
    assert "66% of the lines are the reference's" in found


def test_empty_lines_are_counted_and_told() -> None:
    [found] = warnings(["", " ", *(f"Line {i} of a system" for i in range(28))])
    assert found == "System new: 2 lines are empty; they are kept and counted."
    assert warnings([""] * 30) == ["System new: all 30 lines are empty."]
    [found] = warnings(["Words."], [""])
    assert "Of the reference 1 line is empty; it is kept and counted." in found


def test_tokenised_input_is_told_of_system_and_reference() -> None:
    tokenised = ["This is a line , and it ends here ."] * 29 + ["x"]
    assert [w for w in warnings(tokenised) if "looks tokenised" in w]
    assert [w for w in warnings(REFERENCE[::-1], tokenised) if w.startswith("The reference looks tokenised")]


def test_a_hundred_tokenised_lines_are_told_in_a_large_set() -> None:
    large = [f"Line {i} is fine." for i in range(900)]
    assert warnings(large[::-1], large) == []
    assert [w for w in warnings(["It is not ."] * 100 + large[100:], large[::-1]) if "tokenised" in w]


def test_untranslated_output_is_told() -> None:
    source = [f"Dit is regel {i} van de tekst." for i in range(30)]
    [found] = warnings(source, source=source)
    assert "the source, untranslated" in found


@pytest.mark.parametrize("text", ["It is here .", "He does n't go", "Peter 's dog", "Yes , no"])
def test_loose_marks_and_clitics_look_tokenised(text: str) -> None:
    assert looks_tokenised(text)


@pytest.mark.parametrize(
    "text", ["It is here.", "He doesn't go", "a .5 mm line", "From 's-Hertogenbosch", ""]
)
def test_ordinary_text_does_not(text: str) -> None:
    assert not looks_tokenised(text)


def test_html_character_references_in_output_are_told() -> None:
    [found] = warnings(["It&#39;s here.", *(f"Line {i} of a system" for i in range(29))])
    assert "1 line with HTML character references" in found
