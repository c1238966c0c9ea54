"""`mt review`: review pairs in the terminal; `mt review stats`: how the review goes."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from typer.core import TyperGroup

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands

if TYPE_CHECKING:
    from mt.review import ReviewSession, ReviewStatistics
    from mt.store import Order, Store

PAIRS = "pairs"
"""Name of the command that is meant where none is typed."""


class Group(TyperGroup):
    """Reviews where the first word is no command: a document, an option, or nothing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that is meant in front."""
        if not args or args[0] not in self.commands:
            args = [PAIRS, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command; the one that is meant where none is typed has no name of its own in the help."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == PAIRS else name), command, rest


app = Commands(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})

EXAMPLE = """Examples:

mt review

mt review artikel --filter 'check:number score:0.3..0.5' --order uncertain

mt review --filter 'score:>0.9' --accept-all

mt review stats --svg figures/
"""

Documents = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOC", help="Only these documents; identifier, its beginning, or the name."),
]


@app.command(PAIRS, epilog=EXAMPLE)
def pairs(
    documents: Documents = None,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", "-f", help="What pairs must be, as in the browser: check:number score:<0.5"),
    ] = None,
    saved: Annotated[
        str | None, typer.Option("--saved", metavar="NAME", help="A filter that was saved under this name.")
    ] = None,
    order: Annotated[
        str | None, typer.Option("--order", help="worst (default), document or uncertain.")
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", help="Name beside the decisions; default: your login name.")
    ] = None,
    mqm: Annotated[
        bool | None, typer.Option("--mqm/--no-mqm", help="Errors may be marked in the text (MQM).")
    ] = None,
    accept_all: Annotated[
        bool,
        typer.Option("--accept-all", help="Accept all that fit, but those with an error, and say how many."),
    ] = False,
    store: options.Store = None,
) -> None:
    """Review pairs in the terminal, the worst first; `?` shows the keys. `mt review stats` shows the figures."""
    from mt.pipeline.interactive import LateBeadScorer, LateJudge
    from mt.pipeline.opening import open_store
    from mt.review import ReviewSession
    from mt.review.terminal import Keymap, Start, require_terminal, review

    settings = config.load({"store": store, "reviewer": reviewer, "review.mqm": mqm})
    keymap = Keymap(settings["review.keys"])
    if not accept_all:
        require_terminal()
    # A store that is not there is a slip of the fingers: one is not made for a review.
    open_store(settings, read_only=True).close()
    with open_store(settings) as opened:
        start = Start(*_wanted(opened, documents or [], filter_, saved, order), settings["review.mqm"])
        judge, name = LateJudge(settings), settings["reviewer"] or getpass.getuser()
        session = ReviewSession(opened, name, judge=judge, score_beads=LateBeadScorer(settings))
        if accept_all:
            _accept_all(session, start.filter)
            return
        count = review(session, start, keymap, warm=judge.warm)
        report.note(f"{count:,} decision{'' if count == 1 else 's'} saved in {opened.location}.")


def _wanted(
    store: Store, documents: Sequence[str], filter_: str | None, saved: str | None, order: str | None
) -> tuple[str, Order]:
    """The filter as it is typed, with the documents in it, and the order."""

    from mt.errors import UsageError, unknown_name
    from mt.review import look_up, parse_filter, write_filter
    from mt.store import Order

    text, name = filter_ or "", order or Order.WORST.value
    if saved is not None:
        if filter_ is not None:
            raise UsageError("--filter and --saved exclude each other.", "Give one of them.")
        known = {one.name: one for one in store.filters()}
        if saved not in known:
            raise unknown_name("saved filter", saved, known)
        text, name = known[saved].filter, order or known[saved].order
    if name not in list(Order):
        raise unknown_name("order", name, list(Order))
    query = parse_filter(text)
    look_up(store, query)
    if documents:
        found = tuple(dict.fromkeys(store.find_document_id(one) for one in documents))
        text = write_filter(query._replace(documents=query.documents + found))
    return text, Order(name)


def _accept_all(session: ReviewSession, text: str) -> None:
    from mt.review import read_filter

    result = session.accept_all(read_filter(session.store, text))
    report.note(result.summary)


@app.command(
    "stats",
    epilog="Examples:\n\nmt review stats\n\nmt review stats artikel --json\n\nmt review stats --svg figures/",
)
def stats(
    documents: Documents = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", metavar="PATH", help="Also draw the plots: one file, or one for each in a folder."
        ),
    ] = None,
    theme: Annotated[str, typer.Option("--theme", help="Colours of the plots: light or dark.")] = "light",
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Show how the review goes: progress, speed, edit distance, agreement, precision of the checks."""
    from mt.review import collect_statistics
    from mt.review.statistics import statistics_record
    from mt.store import Store

    with Store.open(config.load({"store": store})["store"] or None, read_only=True) as opened:
        wanted = [opened.find_document_id(one) for one in documents or []]
        found = collect_statistics(opened, wanted or None)
        names = {one: opened.document_head(one).base_name for one in found.progress}
    if svg is not None:
        for path in _draw(found, names, svg, theme):
            report.note(f"Wrote {path}.")
    if as_json:
        report.out_json(statistics_record(found, names))
        return
    if not found.progress:
        report.note("The store holds no pairs. Translate a document: mt translate FILE")
        return
    _tables(found, names)


def _draw(found: ReviewStatistics, names: dict[str, str], path: Path, theme: str) -> list[Path]:
    """Write the plots into one file, or each into a file of a folder."""
    from mt.errors import UsageError, unknown_name
    from mt.review.plots import PLOTS, THEMES, sheet

    if theme not in THEMES:
        raise unknown_name("theme", theme, THEMES)
    colours = THEMES[theme]
    if path.suffix.lower() == ".svg":
        texts = {path: sheet(found, names, colours)}
    else:
        texts = {path / f"{name}.svg": draw(found, names, colours).svg for name, draw in PLOTS.items()}
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{error.filename or path}: {error.strerror}.", "Give a file.svg or a folder that can be written."
        ) from error
    return list(texts)


def _tables(found: ReviewStatistics, names: dict[str, str]) -> None:
    from mt.review.statistics import statistics_tables

    for table in statistics_tables(found, names):
        report.out(table.title)
        report.table(table.columns, table.rows, table.numeric)
