"""Surprises: what engines of all sorts say, on one scale."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.quality import Level, Signals, score
from mt.quality.level import HIGHEST, measure_level, reference
from mt.quality.scorer import shipped

LOG_PROBS = st.lists(st.floats(-60, 0), min_size=2, max_size=60)


def engine(scale: float, seed: int = 1) -> list[list[float]]:
    """Log-probabilities that an engine gives to thirty right translations."""
    dice = random.Random(seed)
    return [[-scale * dice.expovariate(1) for _ in range(20)] for _ in range(30)]


def test_right_translations_have_a_surprise_of_one_on_the_average() -> None:
    level = measure_level(engine(2.4))
    words = [value for scored in engine(2.4) for value in level.surprises(scored)[:-1]]
    assert sum(words) / len(words) == pytest.approx(1, abs=0.1)


def test_a_better_engine_is_surprised_as_much_as_a_rough_one() -> None:
    rough, good = measure_level(engine(2.4)), measure_level(engine(0.8))
    text = engine(1, seed=2)[0]
    assert rough.surprises([2.4 * v for v in text]) == pytest.approx(
        good.surprises([0.8 * v for v in text]), abs=0.05
    )


@settings(deadline=None, max_examples=60)
@given(LOG_PROBS)
def test_surprises_rise_as_probabilities_fall_and_stay_in_bounds(values: list[float]) -> None:
    found = shipped().level.surprises(values)
    assert len(found) == len(values)
    assert all(0 <= value <= HIGHEST for value in found)
    words = sorted(zip(values[:-1], found[:-1], strict=True))
    assert all(a[1] >= b[1] - 1e-9 for a, b in pairwise(words))


def test_an_engine_that_is_always_sure_has_a_level_too() -> None:
    level = measure_level([[-0.1, -0.1, -0.1]] * 5)
    assert level.surprises([-0.1, -0.1])[0] == pytest.approx(0, abs=1)
    assert level.surprises([-9.0, -0.1])[0] > 3


def test_the_reference_pairs_are_whole_and_differ() -> None:
    pairs = reference()
    assert len(pairs) >= 40
    assert len(set(pairs)) == len(pairs)
    assert all(source.strip() and target.strip() and source != target for source, target in pairs)


def test_a_score_follows_the_level_of_its_engine() -> None:
    pair = ("De brug is gisteren geopend.", "The bridge was opened yesterday.")
    dice = random.Random(4)
    scored = [-1.5 * dice.expovariate(1) for _ in range(9)]
    level = shipped().level
    doubled = Level(tuple(2 * v for v in level.words), tuple(2 * v for v in level.ends))
    [usual] = score([pair], [Signals(scored)])
    [other] = score([pair], [Signals([2 * v for v in scored], level=doubled)])
    assert other.value == pytest.approx(usual.value, abs=1e-6)
