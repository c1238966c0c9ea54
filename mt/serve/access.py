"""Who may come in: the token, the session cookie, and the names under which the server is reached.

The token is kept as a salted scrypt hash (Percival and Josefsson 2016, RFC 7914) only. A session is a
signed text that the browser keeps, so it outlives a restart of the server where a token is set; another
token ends all of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from mt.errors import UsageError

SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26}
"""16 MiB and some 50 ms for each guess."""

SHORTEST_TOKEN = 12
SESSION_SECONDS = 14 * 24 * 3600
LONGEST_NAME = 80

FAILURES = 5
"""Wrong tokens from one address before it has to wait."""

FAILURE_SECONDS = 60.0
"""How long a wrong token is remembered."""

WAITING = 20
"""Tokens that wait to be compared; further ones are sent away, so that they hold no thread."""

ADDRESSES = 10_000
"""Addresses whose failures are remembered; beyond that the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the server listens and what it is called.

    Attributes:
        host: an address or a name; ``0.0.0.0`` and ``::`` mean all of the machine's.
        port: a port.
        names: further names under which browsers may ask for it, for example behind a proxy.
        certificate, key: files for TLS, or None.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()
    certificate: str | None = None
    key: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host.lower() == "localhost":
            return True
        address = _address(self.host)
        return address is not None and address.is_loopback

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = self.host
        if (address := _address(host)) is not None:
            if address.is_unspecified:
                host = "127.0.0.1" if address.version == 4 else "::1"
            host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/"


@dataclass(frozen=True, slots=True)
class Session:
    """One reviewer who has signed in.

    Attributes:
        reviewer: the name that stands beside the decisions.
        cookie: what the browser keeps.
        csrf: what its requests must repeat in a header.
    """

    reviewer: str
    cookie: str
    csrf: str


class Access:
    """Decides about hosts, origins, tokens and sessions.

    Args:
        bind: where the server listens.
        token: what a reviewer must know, or None on a loopback address.
        now: seconds since the epoch.

    Raises:
        UsageError: the token is missing or too short for an address that others can reach.
    """

    def __init__(self, bind: Bind, token: str | None = None, now: Callable[[], float] = time.time) -> None:
        if not token and not bind.loopback:
            raise UsageError(
                f"{bind.host} can be reached by others, and there is no token to sign in with.",
                f"Give one: --token {secrets.token_urlsafe(18)}",
            )
        if token and len(token) < SHORTEST_TOKEN:
            raise UsageError(
                f"The token has {len(token)} characters; {SHORTEST_TOKEN} is the least.",
                f"For example: --token {secrets.token_urlsafe(18)}",
            )
        self.bind = bind
        self._now = now
        self._salt = secrets.token_bytes(16)
        self._hash = _scrypt(token, self._salt) if token else None
        self._key = _scrypt(token, b"mt serve session") if token else secrets.token_bytes(32)
        self._names = _names(bind)
        self._failures: dict[str, list[float]] = {}
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()
        self._hashing = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)

    @property
    def cookie_name(self) -> str:
        """Servers on other ports of this machine, which share its cookies, have other names."""
        return f"mt_session_{self.bind.port}"

    @property
    def token_required(self) -> bool:
        """Whether signing in takes a token."""
        return self._hash is not None

    # Names

    def knows_host(self, host: str) -> bool:
        """Whether a Host header names this server.

        A name that somebody's DNS points here is refused; an address cannot be pointed anywhere.
        """
        name = _host_name(host)
        if name is None:
            return False
        if name in self._names:
            return True
        address = _address(name)
        if address is None:
            return False
        if self.bind.loopback:
            return address.is_loopback
        listening = _address(self.bind.host)
        return listening is None or listening.is_unspecified or address == listening

    def knows_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin header is the page that this server gave out under a Host header."""
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https"):
            return False
        return _with_port(parts.netloc, parts.scheme) == _with_port(host, parts.scheme)

    # Tokens

    def admit(self, token: str, client: str) -> float | None:
        """Compare a token in constant time.

        Tokens are compared one at a time, so that many at the same time do not pass for one try.

        Returns:
            0 where it is right, None where it is wrong, or for how many seconds the address has to wait
            after wrong ones; then nothing was compared.
        """
        if self._hash is None:
            return 0.0
        client = _network(client)
        if wait := self._wait(client):
            return wait
        if not self._waiting.acquire(blocking=False):
            return 1.0
        try:
            with self._hashing:
                return self._wait(client) or self._compare(token, client, self._hash)
        finally:
            self._waiting.release()

    def _wait(self, client: str) -> float:
        """For how many seconds an address has to wait; 0 where it may try."""
        with self._lock:
            recent = self._recent(client)
            if len(recent) < FAILURES:
                return 0.0
            return max(1.0, recent[-FAILURES] + FAILURE_SECONDS - self._now())

    def _compare(self, token: str, client: str, known: bytes) -> float | None:
        right = hmac.compare_digest(_scrypt(token, self._salt), known)
        with self._lock:
            if right:
                self._failures.pop(client, None)
            else:
                self._failures[client] = [*self._recent(client), self._now()]
                while len(self._failures) > ADDRESSES:
                    del self._failures[next(iter(self._failures))]
        return 0.0 if right else None

    def _recent(self, client: str) -> list[float]:
        since = self._now() - FAILURE_SECONDS
        return [at for at in self._failures.get(client, ()) if at > since]

    # Sessions

    def open_session(self, reviewer: str) -> Session:
        """Let a reviewer in.

        Raises:
            UsageError: the name is empty, too long, or holds control characters.
        """
        name = " ".join(reviewer.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise UsageError("A review needs a reviewer.", f"Give a name of 1 to {LONGEST_NAME} letters.")
        expires = int(self._now()) + SESSION_SECONDS
        said = json.dumps([name, expires, secrets.token_hex(8)], ensure_ascii=False).encode()
        cookie = f"{_encoded(said)}.{_encoded(self._sign(b'session', said))}"
        return Session(name, cookie, self._csrf(cookie))

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie, or None where it was not signed here or is over."""
        said, _, mark = cookie.partition(".")
        try:
            content, signature = _decoded(said), _decoded(mark)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(signature, self._sign(b"session", content)):
            return None
        reviewer, expires, nonce = json.loads(content)
        if nonce in self._ended:
            return None
        return Session(reviewer, cookie, self._csrf(cookie)) if expires > self._now() else None

    def end_session(self, session: Session) -> None:
        """Let a session's cookie open nothing any more, wherever else it may lie."""
        _, expires, nonce = json.loads(_decoded(session.cookie.partition(".")[0]))
        now = self._now()
        with self._lock:
            self._ended = {one: end for one, end in self._ended.items() if end > now}
            self._ended[nonce] = expires

    def csrf_is_right(self, session: Session, header: str) -> bool:
        """Whether a request repeats what only the page of this session knows."""
        return hmac.compare_digest(session.csrf.encode(), header.encode())

    def _csrf(self, cookie: str) -> str:
        return _encoded(self._sign(b"csrf", cookie.encode()))

    def _sign(self, purpose: bytes, content: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b"\0" + content, "sha256")


def _scrypt(token: str, salt: bytes) -> bytes:
    return hashlib.scrypt(token.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _names(bind: Bind) -> frozenset[str]:
    names = {"localhost", *(name.lower() for name in bind.names)}
    if not bind.loopback:
        names |= {bind.host.lower(), socket.gethostname().lower()}
    return frozenset(names)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _network(client: str) -> str:
    """What one attacker has of addresses: a whole /64 where it is of IPv6."""
    address = _address(client.partition("%")[0])
    if not isinstance(address, ipaddress.IPv6Address):
        return client
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _host_name(host: str) -> str | None:
    """The name in a Host header without its port, or None where it is no name."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname.rstrip(".") if parts.hostname else None


def _with_port(netloc: str, scheme: str) -> str:
    """A host with its port, the scheme's own one where none is given."""
    has_port = ":" in netloc.rpartition("]")[2]
    return (netloc if has_port else f"{netloc}:{443 if scheme == 'https' else 80}").lower()
