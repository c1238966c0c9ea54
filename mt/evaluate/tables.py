"""Scores as text: a table's cells, Markdown, LaTeX, and a record for JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mt.evaluate import Comparison, SystemScore
from mt.evaluate.analysis import Analysis, Example, ExampleList
from mt.evaluate.buckets import BucketTable
from mt.evaluate.verdict import SIGNIFICANT, TEST_NAMES


def cell(row: SystemScore, digits: int = 1, plus_minus: str = "±") -> str:
    """One score as sacrebleu prints it: ``33.1 (33.1 ± 0.8) (p = 0.0010)*``."""
    parts = [f"{row.score.value:.{digits}f}"]
    if row.mean is not None and row.half_width is not None:
        parts.append(f"({row.mean:.{digits}f} {plus_minus} {row.half_width:.{digits}f})")
    parts += [f"(p = {p:.4f}){'*' if p < SIGNIFICANT else ''}" for p in row.p_values.values()]
    return " ".join(parts)


def rows(comparison: Comparison, digits: int = 1, lines: bool = False) -> tuple[list[str], list[list[str]]]:
    """Headings and one row for each system, the baseline marked.

    Args:
        comparison: the scores.
        digits: after the decimal point.
        lines: break a cell before each bracket.
    """
    columns = ["System", *comparison.rows]
    systems = [row.system for row in next(iter(comparison.rows.values()))]
    body = []
    for number, system in enumerate(systems):
        name = f"{system} (baseline)" if system == comparison.baseline and len(systems) > 1 else system
        cells = [cell(scores[number], digits) for scores in comparison.rows.values()]
        body.append([name, *(text.replace(" (", "\n(") if lines else text for text in cells)])
    return columns, body


def signatures(comparison: Comparison) -> list[tuple[str, str]]:
    """Metric names and their signatures."""
    return [(name, scores[0].score.signature) for name, scores in comparison.rows.items()]


def markdown(analysis: Analysis, digits: int = 1) -> str:
    """The scores, the verdict, buckets, correlations and signatures as Markdown."""
    comparison = analysis.comparison
    columns, body = rows(comparison, digits)
    verdict = analysis.verdict
    reasons = " ".join(map(_escape_markdown, (*verdict.sentences, *verdict.facts)))
    parts = ["# Scores", f"**{_escape_markdown(verdict.headline)}.** {reasons}"]
    parts += [_markdown_table(columns, body), legend(comparison)]
    for table in analysis.buckets:
        parts += [f"## {table.title}", *bucket_rows(table, comparison.segments, _markdown_table)]
    if analysis.agreements:
        parts += ["## Quality score against " + analysis.metric, _markdown_table(*agreement_rows(analysis))]
    if analysis.notes:
        parts += ["## Notes", "\n".join(f"- {_escape_markdown(note)}" for note in analysis.notes)]
    parts += ["## Signatures", "\n".join(f"- {name}: `{text}`" for name, text in signatures(comparison))]
    return "\n\n".join(parts)


def bucket_values(table: BucketTable, segments: int) -> list[tuple[str, Mapping[str, float | None]]]:
    """For each bucket that is not empty its label and what a plot shows of it by system."""
    filled = [bucket for bucket in table.buckets if any(bucket.counts.values())]
    if not table.shares:
        return [(bucket.label, bucket.scores) for bucket in filled]
    return [
        (bucket.label, {system: 100 * count / segments for system, count in bucket.counts.items()})
        for bucket in filled
    ]


def bucket_unit(table: BucketTable) -> str:
    """What :func:`bucket_values` are."""
    return "share of the segments in %" if table.shares else f"{table.metric} of the bucket"


def bucket_rows(
    table: BucketTable, segments: int, write: Callable[[list[str], list[list[str]]], str]
) -> tuple[str, str]:
    """A sentence and a table; counts stand in brackets where they differ from system to system.

    Args:
        table: the buckets.
        segments: of the whole set.
        write: what makes a table of headings and rows.
    """
    filled = [bucket for bucket in table.buckets if any(bucket.counts.values())]
    systems = list(filled[0].counts)
    alike = not table.shares and all(len(set(bucket.counts.values())) == 1 for bucket in filled)
    body = []
    for bucket, (label, values) in zip(filled, bucket_values(table, segments), strict=True):
        numbers = [_number(values[system], 1) for system in systems]
        if alike:
            body.append([label, f"{max(bucket.counts.values()):,}", *numbers])
        else:
            counts = [f"{bucket.counts[system]:,}" for system in systems]
            cells = zip(numbers, counts, strict=True)
            body.append([label, *(f"{shown} ({count})" for shown, count in cells)])
    sentence = f"The {bucket_unit(table)}{'' if alike else '; in brackets how many segments of the system'}."
    return sentence, write(["", *(["segments"] if alike else []), *systems], body)


def latex(comparison: Comparison, digits: int = 1) -> str:
    """A booktabs table; significant differences from the baseline carry a star."""
    columns, body = rows(comparison, digits)
    body = [[_escape_latex(text).replace("±", "$\\pm$") for text in row] for row in body]
    heading = " & ".join(map(_escape_latex, columns))
    lines = [
        "% Needs \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{l{'r' * (len(columns) - 1)}}}",
        "\\toprule",
        f"{heading} \\\\",
        "\\midrule",
        *(f"{' & '.join(row)} \\\\" for row in body),
        "\\bottomrule",
        "\\end{tabular}",
        *(f"% {name}: {text}" for name, text in signatures(comparison)),
    ]
    return "\n".join(lines)


def record(analysis: Analysis) -> dict[str, Any]:
    """Everything as plain Python values; a number that does not exist is None."""
    comparison = analysis.comparison
    return {
        "segments": comparison.segments,
        "baseline": comparison.baseline,
        "best": analysis.verdict.best,
        "runner_up": analysis.verdict.runner_up or None,
        "significant": analysis.verdict.sure,
        "headline": analysis.verdict.headline,
        "verdict": list(analysis.verdict.sentences),
        "facts": list(analysis.verdict.facts),
        "notes": list(analysis.notes),
        "scores": [_score_record(row) for scores in comparison.rows.values() for row in scores],
        "pairwise": [
            {"metric": metric, "systems": list(pair), "p_value": p}
            for metric, pairs in comparison.pairwise.items()
            for pair, p in pairs.items()
        ],
        "buckets": [asdict(table) for table in analysis.buckets],
        "quality": {system: asdict(found) for system, found in analysis.agreements.items()},
        "quality_method": analysis.quality.method or None,
        "segment_metric": analysis.metric,
        "worst": [_list_record(found, analysis) for found in analysis.worst],
        "best_segments": [_list_record(found, analysis) for found in analysis.best],
        "differences": [_list_record(found, analysis) for found in analysis.differences],
        "suspects": [_list_record(found, analysis) for found in analysis.suspects],
    }


def _score_record(row: SystemScore) -> dict[str, Any]:
    lower, upper = row.score.interval or (None, None)
    return {
        "system": row.system,
        "metric": row.score.metric,
        "score": row.score.value,
        "confidence_lower": lower,
        "confidence_upper": upper,
        "confidence_mean": row.mean,
        "confidence_var": row.half_width,
        "delta": row.delta,
        "p_values": dict(row.p_values),
        "signature": row.score.signature,
    }


def _list_record(found: ExampleList, analysis: Analysis) -> dict[str, Any]:
    return {"title": found.title, "segments": [_example_record(e, analysis) for e in found.examples]}


def _example_record(example: Example, analysis: Analysis) -> dict[str, Any]:
    made: dict[str, Any] = {
        "segment": example.index + 1,
        "scores": dict(zip(example.systems, example.scores, strict=True)),
    }
    if example.findings:
        made |= {"quality": example.quality, "findings": list(example.findings)}
    texts = analysis.texts.get(example.index)
    if texts:
        if example.findings:
            made["messages"] = list(example.findings.values())
        made |= {
            "source": texts.source,
            "references": list(texts.references),
            "hypotheses": {system: texts.hypotheses[system] for system in example.systems},
        }
    return made


def agreement_rows(analysis: Analysis, digits: int = 3) -> tuple[list[str], list[list[str]]]:
    """Headings and one row for each system: how well its quality score predicts the metric."""
    columns = ["System", "segments", "Pearson", "Spearman", "Kendall", "ROC-AUC worst 10%"]
    body = [
        [system, f"{a.segments:,}", *(_number(v, digits) for v in (a.pearson, a.spearman, a.kendall, a.auc))]
        for system, a in analysis.agreements.items()
    ]
    return columns, body


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def legend(comparison: Comparison) -> str:
    """What the brackets mean."""
    first = [row for row in next(iter(comparison.rows.values())) if row.p_values]
    sentences = [f"{comparison.segments:,} segments."]
    if next(iter(comparison.rows.values()))[0].mean is not None:
        sentences.append("In brackets the bootstrap mean and half the 95% interval.")
    if first:
        names = " and ".join(TEST_NAMES[test] for test in first[0].p_values)
        sentences.append(f"p against {comparison.baseline}: {names}; * below {SIGNIFICANT}.")
    lower = [name for name, higher in comparison.higher_is_better.items() if not higher]
    if lower:
        sentences.append(f"Lower is better for {', '.join(lower)}.")
    return " ".join(sentences)


def _markdown_table(columns: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *body]
    return "\n".join(f"| {' | '.join(map(_escape_markdown, line))} |" for line in lines)


def _escape_markdown(text: str) -> str:
    for mark in "\\`_[]<>|":
        text = text.replace(mark, "\\" + mark)
    return text.replace("\n", " ")


def _escape_latex(text: str) -> str:
    swaps = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    swaps |= {mark: "\\" + mark for mark in "&%$#_{}"}
    return "".join(swaps.get(character, character) for character in text)
