"""Correlations and the ROC curve agree with scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from mt.errors import UsageError
from mt.evaluate import roc_auc
from mt.evaluate.ranks import agreement

measured = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=60)


@given(measured)
def test_correlations_are_those_of_scipy_with_ties(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    found = agreement(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert (found.pearson, found.spearman, found.kendall) == (None, None, None)
        return
    assert found.pearson == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found.spearman == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.kendall == pytest.approx(stats.kendalltau(x, y).statistic)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=40))
def test_the_roc_curve_is_that_of_scikit_learn(pairs: list[tuple[bool, int]]) -> None:
    labels, scores = zip(*pairs, strict=True)
    found = roc_auc(labels, scores)
    if len(set(labels)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(roc_auc_score(labels, scores))


def test_a_quality_score_that_knows_the_worst_tenth_has_area_1_and_its_opposite_0() -> None:
    metric = np.arange(50.0)
    assert agreement(metric, metric).auc == 1
    assert agreement(-metric, metric).auc == 0
    assert agreement(metric, metric).segments == 50


def test_for_an_error_rate_the_worst_are_the_highest() -> None:
    quality, errors = np.arange(30.0), -np.arange(30.0)
    found = agreement(quality, errors, higher_is_better=False)
    assert found.auc == 1
    assert found.pearson == pytest.approx(-1)
    assert found.kendall == pytest.approx(-1)


def test_segments_without_a_score_are_left_out_and_counted() -> None:
    found = agreement([0.1, np.nan, 0.9, 0.5], [10, 50, np.nan, 60])
    assert found.segments == 2
    assert found.pearson == pytest.approx(1)


def test_nothing_to_compare_has_no_numbers() -> None:
    for found in (agreement([], []), agreement([0.5], [3.0])):
        assert (found.pearson, found.spearman, found.kendall, found.auc) == (None, None, None, None)


def test_different_lengths_are_errors_with_both_counts() -> None:
    with pytest.raises(UsageError, match="2 quality scores and 1 metric"):
        agreement([1, 2], [1])
    with pytest.raises(UsageError, match="2 labels and 1 scores"):
        roc_auc([True, False], [1])
