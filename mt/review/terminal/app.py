"""The screen of a reviewer: one pair, what is known of it, and the keys that decide."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import TextArea

from mt.data import QualityScore
from mt.errors import MTError
from mt.pipeline.interactive import LateLinker
from mt.pipeline.links import Links
from mt.quality.explain import reasons
from mt.review.ahead import Lookahead
from mt.review.diff import diff
from mt.review.session import CATEGORIES, REASONS, SEVERITIES, PairView, ReviewSession
from mt.review.terminal import Start
from mt.review.terminal.article import Article
from mt.review.terminal.cursor import Cursor
from mt.review.terminal.dialogs import Choice, Option, Prompt, Reading, numbered
from mt.review.terminal.facts import Paper, facts, finding_lines, score_word
from mt.review.terminal.keys import ACTIONS, Keymap
from mt.review.terminal.lines import Lines
from mt.review.terminal.pane import NARROW, context_lines, key_line, pair_lines, side_texts
from mt.review.terminal.text import clipped, difference, marked, padded, stacked, visible
from mt.store import REVIEWED, DocumentInfo, Order, Saved, SavedFilter
from mt.store.filters import parse_filter, resolve

Value = TypeVar("Value")

ORDERS = {
    Order.WORST: "worst first",
    Order.DOCUMENT: "document order",
    Order.UNCERTAIN: "most uncertain first",
}

JUDGE_AFTER = 0.6
"""Seconds without a key after which an edit is judged while it is being written."""

ROOMY, SMALL = 36, 16
"""Lines from which two neighbours are shown on each side, and below which none is."""

MESSAGE_LINES = 3

RECOUNT = 25
"""Decisions after which the pairs that are left are counted again; others decide too."""

HEADS = 1000
"""Documents whose names are kept."""

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


class ReviewApp(App[None]):
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
    """

    CSS = STYLES
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+c", "leave", show=False, priority=False),
        Binding("ctrl+q", "leave", show=False, priority=True),
    ]

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

    # The frame

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

    async def on_mount(self) -> None:
        """Open the queue."""
        self._busy = True
        self.work(self._begin())

    def on_resize(self) -> None:
        """Everything is written for the width there is."""
        self.call_after_refresh(self.draw)

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

    async def read(self, call: Callable[..., Value], *values: Any) -> Value:
        """Ask the store, without holding up the screen."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, call, *values)

    async def write(self, call: Callable[..., Value], *values: Any) -> Value:
        """Change the store, in the order in which that was asked for."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, call, *values)

    async def think(self, call: Callable[..., Value], *values: Any) -> Value:
        """Work out what takes longer than a reviewer should wait."""
        return await asyncio.get_running_loop().run_in_executor(self._thinker, call, *values)

    async def count(self, call: Callable[..., Value], *values: Any) -> Value:
        """Ask the store what it has to look at very many pairs for."""
        return await asyncio.get_running_loop().run_in_executor(self._counter, call, *values)

    # The queue

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

    async def _open_queue(self, text: str, order: Order) -> None:
        query = await self.read(lambda: resolve(self.session.store, parse_filter(text)))
        old, self._ahead = self._ahead, Lookahead(self.session, query, order)
        self.filter, self.order, self._left = text, order, None
        if old is not None:
            await self.read(old.close)
            await self.read(self.session.queue.start_over)

    @property
    def queue(self) -> Lookahead:
        """The queue that is open."""
        assert self._ahead is not None
        return self._ahead

    def go_on(self) -> None:
        """Show the next pair of the queue; at once where it has been read already."""
        view = self.queue.ready()
        if view is not None:
            self.show(view, from_queue=True)
            self.work(self._fill())
        else:
            self._busy = True
            self.work(self._go_on())

    async def _go_on(self) -> None:
        view = await self.read(self.queue.take)
        self._busy = False
        self.show(view, from_queue=True)
        await self._fill()

    async def _fill(self) -> None:
        queue = self.queue
        await self.read(queue.fill)
        if not self._counting and (self._left is None or self._since_count >= RECOUNT):
            self._counting, self._since_count = True, 0
            left = await self.count(self.session.queue.remaining, queue.query)
            self._counting = False
            if queue is self._ahead:
                self._left = left - self._since_count
                self.draw_head()

    async def open(self, pair_id: int) -> None:
        """Show a pair from anywhere; the queue's own pair comes again afterwards."""
        view = await self.read(self._take, pair_id)
        self._set_aside()
        self.show(view, from_queue=self.queue.hold(pair_id))

    def _take(self, pair_id: int) -> PairView:
        """Hold a pair, unless somebody else does, and read it."""
        self.session.queue.hold(pair_id)
        return self.session.view(pair_id)

    def _set_aside(self) -> None:
        """Put the pair that is shown back where it came from."""
        if self.pair is None:
            return
        if self._from_queue:
            self.queue.put_back(self.pair)
        else:
            self._give_back(self.pair.stored.id)

    def _give_back(self, pair_id: int) -> None:
        """Let others have a pair that is not one of the queue."""

        async def release() -> None:
            await self.write(self.session.queue.release, [pair_id])

        self.queue.forget(pair_id)
        self.work(release())

    async def again(self) -> None:
        """Read the pair that is shown once more."""
        if self.pair is None:
            return
        number = self.pair.stored.id
        view = await self.read(self.session.view, number)
        if self.pair is not None and self.pair.stored.id == number and not self.editing and view != self.pair:
            self.pair = view
            self._think_about(view)
            self.draw()

    # Drawing

    def show(self, view: PairView | None, from_queue: bool) -> None:
        """Show a pair, or that nothing is left."""
        self.pair = view
        self._from_queue = from_queue
        self.cursor = Cursor()
        self._links, self._reasons = [], []
        self._shown_at = asyncio.get_running_loop().time()
        self.part("body").top = 0
        self.stop_editing()
        self.draw()
        if view is not None:
            self._think_about(view)

    def _think_about(self, view: PairView) -> None:
        if view.stored.document not in self._heads:
            self.work(self._find_document(view))
        if view.stored.pair.score and view.stored.pair.score.features:
            self.work(self._explain(view))
        if self._wanted_links:
            self.work(self._link(view))

    async def _find_document(self, view: PairView) -> None:
        document = view.stored.document
        self._heads[document] = await self.read(self.session.store.document_head, document)
        self.draw_head()
        self._heads[document] = await self.count(self.session.store.document_info, document)
        while len(self._heads) > HEADS:
            self._heads.popitem(last=False)
        self.draw_head()

    async def _explain(self, view: PairView) -> None:
        score = view.stored.pair.score
        if score is None:
            return
        found = await self.think(reasons, score)
        if self.pair is view and found:
            self._reasons = found
            self.draw_pair()

    async def _link(self, view: PairView) -> None:
        pair = view.stored.pair
        if not pair.target:
            return
        found = await self.think(self._linker, pair.source, pair.target)
        if self.pair is view:
            self._links = found
            self.draw_pair()

    @property
    def paper(self) -> Paper:
        """What texts are written on."""
        return Paper(max(20, self.size.width - 3), not self.no_color)

    @property
    def roomy(self) -> bool:
        """Whether more than the nearest neighbours fit."""
        return self.size.height >= ROOMY

    def draw(self) -> None:
        """Write everything anew."""
        self.screen_stack[0].set_class(self.size.width < NARROW, "narrow")
        self.part("keys").write([key_line(self.keymap, self.size.width - 2)])
        self.draw_head()
        self.draw_pair()

    def draw_head(self) -> None:
        """Queue, filter and reviewer; document, place, score and status."""
        left = "" if self._left is None else f"{self._left:,} left  "
        end = f"{left}{visible(self.session.reviewer)}"
        start = f"{ORDERS[self.order]}  {visible(self.filter)}"
        room = max(1, self.size.width - 4 - len(end))
        head = padded(Content(start).truncate(room, ellipsis=True), room)
        self.part("head").write([Content.assemble(head, "  ", end).stylize("reverse")])
        self.part("title").write([self._title_line()])

    def _title_line(self) -> Content:
        if self.pair is None:
            return Content("")
        stored = self.pair.stored
        info = self._heads.get(stored.document)
        of = f"/{info.segments:,}" if info and info.segments and info.kind != "alignment" else ""
        name = visible(info.base_name if info else stored.document)
        score, style = score_word(stored.pair.score)
        by = f" by {visible(stored.reviewer)}" if stored.reviewer and stored.decided else ""
        parts: list[Any] = [(name, "bold"), f"  pair {stored.position + 1:,}{of}   ", (score, style)]
        parts.append(f"   {stored.status.value}{by}")
        if self.pair.holder:
            parts.append((f"   {visible(self.pair.holder)} has this pair", "bold ansi_yellow"))
        return Content.assemble(*parts)

    def draw_pair(self) -> None:
        """The pair between its neighbours and what is known of it; while it is edited, what that changes."""
        view, width = self.pair, self.paper.width
        if view is None:
            lines = [line for text in self._nothing() for line in clipped(text, width)]
        else:
            sides = side_texts(view, self.cursor, self._links)
            known = facts(view, self.paper, self._reasons)
            before, after = self._neighbours(view)
            if self.editing:
                parts = [self._edit_lines(view), before, after, known]
            else:
                parts = [before, pair_lines(view, sides, width), after, known]
            lines = list(chain.from_iterable([*part, Content("")] for part in parts if part))
        self.part("body").write(lines)

    def _neighbours(self, view: PairView) -> tuple[list[Content], list[Content]]:
        """Neighbours on both sides, as many as there is room for."""
        count = 2 if self.roomy else 1 if self.size.height >= SMALL else 0
        near = view.before[len(view.before) - count :], view.after[:count]
        before, after = (context_lines(side, self.paper.width, 4 if self.roomy else 2) for side in near)
        return before, after

    def _nothing(self) -> list[Content]:
        if self._busy:
            return [Content.styled("…", "dim")]
        key = self.keymap.key
        lines = [Content.styled("Nothing is left in this queue.", "bold"), Content("")]
        lines.append(Content(f"{key('search')} another filter   {key('undo')} undo   {key('quit')} leave"))
        if self.filter:
            lines.append(Content.styled(f"The filter is: {visible(self.filter)}", "dim"))
        lines.append(Content.styled("status:skipped and status:flagged show what was put aside.", "dim"))
        lines.append(Content.styled(f"{key('next')} starts over with what you passed over.", "dim"))
        return lines

    def tell(self, text: str, kind: str = "") -> None:
        """Say something in the lines above the keys."""
        style = {"error": "bold ansi_red", "good": "ansi_green"}.get(kind, "")
        self.message = text
        lines = clipped(marked(text, style=style), self.paper.width, MESSAGE_LINES)
        place = self.part("message")
        if place.styles.height is None or place.styles.height.value != len(lines):
            place.styles.height = len(lines)
        place.write(lines)

    # Keys

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

    # Decisions

    def _too_soon(self) -> bool:
        """Whether the pair came up so lately that the key was meant for the one before."""
        return asyncio.get_running_loop().time() - self._shown_at < self._settle

    def decide(self, said: str, call: Callable[[PairView], Saved], wanted: str | None = None) -> None:
        """Record a decision and go on to the next pair, without waiting for the disk.

        Args:
            said: the decision in a word.
            call: records it on the version that is shown.
            wanted: the target that was written, where one was.
        """
        view = self.pair
        assert view is not None
        self.tell(f"Saving: {said}, pair {view.stored.position + 1} …")
        self.work(self._save(view, said, call, wanted))
        self.go_on()

    async def _save(
        self, view: PairView, said: str, call: Callable[[PairView], Saved], wanted: str | None
    ) -> None:
        stored, queue = view.stored, self.queue
        try:
            saved = await self.write(call, view)
        except MTError as error:
            queue.forget(stored.id)
            await self.open(stored.id)
            if wanted is not None:
                self.start_editing(wanted)
            self.tell(f"NOT SAVED: {said}, pair {stored.position + 1}. {error}", "error")
            return
        if not saved.saved:
            self._conflict(view, saved, said, call, wanted)
            return
        self.saved += 1
        queue.settle(saved.pair)
        if stored.status not in REVIEWED and self._left:
            self._left -= 1
        self._since_count += 1
        self.tell(self._said(stored.position, said, stored.pair.score, saved), "good")
        self.draw_head()
        await self.again()

    def _said(self, position: int, said: str, before: QualityScore | None, saved: Saved) -> str:
        after = saved.pair.pair.score
        text = f"Saved: {said}, pair {position + 1}."
        if after is None or before == after:
            return text
        old = f"{before.value:.2f} → " if before else ""
        names = ", ".join(dict.fromkeys(one.check for one in after.findings))
        found = f"; findings: {names}" if names else ""
        return f"{text} Judged again: {old}{after.value:.2f}{found}."

    def _conflict(
        self,
        view: PairView,
        saved: Saved,
        said: str,
        call: Callable[[PairView], Saved],
        wanted: str | None,
    ) -> None:
        """Somebody was faster: both versions, and what to do."""
        now, paper = saved.pair, self.paper
        body = [
            Content.assemble(f"Now {now.status.value} by {visible(now.reviewer)}: ", visible(now.pair.target))
        ]
        options = [Option("k", Content("keep theirs"), "keep")]
        if wanted is not None:
            body.append(Content.assemble("Yours: ", difference(diff(now.pair.target, wanted), paper.colour)))
            options.append(Option("e", Content("edit further"), "edit"))
        again = "save mine over it" if wanted is not None else f"still: {said}"
        options.append(Option("o", Content(again), "again"))

        def answered(choice: str | None) -> None:
            self.queue.forget(now.id)
            if choice == "again":
                newer = replace(view, stored=replace(view.stored, version=now.version))
                self.work(self._save(newer, said, call, wanted))
            elif choice == "edit":
                self.work(self._edit_again(now.id, wanted or ""))
            else:
                self.tell("Theirs is kept; nothing of yours was written.")

        title = f"Somebody changed pair {now.position + 1} first. Nothing was overwritten."
        self.push_screen(Choice(title, options, stacked(body)), answered)

    async def _edit_again(self, pair_id: int, text: str) -> None:
        await self.open(pair_id)
        self.start_editing(text)

    def do_accept(self) -> None:
        """Accept the pair as it stands."""
        if self._too_soon():
            return
        if self.pair and not self.pair.stored.pair.target:
            self.tell(f"There is no target to accept. {self.keymap.key('edit')} writes one.", "error")
            return
        self.decide("accepted", lambda view: self.session.accept(view.stored.id, view.stored.version))

    def do_skip(self) -> None:
        """Skip the pair."""
        if not self._too_soon():
            self.decide("skipped", lambda view: self.session.skip(view.stored.id, view.stored.version))

    def do_reject(self) -> None:
        """Ask for a reason and reject the pair."""
        self._ask_note(
            "Reject, because:",
            lambda note: self.decide(
                "rejected", lambda view: self.session.reject(view.stored.id, view.stored.version, note)
            ),
            reasons=True,
        )

    def do_flag(self) -> None:
        """Ask for a word and flag the pair."""
        self._ask_note(
            "Flag for somebody else; why, if you like:",
            lambda note: self.decide(
                "flagged", lambda view: self.session.flag(view.stored.id, view.stored.version, note)
            ),
            required=False,
        )

    def do_comment(self) -> None:
        """Ask for a comment; the pair stays."""
        self._ask_note("Comment:", lambda note: self.work(self._comment(note)))

    def _ask_note(
        self, title: str, then: Callable[[str], None], reasons: bool = False, required: bool = True
    ) -> None:
        view = self.pair

        def answered(note: str | None) -> None:
            if note is not None and self.pair is view:
                then(note)

        offered = [(reason, reason) for reason in REASONS] if reasons else []
        self.push_screen(Prompt(title, suggestions=offered, digits=reasons, required=required), answered)

    async def _comment(self, note: str) -> None:
        view = self.pair
        assert view is not None
        saved = await self.write(self.session.comment, view.stored.id, view.stored.version, note)
        if saved.saved:
            self.saved += 1
            self.tell(f"Saved: comment, pair {view.stored.position + 1}.", "good")
        else:
            self.tell("Somebody changed this pair first; the comment was not saved.", "error")
        await self.again()

    def do_undo(self) -> None:
        """Take back the newest decision."""
        self._busy = True
        self.work(self._undo())

    async def _undo(self) -> None:
        taken = await self.write(self.session.undo)
        self._busy = False
        if taken is None:
            self.tell("There is nothing left to undo.")
            return
        await self.open(taken.pair.id)
        if taken.saved:
            self._left = None if self._left is None else self._left + 1
            self.tell(f"Undone: pair {taken.pair.position + 1} is {taken.pair.status.value} again.", "good")
            self.draw_head()
        else:
            who = taken.pair.reviewer or "Somebody"
            self.tell(f"{who} decided on this pair after you; your decision stays in its history.", "error")

    # Editing

    @property
    def editor(self) -> Editor:
        """The target as it is being changed."""
        return self.screen_stack[0].query_one("#editor", Editor)

    @property
    def editing(self) -> bool:
        """Whether the target is being changed."""
        return self.screen_stack[0].has_class("editing")

    def do_edit(self) -> None:
        """Change the target."""
        assert self.pair is not None
        self.start_editing(self.pair.stored.pair.target)

    def use(self, number: int) -> None:
        """Put a suggestion into the editor."""
        offered = self.pair.suggestions if self.pair else ()
        if number <= len(offered):
            self.start_editing(offered[number - 1])
        else:
            self.tell(f"There is no suggestion {number}.")

    def start_editing(self, text: str) -> None:
        """Put a text into the editor."""
        self.screen_stack[0].add_class("editing")
        self._judged = ""
        editor = self.editor
        editor.disabled = False
        editor.load_text(text)
        editor.move_cursor(editor.document.end)
        editor.focus()
        self._draw_original()
        self.tell("Enter saves, Esc leaves the editor, Ctrl+J breaks the line.")
        self.draw_pair()

    def _draw_original(self) -> None:
        """The source beside the editor."""
        if self.pair is None:
            return
        width = self.paper.width if self.size.width < NARROW else (self.paper.width - 4) // 2
        lines = clipped(side_texts(self.pair, self.cursor, self._links)[0], width)
        place = self.part("original")
        place.styles.height = len(lines)
        place.write(lines)

    def stop_editing(self) -> None:
        """Show the pair instead of the editor."""
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None
        self.screen_stack[0].remove_class("editing")
        self.screen_stack[0].set_focus(None)
        self.editor.disabled = True

    def _editor_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.stop_editing()
            self.draw_pair()
            self.tell("The edit was not saved.")
        elif event.key in ("enter", "ctrl+s"):
            event.stop()
            self.save_edit()

    def save_edit(self) -> None:
        """Record what stands in the editor."""
        text = self.editor.text
        if not text.strip():
            self.tell("An edit needs a target. To leave the pair without one, reject it.", "error")
            return
        same = self.pair is not None and text == self.pair.stored.pair.target
        self.decide(
            "accepted" if same else "edited",
            lambda view: self.session.edit(view.stored.id, view.stored.version, text),
            None if same else text,
        )

    def on_text_area_changed(self) -> None:
        """Show what the edit changes, and judge it when the reviewer pauses."""
        if not self.editing or self.pair is None:
            return
        self._judged = ""
        self.draw_pair()
        if self._judging is not None:
            self._judging.cancel()
        self._judging = asyncio.create_task(self._judge_edit(self.pair, self.editor.text))

    async def _judge_edit(self, view: PairView, text: str) -> None:
        await asyncio.sleep(JUDGE_AFTER)
        if text.strip() and text != view.stored.pair.target:
            score = await self.think(self.session.judge, view.stored.id, text)
            if self.pair is view and self.editing and self.editor.text == text and score is not None:
                names = ", ".join(dict.fromkeys(f"{one.check}: {one.message}" for one in score.findings))
                self._judged = f"Judged: {score.value:.2f}. {names or 'The checks find nothing.'}"
                self.draw_pair()

    def _edit_lines(self, view: PairView) -> list[Content]:
        target, text = view.stored.pair.target, self.editor.text
        if text == target:
            shown = Content.styled("No change yet: Enter accepts the pair.", "dim")
        else:
            shown = difference(diff(target, text), self.paper.colour)
        judged = clipped(marked(self._judged, style="dim"), self.paper.width) if self._judged else []
        return [*clipped(shown, self.paper.width), *judged]

    # Findings, marks, segments

    def do_dismiss(self) -> None:
        """Dismiss the finding, or ask which one."""
        assert self.pair is not None
        seen = self.pair.findings
        waiting = [one for one in seen if not one.dismissed]
        if not seen:
            self.tell("There is no finding to dismiss.")
        elif len(waiting) == 1:
            self.work(self._dismiss(seen.index(waiting[0])))
        else:
            labels = [
                stacked(
                    finding_lines(
                        self.pair.stored, one, number, Paper(self.size.width - 8, self.paper.colour)
                    )
                )
                for number, one in enumerate(seen, 1)
            ]
            title = "Which finding is a false alarm?" if waiting else "Which finding counts after all?"
            self.push_screen(
                Choice(title, numbered(labels)),
                lambda said: self.work(self._dismiss(int(said))) if said else None,
            )

    async def _dismiss(self, place: int) -> None:
        view = self.pair
        assert view is not None
        seen = view.findings[place]
        call = self.session.restore if seen.dismissed else self.session.dismiss
        await self.write(call, view.stored.id, seen.finding)
        await self.again()
        done = "counts again" if seen.dismissed else "is dismissed as a false alarm"
        self.tell(f"Saved: {seen.finding.check} {done}.", "good")

    def do_mark(self) -> None:
        """Mark the words at the cursor as an error."""
        view = self.pair
        assert view is not None
        if not self.mqm:
            self.tell("Marking errors is switched on by --mqm, or by mqm = true under [review] in mt.toml.")
            return
        place = self.cursor.span(view)
        if place is None:
            key = self.keymap.key
            self.tell(
                f"Go to the wrong words first: {key('word_right')}, {key('side')}, {key('extend_right')}."
            )
            return
        side, start, end = place
        text = getattr(view.stored.pair, side)[start:end]
        here = [one for one in view.spans if one.side == side and one.start < end and start < one.end]
        options = numbered([*(f"take back: {one.severity} {one.category}" for one in here), *CATEGORIES])

        def chosen(said: str | None) -> None:
            if said is None:
                return
            number = int(said)
            if number < len(here):
                self.work(self._unmark(here[number].id))
            else:
                self._ask_severity(view, place, CATEGORIES[number - len(here)])

        self.push_screen(Choice(f"What is wrong with «{visible(text)}»?", options), chosen)

    def _ask_severity(self, view: PairView, place: tuple[str, int, int], category: str) -> None:
        def chosen(said: str | None) -> None:
            if said is not None:
                self._ask_mark_note(view, place, category, SEVERITIES[int(said)])

        self.push_screen(Choice(f"{category}: how bad is it?", numbered(SEVERITIES)), chosen)

    def _ask_mark_note(
        self, view: PairView, place: tuple[str, int, int], category: str, severity: str
    ) -> None:
        def answered(note: str | None) -> None:
            if note is not None:
                self.work(self._mark(view, place, category, severity, note))

        self.push_screen(Prompt(f"{severity} {category}; a note, if you like:"), answered)

    async def _mark(
        self, view: PairView, place: tuple[str, int, int], category: str, severity: str, note: str
    ) -> None:
        side, start, end = place
        await self.write(self.session.mark, view.stored.id, category, severity, (start, end), side, note)
        await self.again()
        self.tell("Saved: the mark.", "good")

    async def _unmark(self, span_id: int) -> None:
        await self.write(self.session.unmark, span_id)
        await self.again()
        self.tell("Saved: the mark is taken back.", "good")

    def do_split(self) -> None:
        """Split the bead of an aligned pair."""
        bead = self.pair.bead if self.pair else None
        if bead is None:
            self.tell("Only pairs of aligned documents have segments to split.")
            return
        many = len(bead.source) + len(bead.target)
        cuts = [
            (i, j)
            for i in range(len(bead.source) + 1)
            for j in range(len(bead.target) + 1)
            if 0 < i + j < many
        ]
        if len(bead.source) < 2 and len(bead.target) < 2:
            self.tell("The pair has one segment on each side; there is nothing to split.")
            return
        cuts.sort(key=lambda cut: (0 in cut or cut == (len(bead.source), len(bead.target)), cut))
        labels = [f"after {i} of the source and {j} of the target" for i, j in cuts]

        def chosen(said: str | None) -> None:
            if said is not None:
                self.work(self._beads("split", *cuts[int(said)]))

        self.push_screen(Choice("Where does the first part end?", numbered(labels)), chosen)

    def do_merge(self) -> None:
        """Join the bead of an aligned pair with the next one."""
        bead = self.pair.bead if self.pair else None
        if bead is None:
            self.tell("Only pairs of aligned documents are joined.")
        elif bead.last:
            self.tell("This is the last pair of its document.")
        else:
            self.work(self._beads("merge"))

    async def _beads(self, what: str, *places: int) -> None:
        assert self.pair is not None
        stored = self.pair.stored
        self._busy = True
        self.tell("Scoring …")
        changed = await self.write(getattr(self.session, what), stored.document, stored.position, *places)
        there = await self.read(self.session.pair_at, stored.document, stored.position)
        self._busy = False
        self._left = None
        if self._from_queue:
            self.queue.forget(stored.id)
            self._from_queue = False
        await self._open_queue_again()
        if there is None:
            self.go_on()
        else:
            self.pair = None
            await self.open(there.id)
        self.work(self._fill())
        done = "Saved: split and scored again." if what == "split" else "Saved: joined and scored again."
        if changed:
            self.tell(done, "good")
        else:
            self.tell("Somebody changed these segments meanwhile. Nothing was done.", "error")

    async def _open_queue_again(self) -> None:
        """Forget what was read ahead; the pairs of beads that were changed are gone."""
        old = self.queue
        self._ahead = Lookahead(self.session, old.query, old.order)
        await self.read(old.close)

    # Moving

    def do_next(self) -> None:
        """The next pair of the queue; the one that is shown is left as it is."""
        if self.pair is None:
            self._busy = True
            self.work(self._start_over())
        elif self._from_queue:
            number = self.pair.stored.id
            self.work(self._pass_over(number))
            self.go_on()
        else:
            self._give_back(self.pair.stored.id)
            self.go_on()

    async def _pass_over(self, pair_id: int) -> None:
        await self.write(self.queue.pass_over, pair_id)

    async def _start_over(self) -> None:
        count = await self.read(self.session.queue.start_over)
        await self._go_on()
        if count and self.pair is not None:
            self.tell("Started over with what you passed over.")

    def do_previous(self) -> None:
        """The pair before this one in its document."""
        self._step(self.pair.before[-1].id if self.pair and self.pair.before else None)

    def do_following(self) -> None:
        """The pair behind this one in its document."""
        self._step(self.pair.after[0].id if self.pair and self.pair.after else None)

    def _step(self, pair_id: int | None) -> None:
        if pair_id is None:
            self.tell("There is no pair on that side.")
        else:
            self.work(self.open(pair_id))

    def do_document(self) -> None:
        """The document around the pair."""
        assert self.pair is not None

        def chosen(pair_id: int | None) -> None:
            if pair_id is not None and self.pair is not None and pair_id != self.pair.stored.id:
                self.work(self.open(pair_id))

        info = self._heads.get(self.pair.stored.document)
        name = info.base_name if info else self.pair.stored.document
        self.push_screen(Article(self.session.store, self.pair.stored, visible(name), self.read), chosen)

    def do_search(self) -> None:
        """Ask for a filter."""
        self.work(self._ask_filter())

    async def _ask_filter(self) -> None:
        saved = await self.read(self.session.store.filters)
        entries = [(f"{one.name} ({one.order})", one.filter) for one in saved]
        orders = {one.filter: Order(one.order) for one in saved}

        async def check(text: str) -> str:
            if text.startswith("save "):
                text = self.filter
            try:
                await self.read(lambda: resolve(self.session.store, parse_filter(text)))
            except MTError as error:
                return f"{error.message} {error.hint}".strip()
            return ""

        def answered(text: str | None) -> None:
            if text is None:
                return
            if text.startswith("save "):
                self.work(self._keep_filter(text.removeprefix("save ").strip()))
            else:
                self.work(self._look(text, orders.get(text, self.order)))

        hint = "Enter looks, Esc leaves, Up and Down: saved filters; “save NAME” keeps the present one"
        self.push_screen(
            Prompt("Filter:", self.filter, suggestions=entries, check=check, hint=hint), answered
        )

    async def _keep_filter(self, name: str) -> None:
        if not name:
            self.tell("A saved filter needs a name: save NAME", "error")
            return
        kept = SavedFilter(name, self.filter, self.order.value, self.session.reviewer)
        await self.write(self.session.store.save_filter, kept)
        self.tell(f"Saved: the filter “{name}”.", "good")

    async def _look(self, text: str, order: Order) -> None:
        self._busy = True
        await self._open_queue(text, order)
        self.pair = None
        self.tell("")
        await self._go_on()

    def do_order(self) -> None:
        """The next order of the queue."""
        orders = list(ORDERS)
        order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.work(self._look(self.filter, order))

    def do_bulk(self) -> None:
        """Ask, and accept everything that fits."""
        self.work(self._ask_bulk())

    async def _ask_bulk(self) -> None:
        count = await self.count(self.session.queue.remaining, self.queue.query)
        if not count:
            self.tell("There is nothing to accept.")
            return
        which = f"that fit {visible(self.filter)}" if self.filter else "that are open"
        body = Content(
            "Pairs with an error, without a target, decided already or held by somebody else are skipped"
            " and counted. Each acceptance can be undone."
        )
        options = [
            Option("y", Content(f"accept up to {count:,} pairs {which}"), "yes"),
            Option("n", Content("accept none"), ""),
        ]
        self.push_screen(
            Choice(f"Accept all {count:,} pairs {which}?", options, body),
            lambda said: self.work(self._bulk()) if said else None,
        )

    async def _bulk(self) -> None:
        self._busy = True
        self.tell("Accepting …")
        result = await self.write(self.session.accept_all, self.queue.query)
        self.saved += result.accepted
        await self._look(self.filter, self.order)
        self.tell(f"Saved: {result.summary}", "good")

    # The cursor in the text

    def do_word_right(self) -> None:
        """The next word."""
        self._move(1)

    def do_word_left(self) -> None:
        """The word before."""
        self._move(-1)

    def do_extend_right(self) -> None:
        """Select to the next word."""
        self._move(1, extend=True)

    def do_extend_left(self) -> None:
        """Select to the word before."""
        self._move(-1, extend=True)

    def _move(self, step: int, extend: bool = False) -> None:
        assert self.pair is not None
        self.cursor = self.cursor.moved(self.pair, step, extend)
        self._light()

    def do_side(self) -> None:
        """The word cursor goes to the other side."""
        assert self.pair is not None
        self.cursor = self.cursor.other_side(self.pair, self._links)
        self._light()

    def _light(self) -> None:
        self.draw_pair()
        if not self._wanted_links and self.pair is not None:
            self._wanted_links = True
            self.work(self._link(self.pair))


ANYTIME = ("undo", "search", "order", "next", "bulk")
"""Actions that need no pair on the screen."""
