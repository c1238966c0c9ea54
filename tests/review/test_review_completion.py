"""What is offered while a filter is typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.errors import UsageError
from mt.quality import FINDINGS
from mt.review import ReviewSession, parse_filter, read_filter
from mt.review.completion import Term, complete, last_term
from mt.store import Order, PairQuery, Store
from tests.serve.samples import fill

TODAY = date(2026, 3, 8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample article, of which Anna accepted a pair."""
    with Store.open(tmp_path_factory.mktemp("completion") / "store.db") as opened:
        fill(opened)
        ReviewSession(opened, "anna").accept(opened.search(PairQuery(), Order.WORST)[0].id, 0)
        yield opened


def offered(store: Store, text: str) -> list[str]:
    """The filters that come of what is offered behind a text."""
    found = complete(store, text, TODAY)
    return [text[: found.start] + one.text for one in found.offers]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Term(0, "", "")),
        ("bus che", Term(4, "", "che")),
        ("bus, x", Term(5, "", "x")),
        ("bus,", Term(0, "", None)),
        ("-ch", Term(0, "", "-ch")),
        ("check:", Term(6, "check", "")),
        ("CHECK:a,num", Term(8, "check", "num")),
        ('doc:"de mor', Term(4, "doc", "de mor")),
        ('doc:a,"de mor', Term(6, "doc", "de mor")),
        ('doc:"a,b', Term(4, "doc", "a,b")),
        ('"een doc:', Term(0, "", None)),
        ('"a b" st', Term(6, "", "st")),
        (r'"zei: \"nee" st', Term(13, "", "st")),
    ],
)
def test_the_term_that_is_typed_is_known(text: str, found: Term) -> None:
    assert last_term(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("trein sc", ["trein score:"]),
        ("-", ["-check:"]),
        ("-check:num", ["-check:number "]),
        ("check:number,trunc", ["check:number,truncation "]),
        ("status:any", ["status:any "]),
        ("origin:eng", ["origin:engine "]),
        ("reviewer:AN", ["reviewer:anna "]),
        ("score:<", ["score:<0.3 ", "score:<0.5 "]),
        ("date:", ["date:2026-03-08 ", "date:2026-03-07 ", "date:2026-03-01.. "]),
        ("doc:%", []),
        ("nothing:", []),
        ("trein", []),
        ('"sc', []),
    ],
)
def test_keys_and_their_values_are_offered(store: Store, text: str, found: list[str]) -> None:
    assert offered(store, text) == found


def test_documents_are_offered_by_a_part_of_their_name(store: Store) -> None:
    (document,) = store.documents()
    assert offered(store, "doc:TREIN") == [f"doc:{document.id} "]


def test_checks_that_only_the_store_knows_are_offered_too(store: Store) -> None:
    assert "time" not in FINDINGS
    assert offered(store, "check:time") == ["check:time "]
    assert read_filter(store, "check:time").checks == (("time",),)


@given(text=st.text(st.sampled_from('adocstuchekr:,"\\-.<>= 019'), max_size=25))
def test_whatever_is_typed_an_offer_can_be_read_where_the_rest_can(store: Store, text: str) -> None:
    found = complete(store, text, TODAY)
    assert 0 <= found.start <= len(text)
    try:
        parse_filter(text[: found.start].rstrip(" "))
    except UsageError:
        return
    for one in found.offers:
        if one.text.endswith(" ") and "," not in text:
            parse_filter(text[: found.start] + one.text)


@pytest.mark.parametrize("text", ["check:nubmer", "-check:nubmer", "check:length,nubmer score:<0.5"])
def test_a_check_that_there_is_not_is_named_with_the_nearest_one(store: Store, text: str) -> None:
    with pytest.raises(UsageError, match=r"Unknown check 'nubmer'. Did you mean number or name\?"):
        read_filter(store, text)


def test_a_check_that_is_like_none_is_answered_with_all_names(store: Store) -> None:
    with pytest.raises(UsageError) as caught:
        read_filter(store, "check:zzz")
    assert all(name in caught.value.hint for name in (*FINDINGS, "time"))
