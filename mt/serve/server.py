"""The process: uvicorn around the application."""

from __future__ import annotations

import uvicorn

from mt.errors import UsageError
from mt.serve.access import Access
from mt.serve.app import create_app
from mt.serve.desk import Desk

CONNECTIONS = 500
STOP_SECONDS = 2


def run(desk: Desk, access: Access, reviewer: str) -> None:
    """Answer requests until the process is told to stop.

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
    try:
        socket = settings.bind_socket()
    except (OSError, SystemExit) as error:
        raise UsageError(
            f"{bind.host}:{bind.port} cannot be listened on.",
            "Another program may use the port: --port 8766",
        ) from error
    uvicorn.Server(settings).run(sockets=[socket])
