"""Stored pairs as records of files, and records of files as stored pairs; neither says less than the other.

What the store has no column for, such as inline tags or another program's properties, is carried beside the pair
and comes back when it is exported.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from mt.data import Origin, Pair, QualityScore, Review, Verdict
from mt.formats.exchange import Code, PairRecord, ReviewRecord
from mt.formats.payload import finding_object, findings_from_json
from mt.formats.tables import as_values, from_values
from mt.store import (
    Carried,
    Dismissal,
    DocumentInfo,
    ErrorSpan,
    PairRow,
    Status,
    StoredPair,
    StoredReview,
    decision_of,
    effective_reviews,
)

UNTRANSLATED = "not translated in the file"
"""Why a pair has no target that came from a file without one."""

FAILURE, ERRORS, DISMISSED = "mt-failure", "mt-errors", "mt-dismissed"
"""Names of the properties by which a file carries what only this program has."""

_OWN = (FAILURE, ERRORS, DISMISSED)
_KEPT = (
    "id",
    "document",
    "index",
    "created",
    "previous",
    "following",
    "source_codes",
    "target_codes",
    "note",
    "extra",
)
_KEPT_OPEN = (*_KEPT, "reviewer", "changed")
"""Fields of a record that have no column; who decided and when follows from the history where there is one."""

_TEXTS = ("source", "target", "source_lang", "target_lang")
_MEMORY = ("accepted", "edited")
_VERDICTS = {
    "accepted": Verdict.ACCEPTED,
    "edited": Verdict.EDITED,
    "rejected": Verdict.REJECTED,
    "skipped": Verdict.SKIPPED,
    "flagged": Verdict.FLAGGED,
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What reviewers marked in a pair: errors in its text, and findings that are false alarms."""

    errors: tuple[ErrorSpan, ...] = ()
    dismissed: tuple[Dismissal, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """To whom a change is put down that a file brings without saying whose it is.

    Attributes:
        name: of the reviewer.
        now: when, UTC.
        always: also where the file names somebody.
    """

    name: str
    now: datetime
    always: bool = False


# Store to file


def record_of(
    stored: StoredPair,
    document: DocumentInfo,
    history: Sequence[StoredReview],
    carried: Mapping[str, Any],
    marks: Marks = Marks(),
) -> PairRecord:
    """A stored pair as a file says it.

    Args:
        stored: the pair.
        document: its document.
        history: its reviews, oldest first.
        carried: what the file said that it came from.
        marks: of reviewers.
    """
    pair, score = stored.pair, stored.pair.score
    kept = from_values({name: value for name, value in carried.items() if name not in _TEXTS})
    codes = kept.get("target_codes", ())
    if codes and carried.get("target", pair.target) != pair.target:
        codes = moved_codes(codes, carried["target"], pair.target)
    place = (kept["document"], kept.get("index")) if "document" in kept else _place(stored, document)
    told = [said(row) for row in history]
    return PairRecord(
        pair.source,
        pair.target,
        pair.source_lang,
        pair.target_lang,
        score=score.value if score else None,
        method=score.method if score else "",
        status=stored.status.value,
        origin=kept.get("origin", pair.origin.value),
        document=place[0],
        index=place[1],
        findings=score.findings if score else (),
        reviewer=stored.reviewer or kept.get("reviewer", ""),
        created=kept.get("created", stored.created),
        changed=stored.decided or kept.get("changed"),
        note="\n".join(part for part in (kept.get("note", ""), notes_of(history)) if part),
        previous=kept.get("previous", ""),
        following=kept.get("following", ""),
        source_codes=kept.get("source_codes", ()),
        target_codes=codes,
        extra=(*_own_properties(pair, marks), *kept.get("extra", ())),
        history=tuple(told),
        id=kept.get("id") or f"{document.id}.{stored.position + 1}",
    )


def _place(stored: StoredPair, document: DocumentInfo) -> tuple[str, int]:
    return document.name or document.id, stored.position


def said(row: StoredReview) -> ReviewRecord:
    """A row of a pair's history as a file says it."""
    return ReviewRecord(row.verdict, row.before, row.after, row.reviewer, row.at, row.note)


def notes_of(history: Iterable[StoredReview]) -> str:
    """What reviewers wrote about a pair and did not take back, one line each."""
    rows = effective_reviews(list(history))
    return "\n".join(f"{row.reviewer}: {row.note}" for row in rows if row.note)


def _own_properties(pair: Pair, marks: Marks) -> Iterable[tuple[str, str]]:
    if pair.failure and not pair.target and pair.failure != UNTRANSLATED:
        yield FAILURE, pair.failure
    if marks.errors:
        yield ERRORS, _json([_error_values(one) for one in marks.errors])
    if marks.dismissed:
        yield (
            DISMISSED,
            _json(
                [[finding_object(one.finding), one.reviewer, one.at.isoformat()] for one in marks.dismissed]
            ),
        )


def _error_values(one: ErrorSpan) -> tuple[object, ...]:
    place = (one.side, one.start, one.end)
    return one.category, one.severity, *place, one.reviewer, one.at.isoformat(), one.note


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def moved_codes(codes: Sequence[Code], before: str, after: str) -> tuple[Code, ...]:
    """Inline tags of a text at the same characters of the edited text; their order stays.

    Args:
        codes: in order.
        before: the text that they belong to.
        after: what became of it.
    """
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    moved: list[Code] = []
    for code in codes:
        # An opening tag goes with the character behind it, a closing one with the character before it.
        behind = code.kind == "close"
        for kind, start, end, begin, finish in steps:
            inside = start < code.position <= end if behind else start <= code.position < end
            if inside:
                position = begin + code.position - start if kind == "equal" else finish if behind else begin
                break
        else:
            position = 0 if behind else len(after)
        moved.append(replace(code, position=max(position, moved[-1].position if moved else 0)))
    return tuple(moved)


# File to store


_MADE_HERE = re.compile(r"[a-z0-9-]+-[0-9a-f]{4,}\.[0-9]+")
"""Identifiers that this program gives; they mean the same pair wherever the file has been."""


def key_of(record: PairRecord) -> int | None:
    """A signed 64-bit number by which an entry of a file is known again; None where the file gives it no name.

    Two entries have the same number where identifier, source and languages are equal, and, unless this program made
    the identifier, document and place too.
    """
    if not record.id and (not record.document or record.index is None):
        return None
    place = ("", None) if _MADE_HERE.fullmatch(record.id) else (record.document, record.index)
    said = _json((record.id, *place, record.source, record.source_lang, record.target_lang))
    digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def row_of(record: PairRecord, who: Who) -> PairRow:
    """A record as a pair that the store does not have yet; its position is not used."""
    rows = settled(record, who)
    own = dict(record.extra)
    target = record.target if record.target.strip() or not rows else rows[-1].after
    score = None
    if record.score is not None:
        score = QualityScore(record.score, record.method, record.findings)
    known = record.origin in tuple(Origin)
    pair = Pair(
        record.source,
        target,
        record.source_lang,
        record.target_lang,
        Origin(record.origin) if known else Origin.IMPORTED,
        score,
        failure="" if target else own.get(FAILURE, UNTRANSLATED),
    )
    return PairRow(0, pair, reviews=tuple(rows), carried=_carried(record, target, rows, known))


def _carried(
    record: PairRecord, target: str, rows: Sequence[StoredReview], origin_known: bool
) -> Carried | None:
    """What a record says beyond the store's columns, or None where it says no more."""
    names = _KEPT if rows and decision_of(rows)[1] is not None else _KEPT_OPEN
    values = as_values(record, names if origin_known else (*names, "origin"))
    if record.note:
        values["note"] = _own_note(record.note, rows)
    if record.extra and any(name in _OWN for name, _ in record.extra):
        values["extra"] = [item for item in values["extra"] if item[0] not in _OWN]
    if record.target_codes:
        values["target"] = target
    values = {name: value for name, value in values.items() if value not in ("", [])}
    key = key_of(record)
    return Carried(key, values) if values or key is not None else None


def _own_note(note: str, rows: Sequence[StoredReview]) -> str:
    """A record's note without what reviewers wrote, which is in its history."""
    written = notes_of(rows)
    if written and note.endswith(written):
        return note.removesuffix(written).removesuffix("\n")
    return note


def marks_of(record: PairRecord, pair: int) -> Marks:
    """What reviewers marked, as far as the properties can be read."""
    own = dict(record.extra)
    errors, dismissed = [], []
    try:
        for category, severity, side, start, end, reviewer, at, note in json.loads(own.get(ERRORS, "[]")):
            when = datetime.fromisoformat(at)
            errors.append(ErrorSpan(pair, category, severity, side, start, end, reviewer, when, note))
        for finding, reviewer, at in json.loads(own.get(DISMISSED, "[]")):
            (one,) = findings_from_json([finding])
            dismissed.append(Dismissal(one, reviewer, datetime.fromisoformat(at)))
    except (ValueError, TypeError):
        return Marks(tuple(errors), tuple(dismissed))
    return Marks(tuple(errors), tuple(dismissed))


def _rows(history: Iterable[ReviewRecord]) -> list[StoredReview]:
    return [StoredReview(r.verdict, r.before, r.after, r.reviewer, r.at, r.note) for r in history]


def settled(record: PairRecord, who: Who) -> list[StoredReview]:
    """The history of a new pair: the record's own, and what the record says beyond it.

    Another program changes a target or a state and leaves the history as it was; that change is a decision too.
    """
    rows = _rows(record.history)
    target = rows[-1].after if rows else record.target
    change = _change(record, target, decision_of(rows)[0], told=bool(rows))
    if change is not None:
        verdict, after = change
        at = record.changed or (None if rows else record.created)
        rows.append(StoredReview(verdict, target, after, _reviewer(record, who), _later(at, rows, who), ""))
    return rows


def _change(record: PairRecord, target: str, status: Status, told: bool) -> tuple[Verdict, str] | None:
    """The decision that makes a pair what a record says; None where it is that already.

    Args:
        record: what the file says.
        target, status: of the pair.
        told: whether the file knows of the status, so that an open record takes it back.
    """
    if not record.target.strip():
        return None
    if record.target != target:
        return Verdict.EDITED, record.target
    same = record.status == status.value or {record.status, status.value} <= set(_MEMORY)
    if same or (record.status == "open" and not told):
        return None
    if record.status == "open":
        return (Verdict.FLAGGED, target) if status.value in _MEMORY else None
    return _VERDICTS[record.status], target


def _reviewer(record: PairRecord, who: Who) -> str:
    """Who made the change that a file brings: whom it names, unless that is the one who decided before."""
    last = record.history[-1].reviewer if record.history else ""
    named = record.reviewer if record.reviewer != last else ""
    return who.name if who.always or not named else named


def _later(at: datetime | None, rows: Sequence[StoredReview], who: Who) -> datetime:
    """When a change was made: as the file says, unless that is not after the decision before it."""
    return at if at is not None and all(row.at < at for row in rows) else who.now


@dataclass(slots=True)
class News:
    """What a file says about a pair that the store has.

    Attributes:
        reviews: decisions to add, in order.
        conflict: both were changed since the file was written; the store's decision stands.
    """

    reviews: list[Review] = field(default_factory=list)
    conflict: bool = False


def news_of(
    record: PairRecord,
    stored: StoredPair,
    history: Sequence[StoredReview],
    carried: Mapping[str, Any],
    who: Who,
    theirs: bool = False,
) -> News:
    """What a file says about a pair beyond what the store knows.

    Args:
        record: as the file has it.
        stored: the same pair.
        history: its reviews, oldest first.
        carried: what the file said that it came from.
        who: to whom nameless changes are put down.
        theirs: where both were changed, take the file's decision.
    """
    known, given = [said(row) for row in history], list(record.history)
    news = News()
    ahead = given[: len(known)] == known
    behind = known[: len(given)] == given
    now = list(history)
    if ahead:
        now = _replayed(stored, now, _rows(given[len(known) :]), news)
    target = now[-1].after if now else stored.pair.target
    status = decision_of(now)[0]
    basis = _rows(given) if given else []
    base = basis[-1].after if basis else (history[0].before if history else stored.pair.target)
    changed = _change(record, base, decision_of(basis)[0], told=bool(basis))
    wanted = _change(record, target, status, told=bool(basis) and ahead)
    if (changed is not None and wanted is not None) or not (ahead or behind):
        if (ahead or theirs) and wanted is not None:
            verdict, after = wanted
            at = _later(record.changed, now, who)
            if not now and stored.created is not None and at <= stored.created:
                at = who.now
            news.reviews.append(Review(stored.id, verdict, after, _reviewer(record, who), at))
        elif wanted is not None:
            news.conflict = True
    _add_note(record, stored, [*history, *now[len(history) :]], carried, who, news)
    return news


def _replayed(
    stored: StoredPair, rows: list[StoredReview], fresh: Sequence[StoredReview], news: News
) -> list[StoredReview]:
    """The history with further rows, each put into the news; a row that cannot follow is made fit or left out."""
    target = rows[-1].after if rows else stored.pair.target
    for row in fresh:
        standing = effective_reviews(rows)
        verdict, after = row.verdict, row.after
        if verdict is Verdict.UNDONE:
            if not standing:
                continue
            after = standing[-1].before
        elif after != target and verdict is not Verdict.EDITED:
            verdict = Verdict.EDITED
        news.reviews.append(Review(stored.id, verdict, after, row.reviewer, row.at, row.note))
        rows = [*rows, row._replace(verdict=verdict, before=target, after=after)]
        target = after
    return rows


def _add_note(
    record: PairRecord,
    stored: StoredPair,
    history: Sequence[StoredReview],
    carried: Mapping[str, Any],
    who: Who,
    news: News,
) -> None:
    """A note that somebody wrote in the other program becomes a comment."""
    own = str(carried.get("note", ""))
    text = record.note
    for part in (notes_of(_rows(record.history)), notes_of(history), own):
        text = text.replace(part, "", 1) if part else text
    text = text.strip()
    lines = {line for row in history for line in (row.note, f"{row.reviewer}: {row.note}")}
    if text and text not in lines and any(line not in lines for line in text.splitlines()):
        target = news.reviews[-1].target if news.reviews else stored.pair.target
        name = who.name if who.always or not record.reviewer else record.reviewer
        news.reviews.append(Review(stored.id, Verdict.COMMENTED, target, name, who.now, text))
