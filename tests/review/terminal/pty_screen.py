"""The program on a pseudo terminal, as over ssh: keys go in, what is drawn comes out with its time."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")


class Terminal:
    """`mt` with arguments in a process of its own.

    Args:
        arguments: behind ``mt``.
        size: columns and rows.
        environment: variables besides those of this process.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        size: tuple[int, int] = (80, 24),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environment or {})}
        for name in ("COLUMNS", "LINES"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mt", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=variables,
            start_new_session=True,
            # The terminal is its own, so that it is hung up on when this process ends.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(theirs)
        self._drawn: list[tuple[float, bytes]] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._own, 1 << 16)
            except OSError:
                piece = b""
            with self._more:
                if not piece:
                    self._more.notify_all()
                    return
                self._drawn.append((time.perf_counter(), piece))
                self._more.notify_all()

    def press(self, keys: str) -> int:
        """Type; gives the place in the output from which on it is an answer."""
        with self._more:
            place = len(self._drawn)
        os.write(self._own, keys.encode())
        return place

    def text(self, place: int = 0) -> str:
        """What was drawn from a place on, without escape sequences."""
        with self._more:
            pieces = b"".join(piece for _, piece in self._drawn[place:])
        return ESCAPES.sub(b" ", pieces).decode("utf-8", "replace")

    def wait_for(
        self, pattern: str, place: int = 0, seconds: float = 200.0, other_than: str | None = None
    ) -> float:
        """When a pattern was first drawn from a place on, on the clock of `time.perf_counter`.

        Args:
            pattern: a regular expression.
            place: where to begin, as `press` says it.
            seconds: how long to wait.
            other_than: a match that does not count.

        Raises:
            TimeoutError: it was not; the message has what was drawn instead, and the program is ended.
        """
        deadline = time.monotonic() + seconds
        with self._more:
            while True:
                seen = b""
                for at, piece in self._drawn[place:]:
                    seen += piece
                    text = ESCAPES.sub(b" ", seen).decode("utf-8", "replace")
                    if any(match[0] != other_than for match in re.finditer(pattern, text)):
                        return at
                if not self._more.wait(max(0.0, deadline - time.monotonic())):
                    break
        drawn = self.text(place)[-2000:]
        self.process.kill()
        raise TimeoutError(f"{pattern!r} was not drawn: {drawn!r}")

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is finished."""
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> int:
        """Wait for the end; gives the exit code."""
        try:
            code = self.process.wait(200)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(5)
            os.close(self._own)
        return code
