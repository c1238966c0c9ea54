"""Aligned documents: beads over two segmented documents, and the pair of each bead with two sides.

An alignment is a document of its own kind that holds the pairs. A pair's position is the number of source
and target segments before its bead: it grows from bead to bead, no two beads share one, and splitting or
merging beads changes no other pair's.
"""

from __future__ import annotations

from collections.abc import Sequence

from mt.data import Bead, Document, Pair
from mt.errors import StoreError, UsageError
from mt.store import documents, pairs
from mt.store.database import Row, Session
from mt.store.records import PairRow, StoredAlignment, StoredBead

KIND = "alignment"


def put(
    session: Session,
    documents_aligned: tuple[str, str],
    beads: Sequence[Bead],
    bead_pairs: Sequence[Pair | None],
    method: str,
) -> str:
    """Store an alignment once; one that is there already stays as people have changed it."""
    source = documents.load(session, documents_aligned[0])
    target = documents.load(session, documents_aligned[1])
    require_whole(beads, len(source.segments), len(target.segments))
    name = f"{source.name} | {target.name}"
    cover = Document("", source.lang, "", name=name, format=KIND)
    key = f"{source.id} {target.id} {method}"
    identifier = documents.put(session, cover, target.lang, KIND, key)
    number = documents.number_of(session, identifier)
    if session.row("SELECT 1 FROM alignments WHERE document = ?", (number,)) is not None:
        return identifier
    numbers = [documents.number_of(session, one) for one in documents_aligned]
    session.insert(
        "alignments", "document, source_document, target_document, method", [(number, *numbers, method)]
    )
    _insert(session, number, places(beads), beads, bead_pairs)
    return identifier


def places(beads: Sequence[Bead], source: int = 0, target: int = 0) -> list[tuple[int, int]]:
    """Where each bead begins on both sides.

    Args:
        beads: in order.
        source, target: where the first one begins.
    """
    found = []
    for bead in beads:
        found.append((source, target))
        source += len(bead.source)
        target += len(bead.target)
    return found


def require_whole(beads: Sequence[Bead], source: int, target: int, first: tuple[int, int] = (0, 0)) -> None:
    """Refuse beads that do not hold every index of a stretch exactly once, in order.

    Args:
        beads: in order.
        source, target: the index after the last one on each side.
        first: the first index on each side.
    """
    sources = [index for bead in beads for index in bead.source]
    targets = [index for bead in beads for index in bead.target]
    if sources != list(range(first[0], source)) or targets != list(range(first[1], target)):
        raise UsageError("The beads do not hold every segment exactly once, in order.")
    if any(not bead.source and not bead.target for bead in beads):
        raise UsageError("A bead has no segment on either side.")


def _insert(
    session: Session,
    number: int,
    starts: Sequence[tuple[int, int]],
    beads: Sequence[Bead],
    bead_pairs: Sequence[Pair | None],
) -> None:
    session.insert(
        "beads",
        "document, position, source_start, source_end, target_start, target_end, score",
        [
            (number, i + j, i, i + len(bead.source), j, j + len(bead.target), float(bead.score))
            for (i, j), bead in zip(starts, beads, strict=True)
        ],
    )
    rows = [
        (PairRow(i + j, pair), None)
        for (i, j), pair in zip(starts, bead_pairs, strict=True)
        if pair is not None
    ]
    pairs.insert(session, number, rows, None)


def find(session: Session, documents_aligned: tuple[str, str], method: str) -> str | None:
    """The identifier of an alignment of these documents by this method that no other one has superseded."""
    row = session.row(
        "SELECT d.id FROM documents s JOIN alignments a ON a.source_document = s.number"
        " JOIN documents t ON t.number = a.target_document JOIN documents d ON d.number = a.document"
        " WHERE s.id = ? AND t.id = ? AND a.method = ? AND d.superseded_by IS NULL",
        (*documents_aligned, method),
    )
    return None if row is None else str(row[0])


def load(session: Session, document_id: str) -> StoredAlignment:
    """An alignment with its beads.

    Raises:
        StoreError: the document is none.
    """
    row = session.row(
        "SELECT a.document, s.id, t.id, a.method FROM alignments a JOIN documents d ON d.number = a.document"
        " JOIN documents s ON s.number = a.source_document JOIN documents t ON t.number = a.target_document"
        " WHERE d.id = ?",
        (document_id,),
    )
    if row is None:
        raise StoreError(f"Document {document_id} is no alignment.", "See what there is: mt list")
    rows = _rows(session, row[0])
    return StoredAlignment(document_id, row[1], row[2], row[3], {one[0]: _bead(one) for one in rows})


def one(session: Session, document_id: str, position: int) -> StoredBead | None:
    """The bead at a position with its texts, or None where there is none."""
    row = session.row(
        "SELECT b.position, b.source_start, b.source_end, b.target_start, b.target_end, b.score, s.id, t.id,"
        " (SELECT max(position) FROM beads WHERE document = b.document)"
        " FROM beads b JOIN documents d ON d.number = b.document JOIN alignments a ON a.document = b.document"
        " JOIN documents s ON s.number = a.source_document JOIN documents t ON t.number = a.target_document"
        " WHERE d.id = ? AND b.position = ?",
        (document_id, position),
    )
    if row is None:
        return None
    bead = _bead(row)
    sources = documents.segment_texts(session, row[6], bead.source)
    targets = documents.segment_texts(session, row[7], bead.target)
    return StoredBead(bead, tuple(sources), tuple(targets), position == row[8])


def _rows(session: Session, number: int) -> list[Row]:
    return session.rows(
        "SELECT position, source_start, source_end, target_start, target_end, score FROM beads"
        " WHERE document = ? ORDER BY position",
        (number,),
    )


def _bead(row: Row) -> Bead:
    return Bead(tuple(range(row[1], row[2])), tuple(range(row[3], row[4])), row[5])


def replace(
    session: Session,
    document_id: str,
    old: Sequence[Bead],
    new: Sequence[Bead],
    bead_pairs: Sequence[Pair | None],
) -> bool:
    """Put beads in place of neighbouring ones over the same segments; their pairs are kept as history.

    Returns:
        False where the old beads are not there any more, because somebody else changed them.
    """
    number = documents.number_of(session, document_id)
    session.lock(f"document {number}")
    there = {_bead(row): row[0] for row in _rows(session, number)}
    if not old or not new or any(bead not in there for bead in old):
        return False
    row = session.row(
        "SELECT source_start, target_start FROM beads WHERE document = ? AND position = ?",
        (number, there[old[0]]),
    )
    assert row is not None
    first: tuple[int, int] = (row[0], row[1])
    last = places([*old, old[-1]], *first)[-1]
    require_whole(old, *last, first)
    require_whole(new, *last, first)
    taken = [(number, there[bead]) for bead in old]
    session.executemany("DELETE FROM beads WHERE document = ? AND position = ?", taken)
    session.executemany(
        "UPDATE pairs SET standing = 2 WHERE document = ? AND position = ? AND standing < 2", taken
    )
    _insert(session, number, places(new, *first), new, bead_pairs)
    return True
