"""The process: uvicorn around the application."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn

from mt.errors import UsageError
from mt.serve.access import Access, Bind
from mt.serve.app import create_app
from mt.serve.desk import Desk

CONNECTIONS = 500
STOP_SECONDS = 2


def run(desk: Desk, access: Access, reviewer: str, begin: Sequence[Callable[[], None]] = ()) -> None:
    """Answer requests until the process is told to stop.

    Args:
        desk: the store and what serves it.
        access: where to listen, and who may come in.
        reviewer: the name that the page proposes.
        begin: what is done in the background while the first requests come in.

    Raises:
        UsageError: the address cannot be used.
    """
    bind = access.bind
    settings = uvicorn.Config(
        create_app(desk, access, reviewer),
        host=bind.host,
        port=bind.port,
        ssl_certfile=bind.certificate,
        ssl_keyfile=bind.key,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
        lifespan="off",
    )
    with listening(bind) as bound:
        for work in begin:
            threading.Thread(target=work, daemon=True).start()
        uvicorn.Server(settings).run(sockets=[bound])


def listening(bind: Bind) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: the address cannot be used.
    """
    try:
        found = socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # asyncio sends small answers at once only where the socket says that it speaks TCP.
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise UsageError(
            f"{bind.host}:{bind.port} cannot be listened on: {error.strerror}.",
            "Another program may use the port: --port 8766",
        ) from error
    bound.listen(CONNECTIONS)
    return bound
