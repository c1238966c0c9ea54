"""How the processor's memory and threads are handled while training."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Ask glibc to keep what is freed: every update frees and takes the same big arrays again.

    Given back to the system they come back as pages of zeros to be filled in anew, which costs a third of
    the time on a processor. Does nothing elsewhere than on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def wait_asleep() -> None:
    """Let threads that wait for each other sleep: spinning starves the others where the machine is shared.

    It takes effect only before torch is imported, and where the user has not chosen otherwise.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
