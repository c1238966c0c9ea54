"""Speed of the store: filling it with a million pairs, opening it, and the reviewer's next pair.

    python bench/store.py --pairs 1000000
    python bench/store.py --pairs 1000000 --store postgresql:///bench
    python bench/store.py --pairs 1000000 --accepted

A store that is filled already is used as it is.
The sentences are made of words whose frequency falls as Zipf's law says, so that full-text search meets
both rare and common words. Scores are spread over 0..1; a third of the pairs carry a finding. With
``--accepted`` every pair was accepted, and the memory is asked for sentences of which one word was changed.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from mt.data import Document, Finding, Origin, Pair, QualityScore, Severity, Verdict
from mt.review import ReviewSession, collect_statistics, parse_filter, resolve
from mt.store import Order, PairRow, SettingsKey, Store, StoredReview

CHECKS = (("number", 0.10), ("length", 0.20), ("quote", 0.05), ("url", 0.0001))
BATCH = 2000
SETTINGS = SettingsKey("bench 1", "none", "0")


WEIGHTS = tuple(accumulate(1 / (rank + 1) for rank in range(50_000)))


def sentences(chance: random.Random, stem: str) -> Iterator[str]:
    """Endless sentences of 4 to 24 words."""
    ranks = range(len(WEIGHTS))
    while True:
        stock = iter(chance.choices(ranks, cum_weights=WEIGHTS, k=2_000))
        while len(numbers := list(islice(stock, chance.randint(4, 24)))) >= 4:
            yield " ".join(f"{stem}{number}" for number in numbers).capitalize() + "."


ACCEPTED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def rows(count: int, seed: int, accepted: bool = False) -> Iterator[PairRow]:
    """Pairs with scores and findings, each with its acceptance where they are to be accepted."""
    chance = random.Random(seed)
    sources, targets = sentences(chance, "woord"), sentences(chance, "word")
    for position in range(count):
        found = tuple(
            Finding(check, Severity.ERROR if check == "number" else Severity.WARNING, f"{check} differs.")
            for check, share in CHECKS
            if chance.random() < share
        )
        score = QualityScore(chance.betavariate(5, 2), "bench 1", found)
        origin = Origin.MEMORY if chance.random() < 0.001 else Origin.ENGINE
        pair = Pair(f"{position} {next(sources)}", next(targets), origin=origin, score=score)
        said = StoredReview(Verdict.ACCEPTED, pair.target, pair.target, "anna", ACCEPTED_AT)
        reviews = (said,) if accepted else ()
        yield PairRow(position, pair, SETTINGS if origin is Origin.ENGINE else None, reviews=reviews)


def fill(store: Store, count: int, accepted: bool = False) -> float:
    """Store the pairs as one large document and many small ones; returns seconds without making them."""
    seconds = 0.0
    large = count // 2
    sizes = [large] + [100] * ((count - large) // 100)
    for number, size in enumerate(sizes):
        name = f"document-{number}.txt"
        document_id = store.put_document(Document("", "nl", name, name=name), "en", kind="bitext")
        made = rows(size, number, accepted)
        while batch := list(islice(made, BATCH)):
            start = time.perf_counter()
            store.add_pairs(document_id, batch)
            seconds += time.perf_counter() - start
    return seconds


FILTERS = (
    "",
    "doc:{large}",
    "doc:{small}",
    "score:0.2..0.5",
    "score:>0.9",
    "check:number",
    "check:url",
    "-check:length",
    "check:number check:quote",
    "doc:{small} check:number",
    "doc:{large} check:quote score:<0.4",
    "word{common}",
    "word{rare}",
    "woord{common} word{rare}",
    "check:length word{common}",
    "origin:memory",
    "status:any word{rare}",
    "status:accepted reviewer:anna",
    "status:edited,rejected date:2020-01-01..",
)
"""What reviewers may ask for; half of the questions of the bench are the first, plain one."""


def filters(store: Store, chance: random.Random) -> Iterator[str]:
    """Endless filters with other words and documents each time."""
    infos = [info.id for info in store.documents()]
    while True:
        text = FILTERS[0] if chance.random() < 0.5 else chance.choice(FILTERS)
        yield text.format(
            large=infos[0],
            small=chance.choice(infos[1:]),
            common=chance.randrange(20),
            rare=chance.randrange(1000, 50_000),
        )


def review(store: Store, count: int) -> dict[str, list[float]]:
    """Ask for the next pair, look at it and decide, under another filter each time; returns seconds."""
    chance = random.Random(5)
    session = ReviewSession(store, "anna", judge=lambda pair: pair.score)
    seconds: dict[str, list[float]] = {"next pair": [], "view": [], "verdict": [], "undo": []}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        value = call()
        seconds[name].append(time.perf_counter() - start)
        return value

    for text in islice(filters(store, chance), count):
        query, order = resolve(store, parse_filter(text)), chance.choice(list(Order))
        task = timed("next pair", lambda query=query, order=order: session.next(query, order))
        if task is None:
            continue
        timed("view", lambda task=task: session.view(task.id))
        verdict = chance.random()
        if verdict < 0.5:
            decide = lambda task=task: session.accept(task.id, task.version)
        elif verdict < 0.8:
            decide = lambda task=task: session.edit(task.id, task.version, task.pair.target + " Indeed.")
        else:
            decide = lambda task=task: session.reject(task.id, task.version, "bad")
        timed("verdict", decide)
        if chance.random() < 0.05:
            timed("undo", session.undo)
    return seconds


def remember(store: Store, count: int) -> tuple[list[float], int]:
    """Ask the memory for sentences of it of which a word was changed; seconds, and how many were found."""
    chance = random.Random(5)
    newest, seconds, found = store.newest_pair(), [], 0
    for _ in range(count):
        (stored,) = store.pairs_by_id([chance.randint(1, newest)])
        words = stored.pair.source.split()
        words[chance.randrange(len(words))] = "anders"
        start = time.perf_counter()
        matches = store.find_similar(" ".join(words), limit=6)
        seconds.append(time.perf_counter() - start)
        found += any(match.pair == stored.id for match in matches)
    return seconds, found


def started(code: str, runs: int = 9) -> float:
    """Median seconds of a fresh interpreter that runs some code."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def show(name: str, value: float | int, unit: str) -> None:
    """One line of TSV."""
    print(name, f"{value:,.1f}" if isinstance(value, float) else f"{value:,}", unit, sep="\t", flush=True)


def main() -> None:
    """Print one line of TSV for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--store", help="file or URL; one that holds pairs is used as it is")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--accepted", action="store_true", help="accept all pairs; measure the memory only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        location = options.store or str(Path(folder) / "bench.db")
        with Store.open(location) as store:
            if not store.documents():
                measure_fill(store, options.pairs, options.accepted)
            if options.accepted:
                measure_memory(store, options.questions)
                return
            measure_reading(store)
            measure_review(store, options.questions)
        measure_start(location)


def measure_memory(store: Store, questions: int) -> None:
    """How long a page waits for the matches of the memory."""
    seconds, found = remember(store, questions)
    milliseconds = [1000 * one for one in seconds]
    show("fuzzy memory, median", statistics.median(milliseconds), "ms")
    show("fuzzy memory, p95", statistics.quantiles(milliseconds, n=20, method="inclusive")[18], "ms")
    show(f"fuzzy memory, largest of {questions}", max(milliseconds), "ms")
    show(f"found of {questions} with one word changed", found, "")


def measure_fill(store: Store, count: int, accepted: bool) -> None:
    """How long the pairs take to store, and how much memory."""
    before = time.process_time()
    seconds = fill(store, count, accepted)
    show("store pairs", seconds, "s")
    show("store pairs, making them included", time.process_time() - before, "s of processor")
    show("pairs stored", count / seconds, "pairs/s")
    show("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB")


def measure_reading(store: Store) -> None:
    """How long a large document takes to read."""
    large = store.documents()[0]
    start = time.perf_counter()
    count = sum(1 for _ in store.pairs(large.id))
    show("pairs read", count / (time.perf_counter() - start), "pairs/s")
    start = time.perf_counter()
    store.documents()
    show("documents with their counts", time.perf_counter() - start, "s")


def measure_review(store: Store, questions: int) -> None:
    """How long a reviewer waits."""
    for name, times in review(store, questions).items():
        milliseconds = [1000 * one for one in times]
        show(f"{name}, median", statistics.median(milliseconds), "ms")
        show(f"{name}, p95", statistics.quantiles(milliseconds, n=20, method="inclusive")[18], "ms")
        show(f"{name}, largest of {len(times)}", max(milliseconds), "ms")
    session = ReviewSession(store, "bert")
    start = time.perf_counter()
    result = session.accept_all(parse_filter("score:>0.95"))
    left = result.with_errors + result.without_target + result.decided + result.held
    show(f"bulk accept of {result.accepted:,}, {left:,} left", time.perf_counter() - start, "s")
    start = time.perf_counter()
    collect_statistics(store)
    show("statistics", time.perf_counter() - start, "s")


def measure_start(location: str) -> None:
    """What the store adds to the start of a command."""
    bare = started("pass")
    opened = started(f"from mt.store import Store\nStore.open({location!r}).close()")
    show("import and open the store", 1000 * (opened - bare), "ms")
    show("import sqlalchemy", 1000 * (started("import sqlalchemy") - bare), "ms")


if __name__ == "__main__":
    main()
