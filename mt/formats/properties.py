"""The part of a record that formats with named properties carry as properties: score, status, findings, history.

TMX has them as ``<prop>``, XLIFF 1.2 as ``<context>``, XLIFF 2 as metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mt.formats.exchange import STATUSES, PairRecord
from mt.formats.payload import findings_from_json, findings_to_json, history_from_json, history_to_json

_EXTRA = "x-extra:"


@dataclass(frozen=True, slots=True)
class _Property:
    """How one field of a record is written as a string and read from one; reading raises ValueError."""

    field: str
    written: Callable[[Any], str]
    read: Callable[[str], Any]


def _status(value: str) -> str:
    if value not in STATUSES:
        raise ValueError(value)
    return value


def probability(value: Any) -> float:
    """A score from a file.

    Raises:
        ValueError: it is not in 0..1; another program counts otherwise.
    """
    found = float(value)
    if not 0.0 <= found <= 1.0:
        raise ValueError(value)
    return found


_PROPERTIES = {
    "score-mt": _Property("score", repr, probability),
    "score-method": _Property("method", str, str),
    "status": _Property("status", str, _status),
    "origin": _Property("origin", str, str),
    "file": _Property("document", str, str),
    "index": _Property("index", str, int),
    "prev": _Property("previous", str, str),
    "next": _Property("following", str, str),
    "reviewer": _Property("reviewer", str, str),
    "created": _Property("created", datetime.isoformat, datetime.fromisoformat),
    "changed": _Property("changed", datetime.isoformat, datetime.fromisoformat),
    "findings": _Property("findings", findings_to_json, findings_from_json),
    "history": _Property("history", history_to_json, history_from_json),
}
_DEFAULTS = PairRecord("", "")


def properties(record: PairRecord, leave_out: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Names and values of what a record says beyond its texts; what is as in an empty record is left out.

    Args:
        record: to be written.
        leave_out: fields that the format has a place of its own for.
    """
    for name, known in _PROPERTIES.items():
        value = getattr(record, known.field)
        if known.field not in leave_out and value != getattr(_DEFAULTS, known.field):
            yield name, known.written(value)
    for name, value in record.extra:
        reserved = name in _PROPERTIES or name.startswith(_EXTRA)
        yield (_EXTRA + name if reserved else name), value


@dataclass
class Properties:
    """Properties on their way from a file into a record.

    Attributes:
        fields: fields of the record, as far as they were understood.
        extra: all that was not.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    extra: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, value: str) -> None:
        """Understand one property, or keep it as it is."""
        if name.startswith(_EXTRA):
            self.extra.append((name.removeprefix(_EXTRA), value))
            return
        known = _PROPERTIES.get(name)
        try:
            if known is None or known.field in self.fields:
                raise ValueError(name)
            self.fields[known.field] = known.read(value)
        except (ValueError, TypeError, KeyError):
            self.extra.append((name, value))
