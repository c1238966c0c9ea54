"""Reads a command line that holds nothing out of the ordinary, as typer would, without importing typer.

Anything else is left to typer: help, a mistake, an abbreviation, several short options in one word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from mt.cli.options import Argument, Option


class _OutOfTheOrdinary(Exception):  # noqa: N818
    """The words need typer."""


class _Parameter(NamedTuple):
    """What one name on the command line sets: a parameter, and the flag's value or how to read its value."""

    name: str
    flag: bool | None
    read: Callable[[str], Any]


def read(function: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """The arguments to call a command with, those that were not given left out; None where typer must read them.

    Args:
        function: its parameters are declared as in :mod:`mt.cli.options`.
        words: behind the command's name.
    """
    rest = ""
    named: dict[str, _Parameter] = {}
    found: dict[str, Any] = {}
    for name, hint in get_type_hints(function, include_extras=True).items():
        for own in getattr(hint, "__metadata__", ()):
            kinds = get_args(hint.__origin__) or (hint.__origin__,)
            kind = next(kind for kind in kinds if kind is not NoneType)
            if isinstance(own, Argument):
                rest = name
            elif isinstance(own, Option):
                named |= dict(_names(name, own, kind))
    try:
        for name, value in _values(iter(words), rest, named):
            if name == rest:
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
    except (ValueError, _OutOfTheOrdinary):
        return None
    return found


def _names(name: str, option: Option, kind: Any) -> Iterator[tuple[str, _Parameter]]:
    """Every name of an option, and what it sets."""
    for names in option.names:
        for place, one in enumerate(names.split("/")):
            yield one, _Parameter(name, place == 0 if kind is bool else None, _reader(kind, option.min))


def _reader(kind: Any, least: float | None) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        value = kind(text)
        if least is not None and value < least:
            raise _OutOfTheOrdinary
        return value

    return kind if issubclass(kind, Enum) or least is None else number


def _values(words: Iterator[str], rest: str, named: dict[str, _Parameter]) -> Iterator[tuple[str, Any]]:
    """Parameters with their values, in the order of the words."""
    for word in words:
        if not word.startswith("-") or word == "-":
            if not rest:
                raise _OutOfTheOrdinary
            yield rest, word
            continue
        name, mark, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name not in named or (mark and named[name].flag is not None):
            raise _OutOfTheOrdinary
        parameter = named[name]
        if parameter.flag is not None:
            yield parameter.name, parameter.flag
            continue
        value = value if mark else next(words, "-")
        if value.startswith("-") and not mark:
            raise _OutOfTheOrdinary
        yield parameter.name, parameter.read(value)
