"""The line for a filter: what may be typed next stands below it, and Tab takes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import events
from textual.content import Content
from textual.widgets import Input, Static

from mt.review.completion import Completion
from mt.review.terminal.dialogs import Check, Prompt
from mt.review.terminal.text import clipped, visible

Complete = Callable[[str], Awaitable[Completion]]
"""What may stand at the end of a filter."""

HINT = "Enter looks, Esc leaves, Tab completes, ↑ ↓ saved ones; “save NAME” keeps this"


class FilterPrompt(Prompt):
    """A line for a filter; gives the text, or None.

    Args:
        value: what stands there already.
        saved: filters that Up and Down bring into the line, with a name each.
        check: says what is wrong with the text; it stays open then.
        complete: what Tab offers.
    """

    def __init__(
        self, value: str, saved: Sequence[tuple[str, str]], check: Check, complete: Complete
    ) -> None:
        super().__init__("Filter:", value, suggestions=saved, check=check, hint=HINT)
        self._complete = complete
        self._offered = Completion(0)
        self._number = 0
        self._taken: tuple[str, int] | None = None

    async def on_input_changed(self, event: Input.Changed) -> None:
        """Show what may be typed next."""
        line = self.line
        if (line.value, line.cursor_position) == self._taken:
            return
        self._taken = None
        found = await self._complete(self._typed()) if event.value else Completion(0)
        if event.value == line.value:
            self._show(found)

    def _typed(self) -> str:
        return self.line.value[: self.line.cursor_position]

    def _show(self, found: Completion) -> None:
        if not found.offers:
            self.query_one("#below", Static).update(self._below())
            return
        if len(found.offers) == 1:
            (one,) = found.offers
            text = f"{visible(one.text.strip())}  {visible(one.label)}"
        else:
            text = "  ".join(visible(one.text.strip()) for one in found.offers)
        (first, *_) = clipped(Content(f"Tab: {text}"), max(20, self.size.width - 4), 1)
        self.query_one("#below", Static).update(first.stylize("dim"))

    async def on_key(self, event: events.Key) -> None:
        """Take an offer, or the next one where one was taken just now."""
        if event.key not in ("tab", "shift+tab"):
            return
        event.stop()
        line = self.line
        if (line.value, line.cursor_position) == self._taken and len(self._offered.offers) > 1:
            self._number += 1 if event.key == "tab" else -1
        else:
            self._offered, self._number = await self._complete(self._typed()), 0
        if not self._offered.offers:
            return
        offer = self._offered.offers[self._number % len(self._offered.offers)]
        begin = line.value[: self._offered.start] + offer.text
        self._taken = (begin + line.value[line.cursor_position :], len(begin))
        line.value, line.cursor_position = self._taken
        several = len(self._offered.offers) > 1
        self._show(self._offered if several else await self._complete(self._typed()))
