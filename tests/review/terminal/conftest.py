"""The program's screen without a terminal: keys are pressed, and what stands there is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from mt.data import Pair
from mt.pipeline.interactive import LateLinker
from mt.pipeline.links import Links, WordLinker
from mt.review import ReviewSession
from mt.review.terminal import Keymap, Start
from mt.review.terminal.app import ReviewApp
from mt.store import Store, StoredPair
from tests.serve.samples import fill, judge


class Linker(LateLinker):
    """Links every word with the one at the same place, and loads nothing."""

    def __call__(self, source: str, target: str) -> Links:
        return [(place, place) for place in range(min(len(source.split()), len(target.split())))]

    @property
    def whole(self) -> WordLinker:
        return self  # type: ignore[return-value]

    def links(self, pairs: Sequence[tuple[str, str]]) -> list[Links]:
        """The links of several pairs."""
        return [self(*pair) for pair in pairs]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store with the sample article."""
    with Store.open(tmp_path / "store.db") as opened:
        fill(opened)
        yield opened


QUIET = 5
"""Turns of the event loop in a row in which nothing is going on."""


class Screen:
    """A reviewer before the screen.

    Attributes:
        app: the program.
        store: what it works on.
    """

    def __init__(self, app: ReviewApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.store = app.session.store
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other, and wait each time until nothing is going on."""
        for key in keys:
            await self._pilot.press(key)
            await self.rest()

    async def type(self, text: str) -> None:
        """Bring in a text at once, as a terminal does that pastes."""
        self.app.post_message(events.Paste(text))
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is going on: no work, no question to the store, no message that was not read."""
        await self._pilot.pause()
        quiet = 0
        while quiet < QUIET:
            if self.app.tasks:
                await asyncio.wait(self.app.tasks)
                await self._pilot.pause()
            await asyncio.sleep(0)
            quiet = 0 if self.app.tasks or self.app.asked or self._unread() else quiet + 1

    def _unread(self) -> bool:
        pumps = [self.app, *(node for screen in self.app.screen_stack for node in screen.walk_children())]
        return any(pump.message_queue_size for pump in [*pumps, *self.app.screen_stack])

    async def resize(self, width: int, height: int) -> None:
        """Make the window another size."""
        await self._pilot.resize_terminal(width, height)
        await self.rest()

    @property
    def text(self) -> str:
        """Everything that stands on the screen that is in front."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def message(self) -> str:
        """What the program says."""
        return self.app.message

    @property
    def pair(self) -> StoredPair:
        """The pair that is shown, as the screen knows it."""
        assert self.app.pair is not None
        return self.app.pair.stored

    def stored(self, pair_id: int | None = None) -> StoredPair:
        """A pair as the store has it now; the one that is shown by default."""
        return self.store.pair(self.pair.id if pair_id is None else pair_id)


Script = Callable[[Screen], Awaitable[None]]


def review(
    store: Store,
    script: Script,
    *,
    filter_: str = "",
    size: tuple[int, int] = (80, 24),
    reviewer: str = "anna",
    keys: dict[str, str] | None = None,
    mqm: bool = False,
    **more: Any,
) -> ReviewApp:
    """Open the screen on a store and do what a script says."""
    more = {"judge": judge, **more}
    session = ReviewSession(store, reviewer, **more)
    app = ReviewApp(session, Start(filter_, mqm=mqm), Keymap(keys), Linker(), settle=0.0)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot)
            await screen.rest()
            await script(screen)
        if app.failure is not None:
            raise app.failure

    asyncio.run(run())
    return app


def broken(_pair: Pair) -> None:
    """A judge that must not be called."""
    raise AssertionError
