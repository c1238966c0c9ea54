"""`mt align`: two texts that say the same, sentence by sentence and word by word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.pipeline.align import Aligned, Aligner, Sides

app = Commands()

EXAMPLE = """Examples:

mt align artikel.nl.txt artikel.en.txt

mt align artikelen/nl/ artikelen/en/ --output bitext.tmx

mt align --lines zinnen.nl zinnen.en --beads zinnen.beads

mt align --words pairs.tsv > links.txt
"""


@app.command(epilog=EXAMPLE)
def align(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE TARGET", help="Two files, two folders, or one folder with both sides."
        ),
    ],
    lines: Annotated[
        bool, typer.Option("--lines", help="The files hold one segment a line; stores nothing.")
    ] = False,
    words: Annotated[
        bool,
        typer.Option("--words", help="Link the words of pairs: a table, or two files of as many lines."),
    ] = False,
    beads: Annotated[
        Path | None, typer.Option("--beads", help="Write beads such as [0]:[0, 1]:0.98, 0-based.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the pairs: .tsv, .jsonl, .tmx, .xlf; links for --words."),
    ] = None,
    signals: Annotated[
        str | None,
        typer.Option(
            "--signals", help="Any of embeddings,translation,lengths,numbers; by default the best at hand."
        ),
    ] = None,
    swap: Annotated[bool, typer.Option("--swap", help="Take the first text as the target.")] = False,
    force: Annotated[
        bool,
        typer.Option("--force", "-f", help="Align texts that do not look like two languages of one text."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every bead as one line of JSON instead of a table.")
    ] = False,
    format_name: Annotated[
        str | None, typer.Option("--format", help="text, markdown or html; by default it is detected.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of both sides; by default it is detected.")
    ] = None,
    source_lang: Annotated[str | None, typer.Option("--source-lang", help="Language of the source.")] = None,
    target_lang: Annotated[str | None, typer.Option("--target-lang", help="Language of the target.")] = None,
    store: options.Store = None,
    model: options.Model = None,
    threads: options.Threads = None,
    profile: Annotated[
        Path | None, typer.Option("--config", help="TOML file with settings, instead of mt.toml.")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Align texts that were translated already, and store the pairs with their scores.

    Every bead comes with the probability that it is exactly right, also a segment without counterpart. A
    stretch that stands elsewhere in the other text is reported. Documents that are in the store already are
    not aligned again.
    """
    from mt.pipeline.align import Aligner, Sides

    given = {
        "store": store,
        "model": model,
        "threads": threads,
        "source_lang": source_lang,
        "target_lang": target_lang,
    }
    settings = config.load(given, profile)
    sides = Sides(settings["source_lang"], settings["target_lang"], swap, force, format_name, encoding)
    if words:
        _words(inputs, sides, output, quiet)
        return
    aligner = Aligner(settings, [name.strip() for name in signals.split(",")] if signals else ())
    if not quiet and not signals and "embeddings" not in aligner.signals:
        report.note("Aligning by translation; embeddings are better: pip install 'mt-workbench[align]'")
    wishes = _Wishes(beads, output, as_json, quiet)
    if lines:
        _lines(inputs, aligner, sides, wishes)
    else:
        _documents(settings, inputs, aligner, sides, wishes)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """Where results go: files for beads and pairs, JSON or a table on stdout, talk or none on stderr."""

    beads: Path | None
    output: Path | None
    as_json: bool
    quiet: bool

    def require(self, inputs: list[Path]) -> None:
        """Refuse outputs that cannot be written, before any work."""
        from mt.pipeline.align import require_exchange
        from mt.pipeline.documents import require_writable

        for path in (self.beads, self.output):
            if path:
                require_writable(path, inputs)
        if self.output:
            require_exchange(self.output)


def _words(inputs: list[Path], sides: Sides, output: Path | None, quiet: bool) -> None:
    from mt.pipeline.align import read_pairs, word_link_lines
    from mt.pipeline.documents import output_stream, require_writable

    if len(inputs) > 2:
        raise UsageError(f"--words got {len(inputs)} files.", "It takes a table, or two files of lines.")
    if output:
        require_writable(output, inputs)
    with report.progress("pairs", quiet=quiet) as bar, output_stream(output) as stream:
        for line in word_link_lines(read_pairs(inputs, sides.encoding)):
            stream.write(line.encode() + b"\n")
            bar.advance()


def _lines(inputs: list[Path], aligner: Aligner, sides: Sides, wishes: _Wishes) -> None:
    from mt.pipeline.align import Aligned, Job, align_lines, judged_pairs
    from mt.pipeline.judge import PairJudge

    if len(inputs) != 2:
        raise UsageError(
            f"--lines got {report.counted(len(inputs), 'file')}.", "It takes two: source and target."
        )
    wishes.require(inputs)
    found = align_lines((inputs[0], inputs[1]), aligner, sides, report.note)
    pairs = judged_pairs(found.alignment, PairJudge(), sides.langs)
    one = Aligned(Job(inputs[0].name, inputs[0], inputs[1]), "", found, pairs)
    _deliver([one], sides, wishes)
    if not wishes.quiet:
        _tell(one)


def _documents(
    settings: config.Config, inputs: list[Path], aligner: Aligner, sides: Sides, wishes: _Wishes
) -> None:
    from mt.pipeline.align import DocumentAligner, plan
    from mt.pipeline.judge import PairJudge
    from mt.pipeline.opening import open_store

    jobs = plan(inputs, sides, report.note)
    wishes.require([path for job in jobs for path in (job.source, job.target)])
    if wishes.beads and len(jobs) > 1:
        raise UsageError(f"{len(jobs)} documents do not fit into one bead file.", "Leave out --beads.")
    done: list[Aligned] = []
    with (
        open_store(settings) as stored,
        report.progress("documents", len(jobs), wishes.quiet) as bar,
    ):
        documents = DocumentAligner(stored, aligner, PairJudge(), sides, bar.note)
        try:
            for one in documents.run(jobs):
                done.append(one)
                bar.advance()
                if not wishes.quiet:
                    _tell(one, bar.note)
        except KeyboardInterrupt:
            report.note("Interrupted. Run the same command again to go on from here.")
            raise typer.Exit(report.INTERRUPTED) from None
        location = stored.location
    _deliver(done, sides, wishes)
    if not wishes.quiet:
        report.note(f"Store: {location}")
    if documents.errors:
        raise documents.errors[0]


def _deliver(done: list[Aligned], sides: Sides, wishes: _Wishes) -> None:
    """Write what was asked for; a table or JSON on stdout where no file was."""
    from mt.pipeline.align import bead_records, bead_rows, write_beads, write_pairs

    if wishes.beads:
        write_beads(done[0].report, wishes.beads)
    if wishes.output:
        write_pairs(done, wishes.output, sides.langs)
    if wishes.as_json:
        for one in done:
            for record in bead_records(one.report, one.pairs):
                report.out_json({"document": one.job.name, **record})
    elif not (wishes.beads or wishes.output):
        for one in done:
            report.table(("#", *sides.langs, " #", "sure"), bead_rows(one.report), ("#", " #", "sure"))


def _tell(one: Aligned, note: Callable[[str], None] = report.note) -> None:
    """What became of two documents: kinds of beads, doubtful ones, stretches that stand elsewhere."""
    from mt.pipeline.align import moved_lines, summary

    note(f"{one.job.name}: {summary(one)}")
    for line in moved_lines(one.report):
        note(f"{one.job.name}: {line}")
