"""What may be typed next into a filter: its keys, and behind a key the values that the store knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from mt.data import Origin
from mt.pipeline.filters import known_checks
from mt.store import Status, Store
from mt.store.filters import KEYS, quoted

OFFERED = 20
"""Values that are offered at a time."""

SCORES = {
    "<0.3": "lower than 0.3",
    "<0.5": "lower than 0.5",
    "0.5..0.7": "from 0.5 to 0.7",
    ">0.9": "higher than 0.9",
}

_TERM = re.compile(r"(?P<minus>-?)(?P<key>[A-Za-z]*)(?P<colon>:?)(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be put into a filter.

    Attributes:
        text: with what stands behind it: a colon behind a key, a space behind a value.
        label: what it means; empty where it says so itself.
    """

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Offers for the end of a filter.

    Attributes:
        start: offset from which on an offer takes the place of what was typed.
        offers: the likely ones first.
    """

    start: int
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """The last term of a filter.

    Attributes:
        start: where what is being typed begins: the term, or its value behind the last comma.
        key: in lower case; empty where none is typed yet.
        typed: the key or the value so far, a minus included; None where it is text to search for.
    """

    start: int
    key: str
    typed: str | None


def complete(store: Store, text: str, today: date) -> Completion:
    """What may stand at the end of a filter.

    Args:
        store: its documents, reviewers and checks are offered.
        text: what is typed, up to the cursor.
        today: the present day in UTC.
    """
    term = last_term(text)
    if term.typed is None:
        return Completion(term.start)
    if not term.key:
        return Completion(term.start, tuple(_keys(term.typed)))
    offers = (Offer(f"{value} ", label) for value, label in _values(store, term.key, term.typed, today))
    return Completion(term.start, tuple(islice(offers, OFFERED)))


def last_term(text: str) -> Term:
    """Which term of a filter is being typed at its end."""
    start, open_quote = _last_start(text)
    match = _TERM.fullmatch(text, start)
    assert match is not None
    if not match["colon"]:
        searched = bool(match["rest"])
        return Term(start, "", None if searched else match["minus"] + match["key"])
    begin = match.end("colon")
    value = max(begin, text.rfind('"', begin) if open_quote else text.rfind(",", begin) + 1)
    return Term(value, match["key"].lower(), text[value + open_quote :])


def _last_start(text: str) -> tuple[int, bool]:
    """Where the last term begins, and whether a quote is open at the end."""
    start, open_quote, escaped = 0, False, False
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\" and open_quote:
            escaped = True
        elif sign == '"':
            open_quote = not open_quote
        elif sign.isspace() and not open_quote:
            start = place + 1
    return start, open_quote


def _keys(typed: str) -> Iterator[Offer]:
    minus = typed[:1] if typed.startswith("-") else ""
    for name, about in KEYS.items():
        if name.startswith(typed.removeprefix("-").lower()) and (not minus or name == "check"):
            yield Offer(f"{minus}{name}:", about)


def _values(store: Store, key: str, typed: str, today: date) -> Iterator[tuple[str, str]]:
    if key == "doc":
        for info in store.search_documents(typed, OFFERED, counts=False):
            yield quoted(info.id), info.base_name
    elif key == "score":
        yield from ((value, label) for value, label in SCORES.items() if value.startswith(typed))
    elif key == "date":
        yield from ((value, label) for value, label in _days(today) if value.startswith(typed))
    else:
        names = {
            "check": lambda: known_checks(store),
            "status": lambda: [*Status, "any"],
            "origin": lambda: list(Origin),
            "reviewer": store.reviewers,
        }.get(key, list)()
        yield from ((quoted(name), "") for name in names if typed.lower() in name.lower())


def _days(today: date) -> Iterator[tuple[str, str]]:
    yield today.isoformat(), "today"
    yield (today - timedelta(1)).isoformat(), "yesterday"
    yield f"{(today - timedelta(7)).isoformat()}..", "the last seven days"
