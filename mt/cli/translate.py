"""`mt translate`: articles in, translated articles out, every sentence pair in the store."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

from mt import config
from mt.cli import options, report
from mt.cli.options import Argument, Option
from mt.errors import FailedSegmentsError, UsageError

if TYPE_CHECKING:
    from mt.engines import Engine
    from mt.pipeline.files import Done, FileTranslator, Wishes, Work

EXAMPLE = """Examples:

mt translate artikel.txt > article.txt

mt translate artikelen/ --output articles/ --bilingual html

cat test.nl | mt translate --lines > test.en
"""


class Bilingual(StrEnum):
    """How a side-by-side output is written."""

    HTML = "html"
    TSV = "tsv"
    MD = "md"


Inputs = Annotated[
    list[str] | None, Argument(metavar="FILE|FOLDER|GLOB...", help="Articles; none or - is stdin.")
]
Output = Annotated[
    str | None,
    Option(
        "--output",
        "-o",
        metavar="FILE|FOLDER",
        help="File, or folder for several articles or where it ends with a slash; none or - is stdout.",
    ),
]
Lines = Annotated[
    bool, Option("--lines", help="One segment a line in, one translation a line out; stores nothing.")
]
SideBySide = Annotated[
    Bilingual | None, Option("--bilingual", help="Write source and target side by side with scores.")
]
JsonLines = Annotated[
    bool, Option("--json", help="Print every pair as one line of JSON instead of the document.")
]
Force = Annotated[
    bool, Option("--force", "-f", help="Translate text that does not look like the source language.")
]
Memory = Annotated[
    bool, Option("--memory/--no-memory", help="Reuse accepted and edited pairs for equal sentences.")
]
Rescue = Annotated[bool, Option("--rescue/--no-rescue", help="Search again where a check finds an error.")]
ComputeType = Annotated[str | None, Option("--compute-type", help="auto, int8, float32 or bfloat16.")]
BeamSize = Annotated[int | None, Option("--beam-size", "-b", min=1, help="Hypotheses kept.")]
LengthPenalty = Annotated[
    float | None, Option("--length-penalty", help="Above 1 favours longer translations.")
]
Profile = Annotated[Path | None, Option("--config", help="TOML file with settings, instead of mt.toml.")]


def translate(
    inputs: Inputs = None,
    output: Output = None,
    lines: Lines = False,
    bilingual: SideBySide = None,
    as_json: JsonLines = False,
    format_name: options.InputFormat = None,
    encoding: options.InputEncoding = None,
    force: Force = False,
    memory: Memory = True,
    rescue: Rescue = True,
    store: options.Store = None,
    model: options.Model = None,
    engine: options.EngineName = None,
    compute_type: ComputeType = None,
    beam_size: BeamSize = None,
    length_penalty: LengthPenalty = None,
    threads: options.Threads = None,
    profile: Profile = None,
    quiet: options.Quiet = False,
) -> int:
    """Translate articles and store every sentence pair with its score.

    The translation keeps the document's structure. An interrupted run goes on where it was when the same command
    is called again; an edited article translates only what changed.
    """
    given = {
        "store": store,
        "model": model,
        "engine": engine,
        "compute_type": compute_type,
        "beam_size": beam_size,
        "length_penalty": length_penalty,
        "threads": threads,
    }
    settings = config.load(given, profile)
    output = options.named(output)
    if as_json and (output or bilingual):
        raise UsageError("--json prints the pairs to stdout.", "Leave out --output and --bilingual.")

    from mt.pipeline.opening import open_engine

    opened = open_engine(settings)
    from mt.pipeline.files import Wishes, plan

    sources = [text for text in inputs or [] if text != "-"]
    if lines:
        _translate_lines(opened, settings, sources, Path(output) if output else None, encoding, rescue, quiet)
        return 0
    langs = settings["source_lang"], settings["target_lang"]
    kind = bilingual.value if bilingual else None
    work = plan(sources, output, *langs, kind, to_stdout=as_json)
    wishes = Wishes(langs[0], format_name, encoding, force, "jsonl" if as_json else kind)
    return _translate_files(opened, settings, work, wishes, memory, rescue, quiet)


def _translate_files(
    engine: Engine,
    settings: config.Config,
    work: list[Work],
    wishes: Wishes,
    memory: bool,
    rescue: bool,
    quiet: bool,
) -> int:
    from mt.pipeline.files import FileTranslator
    from mt.pipeline.judge import Use, open_judge
    from mt.pipeline.opening import model_advice, open_store, translator_of

    judge = open_judge(settings, Use(engine=False, encoder=False))
    with (
        open_store(settings) as stored,
        translator_of(engine, settings, judge, rescue) as translator,
        report.progress("sentences", quiet=quiet) as bar,
    ):
        if not quiet and (advice := model_advice(translator.engine.info.model)):
            bar.note(advice)
        files = FileTranslator(stored, translator, wishes, memory, bar.note)
        started = perf_counter()
        done: list[Done] = []
        try:
            for one in files.run(work, bar.advance):
                done.append(one)
        except KeyboardInterrupt:
            bar.stop()
            _tell(files, done, perf_counter() - started, stored.location)
            report.note("Interrupted. Run the same command again to go on from here.")
            return report.INTERRUPTED
        bar.stop()
        if not quiet:
            _tell(files, done, perf_counter() - started, stored.location)
        _end(files)
    return 0


def _tell(files: FileTranslator, done: list[Done], seconds: float, location: str) -> None:
    """The summary on stderr: what became of the segments, what the checks found, where it all is."""
    total = files.total
    parts = [
        f"{count} {what}"
        for what, count in (
            ("translated", total.translated),
            ("copied", total.copied),
            ("from memory", total.memory),
            ("unchanged since an earlier version", total.reused),
            ("done before", total.resumed),
            ("failed", total.failed),
        )
        if count
    ]
    rate = (total.done - total.resumed) / seconds
    what = f"{total.done} segments: {', '.join(parts)}" if parts else "No segment was done"
    report.note(f"{what}; {seconds:.1f} s, {rate:.1f} segments/s.")
    if total.findings:
        found = ", ".join(f"{check} {count}" for check, count in total.findings.most_common())
        report.note(f"Findings: {found}.")
    for one in done:
        report.note(f"{one.name} -> {one.output or 'stdout'}  (mt show {one.identifier})")
    report.note(f"Store: {location}")


def _end(files: FileTranslator) -> None:
    """Turn what did not work into the exit code."""
    if files.errors:
        raise files.errors[0]
    if files.total.failed:
        raise FailedSegmentsError(
            f"{files.total.failed} segments have no translation and kept their source.",
            "`mt show DOC` tells why.",
        )


def _translate_lines(
    engine: Engine,
    settings: config.Config,
    sources: list[str],
    output: Path | None,
    encoding: str | None,
    rescue: bool,
    quiet: bool,
) -> None:
    from mt.pipeline.documents import output_stream, require_writable
    from mt.pipeline.files import read_lines, translate_lines
    from mt.pipeline.opening import model_advice, translator_of

    paths = [Path(source) for source in sources]
    if output:
        require_writable(output, paths)
    with (
        translator_of(engine, settings, rescues=rescue) as translator,
        report.progress("lines", quiet=quiet) as bar,
        output_stream(output) as stream,
    ):
        if not quiet and (advice := model_advice(translator.engine.info.model)):
            bar.note(advice)
        for line in translate_lines(translator, read_lines(paths, encoding), bar.advance):
            stream.write(line.encode() + b"\n")
