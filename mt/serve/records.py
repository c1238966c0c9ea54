"""What the page gets: plain values for JSON. Offsets count Unicode code points, times are ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mt.data import Finding, Severity
from mt.pipeline.inspect import pair_record
from mt.quality.explain import reasons
from mt.review import Change, PairView, diff
from mt.store import DocumentInfo, ErrorSpan, MemoryMatch, StoredBead, StoredPair, StoredReview

Record = dict[str, Any]


def changes_record(changes: Iterable[Change]) -> list[list[str]]:
    """A difference as ``[kind, text]`` pieces."""
    return [[change.kind, change.text] for change in changes]


def finding_record(finding: Finding) -> Record:
    """A finding; :func:`read_finding` makes it again."""
    return finding._asdict()


def summary_record(stored: StoredPair) -> Record:
    """A pair in a list."""
    pair, score = stored.pair, stored.pair.score
    found = score.findings if score else ()
    return {
        "id": stored.id,
        "document": stored.document,
        "position": stored.position,
        "source": pair.source,
        "target": pair.target,
        "failure": pair.failure,
        "score": score.value if score else None,
        "status": stored.status,
        "reviewer": stored.reviewer,
        "errors": sum(one.severity is Severity.ERROR for one in found),
        "findings": len(found),
    }


def view_record(view: PairView, info: DocumentInfo) -> Record:
    """A pair with everything that helps to decide."""
    stored = view.stored
    pair = stored.pair
    return {
        **pair_record(stored),
        "version": stored.version,
        "decided": _moment(stored.decided),
        "document": {"id": info.id, "name": info.name, "kind": info.kind},
        "before": [summary_record(one) for one in view.before],
        "after": [summary_record(one) for one in view.after],
        "findings": [{**finding_record(seen.finding), "dismissed": seen.dismissed} for seen in view.findings],
        "candidates": [
            {
                "target": one.hypothesis.text,
                "strategy": one.strategy,
                "reason": one.reason,
                "chosen": one.chosen,
                "log_prob": one.hypothesis.log_prob,
                "findings": [finding_record(finding) for finding in one.findings],
                "changes": changes_record(diff(pair.target, one.hypothesis.text)),
            }
            for one in pair.candidates
        ],
        "history": [_review_record(row) for row in view.history],
        "reasons": reasons(pair.score) if pair.score else [],
        "changes": changes_record(view.changes),
        "memory": [_match_record(match, pair.source) for match in view.memory],
        "suggestions": view.suggestions,
        "spans": [_span_record(span) for span in view.spans],
        "holder": view.holder,
        "bead": _bead_record(view.bead) if view.bead else None,
    }


def decided_record(stored: StoredPair) -> Record:
    """What a decision made of a pair, in short."""
    found = stored.pair.score.findings if stored.pair.score else ()
    findings = [finding_record(one) for one in found]
    return {**summary_record(stored), "version": stored.version, "findings": findings}


def document_record(info: DocumentInfo) -> Record:
    """A document and how far it is."""
    return {
        **info._asdict(),
        "created": _moment(info.created),
        "translated": info.translated,
        "state": info.state,
    }


def _review_record(row: StoredReview) -> Record:
    return {
        "verdict": row.verdict,
        "reviewer": row.reviewer,
        "at": _moment(row.at),
        "note": row.note,
        "changes": changes_record(diff(row.before, row.after)) if row.before != row.after else [],
        "version": row.version,
    }


def _match_record(match: MemoryMatch, source: str) -> Record:
    return {
        "source": match.source,
        "target": match.target,
        "similarity": match.similarity,
        "exact": match.source == source,
        "status": match.status,
        "pair": match.pair,
        "document": match.document,
        "reviewer": match.reviewer,
        "at": _moment(match.at),
        "changes": changes_record(diff(match.source, source)),
    }


def _bead_record(one: StoredBead) -> Record:
    return {
        "kind": one.bead.kind,
        "score": one.bead.score,
        "source": list(one.source),
        "target": list(one.target),
        "last": one.last,
    }


def _span_record(span: ErrorSpan) -> Record:
    return {**span._asdict(), "at": _moment(span.at)}


def _moment(at: Any) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
