"""What reviewers' decisions teach about scores: a curve from the shipped score to how often it is accepted.

Platt scaling (Platt 1999) on the score's log-odds: two numbers, so that a few dozen decisions suffice, and
ranks stay as they are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mt.data import QualityScore
from mt.errors import StoreError, UsageError

LEAST_DECISIONS = 50
"""Decisions from which two numbers can be estimated."""

LEAST_OF_EACH = 10
"""Accepted and not accepted pairs among them."""

PRIOR = 0.02
"""Weight of the curve that changes nothing, for each squared step away from it and decision's log-loss of 1."""

SHARPEST = 1e-4
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""


class Calibration(NamedTuple):
    """A curve ``1 / (1 + exp(-(slope * log-odds + shift)))`` for the scores of one method.

    Attributes:
        method: of the scores that it was fitted on; others are left as they are.
        slope, shift: its two numbers; 1 and 0 change nothing.
        decisions: how many it was fitted on.
        accepted: how many of them were accepted.
        error_before, error_after: expected calibration error on these decisions.
    """

    method: str
    slope: float
    shift: float
    decisions: int
    accepted: int
    error_before: float
    error_after: float

    def apply(self, score: QualityScore) -> QualityScore:
        """The score as reviewers' decisions bend it, with a method that says so."""
        if score.method != self.method or score.value <= 0.0:
            return score
        value = _logistic(self.slope * log_odds(score.value) + self.shift)
        return score._replace(value=value, method=f"{score.method}:reviews-{self.decisions}")

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all.

        Raises:
            StoreError: the file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(path.name + ".part")
            temporary.write_text(json.dumps(self._asdict(), indent=1) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}.", "Check MT_HOME.") from error

    @classmethod
    def load(cls, path: Path) -> Calibration | None:
        """The calibration in a file; None where there is none.

        Raises:
            StoreError: the file is damaged.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"{path} is no calibration: {error}.", "Remove it, or run mt judge --calibrate."
            ) from error


def log_odds(value: float) -> float:
    """``log(p / (1 - p))``, bounded."""
    bounded = min(max(value, SHARPEST), 1 - SHARPEST)
    return math.log(bounded / (1 - bounded))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def fit_calibration(scores: Sequence[QualityScore], accepted: Sequence[bool]) -> Calibration:
    """The curve with the least log-loss on decisions; only those of the commonest method count.

    Args:
        scores: of the pairs as they were proposed.
        accepted: whether the reviewer took each as it was.

    Raises:
        UsageError: too few decisions of each sort.
    """
    methods = [score.method for score in scores]
    method = max(set(methods), key=methods.count, default="")
    rows = [
        (log_odds(score.value), taken)
        for score, taken in zip(scores, accepted, strict=True)
        if score.method == method and score.value > 0
    ]
    yes = sum(taken for _, taken in rows)
    if len(rows) < LEAST_DECISIONS or min(yes, len(rows) - yes) < LEAST_OF_EACH:
        raise UsageError(
            f"The store has {yes} accepted and {len(rows) - yes} other decisions; calibration needs"
            f" {LEAST_DECISIONS} in all and {LEAST_OF_EACH} of each.",
            "Review more pairs first: mt review.",
        )
    slope, shift = _newton(rows)
    before = calibration_error([_logistic(x) for x, _ in rows], [taken for _, taken in rows])
    after = calibration_error([_logistic(slope * x + shift) for x, _ in rows], [taken for _, taken in rows])
    return Calibration(method, slope, shift, len(rows), yes, before, after)


def _newton(rows: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and shift by Newton's method on the penalised log-loss, which is convex; the slope stays positive."""
    slope, shift = 1.0, 0.0
    weight = PRIOR * len(rows)
    for _ in range(50):
        g0, g1 = weight * (slope - 1), weight * shift
        h00, h01, h11 = weight, 0.0, weight
        for x, taken in rows:
            p = _logistic(slope * x + shift)
            error, spread = p - taken, p * (1 - p)
            g0, g1 = g0 + error * x, g1 + error
            h00, h01, h11 = h00 + spread * x * x, h01 + spread * x, h11 + spread
        determinant = h00 * h11 - h01 * h01
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        slope, shift = max(0.05, slope - step0), shift - step1
        if abs(step0) + abs(step1) < 1e-9:
            break
    return slope, shift


def calibration_error(values: Sequence[float], accepted: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance between score and share accepted, by bin."""
    total = 0.0
    for place in range(bins):
        inside = [i for i, v in enumerate(values) if min(bins - 1, int(v * bins)) == place]
        if inside:
            mean = sum(values[i] for i in inside) / len(inside)
            share = sum(accepted[i] for i in inside) / len(inside)
            total += len(inside) * abs(mean - share)
    return total / max(1, len(values))
