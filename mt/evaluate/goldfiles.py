"""Gold files: beads as ``[0, 1]:[2]`` lines, word links as Pharaoh lines or XL-WA tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from mt.errors import FormatError, unknown_name
from mt.evaluate.gold import BeadIndices, WordLinks

_BEAD = re.compile(r"\[([\d,\s]*)\]\s*:\s*\[([\d,\s]*)\](?:\s*:.*)?")
_LINK = re.compile(r"(\d+)([-p])(\d+)")

LINK_FORMS: dict[str, Callable[[str], str | None]] = {
    "pharaoh": lambda line: line,
    "xlwa": lambda line: line.split("\t")[2] if line.count("\t") == 2 else None,
}
"""Form name to what takes the links out of a line, or None where the line has another form."""


def read_beads(lines: Iterable[str], name: str = "beads") -> list[BeadIndices]:
    """The beads of one document, one a line, ``[source indices]:[target indices]``; a cost after it is dropped.

    Args:
        lines: with or without line ends; blank ones are passed over.
        name: of the file, for messages.

    Raises:
        FormatError: a line of another form, or no bead at all.
    """
    beads: list[BeadIndices] = []
    for number, line in enumerate(lines, 1):
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        found = _BEAD.fullmatch(text)
        if not found:
            raise FormatError(f"{name} line {number}: {text[:60]!r} is no bead.", "Write it as [0, 1]:[2].")
        beads.append((_indices(found[1]), _indices(found[2])))
    if not beads:
        raise FormatError(f"{name}: there are no beads in it.", "A line is [0, 1]:[2].")
    return beads


def read_links(lines: Iterable[str], form: str = "auto", name: str = "links") -> list[WordLinks]:
    """The links of every sentence: ``i-j`` is sure, ``ipj`` possible, counted from 0.

    Args:
        lines: with or without line ends; an empty line is a sentence without links.
        form: ``pharaoh`` (links only), ``xlwa`` (source, target and links between tabs), or ``auto``.
        name: of the file, for messages.

    Raises:
        UsageError: an unknown form.
        FormatError: a line of another form, or no line at all.
    """
    if form not in {*LINK_FORMS, "auto"}:
        raise unknown_name("form of word links", form, [*LINK_FORMS, "auto"])
    texts = [line.rstrip("\r\n").removeprefix("\ufeff") for line in lines]
    if not texts:
        raise FormatError(f"{name}: there are no sentences in it.", "A line is 0-0 1-2 2p1.")
    if form == "auto":
        form = "xlwa" if any("\t" in text for text in texts) else "pharaoh"
    return list(_each_line(texts, form, name))


def _each_line(texts: Sequence[str], form: str, name: str) -> Iterator[WordLinks]:
    for number, text in enumerate(texts, 1):
        links = LINK_FORMS[form](text)
        if links is None:
            raise FormatError(
                f"{name} line {number}: not three fields between tabs.", "Or pass --links pharaoh."
            )
        sure, possible = set(), set()
        for word in links.split():
            found = _LINK.fullmatch(word)
            if not found:
                raise FormatError(
                    f"{name} line {number}: {word!r} is no link.", "Write 0-0 or, if possible, 0p0."
                )
            link = (int(found[1]), int(found[3]))
            possible.add(link)
            if found[2] == "-":
                sure.add(link)
        yield WordLinks(frozenset(sure), frozenset(possible))


def _indices(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
