"""What every request passes: host, origin, session, CSRF token, size; and what every answer carries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from mt.serve.access import Access, Session

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CSRF_HEADER = "x-mt-csrf"

LARGEST_BODY = 256 * 1024
"""Bytes; the longest edit of a sentence is far below."""

TOO_LARGE = f"A request may have {LARGEST_BODY // 1024} KiB."

BODY_SECONDS = 15.0
"""How long a client may take to send its body."""

SAFE_METHODS = ("GET", "HEAD")

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing inline, nothing from elsewhere, and no text that becomes markup."""

HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class RefusedError(Exception):
    """A body that is too large or too slow, found while it is read.

    Attributes:
        status: of the answer.
        message: for its reader.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Guard:
    """An ASGI application around another one, which answers a :class:`RefusedError` itself.

    Args:
        inner: finds ``scope["state"]["session"]``, a :class:`mt.serve.access.Session` or None.
        access: what decides.
        open_paths: the paths below ``/api/`` that need no session.
    """

    def __init__(self, inner: Application, access: Access, open_paths: tuple[str, ...]) -> None:
        self._inner = inner
        self._access = access
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._inner(scope, receive, send)
            return
        headers = Headers(scope["headers"])
        sender = _with_headers(send)
        refused, session = self._judge(scope["method"], scope["path"], headers)
        if refused:
            await _refuse(sender, *refused)
            return
        scope.setdefault("state", {})["session"] = session
        await self._inner(scope, _limited(receive, headers), sender)

    def _judge(
        self, method: str, path: str, headers: Headers
    ) -> tuple[tuple[int, str] | None, Session | None]:
        """Why a request is refused, as status and message, and whose it is."""
        hosts = headers.all("host")
        if len(hosts) != 1 or not self._access.knows_host(hosts[0]):
            return (421, "This server is not known under that name. Start it with --allow-host NAME."), None
        session = self._session(headers)
        refused = None if method in SAFE_METHODS else self._foreign(headers, hosts[0])
        guarded = path.startswith("/api/") and path not in self._open_paths
        if refused is None and guarded:
            refused = self._outside(method, headers, session)
        return refused, session

    def _session(self, headers: Headers) -> Session | None:
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load("; ".join(headers.all("cookie")))
        except CookieError:
            return None
        name = self._access.cookie_name
        return self._access.session(jar[name].value) if name in jar else None

    def _foreign(self, headers: Headers, host: str) -> tuple[int, str] | None:
        """Why a request that changes something may come from another site's page."""
        origins = headers.all("origin")
        if any(not self._access.knows_origin(origin, host) for origin in origins):
            return 403, "The request comes from another site."
        if headers.one("sec-fetch-site") not in ("", "same-origin", "none"):
            return 403, "The request comes from another site."
        kind = headers.one("content-type").partition(";")[0].strip().lower()
        if kind not in ("", "application/json"):
            return 415, "The API takes JSON."
        return None

    def _outside(self, method: str, headers: Headers, session: Session | None) -> tuple[int, str] | None:
        if session is None:
            return 401, "Sign in first."
        if method not in SAFE_METHODS and not self._access.csrf_is_right(session, headers.one(CSRF_HEADER)):
            return 403, "The request does not come from the page that this server gave out."
        return None


class Headers:
    """The headers of a request by name in lower case."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for key, value in self._raw if key == name]

    def one(self, name: str) -> str:
        """The first value of a name, or an empty text."""
        return next(iter(self.all(name)), "")


def _limited(receive: Receive, headers: Headers) -> Receive:
    """Hand on a body that is neither too large nor too slow."""
    declared = headers.one("content-length")
    seen = 0
    complete = False

    async def limited() -> Message:
        nonlocal seen, complete
        if declared.isdigit() and int(declared) > LARGEST_BODY:
            raise RefusedError(413, TOO_LARGE)
        if complete:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError:
            raise RefusedError(408, "The request took too long to arrive.") from None
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            raise RefusedError(413, TOO_LARGE)
        complete = not message.get("more_body", False)
        return message

    return limited


def _with_headers(send: Send) -> Send:
    """Add the headers of every answer; one that the answer gives itself stays."""

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", ())}
            added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sender


async def _refuse(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
