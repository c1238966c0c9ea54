"""One model, one process: translates the lines of stdin and says how long it took and how much memory.

The first line is a JSON object with the arguments of :func:`mt.engines.load`, each other one a source as a JSON
string. The answer is one JSON object on the last line of stdout.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from mt.errors import MTError

BATCH = 256
WARM = 8
"""Sources that are translated before the clock starts: the first batch of an engine allocates its memory."""


def main() -> None:
    """Answer for the model that stdin names."""
    asked, *sources = [json.loads(line) for line in sys.stdin]
    try:
        answer = measure(sources, **asked)
    except MTError as error:
        answer = {"error": error.message, "hint": error.hint}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def measure(
    sources: list[str],
    model: str,
    engine: str,
    compute_type: str,
    threads: int,
    beam_size: int,
    rescues: bool,
    rounds: int,
) -> dict[str, Any]:
    """Translate all sources; times are in seconds, memory in bytes.

    Args:
        sources: segments.
        model, engine, compute_type, threads: as for :func:`mt.engines.load`.
        beam_size: hypotheses kept while decoding.
        rescues: search again where a finding asks for it, as `mt translate` does.
        rounds: how often; the best time counts, because other programs can only add to it.
    """
    from mt.engines import DecodeOptions, load
    from mt.pipeline.sentences import SentenceTranslator

    start = perf_counter()
    loaded = load(model, engine, compute_type, threads)
    load_seconds = perf_counter() - start
    options = DecodeOptions(beam_size=beam_size)
    with SentenceTranslator(loaded, options, rescues=rescues) as translator:
        translator.translate(sources[:WARM])
        times = []
        for _ in range(rounds):
            start = perf_counter()
            pairs = [
                timed.pair
                for first in range(0, len(sources), BATCH)
                for timed in translator.translate(sources[first : first + BATCH])
            ]
            times.append(perf_counter() - start)
    return {
        "targets": [pair.target for pair in pairs],
        "failed": sum(bool(pair.failure) for pair in pairs),
        "seconds": min(times),
        "load_seconds": load_seconds,
        "peak_memory": peak_memory(),
        "compute_type": loaded.info.compute_type,
        "engine": loaded.info.label,
    }


def peak_memory() -> int:
    """The most memory this process has had, in bytes.

    Linux counts the parent's into ``ru_maxrss`` of a program that it starts; ``VmHWM`` is the program's own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
