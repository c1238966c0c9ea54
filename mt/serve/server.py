"""The process: uvicorn around the application."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mt.errors import UsageError
from mt.serve.access import Access, Bind
from mt.serve.app import create_app
from mt.serve.desk import Desk

CONNECTIONS = 500
HEADER_SECONDS = 15.0
"""How long a client may take to send the head of a request."""

STOP_SECONDS = 2


class ImpatientProtocol(H11Protocol):  # type: ignore[misc]
    """Hangs up on a client that opens a connection and says nothing, or goes on and on with its headers.

    uvicorn itself waits for them for ever, and a few hundred such clients would keep everybody else out.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._be_patient()
        elif self._patience is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


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
        http=ImpatientProtocol,
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
