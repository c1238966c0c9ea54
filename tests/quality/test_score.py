"""The score: what raises and lowers it, what it is made from, how decisions bend it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from mt.data import QualityScore
from mt.errors import StoreError, UsageError
from mt.quality import Signals, score
from mt.quality.calibration import Calibration, calibration_error, fit_calibration
from mt.quality.explain import reasons
from mt.quality.scorer import shipped

RIGHT = (
    "De minister heeft gisteren in Utrecht drie nieuwe bruggen over het kanaal geopend.",
    "The minister opened three new bridges over the canal in Utrecht yesterday.",
)
SPOILT = {
    "another sentence": "The harvest failed because of the long drought in the south of the country.",
    "copy": RIGHT[0],
    "cut off": "The minister opened three new",
    "extra sentence": RIGHT[1]
    + " The harvest failed because of the long drought in the south of the country.",
    "denial": "The minister did not open three new bridges over the canal in Utrecht yesterday.",
    "other number": RIGHT[1].replace("three", "seven"),
    "other name": RIGHT[1].replace("Utrecht", "Manchester"),
    "loop": RIGHT[1] + " in Utrecht yesterday in Utrecht yesterday in Utrecht yesterday",
    "shouted": RIGHT[1].upper(),
}
LIKELY = tuple(-0.4 for _ in range(16))
UNLIKELY = (-9.0, -4.0, -11.0, -6.0) * 4


def value(target: str, signals: Signals | None = None) -> float:
    [judged] = score([(RIGHT[0], target)], None if signals is None else [signals])
    return judged.value


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_pair_scores_lower_than_the_right_one(kind: str) -> None:
    assert value(SPOILT[kind]) < value(RIGHT[1]) - 0.2


def test_a_right_pair_is_more_likely_accepted_than_not() -> None:
    assert value(RIGHT[1]) > 0.5


def test_scores_are_probabilities_in_the_order_of_the_pairs() -> None:
    targets = [RIGHT[1], *SPOILT.values()]
    together = score([(RIGHT[0], target) for target in targets])
    assert [one.value for one in together] == pytest.approx([value(target) for target in targets])
    assert all(0 < one.value < 1 for one in together)


def test_an_empty_side_scores_nothing() -> None:
    found = score([("", "Something."), ("Iets.", " ")])
    assert [one.value for one in found] == [0.0, 0.0]
    assert all(one.findings[0].check == "empty" for one in found)


def test_no_pairs_give_no_scores() -> None:
    assert score([]) == []


def test_the_method_names_the_signals_that_were_there() -> None:
    cover = Signals(None, 0.8, [0.7] * 13, [0.7] * 12)
    both = Signals(LIKELY, 0.8, [0.7] * 13, [0.7] * 12)
    signals = [Signals(), Signals(LIKELY), cover, both]
    methods = [one.method.rpartition(":")[2] for one in score([RIGHT] * 4, signals)]
    assert methods == ["checks", "checks+engine", "checks+encoder", "checks+engine+encoder"]


def test_an_unlikely_target_scores_lower_than_a_likely_one() -> None:
    assert value(RIGHT[1], Signals(UNLIKELY)) < value(RIGHT[1], Signals(LIKELY)) - 0.05


def test_sentences_that_differ_in_meaning_score_lower() -> None:
    near, far = (Signals(None, c, [c] * 13, [c] * 12) for c in (0.8, 0.1))
    assert value(RIGHT[1], far) < value(RIGHT[1], near) - 0.2


def test_the_number_of_signals_must_be_that_of_the_pairs() -> None:
    with pytest.raises(UsageError, match="2 pairs and 1 signals"):
        score([RIGHT, RIGHT], [Signals()])


def test_the_features_that_went_in_come_out() -> None:
    [judged] = score([RIGHT])
    assert judged.features["length_ratio"] == pytest.approx(0, abs=0.5)
    assert set(judged.features) == set(shipped().trees["checks"].features)


def test_a_score_below_the_usual_comes_with_a_reason() -> None:
    assert reasons(score([(RIGHT[0], SPOILT["another sentence"])])[0])
    assert reasons(score([("", "")])[0]) == []


def test_the_shipped_parameters_say_where_they_come_from() -> None:
    provenance = shipped().provenance
    assert provenance["corpus"] == "train"
    assert provenance["samples"]["real"] > 1000
    assert {"sha256", "engine", "encoder", "mix", "seed", "command", "licence"} <= set(provenance)


def scores_of(values: list[float], method: str = "m") -> list[QualityScore]:
    return [QualityScore(v, method) for v in values]


def decisions(seed: int = 3, count: int = 400) -> tuple[list[QualityScore], list[bool]]:
    """Scores that promise more than reviewers accept: of pairs at p only p squared are taken."""
    dice = random.Random(seed)
    values = [dice.uniform(0.05, 0.95) for _ in range(count)]
    return scores_of(values), [dice.random() < v * v for v in values]


def test_calibration_brings_scores_nearer_to_decisions() -> None:
    scores, taken = decisions()
    found = fit_calibration(scores, taken)
    assert found.error_after < found.error_before
    fresh, verdicts = decisions(seed=4)
    bent = [found.apply(one).value for one in fresh]
    assert calibration_error(bent, verdicts) < calibration_error([one.value for one in fresh], verdicts)


def test_calibration_keeps_the_order_and_names_itself() -> None:
    found = fit_calibration(*decisions())
    bent = [found.apply(one) for one in scores_of([0.1, 0.4, 0.6, 0.9])]
    assert [one.value for one in bent] == sorted(one.value for one in bent)
    assert all(one.method == "m:reviews-400" for one in bent)


def test_calibration_leaves_scores_of_another_method_alone() -> None:
    found = fit_calibration(*decisions())
    other = QualityScore(0.5, "n")
    assert found.apply(other) == other


def test_calibration_bends_a_curve_even_where_decisions_are_perfectly_separated() -> None:
    values = [0.2] * 40 + [0.8] * 40
    found = fit_calibration(scores_of(values), [v > 0.5 for v in values])
    assert (
        0
        < found.apply(QualityScore(0.2, "m")).value
        < 0.2
        < 0.8
        < found.apply(QualityScore(0.8, "m")).value
        < 1
    )


@pytest.mark.parametrize(("yes", "no"), [(5, 5), (60, 2), (0, 80), (0, 0)])
def test_too_few_decisions_are_told_with_their_numbers(yes: int, no: int) -> None:
    with pytest.raises(UsageError, match=f"{yes} accepted and {no} other"):
        fit_calibration(scores_of([0.5] * (yes + no)), [True] * yes + [False] * no)


def test_a_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    found = fit_calibration(*decisions())
    found.save(tmp_path / "new" / "calibration.json")
    assert Calibration.load(tmp_path / "new" / "calibration.json") == found
    assert Calibration.load(tmp_path / "none.json") is None


def test_a_damaged_calibration_says_so(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"slope": 1}), encoding="utf-8")
    with pytest.raises(StoreError, match=r"calibration\.json is no calibration"):
        Calibration.load(path)
