"""What the rules know about a language: abbreviations and the words around them, read from ``data/*.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).with_name("data")


class Language(NamedTuple):
    """Word lists of one language; the comments in ``data/nl.toml`` say what belongs in each.

    Attributes:
        before_word: abbreviations after which the sentence goes on.
        before_number: abbreviations after which it goes on if a number follows.
        before_name: abbreviations after which it ends only before one of `starters`.
        at_end: abbreviations with inner full stops that end a sentence as any word does.
        starters: words that commonly begin a sentence.
        particles: words that begin a surname.
        lettered: nouns that a letter follows as a label.
        articles: words before an ordinal number.
        after_ordinal: words after an ordinal number.
        clock: abbreviations after a time of day.
        after_clock: words that go on with a time of day.
        marked_names: names that end in an exclamation or question mark.
    """

    before_word: frozenset[str]
    before_number: frozenset[str]
    before_name: frozenset[str]
    at_end: frozenset[str]
    starters: frozenset[str]
    particles: frozenset[str]
    lettered: frozenset[str]
    articles: frozenset[str]
    after_ordinal: frozenset[str]
    clock: frozenset[str]
    after_clock: frozenset[str]
    marked_names: frozenset[str]


@cache
def language(code: str) -> Language:
    """The lists of a language, those that hold in every language included.

    Args:
        code: primary language subtag in lower case; an unknown one gets only the common lists.
    """
    tables = [_read("common")]
    if (_DATA / f"{code}.toml").is_file():
        tables.append(_read(code))
    return Language(
        **{name: frozenset().union(*(t.get(name, ()) for t in tables)) for name in Language._fields}
    )


def _read(name: str) -> dict[str, set[str]]:
    """The words of each list of a data file; the groups inside a list are for its reader only."""
    with (_DATA / f"{name}.toml").open("rb") as stream:
        tables: dict[str, dict[str, str]] = tomllib.load(stream)
    return {
        key: {word for group in groups.values() for word in group.split()} for key, groups in tables.items()
    }
