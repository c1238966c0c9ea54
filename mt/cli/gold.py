"""`mt gold`: alignments and word links against gold files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mt.cli import options, report
from mt.cli.commands import Commands

app = Commands(no_args_is_help=True, epilog="Example: mt gold alignment gold/001.gold ours/001.beads")


@app.command("alignment", epilog="Example: mt gold alignment gold/001.gold ours/001.beads")
def alignment(
    gold: Annotated[Path, typer.Argument(help="File of `[0, 1]:[2]` lines, or a folder of them.")],
    test: Annotated[Path, typer.Argument(help="The alignment to score, likewise.")],
    as_json: options.Json = False,
) -> None:
    """Strict and lax precision, recall and F1 of sentence alignments, by both published definitions.

    vecalign (and Bleualign, Bertalign): a bead with an empty side counts for precision, not for recall.
    sentalign: such beads count nowhere. Files of folders are paired by name.
    """
    from mt.pipeline.gold import gold_alignment

    scores, documents = gold_alignment(gold, test)
    if as_json:
        report.out_json({"documents": documents} | {name: asdict(found) for name, found in scores.items()})
        return
    rows = [
        (name, kind, *(f"{rate:.3f}" for rate in (rates.precision, rates.recall, rates.f1)))
        for name, found in scores.items()
        for kind, rates in (("strict", found.strict), ("lax", found.lax))
    ]
    report.table(["definition", "", "P", "R", "F1"], rows, numeric=["P", "R", "F1"])


@app.command("links", epilog="Example: mt gold links gold.tsv ours.pharaoh")
def links(
    gold: Annotated[Path, typer.Argument(help="Pharaoh lines (0-0 sure, 0p0 possible) or an XL-WA table.")],
    test: Annotated[Path, typer.Argument(help="The links to score, one sentence a line.")],
    form: Annotated[str, typer.Option("--form", help="Of the gold: pharaoh, xlwa or auto.")] = "auto",
    swap: Annotated[
        bool, typer.Option("--swap", help="The links to score run from the gold's target to its source.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Precision, recall, F1 and alignment error rate of word links (Och and Ney 2003)."""
    from mt.pipeline.gold import gold_links

    score, sentences = gold_links(gold, test, form, swap)
    if as_json:
        report.out_json({"sentences": sentences} | asdict(score))
        return
    row = [
        f"{sentences:,}",
        *(f"{rate:.4f}" for rate in (score.precision, score.recall, score.f1, score.aer)),
    ]
    columns = ["sentences", "P", "R", "F1", "AER"]
    report.table(columns, [row], numeric=columns)
