"""What is scored from the store: a document with its scores, or what reviewers made of an engine's output."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mt.data import Origin, QualityScore
from mt.errors import UsageError
from mt.evaluate import QualityData
from mt.pipeline.score_inputs import FileRequest, Inputs, stream
from mt.pipeline.score_judge import serious
from mt.store import MEMORY, Status, Store, StoredPair


def from_document(store: Store, document: str, request: FileRequest) -> Inputs:
    """A stored document's targets against a reference file, with its stored scores and findings.

    Raises:
        UsageError: there is no such document, it has no pairs, or no reference is given.
    """
    info = store.find_document(document)
    if not request.references:
        raise UsageError(f"Document {info.id} has no reference to be scored against.", "Name one: --ref FILE")
    pairs = list(store.pairs(info.id))
    if not pairs:
        raise UsageError(f"Document {info.id} has no pairs.", "Translate it first: mt translate")
    name = request.names[0] if request.names else _system_name(pairs)
    inputs = Inputs(
        (name,),
        [[_line(stored.pair.target) for stored in pairs]],
        [stream(text, "reference", request) for text in request.references],
        [_line(stored.pair.source) for stored in pairs],
        _stored_quality(name, [stored.pair.score for stored in pairs]),
        labels=[f"document {info.id}", *request.references, ""],
    )
    failed = sum(bool(stored.pair.failure) for stored in pairs)
    if failed:
        inputs.notes.append(f"{failed:,} segments of {info.id} have no translation; they count as empty.")
    return inputs


def _line(text: str) -> str:
    return " ".join(text.splitlines())


def _system_name(pairs: Sequence[StoredPair]) -> str:
    models = sorted({stored.settings.model for stored in pairs if stored.settings})
    return models[0] if len(models) == 1 else "stored"


def _stored_quality(name: str, scores: Sequence[QualityScore | None]) -> QualityData:
    """Scores as they were stored; None where there is none."""
    known = [score for score in scores if score is not None]
    if not known:
        return QualityData()
    values = [score.value if score else math.nan for score in scores]
    methods = ", ".join(sorted({score.method for score in known}))
    return QualityData({name: values}, {name: [serious(score) for score in scores]}, methods)


def from_reviews(store: Store, names: Sequence[str] = ()) -> Inputs:
    """What engines wrote against what reviewers accepted or made of it.

    Raises:
        UsageError: nobody has accepted or edited an engine's translation.
    """
    found = []
    for history in store.all_reviews():
        stored = store.pair(history[0].pair)
        if stored.status not in MEMORY or stored.pair.origin is not Origin.ENGINE:
            continue
        found.append((stored, history[0].before))
    if not found:
        raise UsageError(
            "No translation by an engine was accepted or edited in this store.",
            "Review some first: mt serve",
        )
    pairs = [stored for stored, _ in found]
    name = names[0] if names else _system_name(pairs)
    accepted = sum(stored.status is Status.ACCEPTED for stored in pairs)
    note = (
        f"The references are {accepted:,} accepted and {len(pairs) - accepted:,} edited translations. Reviewers "
        "saw the system's text first, so scores are far above those against independent references."
    )
    written = [_line(before) for _, before in found]
    # The score of an edited pair is that of the reviewer's text.
    unchanged = [
        stored.pair.score if _line(stored.pair.target) == text else None
        for stored, text in zip(pairs, written, strict=True)
    ]
    return Inputs(
        (name,),
        [written],
        [[_line(stored.pair.target) for stored in pairs]],
        [_line(stored.pair.source) for stored in pairs],
        _stored_quality(name, unchanged),
        [note],
    )
