"""Which pair is shown: the queue, the document, filters, and everything that fits at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.content import Content

from mt.errors import MTError
from mt.pipeline.filters import read_filter
from mt.quality.explain import reasons
from mt.review.ahead import Lookahead
from mt.review.completion import Completion, complete
from mt.review.queue import utc_now
from mt.review.session import PairView
from mt.review.terminal.article import Article
from mt.review.terminal.cursor import Cursor
from mt.review.terminal.dialogs import Choice, Option
from mt.review.terminal.drawing import Drawing
from mt.review.terminal.filtering import FilterPrompt
from mt.review.terminal.text import visible
from mt.review.words import ORDERS
from mt.store import Order, SavedFilter, StoredPair

RECOUNT = 25
"""Decisions after which the pairs that are left are counted again; others decide too."""

HEADS = 1000
"""Documents whose names are kept."""


class Queueing(Drawing):
    """Shows one pair after the other."""

    async def _open_queue(self, text: str, order: Order) -> None:
        query = await self.read(read_filter, self.session.store, text)
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

        self.work(self._show_document(self.pair.stored, chosen))

    async def _show_document(self, at: StoredPair, chosen: Callable[[int | None], None]) -> None:
        store = self.session.store
        info = await self.read(store.document_head, at.document)
        self.push_screen(Article(store, at, info, self.read, self.think, self._linker), chosen)

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
                await self.read(read_filter, self.session.store, text)
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

        async def offered(text: str) -> Completion:
            return await self.count(complete, self.session.store, text, utc_now().date())

        self.push_screen(FilterPrompt(self.filter, entries, check, offered), answered)

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
