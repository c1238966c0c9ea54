"""Documents to segments, for reading: nothing is stored and nothing translated."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mt import formats
from mt.data import Document, Segment
from mt.pipeline.documents import find_files, read_document, segmented


@dataclass(frozen=True, slots=True)
class SegmentedDocument:
    """A document whose segments are made while they are read.

    Attributes:
        document: without its segments.
        notes: what was noticed while decoding it, for the user.
        blocks: the segments of each block that has any, in reading order; can be read once.
    """

    document: Document
    notes: tuple[str, ...]
    blocks: Iterator[list[Segment]]


def segment_document(
    path: Path | None,
    raw: bytes | None = None,
    *,
    lang: str = "nl",
    format_name: str | None = None,
    encoding: str | None = None,
) -> SegmentedDocument:
    """A document and its segments, lazily: the first ones come before the rest of the text is looked at.

    Args:
        path: the file; None where `raw` was read from a stream.
        raw: the content, if it was read already.
        lang: language of the text.
        format_name: name of a format; by default it follows from the suffix, then from the content.
        encoding: as Python names it; by default it is detected.

    Raises:
        UsageError: the file is missing or cannot be read, or a name is unknown.
        FormatError: the content is empty, binary or not in the encoding.
    """
    document, notes = read_document(path, raw, lang=lang, format_name=format_name, encoding=encoding)
    blocks = (segments for _, segments in segmented(document) if segments)
    return SegmentedDocument(document, notes, blocks)


def segment_inputs(
    inputs: Sequence[str], *, lang: str = "nl", format_name: str | None = None, encoding: str | None = None
) -> Iterator[SegmentedDocument]:
    """The segmented documents of a command's inputs, one at a time.

    Args:
        inputs: files, folders and globs; ``-`` is standard input, and so is an empty list.
        lang: as for :func:`segment_document`.
        format_name: as for :func:`segment_document`.
        encoding: as for :func:`segment_document`.

    Raises:
        UsageError: an input is missing or a folder without articles, or a name is unknown.
        FormatError: the content of an input is empty, binary or not in the encoding.
    """
    paths: list[Path | None] = []
    for text in inputs or ["-"]:
        paths += [None] if text == "-" else [path for path, _ in find_files([text], formats.suffixes())]
    for path in paths:
        raw = None if path else sys.stdin.buffer.read()
        yield segment_document(path, raw, lang=lang, format_name=format_name, encoding=encoding)
