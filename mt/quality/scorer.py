"""Features to a probability: gradient-boosted trees fitted elsewhere, evaluated here.

A few pairs are evaluated without numpy, whose import takes longer than they do; both ways add the same numbers in
the same order, so that a pair's score does not depend on how many others were scored with it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from mt.data import Finding, QualityScore
from mt.errors import UsageError
from mt.quality import CHECKS, NO_SIGNALS, Signals, check_view
from mt.quality.features import has_encoder, measured
from mt.quality.level import Level
from mt.quality.view import PairView, view

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BLOCK = 128
"""Rows that go through the trees together; their places stay in the processor's cache."""

FEW = 16
"""Rows that are evaluated one by one without numpy."""

EMPTY = 0.0
"""Value of a pair with an empty side: no reviewer accepts it, whatever a model would say."""


@dataclass(frozen=True)
class Trees:
    """Binary trees of one depth, and the calibration of their sum.

    Attributes:
        features: names of the columns.
        feature: for each tree the column that each inner node looks at; node 0 is the root, the children of
            node i are 2i + 1 and 2i + 2.
        threshold: for each tree and inner node; a pair goes left where its value is at most this.
        value: for each tree that of each leaf.
        depth: levels of inner nodes.
        baseline: added to the sum.
        knots: sums of leaves, ascending, with their calibrated probabilities.
    """

    features: tuple[str, ...]
    feature: Sequence[Sequence[int]]
    threshold: Sequence[Sequence[float]]
    value: Sequence[Sequence[float]]
    depth: int
    baseline: float
    knots: tuple[Sequence[float], Sequence[float]]

    def margins(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Sum of the leaves that each row of features falls into; a feature that it lacks is 0."""
        table = [self._values(row) for row in rows]
        if len(table) <= FEW:
            return [self._margin(row) for row in table]
        return [float(margin) for margin in self._margins_together(table)]

    def _values(self, row: Mapping[str, float]) -> Sequence[float]:
        try:
            values: tuple[float, ...] = self._getter(row)
        except KeyError:
            return [row.get(name, 0.0) for name in self.features]
        return values

    @cached_property
    def _getter(self) -> Callable[[Mapping[str, float]], tuple[float, ...]]:
        return itemgetter(*self.features)

    def _margin(self, row: Sequence[float]) -> float:
        total = 0.0
        inner = 2**self.depth - 1
        for columns, bounds, values in zip(self.feature, self.threshold, self.value, strict=True):
            node = 0
            while node < inner:
                node = 2 * node + 1 + (row[columns[node]] > bounds[node])
            total += values[node - inner]
        return total + self.baseline

    @cached_property
    def _flat(self) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Columns, thresholds and values of all trees, one after another."""
        import numpy as np

        return (
            np.asarray(self.feature, dtype=np.intp).ravel(),
            np.asarray(self.threshold, dtype=np.float64).ravel(),
            np.asarray(self.value, dtype=np.float64).ravel(),
        )

    def _margins_together(self, table: Sequence[Sequence[float]]) -> Floats:
        import numpy as np

        columns, bounds, values = self._flat
        rows = np.array(table)
        trees = np.arange(len(self.feature))
        nodes, leaves = len(self.feature[0]), len(self.value[0])
        total = np.empty(len(rows))
        for start in range(0, len(rows), BLOCK):
            block = np.ascontiguousarray(rows[start : start + BLOCK])
            flat, first = block.ravel(), (np.arange(len(block)) * block.shape[1])[:, None]
            at = np.zeros((len(block), len(trees)), dtype=np.intp)
            for _ in range(self.depth):
                place = at + trees * nodes
                at = 2 * at + 1 + (flat.take(first + columns.take(place)) > bounds.take(place))
            # A running sum adds tree by tree as the loop over one row does; numpy's sum would pair them up.
            total[start : start + BLOCK] = values.take(at - nodes + trees * leaves).cumsum(axis=1)[:, -1]
        return np.asarray(total + self.baseline)

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """Calibrated probability of each row of features."""
        return [self._calibrated(margin) for margin in self.margins(rows)]

    def _calibrated(self, margin: float) -> float:
        """The probability between the two knots that a sum of leaves lies between."""
        sums, found = self.knots
        at = bisect_right(sums, margin)
        if at in (0, len(sums)):
            return found[0 if at == 0 else -1]
        slope = (found[at] - found[at - 1]) / (sums[at] - sums[at - 1])
        return slope * (margin - sums[at - 1]) + found[at - 1]


class TreesByKind(Mapping[str, Trees]):
    """The trees of each set of signals, read from their JSON form when they are asked for.

    Args:
        forms: kind to its trees as JSON, or as JSON in a string.
    """

    def __init__(self, forms: Mapping[str, Any]) -> None:
        self._forms = forms
        self._read: dict[str, Trees] = {}

    def __getitem__(self, kind: str) -> Trees:
        if kind not in self._read:
            form = self._forms[kind]
            self._read[kind] = _read_trees(json.loads(form) if isinstance(form, str) else form)
        return self._read[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


class Model(NamedTuple):
    """What is shipped: one set of trees for each set of signals.

    Attributes:
        version: stored with every score.
        trees: ``checks``, ``checks+engine``, ``checks+encoder``, ``checks+engine+encoder``.
        typical: median of every feature over pairs that are right, by kind.
        level: of the starter model.
        provenance: what it was fitted on and how.
    """

    version: str
    trees: Mapping[str, Trees]
    typical: Mapping[str, Mapping[str, float]]
    level: Level
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
    level = Level(tuple(data["level"]["words"]), tuple(data["level"]["ends"]))
    return Model(data["version"], TreesByKind(data["trees"]), data["typical"], level, data["provenance"])


def _read_trees(data: Mapping[str, Any]) -> Trees:
    return Trees(
        tuple(data["features"]),
        data["feature"],
        data["threshold"],
        data["value"],
        data["depth"],
        data["baseline"],
        (data["knots"][0], data["knots"][1]),
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
    findings: Sequence[Sequence[Finding]] | None = None,
) -> list[QualityScore]:
    """One score for each pair; see :func:`mt.quality.score`."""
    given = [NO_SIGNALS] * len(pairs) if signals is None else signals
    known = [None] * len(pairs) if findings is None else findings
    for what, there in (("signals", given), ("lists of findings", known)):
        if len(there) != len(pairs):
            raise UsageError(
                f"There are {len(pairs)} pairs and {len(there)} {what}.", "Give one for each pair."
            )
    model = model or shipped()
    seen: list[Seen] = [
        _see(
            view(source, target, source_lang, target_lang, kept=found is not None),
            signal,
            found,
            model.level,
        )
        for (source, target), signal, found in zip(pairs, given, known, strict=True)
    ]
    scores: dict[int, QualityScore] = {}
    for kind in {one.kind for one in seen}:
        rows = [index for index, one in enumerate(seen) if one.kind == kind]
        values = model.trees[kind].probabilities([seen[index].features for index in rows])
        for index, value in zip(rows, values, strict=True):
            one = seen[index]
            final = EMPTY if not one.features else value
            scores[index] = QualityScore(final, model.method(kind), one.findings, one.features)
    return [scores[index] for index in range(len(pairs))]


class Seen(NamedTuple):
    """A pair's findings and features; no features where a side is empty."""

    kind: str
    findings: tuple[Finding, ...]
    features: Mapping[str, float]


def _see(pair: PairView, signals: Signals, known: Sequence[Finding] | None, level: Level) -> Seen:
    findings = tuple(check_view(pair, CHECKS) if known is None else known)
    features = {} if pair.one_sided else measured(pair, findings, signals, level)
    return Seen(kind_of(signals), findings, features)
