"""Every error that `mt` raises on purpose.

    MTError                       1   base; never raised itself
    ├── UsageError                2   the call is wrong: a missing file, an unknown option or name
    ├── FormatError               3   a file cannot be read or written as the format it claims to be
    ├── EngineError               4   a model or an engine cannot do its work
    │   └── MissingExtraError     4   an optional dependency is not installed
    ├── StoreError                5   the store cannot be opened, locked or written
    └── FailedSegmentsError       6   the run finished, but some segments have no result

A message says what and where; the hint says what to type next.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MTError(Exception):
    """An error with a message for the user, a hint and an exit code.

    Args:
        message: what is wrong and where, one sentence.
        hint: what to type or change next; empty when there is nothing to say.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(MTError):
    """The call cannot be carried out as it was typed."""

    exit_code = 2


class FormatError(MTError):
    """A file is not what its format asks for; the message names file and line where known."""

    exit_code = 3


class EngineError(MTError):
    """A model or engine is missing, broken or unreachable."""

    exit_code = 4


class MissingExtraError(EngineError):
    """An optional dependency is needed and not installed.

    Args:
        what: the feature that needs it, as the subject of a sentence.
        extra: the name of the extra in pyproject.toml.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra [{extra}].", f"Install it: pip install 'mt-workbench[{extra}]'"
        )
        self.extra = extra


class StoreError(MTError):
    """The store cannot be opened, migrated, locked or written."""

    exit_code = 5


class FailedSegmentsError(MTError):
    """The run finished and some segments are stored as failed."""

    exit_code = 6


def unknown_name(what: str, name: str, known: Iterable[str]) -> UsageError:
    """An error for a name that is not in a table, which lists the nearest known ones.

    Args:
        what: the kind of thing, for example ``"format"``.
        name: what the user typed.
        known: the names that exist.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(names) or 'none'}."
    return UsageError(f"Unknown {what} {name!r}.", hint)
