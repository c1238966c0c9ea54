"""How likely a given chain of beads is, for beads that a human split or merged."""

from __future__ import annotations

from collections.abc import Sequence

from mt.align import Encoder
from mt.align.band import full_band
from mt.align.encoders import run_vectors
from mt.align.features import LONGEST_RUN, Measure, collect
from mt.align.scoring import score, weights_for
from mt.align.search import KINDS, Span, posteriors
from mt.align.threads import one_thread
from mt.data import Bead
from mt.errors import UsageError


def chain_scores(
    source: Sequence[str],
    target: Sequence[str],
    beads: Sequence[Bead],
    encoder: Encoder | None,
    translation: Sequence[str] | None,
) -> list[float]:
    """See :func:`mt.align.score_chain`."""
    chain = _spans(source, target, beads)
    if not source or not target:
        return [1.0] * len(chain)
    embeddings = None
    if encoder is not None:
        sides = [run_vectors(encoder, side, LONGEST_RUN) for side in (source, target)]
        embeddings = (sides[0], sides[1])
    names = {"embeddings": encoder is not None, "translation": translation is not None}
    signals = frozenset(["lengths", "numbers", *(name for name, used in names.items() if used)])
    shape = (len(source), len(target))
    known = [span for span in chain if _searched(span)]
    with one_thread():
        evidence = collect(source, target, embeddings, translation, True, True)
        band = full_band(*shape)
        scores = score(Measure(evidence), band, weights_for(signals), shape)
        chances = dict(zip(known, posteriors(known, scores, band), strict=True))
    return [round(float(chances.get(span, 0.0)), 4) for span in chain]


def _spans(source: Sequence[str], target: Sequence[str], beads: Sequence[Bead]) -> list[Span]:
    """Where each bead begins and ends on both sides, counted from the first one."""
    spans, i, j = [], 0, 0
    for bead in beads:
        k, m = i + len(bead.source), j + len(bead.target)
        spans.append((i, k, j, m))
        i, j = k, m
    if (i, j) != (len(source), len(target)):
        raise UsageError(
            f"The beads hold {i} and {j} segments, the texts have {len(source)} and {len(target)}."
        )
    return spans


def _searched(span: Span) -> bool:
    """Whether the aligner itself would ever make such a bead."""
    i, k, j, m = span
    return i == k or j == m or (k - i, m - j) in KINDS
