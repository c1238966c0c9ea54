"""Which pairs hold a text: the answer of the full-text index, kept as one byte a pair and brought up to date.

To ask the index about one pair takes some 70 microseconds, as much as reading 200 pairs along the queue. A
queue whose front was decided on is read far, so a search for a common word asks the index once for all pairs.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

BYTES = 64 * 1024 * 1024
"""What is kept of the last questions, in all."""


class Stand(NamedTuple):
    """How far a store was: nothing but a new pair or a new review changes the text of a pair.

    Attributes:
        pairs, reviews: the largest identifiers ever given.
    """

    pairs: int
    reviews: int


class _Marks(NamedTuple):
    """A byte for each pair, 1 where it holds the text, and the stand for which this is true."""

    stand: Stand
    content: bytes


class MarkedPairs:
    """The marks of the last questions; threads may share them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Marks] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, question: str) -> bool:
        """Whether the marks of a question are kept, be it of an earlier stand."""
        with self._lock:
            return question in self._known

    def get(
        self,
        question: str,
        stand: Stand,
        find: Callable[[int], str],
        recheck: Callable[[int], dict[int, bool] | None],
    ) -> bytes | None:
        """The marks of a question, or None where only those of a later stand are kept.

        Args:
            question: names the text.
            stand: of the store as the asking transaction sees it.
            find: identifiers of pairs behind one that hold the text, separated by commas.
            recheck: pairs whose text changed behind a review, and whether they hold it now; None where
                there are so many that all should be found anew.
        """
        with self._lock:
            known = self._known.get(question)
        if known is not None:
            if known.stand == stand:
                return known.content
            if known.stand.pairs > stand.pairs or known.stand.reviews > stand.reviews:
                return None
        changed = recheck(known.stand.reviews) if known is not None else None
        content = bytearray(known.content if known is not None and changed is not None else b"")
        first = len(content)
        if stand.pairs > first:
            content.extend(bytes(stand.pairs - first))
            _mark(content, find(first))
        for pair, holds in (changed or {}).items():
            content[pair - 1] = holds
        marks = _Marks(stand, bytes(content))
        self._keep(question, marks)
        return marks.content

    def _keep(self, question: str, marks: _Marks) -> None:
        with self._lock:
            self._known[question] = marks
            self._known.move_to_end(question)
            while len(self._known) > 1 and sum(len(one.content) for one in self._known.values()) > BYTES:
                self._known.popitem(last=False)


def _mark(content: bytearray, pairs: str) -> None:
    # Read as JSON: to import numpy for it would take longer than to mark half a million pairs.
    for pair in json.loads(f"[{pairs}]"):
        content[pair - 1] = 1
