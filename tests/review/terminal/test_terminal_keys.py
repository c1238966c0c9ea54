"""Which key does what, and which keys cannot be given."""

from __future__ import annotations

import pytest

from mt.errors import UsageError
from mt.review.terminal.keys import ACTIONS, NAMES, Keymap


def test_every_action_has_a_key_of_its_own_and_is_done_by_the_screen() -> None:
    from mt.review.terminal.app import ReviewApp

    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    scrolling = {"up", "down", "page_up", "page_down", "help", "quit"}
    assert all(hasattr(ReviewApp, f"do_{action.name}") for action in ACTIONS if action.name not in scrolling)


def test_keys_are_signs_or_names_and_digits_take_suggestions() -> None:
    keymap = Keymap({"accept": "y", "skip": "F5", "edit": "space", "reject": "ctrl+k"})
    assert keymap.action("y", "y") == "accept"
    assert keymap.action("f5", None) == "skip"
    assert keymap.action("space", " ") == "edit"
    assert keymap.action("ctrl+k", "\x0b") == "reject"
    assert keymap.action("a", "a") == ""
    assert keymap.action("question_mark", "?") == "help"
    assert keymap.action("3", "3") == "use 3"


def test_keys_are_shown_as_people_write_them() -> None:
    keymap = Keymap({"skip": "ctrl+pagedown"})
    assert [keymap.key(name) for name in ("accept", "word_left", "extend_left", "skip", "side")] == [
        "a",
        "←",
        "Shift+←",
        "Ctrl+PgDn",
        "Tab",
    ]


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"acept": "y"}, "Did you mean accept"),
        ({"accept": "e"}, "gives the key 'e' to accept and to edit"),
        ({"accept": "1"}, "the digits"),
        ({"accept": "pagedwn"}, "Did you mean pagedown"),
        ({"accept": "ctrl+c"}, "Unknown key 'ctrl\\+c'"),
        ({"accept": ""}, "is no key"),
        ({"accept": 3}, "is no key"),
        ({"accept": " "}, "Unknown key"),
    ],
)
def test_a_key_that_cannot_be_given_is_told(own: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        Keymap(own)
    assert "[review.keys]" in str(raised.value)


def test_two_actions_may_change_their_keys_with_each_other() -> None:
    keymap = Keymap({"accept": "e", "edit": "a"})
    assert (keymap.action("e", "e"), keymap.action("a", "a")) == ("accept", "edit")


def test_keys_that_the_terminal_keeps_for_itself_have_no_name() -> None:
    assert not NAMES & {
        "ctrl+c",
        "ctrl+q",
        "ctrl+s",
        "ctrl+i",
        "ctrl+j",
        "ctrl+m",
        "ctrl+h",
        "ctrl+z",
        "escape",
    }
