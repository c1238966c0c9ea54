"""Features to a probability: gradient-boosted trees fitted elsewhere, evaluated here with numpy alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mt.data import Finding, QualityScore
from mt.errors import UsageError
from mt.quality import CHECKS, NO_SIGNALS, Signals, check_view
from mt.quality.features import has_encoder, measured
from mt.quality.view import PairView, view

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BLOCK = 128
"""Rows that go through the trees together; their places stay in the processor's cache."""

EMPTY = 0.0
"""Value of a pair with an empty side: no reviewer accepts it, whatever a model would say."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Binary trees of one depth, and the calibration of their sum.

    Attributes:
        features: names of the columns.
        feature: column that each inner node looks at, ``[trees, nodes]``; node 0 is the root, the children of
            node i are 2i + 1 and 2i + 2.
        threshold: a pair goes left where its value is at most this, ``[trees, nodes]``.
        value: of each leaf, ``[trees, leaves]``.
        depth: levels of inner nodes.
        baseline: added to the sum.
        knots: sums of leaves, ascending, with their calibrated probabilities.
    """

    features: tuple[str, ...]
    feature: NDArray[np.intp]
    threshold: Floats
    value: Floats
    depth: int
    baseline: float
    knots: tuple[Floats, Floats]

    def margins(self, rows: Floats) -> Floats:
        """Sum of the leaves that each row ``[n, features]`` falls into, ``[n]``."""
        import numpy as np

        count, nodes = self.feature.shape
        leaves = self.value.shape[1]
        columns, bounds, values = self.feature.ravel(), self.threshold.ravel(), self.value.ravel()
        trees = np.arange(count)
        total = np.empty(len(rows))
        for start in range(0, len(rows), BLOCK):
            block = np.ascontiguousarray(rows[start : start + BLOCK])
            flat, first = block.ravel(), (np.arange(len(block)) * block.shape[1])[:, None]
            at = np.zeros((len(block), count), dtype=np.intp)
            for _ in range(self.depth):
                place = at + trees * nodes
                at = 2 * at + 1 + (flat.take(first + columns.take(place)) > bounds.take(place))
            total[start : start + BLOCK] = values.take(at - nodes + trees * leaves).sum(axis=1)
        return np.asarray(total + self.baseline)

    def probabilities(self, rows: Floats) -> Floats:
        """Calibrated probability of each row, ``[n]``."""
        import numpy as np

        return np.interp(self.margins(rows), *self.knots)


@dataclass(frozen=True, slots=True)
class Model:
    """What is shipped: one set of trees for each set of signals.

    Attributes:
        version: stored with every score.
        trees: ``checks``, ``checks+engine``, ``checks+encoder``, ``checks+engine+encoder``.
        typical: median of every feature over pairs that are right, by kind.
        provenance: what it was fitted on and how.
    """

    version: str
    trees: Mapping[str, Trees]
    typical: Mapping[str, Mapping[str, float]]
    provenance: Mapping[str, Any]

    def method(self, kind: str) -> str:
        """Name and version of what computes a score of that kind."""
        return f"mt-quality-{self.version}:{kind}"


@cache
def shipped() -> Model:
    """The model in the package."""
    return read_model(json.loads(files("mt.quality").joinpath("data/score.json").read_text("utf-8")))


def read_model(data: Mapping[str, Any]) -> Model:
    """A model from its JSON form."""
    return Model(
        data["version"],
        {kind: _read_trees(trees) for kind, trees in data["trees"].items()},
        data["typical"],
        data["provenance"],
    )


def _read_trees(data: Mapping[str, Any]) -> Trees:
    import numpy as np

    return Trees(
        tuple(data["features"]),
        np.asarray(data["feature"], dtype=np.intp),
        np.asarray(data["threshold"], dtype=np.float64),
        np.asarray(data["value"], dtype=np.float64),
        data["depth"],
        data["baseline"],
        (np.asarray(data["knots"][0]), np.asarray(data["knots"][1])),
    )


def kind_of(signals: Signals) -> str:
    """Which trees a pair with these signals is scored by."""
    kind = "checks"
    if signals.log_probs:
        kind += "+engine"
    if has_encoder(signals):
        kind += "+encoder"
    return kind


def score_pairs(
    pairs: Sequence[tuple[str, str]],
    signals: Sequence[Signals] | None,
    source_lang: str,
    target_lang: str,
    model: Model | None = None,
) -> list[QualityScore]:
    """One score for each pair; see :func:`mt.quality.score`."""
    given = [NO_SIGNALS] * len(pairs) if signals is None else signals
    if len(given) != len(pairs):
        raise UsageError(f"There are {len(pairs)} pairs and {len(given)} signals.", "Give one for each pair.")
    model = model or shipped()
    seen: list[Seen] = [
        _see(view(source, target, source_lang, target_lang), signal)
        for (source, target), signal in zip(pairs, given, strict=True)
    ]
    scores: dict[int, QualityScore] = {}
    for kind in {one.kind for one in seen}:
        rows = [index for index, one in enumerate(seen) if one.kind == kind]
        values = _values(model.trees[kind], [seen[index].features for index in rows])
        for index, value in zip(rows, values, strict=True):
            one = seen[index]
            final = EMPTY if not one.features else float(value)
            scores[index] = QualityScore(final, model.method(kind), one.findings, one.features)
    return [scores[index] for index in range(len(pairs))]


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair's findings and features; no features where a side is empty."""

    kind: str
    findings: tuple[Finding, ...]
    features: Mapping[str, float]


def _see(pair: PairView, signals: Signals) -> Seen:
    findings = tuple(check_view(pair, CHECKS))
    features = {} if pair.one_sided else measured(pair, findings, signals)
    return Seen(kind_of(signals), findings, features)


def _values(trees: Trees, features: Iterable[Mapping[str, float]]) -> Floats:
    import numpy as np

    rows = np.array([[row.get(name, 0.0) for name in trees.features] for row in features])
    return trees.probabilities(rows)
