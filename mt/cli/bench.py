"""`mt bench`: the installed models on a test set, in one table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.errors import EngineError

if TYPE_CHECKING:
    from mt.evaluate import SystemScore
    from mt.pipeline.bench import BenchResult

app = Commands()

EXAMPLE = """Examples:

mt bench

mt bench starter-nl-en my-model --set dev --limit 200

mt bench --set my-test.tsv --json
"""


@app.command(epilog=EXAMPLE)
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="MODEL...", help="Installed models or folders; none is all.")
    ] = None,
    test_set: Annotated[
        str,
        typer.Option("--set", help="test or dev of the corpora, a TSV file (source, target), or a folder."),
    ] = "test",
    corpora: Annotated[
        Path | None, typer.Option("--corpora", help="Folder of the corpora; by default here or above.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many segments.")
    ] = None,
    engine: options.EngineName = None,
    compute_type: Annotated[
        str | None, typer.Option("--compute-type", help="auto, int8, float32 or bfloat16.")
    ] = None,
    threads: options.Threads = None,
    beam_size: Annotated[int | None, typer.Option("--beam-size", min=1, help="Hypotheses kept.")] = None,
    rescue: Annotated[
        bool,
        typer.Option("--rescue", help="Search again where a check finds an error, as mt translate does."),
    ] = False,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="Translate so many times; the fastest counts.")
    ] = 1,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Translate a test set with every installed model and print quality, speed, memory and size.

    Each model runs in a process of its own. Scores carry their 95% interval and the p-value against the first
    model; words per second are source words, loading left out.
    """
    from mt.pipeline.bench import load_set, run

    flags = {"engine": engine, "compute_type": compute_type, "threads": threads, "beam_size": beam_size}
    settings = config.load(flags)
    loaded = load_set(test_set, corpora, limit)
    note = (lambda _: None) if quiet else report.note
    result = run(names or [], loaded, settings, rescue, rounds, note=note)
    if as_json:
        report.out_json(_record(result))
    else:
        _print(result)
    if broken := [cost.model for cost in result.costs if cost.failure]:
        raise EngineError(f"{', '.join(broken)} did not run.", "mt models info MODEL says what is wrong.")


def _scores(result: BenchResult) -> dict[str, dict[str, SystemScore]]:
    """Model to metric to score."""
    rows = result.analysis.comparison.rows if result.analysis else {}
    found: dict[str, dict[str, SystemScore]] = {}
    for metric, scores in rows.items():
        for row in scores:
            found.setdefault(row.system, {})[metric] = row
    return found


def _print(result: BenchResult) -> None:
    from mt.evaluate import tables

    scores = _scores(result)
    metrics = list(result.analysis.comparison.rows) if result.analysis else []
    columns = ["model", *metrics, "words/s", "peak MB", "size MB", "load s", "weights"]
    body = []
    for cost in result.costs:
        if cost.failure:
            body.append(
                [cost.model, *[""] * len(metrics), "", "", f"{cost.size / 1e6:.0f}", "", "did not run"]
            )
            continue
        cells = [tables.cell(scores[cost.model][metric]).replace(" (p", "\n(p") for metric in metrics]
        numbers = (cost.words_per_second, cost.peak_memory / 1e6, cost.size / 1e6)
        body.append(
            [
                cost.model,
                *cells,
                *(f"{number:,.0f}" for number in numbers),
                f"{cost.load_seconds:.1f}",
                cost.compute_type,
            ]
        )
    report.table(columns, body, numeric=columns[1:-1])
    report.out(f"{result.test_set}: {result.segments:,} segments, {result.words:,} source words.")
    if result.analysis:
        for name, signature in tables.signatures(result.analysis.comparison):
            report.out(f"{name}: {signature}")


def _record(result: BenchResult) -> dict[str, object]:
    scores = _scores(result)
    models = [
        asdict(cost) | {"scores": [asdict(row) for row in scores.get(cost.model, {}).values()]}
        for cost in result.costs
    ]
    return {
        "test_set": result.test_set,
        "segments": result.segments,
        "words": result.words,
        "models": models,
    }
