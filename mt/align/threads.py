"""One thread for the many small matrix products of the search."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """Keeps numpy's matrix products to one thread, where threadpoolctl is installed.

    Products of a hundred rows gain nothing from a second thread; on a busy machine waiting for it took
    twenty times as long as the product.
    """
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits
