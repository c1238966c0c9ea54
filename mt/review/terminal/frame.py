"""The frame of the screen: its parts, what is said, and work that nobody waits for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import TextArea

from mt.errors import MTError
from mt.pipeline.interactive import LateLinker
from mt.pipeline.links import Links
from mt.review.ahead import Lookahead
from mt.review.session import PairView, ReviewSession
from mt.review.terminal import Start
from mt.review.terminal.cursor import Cursor
from mt.review.terminal.facts import Paper
from mt.review.terminal.keys import Keymap
from mt.review.terminal.lines import Lines
from mt.review.terminal.text import clipped, marked
from mt.store import DocumentInfo

Value = TypeVar("Value")

MESSAGE_LINES = 3
"""Lines that a message may take."""

STYLES = """
Screen { layout: vertical; }
#head, #title, #message, #keys { height: 1; margin: 0 1; }
#body { height: 1fr; margin: 0 0 0 1; }
#editing { display: none; height: auto; margin: 0 1 1 1; }
#original { width: 1fr; margin-right: 2; }
#editor { width: 1fr; height: auto; min-height: 3; max-height: 14; }
.narrow #editing { layout: vertical; }
.narrow #original { width: 100%; margin: 0 0 1 0; }
.narrow #editor { width: 100%; }
.editing #editing { display: block; }
TextArea { border: none; padding: 0; background: ansi_default; color: ansi_default; }
TextArea:focus { border: none; }
TextArea .text-area--cursor { text-style: reverse; color: ansi_default; background: ansi_default; }
TextArea .text-area--cursor-line { background: ansi_default; }
TextArea .text-area--selection { text-style: reverse; background: ansi_default; }
Choice, Prompt { align: left bottom; background: transparent; }
.dialog { height: auto; max-height: 80%; border-top: heavy ansi_default; background: ansi_default;
          padding: 0 1; }
.dialog VerticalScroll { height: auto; max-height: 100%; }
.dialog .dialog-body { margin-bottom: 1; height: auto; }
.dialog Static { height: auto; }
Prompt Input, Prompt Input:focus { background: ansi_default; color: ansi_default; }
Input > .input--cursor { text-style: reverse; color: ansi_default; background: ansi_default; }
Reading, Article { padding: 0 1; background: ansi_default; }
Reading .title, Reading .hint, Article .title, Article .hint { height: 1; }
Reading #lines, Article #lines { height: 1fr; }
"""


class Editor(TextArea):
    """The target as it is being changed; Enter and Escape belong to the reviewer."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("enter", "escape", "ctrl+s"):
            event.prevent_default()
            return
        if event.key in ("ctrl+j", "shift+enter", "alt+enter"):
            event.stop()
            event.prevent_default()
            self.insert("\n")
            return
        await super()._on_key(event)


class Frame(App[None]):
    """Reviews the pairs of a store.

    Args:
        session: the reviewer and the store.
        start: filter and order at the beginning.
        keymap: which key does what.
        linker: links the words of a pair.
        warm: loads what judges edits, once the first pair is on the screen.
        settle: seconds after a new pair came up in which a decision does not count; a key that is held down
            would decide on what nobody has seen.

    Attributes:
        saved: decisions that are on the disk.
        message: what was said last.
        failure: what kept the review from beginning or going on, or None.
        tasks: what is being done beside the screen.
        asked: how many questions are being answered.
    """

    CSS = STYLES
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    def __init__(
        self,
        session: ReviewSession,
        start: Start,
        keymap: Keymap,
        linker: LateLinker,
        warm: Callable[[], None] | None = None,
        settle: float = 0.15,
    ) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.session = session
        self.keymap = keymap
        self.filter = start.filter
        self.order = start.order
        self.mqm = start.mqm
        self.saved = 0
        self.message = ""
        self.failure: Exception | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.asked = 0
        self.pair: PairView | None = None
        self.cursor = Cursor()
        self._linker = linker
        self._warm = warm
        self._settle = settle
        self._ahead: Lookahead | None = None
        self._from_queue = False
        self._busy = False
        self._left: int | None = None
        self._since_count = 0
        self._counting = False
        self._shown_at = 0.0
        self._wanted_links = False
        self._links: Links = []
        self._reasons: list[str] = []
        self._heads: OrderedDict[str, DocumentInfo] = OrderedDict()
        self._judged = ""
        self._judging: asyncio.Task[None] | None = None
        # Reading, writing, thinking and counting wait for one another nowhere; writing keeps its order.
        self._reader = ThreadPoolExecutor(1, "read")
        self._writer = ThreadPoolExecutor(1, "write")
        self._thinker = ThreadPoolExecutor(1, "think")
        self._counter = ThreadPoolExecutor(1, "count")

    def compose(self) -> ComposeResult:
        """Head, pair, message, keys."""
        yield Lines("head")
        yield Lines("title")
        with Horizontal(id="editing"):
            yield Lines("original")
            yield Editor(id="editor", soft_wrap=True, tab_behavior="focus", compact=True, disabled=True)
        yield Lines("body")
        yield Lines("message")
        yield Lines("keys")

    def part(self, name: str) -> Lines:
        """A part of the screen by its name."""
        return self.screen_stack[0].query_one(f"#{name}", Lines)

    async def on_unmount(self) -> None:
        """Wait for what is being saved, then give back what is held."""
        for pool in (self._writer, self._reader):
            await asyncio.to_thread(pool.shutdown)
        for pool in (self._thinker, self._counter):
            pool.shutdown(wait=False, cancel_futures=True)
        if self._ahead is not None:
            await asyncio.to_thread(self._ahead.close)

    def work(self, call: Coroutine[Any, Any, None]) -> None:
        """Do something beside the screen; what goes wrong is told."""
        task = asyncio.create_task(self._told(call))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _told(self, call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except MTError as error:
            self._busy = False
            self.tell(f"{error.message} {error.hint}".strip(), "error")
        except Exception as error:
            self.failure = error
            self.exit()

    async def _ask(self, pool: ThreadPoolExecutor, call: Callable[..., Value], *values: Any) -> Value:
        self.asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, call, *values)
        finally:
            self.asked -= 1

    async def read(self, call: Callable[..., Value], *values: Any) -> Value:
        """Ask the store, without holding up the screen."""
        return await self._ask(self._reader, call, *values)

    async def write(self, call: Callable[..., Value], *values: Any) -> Value:
        """Change the store, in the order in which that was asked for."""
        return await self._ask(self._writer, call, *values)

    async def think(self, call: Callable[..., Value], *values: Any) -> Value:
        """Work out what takes longer than a reviewer should wait."""
        return await self._ask(self._thinker, call, *values)

    async def count(self, call: Callable[..., Value], *values: Any) -> Value:
        """Ask the store what it has to look at very many pairs for."""
        return await self._ask(self._counter, call, *values)

    def tell(self, text: str, kind: str = "") -> None:
        """Say something in the lines above the keys."""
        style = {"error": "bold ansi_red", "good": "ansi_green"}.get(kind, "")
        self.message = text
        lines = clipped(marked(text, style=style), self.paper.width, MESSAGE_LINES)
        place = self.part("message")
        if place.styles.height is None or place.styles.height.value != len(lines):
            place.styles.height = len(lines)
        place.write(lines)

    @property
    def paper(self) -> Paper:
        """What texts are written on."""
        return Paper(max(20, self.size.width - 3), not self.no_color)

    @property
    def editor(self) -> Editor:
        """The target as it is being changed."""
        return self.screen_stack[0].query_one("#editor", Editor)

    @property
    def editing(self) -> bool:
        """Whether the target is being changed."""
        return self.screen_stack[0].has_class("editing")
