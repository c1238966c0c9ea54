"""Which sources are decoded together: little padding, and a limit that no neighbour can change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_STEP = 1.25


class Batch(NamedTuple):
    """Sources that are decoded in one call.

    Attributes:
        indices: positions in the list that was planned.
        longest: the length in tokens that all of them count as.
    """

    indices: tuple[int, ...]
    longest: int


def plan(lengths: Sequence[int], batch_tokens: int) -> Iterator[Batch]:
    """Group sources by length, longest first, so that parallel workers finish together.

    A batch never crosses a length class: the limit on the target follows from the class, so a hypothesis does
    not depend on what else was in its batch.

    Args:
        lengths: tokens of each source.
        batch_tokens: the largest number of sources times the class's length; one source always fits.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batch: list[int] = []
    longest = 0
    for index in order:
        size = length_class(lengths[index])
        if batch and (size != longest or (len(batch) + 1) * longest > batch_tokens):
            yield Batch(tuple(batch), longest)
            batch = []
        batch.append(index)
        longest = size
    if batch:
        yield Batch(tuple(batch), longest)


def length_class(length: int) -> int:
    """The upper end of a length's class: 8, 10, 13, 17 ... each a quarter above the one before."""
    edge = 8
    while edge < length:
        edge = int(edge * _STEP + 0.999)
    return edge
