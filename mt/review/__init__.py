"""Review: what is next, and what the human decided. No screen is known here; front ends hold no logic.

session = ReviewSession(store, "anna", judge=judge)
query = read_filter(store, "check:number score:<0.5")
task = session.next(query)
session.edit(task.id, task.version, "The train leaves at 9.30.")
session.undo()
"""

from __future__ import annotations

from mt.pipeline.filters import look_up, read_filter
from mt.review.diff import Change, diff
from mt.review.queue import Queue
from mt.review.session import BulkResult, PairView, ReviewSession, SeenFinding
from mt.review.statistics import ReviewStatistics, collect_statistics
from mt.store.filters import KEYS, parse_filter, resolve, write_filter

__all__ = [
    "KEYS",
    "BulkResult",
    "Change",
    "PairView",
    "Queue",
    "ReviewSession",
    "ReviewStatistics",
    "SeenFinding",
    "collect_statistics",
    "diff",
    "look_up",
    "parse_filter",
    "read_filter",
    "resolve",
    "write_filter",
]
