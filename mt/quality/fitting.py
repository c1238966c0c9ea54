"""Fit the score: features of right and spoilt pairs to trees and a calibration, as JSON data.

scikit-learn is needed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mt.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DEPTH = 5
"""Levels of a tree: enough for "similar, but much longer", and small enough to ship."""

TREES = 200
RATE = 0.07

FOLDS = 5
"""Parts for the calibration; an article is in one part only."""

KNOTS = 40
"""Points of the calibration curve that are kept."""

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


STRETCH = (1.2, 2.8)
"""By how much an unknown text is less likely to the engine than one it was trained on: the factor on small surprises.

The engine has read the corpus that the score is fitted on, and finds its translations likelier than those of a
new text: a mean log-probability of -1.6 a token instead of -2.4. Without a correction the score would distrust
every new pair. The lowest factor leaves room for better engines.
"""

FAMILIAR, SOFTNESS = -4.5, 0.6
"""Local mean log-probability, and its scale, below which tokens are foreign to the context and cannot be remembered:
what a spoilt pair adds is as unlikely in a corpus that the engine has read as in one that it has not."""

NEIGHBOURS = 9
"""Tokens over which the local mean goes."""

JOLTS, JOLT = 0.2, 4.0
"""Up to this share of the tokens of an unknown text is an additional surprise of up to this mean size."""

LOWEST = -14.0
"""Log-probability that stretching does not go below; label smoothing keeps models near it."""


def unfamiliar(log_probs: Sequence[float], dice: np.random.Generator) -> list[float]:
    """The log-probabilities that the engine might give to the tokens if it had never seen the text.

    Args:
        log_probs: of a text that the engine was trained on, ``</s>`` last, which stays as it is.
        dice: each call draws other factors, so that the score learns to rely on none.
    """
    import numpy as np

    values = np.asarray(log_probs[:-1], dtype=np.float64)
    if not len(values):
        return list(log_probs)
    window, reach = np.ones(NEIGHBOURS), NEIGHBOURS // 2
    counts = np.convolve(np.ones(len(values)), window)
    local = (np.convolve(values, window) / counts)[reach : reach + len(values)]
    familiar = 1 / (1 + np.exp((FAMILIAR - local) / SOFTNESS))
    factor = 1 + (dice.uniform(*STRETCH) - 1) * familiar
    stretched = LOWEST * (1 - (1 - np.clip(values / LOWEST, 0.0, 1.0)) ** factor)
    jolted = dice.random(len(values)) < dice.uniform(0, JOLTS)
    jolts = jolted * dice.exponential(dice.uniform(0, JOLT) + 1e-9, len(values)) * familiar
    return [*(float(value) for value in np.maximum(stretched - jolts, LOWEST)), log_probs[-1]]


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
