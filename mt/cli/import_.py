"""`mt import`: pairs and reviews from files of other programs, and back from where this one wrote them to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from mt import config
from mt.cli import options, report
from mt.cli.commands import Commands
from mt.cli.options import Argument, Option
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.pipeline.importing import Imported
    from mt.pipeline.judge import Judge

app = Commands()

EXAMPLE = """Examples:

mt import memory.tmx

mt import reviewed.xlf --reviewer 'Anna de Vries'

mt import corpus.nl corpus.en

mt import tm/ --accept
"""

SCORES = ("checks", "full", "none")


Inputs = Annotated[
    list[str] | None,
    Argument(
        metavar="FILE|FOLDER|GLOB...",
        help="TMX, XLIFF 1.x or 2.x, TSV, JSON lines, DOCX, a Moses pair of files; .gz and .xz too; "
        "none or - is stdin.",
    ),
]
PairFormat = Annotated[
    str | None,
    Option("--format", help="tmx, xliff, tsv, jsonl, moses, docx; default: by ending, then by content."),
]
SourceLang = Annotated[str | None, Option("--source-lang", help="Language of the sources.")]
TargetLang = Annotated[str | None, Option("--target-lang", help="Language of the targets.")]
Accept = Annotated[
    bool, Option("--accept", help="Accept pairs that nobody decided on, unless a check finds an error.")
]
Theirs = Annotated[
    bool, Option("--theirs", help="Where store and file were both changed, take the file's decision.")
]
Reviewer = Annotated[
    str | None,
    Option("--reviewer", help="Who decided; default: whom the file names, else the file's name."),
]
Scored = Annotated[
    str, Option("--score", help="For pairs without one: checks, full (with model and encoder) or none.")
]
JsonLines = Annotated[bool, Option("--json", help="Print one line of JSON for each file with all counts.")]


@app.command(name="import", epilog=EXAMPLE)
def import_(
    inputs: Inputs = None,
    format_name: PairFormat = None,
    source_lang: SourceLang = None,
    target_lang: TargetLang = None,
    accept: Accept = False,
    theirs: Theirs = False,
    reviewer: Reviewer = None,
    score: Scored = "checks",
    as_json: JsonLines = False,
    model: options.Model = None,
    engine: options.EngineName = None,
    threads: options.Threads = None,
    store: options.Store = None,
    quiet: options.Quiet = False,
) -> int:
    """Take pairs and reviews into the store, and tell what was odd about the file.

    What the store has already is not stored twice: an entry is known again, and only what reviewers or other
    programs decided since comes in. Where the store was changed too, its decision stands. The same command goes on
    after an interruption.
    """
    if score not in SCORES:
        raise UsageError(f"{score!r} is no way to score.", f"Known: {', '.join(SCORES)}.")
    settings = config.load(
        {
            "model": model, "engine": engine, "threads": threads, "store": store,
            "source_lang": source_lang, "target_lang": target_lang,
        }
    )  # fmt: skip
    from mt.pipeline.importing import Importer, Wishes, plan
    from mt.pipeline.opening import open_store

    langs = settings["source_lang"], settings["target_lang"]
    if not inputs and sys.stdin.isatty():
        raise UsageError("No file is named.", "Give files of pairs, or pipe one in: mt import memory.tmx")
    jobs = plan(inputs or [], format_name, *langs)
    wishes = Wishes(*langs, accept, theirs, reviewer or "")
    judge = _judge(settings, score)
    with open_store(settings) as opened, report.progress("pairs", quiet=quiet) as bar:
        importer = Importer(opened, judge, wishes, bar.note)
        done: list[Imported] = []
        try:
            for one in importer.run(jobs, bar.advance):
                done.append(one)
                if as_json:
                    report.out_json(_record(one))
                elif not quiet:
                    for line in _lines(one, accept):
                        bar.note(line)
        except KeyboardInterrupt:
            bar.stop()
            report.note("Interrupted. Run the same command again to go on from here.")
            return report.INTERRUPTED
    if importer.errors:
        raise importer.errors[0]
    return 0


def _judge(settings: config.Config, score: str) -> Judge | None:
    if score == "none":
        return None
    from mt.pipeline.judge import Use, open_judge

    full = score == "full"
    return open_judge(settings, Use(engine=full, encoder=full))


def _lines(one: Imported, accept: bool) -> list[str]:
    """What a user should know about a file that was imported."""
    counts = one.counts
    parts = [
        f"{number} {what}"
        for number, what in (
            (counts.new, "new"),
            (counts.updated, "updated"),
            (counts.known, "there already"),
        )
        if number
    ]
    lines = [f"{one.job.name}: {one.report.summary()}", f"    {', '.join(parts) or 'nothing to store'}"]
    statuses = ", ".join(f"{number} {status}" for status, number in counts.statuses.most_common())
    if statuses:
        lines[1] += f" ({statuses})"
    worst = [
        f"{counts.findings[name]} with {name}s" for name in ("error", "warning") if counts.findings[name]
    ]
    if worst:
        lines[1] += f"; {', '.join(worst)}"
    if one.document:
        lines[1] += f"  (mt show {one.document})"
    if one.report.units and not one.report.pairs and one.report.languages:
        lines.append(
            f"    The file is in {', '.join(one.report.languages)}: see --source-lang and --target-lang."
        )
    if counts.decisions:
        lines.append(f"    {report.counted(counts.decisions, 'decision')} added to pairs that were there.")
    if counts.conflicts:
        lines.append(
            f"    {report.counted(counts.conflicts, 'pair')} changed here too since the file was written (first: "
            f"{counts.first_conflict}): the store's decision stands; --theirs takes the file's."
        )
    if accept and counts.unaccepted:
        lines.append(f"    {counts.unaccepted} not accepted, because a check finds an error.")
    return lines


def _record(one: Imported) -> dict[str, object]:
    report_ = one.report
    return {
        "file": one.job.name,
        "document": one.document,
        "summary": report_.summary(),
        "units": report_.units,
        "pairs": report_.pairs,
        "skipped": report_.skipped,
        "notes": [
            {"message": message, "count": count, "line": line or None}
            for message, (count, line) in report_.notes.items()
        ],
        **{name: getattr(one.counts, name) for name in one.counts.__dataclass_fields__},
    }
