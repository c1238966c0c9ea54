"""What the store holds, as rows for a reader: documents with their progress, pairs with all that is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mt.data import Finding, Severity
from mt.store import DocumentInfo, Store, StoredPair

MARKS = {Severity.ERROR: "!!", Severity.WARNING: "!", Severity.INFO: ""}
"""What is put behind a finding's name in a table."""


def list_documents(store: Store, old: bool = False) -> list[DocumentInfo]:
    """The documents in the order in which they came.

    Args:
        store: where to look.
        old: also those that have a newer version of the same name.
    """
    return [info for info in store.documents() if old or not info.superseded]


def document_record(info: DocumentInfo) -> dict[str, Any]:
    """A document and its progress as plain values for JSON."""
    return {**info._asdict(), "translated": info.translated, "state": info.state}


def pair_record(stored: StoredPair, history: bool = False, store: Store | None = None) -> dict[str, Any]:
    """A pair with its findings, candidates and settings as plain values for JSON.

    Args:
        stored: the pair.
        history: also every review of it, which are looked up in ``store``.
        store: where the pair comes from.
    """
    pair, score = stored.pair, stored.pair.score
    record: dict[str, Any] = {
        "id": stored.id,
        "document": stored.document,
        "position": stored.position,
        "source": pair.source,
        "target": pair.target,
        "source_lang": pair.source_lang,
        "target_lang": pair.target_lang,
        "origin": pair.origin,
        "status": stored.status,
        "reviewer": stored.reviewer or None,
        "score": score.value if score else None,
        "method": score.method if score else None,
        "features": dict(score.features) if score else {},
        "findings": [one._asdict() for one in score.findings] if score else [],
        "candidates": [
            {
                "target": one.hypothesis.text,
                "log_prob": one.hypothesis.log_prob,
                "engine": one.hypothesis.engine,
                "strategy": one.strategy,
                "chosen": one.chosen,
                "reason": one.reason,
                "findings": [finding._asdict() for finding in one.findings],
            }
            for one in pair.candidates
        ],
        "settings": stored.settings._asdict() if stored.settings else None,
        "milliseconds": stored.milliseconds,
        "failure": pair.failure or None,
    }
    if history and store is not None:
        record["reviews"] = [row._asdict() for row in store.reviews([stored.id]).get(stored.id, [])]
    return record


def pair_row(stored: StoredPair) -> tuple[str, ...]:
    """Number, source, target, score, status and names of findings, for a table."""
    pair, score = stored.pair, stored.pair.score
    return (
        str(stored.position + 1),
        pair.source,
        pair.target or f"[failed: {pair.failure}]",
        f"{score.value:.2f}" if score else "",
        stored.status,
        finding_names(score.findings if score else ()),
    )


def finding_names(findings: tuple[Finding, ...]) -> str:
    """The names of the checks that found something, each once, errors marked ``!!`` and warnings ``!``."""
    ranked = sorted(findings, key=lambda one: list(Severity).index(one.severity))
    return ", ".join(dict.fromkeys(f"{one.check}{MARKS[one.severity]}" for one in ranked))


def details(stored: StoredPair, findings: bool, candidates: bool) -> Iterator[tuple[str, ...]]:
    """Further table rows below a pair: one for each finding, and one for each candidate.

    Args:
        stored: the pair.
        findings: show where and why a check found something.
        candidates: show what the engine proposed and why it won or lost.
    """
    score = stored.pair.score
    for one in score.findings if findings and score else ():
        side = stored.pair.source if one.side == "source" else stored.pair.target
        place = f" «{side[slice(*one.span)]}»" if one.span else ""
        text = f"  {one.check} ({one.severity}): {one.message}{place}"
        yield ("", text, "", "", "", "") if one.side == "source" else ("", "", text, "", "", "")
    for candidate in stored.pair.candidates if candidates else ():
        mark = "*" if candidate.chosen else "-"
        why = f"  {mark} {candidate.strategy}: {candidate.reason}"
        guess = f"  {mark} {candidate.hypothesis.text}"
        yield "", why, guess, f"{candidate.hypothesis.log_prob:.1f}", "", finding_names(candidate.findings)


def select_pairs(store: Store, document_id: str, only: str | None, limit: int | None) -> Iterator[StoredPair]:
    """The pairs of a document in order.

    Args:
        store: where to look.
        document_id: the document.
        only: name of a check; pairs without a finding of it are left out.
        limit: how many at most.
    """
    count = 0
    for stored in store.pairs(document_id):
        if limit is not None and count >= limit:
            return
        score = stored.pair.score
        if only and not (score and any(one.check == only for one in score.findings)):
            continue
        count += 1
        yield stored
