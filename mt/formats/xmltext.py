"""What TMX and XLIFF share: safe reading in a stream, exact writing, text that XML cannot hold."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mt.errors import FormatError, UsageError
from mt.formats.exchange import Code, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
GENERATED = "mt-"
"""Prefix of identifiers that are written because the format asks for one, and forgotten when read."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff\U0010ff00-\U0010ff1f]")
_PROTECTED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_TO_PROTECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff\U0010ff00-\U0010ff1f]|" + r"\\(?=u\{)"
)
_SPECIAL = re.compile("[^\t\n -%'-;=?-[\\]-\ud7ff\ue000-\ufffd\U00010000-\U0010feff]|[\t\n\"]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


def program_version() -> str:
    """The version that exported files name."""
    try:
        return version("mt-workbench")
    except PackageNotFoundError:
        return "0"


def protect(value: str) -> str:
    """A value with every character that XML 1.0 cannot hold written as ``\\u{7}``."""
    return _TO_PROTECT.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", value)


def restore(value: str) -> str:
    """The value that ``protect`` was given; no other escape is touched."""
    return _PROTECTED.sub(_restored, value) if "\\u{" in value else value


def _restored(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    character = chr(point) if point < 0x110000 else ""
    return character if character == "\\" or (character and _ILLEGAL.match(character)) else found[0]


def text(value: str) -> str:
    """A value as the content of an element."""
    return protect(value).translate(_TEXT) if _SPECIAL.search(value) else value


def attribute(name: str, value: str) -> str:
    """`` name="value"``."""
    written = protect(value).translate(_ATTRIBUTE) if _SPECIAL.search(value) else value
    return f' {name}="{written}"'


def illegal(value: str) -> Iterator[re.Match[str]]:
    """The characters of a value that XML 1.0 cannot hold."""
    return _ILLEGAL.finditer(value)


def shown(value: str) -> str:
    """Text without illegal characters as the content of an element."""
    return value.translate(_TEXT) if _SPECIAL.search(value) else value


# Read: illegal characters of careless files are carried through the parser in the last private plane.
_CARRIED = 0x10FF00
_CARRY = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CARRIED_TEXT = re.compile("[\U0010ff00-\U0010ff1f]")


def carried(value: str) -> str:
    """Text from the parser with the characters that were carried around it."""
    if _CARRIED_TEXT.search(value):
        return _CARRIED_TEXT.sub(lambda found: chr(ord(found[0]) - _CARRIED), value)
    return value


class _Carrying:
    """A binary stream in which characters that XML forbids have become references that it allows."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = b""
        self._wide: bool | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes, about as many as asked for; empty only at the end."""
        while True:
            new = self._stream.read(max(size, 1 << 16) if size >= 0 else -1)
            block = self._rest + new
            if self._wide is None and (block or not new):
                self._wide = b"\0" in block[:4] or block[:2] in (b"\xff\xfe", b"\xfe\xff")
            if self._wide or not new:
                self._rest = b""
                return block if self._wide else _CARRY.sub(_carry, block)
            cut = block.rfind(b"&", max(0, len(block) - 12))
            cut = len(block) if cut < 0 or b";" in block[cut:] else cut
            block, self._rest = block[:cut], block[cut:]
            if block:
                return _CARRY.sub(_carry, block)


def _carry(found: re.Match[bytes]) -> bytes:
    if found[1] is None and found[2] is None:
        return b"&#%d;" % (_CARRIED + found[0][0])
    point = int(found[1], 16) if found[1] else int(found[2])
    if point in (9, 10, 13):
        return found[0]
    if point < 0x20:
        return b"&#%d;" % (_CARRIED + point)
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF or point in (0xFFFE, 0xFFFF):
        return b"&#xFFFD;"
    return found[0]


@contextmanager
def opened(source: Source, mode: str) -> Iterator[IO[bytes]]:
    """The stream of a path or a stream; only what was opened here is closed.

    Raises:
        UsageError: the path cannot be opened.
    """
    if not isinstance(source, Path):
        yield source
        return
    try:
        stream: IO[Any] = source.open(mode)
    except OSError as error:
        what = (
            "does not exist"
            if isinstance(error, FileNotFoundError)
            else f"cannot be opened: {error.strerror}"
        )
        raise UsageError(f"{source} {what}.", "Check the path and its permissions.") from error
    with stream:
        yield stream


def elements(
    source: Source, name: str, starts: tuple[str, ...], ends: tuple[str, ...]
) -> Iterator[tuple[str, _Element]]:
    """Elements of an XML file as they are read, as ``("start" | "end", element)``; what was read is freed.

    Nothing outside the file is ever fetched, and a file that declares entities is refused.

    Args:
        source: a path or a binary stream.
        name: of the file, for messages.
        starts: local names whose start is told.
        ends: local names whose end is told; such an element is emptied when the next one is asked for.

    Raises:
        FormatError: not well-formed, or entities are declared; the message names file and line.
    """
    from lxml import etree

    first = True
    with opened(source, "rb") as stream:
        parser = etree.iterparse(
            _Carrying(stream),
            events=("start", "end"),
            tag=[f"{{*}}{tag}" for tag in {*starts, *ends}],
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        try:
            for event, element in parser:
                if first:
                    _refuse_entities(element, name)
                    first = False
                local = local_name(element)
                if event == "start" and local in starts:
                    yield "start", element
                elif event == "end" and local in ends:
                    yield "end", element
                    _free(element)
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            reason = (error.msg or "not XML").partition(", line ")[0]
            raise FormatError(
                f"{name} line {line}: {reason}.", "Repair the file there and import it again."
            ) from error


def _free(element: _Element) -> None:
    """Forget an element and everything before it, also before the elements that hold it."""
    element.clear(keep_tail=False)
    inner: _Element | None = element
    while inner is not None and (parent := inner.getparent()) is not None:
        while inner.getprevious() is not None:
            del parent[0]
        inner = parent


def _refuse_entities(root: _Element, name: str) -> None:
    """Refuse declared entities: they are how a small file becomes a large one, or reads another one."""
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise FormatError(
            f"{name} line 1: the document type declares entities, which are not read.",
            "Replace them by what they stand for, and remove the declarations.",
        )


def local_name(element: _Element) -> str:
    """Name of an element without its namespace; empty for comments and the like."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def own_text(element: _Element) -> str:
    """All text of an element as ``protect`` was given it, elements inside taken as their text."""
    raw = "".join(_texts(element)) if len(element) else element.text or ""
    return restore(carried(raw))


def _texts(element: _Element) -> Iterator[str]:
    if element.text:
        yield element.text
    for child in element:
        yield from (_entity(child),) if not isinstance(child.tag, str) else _texts(child)
        if child.tail:
            yield child.tail


def _entity(node: _Element) -> str:
    """What a reference to an undeclared entity stands for in HTML; nothing for comments."""
    raw = str(node.text or "")
    return html.unescape(raw) if raw.startswith("&") and raw.endswith(";") else ""


def entity_text(node: _Element) -> str:
    """Text of a node that is no element."""
    return _entity(node)


def utc(value: str | None) -> datetime | None:
    """A date of TMX (``20240131T120000Z``) or ISO 8601; None where it is neither."""
    if not value:
        return None
    for read in (lambda v: datetime.strptime(v, "%Y%m%dT%H%M%SZ"), datetime.fromisoformat):
        try:
            found = read(value.strip())
        except ValueError:
            continue
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


def tmx_date(value: datetime) -> str:
    """A date as TMX writes it, whole seconds, UTC."""
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@lru_cache(1024)
def language_rank(found: str, wanted: str) -> int | None:
    """How well a language tag fits the one asked for: 0 exact, then without region, then another region."""
    tag, asked = found.replace("_", "-").lower(), wanted.replace("_", "-").lower()
    if tag == asked:
        return 0
    base = asked.partition("-")[0]
    if tag == base:
        return 1
    return 2 if tag.partition("-")[0] == base else None


def without_layout(plain: str, codes: tuple[Code, ...]) -> tuple[str, tuple[Code, ...]]:
    """Text without the line breaks and indentation that an editor put at its edges."""
    left = len(plain) - len(plain.lstrip())
    right = len(plain.rstrip())
    if "\n" not in plain[:left] and "\n" not in plain[right:]:
        return plain, codes
    start = left if "\n" in plain[:left] else 0
    end = max(start, right if "\n" in plain[right:] else len(plain))
    moved = tuple(replace(code, position=min(max(code.position, start), end) - start) for code in codes)
    return plain[start:end], moved


def unbalanced(codes: tuple[Code, ...]) -> bool:
    """Whether paired codes with a number are doubled, or closed without having been opened, or never closed."""
    seen: set[str] = set()
    open_: set[str] = set()
    for code in codes:
        if not code.id or code.kind == "empty" or code.element in ("it", "mrk", "hi"):
            continue
        if code.kind == "open":
            if code.id in seen:
                return True
            seen.add(code.id)
            open_.add(code.id)
        elif code.id in open_:
            open_.remove(code.id)
        else:
            return True
    return bool(open_)


def nests(codes: Sequence[Code], elements: Sequence[str]) -> bool:
    """Whether the codes of these elements are all closed and none crosses another."""
    stack: list[tuple[str, str]] = []
    for code in codes:
        if code.element in elements and code.kind == "open":
            stack.append((code.element, code.id))
        elif (
            code.element in elements
            and code.kind == "close"
            and (not stack or stack.pop() != (code.element, code.id))
        ):
            return False
    return not stack


def partnered(code: Code, codes: Sequence[Code]) -> bool:
    """Whether a code has exactly one partner, which stands on the right side of it."""
    kinds = [other.kind for other in codes if other.id == code.id and other.kind != "empty"]
    return bool(code.id) and kinds == ["open", "close"]
