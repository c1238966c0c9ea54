"""The report as one HTML file: no script, nothing from outside, plots inline, all text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

import numpy as np

from mt.evaluate import Comparison, SystemScore, tables
from mt.evaluate.analysis import Analysis, Example, ExampleList
from mt.evaluate.buckets import BucketTable
from mt.evaluate.diff import Piece, word_diff
from mt.evaluate.svg import dot_plot, histograms, interval_plot, legend, scatter_plot
from mt.evaluate.verdict import SIGNIFICANT, TEST_NAMES

BINS = 20
POINTS = 1500
"""Points in a scatter plot at most; of more every so-manieth is drawn."""

BETWEEN_SYSTEMS = "<mark>Marked</mark>: what the other system does not have there."
AGAINST_REFERENCE = (
    '<mark>Marked</mark>: what the reference does not have there; <mark class="missing">marked</mark> in the '
    "reference: what the translation lacks."
)


def page(analysis: Analysis, title: str, subtitle: str = "", footer: str = "") -> str:
    """The whole file.

    Args:
        analysis: what to show.
        title: heading.
        subtitle: one line under it, for example the files and the date.
        footer: who wrote it.
    """
    style = files("mt.evaluate").joinpath("data/report.css").read_text(encoding="utf-8")
    sections = [(name, body) for name, body in _sections(analysis) if body]
    links = "".join(f'<li><a href="#{_anchor(name)}">{escape(name)}</a></li>' for name, _ in sections)
    body = "".join(
        f'<section id="{_anchor(name)}"><h2>{escape(name)}</h2>{text}</section>' for name, text in sections
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f'<header><h1>{escape(title)}</h1><p class="lead">{escape(subtitle)}</p>'
        f'{_first_screen(analysis)}<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{body}</main><footer>{escape(footer)}</footer></body></html>\n"
    )


def _sections(analysis: Analysis) -> Iterator[tuple[str, str]]:
    yield "Scores", _scores(analysis)
    yield "Every two systems", _pairwise(analysis)
    yield "Distribution", _distribution(analysis)
    yield "Buckets", "".join(_buckets(table, analysis) for table in analysis.buckets)
    yield "Where systems differ most", _lists(analysis.differences, analysis, BETWEEN_SYSTEMS)
    yield "Worst segments", _lists(analysis.worst, analysis, AGAINST_REFERENCE)
    yield "Best segments", _lists(analysis.best, analysis, AGAINST_REFERENCE)
    yield "Suspects", _suspects(analysis)
    yield "Does the quality score predict quality?", _quality(analysis)
    yield "Signatures", _signatures(analysis)


def _anchor(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def _first_screen(analysis: Analysis) -> str:
    """The verdict with its reasons, beside it how the systems lie and by how much the best one leads."""
    verdict = analysis.verdict
    kind = "sure" if verdict.sure else "open"
    reasons = "".join(f"<p>{escape(line)}</p>" for line in verdict.sentences)
    facts = "".join(f"<li>{escape(line)}</li>" for line in verdict.facts)
    text = (
        f'<div class="verdict {kind}"><p class="headline">{escape(verdict.headline)}</p>{reasons}'
        f"{f'<ul>{facts}</ul>' if facts else ''}</div>"
    )
    beside = ""
    if verdict.duels:
        name, scores = next(iter(analysis.comparison.rows.items()))
        beside = _interval_plot(name, scores, analysis.comparison.higher_is_better[name])
        beside = f'<div class="beside">{beside}{_duels(analysis)}</div>'
    return f'<div class="first{" two" if beside else ""}">{text}{beside}</div>{_notes(analysis)}'


def _duels(analysis: Analysis) -> str:
    verdict = analysis.verdict
    body = [
        [
            duel.metric,
            f"{duel.best:.1f}",
            f"{duel.other:.1f}",
            _signed(duel.gain),
            "" if duel.p_value is None else f"{duel.p_value:.4f}{'*' if duel.sure else ''}",
        ]
        for duel in verdict.duels
    ]
    test = next((TEST_NAMES[duel.test] for duel in verdict.duels if duel.test), "")
    tested = f"; p by {test}, * below {SIGNIFICANT}" if test else ""
    caption = f"The best two: {verdict.best} against {verdict.runner_up}{tested}."
    return _table(["Metric", verdict.best, verdict.runner_up, "better by", "p"], body, caption)


def _notes(analysis: Analysis) -> str:
    if not analysis.notes:
        return ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in analysis.notes)
    return f'<div class="notes"><strong>About the input</strong><ul>{notes}</ul></div>'


def _scores(analysis: Analysis) -> str:
    comparison = analysis.comparison
    best = {
        name: _best(scores, comparison.higher_is_better[name]) for name, scores in comparison.rows.items()
    }
    systems = [row.system for row in next(iter(comparison.rows.values()))]
    heads = "".join(
        f'<th scope="col">{escape(name)} {"↑" if comparison.higher_is_better[name] else "↓"}</th>'
        for name in comparison.rows
    )
    lines = []
    for number, system in enumerate(systems):
        cells = "".join(
            _score_cell(
                scores[number], scores[number].score.value == best[name], comparison.higher_is_better[name]
            )
            for name, scores in comparison.rows.items()
        )
        baseline = "<small>baseline</small>" if system == comparison.baseline and len(systems) > 1 else ""
        lines.append(f'<tr><th scope="row">{escape(system)}{baseline}</th>{cells}</tr>')
    table = (
        f'<div class="scroll"><table><caption>{escape(_reading(comparison))}</caption>'
        f'<thead><tr><th scope="col">System</th>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )
    return table + f'<div class="grid-2">{"".join(_interval_plots(analysis))}</div>'


def _best(scores: Sequence[SystemScore], higher: bool) -> float:
    return (max if higher else min)(row.score.value for row in scores)


def _score_cell(row: SystemScore, best: bool, higher: bool) -> str:
    value = f'<span class="best">{row.score.value:.1f}</span>' if best else f"{row.score.value:.1f}"
    small = ""
    if row.half_width is not None:
        small += f"<small>{row.mean:.1f} ± {row.half_width:.1f}</small>"
    if row.delta is not None:
        kind = "up" if (row.delta > 0) == higher else "down"
        small += f'<small class="{kind}">{_signed(row.delta)}</small>'
    for test, p in row.p_values.items():
        star = "*" if p < SIGNIFICANT else ""
        small += f'<small title="{escape(TEST_NAMES[test])}">p = {p:.4f}{star}</small>'
    return f"<td>{value}{small}</td>"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _reading(comparison: Comparison) -> str:
    """What stands under each score."""
    row = next(iter(comparison.rows.values()))[-1]
    tested = next((row for row in next(iter(comparison.rows.values())) if row.p_values), None)
    parts = [f"{comparison.segments:,} segments."]
    if row.half_width is not None:
        parts.append("Under each score the bootstrap mean and half the 95% interval.")
    if tested:
        names = " and ".join(TEST_NAMES[test] for test in tested.p_values)
        parts.append(
            f"Then the difference from {comparison.baseline} and its p-value by {names}; "
            f"* below {SIGNIFICANT}: unlikely to be chance."
        )
    return " ".join(parts)


def _interval_plots(analysis: Analysis) -> Iterator[str]:
    """One for each metric that the first screen does not show."""
    for number, (name, scores) in enumerate(analysis.comparison.rows.items()):
        if number or not analysis.verdict.duels:
            yield _interval_plot(name, scores, analysis.comparison.higher_is_better[name])


def _interval_plot(name: str, scores: Sequence[SystemScore], higher: bool) -> str:
    plot = interval_plot(
        f"{name} of each system with its 95% interval",
        [(row.system, row.score.value, row.score.interval) for row in scores],
        f"{name}, {'higher' if higher else 'lower'} is better",
    )
    return _figure(plot)


def _figure(plot: str, caption: str = "") -> str:
    text = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{plot}{text}</figure>"


def _pairwise(analysis: Analysis) -> str:
    """P-values of every two systems, where there are more than two."""
    name = next(iter(analysis.comparison.rows))
    pairs = analysis.comparison.pairwise[name]
    systems = list(analysis.segment_scores)
    if len(systems) < 3 or not pairs:
        return ""
    heads = "".join(f'<th scope="col">{escape(system)}</th>' for system in systems)
    lines = []
    for one in systems:
        cells = "".join(f"<td>{_p(pairs.get((one, two), pairs.get((two, one))))}</td>" for two in systems)
        lines.append(f'<tr><th scope="row">{escape(one)}</th>{cells}</tr>')
    caption = f"p-values of {name}, paired bootstrap; * below {SIGNIFICANT}: unlikely to be chance."
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption><thead><tr><th scope="col">System</th>'
        f"{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f'<span class="{"best" if value < SIGNIFICANT else ""}">{value:.4f}</span>' + (
        "*" if value < SIGNIFICANT else ""
    )


def _distribution(analysis: Analysis) -> str:
    scores = analysis.segment_scores
    highest = max((float(values.max(initial=0)) for values in scores.values()), default=100)
    edges = np.linspace(0, max(100.0, min(highest, 200.0)), BINS + 1)
    counts = {
        system: np.histogram(np.minimum(values, edges[-1]), bins=edges)[0].tolist()
        for system, values in scores.items()
    }
    plot = histograms(
        f"How many segments have which {analysis.metric}, by system",
        counts,
        edges.tolist(),
        f"segment {analysis.metric}",
    )
    heads = ["System", "mean", "10% below", "25% below", "median", "75% below", "90% below"]
    body = [
        [
            system,
            f"{values.mean():.1f}",
            *(f"{np.quantile(values, q):.1f}" for q in (0.1, 0.25, 0.5, 0.75, 0.9)),
        ]
        for system, values in scores.items()
    ]
    return f'<div class="plot-and-table">{_figure(plot)}<div>{_table(heads, body)}</div></div>'


def _table(heads: Sequence[str], body: Sequence[Sequence[str]], caption: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in body
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{title}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _buckets(table: BucketTable, analysis: Analysis) -> str:
    systems, segments = list(analysis.segment_scores), analysis.comparison.segments
    unit = tables.bucket_unit(table)
    values = tables.bucket_values(table, segments)
    plot = dot_plot(f"{unit} by {table.title.lower()}", values, systems, unit)
    sentence, body = tables.bucket_rows(table, segments, _table)
    return (
        f"<h3>{escape(table.title)}</h3>{legend(systems) if len(systems) > 1 else ''}"
        f'<div class="plot-and-table">{_figure(plot)}<div>{body}<p class="small">{escape(sentence)}</p></div></div>'
    )


def _lists(found: Sequence[ExampleList], analysis: Analysis, lead: str) -> str:
    """Lists under a sentence that says what the marks mean, where there is text to be marked."""
    made = [f'<p class="small">{lead}</p>'] if analysis.texts and any(one.examples for one in found) else []
    for number, examples in enumerate(found):
        if not examples.examples:
            continue
        text = "".join(_example(example, analysis) for example in examples.examples)
        is_open = " open" if number == 0 else ""
        made.append(f"<details{is_open}><summary>{escape(examples.title)}</summary>{text}</details>")
    return "".join(made)


def _example(example: Example, analysis: Analysis) -> str:
    scores = ", ".join(
        f"{system} {score:.1f}" for system, score in zip(example.systems, example.scores, strict=True)
    )
    facts = f"Segment {example.index + 1:,} · {analysis.metric}: {scores}"
    if example.quality is not None:
        facts += f" · quality score {example.quality:.2f}"
    if example.findings:
        # What a check says may quote the text.
        facts += (
            f" · {' '.join(example.findings.values()) if analysis.texts else ', '.join(example.findings)}"
        )
    return f'<div class="example"><p class="facts">{escape(facts)}</p>{_texts(example, analysis)}</div>'


def _texts(example: Example, analysis: Analysis) -> str:
    texts = analysis.texts.get(example.index)
    if texts is None:
        return ""
    entries = [] if texts.source is None else [("source", escape(texts.source))]
    shown = [texts.hypotheses[system] for system in example.systems]
    first, *others = map(escape, texts.references)
    if len(shown) == 2:
        pieces: Sequence[Sequence[Piece]] = word_diff(*shown)
    else:
        hypothesis, reference = word_diff(shown[0], texts.references[0])
        pieces, first = [hypothesis], _marked(reference, "missing")
    entries += [("reference", text) for text in (first, *others)]
    entries += [(system, _marked(text)) for system, text in zip(example.systems, pieces, strict=True)]
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{text}</dd>' for name, text in entries)}</dl>"


def _marked(pieces: Sequence[Piece], kind: str = "") -> str:
    """A text with what the other does not have marked."""
    if not any(piece.text.strip() for piece in pieces):
        return '<span class="nothing">empty</span>'
    return "".join(escape(piece.text) if piece.shared else _mark(piece.text, kind) for piece in pieces)


def _mark(text: str, kind: str) -> str:
    """Marked without the white space around it."""
    inner = text.strip()
    if not inner:
        return escape(text)
    before, _, after = text.partition(inner)
    tag = f'<mark class="{kind}">' if kind else "<mark>"
    return f"{escape(before)}{tag}{escape(inner)}</mark>{escape(after)}"


def _suspects(analysis: Analysis) -> str:
    if not analysis.suspects:
        return ""
    lead = (
        "<p>Segments in which a check that needs no reference saw text too much or too little, "
        "the lowest quality score first.</p>"
    )
    empty = "".join(f"<p>{escape(found.title)}.</p>" for found in analysis.suspects if not found.examples)
    return lead + _lists(analysis.suspects, analysis, AGAINST_REFERENCE) + empty


def _quality(analysis: Analysis) -> str:
    if not analysis.agreements:
        return ""
    heads, body = tables.agreement_rows(analysis)
    lead = (
        f"<p>The quality score ({escape(analysis.quality.method)}) saw no reference. The closer these numbers are "
        f"to 1, the better it predicts {escape(analysis.metric)}; an area of 0.5 is chance.</p>"
    )
    points = {system: _points(analysis, system) for system in analysis.agreements}
    plot = scatter_plot(
        f"Quality score against {analysis.metric}, a mark for each segment",
        points,
        "quality score",
        analysis.metric,
    )
    return f'{lead}{_table(heads, body)}{legend(list(points))}<div class="large">{_figure(plot)}</div>'


def _points(analysis: Analysis, system: str) -> list[tuple[float, float]]:
    quality = np.asarray(analysis.quality.scores[system], dtype=np.float64)
    metric = analysis.segment_scores[system]
    known = np.flatnonzero(~np.isnan(quality))
    room = max(1, POINTS // len(analysis.agreements))
    chosen = known[:: max(1, -(-len(known) // room))]
    return [(float(quality[i]), float(metric[i])) for i in chosen]


def _signatures(analysis: Analysis) -> str:
    entries = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(text)}</code></dd>"
        for name, text in tables.signatures(analysis.comparison)
    )
    return f"<dl>{entries}</dl>"
