"""A server on a loopback port in a thread, and headless Chromium in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Python 3.11 fails to parse a file while a greenlet of Playwright is finalised, and pytest's plugin of hypothesis
# would import it when all tests are done.
import hypothesis  # noqa: F401
import uvicorn

from mt.serve import Access, Bind, Desk
from mt.serve.app import create_app
from mt.serve.server import ImpatientProtocol

CHROMIUM = "/usr/bin/chromium"

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running(desk: Desk, token: str | None = None, port: int = 0) -> Iterator[str]:
    """A server; gives its address."""
    app = create_app(desk, Access(Bind(), token), "anna")
    settings = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", lifespan="off", http=ImpatientProtocol
    )
    settings.timeout_graceful_shutdown = 1
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    bound = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.should_exit = True
        thread.join(10)
