"""`mt adapt`: the installed model learns from reviewed pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.cli.train import run_bar

if TYPE_CHECKING:
    from mt.train.adapt import Adapted

app = Commands()

EXAMPLE = """Examples:

mt adapt --general corpora/dev

mt adapt --documents 'sport/*' --name sport-nl-en

mt adapt --documents 'sport/*' --method full --replay corpora/train --name sport-nl-en

mt models rollback sport-nl-en
"""


@app.command(epilog=EXAMPLE)
def adapt(
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="PATH", help="General bitext, TSV or a folder of it.")
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option(
            "--general",
            metavar="PATH",
            help="General test set; default: reviews of other documents, or part of --replay.",
        ),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--documents", help="Only reviews of documents with such a name, for example 'sport/*'."
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Of the adapted model.")] = "",
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="FOLDER", help="The model in Hugging Face layout, to start from."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            help="replacements: words and signs that reviewers always write otherwise. bias: pieces that they "
            "write more often. full, or lora for large models: all weights.",
        ),
    ] = "replacements",
    evidence: Annotated[
        float, typer.Option("--evidence", help="Documents that must agree on a replacement or a bias.")
    ] = 3.0,
    epochs: Annotated[float, typer.Option("--epochs", help="How often each reviewed pair is seen.")] = 8.0,
    share: Annotated[float, typer.Option("--replay-share", help="Share of general pairs.")] = 0.5,
    rate: Annotated[float, typer.Option("--rate", help="Peak learning rate of Adam.")] = 1e-4,
    blend: Annotated[
        float, typer.Option("--blend", help="Weight of the fine-tuned model in its mean with the old one.")
    ] = 0.4,
    significance: Annotated[
        float, typer.Option("--significance", help="Largest p-value that counts as a difference.")
    ] = 0.05,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is random.")] = 1,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of the training run.")] = None,
    store: options.Store = None,
    model: options.Model = None,
    threads: options.Threads = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Teach the model what reviewers accepted and edited; install it only where it helps.

    Every reviewed pair is measured on by a model that did not learn from its document. The new model is installed
    when BLEU or chrF2++ rises significantly there, neither falls, and neither falls significantly on the general
    set; `mt models rollback NAME` takes it back.
    """
    from datetime import UTC, datetime

    from mt.pipeline.opening import open_store
    from mt.train.adapt import AdaptOptions
    from mt.train.adapt import adapt as run

    settings = config.load({"store": store, "model": model, "threads": threads})
    chosen = AdaptOptions(
        model=settings["model"],
        base=base,
        name=name,
        documents=tuple(documents or ()),
        method=method,
        evidence=evidence,
        epochs=epochs,
        replay=share,
        rate=rate,
        blend=blend,
        significance=significance,
        seed=seed,
        threads=settings["threads"],
    )
    folder = output or Path("runs") / f"adapt-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with open_store(settings, read_only=True) as stored, run_bar(quiet) as bar:
        adapted = run(stored, folder, replay, general, chosen, bar)
    if as_json:
        report.out_json(adapted)
    else:
        _show(adapted, quiet)


def _show(adapted: Adapted, quiet: bool) -> None:
    """The table of what was measured, what was decided, and how to use it."""
    rows = [
        (c.test_set, c.segments, c.old.metric, f"{c.old.value:.2f}", f"{c.new.value:.2f}", f"{c.delta:+.2f}",
         f"{c.p_value:.3f}")
        for c in adapted.changes
    ]  # fmt: skip
    numeric = ("segments", "old", "new", "change", "p")
    report.table(("set", "segments", "metric", "old", "new", "change", "p"), rows, numeric)
    report.out(adapted.reason)
    if adapted.installed and not quiet:
        label = adapted.installed.name
        report.note(f"Use it: --model {label}. Take it back: mt models rollback {label}")
