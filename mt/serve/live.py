"""What happens while a page is open, told by server-sent events: decisions at once, progress as it grows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

LISTENERS = 200
"""Pages that may listen at the same time."""

WAITING = 100
"""Events that a slow listener may leave lying; the oldest are dropped."""

SECONDS = 3.0
"""Between two looks at the progress, where a look is cheap."""

SHARE = 0.1
"""Of the time that looking may take: a store whose progress takes long to count is looked at less often."""

KEEP_ALIVE = 20.0


class Live:
    """Hands events to every listener.

    Args:
        progress: counts the pairs by status; called in a thread, only while somebody listens.
    """

    def __init__(self, progress: Callable[[], dict[str, Any]]) -> None:
        self._progress = progress
        self._listeners: set[asyncio.Queue[str]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.Task[None] | None = None
        self._last = ""

    @property
    def full(self) -> bool:
        """Whether no further listener is let in."""
        return len(self._listeners) >= LISTENERS

    def tell(self, kind: str, value: dict[str, Any]) -> None:
        """Hand an event to all; from any thread."""
        if self._loop and self._listeners:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._put, _event(kind, value))

    async def listen(self) -> AsyncIterator[str]:
        """The events from now on, as they are sent."""
        queue: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._loop = asyncio.get_running_loop()
        self._listeners.add(queue)
        if self._watch is None or self._watch.done():
            self._watch = self._loop.create_task(self._look())
        try:
            yield "retry: 2000\n\n"
            if self._last:
                yield self._last
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(queue)

    def _put(self, event: str) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def _look(self) -> None:
        """Tell the progress whenever it has changed, until nobody listens."""
        while self._listeners:
            start = time.monotonic()
            event = _event("progress", await asyncio.to_thread(self._progress))
            if event != self._last:
                self._last = event
                self._put(event)
            await asyncio.sleep(max(SECONDS, (time.monotonic() - start) / SHARE))


def _event(kind: str, value: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"
