"""Review in a terminal, by keyboard alone.

    review(ReviewSession(store, "anna", judge=judge), Start("check:number", Order.WORST), Keymap())

Textual is imported when the screen opens, not before. Nothing here decides what is next or what a verdict does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from mt.errors import MissingExtraError, UsageError
from mt.pipeline.interactive import LateLinker
from mt.review.session import ReviewSession
from mt.review.terminal.keys import Keymap
from mt.store import Order

__all__ = ["Keymap", "Start", "require_terminal", "review"]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a review begins.

    Attributes:
        filter: as it is typed.
        order: what comes first.
        mqm: whether errors may be marked in the text.
    """

    filter: str = ""
    order: Order = Order.WORST
    mqm: bool = False


def review(
    session: ReviewSession,
    start: Start,
    keymap: Keymap,
    linker: LateLinker | None = None,
    warm: Callable[[], None] | None = None,
) -> int:
    """Review until the reviewer leaves; returns how many decisions were saved.

    Args:
        session: the reviewer and the store.
        start: filter and order at the beginning.
        keymap: which key does what.
        linker: links the words of a pair.
        warm: loads what judges edits, once the first pair is on the screen.

    Raises:
        MissingExtraError: Textual is not installed.
        UsageError: there is no terminal, or the filter cannot be read.
        StoreError: the store cannot be read.
    """
    require_terminal()
    from mt.review.terminal.app import ReviewApp

    app = ReviewApp(session, start, keymap, linker or LateLinker(), warm)
    app.run(mouse=False)
    if app.failure is not None:
        raise app.failure
    return app.saved


def require_terminal() -> None:
    """Raise where Textual is not installed, or where input or output is no terminal that can be drawn on."""
    if find_spec("textual") is None:
        raise MissingExtraError("The terminal front end", "terminal")
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "Reviewing needs a terminal for its input and its output.",
            "Over ssh: ssh -t HOST mt review. In the browser: mt serve",
        )
    if os.environ.get("TERM", "") in ("dumb", "unknown"):
        raise UsageError(
            f"The terminal {os.environ['TERM']!r} cannot be drawn on.",
            "Set TERM, for example TERM=xterm-256color, or review in the browser: mt serve",
        )
