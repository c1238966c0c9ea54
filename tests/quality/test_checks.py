"""What the named checks see, and what they leave alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mt.data import Finding, Severity
from mt.errors import UsageError
from mt.quality import CHECKS, check

CASES = json.loads((Path(__file__).parents[1] / "cases" / "quality.json").read_text(encoding="utf-8"))


def named(findings: tuple[Finding, ...]) -> set[str]:
    return {f"{finding.check}:{finding.severity.value}" for finding in findings}


@pytest.mark.parametrize("case", [c for c in CASES if c["expect"]], ids=lambda c: c["target"][:50] or "empty")
def test_a_fault_is_found(case: dict) -> None:
    assert set(case["expect"]) <= named(check(case["source"], case["target"]))


@pytest.mark.parametrize("case", [c for c in CASES if not c["expect"]], ids=lambda c: c["target"][:50])
def test_a_right_pair_raises_neither_error_nor_warning(case: dict) -> None:
    found = check(case["source"], case["target"])
    assert [f for f in found if f.severity is not Severity.INFO] == []


def test_the_cases_cover_every_check() -> None:
    assert {name.partition(":")[0] for case in CASES for name in case["expect"]} >= set(CHECKS) - {"length"}
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["target"][:50] or "empty")
def test_a_finding_points_into_the_side_that_it_names(case: dict) -> None:
    for finding in check(case["source"], case["target"]):
        assert finding.side in ("source", "target")
        if finding.span:
            start, end = finding.span
            assert 0 <= start < end <= len(case[finding.side])


def test_the_span_of_a_changed_number_is_that_number() -> None:
    target = "The town has 1,300 inhabitants."
    [finding] = check("De stad telt 1.200 inwoners.", target)
    assert finding.span is not None
    assert target[slice(*finding.span)] == "1,300"


def test_the_span_of_a_swapped_name_is_the_wrong_name() -> None:
    target = "Today Pietersma spoke to the press."
    [finding] = check("Vandaag sprak Jansen met de pers.", target)
    assert finding.span is not None
    assert target[slice(*finding.span)] == "Pietersma"


def test_the_span_of_a_loop_covers_all_of_it() -> None:
    target = "The council agreed to the plan to the plan to the plan."
    found = check("De raad stemde in met het plan.", target, checks=["repetition"])
    assert [target[slice(*f.span)] for f in found if f.span] == ["to the plan to the plan to the plan"]


def test_an_empty_side_leaves_one_finding() -> None:
    assert named(check("Een zin met 3 woorden.", "")) == {"empty:error"}


def test_only_the_checks_asked_for_run() -> None:
    assert named(check("Hij komt niet om 10 uur.", "He comes at 11.", checks=["negation"])) == {
        "negation:warning"
    }


def test_an_unknown_check_names_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        check("a", "b", checks=["numbr"])
    assert "number" in raised.value.hint


def test_words_are_not_compared_in_languages_without_a_list() -> None:
    assert check("Der Zug kommt nicht.", "Le train arrive.", "de", "fr", checks=["negation", "name"]) == ()


def test_numbers_are_compared_in_any_languages() -> None:
    assert named(check("Es waren 1.200.", "Il y en avait 1.300.", "de", "fr")) >= {"number:error"}


def test_the_direction_english_to_dutch_has_the_same_checks() -> None:
    assert check("Three of the 1,200 did not come.", "Drie van de 1.200 kwamen niet.", "en", "nl") == ()
    assert named(check("He did not come.", "Hij kwam.", "en", "nl")) == {"negation:warning"}


def test_a_segment_of_ten_thousand_words_is_checked() -> None:
    source, target = "De kat zat in 1998 op de mat. " * 1250, "The cat sat on the mat in 1998. " * 1250
    assert "number:error" not in named(check(source, target))
    assert "number:error" in named(check(source, target.replace("1998", "1989", 1)))
