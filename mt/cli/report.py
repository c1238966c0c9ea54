"""The only owner of stdout, stderr and exit codes: data to stdout, talk to stderr."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from mt.errors import MTError

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED = 130
BROKEN_PIPE = 141


def run(call: Callable[[], Any], debug: bool = False) -> int:
    """Call a command and turn how it ended into an exit code, its error into text on stderr.

    Args:
        call: the command; it may return an exit code.
        debug: print the traceback of an error.
    """
    try:
        code = call()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except MTError as error:
        if debug:
            traceback.print_exc()
        fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        note("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away; pointing stdout at nothing keeps the interpreter's last flush quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if (code := _code_of_click(error)) is not None:
            return code
        if debug:
            traceback.print_exc()
        fail(MTError(f"Unexpected {type(error).__name__}: {error}", "Run again with --debug and report it."))
        return MTError.exit_code


def _code_of_click(error: Exception) -> int | None:
    """The exit code of an exception by which click ends a command, shown if it has a message; else None."""
    if "click" not in sys.modules:
        return None
    from click.exceptions import Abort, ClickException, Exit

    match error:
        case Exit():
            return int(error.exit_code)
        case ClickException():
            error.show()
            return int(error.exit_code)
        case Abort():
            note("Interrupted.")
            return INTERRUPTED
    return None


def fail(error: MTError) -> None:
    """Print an error's message and hint on stderr."""
    note(f"mt: {error.message}")
    if error.hint:
        note(f"    {error.hint}")


def note(text: str) -> None:
    """One line of talk on stderr."""
    sys.stderr.write(text + "\n")


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 pair``, ``3 pairs``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def out(text: str, stream: TextIO | None = None) -> None:
    """One line of data on stdout."""
    (stream or sys.stdout).write(text + "\n")


def out_json(value: Any) -> None:
    """One JSON value on one line of stdout; numbers keep their Python type, text stays readable."""
    out(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    """The value as JSON has it: whatever has named fields is an object, numpy numbers, dates and paths are plain."""
    from dataclasses import fields, is_dataclass
    from datetime import date

    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    elif is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.tolist() if hasattr(value, "tolist") else str(value)


def console(stderr: bool = False) -> Console:
    """A rich console that never invents markup from data; full width where stdout is no terminal."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 160
    return Console(stderr=stderr, markup=False, highlight=False, width=width, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], numeric: Sequence[str] = ()) -> None:
    """A table on stdout.

    Args:
        columns: headings.
        rows: cells, shown with ``str``; None is an empty cell.
        numeric: headings whose column is right-aligned.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        grid.add_column(column, justify="right" if column in numeric else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console().print(grid)


class Progress:
    """A progress bar on stderr: done, total, rate and time left. Silent where it is not wanted.

    Args:
        what: the unit in the plural, for example ``sentences``.
        total: how many there are, or None while that is not known.
        quiet: show nothing.
    """

    def __init__(self, what: str, total: int | None = None, quiet: bool = False) -> None:
        self._bar: Any = None
        self._task: Any = None
        if quiet or not sys.stderr.isatty():
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console(stderr=True),
            transient=True,
        )
        self._what = what
        self._task = self._bar.add_task(what, total=total, rate="")
        self._bar.start()

    def advance(self, count: int = 1, total: int | None = None) -> None:
        """Count further units as done; a new total may be given as it becomes known."""
        if self._bar is None:
            return
        self._bar.update(self._task, advance=count, **({} if total is None else {"total": total}))
        task = self._bar.tasks[0]
        if task.elapsed:
            self._bar.update(self._task, rate=f"{task.completed / task.elapsed:.1f}/s")

    def note(self, text: str) -> None:
        """One line of talk that does not break the bar."""
        if self._bar is None:
            note(text)
        else:
            self._bar.console.print(text)

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress(what: str, total: int | None = None, quiet: bool = False) -> Iterator[Progress]:
    """A :class:`Progress` that is removed at the end, also after an error."""
    bar = Progress(what, total, quiet)
    try:
        yield bar
    finally:
        bar.stop()
