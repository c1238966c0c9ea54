"""`mt judge`: pairs from a file or the store, with the probability that a reviewer accepts them and the reasons."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.config import Config
    from mt.data import QualityScore
    from mt.pipeline.judge import Item, JudgeCounts, PairJudge, Use

app = Commands()

EXAMPLE = """Examples:

mt judge pairs.tsv -o scored.tsv

mt judge memory.tmx --explain | sort -t "$(printf '\\t')" -k3,3g | head

mt judge --document artikel.nl.txt --json | jq 'select(.score < 0.3)'

mt judge --calibrate
"""


@app.command(epilog=EXAMPLE)
def judge(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="TSV (source and target first), JSON lines, TMX, XLIFF; none or - is stdin."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; its ending names the format.")
    ] = None,
    document: Annotated[
        str | None, typer.Option("--document", help="Judge the pairs of a stored document.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what was found and what lowered the score, in words.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON for each pair, with every measure.")
    ] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Fit the scores to the decisions in the store, and keep that.")
    ] = False,
    no_engine: options.NoEngine = False,
    no_embeddings: options.NoEmbeddings = False,
    format_name: Annotated[
        str | None,
        typer.Option("--format", help="Of the input: tsv, jsonl, tmx, xliff; default: by its ending."),
    ] = None,
    source_lang: Annotated[str | None, typer.Option("--source-lang", help="Language of the sources.")] = None,
    target_lang: Annotated[str | None, typer.Option("--target-lang", help="Language of the targets.")] = None,
    model: options.Model = None,
    engine: options.EngineName = None,
    threads: options.Threads = None,
    store: options.Store = None,
    quiet: options.Quiet = False,
) -> None:
    """Score pairs without a reference: the probability in 0..1 that a reviewer accepts each, with reasons.

    TSV keeps its columns and gets two more: score and findings (with --explain findings in words, and what
    lowered the score). Nothing in the store is changed.
    """
    settings = config.load(
        {
            "model": model, "engine": engine, "threads": threads, "store": store,
            "source_lang": source_lang, "target_lang": target_lang,
        }
    )  # fmt: skip
    if document is not None and file is not None:
        raise UsageError("A file and --document are two inputs.", "Choose one of them.")
    from mt.pipeline import judge as judging

    use = judging.Use(engine=not no_engine, encoder=not no_embeddings)
    if calibrate:
        _calibrate(settings, use, quiet)
        return

    langs = (settings["source_lang"], settings["target_lang"])
    path, output = options.named(file), options.named(output)
    kind = "tsv" if document is not None else judging.require_kind(path, format_name)
    written = "json" if as_json else judging.output_kind(output, kind)
    counts = judging.JudgeCounts()
    with _opened(settings, document, path, kind, counts) as (items, total):
        judged_by = judging.open_judge(settings, use)
        with (
            report.progress("pairs", total, quiet) as bar,
            judging.journal_of(
                output, judged_by, langs, counts, features=explain or written == "json"
            ) as journal,
        ):
            judged = judging.judged_items(items, judged_by, langs, counts, bar.advance, journal)
            _write(judged, output, path, written, explain, langs)
    if not quiet:
        _summary(counts, judged_by)


@contextmanager
def _opened(
    settings: Config, document: str | None, path: Path | None, kind: str, counts: JudgeCounts
) -> Iterator[tuple[Iterator[Item], int | None]]:
    """The pairs of the store, a file or stdin, and how many there are where that is quickly known."""
    from mt.formats.exchange import ImportReport
    from mt.pipeline import judge as judging

    langs = (settings["source_lang"], settings["target_lang"])
    if document is not None:
        from mt.pipeline.opening import open_store

        with open_store(settings, read_only=True) as opened:
            yield judging.stored_items(opened, document), None
        return
    seen = ImportReport(str(path or "stdin"))
    if path is None:
        yield judging.read_items(None, sys.stdin.buffer, kind, langs, seen), None
    else:
        total = judging.count_lines(path) if kind in ("tsv", "jsonl") else None
        with path.open("rb") as stream:
            yield judging.read_items(path, stream, kind, langs, seen), total
    if seen.notes:
        counts.notes.append(seen.summary())


def _write(
    judged: Iterator[tuple[Item, QualityScore]],
    output: Path | None,
    path: Path | None,
    kind: str,
    explain: bool,
    langs: tuple[str, str],
) -> None:
    from mt.pipeline import judge as judging
    from mt.pipeline.documents import output_stream, require_writable

    writers: dict[str, Callable[[IO[bytes]], None]] = {
        "tsv": lambda stream: judging.write_tsv(judged, stream, explain),
        "json": lambda stream: judging.write_json(judged, stream, explain),
    }
    if output is not None:
        require_writable(output, [path] if path else [])
    with output_stream(output) as stream:
        write = writers.get(kind) or (lambda s: judging.write_exchange(judged, s, kind, langs))
        write(stream)


def _calibrate(settings: Config, use: Use, quiet: bool) -> None:
    from mt.pipeline import judge as judging
    from mt.pipeline.opening import open_store

    langs = (settings["source_lang"], settings["target_lang"])
    with open_store(settings, read_only=True) as opened:
        judged_by = judging.open_judge(settings, use, calibrated=False)
        found = judging.calibrate(opened, judged_by, langs, judging.calibration_file())
    if not quiet:
        report.note(
            f"Calibrated on {found.decisions} decisions, {found.accepted} of them accepted: expected calibration"
            f" error {found.error_before:.3f} before, {found.error_after:.3f} after."
        )
        report.note(f"Kept in {judging.calibration_file()}; it applies to scores of {found.method}.")


def _summary(counts: JudgeCounts, judged_by: PairJudge) -> None:
    for text in (*counts.notes, *judged_by.notes):
        report.note(text)
    mean = f", mean score {counts.total / counts.pairs:.2f}" if counts.pairs else ""
    report.note(
        f"{counts.pairs} pairs judged{mean}; {counts.errors} with an error, {counts.warnings} with a warning."
    )
