"""Batches hold every source once, within the limit, and never mix length classes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mt.engines.batching import length_class, plan

lengths = st.lists(st.integers(1, 600), max_size=200)


@given(lengths, st.integers(1, 3000))
def test_every_source_is_in_exactly_one_batch(lengths: list[int], size: int) -> None:
    indices = [index for batch in plan(lengths, size) for index in batch.indices]
    assert sorted(indices) == list(range(len(lengths)))


@given(lengths, st.integers(1, 3000))
def test_a_batch_stays_within_the_limit_unless_it_is_one_source(lengths: list[int], size: int) -> None:
    for batch in plan(lengths, size):
        assert len(batch.indices) == 1 or len(batch.indices) * batch.longest <= size


@given(lengths, st.integers(1, 3000))
def test_what_a_source_counts_as_follows_from_its_own_length(lengths: list[int], size: int) -> None:
    for batch in plan(lengths, size):
        assert {length_class(lengths[index]) for index in batch.indices} == {batch.longest}


@given(lengths, st.integers(1, 3000))
def test_the_longest_come_first(lengths: list[int], size: int) -> None:
    sizes = [batch.longest for batch in plan(lengths, size)]
    assert sizes == sorted(sizes, reverse=True)


@given(st.integers(1, 5000))
def test_a_class_is_never_below_its_length_and_little_above(length: int) -> None:
    assert length <= length_class(length) <= max(8, length * 1.25 + 1)
