"""Processor time and peak memory of writing and reading files of pairs, each in a process of its own.

    python bench/exchange.py FOLDER [--pairs 1000000] [--formats tmx,xliff,...] [--toolkit 100000]

Writes the files into FOLDER and reads them back, counting. With --toolkit N translate-toolkit reads a TMX of N
pairs, and so does this program, for comparison.

    python bench/exchange.py FOLDER --commands 1000000 [--unscored] [--steps make,import,again,export,toolkit]

measures the commands: `mt import` of a TMX into a new store, the same again, `mt export` of all of it, and
translate-toolkit reading the same file and writing it again. With --unscored the file has no scores, so that `mt
import` judges every pair.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mt.formats import exchange
from mt.formats.exchange import ImportReport, PairRecord

SOURCE = (
    "Het staatshoofd zei dat vertegenwoordigers van de inwoners {} keer door de regering waren uitgenodigd."
)
TARGET = "The head of state said that representatives of the residents had been invited {} times by the government."


def records(pairs: int) -> Iterator[PairRecord]:
    for number in range(pairs):
        yield PairRecord(
            SOURCE.format(number),
            TARGET.format(number),
            score=(number % 1000) / 1000,
            method="mt 1",
            status="accepted" if number % 3 else "open",
            origin="engine",
            document=f"artikel-{number // 40}.txt",
            index=number % 40,
            reviewer="anna" if number % 3 else "",
            id=f"p{number}",
        )


def work(task: str, name: str, path: Path, pairs: int) -> int:
    """One measured step; returns the number of pairs that went through."""
    if task == "write":
        return exchange.get(name).write(records(pairs), path, "nl", "en")
    if task == "read":
        return sum(1 for _ in exchange.get(name).read(path, "nl", "en", ImportReport(path.name)))
    sys.path.pop(0)  # this folder has a module of the toolkit's name
    from translate.storage.tmx import tmxfile

    return sum(1 for unit in tmxfile.parsefile(str(path)).units if unit.source and unit.target)


def measured(task: str, name: str, path: Path, pairs: int) -> None:
    """Run one step in a fresh interpreter and print what it took."""
    call = [sys.executable, __file__, "--task", task, "--formats", name, "--pairs", str(pairs), str(path)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    seconds, peak, count = done.stdout.split()
    size = sum(p.stat().st_size for p in path.parent.glob(f"{path.stem}.*")) / 1e6
    rate = int(count) / float(seconds)
    print(
        f"{task:8} {name:7} {int(count):8} pairs {size:7.0f} MB {float(seconds):7.1f} s of processor "
        f"{rate:8.0f}/s {peak:>6} MB peak"
    )


def command(what: str, words: list[str], pairs: int) -> None:
    """Run a command and print what it took."""
    started = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"{what} failed")
    print(
        f"{what:18} {pairs:8} pairs {seconds / 60:6.2f} min wall {(used.ru_utime + used.ru_stime) / 60:6.2f} min "
        f"of processor {pairs / seconds:8.0f}/s {used.ru_maxrss // 1024:>6} MB peak",
        flush=True,
    )


def commands(folder: Path, pairs: int, scored: bool, steps: list[str]) -> None:
    """Measure `mt import` and `mt export` beside translate-toolkit on one TMX file."""
    memory, store, again = folder / "memory.tmx", folder / "store.db", folder / "again.tmx"
    mt = [sys.executable, "-m", "mt"]
    bring = [*mt, "import", str(memory), "--store", str(store), "-q"]
    if "make" in steps:
        plain = (replace(record, score=None, method="") for record in records(pairs))
        exchange.get("tmx").write(records(pairs) if scored else plain, memory, "nl", "en")
        print(f"{memory.stat().st_size / 1e6:.0f} MB", flush=True)
    if "import" in steps:
        for old in folder.glob("store.db*"):
            old.unlink()
        command("mt import", bring, pairs)
        print(f"store: {store.stat().st_size / 1e6:.0f} MB", flush=True)
    if "again" in steps:
        command("mt import again", bring, pairs)
    if "export" in steps:
        command("mt export", [*mt, "export", "--store", str(store), "-o", str(again), "-q"], pairs)
    if "toolkit" in steps:
        command("translate-toolkit", [sys.executable, __file__, str(memory), "--task", "toolkit-both"], pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--formats", default="tmx,xliff,xliff2,tsv,jsonl,moses,docx")
    parser.add_argument("--toolkit", type=int, default=0)
    parser.add_argument("--commands", type=int, default=0)
    parser.add_argument("--unscored", action="store_true")
    parser.add_argument("--steps", default="make,import,again,export,toolkit")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task == "toolkit-both":
        sys.path.pop(0)  # this folder has a module of the toolkit's name
        from translate.storage.tmx import tmxfile

        tmxfile.parsefile(str(options.folder)).savefile(str(options.folder.with_name("toolkit.tmx")))
        return
    if options.commands:
        options.folder.mkdir(parents=True, exist_ok=True)
        commands(options.folder, options.commands, not options.unscored, options.steps.split(","))
        return
    if options.task:
        started = time.process_time()
        count = work(options.task, options.formats, options.folder, options.pairs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(time.process_time() - started, peak, count)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.formats.split(","):
        path = options.folder / f"{name}-pairs{exchange.EXCHANGE[name][1][0]}"
        measured("write", name, path, options.pairs)
        measured("read", name, path, options.pairs)
    if options.toolkit:
        path = options.folder / "compared.tmx"
        measured("write", "tmx", path, options.toolkit)
        measured("read", "tmx", path, options.toolkit)
        measured("toolkit", "tmx", path, options.toolkit)


if __name__ == "__main__":
    main()
