"""The filter language: what is typed, what it means, and that it can be written again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt.data import Document, Origin
from mt.errors import UsageError
from mt.review import KEYS, parse_filter, resolve, write_filter
from mt.store import PairQuery, Status, Store

CASES = json.loads((Path(__file__).parents[1] / "cases" / "review_filters.json").read_text(encoding="utf-8"))


def plain(query: PairQuery) -> dict[str, object]:
    """The query's conditions that are not empty, as JSON has them."""
    values = {name: getattr(query, name) for name in PairQuery._fields}
    shown = json.loads(json.dumps(values, default=lambda at: at.isoformat()))
    return {name: value for name, value in shown.items() if value not in ([], None, [None, None])}


@pytest.mark.parametrize("case", CASES["valid"], ids=lambda case: case["filter"])
def test_a_filter_means_what_the_cases_say(case: dict[str, object]) -> None:
    assert plain(parse_filter(str(case["filter"]))) == case["query"]


@pytest.mark.parametrize("case", CASES["invalid"], ids=lambda case: case["filter"])
def test_a_wrong_filter_is_refused_with_the_word_that_is_wrong(case: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_filter(case["filter"])
    assert case["says"] in f"{caught.value.message} {caught.value.hint}"


def test_every_key_is_in_a_case() -> None:
    filters = " ".join(case["filter"] for case in CASES["valid"])
    assert [key for key in KEYS if f"{key}:" not in filters] == []


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
SCORES = st.one_of(st.none(), st.floats(0, 1))
MOMENTS = st.one_of(
    st.none(), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
)


def several(values: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, min_size=least, max_size=3).map(tuple)


QUERIES = st.builds(
    PairQuery,
    documents=several(WORDS),
    statuses=several(st.sampled_from(Status)),
    score=st.tuples(SCORES, SCORES),
    checks=several(several(WORDS, 1)),
    without_checks=several(WORDS),
    origins=several(st.sampled_from(Origin)),
    reviewers=several(WORDS),
    since=MOMENTS,
    until=MOMENTS,
    text=several(WORDS),
)


@settings(max_examples=300, deadline=None)
@given(query=QUERIES)
def test_a_written_filter_reads_as_the_same_query(query: PairQuery) -> None:
    assert parse_filter(write_filter(query)) == query


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('adocstuchekr:,"\\-.<>= 019*'), max_size=25))
def test_any_text_is_a_filter_or_a_usage_error(text: str) -> None:
    try:
        query = parse_filter(text)
    except UsageError:
        return
    assert parse_filter(write_filter(query)) == query


def test_the_documents_of_a_filter_are_found_in_the_store(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store:
        ids = [
            store.put_document(Document("", "nl", name, name=f"map/{name}.txt")) for name in ("een", "twee")
        ]
        query = resolve(store, parse_filter("doc:een.txt,twee doc:map/een.txt"))
        assert query == PairQuery(statuses=(Status.OPEN,))._replace(documents=tuple(ids))
        with pytest.raises(UsageError, match="drie"):
            resolve(store, parse_filter("doc:drie"))


def test_a_day_lasts_from_midnight_to_midnight() -> None:
    query = parse_filter("date:2026-03-01")
    assert query.since is not None
    assert query.until is not None
    assert query.until - query.since == timedelta(days=1)
