"""The inline structure of Markdown with exact offsets, after the algorithm in the appendix of CommonMark."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from unicodedata import category


@dataclass(frozen=True, slots=True)
class Line:
    """One line of content in the document: its characters, and where the next line of the document begins."""

    start: int
    end: int
    next: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of inline content in raw offsets.

    Attributes:
        kind: ``text``, ``space`` (a soft line break), ``break`` (a hard one), ``piece`` (an escape or an
            entity, standing for `plain`), ``code`` (showing `plain`), or an inline mark's ``open``, ``close``
            and ``empty``.
    """

    kind: str
    start: int
    end: int
    plain: str = ""


@dataclass(slots=True, eq=False)
class _Node:
    """A stretch of content while brackets and delimiters are being matched; offsets in the content.

    Attributes:
        kind: as of an event, or ``run`` (emphasis delimiters), ``bracket`` (an opening one, still active).
        length: of a run as written.
        marks: what a run gave away to emphasis, as ``(start, end, kind)``.
    """

    kind: str
    start: int
    end: int
    plain: str = ""
    opens: bool = False
    closes: bool = False
    length: int = 0
    active: bool = True
    marks: list[tuple[int, int, str]] = field(default_factory=list)


_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_SPECIAL = re.compile(r"[\\`*_~\[\]!<&\n${]")
_AUTOLINK = re.compile(r"<(?:[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+)>")
_HTML = re.compile(
    r"<!---->|<!--.*?-->|<\?.*?\?>|<![a-zA-Z][^>]*>"
    r"""|<(?P<close>/?)[a-zA-Z][a-zA-Z0-9-]*(?:\s+[\w:.-]+(?:\s*=\s*(?:[^\s"'=<>`]+|"[^"]*"|'[^']*'))?)*+\s*(?P<single>/?)>""",
    re.S,
)
_VOID = re.compile(r"<(?:img|wbr|input|embed|area|col|source|track)\b|<[!?]", re.I)
_BREAK = re.compile(r"<br\b", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_TICKS = re.compile(r"`+")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{[#.:][^{}\n]*\}")
_MATH = re.compile(r"\$\$[^$]+\$\$|\$(?![\s$])[^$\n]*(?<![\s\\])\$(?!\d)")
_TITLE = re.compile(r"""\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\))""", re.S)
_REFERENCE = re.compile(r"\[((?:\\.|[^\[\]\\]){0,999})\]")


def normalised(label: str) -> str:
    """A reference label as it is compared."""
    return " ".join(label.casefold().split())


def scan(text: str, lines: Sequence[Line], labels: frozenset[str]) -> Iterator[Event]:
    """The inline structure of a paragraph, heading or cell, in order and without overlap.

    Args:
        text: the document.
        lines: of the content, without the marks of containers.
        labels: normalised labels of the document's reference definitions.
    """
    content = "\n".join(text[line.start : line.end] for line in lines)
    begins = [0]
    for line in lines[:-1]:
        begins.append(begins[-1] + line.end - line.start + 1)

    def raw(offset: int) -> int:
        k = bisect_right(begins, offset) - 1
        return min(lines[k].start + offset - begins[k], lines[k].end)

    for node in _Scanner(content, labels).nodes():
        if node.kind == "newline":
            k = bisect_right(begins, node.start) - 1
            hard = node.plain == "\\" or text.startswith("  ", lines[k].end)
            start = lines[k].end - (node.plain == "\\")
            yield Event("break" if hard else "space", start, lines[k + 1].start)
        else:
            yield Event(node.kind, raw(node.start), raw(node.end - 1) + 1, node.plain)


class _Scanner:
    """Reads content once from left to right, then matches what is left of the emphasis delimiters."""

    def __init__(self, content: str, labels: frozenset[str]) -> None:
        self._content = content
        self._labels = labels
        self._nodes: list[_Node] = []
        self._brackets: list[int] = []
        self._unclosed_ticks: set[int] = set()

    def nodes(self) -> Iterator[_Node]:
        """The stretches of the content in order, every kind resolved."""
        position = 0
        content = self._content
        while position < len(content):
            found = _SPECIAL.search(content, position)
            at = found.start() if found else len(content)
            if at > position:
                self._nodes.append(_Node("text", position, at))
            if not found:
                break
            position = self._special(at)
        _match_runs([node for node in self._nodes if node.kind == "run"])
        for node in self._nodes:
            yield from _resolved(node)

    def _special(self, at: int) -> int:
        """Read what begins with a special character; returns where it ends."""
        content = self._content
        character = content[at]
        if character == "\\":
            return self._escape(at)
        if character == "`":
            return self._code(at)
        if character in "*_~":
            return self._run(at)
        if character == "[" or content.startswith("![", at):
            return self._open_bracket(at)
        if character == "]":
            return self._close_bracket(at)
        if character == "\n":
            return self._add("newline", at, at + 1)
        return self._carried(at)

    def _add(self, kind: str, start: int, end: int, plain: str = "") -> int:
        self._nodes.append(_Node(kind, start, end, plain))
        return end

    def _escape(self, at: int) -> int:
        following = self._content[at + 1 : at + 2]
        if following == "\n":
            return self._add("newline", at, at + 2, "\\")
        if following and following in _PUNCTUATION:
            return self._add("piece", at, at + 2, following)
        return self._add("text", at, at + 1)

    def _code(self, at: int) -> int:
        content = self._content
        ticks = _TICKS.match(content, at)
        assert ticks is not None
        if len(ticks[0]) not in self._unclosed_ticks:
            for closing in _TICKS.finditer(content, ticks.end()):
                if len(closing[0]) == len(ticks[0]):
                    shown = content[ticks.end() : closing.start()].replace("\\|", "|")
                    return self._add("code", at, closing.end(), shown.strip() or shown)
            self._unclosed_ticks.add(len(ticks[0]))
        return self._add("text", at, ticks.end())

    def _run(self, at: int) -> int:
        """A run of emphasis delimiters, with what CommonMark calls its flanking."""
        content = self._content
        character = content[at]
        end = at
        while end < len(content) and content[end] == character:
            end += 1
        before, after = content[at - 1 : at] or " ", content[end : end + 1] or " "
        left = not after.isspace() and (not _is_mark(after) or before.isspace() or _is_mark(before))
        right = not before.isspace() and (not _is_mark(before) or after.isspace() or _is_mark(after))
        opens, closes = left, right
        if character == "_":
            opens, closes = left and (not right or _is_mark(before)), right and (not left or _is_mark(after))
        if character == "~" and end - at != 2:
            opens = closes = False
        self._nodes.append(_Node("run", at, end, character, opens, closes, end - at))
        return end

    def _carried(self, at: int) -> int:
        """Autolinks, HTML tags, entities, mathematics, templates; or just the character."""
        content = self._content
        if found := _AUTOLINK.match(content, at):
            return self._add("code", at, found.end(), found[0][1:-1])
        if found := _HTML.match(content, at):
            kind = (
                "close" if found["close"] else "empty" if found["single"] or _VOID.match(found[0]) else "open"
            )
            return self._add("break" if _BREAK.match(found[0]) else kind, at, found.end())
        if (found := _ENTITY.match(content, at)) and unescape(found[0]) != found[0]:
            return self._add("piece", at, found.end(), unescape(found[0]))
        if found := _MATH.match(content, at) or _TEMPLATE.match(content, at):
            return self._add("code" if found[0][0] == "$" else "empty", at, found.end(), found[0])
        return self._add("text", at, at + 1)

    def _open_bracket(self, at: int) -> int:
        if found := _FOOTNOTE.match(self._content, at):
            return self._add("empty", at, found.end())
        self._brackets.append(len(self._nodes))
        return self._add("bracket", at, at + (2 if self._content[at] == "!" else 1))

    def _close_bracket(self, at: int) -> int:
        """End a link or an image, or leave both brackets as text."""
        index = self._brackets.pop() if self._brackets else None
        if index is None:
            return self._add("text", at, at + 1)
        opening = self._nodes[index]
        end = self._link_end(opening.end, at) if opening.active else None
        if end is None:
            opening.kind = "text"
            return self._add("text", at, at + 1)
        if self._content[opening.start] == "!":
            del self._nodes[index:]
            return self._add("empty", opening.start, end)
        _match_runs([node for node in self._nodes[index:] if node.kind == "run"], final=True)
        opening.kind = "open"
        for earlier in self._brackets:
            self._nodes[earlier].active = self._content[self._nodes[earlier].start] == "!"
        return self._add("close", at, end)

    def _link_end(self, start: int, at: int) -> int | None:
        """Where a link ends whose text is ``content[start:at]``, or None where it is none."""
        content = self._content
        if (end := _destination_end(content, at + 1)) is not None:
            return end
        reference = _REFERENCE.match(content, at + 1)
        if reference and normalised(reference[1]) in self._labels:
            return reference.end()
        if at - start < 1000 and normalised(content[start:at]) in self._labels:
            return reference.end() if reference and not reference[1] else at + 1
        return None


def _is_mark(character: str) -> bool:
    return category(character)[0] in "PS"


def _destination_end(content: str, at: int) -> int | None:
    """Where ``(destination "title")`` that begins at an offset ends, or None."""
    if content[at : at + 1] != "(":
        return None
    position = _past_space(content, at + 1)
    if content[position : position + 1] == "<":
        closing = re.compile(r"<(?:\\.|[^<>\\\n])*>").match(content, position)
        if not closing:
            return None
        position = closing.end()
    else:
        depth = 0
        while position < len(content) and not content[position].isspace():
            character = content[position]
            if character == "\\":
                position += 1
            elif character == ")" and not depth:
                break
            depth += (character == "(") - (character == ")")
            position += 1
        if depth:
            return None
    title = _TITLE.match(content, position)
    position = _past_space(content, title.end() if title else position)
    return position + 1 if content[position : position + 1] == ")" else None


def _past_space(content: str, at: int) -> int:
    while at < len(content) and content[at].isspace():
        at += 1
    return at


def _match_runs(runs: Sequence[_Node], final: bool = False) -> None:
    """Pair the delimiter runs that make emphasis; `final` where what is left can match nothing later.

    CommonMark, appendix "process emphasis", with its lower bounds that keep the search linear.
    """
    stack: list[_Node] = []
    bottoms: dict[tuple[str, bool, int], int] = {}
    for run in runs:
        while run.closes and run.start < run.end:
            key = (run.plain, run.opens, run.length % 3)
            low = min(bottoms.get(key, 0), len(stack))
            index = next((i for i in range(len(stack) - 1, low - 1, -1) if _matches(stack[i], run)), None)
            if index is None:
                bottoms[key] = len(stack)
                break
            opening = stack[index]
            del stack[index + 1 :]
            _take(opening, run)
            if opening.start >= opening.end:
                stack.pop()
        if run.opens and run.start < run.end:
            stack.append(run)
    if final:
        for run in runs:
            run.opens = run.closes = False


def _matches(opening: _Node, closing: _Node) -> bool:
    """Whether two runs can be the ends of one emphasis: the rule of three of CommonMark."""
    if opening.plain != closing.plain:
        return False
    if opening.plain == "~" or not (opening.closes or closing.opens):
        return True
    both = opening.length % 3 == 0 and closing.length % 3 == 0
    return (opening.length + closing.length) % 3 != 0 or both


def _take(opening: _Node, closing: _Node) -> None:
    """Make marks of the inner characters of two runs: two of each where there are two."""
    width = 2 if opening.end - opening.start >= 2 and closing.end - closing.start >= 2 else 1
    opening.marks.append((opening.end - width, opening.end, "open"))
    opening.end -= width
    closing.marks.append((closing.start, closing.start + width, "close"))
    closing.start += width


def _resolved(node: _Node) -> Iterator[_Node]:
    """A node as events know it: runs become marks and left-over text."""
    if node.kind == "bracket":
        yield _Node("text", node.start, node.end)
    elif node.kind == "run":
        parts = list(node.marks)
        if node.start < node.end:
            parts.append((node.start, node.end, "text"))
        for start, end, kind in sorted(parts):
            yield _Node(kind, start, end)
    else:
        yield node


_ESCAPED = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~]|$)"""
    r"""|`"""
    r"""|(?<!\s)\*|\*(?!\s)"""
    r"""|(?<![\w\s])_|_(?![\w\s])|(?<=\s)_(?=\w)|(?<=\w)_(?=\s)|^_|_$"""
    r"""|~(?=~)"""
    r"""|<(?=[a-zA-Z/!?])"""
    r"""|&(?=\#?\w{1,32};)"""
    r"""|\](?=[(\[:])|\[(?=\^)"""
)
_ESCAPED_AT_LINE_START = re.compile(
    r"(?:\#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|-+\s*$|~~~|:::|\d{1,9}(?=[.)](?:\s|$)))"
)


def escape(plain: str, *, in_table: bool = False, begins_line: bool = False) -> str:
    """Plain text as Markdown that shows it: a backslash before what would become markup.

    Args:
        plain: without line breaks.
        in_table: whether a bar would end the cell.
        begins_line: whether it stands where a block begins.
    """
    written = _ESCAPED.sub(lambda found: "\\" + found[0], plain)
    if _MATH.search(written):
        written = written.replace("$", "\\$")
    if in_table:
        written = written.replace("|", "\\|")
    if begins_line and (found := _ESCAPED_AT_LINE_START.match(written)):
        number = found[0].isdigit()
        written = found[0] + "\\" + written[found.end() :] if number else "\\" + written
    return written
