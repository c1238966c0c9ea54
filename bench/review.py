"""How long a reviewer waits in the terminal, from the key to the screen, with a store of any size.

    python bench/review.py --store million.db            # a store that bench/store.py filled
    python bench/review.py --store million.db --decisions 200

The program runs on a pseudo terminal of 80 by 24 in a process of its own. Decisions are written to the store:
give it a copy.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.review.terminal.pty_screen import Terminal  # noqa: E402

FILTERS = ("", "check:number", "score:0.3..0.5", "-check:length", "word1000", "woord17")
"""The plain queue, filters that an index answers, a rarer word and one of the most common."""

PAIR = r"pair [\d,]+\b"
"""The place of a pair in its document, as the second line shows it."""

THINKING = (0.2, 0.4)
"""Seconds between the next pair and the decision on it: nobody decides faster on a sentence."""


def line(name: str, seconds: Sequence[float]) -> str:
    """Median, 95th percentile and maximum in milliseconds, as TSV."""
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    figures = (statistics.median(seconds), cuts[18], max(seconds))
    return "\t".join([name, str(len(seconds)), *(f"{1000 * figure:.1f}" for figure in figures)])


def open_screen(store: str, filter_: str) -> tuple[Terminal, float, float]:
    """The program with the first pair drawn, and the seconds until then and until the pairs are counted."""
    start = time.perf_counter()
    words = ["review", "--store", store, "--reviewer", "bench", "--filter", filter_]
    screen = Terminal(words, environment={"MT_ENGINE": "echo"})
    first = screen.wait_for(PAIR, seconds=120) - start
    counted = screen.wait_for(r"[\d,]+ left", seconds=120) - start
    return screen, first, counted


def decide(screen: Terminal, count: int, chance: random.Random) -> tuple[list[float], list[float]]:
    """Seconds from a key until the next pair stands there, and until the decision is shown as saved."""
    shown, saved = [], []
    for _ in range(count):
        time.sleep(chance.uniform(*THINKING))
        key, word = chance.choice((("a", "accepted"), ("s", "skipped")))
        *_, now = re.findall(PAIR, screen.text())
        start = time.perf_counter()
        place = screen.press(key)
        shown.append(screen.wait_for(PAIR, place, other_than=now) - start)
        saved.append(screen.wait_for(f"Saved: {word}", place) - start)
    return shown, saved


def memory(screen: Terminal) -> float:
    """The largest memory of the program so far, in MB."""
    status = Path(f"/proc/{screen.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else float("nan")


def processor(screen: Terminal) -> float:
    """Seconds of processor time that the program has used."""
    fields = Path(f"/proc/{screen.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print one line of TSV for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", required=True, help="a filled store; decisions are written to it")
    parser.add_argument("--decisions", type=int, default=100, help="for each filter")
    parser.add_argument("--filters", nargs="*", default=FILTERS)
    options = parser.parse_args()
    print(f"cores\t{len(os.sched_getaffinity(0))}\tload\t{os.getloadavg()[0]:.1f}")
    print("what\tcount\tmedian ms\tp95 ms\tmost ms")
    every: list[float] = []
    for filter_ in options.filters:
        screen, first, counted = open_screen(options.store, filter_)
        name = filter_ or "(none)"
        try:
            before = processor(screen)
            shown, saved = decide(screen, options.decisions, random.Random(7))
            used = (processor(screen) - before) / options.decisions
            largest = memory(screen)
            screen.press("q")
        except BaseException:
            screen.kill()
            raise
        screen.close()
        every += shown
        print(line(f"next pair drawn, filter {name}", shown))
        print(line(f"decision shown as saved, filter {name}", saved))
        print(f"first pair after the start, filter {name}\t1\t{1000 * first:.0f}")
        print(f"pairs counted after the start, filter {name}\t1\t{1000 * counted:.0f}")
        print(f"processor time for each decision, filter {name}\t1\t{1000 * used:.1f}")
        print(f"memory, filter {name}\t1\t{largest:.0f} MB", flush=True)
    print(line("next pair drawn, all", every))


if __name__ == "__main__":
    main()
