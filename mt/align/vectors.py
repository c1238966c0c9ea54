"""Rows of numbers: their types, their norms, their products."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


def unit_rows(vectors: NDArray[np.floating]) -> Floats:
    """Rows scaled to norm 1; zero rows and rows that are not finite become zero."""
    vectors = np.nan_to_num(np.asarray(vectors, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 1e-12, norms, np.inf), dtype=np.float32)


def cosines(
    source: NDArray[np.floating], target: NDArray[np.floating], rows: Integers, columns: Integers
) -> Floats:
    """Dot products of chosen row pairs, by one matrix product over the ranges that they span."""
    if not len(rows):
        return np.zeros(0, dtype=np.float32)
    first, last = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    product = source[first:last].astype(np.float32) @ target[left:right].astype(np.float32).T
    return np.asarray(product[rows - first, columns - left], dtype=np.float32)
