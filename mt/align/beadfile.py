"""Beads as lines of text, ``[0]:[0, 1]:0.98``: the form that vecalign, Bertalign and their scorers read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mt.data import Bead
from mt.errors import FormatError

LINE = re.compile(r"\[([\d, ]*)\]:\[([\d, ]*)\](?::(\S+))?")


def bead_lines(beads: Iterable[Bead]) -> Iterator[str]:
    """One line for each bead: source indices, target indices, score; 0-based, without line ends."""
    for bead in beads:
        yield f"{list(bead.source)}:{list(bead.target)}:{bead.score:.4f}"


def parse_beads(lines: Iterable[str]) -> Iterator[Bead]:
    """The beads of such lines; a missing score is 1, an empty line is passed over.

    Raises:
        FormatError: a line is none of these; the message has its number.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise FormatError(
                f"Line {number} is no bead: {line.strip()[:60]!r}.", "A bead looks like [0]:[0, 1]:0.98"
            )
        source, target = (tuple(int(n) for n in re.findall(r"\d+", side)) for side in match.groups()[:2])
        yield Bead(source, target, _score(match.group(3), number))


def _score(text: str | None, number: int) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError as error:
        raise FormatError(f"Line {number}: the score {text!r} is no number.") from error
