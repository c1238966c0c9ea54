"""The decision that the report states first, from scores alone."""

from __future__ import annotations

import numpy as np
import pytest

from mt.data import MetricScore
from mt.evaluate import Comparison, SystemScore
from mt.evaluate.buckets import Bucket, BucketTable
from mt.evaluate.verdict import facts, judge

Scores = dict[str, tuple[float, ...]]


def comparison(scores: Scores, p: dict[str, dict[tuple[str, str], float]]) -> Comparison:
    """Systems a, b, c with a value for each metric; a is the baseline."""
    names = "abc"
    rows = {
        metric: tuple(
            SystemScore(names[i], MetricScore(value, metric, "s")) for i, value in enumerate(values)
        )
        for metric, values in scores.items()
    }
    pairwise = {metric: p.get(metric, {}) for metric in scores}
    return Comparison("a", 1000, rows, pairwise, {metric: metric != "TER" for metric in scores})


def test_a_sure_lead_that_no_metric_contradicts_is_shipped() -> None:
    made = judge(
        comparison(
            {"BLEU": (30, 33, 20), "TER": (60, 55, 70)}, {m: {("a", "b"): 0.001} for m in ("BLEU", "TER")}
        )
    )
    assert (made.headline, made.best, made.runner_up, made.sure) == ("Ship b", "b", "a", True)
    assert [(duel.metric, duel.gain, duel.sure) for duel in made.duels] == [
        ("BLEU", 3, True), ("TER", 5, True),
    ]  # fmt: skip
    assert "TER agrees on b." in made.sentences


def test_systems_that_cannot_be_told_apart_are_all_named() -> None:
    p = {("a", "b"): 0.3, ("b", "c"): 0.06, ("a", "c"): 0.5}
    made = judge(comparison({"BLEU": (30.0, 30.2, 29.9)}, {"BLEU": p}))
    assert made.headline == "Too close to call: b, a or c"
    assert not made.sure


def test_a_metric_that_surely_prefers_the_other_is_in_the_headline() -> None:
    p = {"BLEU": {("a", "b"): 0.001}, "chrF2": {("a", "b"): 0.002}}
    made = judge(comparison({"BLEU": (31, 30), "chrF2": (50, 52)}, p))
    assert made.headline == "a by BLEU, not by chrF2"
    assert "chrF2 prefers b (p = 0.0020)." in made.sentences


def test_a_lead_that_only_the_other_metrics_are_sure_of_is_probable() -> None:
    p = {"BLEU": {("a", "b"): 0.07}, "chrF2": {("a", "b"): 0.001}, "TER": {("a", "b"): 0.001}}
    made = judge(comparison({"BLEU": (31, 30), "chrF2": (52, 50), "TER": (50, 55)}, p))
    assert made.headline == "Probably a"


def test_what_was_not_tested_is_not_called_chance() -> None:
    made = judge(comparison({"BLEU": (31, 30)}, {}))
    assert made.headline == "a has the best BLEU"
    assert "was not tested" in " ".join(made.sentences)


def test_another_test_with_the_baseline_counts_where_there_is_no_bootstrap() -> None:
    rows = (
        SystemScore("a", MetricScore(31, "BLEU", "s")),
        SystemScore("b", MetricScore(30, "BLEU", "s"), delta=-1, p_values={"randomisation": 0.01}),
    )
    made = judge(Comparison("a", 1000, {"BLEU": rows}, {"BLEU": {}}, {"BLEU": True}))
    assert made.headline == "Ship a"
    assert "approximate randomisation" in made.sentences[0]


@pytest.mark.parametrize("higher", [True, False])
def test_facts_count_segments_and_name_the_buckets_where_the_runner_up_is_ahead(higher: bool) -> None:
    sign = 1 if higher else -1
    made = judge(comparison({"BLEU": (31, 30)}, {}))
    counts = {"a": 40, "b": 40}
    short = Bucket("below 10", counts, {"a": sign * 50.0, "b": sign * 51.5})
    few = Bucket("45 and more", {"a": 3, "b": 3}, {"a": sign * 50.0, "b": sign * 60.0})
    table = BucketTable("Reference length in words", "chrF2++", (short, few), shared=True)
    own = BucketTable("Quality score", "chrF2++", (short,))
    good = {"a": np.array([3.0, 2.0, 1.0]), "b": np.array([2.0, 2.0, 0.0])}
    found = list(facts(made, "chrF2++", good, [table, own], higher, {"Omission": {"a": 2, "b": 0, "c": 9}}))
    assert found == [
        "Segment by segment (chrF2++) a is better 2 times, b 0 times, 1 are equal.",
        "b is ahead in: reference length in words, below 10 (by 1.5, 40 segments).",
        "Suspected omissions, by the quality checks: a 2, b 0.",
    ]


def test_a_system_out_of_competition_is_passed_over_unless_it_is_alone() -> None:
    p = {("a", "b"): 0.001, ("a", "c"): 0.001, ("b", "c"): 0.001}
    made = judge(comparison({"BLEU": (31, 30, 100)}, {"BLEU": p}), ["c"])
    assert (made.headline, made.runner_up) == ("Ship a", "b")
    assert judge(comparison({"BLEU": (100,)}, {}), ["a"]).best == "a"
