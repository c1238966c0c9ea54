"""A document as a list of its pairs, of which only those near the cursor are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mt.review.terminal.facts import score_word
from mt.review.terminal.lines import Lines
from mt.review.terminal.pane import NARROW
from mt.review.terminal.text import clipped, columns, indented, visible
from mt.store import Order, PairQuery, Store, StoredPair

AROUND = 60
"""Pairs that are read on each side of the cursor."""

SHOWN_BEFORE = 3
"""Pairs that are shown before the one to begin at."""

LINES = 4
"""Lines that one pair may take."""

STATUS_SIGNS = {
    "open": " ",
    "accepted": "✓",
    "edited": "✎",
    "rejected": "✗",
    "skipped": "»",
    "flagged": "⚑",
}


class Article(ModalScreen[int | None]):
    """The pairs of a document; gives the one that was chosen, or None.

    Args:
        store: where they are.
        at: the pair to begin at.
        name: of the document.
        read: asks the store without holding up the screen.
    """

    def __init__(self, store: Store, at: StoredPair, name: str, read: Callable[..., Awaitable[Any]]) -> None:
        super().__init__()
        self._store = store
        self._heading = name
        self._read = read
        self._pairs = [at]
        self._place = 0
        self._top = 0
        self._whole = (False, False)

    def compose(self) -> ComposeResult:
        """The pairs between a title and a hint."""
        yield Static(Content.styled(self._heading, "bold"), classes="title")
        yield Lines("lines")
        hint = "↑ ↓ PgUp PgDn Home End move; Enter opens the pair, Esc leaves"
        yield Static(Content.styled(hint, "dim"), classes="hint")

    async def on_mount(self) -> None:
        """Read what is around the pair."""
        await self._look(self._pairs[0])

    def on_resize(self) -> None:
        """Write the pairs for the width there is."""
        self.call_after_refresh(self._draw)

    async def _look(self, at: StoredPair) -> None:
        before, after = await self._read(self._store.neighbours, at.id, AROUND)
        self._pairs = [*before, at, *after]
        self._place = len(before)
        self._top = max(0, self._place - SHOWN_BEFORE)
        self._whole = (len(before) < AROUND, len(after) < AROUND)
        self._draw()

    async def on_key(self, event: events.Key) -> None:
        """Move, choose or leave."""
        event.stop()
        page = max(1, self.size.height // 3)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "space": page}
        if event.key == "enter":
            self.dismiss(self._pairs[self._place].id)
        elif event.key in steps:
            await self._move(steps[event.key])
        elif event.key in ("home", "end"):
            await self._go_to(event.key == "end")
        elif event.key not in ("left", "right", "tab"):
            self.dismiss(None)

    async def _move(self, step: int) -> None:
        place = self._place + step
        beyond = (place < 0 and not self._whole[0]) or (place >= len(self._pairs) and not self._whole[1])
        if beyond:
            await self._look(self._pairs[0 if step < 0 else -1])
        else:
            self._place = min(max(place, 0), len(self._pairs) - 1)
            self._draw()

    async def _go_to(self, end: bool) -> None:
        document = self._pairs[0].document
        query = PairQuery(documents=(document,))
        count = await self._read(self._store.count, query) if end else 1
        found = await self._read(self._store.search, query, Order.DOCUMENT, 1, max(0, count - 1))
        if found:
            await self._look(found[0])

    def _draw(self) -> None:
        """As many pairs as fit, the cursor among them."""
        height, width = self.size.height - 2, self.size.width - 2
        if height <= 0:
            return
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
        lines = [line for place in sorted(drawn) if place >= self._top for line in drawn[place]]
        self.query_one(Lines).write(lines[:height])

    def _row(self, place: int, width: int) -> list[Content]:
        one = self._pairs[place]
        score, style = score_word(one.pair.score)
        value = score.partition(" ")[0] if one.pair.score else "–"
        head = Content.assemble(
            f"{one.position + 1:>5} ", STATUS_SIGNS[one.status.value], " ", (f"{value:>4}", style), " "
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
