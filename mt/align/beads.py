"""From two lists of segments to scored beads."""

from __future__ import annotations

from collections.abc import Sequence

from mt.align import Encoder, Report
from mt.align.band import Band
from mt.align.blanks import with_blanks, written
from mt.align.coarse import coarse_band, diagonal_band
from mt.align.encoders import run_vectors
from mt.align.features import LONGEST_RUN, Evidence, Measure, collect
from mt.align.moved import find_moved
from mt.align.scoring import score, weights_for
from mt.align.search import posteriors, viterbi
from mt.align.threads import one_thread
from mt.align.vectors import unit_rows
from mt.data import Alignment, Bead
from mt.errors import UsageError


def align_segments(
    source: Sequence[str],
    target: Sequence[str],
    encoder: Encoder | None,
    translation: Sequence[str] | None,
    *,
    lengths: bool,
    numbers: bool,
) -> Report:
    """See :func:`mt.align.align_report`."""
    if translation is not None and len(translation) != len(source):
        raise UsageError(
            f"The translation has {len(translation)} segments, the source has {len(source)}.",
            "Give one translation for each source segment.",
        )
    wanted = {
        "embeddings": encoder is not None,
        "translation": translation is not None,
        "lengths": lengths,
        "numbers": numbers,
    }
    signals = frozenset(name for name, used in wanted.items() if used)
    if not signals:
        raise UsageError("Every signal is switched off.", f"Leave on one of {', '.join(wanted)}.")
    left, right = written(source), written(target)
    if not left or not right:
        beads = with_blanks((), (), (), (len(source), len(target)))
        return Report(Alignment(tuple(source), tuple(target), tuple(beads)), (), signals)
    if len(left) < len(source) or len(right) < len(target):
        found = align_segments(
            [source[i] for i in left],
            [target[j] for j in right],
            encoder,
            None if translation is None else [translation[i] for i in left],
            lengths=lengths,
            numbers=numbers,
        )
        beads = with_blanks(found.alignment.beads, left, right, (len(source), len(target)))
        moved = tuple(one.among(left, right) for one in found.moved)
        return Report(Alignment(tuple(source), tuple(target), tuple(beads)), moved, signals)
    embeddings = None
    if encoder is not None:
        sides = [run_vectors(encoder, side, LONGEST_RUN) for side in (source, target)]
        embeddings = (sides[0], sides[1])
    with one_thread():
        evidence = collect(source, target, embeddings, translation, lengths, numbers)
        chain = _search(evidence, signals)
        view = evidence.embeddings or evidence.overlap
        moved = find_moved(chain, (source, target), (view.source, view.target)) if view else ()
    return Report(Alignment(tuple(source), tuple(target), chain), moved, signals)


def _search(evidence: Evidence, signals: frozenset[str]) -> tuple[Bead, ...]:
    """The best chain of beads, each with its probability among all chains."""
    band = _band(evidence)
    shape = (len(evidence.source_length) - 1, len(evidence.target_length) - 1)
    scores = score(Measure(evidence), band, weights_for(signals), shape)
    chain = viterbi(scores, band)
    chances = posteriors(chain, scores, band)
    return tuple(
        Bead(tuple(range(i, k)), tuple(range(j, m)), round(float(p), 4))
        for (i, k, j, m), p in zip(chain, chances, strict=True)
    )


def _band(evidence: Evidence) -> Band:
    """Where to search: around a coarse path over meanings, else words, else names and numbers, else lengths."""
    for view in (evidence.embeddings, evidence.overlap, evidence.names):
        if view and view.source[0].any() and view.target[0].any():
            return coarse_band(unit_rows(view.source[0]), unit_rows(view.target[0]))
    return diagonal_band(evidence.source_length, evidence.target_length)
