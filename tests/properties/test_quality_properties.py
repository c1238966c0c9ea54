"""What holds for the checks and the score whatever the text."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from mt.quality import check, identify, is_all_caps, restore_caps, score, sentence_case, trivial
from mt.quality.calibration import Calibration
from mt.quality.noise import NOISES, Place
from mt.quality.numbers import figures
from mt.quality.view import Side

TEXT = st.text(max_size=120) | st.lists(
    st.sampled_from(
        ["niet", "1.200", "10:30", "€", "(", "»", "drie", "The", "Jansen", "½", "m²", "http://a.nl", "…"]
    ),
    max_size=14,
).map(" ".join)


@given(TEXT, TEXT)
def test_every_finding_points_into_its_side(source: str, target: str) -> None:
    texts = {"source": source, "target": target}
    for finding in check(source, target):
        if finding.span is not None:
            start, end = finding.span
            assert 0 <= start < end <= len(texts[finding.side])


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
def test_every_pair_has_one_score_between_nothing_and_certainty(pairs: list[tuple[str, str]]) -> None:
    found = score(pairs)
    assert len(found) == len(pairs)
    assert all(0 <= one.value <= 1 and all(map(math.isfinite, one.features.values())) for one in found)


@given(st.integers(0, 10**9))
def test_a_number_in_both_notations_is_the_same(number: int) -> None:
    dutch, english = f"{number:,}".replace(",", "."), f"{number:,}"
    assert check(f"Er zijn {dutch} huizen.", f"There are {english} houses.", checks=["number"]) == ()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_another_number_is_always_found(number: int, other: int) -> None:
    found = check(f"Er zijn {number} huizen.", f"There are {other} houses.", checks=["number"])
    assert bool(found) is (number != other)


@given(st.integers(0, 99_999), st.integers(1, 999))
def test_a_decimal_in_both_notations_is_the_same(whole: int, part: int) -> None:
    source, target = f"Het is {whole},{part:03d}5 meter.", f"It is {whole}.{part:03d}5 metres."
    assert check(source, target, checks=["number"]) == ()


@given(TEXT)
def test_figures_stand_where_they_say(text: str) -> None:
    for figure in figures(Side(text, "nl")):
        start, end = figure.span
        assert text[start:end] == figure.text


@given(TEXT)
def test_text_helpers_take_any_text(text: str) -> None:
    assert isinstance(trivial(text), str)
    assert identify(text) is None or len(identify(text) or "") == 2
    if not is_all_caps(text):
        assert sentence_case(text) == text
    assert len(restore_caps(text).split(" ")) == len(text.split(" "))


@given(st.floats(0.05, 5), st.floats(-4, 4), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_calibration_never_changes_the_order(slope: float, shift: float, a: float, b: float) -> None:
    from mt.data import QualityScore

    curve = Calibration("m", slope, shift, 50, 25, 0, 0)
    low, high = (curve.apply(QualityScore(v, "m")).value for v in sorted((a, b)))
    assert 0 <= low <= high <= 1


ARTICLE = [
    ("De burgemeester opende, na 3 jaar, niet de brug in Utrecht.",
     "After 3 years, the mayor did not open the bridge in Utrecht."),
    ("„Zij zegt: twee huizen”, aldus Jansen.", "“She says: two houses,” said Jansen, who is from Zwolle."),
    ("Het is te laat voor de boot naar Texel.", "It is too late for the boat to Texel, said nobody (at all)."),
]  # fmt: skip


@given(st.sampled_from(sorted(NOISES)), st.integers(0, 2), st.randoms(use_true_random=False))
def test_noise_spoils_a_pair_without_losing_a_side(kind: str, index: int, dice: object) -> None:
    spoilt = NOISES[kind](Place([ARTICLE, list(reversed(ARTICLE))], 0, index, dice))  # type: ignore[arg-type]
    assert spoilt is None or (len(spoilt) == 2 and all(isinstance(text, str) for text in spoilt))
