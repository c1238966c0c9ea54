"""One request as the API's functions see it: who asks, and the values that came with it, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mt.errors import UsageError, unknown_name

LONGEST_TEXT = 20_000

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the guard.

    Attributes:
        reviewer: who asks.
        path: the parts of the path that vary.
        values: the query, or the members of the JSON object in the body.
    """

    reviewer: str
    path: Mapping[str, Any]
    values: Mapping[str, Any]

    def text(self, name: str, default: str | None = None, longest: int = LONGEST_TEXT) -> str:
        """A text; without a default it must be there."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise UsageError(f"{name} must be a text.")
        if len(value) > longest:
            raise UsageError(f"{name} has {len(value)} characters; {longest} is the most.")
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in value):
            raise UsageError(f"{name} holds a character that cannot be stored.")
        return value

    def integer(self, name: str, default: int | None = None, low: int = 0, high: int = 2**53) -> int:
        """A whole number within bounds; a query may give it as text."""
        value = self.values.get(name, default)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 17:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise UsageError(f"{name} must be a whole number from {low} to {high}.")
        return value

    def integers(self, name: str, most: int = 100) -> list[int]:
        """A list of whole numbers."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise UsageError(f"{name} must be a list of at most {most} whole numbers.")
        return [Call("", {}, {name: one}).integer(name) for one in value]

    def inner(self, name: str) -> Call | None:
        """An object within the object, as a call of the same reviewer; None where it is not there."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise UsageError(f"{name} must be an object.")
        return Call(self.reviewer, self.path, value)

    def flag(self, name: str) -> bool:
        """True or false; it must be there."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise UsageError(f"{name} must be true or false.")
        return value

    def choice(self, name: str, table: Mapping[str, Choice], default: str | None = None) -> Choice:
        """One of a table's values by name."""
        value = self.text(name, default, 100)
        if value not in table:
            raise unknown_name(name, value, table)
        return table[value]

    def span(self, name: str) -> tuple[int, int] | None:
        """Two offsets, or None where it is null."""
        value = self.values.get(name)
        if value is None:
            return None
        numbers = isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)
        if not numbers or not 0 <= value[0] <= value[1] < 2**31:
            raise UsageError(f"{name} must be two offsets, or null.")
        return value[0], value[1]
