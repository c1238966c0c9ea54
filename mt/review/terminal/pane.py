"""The pair itself between its neighbours, and the line of keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from mt.data import Severity
from mt.pipeline.links import Links
from mt.review.session import PairView
from mt.review.terminal.cursor import Cursor
from mt.review.terminal.facts import COLOURS
from mt.review.terminal.keys import ACTIONS, Keymap
from mt.review.terminal.text import Mark, clipped, columns, indented, marked, number_sign, visible, words
from mt.store import StoredPair

NARROW = 70
"""Cells below which source and target stand below one another."""

WEIGHTS = {Severity.INFO: 1, Severity.WARNING: 2, Severity.ERROR: 3}


def side_texts(view: PairView, cursor: Cursor, links: Links) -> tuple[Content, Content]:
    """Source and target with findings, marks and the cursor at their places."""
    pair = view.stored.pair
    source = marked(pair.source, _marks(view, cursor, links, "source"))
    if pair.target:
        return source, marked(pair.target, _marks(view, cursor, links, "target"))
    why = f": {visible(pair.failure)}" if pair.failure else ""
    return source, Content.styled(f"no target{why}", "italic ansi_red")


def _marks(view: PairView, cursor: Cursor, links: Links, side: str) -> list[Mark]:
    marks = []
    for number, seen in enumerate(view.findings, 1):
        one = seen.finding
        if one.span and one.side == side and not seen.dismissed and one.span[0] < one.span[1]:
            style = f"underline {COLOURS[one.severity]}"
            marks.append(Mark(*one.span, style, number_sign(number), WEIGHTS[one.severity]))
    for span in view.spans:
        if span.side == side:
            marks.append(Mark(span.start, span.end, "underline italic ansi_magenta", "ᴹ", 4))
    places = words(getattr(view.stored.pair, side))
    if cursor.side == side:
        for word in cursor.chosen:
            if word < len(places):
                start = places[min(cursor.chosen)][0]
                marks.append(Mark(start, places[word][1], "reverse", weight=5))
    else:
        for word in cursor.partners(links):
            if word < len(places):
                marks.append(Mark(*places[word], "reverse ansi_cyan", weight=5))
    return marks


def pair_lines(view: PairView, sides: tuple[Content, Content], width: int) -> list[Content]:
    """Source and target side by side, or below one another where that would be too narrow."""
    pair = view.stored.pair
    if width >= NARROW - 3:
        return columns(*sides, width)
    lines = []
    for lang, text in zip((pair.source_lang, pair.target_lang), sides, strict=True):
        lines += [Content.styled(visible(lang), "dim"), *clipped(text, width)]
    return lines


def context_lines(neighbours: Iterable[StoredPair], width: int, most: int) -> list[Content]:
    """Neighbours of the pair, faint and cut to some lines each."""
    lines: list[Content] = []
    for one in neighbours:
        source = Content.styled(visible(one.pair.source), "dim")
        target = Content.styled(visible(one.pair.target) or "no target", "dim")
        if width >= NARROW - 3:
            lines += columns(source, target, width, most)
        else:
            lines += [*clipped(source, width, most), *indented(target, width, "  ", "  ", most)]
    return lines


def key_line(keymap: Keymap, width: int) -> Content:
    """The keys of the most usual actions, as many as fit; the help comes last and always fits."""
    shown = [action for action in ACTIONS if action.short]
    *first, helping = sorted(shown, key=lambda action: action.name == "help")
    room = width - _wide(keymap, helping.name, helping.short)
    fitting: list[Sequence[str]] = []
    for action in first:
        room -= _wide(keymap, action.name, action.short) + 2
        if room < 0:
            break
        fitting.append((keymap.key(action.name), action.short))
    fitting.append((keymap.key(helping.name), helping.short))
    return Content("  ").join(Content.assemble((key, "bold reverse"), f" {word}") for key, word in fitting)


def _wide(keymap: Keymap, name: str, short: str) -> int:
    return len(keymap.key(name)) + 1 + len(short)
