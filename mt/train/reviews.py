"""What reviewers decided, as bitext: to learn from, to measure on, and to tell what else must stay as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from mt.engines.models import Model
from mt.errors import UsageError
from mt.store import MEMORY, DocumentInfo, Store
from mt.train.bitext import read_pairs

Pairs = list[tuple[str, str]]

MINIMUM = 100
"""Reviewed pairs below which nothing is learned that could be told from chance."""

_MOST_GENERAL = 500


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Accepted and edited pairs of a store, each source once.

    Attributes:
        documents: sources and targets of the documents that were asked for, document by document.
        others: the same of all other documents.
    """

    documents: list[Pairs]
    others: Pairs


def read_reviewed(store: Store, model: Model, patterns: Sequence[str]) -> Reviewed:
    """The accepted and edited pairs in a model's languages.

    Args:
        store: has the reviews.
        model: its languages count, whatever the region.
        patterns: of the names of documents that are asked for; empty for all.

    Raises:
        UsageError: too few; the message tells how many it takes.
    """
    chosen: dict[str, tuple[str, str]] = {}
    others: dict[str, str] = {}
    for document in store.documents():
        if document.superseded or not document.reviewed:
            continue
        wanted = not patterns or any(fnmatch(document.name, pattern) for pattern in patterns)
        for source, target in _decided(store, document, model):
            if wanted:
                chosen[source] = (target, document.id)
            else:
                others[source] = target
    if len(chosen) < MINIMUM:
        raise UsageError(
            f"{len(chosen)} accepted or edited pairs are too few to learn from: it takes {MINIMUM}.",
            f"Review {MINIMUM - len(chosen)} more: mt review.",
        )
    documents: dict[str, Pairs] = {}
    for source, (target, number) in chosen.items():
        documents.setdefault(number, []).append((source, target))
    return Reviewed(list(documents.values()), [pair for pair in others.items() if pair[0] not in chosen])


def _decided(store: Store, document: DocumentInfo, model: Model) -> Pairs:
    return [
        (one_line(stored.pair.source), one_line(stored.pair.target))
        for stored in store.pairs(document.id)
        if stored.status in MEMORY
        and _same_language(stored.pair.source_lang, model.source_lang)
        and _same_language(stored.pair.target_lang, model.target_lang)
        and stored.pair.source.strip()
        and stored.pair.target.strip()
    ]


def _same_language(one: str, other: str) -> bool:
    """Whether two BCP 47 codes name the same language, whatever the region."""
    return one.partition("-")[0] == other.partition("-")[0]


def one_line(text: str) -> str:
    """A text with single spaces, as one line of a bitext."""
    return " ".join(text.split())


def deal(documents: Sequence[Pairs], count: int) -> list[list[Pairs]]:
    """Deal documents into folds of about as many pairs, the same way whatever order they come in.

    A document stays whole, so that no fold knows the words of another one's article; only where there is but one
    are its pairs dealt.

    Args:
        documents: sources and targets, document by document.
        count: of folds, at most.
    """
    if len(documents) == 1:
        documents = [[pair] for pair in documents[0]]
    folds: list[list[Pairs]] = [[] for _ in range(min(count, len(documents)))]
    for document in sorted(documents, key=lambda pairs: hashlib.sha256(pairs[0][0].encode()).digest()):
        smallest = min(folds, key=lambda fold: sum(map(len, fold)))
        smallest.append(document)
    return folds


def split_general(reviewed: Reviewed, replay: Pairs, test: Path | None) -> tuple[str, Pairs, Pairs]:
    """Pairs that tell whether a model got worse elsewhere, and the replay pairs that are none of them.

    They are a given test set; or reviewed pairs of the documents that were not asked for, which are written as the
    reviewers want; or pairs held out from the replay bitext.

    Args:
        reviewed: of the store.
        replay: general bitext, perhaps empty.
        test: a test set, or None.

    Returns:
        where the pairs come from in words, the pairs, the other replay pairs.

    Raises:
        UsageError: there are too few.
    """
    taught = {source for pairs in reviewed.documents for source, _ in pairs}
    replay = [pair for pair in replay if pair[0] not in taught]
    if test is not None:
        told, pairs = f"of {test}", read_pairs(test)
    elif len(reviewed.others) >= MINIMUM:
        told, pairs = "reviewed in other documents", _every_so_many(reviewed.others)
    elif len(replay) >= MINIMUM:
        told, pairs = "held out from the replay bitext", _every_so_many(replay, 2)
    else:
        raise UsageError(
            f"{len(replay)} pairs of general bitext are too few: it takes {MINIMUM}.",
            "Name bitext like that which the model was trained on, --replay, or a test set, --general.",
        )
    sources = {source for source, _ in pairs}
    return told, pairs, [pair for pair in replay if pair[0] not in sources]


def _every_so_many(pairs: Pairs, least: int = 1) -> Pairs:
    return pairs[:: max(least, len(pairs) // _MOST_GENERAL)]
