"""`mt show DOC`: a document's pairs side by side, with scores, status and findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands

if TYPE_CHECKING:
    from mt.store import StoredPair

app = Commands()

COLUMNS = ("#", "source", "target", "score", "status", "findings")
PAGE = 200
"""Pairs in one table: a long document is shown while it is read."""

EXAMPLE = """Examples:

mt show artikel.txt --findings

mt show artikel-7f3a --json | jq 'select(.score < 0.3)'
"""


@app.command(epilog=EXAMPLE)
def show(
    document: Annotated[
        str, typer.Argument(metavar="DOC", help="Identifier, its beginning, or the name as in `mt list`.")
    ],
    findings: Annotated[
        bool, typer.Option("--findings", help="Say below each pair what the checks found and where.")
    ] = False,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Show what the engine proposed and why one won.")
    ] = False,
    only: Annotated[
        str | None, typer.Option("--only", metavar="CHECK", help="Only pairs with a finding of this check.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Pairs to show at most.")] = None,
    store: options.Store = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each pair, with everything.")
    ] = False,
) -> None:
    """Show a document's pairs side by side: source, target, score, status, findings."""
    from mt.pipeline.inspect import pair_record, select_pairs
    from mt.store import Store

    with Store.open(config.load({"store": store})["store"] or None, read_only=True) as opened:
        info = opened.find_document(document)
        pairs = select_pairs(opened, info.id, only, limit)
        if as_json:
            for stored in pairs:
                report.out_json(pair_record(stored, history=True, store=opened))
            return
        score = "" if info.mean_score is None else f", mean score {info.mean_score:.2f}"
        report.note(
            f"{info.id} ({info.name or 'no name'}): {info.translated} of {info.segments} segments translated"
            f"{score}, {info.reviewed} reviewed, {info.state}"
        )
        _tables(pairs, findings, candidates)


def _tables(pairs: Iterable[StoredPair], findings: bool, candidates: bool) -> None:
    from mt.pipeline.inspect import details, pair_row

    def rows(page: list[StoredPair]) -> Iterator[tuple[str, ...]]:
        for stored in page:
            yield pair_row(stored)
            yield from details(stored, findings, candidates)

    waiting = iter(pairs)
    while page := list(islice(waiting, PAGE)):
        report.table(COLUMNS, rows(page), ("#", "score"))
