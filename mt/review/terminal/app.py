"""The screen of a reviewer: one pair, what is known of it, and the keys that decide."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding
from textual.content import Content

from mt.errors import MTError
from mt.review.terminal.cursor import Cursor
from mt.review.terminal.dialogs import Choice, Option, Reading
from mt.review.terminal.keys import ACTIONS
from mt.review.terminal.marking import Marking
from mt.review.terminal.text import clipped

ANYTIME = ("undo", "search", "order", "next", "bulk")
"""Actions that need no pair on the screen."""


class ReviewApp(Marking):
    """Reviews the pairs of a store, by keys."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+c", "leave", show=False, priority=False),
        Binding("ctrl+q", "leave", show=False, priority=True),
    ]

    async def on_mount(self) -> None:
        """Open the queue."""
        self._busy = True
        self.work(self._begin())

    async def _begin(self) -> None:
        try:
            await self._open_queue(self.filter, self.order)
        except MTError as error:
            self.failure = error
            self.exit()
            return
        await self._go_on()
        if self._warm is not None:
            await self.think(self._warm)

    def on_key(self, event: events.Key) -> None:
        """Do what a key means."""
        if len(self.screen_stack) > 1:
            return
        if self.editing:
            self._editor_key(event)
            return
        if event.key == "escape":
            self.cursor = Cursor()
            self.draw_pair()
            return
        action = self.keymap.action(event.key, event.character)
        if action:
            event.stop()
            event.prevent_default()
            self.act(action)

    def act(self, action: str) -> None:
        """Do something by its name in the table of actions, or ``use 1`` for a suggestion."""
        name, _, number = action.partition(" ")
        if name == "quit":
            self.exit()
        elif name == "help":
            self.show_help()
        elif self._busy:
            return
        elif name == "use":
            self.use(int(number))
        elif name in ("up", "down", "page_up", "page_down"):
            body = self.part("body")
            body.scroll((body.page if name.startswith("page") else 1) * (-1 if name.endswith("up") else 1))
        elif name in ANYTIME or self.pair is not None:
            getattr(self, f"do_{name}")()
        else:
            self.tell("There is no pair on the screen.")

    async def action_leave(self) -> None:
        """Leave; an edit that is not saved is asked about."""
        if self.editing and self.pair and self.editor.text != self.pair.stored.pair.target:
            options = [
                Option("y", Content("leave without saving the edit"), "leave"),
                Option("n", Content("go on editing"), ""),
            ]
            self.push_screen(
                Choice("The edit is not saved.", options), lambda said: self.exit() if said else None
            )
        else:
            self.exit()

    def show_help(self) -> None:
        """Every key with what it does."""

        def lines(width: int) -> list[Content]:
            rows: list[Content] = []
            group = ""
            for action in ACTIONS:
                if action.name == "mark" and not self.mqm:
                    continue
                if action.group != group:
                    group = action.group
                    rows += [Content(""), Content.styled(group, "bold underline")]
                rows.append(
                    Content.assemble((f"{self.keymap.key(action.name):>9}", "bold"), f"  {action.label}")
                )
                if action.name == "dismiss":
                    digits = "take over another candidate or a match of the memory"
                    rows.append(Content.assemble((f"{'1-9':>9}", "bold"), f"  {digits}"))
            rows += [Content(""), Content('Keys are changed in mt.toml, under [review.keys]: accept = "y"')]
            rows.append(Content("Filters: docs/review.md, or mt review --help"))
            return [line for row in rows[1:] for line in clipped(row, width)]

        if len(self.screen_stack) == 1:
            self.push_screen(Reading("Keys", lines))
