"""How fast a reviewer gets the next pair from the server, alone and among ten, and whether anything is lost.

    python bench/serve.py --store million.db            # a store that bench/store.py filled
    python bench/serve.py --store million.db --verdicts 5000 --kills 2

The server runs in a process of its own, the reviewers are threads over loopback. Verdicts are written to
the store: give it a copy.
"""

from __future__ import annotations

import argparse
import secrets
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from mt.store import Store  # noqa: E402
from tests.serve.crowd import Reviewer, Server, serving, together  # noqa: E402


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def line(name: str, seconds: Sequence[float]) -> str:
    """Median, 95th and 99th percentile and maximum in milliseconds, as TSV."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    figures = (statistics.median(seconds), cuts[94], cuts[98], max(seconds))
    return "\t".join([name, str(len(seconds)), *(f"{1000 * figure:.1f}" for figure in figures)])


def first(server: Server) -> None:
    """The first request after the start, with everything that is loaded by it."""
    reviewer = Reviewer("first", server.port)
    reviewer.work(1, apart=True)
    print(f"next, the first after the start\t1\t{1000 * reviewer.next_seconds[0]:.1f}")


def alone(server: Server, count: int) -> None:
    """One reviewer, with several filters and nobody else."""
    for filter_ in ("", "check:number", "score:0.3..0.5", "woord17"):
        reviewer = Reviewer(f"alone {filter_}", server.port)
        reviewer.work(count, filter_, apart=True)
        print(line(f"next, one reviewer, filter {filter_ or '(none)'}", reviewer.next_seconds))
        print(line(f"save, one reviewer, filter {filter_ or '(none)'}", reviewer.save_seconds))


def paced(server: Server, reviewers: int, verdicts: int, pause: float) -> None:
    """Several at once who look at each pair for a while."""
    run = secrets.token_hex(3)
    people = [Reviewer(f"paced {number} {run}", server.port, pause=pause) for number in range(reviewers)]
    for thread in together(people, verdicts // reviewers):
        thread.join()
    saved = [one for person in people for one in person.save_seconds]
    print(line(f"save and next, {reviewers} reviewers, {pause:g} s a pair", saved))


def crowd(server: Server, reviewers: int, verdicts: int, kills: int) -> list[Reviewer]:
    """Several at once; the server is killed and started again now and then."""
    run = secrets.token_hex(3)
    people = [Reviewer(f"reviewer {number} {run}", server.port) for number in range(reviewers)]
    start = time.perf_counter()
    threads = together(people, verdicts // reviewers)
    for kill in range(kills):
        while sum(len(one.decisions) for one in people) < verdicts * (kill + 1) / (kills + 1):
            time.sleep(0.05)
        server.kill()
        time.sleep(0.3)
        server.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    saved = [one for person in people for one in person.save_seconds]
    print(line(f"save and next, {reviewers} reviewers", saved))
    done = sum(len(one.decisions) for one in people)
    print(f"verdicts\t{done}\tin {seconds:.1f} s\t{done / seconds:.1f} a second")
    print(
        f"sent again\t{sum(one.retries for one in people)}\tconflicts\t{sum(one.conflicts for one in people)}"
    )
    return people


def check(location: str, people: Sequence[Reviewer]) -> None:
    """Every verdict that was confirmed is stored once, and no other one of these reviewers."""
    told = {(one.name, pair) for one in people for pair in one.decisions}
    names = {one.name for one in people}
    with Store.open(location, read_only=True) as store:
        rows = [(row.reviewer, row.pair) for rows in store.all_reviews() for row in rows]
    stored = [row for row in rows if row[0] in names]
    lost, doubled, unknown = set(told) - set(stored), len(stored) - len(set(stored)), set(stored) - told
    print(f"lost\t{len(lost)}\tdoubled\t{doubled}\tunknown\t{len(unknown)}")


def main() -> None:
    """Print one line of TSV for each figure: name, count, median, p95, p99, maximum in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="a copy of a filled store")
    parser.add_argument("--alone", type=int, default=200, help="verdicts of one reviewer for each filter")
    parser.add_argument("--reviewers", type=int, default=10)
    parser.add_argument("--verdicts", type=int, default=5000, help="of all reviewers together")
    parser.add_argument("--paced", type=int, default=600, help="verdicts of reviewers who look at each pair")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds for which they look, on average")
    parser.add_argument("--kills", type=int, default=2)
    options = parser.parse_args()
    with serving(options.store, free_port()) as server:
        first(server)
        if options.alone:
            alone(server, options.alone)
        if options.paced:
            paced(server, options.reviewers, options.paced, options.pause)
        if options.verdicts:
            people = crowd(server, options.reviewers, options.verdicts, options.kills)
            check(options.store, people)


if __name__ == "__main__":
    main()
