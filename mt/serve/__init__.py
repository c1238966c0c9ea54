"""Serve: the review of a store in a browser, as one page and a small JSON API.

    serve(store, Access(Bind("127.0.0.1", 8765)), "anna", config.load())

Nothing here decides anything: what is next and what a verdict does is said by :mod:`mt.review`. The web
framework is imported when a server is made, not before.
"""

from __future__ import annotations

from importlib.util import find_spec

from mt.config import Config
from mt.errors import MissingExtraError
from mt.serve.access import Access, Bind
from mt.serve.desk import Desk
from mt.store import Store

__all__ = ["Access", "Bind", "Desk", "serve"]


def serve(store: Store, access: Access, reviewer: str, settings: Config) -> None:
    """Answer requests until the process is told to stop.

    Args:
        store: open for writing.
        access: where to listen, and who may come in.
        reviewer: the name that the page proposes.
        settings: name the engine that helps to judge edits.

    Raises:
        MissingExtraError: Starlette or uvicorn is not installed.
        UsageError: the address cannot be used.
    """
    require_extra()
    from mt.pipeline.interactive import LateBeadScorer, LateJudge
    from mt.serve.server import run

    judge = LateJudge(settings)
    desk = Desk(store, judge, LateBeadScorer(settings))
    run(desk, access, reviewer, (judge.warm, desk.linker.warm))


def require_extra() -> None:
    """Raise MissingExtraError where Starlette or uvicorn is not installed."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise MissingExtraError("The browser front end", "web")
