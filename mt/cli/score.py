"""`mt score`: translations against references, as a table, a report, Markdown, LaTeX or JSON."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from typer.core import TyperCommand

from mt import __version__, config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.evaluate.analysis import Analysis
    from mt.evaluate.comet import CometEnvironment
    from mt.pipeline.score_inputs import FileRequest, Inputs
    from mt.pipeline.score_judge import OpenJudge

app = Commands()

EXAMPLE = """Examples:

mt score new.txt --ref reference.txt --source source.txt --html report.html

mt score old.txt new.txt --ref a.txt --ref b.txt --test bootstrap --test randomisation

mt score --document artikel.nl.txt --ref artikel.en.txt

mt score --store
"""

ALL = ["bleu", "chrf2", "chrf2++", "ter"]


class _ScoreCommand(TyperCommand):
    """Takes ``--store`` without a path for the reviews in the default store, as ``--reviewed`` says them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        following = [*args[1:], "-"]
        words = [
            "--reviewed" if word == "--store" and after.startswith("-") else word
            for word, after in zip(args, following, strict=True)
        ]
        return super().parse_args(ctx, words)


@app.command(epilog=EXAMPLE, cls=_ScoreCommand)
def score(
    hypotheses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HYP...",
            help="One segment a line, or TSV, JSON lines, TMX, XLIFF; FILE#COLUMN names a column; - is stdin.",
        ),
    ] = None,
    references: Annotated[
        list[str] | None, typer.Option("--ref", "-r", help="Reference; give it again for several.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", "-s", help="Source, for findings, quality score and COMET.")
    ] = None,
    document: Annotated[
        str | None, typer.Option("--document", help="Score a stored document instead of files.")
    ] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Score engine output against what reviewers made of it.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="[PATH|URL]",
            help="Store to use; without files to score, or without a path, the same as --reviewed.",
        ),
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option("--name", help="Name of a system, in the order of the files.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="System to compare with; by default the first.")
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", "-m", help="bleu, chrf2, chrf2++, ter, comet; again for more."),
    ] = None,
    tests: Annotated[
        list[str] | None, typer.Option("--test", help="bootstrap, randomisation or none; again for both.")
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="Bootstrap resamples; 0 for no intervals.")
    ] = 1000,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Trials of the randomisation test.")] = 10000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the random numbers.")] = 12345,
    align: Annotated[
        bool, typer.Option("--align", help="The files are documents: segment and align them first.")
    ] = False,
    judge: Annotated[
        bool | None,
        typer.Option(
            "--judge/--no-judge", help="Judge without reference too; default: where a source is there."
        ),
    ] = None,
    no_engine: options.NoEngine = False,
    no_embeddings: options.NoEmbeddings = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report to this file.")] = None,
    as_json: options.Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print a LaTeX table.")] = False,
    digits: Annotated[int, typer.Option("--digits", min=0, max=12, help="After the decimal point.")] = 1,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="Segments in each list of the report.")
    ] = 10,
    text: Annotated[
        bool, typer.Option("--text/--no-text", help="Leave all sentences out of the report.")
    ] = True,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the files; by default UTF-8 or as marked.")
    ] = None,
    source_lang: Annotated[str | None, typer.Option("--source-lang", help="Language of the source.")] = None,
    target_lang: Annotated[
        str | None, typer.Option("--target-lang", "-l", help="Language of the rest.")
    ] = None,
    comet_python: Annotated[
        str, typer.Option("--comet-python", help="Python in whose environment COMET is; or MT_COMET_PYTHON.")
    ] = "",
    comet_model: Annotated[
        str, typer.Option("--comet-model", help="Name or checkpoint of the model.")
    ] = "Unbabel/wmt22-comet-da",
    quiet: options.Quiet = False,
) -> None:
    """Score translations against references: numbers, intervals, significance, and what stands behind them.

    Lines are kept as they are: an empty one counts, and different numbers of lines are an error. Metrics and
    p-values are sacrebleu's to the last digit.
    """
    # Products of small matrices need no second thread, and starting one costs more than they do.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from mt.pipeline import score as scoring
    from mt.pipeline.score_inputs import FileRequest

    if sum((as_json, markdown, latex)) > 1:
        raise UsageError("--json, --markdown and --latex are three ways to print.", "Choose one of them.")
    if html is not None and not html.parent.is_dir():
        raise UsageError(f"{html.parent} does not exist.", "Give a folder that does.")
    settings = config.load({"store": store, "source_lang": source_lang, "target_lang": target_lang})
    langs = (settings["source_lang"], settings["target_lang"])
    request = FileRequest(hypotheses or [], references or [], source, names or [], encoding, langs, align)
    inputs = _inputs(request, settings, document, reviewed or (store is not None and not hypotheses))
    chosen = scoring.ScoreOptions(
        metrics or ALL,
        baseline,
        [test for test in tests or ["bootstrap"] if test != "none"],
        samples,
        trials,
        seed,
        langs,
        examples,
        judge,
        text,
        html is not None or as_json or markdown,
        _comet(comet_python, comet_model) if "comet" in (metrics or ()) else None,
    )
    judges = None
    if inputs.source is not None and judge is not False:
        judges = _judges(settings, not no_engine, not no_embeddings, strict=bool(judge))
    with _Bars(quiet) as bars:
        analysis = scoring.run(inputs, chosen, bars.segments, judges, bars.pairs)
    if not quiet:
        for note in analysis.notes:
            report.note(note)
    if html is not None:
        _write_html(analysis, html, quiet)
    _print(analysis, digits, as_json, markdown, latex)


class _Bars:
    """A progress bar for what is scored, then one for what is judged."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._what = ""
        self._bar: report.Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def segments(self, done: int) -> None:
        """So many segments were scored."""
        self._of("segments").advance(done)

    def pairs(self, done: int, total: int) -> None:
        """So many pairs were judged."""
        self._of("pairs judged").advance(done, total)

    def _of(self, what: str) -> report.Progress:
        if self._bar is None or self._what != what:
            self.__exit__()
            self._what, self._bar = what, report.Progress(what, quiet=self._quiet)
        return self._bar


def _judges(settings: config.Config, engine: bool, encoder: bool, strict: bool) -> OpenJudge:
    from mt.pipeline.judge import Use
    from mt.pipeline.score_judge import opener

    return opener(settings, Use(engine, encoder), strict)


def _comet(python: str, model: str) -> CometEnvironment:
    from mt.evaluate.comet import CometEnvironment

    return CometEnvironment(python, model)


def _inputs(request: FileRequest, settings: config.Config, document: str | None, reviewed: bool) -> Inputs:
    """What was named: files, a stored document, or the reviews of a store."""
    from mt.pipeline.score_inputs import from_files

    ways = [name for name, given in (("HYP", request.hypotheses), ("--document", document)) if given]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} exclude each other.", "Score files or a stored document.")
    if not document and not reviewed:
        return from_files(request)
    from mt.pipeline import score_store
    from mt.pipeline.opening import open_store

    with open_store(settings, read_only=True) as opened:
        if document:
            return score_store.from_document(opened, document, request)
        return score_store.from_reviews(opened, request.names)


def _write_html(analysis: Analysis, path: Path, quiet: bool) -> None:
    from mt.evaluate.html import page

    systems = list(analysis.segment_scores)
    count = f"{analysis.comparison.segments:,} segments"
    several = (
        f"{len(systems)} systems, baseline {analysis.comparison.baseline}" if len(systems) > 1 else systems[0]
    )
    subtitle = f"{several}, {count}, {date.today().isoformat()}"
    footer = f"Written by mt {__version__}. The signatures make these scores repeatable."
    content = page(analysis, "Translation scores", subtitle, footer)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}.", "Name another file.") from error
    if not quiet:
        report.note(f"Report written to {path}")


def _print(analysis: Analysis, digits: int, as_json: bool, markdown: bool, latex: bool) -> None:
    from mt.evaluate import tables

    if as_json:
        report.out_json(tables.record(analysis))
    elif markdown:
        report.out(tables.markdown(analysis, digits))
    elif latex:
        report.out(tables.latex(analysis.comparison, digits))
    else:
        _print_tables(analysis, digits)


def _print_tables(analysis: Analysis, digits: int) -> None:
    from mt.evaluate import tables

    columns, body = tables.rows(analysis.comparison, digits, lines=True)
    report.table(columns, body, numeric=columns[1:])
    report.out(tables.legend(analysis.comparison))
    verdict = analysis.verdict
    report.out(f"\n{verdict.headline}.")
    for sentence in (*verdict.sentences, *verdict.facts):
        report.out(sentence)
    if analysis.agreements:
        columns, body = tables.agreement_rows(analysis)
        report.out(f"\nQuality score ({analysis.quality.method}) against segment {analysis.metric}:")
        report.table(columns, body, numeric=columns[1:])
    for name, signature in tables.signatures(analysis.comparison):
        report.out(f"{name}: {signature}")
