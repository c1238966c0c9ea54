"""One key for each action, which a reviewer may change in ``mt.toml``.

[review.keys]
accept = "y"
word_right = "ctrl+f"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mt.errors import UsageError, unknown_name


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does.

    Attributes:
        name: as it is written in ``mt.toml``.
        key: the one it has where none is given.
        label: what it does, for the help.
        short: the same in a word for the last line of the screen, or empty where it is not shown there.
        group: heading in the help.
    """

    name: str
    key: str
    label: str
    short: str = ""
    group: str = "Decide"


ACTIONS = (
    Action("accept", "a", "accept the pair as it stands", "accept"),
    Action("edit", "e", "edit the target; Enter saves, Esc leaves", "edit"),
    Action("reject", "r", "reject the pair, with a reason", "reject"),
    Action("skip", "s", "skip the pair for now", "skip"),
    Action("undo", "u", "undo the last decision, as often as there is one", "undo"),
    Action("flag", "f", "flag the pair for somebody else", "flag"),
    Action("comment", "c", "comment without deciding"),
    Action("dismiss", "d", "dismiss a finding as a false alarm, or take that back"),
    Action("mark", "m", "mark the words at the cursor as an error (MQM)"),
    Action("bulk", "b", "accept all that fit the filter, but those with an error"),
    Action("next", "n", "next pair of the queue, without deciding", "next", "Move"),
    Action("previous", "p", "pair before this one in the document", "", "Move"),
    Action("following", "o", "pair behind this one in the document", "", "Move"),
    Action("document", "v", "view the document: as it reads, its pairs, its file", "document", "Move"),
    Action("search", "/", "filter: words, check:number, score:<0.5; Up for saved ones", "filter", "Move"),
    Action("order", "w", "worst first, document order, most uncertain first", "", "Move"),
    Action("up", "up", "scroll up", "", "Look"),
    Action("down", "down", "scroll down", "", "Look"),
    Action("page_up", "pageup", "scroll up by a page", "", "Look"),
    Action("page_down", "pagedown", "scroll down by a page; history and reasons stand below", "", "Look"),
    Action("word_right", "right", "next word; its translation lights up", "", "Look"),
    Action("word_left", "left", "word before", "", "Look"),
    Action("extend_right", "shift+right", "select to the next word", "", "Look"),
    Action("extend_left", "shift+left", "select to the word before", "", "Look"),
    Action("side", "tab", "word cursor to the other side", "", "Look"),
    Action("split", "x", "split the segments of an aligned pair", "", "Alignment"),
    Action("merge", "j", "join an aligned pair with the next one", "", "Alignment"),
    Action("help", "?", "this help", "help", "Program"),
    Action("quit", "q", "leave; everything is saved", "quit", "Program"),
)
"""Every action in the order of the help."""

MOVING = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")

CONTROLLED = "abdefgklnoprtuvwxy"
"""Letters with Ctrl that terminals keep apart from other keys and do not take for themselves."""

NAMES = frozenset(
    [
        *MOVING,
        *("enter", "tab", "space", "backspace", "delete", "insert"),
        *(f"shift+{name}" for name in (*MOVING, "tab")),
        *(f"ctrl+{name}" for name in (*MOVING, *CONTROLLED)),
        *(f"f{number}" for number in range(1, 13)),
    ]
)
"""Keys that have a name instead of a sign."""

SHOWN = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "tab": "Tab",
}


class Keymap:
    """Which key does what.

    Args:
        own: keys by action that replace the ones of :data:`ACTIONS`.

    Raises:
        UsageError: an unknown action or key, or a key that two actions share; the message names them.
    """

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        keys = {action.name: action.key for action in ACTIONS}
        for name, key in (own or {}).items():
            if name not in keys:
                error = unknown_name("action in [review.keys]", name, keys)
                raise UsageError(error.message, error.hint)
            keys[name] = _checked(name, key)
        actions: dict[str, str] = {}
        for name, key in keys.items():
            if key in actions:
                raise UsageError(
                    f"[review.keys] gives the key {key!r} to {actions[key]} and to {name}.",
                    f'Give one of them another key: {name} = "..."',
                )
            actions[key] = name
        self._keys = keys
        self._actions = actions

    def key(self, action: str) -> str:
        """The key of an action, as it is shown."""
        key = self._keys[action]
        before, _, name = key.rpartition("+")
        shown = SHOWN.get(name or key, name or key)
        return f"{before.capitalize()}+{shown}" if before else shown

    def action(self, key: str, character: str | None) -> str:
        """What a key press means: an action, ``use 1`` for a digit, or an empty text.

        Args:
            key: its name as the terminal library says it.
            character: the sign that it types, where it types one.
        """
        sign = character if character and character.isprintable() and character != " " else key
        if len(sign) == 1 and sign in "123456789":
            return f"use {sign}"
        return self._actions.get(sign, "")


def _checked(action: str, key: object) -> str:
    """A key that can be pressed and that is free to be given away."""
    where = f"[review.keys] {action} = {key!r}"
    if not isinstance(key, str) or not key:
        raise UsageError(f"{where} is no key.", 'Give a sign or a name: "y", "f5", "ctrl+k".')
    if re.fullmatch("[1-9]", key):
        raise UsageError(f"{where}: the digits take over a suggestion.", "Give another key.")
    if len(key) == 1 and key.isprintable() and key != " ":
        return key
    name = key.lower()
    if name not in NAMES:
        error = unknown_name("key", key, NAMES)
        raise UsageError(f"{where}: {error.message}", error.hint)
    return name
