"""Fit the score: features of right and spoilt pairs to trees and a calibration, as JSON data.

scikit-learn is needed here and in :mod:`mt.quality.fitting_denials` and nowhere else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mt.errors import MissingExtraError
from mt.quality.lexicon import ALWAYS, LETTERS, WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mt.quality.view import Side

    Floats = NDArray[np.float64]

DEPTH = 5
"""Levels of a tree: enough for "similar, but much longer", and small enough to ship."""

TREES = 150
RATE = 0.09

FOLDS = 4
"""Parts for the calibration; an article is in one part only."""

KNOTS = 40
"""Points of the calibration curve that are kept."""

WORSE = ("check_", "denials_", "names_", "engine_", "source_uncovered", "target_uncovered")
BETTER = ("cosine", "source_cover", "target_cover")
"""Beginnings of features of which more never raises, and never lowers, the score. It keeps trees from learning how the
corpus happens to be."""


def direction(name: str) -> int:
    """1 where more of a feature may only raise the score, -1 where it may only lower it, 0 where either may be."""
    if name.startswith(WORSE):
        return -1
    return int(name.startswith(BETTER))


FLOOR, CEILING = 0.002, 0.998
"""No score is more certain than the number of samples allows."""


def fit_trees(
    rows: Sequence[Mapping[str, float]],
    labels: Sequence[float],
    weights: Sequence[float],
    groups: Sequence[int],
) -> tuple[dict[str, Any], Floats]:
    """Boosted trees with an isotonic calibration on predictions for articles that the trees have not seen.

    Args:
        rows: features of each pair, the same names in all.
        labels: 1 where a reviewer would accept the pair, else 0.
        weights: how often such a pair occurs.
        groups: article of each pair.

    Returns:
        the trees as :func:`mt.quality.scorer.read_model` reads them, and the probability of each pair from trees
        and a calibration that have not seen its article.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.isotonic import IsotonicRegression
        from sklearn.model_selection import GroupKFold
    except ImportError as error:
        raise MissingExtraError("Fitting the score", "train") from error
    import numpy as np

    names = tuple(rows[0])
    matrix = np.array([[row[name] for name in names] for row in rows])
    truth, weight, group = np.asarray(labels), np.asarray(weights), np.asarray(groups)

    def boosted(chosen: NDArray[np.intp]) -> Any:
        trees = HistGradientBoostingClassifier(
            max_iter=TREES, learning_rate=RATE, max_depth=DEPTH, max_leaf_nodes=None, min_samples_leaf=25,
            l2_regularization=5.0, early_stopping=False, random_state=0,
            monotonic_cst=[direction(name) for name in names],
        )  # fmt: skip
        return trees.fit(matrix[chosen], truth[chosen], sample_weight=weight[chosen])

    def calibrated(chosen: NDArray[np.intp]) -> list[list[float]]:
        curve = IsotonicRegression(y_min=FLOOR, y_max=CEILING, out_of_bounds="clip")
        values = curve.fit_transform(margins[chosen], truth[chosen], sample_weight=weight[chosen])
        return _knots(margins[chosen], values)

    folds = list(GroupKFold(FOLDS).split(matrix, truth, group))
    margins, unseen = np.empty(len(rows)), np.empty(len(rows))
    for fit, rest in folds:
        margins[rest] = boosted(fit).decision_function(matrix[rest])
    for fit, rest in folds:
        unseen[rest] = np.interp(margins[rest], *np.asarray(calibrated(fit)))
    everything = np.arange(len(rows))
    model = boosted(everything)
    return {"features": list(names), **_exported(model), "knots": calibrated(everything)}, unseen


HARDER, SPREAD = 0.15, 0.3
"""Mean and standard deviation of the logarithm of a factor on all surprises of a pair: texts differ in how hard they
are, and the corpus that an engine has read in training differs less than others."""

BLIND = 0.4
"""Share of the spoilt pairs of which the engine is taken not to notice what is wrong.

In the corpus that it has read an engine notices everything, a changed name as well as a lost "not". The trees would
learn that what the engine finds likely is right, whatever the checks say; of a new text that is not true.
"""


def disturbed(
    surprises: Sequence[float], unspoilt: Sequence[Sequence[float]], dice: np.random.Generator
) -> list[float]:
    """The surprises that the engine might have if it had never seen the text.

    Args:
        surprises: of the tokens of a text that the engine was trained on.
        unspoilt: of some right pairs of about that length, for a spoilt one, of which one may take its place; empty
            for a right pair.
        dice: each call draws anew, so that the score learns to rely on no absolute value.
    """
    if unspoilt and dice.random() < BLIND:
        surprises = unspoilt[int(dice.integers(len(unspoilt)))]
    factor = math.exp(dice.normal(HARDER, SPREAD))
    return [value * factor for value in surprises]


LEAST_SEEN = 8
"""Times a word must have been seen before it has a number of letters of its own."""

DAMPING = 20.0
"""Weight of the squares of the words' letters, in squared standard deviations of a length."""


def fit_letters(pairs: Sequence[tuple[Side, Side]]) -> dict[str, float]:
    """How many characters each word accounts for on the other side; see :func:`mt.quality.lexicon.missing_letters`.

    Args:
        pairs: a side and its translation.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import Ridge
    except ImportError as error:
        raise MissingExtraError("Fitting the score", "train") from error
    import numpy as np

    seen = Counter(word for text, _ in pairs for word in text.lower)
    rows = []
    for text, _ in pairs:
        row = Counter(word for word in text.lower if seen[word] >= LEAST_SEEN)
        rows.append({**row, WORDS: len(text.lower), LETTERS: len(text.text)})
    wanted = np.array([float(len(other.text)) for _, other in pairs])
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(rows)
    ridge = Ridge(alpha=DAMPING, solver="lsqr").fit(matrix, wanted, sample_weight=1 / (wanted + 10))
    names = vectorizer.get_feature_names_out()
    found = {str(name): round(float(share), 2) for name, share in zip(names, ridge.coef_, strict=True)}
    return {name: share for name, share in found.items() if share} | {
        ALWAYS: round(float(ridge.intercept_), 3)
    }


def reliability(
    values: Floats, labels: Sequence[float], weights: Sequence[float], bins: int = 10
) -> dict[str, Any]:
    """How far probabilities are from shares: the points of the diagram and the expected calibration error.

    Returns:
        ``bins``: mean probability, share accepted and weight of each bin that is not empty; ``error``.
    """
    import numpy as np

    truth, weight = np.asarray(labels), np.asarray(weights)
    place = np.minimum((values * bins).astype(int), bins - 1)
    points, error = [], 0.0
    for number in range(bins):
        inside = place == number
        mass = float(weight[inside].sum())
        if mass:
            mean = float(np.average(values[inside], weights=weight[inside]))
            share = float(np.average(truth[inside], weights=weight[inside]))
            points.append([round(mean, 4), round(share, 4), round(mass / float(weight.sum()), 4)])
            error += mass * abs(mean - share)
    return {"bins": points, "error": round(error / float(weight.sum()), 5)}


def _knots(margins: Floats, probabilities: Floats) -> list[list[float]]:
    """The calibration curve through a few points, strictly rising where it can so that ranks are kept."""
    import numpy as np

    order = np.argsort(margins)
    blocks = np.array_split(order, KNOTS)
    xs = [float(margins[block].mean()) for block in blocks]
    ys = np.maximum.accumulate([float(probabilities[block].mean()) for block in blocks])
    xs = [float(margins[order[0]]) - 2.0, *xs, float(margins[order[-1]]) + 2.0]
    rising = [FLOOR / 2, *ys, (1 + CEILING) / 2]
    slope = np.linspace(0.0, 1e-3, len(rising))
    values = np.clip(np.asarray(rising) + slope - 5e-4, FLOOR / 4, 1 - FLOOR / 4)
    return [[round(x, 5) for x in xs], [round(float(y), 6) for y in values]]


def _exported(model: Any) -> dict[str, Any]:
    """The trees as complete binary trees of one depth: a leaf above the last level is repeated below it."""
    inner = (1 << DEPTH) - 1
    feature, threshold, value = [], [], []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        columns, bounds, leaves = [0] * inner, [0.0] * inner, [0.0] * (inner + 1)
        for at, node in _walk(nodes):
            if at < inner:
                leaf = nodes[node]["is_leaf"]
                columns[at] = 0 if leaf else int(nodes[node]["feature_idx"])
                bounds[at] = 1e30 if leaf else round(float(nodes[node]["num_threshold"]), 6)
            else:
                leaves[at - inner] = round(float(nodes[node]["value"]), 5)
        feature.append(columns)
        threshold.append(bounds)
        value.append(leaves)
    baseline = float(model._baseline_prediction.ravel()[0])
    return {"feature": feature, "threshold": threshold, "value": value, "depth": DEPTH, "baseline": baseline}


def _walk(nodes: Any) -> Iterator[tuple[int, int]]:
    """Every place of the complete tree with the fitted node that stands there."""
    inner = (1 << DEPTH) - 1
    waiting = [(0, 0)]
    while waiting:
        at, node = waiting.pop()
        yield at, node
        if at < inner:
            leaf = nodes[node]["is_leaf"]
            waiting.append((2 * at + 1, node if leaf else int(nodes[node]["left"])))
            waiting.append((2 * at + 2, node if leaf else int(nodes[node]["right"])))
