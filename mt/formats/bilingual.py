"""Source and target side by side for people: HTML, TSV, Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from mt.data import Finding, Origin, SegmentKind
from mt.errors import unknown_name


@dataclass(frozen=True, slots=True)
class BilingualRow:
    """One pair as a reader sees it.

    Attributes:
        source, target: plain text; an empty target belongs to a failed segment.
        score: probability in 0..1 that a reviewer accepts the pair, or None where it was not judged.
        origin: where the target comes from.
        findings: what the checks saw.
        kind: what the segment is in its document.
        status: where it stands in review, or empty where nobody has decided.
    """

    source: str
    target: str
    score: float | None = None
    origin: Origin | str = Origin.ENGINE
    findings: tuple[Finding, ...] = ()
    kind: SegmentKind = SegmentKind.SENTENCE
    status: str = ""


def write(
    rows: Iterable[BilingualRow],
    kind: str,
    title: str,
    source_lang: str = "nl",
    target_lang: str = "en",
) -> Iterator[str]:
    """A bilingual document in pieces.

    Args:
        rows: in reading order; read once, never held.
        kind: ``html`` (one self-contained page), ``tsv`` or ``md``.
        title: of the document.
        source_lang, target_lang: BCP 47.

    Raises:
        UsageError: there is no kind of that name.
    """
    if kind not in WRITERS:
        raise unknown_name("bilingual format", kind, WRITERS)
    return WRITERS[kind](rows, title, source_lang, target_lang)


_COLUMNS = ("source", "target", "score", "origin", "kind", "findings")
_TSV = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _tsv(rows: Iterable[BilingualRow], _title: str, source_lang: str, target_lang: str) -> Iterator[str]:
    """A header and one line a pair; tab, line ends and backslash written as ``\\t \\n \\r \\\\``."""
    yield "\t".join((source_lang, target_lang, *_COLUMNS[2:])) + "\n"
    for row in rows:
        cells = (row.source, row.target, _score(row), str(row.origin), str(row.kind), _reasons(row))
        yield "\t".join(cell.translate(_TSV) for cell in cells) + "\n"


_MD = str.maketrans({c: "\\" + c for c in "\\`*_{}[]<>#|~!&"} | {"\n": " ", "\r": " ", "\t": " "})


def _markdown(rows: Iterable[BilingualRow], title: str, source_lang: str, target_lang: str) -> Iterator[str]:
    """A heading and one table."""
    yield f"# {title.translate(_MD)}\n\n"
    yield f"| {source_lang} | {target_lang} | score | origin | findings |\n|---|---|---:|---|---|\n"
    for row in rows:
        cells = (row.source, row.target, _score(row), str(row.origin), _reasons(row))
        yield "| " + " | ".join(cell.translate(_MD) for cell in cells) + " |\n"


def _score(row: BilingualRow) -> str:
    return "" if row.score is None else f"{row.score:.2f}"


def _reasons(row: BilingualRow) -> str:
    return "; ".join(f"{finding.check}: {finding.message}" for finding in row.findings)


_STYLE = """
:root { color-scheme: light dark; --line: #c8ccd2; --soft: #f3f4f6; --text: #1b1f24; --back: #ffffff;
  --good: #14642c; --fair: #7a4d00; --poor: #a11616; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a4048; --soft: #22262b; --text: #e8eaed; --back: #16191d;
    --good: #7ddc98; --fair: #f0bf6a; --poor: #ff9a94; } }
body { margin: 0 auto; max-width: 80rem; padding: 1rem; color: var(--text); background: var(--back);
  font: 1rem/1.5 system-ui, sans-serif; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
caption { text-align: start; padding-block: .5rem; }
th, td { padding: .5rem; border-block-end: 1px solid var(--line); vertical-align: top; text-align: start;
  overflow-wrap: anywhere; white-space: pre-wrap; }
thead th { position: sticky; inset-block-start: 0; background: var(--soft); }
.number { width: 3rem; } .score { width: 8rem; }
.heading { font-weight: bold; } .item::before { content: "\\2022\\a0"; }
.good { color: var(--good); } .fair { color: var(--fair); } .poor { color: var(--poor); }
.score { font-weight: bold; font-variant-numeric: tabular-nums; }
.score ul { margin: 0; padding-inline-start: 1rem; font-size: .85rem; font-weight: normal; }
.origin { display: block; font-weight: normal; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; width: auto; } tr { border-block-end: 2px solid var(--line); }
  th, td { border: 0; } }
"""


def _html(rows: Iterable[BilingualRow], title: str, source_lang: str, target_lang: str) -> Iterator[str]:
    """One page without scripts or anything from outside; a table that a screen reader reads by row and column."""
    name = escape(title)
    source, target = escape(source_lang), escape(target_lang)
    yield (
        f'<!DOCTYPE html>\n<html lang="{target}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n<table>\n"
        "<caption>The score is the probability that a reviewer accepts the pair.</caption>\n"
        '<thead>\n<tr><th scope="col" class="number">#</th>'
        f'<th scope="col">{source}</th><th scope="col">{target}</th>'
        '<th scope="col" class="score">score</th></tr>\n</thead>\n<tbody>\n'
    )
    for number, row in enumerate(rows, 1):
        shade = escape(str(row.kind))
        yield (
            f'<tr id="p{number}"><th scope="row" class="number">{number}</th>'
            f'<td lang="{source}" dir="auto" class="{shade}">{escape(row.source)}</td>'
            f'<td lang="{target}" dir="auto" class="{shade}">{escape(row.target)}</td>'
            f'<td class="score">{_html_score(row)}</td></tr>\n'
        )
    yield "</tbody>\n</table>\n</main>\n</body>\n</html>\n"


def _html_score(row: BilingualRow) -> str:
    """Score, origin and findings of a row; the colour repeats what the number says."""
    shade = (
        "" if row.score is None else "good" if row.score >= 0.8 else "fair" if row.score >= 0.5 else "poor"
    )
    shown = f'<span class="{shade}">{_score(row)}</span>' if shade else "<span>not judged</span>"
    findings = "".join(f"<li>{escape(f.check)}: {escape(f.message)}</li>" for f in row.findings)
    listed = f"<ul>{findings}</ul>" if findings else ""
    origin = ", ".join(filter(None, (str(row.origin), row.status)))
    return f'{shown}<span class="origin">{escape(origin)}</span>{listed}'


WRITERS: dict[str, Callable[[Iterable[BilingualRow], str, str, str], Iterator[str]]] = {
    "html": _html,
    "tsv": _tsv,
    "md": _markdown,
}
"""Name to the function that writes it."""
