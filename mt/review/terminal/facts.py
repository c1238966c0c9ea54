"""What stands below a pair: findings, suggestions, the edit, segments, marks, history, the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from mt.data import QualityScore, Severity, Verdict
from mt.review.diff import diff
from mt.review.session import PairView, SeenFinding
from mt.review.terminal.text import difference, indented, number_sign, visible
from mt.review.words import score_level
from mt.store import StoredPair, StoredReview

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}

COLOURS = {Severity.ERROR: "bold ansi_red", Severity.WARNING: "ansi_yellow", Severity.INFO: "ansi_cyan"}

LEVEL_STYLES = {"low": "bold ansi_red", "fair": "ansi_yellow", "good": "ansi_green"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What the facts are written on: cells of a line, and whether there are colours."""

    width: int
    colour: bool


def score_word(score: QualityScore | None) -> tuple[str, str]:
    """A score in figures and in a word, and its style."""
    if score is None:
        return "no score", "dim"
    level = score_level(score.value)
    return f"{score.value:.2f} {level}", LEVEL_STYLES[level]


def facts(view: PairView, paper: Paper, reasons: Sequence[str]) -> list[Content]:
    """Every section that has something to say, in lines."""
    sections = (
        ("", _findings(view, paper)),
        ("", _suggestions(view, paper)),
        ("Edit", _edit(view, paper)),
        ("", _segments(view, paper)),
        ("Marks", _marks(view, paper)),
        ("Score", _score(view, paper, reasons)),
        ("History", _history(view, paper)),
    )
    lines: list[Content] = []
    for title, section in sections:
        found = list(section)
        if found and title:
            lines.append(Content.styled(title, "bold dim"))
        lines += found
    return lines


def _findings(view: PairView, paper: Paper) -> Iterator[Content]:
    for number, seen in enumerate(view.findings, 1):
        yield from finding_lines(view.stored, seen, number, paper)


def finding_lines(stored: StoredPair, seen: SeenFinding, number: int, paper: Paper) -> list[Content]:
    """One finding with its number, its message and the words that it means."""
    one = seen.finding
    side = stored.pair.source if one.side == "source" else stored.pair.target
    quoted = f" «{visible(side[slice(*one.span)])}»" if one.span else ""
    where = ", source" if one.side == "source" else ""
    gone = " (dismissed)" if seen.dismissed else ""
    name = f"{one.check}{where}{gone}"
    style = "dim" if seen.dismissed else COLOURS[one.severity]
    text = Content.assemble((name, style), f": {visible(one.message)}{quoted}")
    if seen.dismissed:
        text = text.stylize("dim")
    return indented(text, paper.width, f"{number_sign(number)}{SIGNS[one.severity]} ")


def _suggestions(view: PairView, paper: Paper) -> Iterator[Content]:
    pair, numbers = view.stored.pair, {text: number for number, text in enumerate(view.suggestions, 1)}
    said: set[str] = set()
    for one in pair.candidates:
        text = one.hypothesis.text
        if one.chosen or text == pair.target or text in said:
            continue
        said.add(text)
        shown = difference(diff(pair.target, text), paper.colour)
        reason = Content.styled(
            f"  {one.strategy}: {one.reason}" if one.reason else f"  {one.strategy}", "dim"
        )
        yield from indented(shown + reason, paper.width, f"{numbers.get(text, ' ')}  ")
    for match in view.memory:
        how = "the same source" if match.source == pair.source else f"{int(match.similarity * 100)}%"
        by = f"  memory, {how}, {match.status.value} by {visible(match.reviewer) or 'somebody'}"
        if match.target == pair.target:
            shown = Content.styled("the target as it stands", "italic")
        elif match.target in said:
            shown = Content.styled(f"as {numbers.get(match.target, '')}", "italic")
        else:
            shown = Content(visible(match.target))
        said.add(match.target)
        number = numbers.get(match.target, " ") if match.target != pair.target else " "
        yield from indented(shown + Content.styled(by, "dim"), paper.width, f"{number}  ")
        if match.source != pair.source:
            changes = difference(diff(match.source, pair.source), paper.colour)
            yield from indented(Content.assemble(("source ", "dim"), changes), paper.width, "   ")


def _edit(view: PairView, paper: Paper) -> Iterator[Content]:
    if any(change.kind != "equal" for change in view.changes):
        yield from indented(difference(view.changes, paper.colour), paper.width, "   ")


def _segments(view: PairView, paper: Paper) -> Iterator[Content]:
    if view.bead is None:
        return
    bead = view.bead.bead
    yield Content.styled(f"Alignment {bead.kind}, {bead.score:.2f}", "bold dim")
    if bead.kind == "1-1":
        return
    for side, texts in (("source", view.bead.source), ("target", view.bead.target)):
        for number, text in enumerate(texts, 1):
            yield from indented(Content(visible(text)), paper.width, f"   {side} {number}  ", "     ")


def _marks(view: PairView, paper: Paper) -> Iterator[Content]:
    for span in view.spans:
        side = view.stored.pair.source if span.side == "source" else view.stored.pair.target
        note = f": {visible(span.note)}" if span.note else ""
        words = visible(side[span.start : span.end])
        text = f"{span.severity} {span.category}{note} «{words}» {visible(span.reviewer)}"
        yield from indented(Content(text), paper.width, "ᴹ  ")


def _score(view: PairView, paper: Paper, reasons: Sequence[str]) -> Iterator[Content]:
    score = view.stored.pair.score
    if score is None:
        return
    word, style = score_word(score)
    said = f": {'; '.join(reasons)}" if reasons else ""
    text = Content.assemble((word, style), said, (f"  {visible(score.method)}", "dim"))
    yield from indented(text, paper.width, "   ")
    chosen = next((one for one in view.stored.pair.candidates if one.chosen), None)
    if chosen and chosen.reason:
        text = Content.styled(f"chosen: {chosen.strategy}, {visible(chosen.reason)}", "dim")
        yield from indented(text, paper.width, "   ")
    if settings := view.stored.settings:
        yield from indented(Content.styled(f"{settings.engine}, {settings.model}", "dim"), paper.width, "   ")


def _history(view: PairView, paper: Paper) -> Iterator[Content]:
    for row in view.history:
        yield from indented(history_line(row, paper.colour), paper.width, "   ", "     ")


def history_line(row: StoredReview, colour: bool) -> Content:
    """One decision: when, who, what, why, and what it changed."""
    note = f" “{visible(row.note)}”" if row.note else ""
    said = Content.assemble(
        (moment(row.at), "dim"), f" {visible(row.reviewer)} ", (verdict_word(row.verdict), "bold"), note
    )
    if row.before == row.after:
        return said
    return Content.assemble(said, "  ", difference(diff(row.before, row.after), colour))


def verdict_word(verdict: Verdict) -> str:
    """A verdict as the history calls it."""
    return "took back" if verdict is Verdict.UNDONE else verdict.value


def moment(at: datetime) -> str:
    """A time as the reviewer's clock shows it."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
