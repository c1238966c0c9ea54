"""What a file of pairs said about a pair beyond the columns of the store: kept as it is, and found again by it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mt.store.database import Session
from mt.store.records import Carried


def put(session: Session, rows: Iterable[tuple[int, Carried]]) -> None:
    """Keep what is carried by new pairs."""
    session.insert(
        "carried",
        "pair, record_key, data",
        [(pair, one.key, json.dumps(dict(one.values), ensure_ascii=False)) for pair, one in rows],
    )


def load(session: Session, pair_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What pairs carry, by the pair's identifier; a pair that carries nothing is left out."""
    rows = session.rows_in("SELECT pair, data FROM carried WHERE pair IN ({})", pair_ids)
    return {pair: json.loads(data) for pair, data in rows}


def found(session: Session, keys: Sequence[int], last: int) -> dict[int, list[int]]:
    """Current pairs by their key, ascending, up to an identifier."""
    pairs: dict[int, list[int]] = {}
    for key, pair in session.rows_in(
        "SELECT c.record_key, c.pair FROM carried c JOIN pairs p ON p.id = c.pair"
        " WHERE c.pair <= ? AND p.standing < 2 AND c.record_key IN ({}) ORDER BY c.pair",
        keys,
        (last,),
    ):
        pairs.setdefault(key, []).append(pair)
    return pairs
