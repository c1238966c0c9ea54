"""Files to documents and segments, and translated documents back to files."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import IO

from mt import formats
from mt.data import Block, Document, Segment
from mt.errors import FormatError, UsageError
from mt.segment import segment


def read_document(
    path: Path | None,
    raw: bytes | None = None,
    *,
    lang: str = "nl",
    format_name: str | None = None,
    encoding: str | None = None,
) -> tuple[Document, tuple[str, ...]]:
    """A file's document without its segments, and what was noticed while decoding it.

    Args:
        path: the file; None where `raw` was read from a stream.
        raw: the content, if it was read already.
        lang: language of the text.
        format_name: name of a format; by default it follows from the suffix, then from the content.
        encoding: as Python names it; by default it is detected.

    Raises:
        UsageError: the file is missing or cannot be read.
        FormatError: the content is empty, binary or not in the encoding.
    """
    name = str(path) if path else "stdin"
    content = _content(path) if raw is None and path is not None else raw or b""
    if not content or content.isspace():
        raise FormatError(f"{name} is empty.", "There is nothing to do in it.")
    try:
        decoded = formats.decode(content, encoding)
    except FormatError as error:
        raise FormatError(f"{name}: {error.message}", error.hint) from error
    kind = format_name or formats.detect(path, decoded.text[:4096])
    formats.get(kind)
    document = Document(
        id="",
        lang=lang,
        text=decoded.text,
        name=str(path.resolve()) if path else "",
        format=kind,
        encoding=decoded.encoding,
        bom=decoded.bom,
    )
    notes = decoded.notes
    if decoded.encoding != "utf-8" and not notes:
        notes = (f"Read as {decoded.encoding}.",)
    return document, tuple(f"{name}: {note}" for note in notes)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist.", "Check the path; quote it if it holds spaces.") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}.", "Check the path and its permissions.") from error


def segmented(document: Document) -> Iterator[tuple[Block, list[Segment]]]:
    """The blocks of a document, each with its segments, in reading order; lazily."""
    format_ = formats.get(document.format)
    for index, block in enumerate(format_.blocks(document.text)):
        spans = segment(block.plain, document.lang)
        yield block, formats.segments(block, document.text, spans, index)


def segments_of(document: Document) -> Iterator[Segment]:
    """The segments of a document in reading order; lazily."""
    return (segment for _, segments in segmented(document) for segment in segments)


def rendered(
    document: Document, replaced: Iterable[tuple[Block, Sequence[formats.Replacement]]]
) -> Iterator[str]:
    """The document's text with every replaced segment in place, everything else as it was.

    Args:
        document: with its text and format.
        replaced: every block in order with its replacements; a segment without one keeps its source.
    """
    format_ = formats.get(document.format)
    return formats.splice(
        document.text,
        ((block, format_.render(block, document.text, chosen)) for block, chosen in replaced),
    )


def find_files(
    inputs: Sequence[str], suffixes: Sequence[str], what: str = "articles"
) -> list[tuple[Path, Path]]:
    """Files for the inputs of a command, each with its path relative to the input it came from.

    Args:
        inputs: files, folders (searched through) and globs.
        suffixes: the endings that a file in a folder must have.
        what: what messages call the files.

    Raises:
        UsageError: an input that is not there, or a folder or glob without articles.
    """
    found: dict[Path, Path] = {}
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in suffixes)
            if not files:
                raise UsageError(f"{path} holds no {what}.", f"Looked for {', '.join(suffixes)}.")
            found |= {file: file.relative_to(path) for file in files}
        elif path.exists():
            found[path] = Path(path.name)
        elif any(mark in text for mark in "*?["):
            root = Path(path.anchor) if path.is_absolute() else Path()
            files = sorted(p for p in root.glob(str(path.relative_to(path.anchor))) if p.is_file())
            if not files:
                raise UsageError(f"No file matches {text}.", "Check the pattern.")
            found |= {file: Path(file.name) for file in files}
        else:
            raise UsageError(f"{path} does not exist.", "Check the path; quote it if it holds spaces.")
    return list(found.items())


def require_writable(path: Path, sources: Iterable[Path]) -> None:
    """Refuse an output path before any work is done for it.

    Raises:
        UsageError: it is one of the inputs, a folder, or cannot be written.
    """
    if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
        raise UsageError(f"{path} is also the input.", "Give another file with --output.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Give a file, or end the folder's name with a slash.")
    folder = path.resolve().parent
    try:
        if not _is_special(path):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Choose another output.") from error
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"{path} is read-only.", "Choose another output.")


def _is_special(path: Path) -> bool:
    """Whether a path is a device or a pipe, which is written to and never replaced."""
    return path.exists() and not path.is_file()


def _remove_stale(path: Path) -> None:
    """Remove what killed processes left unfinished of this file; those that still write keep theirs."""
    for left in path.parent.glob(f".{escape(path.name)}.*.part"):
        number = left.name.removesuffix(".part").rpartition(".")[2]
        if number.isdigit() and not _alive(int(number)):
            left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file beside another one, whose place and permissions it takes when it is complete."""
    _remove_stale(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as stream:
            yield stream
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def output_stream(path: Path | None) -> Iterator[IO[bytes]]:
    """Stdout, or a file that appears under its name only when it is complete; a device or pipe as it is.

    A link stays a link: the file that it points at is written.

    Raises:
        UsageError: it cannot be written, for example because the disk is full.
    """
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with path.open("wb") if _is_special(path) else _replacing(path.resolve()) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise UsageError(
            f"{path or 'stdout'} cannot be written: {error.strerror}.",
            f"{'Free some space' if full else 'Choose another output'} and run the same command again; "
            "what was translated is in the store.",
        ) from error
