"""A document as it reads: its paragraphs with their pairs, and the text that its file will have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mt.data import SegmentKind
from mt.errors import UsageError
from mt.pipeline.interactive import LateLinker
from mt.pipeline.translate import translated_text
from mt.store import DocumentInfo, Store, StoredPair


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Pairs that stand together in a document.

    Attributes:
        block: number of the paragraph in its document; of a list of pairs, the identifier of its one pair.
        kind: what it is.
        pairs: at least one, in order.
    """

    block: int
    kind: SegmentKind
    pairs: tuple[StoredPair, ...]


def paragraphs(store: Store, info: DocumentInfo, pairs: Sequence[StoredPair]) -> list[Paragraph]:
    """Neighbouring pairs of a document in paragraphs; every pair is one in a document that is a list of pairs.

    Args:
        store: where the document is.
        info: the document.
        pairs: some of its pairs, in order.
    """
    places = store.segment_places(info.id, [one.position for one in pairs]) if info.kind == "text" else {}
    alone = SegmentKind.SENTENCE

    def place(one: StoredPair) -> tuple[int, SegmentKind]:
        return places.get(one.position, (one.id, alone))

    return [Paragraph(*key, tuple(group)) for key, group in groupby(pairs, key=place)]


def exported_text(store: Store, info: DocumentInfo, linker: LateLinker) -> Iterator[str]:
    """The translated document as its file will read, with every edit in place, in pieces.

    Args:
        store: where the document is.
        info: the document.
        linker: finds the words that inline markup belongs to.

    Raises:
        UsageError: the document is a list of pairs.
    """
    if info.kind != "text":
        raise UsageError(
            f"{info.base_name} is a list of pairs and has no text of its own.",
            "Export its pairs: mt export --format tmx",
        )
    document = store.document(info.id, with_segments=False)
    return translated_text(document, store.targets(info.id), linker.whole)
