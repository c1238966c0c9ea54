"""Waiting for the disk, many threads at once: one flush serves all that were there when it began."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class Flush:
    """Flushes one file to the disk on behalf of any number of threads (group commit, DeWitt et al. 1984).

    A disk takes some 10 ms for a flush, whether it carries one decision or ten.

    Args:
        path: of the file; where there is none, there is nothing to flush.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = threading.Condition()
        self._begun = 0
        self._done = 0
        self._running = False
        self._failure: OSError | None = None

    def __call__(self) -> None:
        """Return when everything that was written to the file before this call is on the disk.

        Raises:
            OSError: the disk refused, now or earlier; what was written since then may not be on it.
        """
        with self._changed:
            wanted = self._begun + 1
            while self._done < wanted and self._failure is None:
                if self._running:
                    self._changed.wait()
                else:
                    self._flush()
            if self._failure is not None:
                raise self._failure

    def _flush(self) -> None:
        """Flush once, with the lock given away meanwhile."""
        self._running = True
        self._begun += 1
        number, failure = self._begun, None
        self._changed.release()
        try:
            _flush_file(self._path)
        except OSError as error:
            # A second flush may succeed without having written anything: the system drops what failed.
            failure = error
        finally:
            self._changed.acquire()
            self._running = False
            self._failure = failure
            self._done = number
            self._changed.notify_all()


def flush_folder(path: Path) -> None:
    """Have the disk take the names in a folder, where the system lets folders be flushed."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_CLOEXEC", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_file(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return
    try:
        getattr(os, "fdatasync", os.fsync)(descriptor)
    finally:
        os.close(descriptor)
