"""Documents with their versions, their text in compressed chunks, and their segments."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from mt.data import Document, Segment, SegmentKind
from mt.errors import StoreError, UsageError
from mt.store.clock import from_micros, now_micros
from mt.store.database import Session
from mt.store.records import REVIEWED, DocumentInfo, Status

CHUNK = 1 << 20
"""Characters compressed at a time, so that a large text is never in memory a second time."""

COLUMNS = (
    "d.id, d.name, d.kind, d.lang, d.target_lang, d.format, d.encoding, d.bom, d.sha256, d.length, "
    "d.created, d.superseded_by"
)

INSERTED = (
    "number, id, identity, name, kind, lang, target_lang, format, encoding, bom, sha256, length, created"
)


def put(session: Session, document: Document, target_lang: str, kind: str, segmentation: str) -> str:
    """Store a document once; another text under the same name is a new version that supersedes it."""
    checksum = text_sha256(document.text)
    parts = [document.name, checksum, document.format, document.lang, target_lang, kind, segmentation]
    identity = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    session.lock("documents")
    known = session.row("SELECT number, id FROM documents WHERE identity = ?", (identity,))
    if known is None:
        number = session.new_ids("documents", 1)[0]
        name = _short_id(session, document.name, identity)
        row = (number, name, identity, document.name, kind, document.lang, target_lang, document.format)
        rest = (document.encoding, int(document.bom), checksum, len(document.text), now_micros())
        session.insert("documents", INSERTED, [(*row, *rest)])
        session.insert("chunks", "document, position, data", _chunks(number, document.text))
    else:
        number, name = known
    if document.name:
        _supersede_others(session, number, document.name, target_lang, kind)
    return str(name)


def text_sha256(text: str) -> str:
    """Checksum of a text in UTF-8, computed in pieces."""
    digest = hashlib.sha256()
    for start in range(0, len(text), CHUNK):
        digest.update(text[start : start + CHUNK].encode())
    return digest.hexdigest()


def _chunks(number: int, text: str) -> Iterator[tuple[int, int, bytes]]:
    for position, start in enumerate(range(0, len(text), CHUNK)):
        yield number, position, zlib.compress(text[start : start + CHUNK].encode(), 6)


def _short_id(session: Session, name: str, identity: str) -> str:
    """The file's name and as many digits of the identity as make it unique, for example ``artikel-7f3a``."""
    stem = re.sub(r"[^a-z0-9]+", "-", PurePath(name).name.partition(".")[0].lower()).strip("-")[:20]
    for digits in range(4, len(identity)):
        found = f"{stem or 'text'}-{identity[:digits]}"
        if session.row("SELECT 1 FROM documents WHERE id = ?", (found,)) is None:
            return found
    raise StoreError(f"There is no free identifier for {name}.")


def _supersede_others(session: Session, number: int, name: str, target_lang: str, kind: str) -> None:
    """Make one version the newest of its name; the pairs of the others leave the review queue."""
    same = (name, target_lang, kind)
    others = session.rows(
        "SELECT number, superseded_by FROM documents WHERE name = ? AND target_lang = ? AND kind = ?", same
    )
    for other, superseded_by in others:
        if other == number and superseded_by is not None:
            session.execute("UPDATE documents SET superseded_by = NULL WHERE number = ?", (number,))
            session.execute("UPDATE pairs SET standing = 0 WHERE document = ? AND standing = 1", (number,))
        elif other != number and superseded_by is None:
            session.execute("UPDATE documents SET superseded_by = ? WHERE number = ?", (number, other))
            session.execute("UPDATE pairs SET standing = 1 WHERE document = ? AND standing = 0", (other,))


def number_of(session: Session, document_id: str) -> int:
    """The internal number of a document.

    Raises:
        StoreError: there is none with that identifier.
    """
    number: int | None = session.value("SELECT number FROM documents WHERE id = ?", (document_id,))
    if number is None:
        raise StoreError(f"There is no document {document_id} in the store.", "See what there is: mt list")
    return number


def add_segments(session: Session, document_id: str, segments: Sequence[Segment], start_position: int) -> int:
    """Store the segments that are not there yet; returns how many."""
    number = number_of(session, document_id)
    known = {
        position: (start, end)
        for position, start, end in session.rows(
            "SELECT position, span_start, span_end FROM segments"
            " WHERE document = ? AND position >= ? AND position < ?",
            (number, start_position, start_position + len(segments)),
        )
    }
    new = []
    for position, segment in enumerate(segments, start_position):
        if position not in known:
            span = (segment.start, segment.end)
            new.append((number, position, *span, segment.kind.value, segment.block, segment.plain))
        elif known[position] != (segment.start, segment.end):
            raise StoreError(
                f"Segment {position + 1} of document {document_id} is stored with other offsets: "
                "the text was segmented by other rules.",
                "Store it as a document of its own by naming the segmentation.",
            )
    session.insert("segments", "document, position, span_start, span_end, kind, block, plain", new)
    return len(new)


def text(session: Session, number: int) -> str:
    """The whole text of a document."""
    rows = session.rows("SELECT data FROM chunks WHERE document = ? ORDER BY position", (number,))
    return "".join(zlib.decompress(data).decode() for (data,) in rows)


def load(session: Session, document_id: str, with_segments: bool = True) -> Document:
    """The document with its text and, unless they are not wanted, its segments."""
    number = number_of(session, document_id)
    row = session.row(
        "SELECT id, lang, name, format, encoding, bom FROM documents WHERE number = ?", (number,)
    )
    assert row is not None
    content = text(session, number)
    return Document(
        id=row[0],
        lang=row[1],
        text=content,
        segments=tuple(_segments(session, number, content)) if with_segments else (),
        name=row[2],
        format=row[3],
        encoding=row[4],
        bom=bool(row[5]),
    )


def _segments(session: Session, number: int, content: str) -> Iterator[Segment]:
    for start, end, kind, block, plain in session.rows(
        "SELECT span_start, span_end, kind, block, plain FROM segments WHERE document = ? ORDER BY position",
        (number,),
    ):
        yield Segment(content[start:end], start, end, SegmentKind(kind), plain, block)


def progress(session: Session) -> dict[str, dict[Status, int]]:
    """Pairs of current documents by document and status."""
    found: dict[str, dict[Status, int]] = {}
    for document, status, count in session.rows(
        "SELECT d.id, p.status, count(*) FROM pairs p JOIN documents d ON d.number = p.document"
        " WHERE p.standing = 0 GROUP BY d.number, d.id, p.status ORDER BY d.number, p.status"
    ):
        found.setdefault(document, {})[Status(status)] = count
    return found


def totals(session: Session) -> dict[Status, int]:
    """Pairs of current documents by status."""
    rows = session.rows("SELECT status, count(*) FROM pairs WHERE standing = 0 GROUP BY status")
    return {Status(status): count for status, count in rows}


def segment_texts(session: Session, document_id: str, positions: Sequence[int]) -> list[str]:
    """The plain texts of some segments."""
    rows = session.rows_in(
        "SELECT position, plain FROM segments WHERE document = ? AND position IN ({}) ORDER BY position",
        positions,
        (number_of(session, document_id),),
    )
    return [plain for _, plain in rows]


def segment_kinds(session: Session, number: int) -> dict[int, SegmentKind]:
    """The kinds of a document's segments by position."""
    rows = session.rows("SELECT position, kind FROM segments WHERE document = ?", (number,))
    return {position: SegmentKind(kind) for position, kind in rows}


def segment_places(
    session: Session, number: int, positions: Sequence[int]
) -> dict[int, tuple[int, SegmentKind]]:
    """The block and the kind of some of a document's segments by position."""
    rows = session.rows_in(
        "SELECT position, block, kind FROM segments WHERE document = ? AND position IN ({})",
        positions,
        (number,),
    )
    return {position: (block, SegmentKind(kind)) for position, block, kind in rows}


def named(session: Session, name: str, target_lang: str, kind: str) -> str | None:
    """Identifier of the newest version of a name; None where there is none."""
    found: str | None = session.value(
        "SELECT id FROM documents WHERE name = ? AND target_lang = ? AND kind = ? AND superseded_by IS NULL"
        " ORDER BY number",
        (name, target_lang, kind),
    )
    return found


def with_text(session: Session, content: str, langs: tuple[str, str], kind: str) -> str | None:
    """Identifier of the first document with this text; None where there is none."""
    found: str | None = session.value(
        "SELECT id FROM documents WHERE sha256 = ? AND lang = ? AND target_lang = ? AND kind = ?"
        " ORDER BY number",
        (text_sha256(content), *langs, kind),
    )
    return found


def head(session: Session, document_id: str) -> DocumentInfo:
    """A document without its counts."""
    number = number_of(session, document_id)
    row = session.row(f"SELECT {COLUMNS} FROM documents d WHERE d.number = ?", (number,))
    assert row is not None
    return _info(row, 0, (0, 0, 0, None))


def infos(session: Session, numbers: Sequence[int] | None = None) -> list[DocumentInfo]:
    """Documents with their counts, oldest first.

    Args:
        numbers: internal numbers of the ones wanted; None for all.
    """
    if numbers is not None and not numbers:
        return []
    only = "" if numbers is None else f" IN ({','.join('?' * len(numbers))})"
    values = list(numbers or ())
    segments: dict[int, int] = dict(
        session.rows(
            f"SELECT document, count(*) FROM segments{only and ' WHERE document' + only} GROUP BY document",
            values,
        )
    )
    decided = ",".join(f"'{status}'" for status in REVIEWED)
    counts = {
        row[0]: row[1:]
        for row in session.rows(
            "SELECT document, count(*), sum(CASE WHEN failure <> '' THEN 1 ELSE 0 END),"
            f" sum(CASE WHEN status IN ({decided}) THEN 1 ELSE 0 END), avg(score)"
            f" FROM pairs WHERE standing < 2{only and ' AND document' + only} GROUP BY document",
            values,
        )
    }
    rows = session.rows(
        f"SELECT d.number, {COLUMNS} FROM documents d{only and ' WHERE d.number' + only} ORDER BY d.number",
        values,
    )
    return [_info(row[1:], segments.get(row[0], 0), counts.get(row[0], (0, 0, 0, None))) for row in rows]


def _info(row: Sequence[Any], segments: int, counts: Sequence[Any]) -> DocumentInfo:
    pairs, failed, reviewed, mean = counts
    return DocumentInfo(
        id=row[0],
        name=row[1],
        kind=row[2],
        lang=row[3],
        target_lang=row[4],
        format=row[5],
        encoding=row[6],
        bom=bool(row[7]),
        sha256=row[8],
        length=row[9],
        created=from_micros(row[10]),
        superseded=row[11] is not None,
        segments=segments if row[2] == "text" else pairs,
        pairs=pairs,
        failed=int(failed),
        reviewed=int(reviewed),
        mean_score=mean,
    )


def find(session: Session, wanted: str) -> int:
    """The internal number of the one document that a user means.

    Args:
        wanted: an identifier, the start of one, a name, or the end of a name from a path separator on; of
            several versions of a name the newest is meant.

    Raises:
        UsageError: nothing fits, or several documents do.
    """
    exact: int | None = session.value("SELECT number FROM documents WHERE id = ?", (wanted,))
    if exact is not None:
        return exact
    rows = session.rows("SELECT number, id, name, superseded_by FROM documents ORDER BY number")
    newest = [row for row in rows if row[3] is None]
    tail = "/" + wanted.removeprefix("./").removeprefix("/")
    tries = (
        [row for row in newest if row[2] == wanted],
        [row for row in rows if wanted and row[1].startswith(wanted)],
        [row for row in newest if ("/" + row[2].replace("\\", "/")).endswith(tail)],
        [row for row in newest if wanted and PurePath(row[2]).name.startswith(wanted)],
    )
    for found in tries:
        if len(found) == 1:
            return int(found[0][0])
        if found:
            raise UsageError(f"{wanted!r} may mean {_listed(found)}.", "Give the identifier of one of them.")
    raise UsageError(f"No document is called {wanted!r}.", "See what there is: mt list")


def matching(session: Session, text: str, limit: int, offset: int = 0) -> list[int]:
    """Internal numbers of current documents whose name or identifier holds a text, the newest first.

    Case counts for letters outside ASCII.
    """
    pattern = "%" + re.sub(r"([%_\\])", r"\\\1", text.lower()) + "%"
    rows = session.rows(
        "SELECT number FROM documents WHERE superseded_by IS NULL"
        " AND (lower(name) LIKE ? ESCAPE '\\' OR lower(id) LIKE ? ESCAPE '\\')"
        f" ORDER BY number DESC LIMIT {limit} OFFSET {offset}",
        (pattern, pattern),
    )
    return [number for (number,) in rows]


def heads(session: Session, numbers: Sequence[int]) -> list[DocumentInfo]:
    """Documents without their counts, in the order of their numbers as given."""
    rows = {
        row[0]: row[1:]
        for row in session.rows_in(
            f"SELECT d.number, {COLUMNS} FROM documents d WHERE d.number IN ({{}})", numbers
        )
    }
    return [_info(rows[number], 0, (0, 0, 0, None)) for number in numbers]


def id_of(session: Session, number: int) -> str:
    """The identifier of a document by its internal number."""
    identifier: str = session.value("SELECT id FROM documents WHERE number = ?", (number,))
    return identifier


def _listed(rows: Iterable[Sequence[Any]]) -> str:
    names = [f"{row[1]} ({row[2]})" for row in rows]
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
