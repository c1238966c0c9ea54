"""A filter as it is typed, made a query of one store: its documents found, its checks known."""

from __future__ import annotations

from itertools import chain

from mt.errors import unknown_name
from mt.quality import FINDINGS
from mt.store import PairQuery, Status, Store
from mt.store.filters import parse_filter, resolve


def read_filter(store: Store, text: str, statuses: tuple[Status, ...] = (Status.OPEN,)) -> PairQuery:
    """Read a filter.

    Args:
        store: where its documents and checks are.
        text: as it is typed.
        statuses: what is meant where the filter names none; no status is any.

    Raises:
        UsageError: it cannot be read, or names a document or a check that there is not.
    """
    return look_up(store, parse_filter(text, statuses))


def look_up(store: Store, query: PairQuery) -> PairQuery:
    """The query with the documents that the typed names mean.

    Raises:
        UsageError: a name fits no document, or several; or no check has such a name.
    """
    asked = [*chain.from_iterable(query.checks), *query.without_checks]
    if not set(asked) <= set(FINDINGS):
        known = known_checks(store)
        for name in asked:
            if name not in known:
                raise unknown_name("check", name, known)
    return resolve(store, query)


def known_checks(store: Store) -> list[str]:
    """Names of the checks that this program has, then of others whose findings are in the store."""
    return list(dict.fromkeys([*FINDINGS, *store.checks()]))
