"""`mt segment`: text in, one segment a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mt import config
from mt.cli import options, report
from mt.cli.options import Argument, Option
from mt.errors import UsageError

if TYPE_CHECKING:
    from mt.pipeline.segment import SegmentedDocument

EXAMPLE = """Examples:

mt segment artikel.txt

cat report.html | mt segment --lang en --format html --kind

mt segment artikelen/ --json | jq -r .plain
"""


Inputs = Annotated[
    list[str] | None, Argument(metavar="FILE|FOLDER|GLOB...", help="Texts; none or - is stdin.")
]
Lang = Annotated[
    str | None,
    Option("--lang", "-l", help="Language of the text; nl, en, de and fr have rules of their own."),
]
Kind = Annotated[bool, Option("--kind", help="Write what each segment is before it, and a tab between.")]
JsonLines = Annotated[
    bool, Option("--json", help="Print one line of JSON for each segment, with its offsets.")
]


def segment(
    inputs: Inputs = None,
    lang: Lang = None,
    format_name: options.InputFormat = None,
    encoding: options.InputEncoding = None,
    kind: Kind = False,
    as_json: JsonLines = False,
    quiet: options.Quiet = False,
) -> None:
    """Split text into sentences, one a line, with a blank line between paragraphs.

    A segment is a sentence, heading, list item, cell or attribute; it is written without markup and line
    breaks. The offsets in --json count the characters of the decoded file.
    """
    from mt.pipeline.segment import segment_inputs

    if kind and as_json:
        raise UsageError("--json names the kind already.", "Leave out --kind.")
    language = config.load({"source_lang": lang})["source_lang"]
    first = True
    for found in segment_inputs(inputs or [], lang=language, format_name=format_name, encoding=encoding):
        if not quiet:
            for note in found.notes:
                report.note(note)
        if as_json:
            _write_json(found)
            continue
        _write_lines(found, kind, first)
        first = False


def _write_lines(found: SegmentedDocument, kind: bool, first: bool) -> None:
    """One segment a line, a blank line before every paragraph but the very first."""
    for segments in found.blocks:
        if not first:
            report.out("")
        first = False
        for segment in segments:
            line = " ".join(segment.plain.splitlines())
            report.out(f"{segment.kind}\t{line}" if kind else line)


def _write_json(found: SegmentedDocument) -> None:
    for segments in found.blocks:
        for segment in segments:
            report.out_json(
                {
                    "document": found.document.name,
                    "block": segment.block,
                    "kind": segment.kind,
                    "start": segment.start,
                    "end": segment.end,
                    "text": segment.text,
                    "plain": segment.plain,
                }
            )
