"""`mt list`: the documents in the store and how far each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands

if TYPE_CHECKING:
    from mt.store import DocumentInfo

app = Commands()

COLUMNS = ("id", "name", "langs", "segments", "translated", "failed", "score", "reviewed", "state")
NUMBERS = ("segments", "translated", "failed", "score", "reviewed")


@app.command(name="list", epilog="Example: mt list --json | jq -r 'select(.mean_score < 0.5).id'")
def list_(
    old: Annotated[bool, typer.Option("--all", "-a", help="Old versions of edited documents too.")] = False,
    store: options.Store = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each document.")
    ] = False,
) -> None:
    """List the documents in the store: segments, translated, mean score, reviewed, state."""
    from mt.pipeline.inspect import document_record, list_documents
    from mt.store import Store

    with Store.open(config.load({"store": store})["store"] or None, read_only=True) as opened:
        infos = list_documents(opened, old)
        where = opened.location
    if as_json:
        for info in infos:
            report.out_json(document_record(info))
        return
    if not infos:
        report.note(f"The store {where} holds no documents. Translate one: mt translate FILE")
        return
    rows = [_row(info) for info in infos]
    report.table(COLUMNS, rows, NUMBERS)


def _row(info: DocumentInfo) -> tuple[str | int, ...]:
    score = "" if info.mean_score is None else f"{info.mean_score:.2f}"
    langs = f"{info.lang}-{info.target_lang}"
    counts = (info.segments, info.translated, info.failed, score, info.reviewed)
    return (info.id, info.name or "-", langs, *counts, info.state)
