"""The application: routes, sessions, the page's files, and errors as JSON."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mt.errors import FormatError, MTError, StoreError, UsageError
from mt.serve import api, article, figures
from mt.serve.access import SESSION_SECONDS, Access, Session
from mt.serve.call import Call
from mt.serve.desk import Desk, NotHereError
from mt.serve.guard import Guard, RefusedError
from mt.serve.live import Live
from mt.serve.records import Record

TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

PAGES = ("/", "/documents", "/documents/{document}", "/statistics")
"""Addresses of the one page; its script shows what the address says."""

TAKING_TURNS = (api.next_pair, api.verdict, api.hold, api.release)
"""Short work that a reviewer waits for, and that writes."""

TURNS = 2
"""How many of these are worked on at a time: more threads take the interpreter from one another between any two
questions to the store, and all are slower. Counting, exporting and reading wait behind none of them."""

TELLING = (api.verdict, api.undo)
"""What other pages should hear of."""

Endpoint = Callable[[Request], Any]


def create_app(desk: Desk, access: Access, reviewer: str) -> Guard:
    """The ASGI application of a store.

    Args:
        desk: the store and what serves it.
        access: who may come in.
        reviewer: the name that the page proposes.
    """
    live = Live(lambda: progress(desk))
    site = Site(desk, access, live, reviewer)
    return Guard(Starlette(routes=site.routes(), exception_handlers=HANDLERS), access, ("/api/session",))


class Site:
    """The endpoints of one server."""

    def __init__(self, desk: Desk, access: Access, live: Live, reviewer: str) -> None:
        self._desk = desk
        self._access = access
        self._live = live
        self._reviewer = reviewer
        self._files = page_files()
        self._turns = asyncio.Semaphore(TURNS)

    def routes(self) -> list[Route]:
        """Every address that is answered."""
        table: list[tuple[str, str, api.Handler]] = [
            ("GET", "/api/words", api.words),
            ("GET", "/api/queue", api.queue),
            ("GET", "/api/count", api.count),
            ("GET", "/api/suggestions", api.suggestions),
            ("POST", "/api/next", api.next_pair),
            ("POST", "/api/release", api.release),
            ("POST", "/api/undo", api.undo),
            ("POST", "/api/accept-all", api.accept_all),
            ("POST", "/api/diff", api.difference),
            ("GET", "/api/filters", api.filters),
            ("POST", "/api/filters", api.save_filter),
            ("DELETE", "/api/filters", api.remove_filter),
            ("GET", "/api/pairs/{pair:int}", api.pair),
            ("POST", "/api/pairs/{pair:int}/hold", api.hold),
            ("POST", "/api/pairs/{pair:int}/judge", api.judge),
            ("GET", "/api/pairs/{pair:int}/links", api.links),
            ("POST", "/api/pairs/{pair:int}/verdict", api.verdict),
            ("POST", "/api/pairs/{pair:int}/finding", api.judge_finding),
            ("POST", "/api/pairs/{pair:int}/marks", api.mark),
            ("DELETE", "/api/pairs/{pair:int}/marks/{span:int}", api.unmark),
            ("POST", "/api/pairs/{pair:int}/split", api.split),
            ("POST", "/api/pairs/{pair:int}/merge", api.merge),
            ("GET", "/api/documents", api.documents),
            ("GET", "/api/documents/{document}", api.document),
            ("GET", "/api/documents/{document}/article", article.article),
            ("GET", "/api/documents/{document}/export", article.exported),
            ("GET", "/api/statistics", figures.statistics),
            ("GET", "/api/plots/{plot}", figures.plot),
        ]
        return [
            Route("/api/session", self.show_session, methods=["GET"]),
            Route("/api/session", self.sign_in, methods=["POST"]),
            Route("/api/session", self.sign_out, methods=["DELETE"]),
            Route("/api/events", self.events, methods=["GET"]),
            *(Route(path, self._endpoint(handler), methods=[method]) for method, path, handler in table),
            *(Route(path, self.page, methods=["GET"]) for path in PAGES),
            Route("/static/{name}", self.static, methods=["GET"]),
        ]

    def _endpoint(self, handler: api.Handler) -> Endpoint:
        """A request handler that reads the call, works in a thread, and answers with JSON."""

        async def endpoint(request: Request) -> Response:
            session: Session = request.state.session
            body = request.method == "POST" or request.headers.get("content-length", "0") != "0"
            values = await _object(request) if body else dict(request.query_params)
            call = Call(session.reviewer, request.path_params, values)
            async with self._turns if handler in TAKING_TURNS else nullcontext():
                result = await run_in_threadpool(handler, self._desk, call)
            if isinstance(result, Response):
                return result
            if isinstance(result, api.Conflict):
                return _json(result.record, 409)
            if handler in TELLING and result.get("pair"):
                self._tell(result["pair"])
            return _json(result)

        return endpoint

    def _tell(self, pair: Record) -> None:
        told = {name: pair[name] for name in ("id", "status", "version", "reviewer")}
        self._live.tell("decision", told)

    # Sessions

    async def show_session(self, request: Request) -> Response:
        """Whether the browser is signed in, and as whom."""
        session: Session | None = request.state.session
        return _json(self._session_record(session))

    async def sign_in(self, request: Request) -> Response:
        """Check the token and give the browser its cookie."""
        call = Call("", {}, await _object(request))
        name, token = call.text("reviewer", self._reviewer, 200), call.text("token", "", 500)
        client = request.client.host if request.client else ""
        if self._access.token_required:
            wait = await run_in_threadpool(self._access.admit, token, client)
            if wait is None:
                return _json({"error": "The token is wrong."}, 403)
            if wait:
                seconds = str(int(wait) + 1)
                refusal = _json({"error": f"Too many wrong tokens. Try again in {seconds} seconds."}, 429)
                refusal.headers["retry-after"] = seconds
                return refusal
        session = self._access.open_session(name)
        answer = _json(self._session_record(session))
        answer.set_cookie(
            self._access.cookie_name,
            session.cookie,
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=self._access.bind.certificate is not None,
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session and take the browser's cookie away."""
        if request.state.session is not None:
            self._access.end_session(request.state.session)
        answer = _json(self._session_record(None))
        answer.delete_cookie(self._access.cookie_name, httponly=True, samesite="strict")
        return answer

    def _session_record(self, session: Session | None) -> Record:
        return {
            "signed_in": session is not None,
            "reviewer": session.reviewer if session else "",
            "csrf": session.csrf if session else "",
            "token_required": self._access.token_required,
            "proposed": "" if self._access.token_required else self._reviewer,
        }

    # The page

    async def events(self, _request: Request) -> Response:
        """Decisions and progress as they happen."""
        if self._live.full:
            return _json({"error": "Too many pages are open."}, 503)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._live.listen(), media_type="text/event-stream", headers=headers)

    async def page(self, request: Request) -> Response:
        """The one page."""
        return self._file(request, "index.html")

    async def static(self, request: Request) -> Response:
        """A file of the page, by its plain name."""
        return self._file(request, request.path_params["name"])

    def _file(self, request: Request, name: str) -> Response:
        if name not in self._files:
            raise HTTPException(404)
        content, kind, tag = self._files[name]
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=kind, headers=headers)


def page_files() -> dict[str, tuple[bytes, str, str]]:
    """The page's files by name, read once: content, type and tag. No other file is ever given out."""
    found = {}
    for file in files("mt.review").joinpath("web").iterdir():
        kind = TYPES.get("." + file.name.rpartition(".")[2])
        if kind and file.is_file():
            content = file.read_bytes()
            found[file.name] = (content, kind, f'"{hashlib.sha256(content).hexdigest()[:20]}"')
    return found


def progress(desk: Desk) -> dict[str, Any]:
    """How many pairs have each status."""
    return {"total": {status.value: number for status, number in desk.store.totals().items()}}


async def _object(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body."""
    try:
        value = json.loads(await request.body() or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UsageError("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise UsageError("The body is not a JSON object.")
    return value


def _refuse_constant(text: str) -> None:
    raise ValueError(text)


def _json(value: Any, status: int = 200) -> Response:
    content = json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=float
    ).encode()
    return Response(content, status, {"cache-control": "no-store"}, "application/json")


async def _on_error(_request: Request, error: Exception) -> Response:
    """An error of this program as JSON, with what to do next."""
    assert isinstance(error, MTError)
    status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
    return _json({"error": error.message, "hint": error.hint}, status)


async def _on_missing(_request: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 404)


async def _on_refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    answer = _json({"error": error.message}, error.status)
    answer.headers["connection"] = "close"
    return answer


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _json({"error": f"{request.method} {request.url.path}: {error.detail}."}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


STATUSES: dict[type[MTError], int] = {UsageError: 400, FormatError: 422, StoreError: 503}
"""Class of an error to the status of its answer; a store that is busy may be asked again."""

HANDLERS: dict[Any, Callable[[Request, Exception], Any]] = {
    MTError: _on_error,
    NotHereError: _on_missing,
    RefusedError: _on_refused,
    HTTPException: _on_http_error,
}
