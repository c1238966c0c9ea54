"""Questions to the reviewer: a line to type, a choice by one key, a text to read. Escape leaves each of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mt.review.terminal.lines import Lines

Check = Callable[[str], Awaitable[str]]
"""Says what is wrong with what was typed; an empty text where nothing is."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer.

    Attributes:
        key: what chooses it.
        label: what it says.
        value: what is given back.
    """

    key: str
    label: Content
    value: str


def numbered(labels: Sequence[str | Content]) -> list[Option]:
    """Options chosen by digits, and by letters where there are more than nine."""
    keys = "123456789" if len(labels) <= 9 else LETTERS
    return [
        Option(key, label if isinstance(label, Content) else Content(label), str(place))
        for place, (key, label) in enumerate(zip(keys, labels, strict=False))
    ]


class Choice(ModalScreen[str | None]):
    """A question with a few answers; gives the value of the one that was chosen, or None.

    Args:
        title: the question.
        options: the answers.
        body: what helps to answer.
    """

    def __init__(self, title: str, options: Sequence[Option], body: Content | None = None) -> None:
        super().__init__()
        self._asked = title
        self._options = options
        self._body = body
        self._place = 0

    def compose(self) -> ComposeResult:
        """The question in a frame at the bottom."""
        with Vertical(classes="dialog"):
            yield Static(Content.styled(self._asked, "bold"), classes="title")
            with VerticalScroll(can_focus=False):
                if self._body is not None:
                    yield Static(self._body, classes="dialog-body")
                yield Static(self._drawn(), id="options")
            yield Static(Content.styled("↑ ↓ Enter, or the key in front; Esc leaves", "dim"), classes="hint")

    def _drawn(self) -> Content:
        lines = []
        for place, option in enumerate(self._options):
            line = Content.assemble((f" {option.key} ", "bold"), " ", option.label, " ")
            lines.append(line.stylize("reverse") if place == self._place else line)
        return Content("\n").join(lines)

    def on_key(self, event: events.Key) -> None:
        """Choose, move or leave."""
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(self._options[self._place].value)
        elif event.key in ("up", "down"):
            self._place = (self._place + (1 if event.key == "down" else -1)) % len(self._options)
            self.query_one("#options", Static).update(self._drawn())
        else:
            for option in self._options:
                if event.character == option.key:
                    self.dismiss(option.value)


class Prompt(ModalScreen[str | None]):
    """A line to type; gives the text, or None.

    Args:
        title: what is asked.
        value: what stands there already.
        suggestions: texts that Up and Down bring into the line, with a name each.
        digits: whether a digit as the first thing typed takes the suggestion of that number.
        check: says what is wrong with the text; it stays open then.
        required: whether an empty line is refused.
        keys: further keys, each with what it does with the text; that says what to tell the reviewer.
        hint: what these keys do.
    """

    def __init__(
        self,
        title: str,
        value: str = "",
        *,
        suggestions: Sequence[tuple[str, str]] = (),
        digits: bool = False,
        check: Check | None = None,
        required: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__()
        self._asked = title
        self._value = value
        self._suggestions = suggestions
        self._digits = digits
        self._check = check
        self._required = required
        self._hint = hint
        self._place = -1

    def compose(self) -> ComposeResult:
        """The line in a frame at the bottom."""
        with Vertical(classes="dialog"):
            yield Static(Content.styled(self._asked, "bold"), classes="title", id="title")
            yield Input(self._value, id="line", compact=True, select_on_focus=False)
            yield Static(self._below(), classes="hint", id="below")

    def _below(self, problem: str = "") -> Content:
        if problem:
            return Content.styled(problem, "bold ansi_red")
        if self._digits:
            parts = [f"{number} {text}" for number, (text, _) in enumerate(self._suggestions, 1)]
            return Content.styled("   ".join(parts), "dim")
        return Content.styled(self._hint or "Enter saves, Esc leaves", "dim")

    @property
    def line(self) -> Input:
        """The line."""
        return self.query_one("#line", Input)

    def on_mount(self) -> None:
        """Begin to type at the end."""
        self.line.focus()
        self.line.cursor_position = len(self._value)

    async def on_key(self, event: events.Key) -> None:
        """Leave, or bring a suggestion into the line."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in ("up", "down") and self._suggestions and not self._digits:
            event.stop()
            self._bring(-1 if event.key == "down" else 1)

    def _bring(self, step: int) -> None:
        self._place = (self._place + step) % len(self._suggestions)
        name, text = self._suggestions[self._place]
        self.line.value = text
        self.line.cursor_position = len(text)
        self.query_one("#title", Static).update(Content.assemble((self._asked, "bold"), f"  {name}"))

    async def on_input_changed(self, event: Input.Changed) -> None:
        """A lone digit takes a suggestion."""
        if self._digits and event.value in ("123456789"[: len(self._suggestions)]) and len(event.value) == 1:
            self.dismiss(self._suggestions[int(event.value) - 1][1])

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the text back, unless something is wrong with it."""
        event.stop()
        text = event.value.strip()
        problem = "Say something, or press Esc." if self._required and not text else ""
        if not problem and self._check is not None:
            problem = await self._check(text)
        if problem:
            self.query_one("#below", Static).update(self._below(problem))
        else:
            self.dismiss(text)


class Reading(ModalScreen[None]):
    """A text over the whole screen, to scroll through.

    Args:
        asked: what it is.
        lines: the text, in lines for a width.
    """

    def __init__(self, asked: str, lines: Callable[[int], list[Content]]) -> None:
        super().__init__()
        self._asked = asked
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The text between a title and a hint."""
        yield Static(Content.styled(self._asked, "bold"), classes="title")
        yield Lines("lines")
        yield Static(Content.styled("↑ ↓ PgUp PgDn scroll; any other key leaves", "dim"), classes="hint")

    def on_resize(self) -> None:
        """Write the text for the width there is."""
        self.query_one(Lines).write(self._lines(max(20, self.size.width - 3)))

    def on_key(self, event: events.Key) -> None:
        """Scroll or leave."""
        event.stop()
        lines = self.query_one(Lines)
        many = len(lines.lines)
        steps = {
            "up": -1,
            "down": 1,
            "pageup": -lines.page,
            "pagedown": lines.page,
            "space": lines.page,
            "home": -many,
            "end": many,
        }
        if event.key in steps:
            lines.scroll(steps[event.key])
        else:
            self.dismiss(None)
