"""Bytes to text and back: byte order marks, UTF-8, UTF-16 and UTF-32, and the 8-bit code pages of Dutch texts."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mt.errors import FormatError, UsageError, unknown_name

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_OF = {name: bom for bom, name in _BOMS}
_CODE_PAGES = ("cp1252", "mac_roman", "cp850")
_KNOWN = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
    "cp1252",
    "latin-1",
    "cp850",
    "mac_roman",
)
_SAMPLE = 1 << 16

_MAGIC = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3": "an SQLite database",
    b"ID3": "an MP3 file",
    b"OggS": "an Ogg file",
    b"RIFF": "a sound, video or WebP file",
    b"{\\rtf": "an RTF document",
}


class Decoded(NamedTuple):
    """The text of a file and what was noticed while decoding it.

    Attributes:
        text: without byte order mark, line ends untouched.
        encoding: as Python names it, without a byte order mark's suffix.
        bom: whether the bytes began with a byte order mark.
        notes: sentences for the user.
    """

    text: str
    encoding: str
    bom: bool
    notes: tuple[str, ...] = ()


class Encoded(NamedTuple):
    """The bytes of a text, the encoding that they are in, and what the user should know."""

    raw: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode(raw: bytes, encoding: str | None = None) -> Decoded:
    """The text of a file.

    A byte order mark decides; then UTF-16 by its pattern of zero bytes, UTF-8, a declaration as HTML and XML
    have it, and last the 8-bit code page whose letters look most like Dutch.

    Args:
        raw: the whole content.
        encoding: as Python names it, for content whose encoding is known.

    Raises:
        FormatError: the content is binary, or not in the encoding; the message names the line.
        UsageError: there is no encoding of that name.
    """
    marked = _marked(raw)
    if encoding:
        return _as_asked(raw, _codec(encoding), marked)
    if marked:
        bom, name = marked
        return _decoded(_strict(raw, name, len(bom)), name, bom=True)
    if wide := _zero_pattern(raw):
        return _decoded(
            _strict(raw, wide, 0), wide, notes=(f"Read as {wide.upper()} without byte order mark.",)
        )
    _require_text(raw)
    try:
        return _decoded(raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        _require_one_encoding(raw, error.start)
    name = _declared(raw) or _code_page(raw)
    return _decoded(raw.decode(name), name, notes=(f"Not UTF-8; read as {name}.",))


def encode(text: str, encoding: str = "utf-8", bom: bool = False, *, charrefs: bool = False) -> Encoded:
    """The bytes of a text; UTF-8 with a note where the encoding lacks a character.

    Args:
        text: what to encode.
        encoding: as ``Decoded.encoding``.
        bom: whether to begin with a byte order mark.
        charrefs: write a character that the encoding lacks as a numeric character reference, for HTML.
    """
    notes: list[str] = []
    raw = b"".join(encode_stream([text], encoding, bom, notes, charrefs=charrefs))
    return Encoded(raw, "utf-8" if notes else encoding, tuple(notes))


def encode_stream(
    chunks: Iterable[str],
    encoding: str = "utf-8",
    bom: bool = False,
    notes: list[str] | None = None,
    *,
    charrefs: bool = False,
) -> Iterator[bytes]:
    """The bytes of a text that comes in pieces.

    Unicode encodings pass through; the bytes of a code page are held back to the end, because one character
    that it lacks turns the whole text into UTF-8.

    Args:
        chunks: the text.
        encoding, bom, charrefs: as for ``encode``.
        notes: gets a sentence where the text became UTF-8.

    Raises:
        UsageError: there is no encoding of that name.
    """
    name = _codec(encoding)
    unicode_ = name.startswith("utf")
    if bom and name in _BOM_OF:
        yield _BOM_OF[name]
    if unicode_ or charrefs:
        errors = "xmlcharrefreplace" if charrefs and not unicode_ else "strict"
        yield from (chunk.encode(name, errors) for chunk in chunks)
        return
    held: list[bytes] = []
    rest = iter(chunks)
    for chunk in rest:
        try:
            held.append(chunk.encode(name))
        except UnicodeEncodeError as error:
            if notes is not None:
                notes.append(f"{encoding} lacks {chunk[error.start]!r}; written as UTF-8.")
            yield from (piece.decode(name).encode() for piece in held)
            yield chunk.encode()
            yield from (piece.encode() for piece in rest)
            return
    yield from held


def _marked(raw: bytes) -> tuple[bytes, str] | None:
    """The byte order mark that content begins with and its encoding.

    That of UTF-32 is also UTF-16 text that begins with NUL; it is taken for UTF-32 only where all can be.
    """
    for bom, name in _BOMS:
        if raw.startswith(bom):
            if name == "utf-32-le" and (len(raw) % 4 or any(raw[7 : 4 * _SAMPLE : 4])):
                continue
            return bom, name
    return None


def _codec(encoding: str) -> str:
    """The name of a text encoding as this module uses it."""
    try:
        info = codecs.lookup(encoding)
    except LookupError as error:
        raise unknown_name("encoding", encoding, _KNOWN) from error
    if not getattr(info, "_is_text_encoding", True):
        raise unknown_name("encoding", encoding, _KNOWN)
    return {"iso8859-1": "latin-1", "utf-8-sig": "utf-8", "mac-roman": "mac_roman"}.get(info.name, info.name)


def _as_asked(raw: bytes, name: str, marked: tuple[bytes, str] | None) -> Decoded:
    """Content in an encoding that the caller names; a byte order mark of the same family is taken off."""
    if marked and name in (marked[1], marked[1][:6]):
        return _decoded(_strict(raw, marked[1], len(marked[0])), marked[1], bom=True)
    if name in ("utf-16", "utf-32"):
        name += "-le"
    return _decoded(_strict(raw, name, 0), name)


def _strict(raw: bytes, name: str, skip: int) -> str:
    try:
        return str(memoryview(raw)[skip:], name)
    except UnicodeDecodeError as error:
        at = skip + error.start
        line = raw.count(b"\n", 0, at) + 1
        raise FormatError(
            f"Line {line}, byte {at}: not valid {name.upper()} ({error.reason}).",
            "Name the right encoding with --encoding, or repair the file.",
        ) from error


_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]+")


def _decoded(text: str, name: str, bom: bool = False, notes: tuple[str, ...] = ()) -> Decoded:
    """The result, with a note for NUL and other control characters."""
    if zeros := text.count("\0"):
        notes += (f"{zeros} NUL characters are kept as they are.",)
    if controls := sum(len(found[0]) for found in _CONTROL.finditer(text)):
        notes += (f"{controls} control characters are kept as they are.",)
    return Decoded(text, name, bom, notes)


def _zero_pattern(raw: bytes) -> str | None:
    """UTF-16 without a byte order mark shows in its zero bytes: nearly all on one side of each pair."""
    sample = raw[: _SAMPLE & ~1]
    if len(raw) % 2 or len(sample) < 4:
        return None
    pairs = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.5 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.5 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


FEW_CONTROLS, MANY_CONTROLS = 0.1, 0.04
"""Share of control characters that no text has, below 20 of them and from there on; random bytes have a tenth."""

_BINARY = bytes({*range(9), *range(14, 27), *range(28, 32), 127})


def _require_text(raw: bytes) -> None:
    """Refuse what a known signature or many control characters show to be no text."""
    what = next((what for magic, what in _MAGIC.items() if raw.startswith(magic)), "")
    for start in (0, max(0, len(raw) // 2), max(0, len(raw) - _SAMPLE)):
        sample = raw[start : start + _SAMPLE]
        controls = len(sample) - len(sample.translate(None, _BINARY))
        if not what and controls > (FEW_CONTROLS if controls < 20 else MANY_CONTROLS) * len(sample):
            what = f"binary ({100 * controls // len(sample)}% control characters)"
    if what:
        raise FormatError(
            f"The content is {what}, not text.", "Save the document as text, Markdown or HTML first."
        )


def _require_one_encoding(raw: bytes, at: int) -> None:
    """Refuse text that is UTF-8 except for a few bytes: any code page would garble the rest."""
    text = raw.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for character in text[: 1 << 22] if character > "\x7f") - wrong
    if right > 10 * wrong:
        line = raw.count(b"\n", 0, at) + 1
        raise FormatError(
            f"Line {line}, byte {at}: not valid UTF-8, while the rest of the text is.",
            "Repair that line, or read everything in one encoding with --encoding cp1252.",
        )


_DECLARATION = re.compile(
    rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,100}encoding=["']([\w-]+)""", re.I
)


def _declared(raw: bytes) -> str | None:
    """The encoding that HTML or XML declares, if the content can be in it."""
    found = _DECLARATION.search(raw, 0, 4096)
    if not found:
        return None
    try:
        name = _codec((found[1] or found[2]).decode("ascii"))
        # Browsers read a declared Latin-1 as Windows-1252, and writers mean that.
        name = "cp1252" if name == "latin-1" else name
        raw.decode(name)
    except (UsageError, UnicodeDecodeError):
        return None
    return name


_DUTCH = frozenset("éëèêïíîöóôüúûáàâäçñÉËÏÖÜÈÁÓĲĳ")
_MARKS = frozenset("‘’“”„‚…–—€«»°·•§©®½¼¾²³×")
_QUOTES = frozenset("‘’“”„«»")
_HIGH = re.compile(rb"[A-Za-z]?[\x80-\xff][A-Za-z]?")


def _code_page(raw: bytes) -> str:
    """The code page in which the bytes above ASCII are the letters and quotes of Dutch; Windows-1252 in doubt."""
    found = [match[0] for match, _ in zip(_HIGH.finditer(raw), range(20_000), strict=False)]
    best, name = float("-inf"), "latin-1"
    for page in _CODE_PAGES:
        try:
            raw.decode(page)
        except UnicodeDecodeError:
            continue
        score = sum(_plausible(match.decode(page)) for match in found)
        if score > best:
            best, name = score, page
    return name


def _plausible(context: str) -> int:
    """How well a character between its neighbours fits a Dutch text."""
    at = next(i for i, c in enumerate(context) if c > "\x7f")
    character, before, after = context[at], context[:at], context[at + 1 :]
    if character in _DUTCH:
        if (before.islower() and character.isupper()) or (character.islower() and after.isupper()):
            return -2
        return 2 if before or after else int(character in "àÀ")
    if character in _QUOTES and (before or after):
        # A quote clings to one side of a word; an apostrophe also stands inside it.
        return 2 if bool(before) != bool(after) or character == "’" else -1
    if character in _MARKS:
        return -1 if before and after else 1
    return 0 if character.isalpha() else -1
