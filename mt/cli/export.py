"""`mt export`: pairs and documents out of the store, for other programs and for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.pipeline.exporting import ExportCounts

app = Commands()

EXAMPLE = """Examples:

mt export artikel.txt > article.txt

mt export --status accepted,edited -o memory.tmx

mt export artikel.txt --format xliff2 -o artikel.xlf

mt export --filter 'check:number score:<0.5' -o worst.docx
"""


@app.command(epilog=EXAMPLE)
def export(
    documents: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DOC...", help="Identifier, its beginning, or the name as in `mt list`; none: all."
        ),
    ] = None,
    filter_text: Annotated[
        str, typer.Option("--filter", help="As in the review queue: `check:number score:<0.5 origin:memory`.")
    ] = "",
    status: Annotated[
        str | None,
        typer.Option(
            "--status", help="open, accepted, edited, rejected, skipped, flagged; several with commas."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File; its ending names the format. None or - is stdout."),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="tmx, xliff (1.2), xliff2 (2.1), tsv, jsonl, moses, docx, html or md (side by side), or document: "
            "the translated text in its own format.",
        ),
    ] = None,
    source_lang: Annotated[
        str | None, typer.Option("--source-lang", help="Code to write for the sources, such as nl-BE for nl.")
    ] = None,
    target_lang: Annotated[
        str | None, typer.Option("--target-lang", help="Code to write for the targets, such as en-GB for en.")
    ] = None,
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Put a space where the format has no room for a line break.")
    ] = False,
    store: options.Store = None,
    quiet: options.Quiet = False,
) -> None:
    """Write pairs with scores, status and reviews, or the translated document with the reviewers' edits in place.

    A file appears under its name when it is complete. What a format has no room for is refused.
    """
    import sys

    from mt.pipeline.documents import require_writable
    from mt.pipeline.exporting import DOCUMENT, Exporter, choose, require_format
    from mt.store import Store

    path = options.named(output)
    statuses = status.split(",") if status else []
    with Store.open(config.load({"store": store})["store"] or None, read_only=True) as opened:
        query = choose(opened, documents or [], filter_text, statuses)
        kind = require_format(opened, query, path, format_name)
        if path:
            require_writable(path, [])
        elif kind == "docx" and sys.stdout.isatty():
            raise UsageError("A DOCX file is not for the screen.", "Name a file: -o pairs.docx")
        total = sum(opened.count_in_order(query).values())
        with report.progress("pairs", total, quiet) as bar:
            exporter = Exporter(opened, (source_lang, target_lang), lossy, bar.advance)
            counts = exporter.export(query, kind, path)
    if not quiet:
        _tell(counts, kind if kind != DOCUMENT else "the translated document")


def _tell(counts: ExportCounts, kind: str) -> None:
    for note in counts.notes:
        report.note(note)
    if counts.left_out and not counts.notes:
        without = report.counted(counts.left_out, "pair")
        report.note(f"{without} without translation left out; xliff and tsv have room for such.")
    statuses = ", ".join(f"{number} {status}" for status, number in counts.statuses.most_common())
    where = ", ".join(map(str, counts.files)) or "stdout"
    report.note(f"{report.counted(counts.written, 'pair')} ({statuses or 'none'}) -> {where} ({kind})")
