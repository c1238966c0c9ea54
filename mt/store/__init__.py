"""The store: documents, segments, pairs, reviews and memory, in SQLite or PostgreSQL.

    with Store.open("news.db") as store:
        document_id = store.put_document(document, "en")
        store.add_segments(document_id, document.segments)
        store.add_pairs(document_id, [PairRow(0, pair, settings)])

Protocol: :class:`mt.store.database.Database`, one transaction for reading and one for writing.
"""

from __future__ import annotations

from mt.store.core import BACKENDS, Store, default_location
from mt.store.records import (
    MEMORY,
    REVIEWED,
    Added,
    Carried,
    Dismissal,
    DocumentInfo,
    ErrorSpan,
    MemoryMatch,
    PairRow,
    Run,
    RunState,
    Saved,
    SavedFilter,
    SettingsKey,
    Status,
    StoredAlignment,
    StoredBead,
    StoredPair,
    StoredReview,
)
from mt.store.reviews import decision as decision_of
from mt.store.reviews import effective as effective_reviews
from mt.store.search import Claimant, Order, PairQuery

__all__ = [
    "BACKENDS",
    "MEMORY",
    "REVIEWED",
    "Added",
    "Carried",
    "Claimant",
    "Dismissal",
    "DocumentInfo",
    "ErrorSpan",
    "MemoryMatch",
    "Order",
    "PairQuery",
    "PairRow",
    "Run",
    "RunState",
    "Saved",
    "SavedFilter",
    "SettingsKey",
    "Status",
    "Store",
    "StoredAlignment",
    "StoredBead",
    "StoredPair",
    "StoredReview",
    "decision_of",
    "default_location",
    "effective_reviews",
]
