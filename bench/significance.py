"""Paired significance tests: `mt` against the sacrebleu command, same files, same seed, one run.

    python bench/significance.py REFERENCE HYPOTHESIS HYPOTHESIS... [--segments 2000] [--rounds 5] [--metrics bleu ter]

Prints whether all p-values are the same, and medians of times. A time is that of a whole process: start, imports,
reading, computing, printing. `mt score` is the command; ``library`` calls ``mt.evaluate.compare`` only. All have
one thread for products of matrices.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OURS = """
import json, sys
from pathlib import Path
from mt.evaluate import compare
test, metrics, reference, *files = sys.argv[1:]
read = lambda name: Path(name).read_text(encoding="utf-8").splitlines()
result = compare({f: read(f) for f in files}, [read(reference)], metrics=metrics.split(","), tests=[test],
                 confidence=0)
print(json.dumps({m: [s.p_values.get(test) for s in rows] for m, rows in result.rows.items()}))
"""

METRICS = {
    "bleu": ["bleu"],
    "chrf2": ["chrf"],
    "chrf2++": ["chrf", "--chrf-word-order", "2"],
    "ter": ["ter"],
    "bleu,chrf2": ["bleu", "chrf"],
    "bleu,chrf2,ter": ["bleu", "chrf", "ter"],
}
"""Our names of metrics to what sacrebleu's command calls them."""

FLAGS = {"bootstrap": "--paired-bs", "randomisation": "--paired-ar"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path)
    parser.add_argument("hypotheses", type=Path, nargs="+")
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--metrics", choices=METRICS, nargs="*", default=["bleu", "chrf2", "chrf2++", "ter"])
    parser.add_argument("--tests", choices=FLAGS, nargs="*", default=list(FLAGS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [
            enlarge(path, arguments.segments, Path(folder) / f"{number}.txt")
            for number, path in enumerate([arguments.reference, *arguments.hypotheses])
        ]
        for test in arguments.tests:
            for metrics in arguments.metrics:
                measure(test, metrics, files, arguments.rounds)


def enlarge(path: Path, segments: int, target: Path) -> str:
    """As many different segments as asked for: later rounds leave out the last word, then two, and so on."""
    lines = path.read_text(encoding="utf-8").splitlines()
    made: list[str] = []
    while len(made) < segments:
        left_out = len(made) // len(lines)
        made += [" ".join(line.split()[: -left_out or None]) for line in lines]
    target.write_text("\n".join(made[:segments]) + "\n", encoding="utf-8")
    return str(target)


def measure(test: str, metrics: str, files: list[str], rounds: int) -> None:
    """Run all in turn and print one paragraph."""
    reference, *systems = files
    ours = [sys.executable, "-c", OURS, test, metrics, reference, *systems]
    command = [sys.executable, "-m", "mt", "score", *systems, "--ref", reference, "--test", test, "-q"]
    theirs = [
        sys.executable,
        "-m",
        "sacrebleu",
        reference,
        "-i",
        *systems,
        FLAGS[test],
        "-m",
        *METRICS[metrics],
    ]
    calls = {
        "sacrebleu": [*theirs, "-f", "text", "-w", "4", "-nc", "-q"],
        "mt score": command + [word for metric in metrics.split(",") for word in ("-m", metric)],
        "library": ours,
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    p_values = {}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds, processor, output = timed(call)
            times[name].append((seconds, processor))
            printed = re.findall(r"p = ([\d.]+)\)", output)
            p_values[name] = in_rows(json.loads(output)) if name == "library" else sorted(printed)
    expected = p_values["sacrebleu"]
    same = "the same" if all(sorted(found) == expected for found in p_values.values()) else "DIFFERENT"
    print(f"{test}, {metrics}: p-values {same}: {' '.join(expected)}")
    slow = [statistics.median(t[k] for t in times["sacrebleu"]) for k in (0, 1)]
    for name, values in times.items():
        wall, processor = (statistics.median(value[k] for value in values) for k in (0, 1))
        ratio = f"{slow[0] / wall:5.1f} and {slow[1] / processor:5.1f} times as fast"
        print(f"  {name:9} {wall:7.2f} s, processor {processor:7.2f} s, {ratio}")


def in_rows(p_values: dict[str, list[float | None]]) -> list[str]:
    """The p-values as sacrebleu's table prints them: a line for each system, a column for each metric."""
    return [f"{p:.4f}" for row in zip(*p_values.values(), strict=True) for p in row if p is not None]


def timed(call: list[str]) -> tuple[float, float, str]:
    """Seconds, processor seconds and output of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200"}
    output = subprocess.run(call, check=True, capture_output=True, text=True, env=environment).stdout
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


if __name__ == "__main__":
    main()
