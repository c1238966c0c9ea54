"""The API: one function for each request, from a checked call to plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from mt.data import Finding, Severity
from mt.errors import UsageError
from mt.review import KEYS, ReviewSession, diff
from mt.review.completion import complete
from mt.review.words import CATEGORIES, LEVELS, ORDERS, REASONS, SEVERITIES
from mt.serve.call import Call
from mt.serve.desk import Desk
from mt.serve.records import (
    Record,
    changes_record,
    decided_record,
    document_record,
    finding_record,
    summary_record,
    view_record,
)
from mt.store import Order, PairQuery, Saved, SavedFilter, Status, StoredPair

PAGE = 50
LONGEST_PAGE = 200

ORDER_NAMES = {order.value: order for order in Order}

Handler = Callable[[Desk, Call], Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody changed the pair first: what stands there now, and what was to be saved."""

    record: Record


def words(_desk: Desk, _call: Call) -> Record:
    """The words that the page says and offers: filters, orders, statuses, reasons, error categories, scores."""
    levels = [{"word": word, "below": end if end <= 1 else None} for word, end in LEVELS.items()]
    return {
        "filters": KEYS,
        "orders": {order.value: label for order, label in ORDERS.items()},
        "statuses": [status.value for status in Status],
        "reasons": REASONS,
        "categories": CATEGORIES,
        "severities": SEVERITIES,
        "levels": levels,
    }


def suggestions(desk: Desk, call: Call) -> Record:
    """What may stand at the end of a filter, and where what it takes the place of begins."""
    found = complete(desk.store, call.text("filter", "", 2000), datetime.now(UTC).date())
    return {"start": found.start, "offers": [asdict(one) for one in found.offers]}


# The queue


def queue(desk: Desk, call: Call) -> Record:
    """The first pairs that fit, whoever holds them."""
    session, query = desk.session(call.reviewer), desk.query(call.text("filter", ""))
    limit = call.integer("limit", PAGE, 1, LONGEST_PAGE)
    offset = call.integer("offset", 0)
    found = session.queue.peek(query, call.choice("order", ORDER_NAMES, "worst"), limit + 1, offset)
    return {"pairs": [summary_record(one) for one in found[:limit]], "more": len(found) > limit}


def count(desk: Desk, call: Call) -> Record:
    """How many pairs fit."""
    query = desk.query(call.text("filter", ""))
    return {"count": desk.session(call.reviewer).queue.remaining(query)}


def next_pair(desk: Desk, call: Call) -> Record:
    """The next pair, held for the reviewer; a pair that is named is given back first."""
    session, wanted = desk.session(call.reviewer), _wanted(desk, call)
    if call.values.get("release") is not None:
        session.queue.release([call.integer("release")])
    return {"pair": _next(desk, session, wanted)}


def release(desk: Desk, call: Call) -> Record:
    """Give pairs back that the reviewer holds."""
    desk.session(call.reviewer).queue.release(call.integers("pairs"))
    return {}


Wanted = tuple[PairQuery, Order]
"""Which pair comes next."""


def _wanted(desk: Desk, call: Call) -> Wanted:
    return desk.query(call.text("filter", "")), call.choice("order", ORDER_NAMES, "worst")


def _next(desk: Desk, session: ReviewSession, wanted: Wanted) -> Record | None:
    stored = session.next(*wanted)
    return _view(desk, session, stored.id) if stored else None


# One pair


def pair(desk: Desk, call: Call) -> Record:
    """A pair with everything that helps to decide."""
    number = desk.pair(call.path["pair"]).id
    return {"pair": _view(desk, desk.session(call.reviewer), number)}


def hold(desk: Desk, call: Call) -> Record:
    """A pair, held for the reviewer where nobody else holds it; a pair that is named is given back."""
    session, number = desk.session(call.reviewer), desk.pair(call.path["pair"]).id
    if call.values.get("release") is not None:
        session.queue.release([call.integer("release")])
    session.queue.hold(number)
    return {"pair": _view(desk, session, number)}


def links(desk: Desk, call: Call) -> Record:
    """Which words of a pair translate one another, as indices of white-space tokens."""
    texts = desk.pair(call.path["pair"]).pair
    return {"links": desk.linker(texts.source, texts.target)}


def judge(desk: Desk, call: Call) -> Record:
    """What an edit would be worth: its difference, score and findings. Nothing is written."""
    stored, target = desk.pair(call.path["pair"]), call.text("target")
    found = desk.session(call.reviewer).judge(stored.id, target)
    return {
        "changes": changes_record(diff(stored.pair.target, target)),
        "score": found.value if found else None,
        "findings": [finding_record(one) for one in found.findings] if found else [],
    }


def verdict(desk: Desk, call: Call) -> Record | Conflict:
    """Record a decision on the version of the pair that the reviewer saw.

    With ``then`` (a filter and an order) the answer brings the next pair, and the decided one in short.
    """
    session, number = desk.session(call.reviewer), desk.pair(call.path["pair"]).id
    version, note = call.integer("version"), call.text("note", "", 2000)
    said = call.text("verdict", longest=20)
    target = call.text("target") if said == "edit" else ""
    table: dict[str, Callable[[], Saved]] = {
        "accept": lambda: session.accept(number, version, note),
        "edit": lambda: session.edit(number, version, target, note),
        "reject": lambda: session.reject(number, version, note),
        "skip": lambda: session.skip(number, version, note),
        "flag": lambda: session.flag(number, version, note),
        "comment": lambda: session.comment(number, version, note),
        "undo": lambda: session.undo_pair(number, version),
    }
    decide = call.choice("verdict", table)
    then = call.inner("then")
    wanted = _wanted(desk, then) if then else None
    saved = decide()
    if saved.saved and wanted is not None:
        return {"saved": True, "pair": decided_record(saved.pair), "next": _next(desk, session, wanted)}
    return _answer(desk, session, saved, call.values.get("target"))


def undo(desk: Desk, call: Call) -> Record | Conflict:
    """Take back the reviewer's newest decision that still counts, or with ``bulk`` the newest of many at once."""
    session = desk.session(call.reviewer)
    if call.values.get("bulk") is not None and call.flag("bulk"):
        undone, left = session.undo_bulk()
        return {"pair": None, "undone": undone, "left": left}
    saved = session.undo()
    return {"pair": None} if saved is None else _answer(desk, session, saved, None)


def judge_finding(desk: Desk, call: Call) -> Record:
    """Dismiss a finding as a false alarm, or take that back."""
    session, number = desk.session(call.reviewer), desk.pair(call.path["pair"]).id
    finding = Finding(
        check=call.text("check", longest=100),
        severity=call.choice("severity", {one.value: one for one in Severity}),
        message=call.text("message", longest=2000),
        side=call.text("side", longest=10),
        span=call.span("span"),
    )
    (session.dismiss if call.flag("dismissed") else session.restore)(number, finding)
    return {"pair": _view(desk, session, number)}


def mark(desk: Desk, call: Call) -> Record:
    """Mark an error in the text of a pair."""
    session, number = desk.session(call.reviewer), desk.pair(call.path["pair"]).id
    span = call.span("span")
    if span is None:
        raise UsageError("A mark needs a span.", "Select the words in the text.")
    category, severity = call.text("category", longest=100), call.text("severity", longest=20)
    side, note = call.text("side", "target", 10), call.text("note", "", 2000)
    session.mark(number, category, severity, span, side, note)
    return {"pair": _view(desk, session, number)}


def unmark(desk: Desk, call: Call) -> Record:
    """Take a mark back."""
    session, number = desk.session(call.reviewer), desk.pair(call.path["pair"]).id
    session.unmark(call.path["span"])
    return {"pair": _view(desk, session, number)}


def split(desk: Desk, call: Call) -> Record:
    """Split the bead of a pair after its first source and target segments."""
    session, stored = desk.session(call.reviewer), desk.pair(call.path["pair"])
    sources, targets = call.integer("sources", high=100), call.integer("targets", high=100)
    done = session.split(stored.document, stored.position, sources, targets)
    return _beads_changed(session, stored, done)


def merge(desk: Desk, call: Call) -> Record:
    """Make one bead of the bead of a pair and the next one."""
    session, stored = desk.session(call.reviewer), desk.pair(call.path["pair"])
    done = session.merge(stored.document, stored.position)
    return _beads_changed(session, stored, done)


def _beads_changed(session: ReviewSession, old: StoredPair, done: bool) -> Record:
    """Whether the beads were changed, and the pair that now stands at the place."""
    there = session.pair_at(old.document, old.position) if done else None
    return {"changed": done, "pair": there.id if there else None}


def difference(_desk: Desk, call: Call) -> Record:
    """What changed between two texts."""
    return {"changes": changes_record(diff(call.text("before"), call.text("after")))}


def _view(desk: Desk, session: ReviewSession, number: int) -> Record:
    with desk.store.snapshot():
        view = session.view(number)
        info = desk.document(view.stored.document, fresh=False)
    return view_record(view, info)


def _answer(desk: Desk, session: ReviewSession, saved: Saved, wanted: Any) -> Record | Conflict:
    """The pair as it stands after a decision, or the conflict with what stood there first."""
    record: Record = {"saved": saved.saved, "pair": _view(desk, session, saved.pair.id)}
    if saved.saved:
        return record
    if isinstance(wanted, str):
        record["wanted"] = wanted
        record["changes"] = changes_record(diff(saved.pair.pair.target, wanted))
    return Conflict(record)


# Many pairs


def accept_all(desk: Desk, call: Call) -> Record:
    """Accept every pair that fits and has no error; says what was left and why."""
    result = desk.session(call.reviewer).accept_all(desk.query(call.text("filter")))
    return {**asdict(result), "summary": result.summary}


def filters(desk: Desk, _call: Call) -> Record:
    """The saved filters."""
    return {"filters": [one._asdict() for one in desk.store.filters()]}


def save_filter(desk: Desk, call: Call) -> Record:
    """Keep a filter under a name."""
    name, text = " ".join(call.text("name", longest=80).split()), call.text("filter", longest=2000)
    if not name:
        raise UsageError("A saved filter needs a name.")
    desk.query(text)
    order = call.choice("order", ORDER_NAMES, "worst")
    desk.store.save_filter(SavedFilter(name, text, order.value, call.reviewer))
    return filters(desk, call)


def remove_filter(desk: Desk, call: Call) -> Record:
    """Forget a saved filter."""
    desk.store.remove_filter(call.text("name", longest=80))
    return filters(desk, call)


# Documents


def documents(desk: Desk, call: Call) -> Record:
    """Documents with their progress, the newest first, old versions left out."""
    limit, offset = call.integer("limit", PAGE, 1, LONGEST_PAGE), call.integer("offset", 0)
    found = desk.store.search_documents(call.text("text", "", 200), limit + 1, offset)
    return {"documents": [document_record(info) for info in found[:limit]], "more": len(found) > limit}


def document(desk: Desk, call: Call) -> Record:
    """One document with its progress."""
    return {"document": document_record(desk.document(call.path["document"]))}
