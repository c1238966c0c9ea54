"""Weights of the features: from evidence to a score for every bead in the band."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from mt.align.band import Band
from mt.align.features import FEATURES, GROUPS, NULL_FEATURES, Measure, group_of
from mt.align.search import KINDS, Scores
from mt.align.vectors import Doubles, Floats


@dataclass(frozen=True)
class Weights:
    """Parameters of the log-linear model for one set of signals.

    Attributes:
        beads: ``[len(GROUPS), len(FEATURES)]``.
        nulls: ``[len(NULL_FEATURES)]``.
        opening: of a run of segments that are left out.
    """

    beads: Doubles
    nulls: Doubles
    opening: float


@cache
def parameters() -> dict[str, Any]:
    """The fitted parameters and where they come from, as shipped."""
    text = files("mt.align").joinpath("data/beads.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def weights_for(signals: frozenset[str]) -> Weights:
    """The weights that were fitted for exactly these signals."""
    fitted = parameters()["weights"]["+".join(sorted(signals))]
    beads = np.array([[fitted["beads"][group].get(name, 0.0) for name in FEATURES] for group in GROUPS])
    nulls = np.array([fitted["nulls"].get(name, 0.0) for name in NULL_FEATURES])
    return Weights(beads, nulls, float(fitted.get("opening", 0)))


def score(measure: Measure, band: Band, weights: Weights, shape: tuple[int, int]) -> Scores:
    """Scores of all beads in the band, for texts of ``shape`` segments."""
    joined = np.full((len(KINDS), band.cells), -np.inf, dtype=np.float32)
    nearest = nothing_near(shape)
    for start, stop in band.blocks():
        rows, columns = band.positions(start, stop)
        block = joined[:, band.offset[start] : band.offset[stop]]
        for k, (a, b) in enumerate(KINDS):
            fits = np.flatnonzero((rows >= a) & (columns >= b))
            features = measure.beads((a, b), rows[fits], columns[fits])
            block[k, fits] = weights.beads[group_of((a, b))] @ features
            if (a, b) == (1, 1):
                note_nearest(nearest, features, rows[fits] - 1, columns[fits] - 1)
    left, right = measure.nulls(nearest)
    return Scores(joined, weights.nulls @ left, weights.nulls @ right, weights.opening)


def nothing_near(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """For each side ``[2, n]`` the smallest distance and the largest overlap, before any is known."""
    return tuple(np.repeat(np.array([[1.2], [0.0]], dtype=np.float32), n, axis=1) for n in shape)  # type: ignore[return-value]


def note_nearest(nearest: tuple[Floats, Floats], features: Floats, rows: Any, columns: Any) -> None:
    """Keep the smallest distance and the largest overlap of every segment."""
    for table, places in zip(nearest, (rows, columns), strict=True):
        np.minimum.at(table[0], places, features[FEATURES.index("distance")])
        np.maximum.at(table[1], places, features[FEATURES.index("overlap")])
