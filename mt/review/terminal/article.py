"""A document on the whole screen: as it reads, as a list of its pairs, and as its file will be.

Of its pairs only those near the cursor are read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mt.data import SegmentKind, Severity
from mt.errors import MTError
from mt.pipeline.interactive import LateLinker
from mt.review.article import Paragraph, exported_text, paragraphs
from mt.review.terminal.facts import SIGNS, score_word
from mt.review.terminal.lines import Lines
from mt.review.terminal.pane import NARROW
from mt.review.terminal.text import clipped, columns, indented, visible
from mt.store import DocumentInfo, Order, PairQuery, Status, Store, StoredPair

AROUND = 60
"""Pairs that are read on each side of the cursor."""

SHOWN_BEFORE = 3
"""Lines or pairs that are shown before the one to begin at."""

LINES = 4
"""Lines that one pair of the list may take."""

READING, PAIRS, FILE = "translation", "pairs", "as exported"

STATUS_SIGNS = {
    Status.OPEN: " ",
    Status.ACCEPTED: "✓",
    Status.EDITED: "✎",
    Status.REJECTED: "✗",
    Status.SKIPPED: "»",
    Status.FLAGGED: "⚑",
}

Ask = Callable[..., Awaitable[Any]]


class Article(ModalScreen[int | None]):
    """A document; gives the pair that was chosen, or None.

    Args:
        store: where it is.
        at: the pair to begin at.
        info: the document.
        read: asks the store without holding up the screen.
        think: works out what takes longer.
        linker: finds the words that inline markup belongs to.
    """

    def __init__(
        self, store: Store, at: StoredPair, info: DocumentInfo, read: Ask, think: Ask, linker: LateLinker
    ) -> None:
        super().__init__()
        self._store = store
        self._info = info
        self._read = read
        self._think = think
        self._linker = linker
        self._views = (READING, PAIRS, FILE) if info.kind == "text" else (PAIRS, READING)
        self._view = self._views[0]
        self._pairs = [at]
        self._paragraphs: list[Paragraph] = []
        self._file: list[str] | None = None
        self._place = 0
        self._top = 0
        self._whole = (False, False)

    def compose(self) -> ComposeResult:
        """The document between a title and a hint."""
        yield Static("", classes="title")
        yield Lines("lines")
        yield Static("", classes="hint")

    async def on_mount(self) -> None:
        """Read what is around the pair."""
        await self._look(self._pairs[0])

    def on_resize(self) -> None:
        """Write the document for the width there is."""
        self.call_after_refresh(self._draw)

    async def _look(self, at: StoredPair) -> None:
        before, after = await self._read(self._store.neighbours, at.id, AROUND)
        self._pairs = [*before, at, *after]
        self._paragraphs = await self._read(paragraphs, self._store, self._info, self._pairs)
        self._place = len(before)
        self._top = max(0, self._place - SHOWN_BEFORE)
        self._whole = (len(before) < AROUND, len(after) < AROUND)
        self._draw()

    async def on_key(self, event: events.Key) -> None:
        """Move, choose, look at it otherwise, or leave."""
        event.stop()
        page = max(1, self.size.height // 3)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "space": page}
        if event.key in ("tab", "shift+tab"):
            await self._turn(1 if event.key == "tab" else -1)
        elif event.key == "enter":
            self.dismiss(self._pairs[self._place].id)
        elif self._view == FILE and (event.key in steps or event.key in ("home", "end")):
            self._scroll_file(event.key)
        elif event.key in steps:
            await self._move(steps[event.key])
        elif event.key in ("home", "end"):
            await self._go_to(event.key == "end")
        elif event.key not in ("left", "right"):
            self.dismiss(None)

    async def _turn(self, step: int) -> None:
        """Show the document in the next way."""
        self._view = self._views[(self._views.index(self._view) + step) % len(self._views)]
        self._top = max(0, self._place - SHOWN_BEFORE)
        self._draw()
        if self._view == FILE and self._file is None:
            try:
                text = await self._think(
                    lambda: "".join(exported_text(self._store, self._info, self._linker))
                )
            except MTError as error:
                text = str(error)
            self._file = text.splitlines() or [""]
            self._draw()

    async def _move(self, step: int) -> None:
        place = self._place + step
        beyond = (place < 0 and not self._whole[0]) or (place >= len(self._pairs) and not self._whole[1])
        if beyond:
            await self._look(self._pairs[0 if step < 0 else -1])
        else:
            self._place = min(max(place, 0), len(self._pairs) - 1)
            self._draw()

    async def _go_to(self, end: bool) -> None:
        query = PairQuery(documents=(self._info.id,))
        count = await self._read(self._store.count, query) if end else 1
        found = await self._read(self._store.search, query, Order.DOCUMENT, 1, max(0, count - 1))
        if found:
            await self._look(found[0])

    def _scroll_file(self, key: str) -> None:
        lines = self.query_one(Lines)
        page = lines.page
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "space": page}
        lines.scroll(steps.get(key, len(lines.lines) * (1 if key == "end" else -1)))

    # Drawing

    def _draw(self) -> None:
        height, width = self.size.height - 2, self.size.width - 2
        if height <= 0:
            return
        lines = self.query_one(Lines)
        other = self._views[(self._views.index(self._view) + 1) % len(self._views)]
        title = Content.assemble((visible(self._info.base_name), "bold"), f"  {self._view}")
        self.query_one(".title", Static).update(title)
        hint = f"↑ ↓ PgUp PgDn Home End; Tab: {other}; Enter opens the pair, Esc leaves"
        self.query_one(".hint", Static).update(Content.styled(hint, "dim"))
        if self._view == FILE:
            text = self._file if self._file is not None else ["…"]
            lines.write(line for one in text for line in clipped(Content(visible(one)), width))
            return
        lines.top = 0
        if self._view == PAIRS:
            lines.write(self._list(height, width))
        else:
            lines.write(self._reading(height, width))

    def _reading(self, height: int, width: int) -> list[Content]:
        """The translation in paragraphs, the cursor among the lines that are shown."""
        chosen = self._pairs[self._place].id
        lines: list[Content] = []
        for paragraph in self._paragraphs:
            if lines and paragraph.kind is not SegmentKind.ITEM:
                lines.append(Content(""))
            lines += paragraph_lines(paragraph, chosen, width)
        marked = [place for place, line in enumerate(lines) if _is_marked(line)] or [0]
        top = max(0, min(marked[0] - SHOWN_BEFORE, len(lines) - height), marked[-1] - height + 1)
        return lines[top : top + height]

    def _list(self, height: int, width: int) -> list[Content]:
        """As many pairs as fit, the cursor among them."""
        drawn = {self._place: self._row(self._place, width)}
        self._top = min(self._top, self._place)
        used = len(drawn[self._place])
        for place in range(self._place - 1, self._top - 1, -1):
            drawn[place] = self._row(place, width)
            used += len(drawn[place])
            if used > height:
                self._top = place + 1
                break
        else:
            for place in range(self._place + 1, len(self._pairs)):
                drawn[place] = self._row(place, width)
                used += len(drawn[place])
                if used > height:
                    break
        return [line for place in sorted(drawn) if place >= self._top for line in drawn[place]][:height]

    def _row(self, place: int, width: int) -> list[Content]:
        one = self._pairs[place]
        score, style = score_word(one.pair.score)
        value = score.partition(" ")[0] if one.pair.score else "–"
        head = Content.assemble(
            f"{one.position + 1:>5} ", STATUS_SIGNS[one.status], " ", (f"{value:>4}", style), " "
        )
        room = max(10, width - len(head))
        source = Content(visible(one.pair.source))
        target = Content(visible(one.pair.target) or "no target")
        if room >= NARROW - 16:
            lines = columns(source, target, room, LINES)
        else:
            lines = [*clipped(source, room, LINES), *indented(target, room, "  ", "  ", LINES)]
        rows = [head + lines[0], *(Content(" " * len(head)) + line for line in lines[1:])]
        return [row.stylize("reverse") for row in rows] if place == self._place else rows


def paragraph_lines(paragraph: Paragraph, chosen: int, width: int) -> list[Content]:
    """A paragraph of the translation in lines; the chosen pair is reversed.

    Args:
        paragraph: its pairs.
        chosen: identifier of a pair.
        width: cells of a line.
    """
    pieces: list[Content] = []
    for one in paragraph.pairs:
        style = "reverse" if one.id == chosen else ""
        if one.pair.target:
            text = Content.styled(visible(one.pair.target), style)
        else:
            text = Content.styled(f"[no target: {visible(one.pair.source)}]", f"italic ansi_red {style}")
        pieces += [text, *_signs(one), Content(" ")]
    text = Content("").join(pieces[:-1])
    if paragraph.kind is SegmentKind.HEADING:
        return clipped(text.stylize("bold"), width)
    if paragraph.kind is SegmentKind.ITEM:
        return indented(text, width, "• ", "  ")
    return clipped(text, width)


def _signs(one: StoredPair) -> Sequence[Content]:
    """Behind a sentence: how it stands where somebody decided, and that a check sees an error where nobody did."""
    if one.status is not Status.OPEN:
        return [Content.styled(f" {STATUS_SIGNS[one.status]}", "dim")]
    found = one.pair.score.findings if one.pair.score else ()
    if any(finding.severity is Severity.ERROR for finding in found):
        return [Content.styled(f" {SIGNS[Severity.ERROR]}", "bold ansi_red")]
    return []


def _is_marked(line: Content) -> bool:
    return any("reverse" in str(span.style) for span in line.spans)
