"""The filter that a user types: a query of pairs, written the same in a URL and on the command line.

    score:<0.5 check:number,quote -check:length doc:artikel.txt "koninklijk besluit"

Words and quoted phrases are searched in source and target. Every other term is ``key:value``; values
separated by commas are alternatives, terms must all hold. Dates are days in UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from mt.data import Origin
from mt.errors import UsageError, unknown_name
from mt.store.core import Store
from mt.store.records import Status
from mt.store.search import PairQuery

KEYS: dict[str, str] = {
    "doc": "document: identifier, its beginning, or the name",
    "status": "open, accepted, edited, rejected, skipped, flagged, or any; without it: open",
    "score": "0.5, <0.5, <=0.5, >0.5, >=0.5, 0.2..0.5",
    "check": "name of a check that found something; -check:name for none",
    "origin": "engine, aligned, imported, human, memory or copy",
    "reviewer": "who decided last",
    "date": "when: 2026-03-01, 2026-03-01.., ..2026-03-31, 2026-03-01..2026-03-31, also 2026-03-01T12:30..",
}
"""Every key with what may follow it."""

_TERM = re.compile(
    r'(?P<minus>-?)(?:(?P<key>[A-Za-z]+):)?(?P<values>(?:"(?:[^"\\]|\\.)*"|[^\s"])*)', re.DOTALL
)
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,"]+)', re.DOTALL)
_PLAIN = re.compile(r"\w[\w.'’-]*\*?")
_UNSET = (Status.OPEN,)

Value = TypeVar("Value", Status, Origin)


@dataclass(frozen=True, slots=True)
class _Term:
    minus: bool
    key: str
    values: tuple[str, ...]


def parse_filter(text: str, statuses: tuple[Status, ...] = _UNSET) -> PairQuery:
    """Read a filter. Its documents are as typed; :func:`resolve` finds them in a store.

    Args:
        text: as it is typed.
        statuses: what is meant where the filter names none; no status is any.

    Raises:
        UsageError: an unknown key or value; the message names it.
    """
    query = PairQuery(statuses=statuses)
    given: set[str] = set()
    for term in _terms(text):
        if term.key and term.key not in KEYS:
            error = unknown_name("filter", term.key, KEYS)
            raise UsageError(
                error.message, f'{error.hint} To search for the text itself, quote it: "{term.key}:"'
            )
        if term.minus and term.key != "check":
            raise UsageError(
                f"Only checks can be left out, not {term.key or 'words'}.",
                "Write -check:NAME, or quote the text.",
            )
        if term.key in given and term.key not in ("check", "doc", ""):
            raise UsageError(f"The filter names {term.key} twice.", "Separate alternatives with commas.")
        given.add(term.key)
        query = _with(query, term)
    if "status" not in given and given & {"reviewer", "date"}:
        query = query._replace(statuses=())
    return query


def _terms(text: str) -> Iterable[_Term]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TERM.match(text, position)
        if match is None or text[match.end() : match.end() + 1] == '"':
            raise UsageError(f"The filter has a quote that is not closed: {text[position:]}")
        position = match.end()
        minus, key, raw = match["minus"], match["key"], match["values"]
        if key is None and not minus and '"' not in raw:
            yield _Term(False, "", (raw,))
            continue
        values = tuple(_unescaped(quoted) or plain for quoted, plain in _VALUE.findall(raw))
        if key and not values:
            raise UsageError(f"The filter {key}: has no value.", f"It takes {KEYS.get(key.lower(), 'one')}.")
        yield _Term(bool(minus), (key or "").lower(), values)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _with(query: PairQuery, term: _Term) -> PairQuery:
    """The query with one more condition."""
    values = term.values
    if term.key == "doc":
        return query._replace(documents=query.documents + values)
    if term.key == "status":
        return query._replace(statuses=() if "any" in values else _named(Status, "status", values))
    if term.key == "score":
        return query._replace(score=_score(",".join(values)))
    if term.key == "check" and term.minus:
        return query._replace(without_checks=query.without_checks + values)
    if term.key == "check":
        return query._replace(checks=(*query.checks, values))
    if term.key == "origin":
        return query._replace(origins=_named(Origin, "origin", values))
    if term.key == "reviewer":
        return query._replace(reviewers=values)
    if term.key == "date":
        since, until = _dates(",".join(values))
        return query._replace(since=since, until=until)
    return query._replace(text=query.text + values)


def _named(kind: Callable[[str], Value], what: str, values: tuple[str, ...]) -> tuple[Value, ...]:
    found = []
    for value in values:
        try:
            found.append(kind(value.lower()))
        except ValueError:
            raise unknown_name(what, value, list(kind)) from None  # type: ignore[call-overload]
    return tuple(found)


def _score(text: str) -> tuple[float | None, float | None]:
    match = re.fullmatch(r"(<=|>=|<|>)?([\d.]*?)(?:(\.\.)([\d.]*))?", text)
    try:
        if match is None:
            raise ValueError(text)
        sign, first, span, second = match.groups()
        low, high = (float(part) if part else None for part in (first, second))
    except ValueError:
        raise UsageError(f"{text!r} is no score.", f"It takes {KEYS['score']}.") from None
    if sign and low is not None and not span:
        return {
            "<": (None, math.nextafter(low, -1.0)),
            "<=": (None, low),
            ">": (math.nextafter(low, 2.0), None),
            ">=": (low, None),
        }[sign]
    if sign or (low is None and high is None):
        raise UsageError(f"{text!r} is no score.", f"It takes {KEYS['score']}.")
    return (low, high) if span else (low, low)


def _dates(text: str) -> tuple[datetime | None, datetime | None]:
    first, span, second = text.partition("..")
    since = _moment(first, text)[0] if first else None
    if not span:
        return _moment(first, text)
    until = _moment(second, text)[1] if second else None
    if since is None and until is None:
        raise UsageError(f"{text!r} is no date.", f"It takes {KEYS['date']}.")
    return since, until


def _moment(text: str, whole: str) -> tuple[datetime, datetime]:
    """Where a day begins and ends; a time of day is a moment, at which both lie."""
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            at = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            return at, at
        day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return day, day + timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError(f"{whole!r} is no date.", f"It takes {KEYS['date']}.") from None


def write_filter(query: PairQuery) -> str:
    """A filter as it is typed; reading it again gives an equal query."""
    terms = [f"doc:{quoted(name)}" for name in query.documents]
    late = bool(query.reviewers or query.since or query.until)
    if query.statuses != (() if late else _UNSET):
        terms.append("status:" + (",".join(query.statuses) or "any"))
    low, high = query.score
    if low is not None or high is not None:
        terms.append(f"score:{_decimal(low)}..{_decimal(high)}")
    terms += ["check:" + ",".join(map(quoted, group)) for group in query.checks]
    terms += [f"-check:{quoted(check)}" for check in query.without_checks]
    if query.origins:
        terms.append("origin:" + ",".join(query.origins))
    if query.reviewers:
        terms.append("reviewer:" + ",".join(map(quoted, query.reviewers)))
    if query.since or query.until:
        terms.append(f"date:{_written(query.since)}..{_written(query.until)}")
    terms += [quoted(phrase) for phrase in query.text]
    return " ".join(terms)


def _decimal(value: float | None) -> str:
    """A number in full, without an exponent."""
    return "" if value is None else format(Decimal(repr(value)), "f")


def quoted(text: str) -> str:
    """A value or a phrase as it is typed into a filter."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def resolve(store: Store, query: PairQuery) -> PairQuery:
    """The query with the documents that the typed names mean.

    Raises:
        UsageError: a name fits no document, or several.
    """
    found = tuple(store.find_document_id(name) for name in query.documents)
    return query._replace(documents=tuple(dict.fromkeys(found)))
