"""What tests of several parts put into a store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mt.data import Bead, Candidate, Document, Finding, Hypothesis, Origin, Pair, QualityScore, Segment
from mt.store import Store


def candidate(
    text: str, strategy: str, findings: tuple[Finding, ...] = (), chosen: bool = False, reason: str = ""
) -> Candidate:
    """A candidate of an engine."""
    return Candidate(Hypothesis(text, -1.5, "ctranslate2 4.8"), strategy, findings, chosen, reason)


def put_segmented(store: Store, lang: str, segments: Sequence[str], target_lang: str) -> str:
    """Store a document whose segments stand behind one another with a space between them."""
    ends = accumulate(len(one) + 1 for one in segments)
    document = Document("", lang, " ".join(segments), name=f"tellen.{lang}.txt")
    identifier = store.put_document(document, target_lang)
    places = [(end - len(one) - 1, end - 1) for one, end in zip(segments, ends, strict=True)]
    found = [Segment(document.text[a:b], a, b, plain=document.text[a:b]) for a, b in places]
    store.add_segments(identifier, found)
    return identifier


def put_aligned(
    store: Store,
    source: Sequence[str],
    target: Sequence[str],
    beads: Sequence[Bead],
    scores: Sequence[QualityScore | None] = (),
) -> str:
    """Store an alignment of two documents with a pair for each bead that has two sides.

    Args:
        store: where to.
        source, target: segments of both sides.
        beads: over these segments.
        scores: of the pairs, one for each bead.
    """
    ids = [put_segmented(store, "nl", source, "en"), put_segmented(store, "en", target, "nl")]
    pairs = [
        Pair(*texts, origin=Origin.ALIGNED, score=score) if all(texts) else None
        for bead, score in zip(beads, scores or [None] * len(beads), strict=True)
        for texts in [(_joined(source, bead.source), _joined(target, bead.target))]
    ]
    return store.put_alignment(ids[0], ids[1], beads, pairs, "test 1")


def _joined(segments: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(segments[place] for place in places)
