"""From two lists of segments to scored beads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mt.align import Encoder
from mt.align.search import KINDS, Scores, coarse_band, cosines, posteriors, viterbi
from mt.align.spans import add_up
from mt.data import Alignment, Bead
from mt.errors import UsageError


def align_segments(
    source: Sequence[str],
    target: Sequence[str],
    encoder: Encoder | None,
    translation: Sequence[str] | None,
    lengths: bool,
    numbers: bool,
) -> Alignment:
    """See :func:`mt.align.align`."""
    if translation is not None and len(translation) != len(source):
        raise UsageError(
            f"The translation has {len(translation)} segments, the source has {len(source)}.",
            "Give one translation for each source segment.",
        )
    n, m = len(source), len(target)
    if encoder is None or not n or not m:
        sv, tv = np.zeros((n, 1), dtype=np.float32), np.zeros((m, 1), dtype=np.float32)
    else:
        sv, tv = encoder.encode(source), encoder.encode(target)
    band = coarse_band(sv, tv)
    left, right = add_up(sv), add_up(tv)
    ls = np.concatenate([[0], np.cumsum([len(t) for t in source])])
    lt = np.concatenate([[0], np.cumsum([len(t) for t in target])])
    joined = np.full((len(KINDS), band.cells), -np.inf, dtype=np.float32)
    for start, stop in band.blocks():
        rows, columns = band.positions(start, stop)
        at = slice(int(band.offset[start]), int(band.offset[stop]))
        for k, (a, b) in enumerate(KINDS):
            fits = (rows >= a) & (columns >= b)
            r, c = rows[fits], columns[fits]
            similarity = cosines(left[a - 1], right[b - 1], r - a, c - b) if len(r) else 0
            x, y = ls[r] - ls[r - a] + 5, lt[c] - lt[c - b] + 5
            values = (
                8 * (similarity - 0.45) * max(a, b)
                - (6 * np.log(x / y) ** 2 if lengths else 0)
                - 1.5 * (a + b - 2)
            )
            cells = np.full(len(rows), -np.inf)
            cells[fits] = values
            joined[k, at] = cells
    scores = Scores(joined, np.full(n, -2.0), np.full(m, -2.0))
    chain = viterbi(scores, band)
    sums = posteriors(scores, band)
    number = {kind: k for k, kind in enumerate(KINDS)}
    beads = []
    for i, k, j, l in chain:
        if i == k:
            p = sums.insertion[j]
        elif j == l:
            p = sums.deletion[i]
        else:
            p = sums.joined[number[k - i, l - j], band.offset[k] + l - band.low[k]]
        beads.append(Bead(tuple(range(i, k)), tuple(range(j, l)), float(min(1.0, p))))
    return Alignment(tuple(source), tuple(target), tuple(beads))
