"""Changed numbers put right, and nothing else touched."""

from __future__ import annotations

import pytest

from mt.quality import check, restore_numbers

CASES = [
    (
        "Op 20 september kwamen 1.200 mensen.",
        "On 200 September 1,200 people came.",
        "On 20 September 1,200 people came.",
    ),
    ("Het kostte 3,5 miljoen euro.", "It cost 35 million euros.", "It cost 3.5 million euros."),
    ("Om 10:57 uur.", "At 100:57.", "At 10:57."),
    ("Prijs: € 1.200", "Price: €1.20", "Price: €1,200"),
    ("In 2021 en 2022.", "In 2012 and 2202.", "In 2021 and 2022."),
    ("Het duurde drie jaar.", "It took 3 years.", "It took 3 years."),
    ("Er waren er 12.", "There were some.", "There were some."),
    ("Alles is goed.", "All is well.", "All is well."),
]


@pytest.mark.parametrize(("source", "target", "right"), CASES)
def test_a_changed_number_gets_its_value_back(source: str, target: str, right: str) -> None:
    assert restore_numbers(source, target) == right


@pytest.mark.parametrize(("source", "target"), [case[:2] for case in CASES[:5]])
def test_what_was_put_right_has_no_number_finding(source: str, target: str) -> None:
    assert "number" in [finding.check for finding in check(source, target)]
    assert "number" not in [finding.check for finding in check(source, restore_numbers(source, target))]


def test_a_lost_fraction_and_a_broken_character_are_found() -> None:
    found = {finding.check for finding in check("½ liter melk", "\ufffdI's litre of milk")}
    assert {"number", "garbled"} <= found
    assert not check("½ liter melk", "½ litre of milk")
