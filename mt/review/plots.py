"""The figures of the reviews as SVG files that stand alone: no script, no style sheet, no font from outside.

Numbers stand beside every bar and parts differ in pattern as well as in colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mt.review.statistics import ReviewStatistics

WIDTH = 720
LABEL = 210
RIGHT = 92
ROW = 30
HEAD = 42
MOST_ROWS = 40
"""Bars in one plot; what is left out is counted in its last line."""

FACE = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a plot; the parts of a bar from what is decided to what is open."""

    paper: str
    ink: str
    quiet: str
    line: str
    parts: tuple[str, ...]


THEMES = {
    "light": Theme(
        "#ffffff", "#1c1b19", "#5d5a54", "#dcd9d2", ("#1d6b3c", "#1f5a9e", "#b0261d", "#85510a", "#bdb9b0")
    ),
    "dark": Theme(
        "#1d1f22", "#e9e7e2", "#aaa79f", "#33363b", ("#86cf9f", "#8fb8ee", "#ff9a90", "#e6b566", "#5b5f66")
    ),
}

PROGRESS = ("accepted", "edited", "rejected", "set aside", "open")
"""What a bar of progress is made of; skipped and flagged pairs are set aside."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a label, the lengths of its parts, and what is written behind them."""

    label: str
    parts: tuple[float, ...]
    figure: str
    whisker: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot before it is a file.

    Attributes:
        title: what it shows.
        said: its figures in words.
        height: in pixels; all are equally wide.
        body: its elements.
        theme: its colours.
    """

    title: str
    said: str
    height: int
    body: str
    theme: Theme

    @property
    def svg(self) -> str:
        """The plot as a file."""
        return _file(self.title, self.said, self.height, self.body, self.theme)


def progress(found: ReviewStatistics, names: Mapping[str, str], theme: Theme) -> Plot:
    """Pairs by status, a bar for each document."""
    bars = []
    for document, counts in found.progress.items():
        said = {status.value: number for status, number in counts.items()}
        aside = said.get("skipped", 0) + said.get("flagged", 0)
        parts = (*(said.get(name, 0) for name in PROGRESS[:3]), aside, said.get("open", 0))
        total = sum(parts)
        share = sum(parts[:3]) / total if total else 0
        bars.append(
            Bar(names.get(document, document), tuple(part / (total or 1) for part in parts), f"{share:.0%}")
        )
    return _plot("Progress by document", "share of pairs", bars, theme, PROGRESS, 1.0)


def effort(found: ReviewStatistics, names: Mapping[str, str], theme: Theme) -> Plot:
    """HTER of documents, engines and reviewers: edits for each hundred words."""
    scores = {names.get(name, name): score for name, score in found.documents.items()}
    scores |= {f"engine {name}": score for name, score in found.engines.items()}
    scores |= {f"reviewer {name}": work.edits for name, work in found.reviewers.items() if work.edits}
    bars = [Bar(name, (score.value,), f"{score.value:.1f}", score.interval) for name, score in scores.items()]
    return _plot("Post-editing effort", "HTER, edits for each hundred words", bars, theme)


def days(found: ReviewStatistics, _names: Mapping[str, str], theme: Theme) -> Plot:
    """Decisions by day in UTC."""
    newest = list(found.days.items())[-MOST_ROWS:]
    return _plot("Decisions by day", "pairs decided", [Bar(day, (n,), f"{n:,}") for day, n in newest], theme)


def speed(found: ReviewStatistics, _names: Mapping[str, str], theme: Theme) -> Plot:
    """Pairs for each hour of work, by reviewer."""
    rates = {name: work.pairs_per_hour for name, work in found.reviewers.items()}
    bars = [Bar(name, (rate,), f"{rate:,.0f}") for name, rate in rates.items() if rate]
    return _plot("Pairs an hour", "pairs decided for each hour of work, breaks left out", bars, theme)


def checks(found: ReviewStatistics, _names: Mapping[str, str], theme: Theme) -> Plot:
    """How often each check was right, as far as reviewers said so."""
    bars = [
        Bar(one.check, (one.value,), f"{one.value:.0%} of {one.confirmed + one.dismissed:,}")
        for one in found.checks
        if one.value is not None
    ]
    return _plot("Precision of the checks", "confirmed among confirmed and dismissed", bars, theme, (), 1.0)


PLOTS: dict[str, Callable[[ReviewStatistics, Mapping[str, str], Theme], Plot]] = {
    "progress": progress,
    "effort": effort,
    "days": days,
    "speed": speed,
    "checks": checks,
}
"""Name of a plot to what draws it."""


def sheet(found: ReviewStatistics, names: Mapping[str, str], theme: Theme) -> str:
    """All plots below one another in one SVG file."""
    plots = [draw(found, names, theme) for draw in PLOTS.values()]
    pieces, y = [], 0
    for plot in plots:
        pieces.append(f'<g transform="translate(0 {y})">{plot.body}</g>')
        y += plot.height
    said = " ".join(f"{plot.title}: {plot.said}." for plot in plots)
    return _file("Review", said, y, "".join(pieces), theme)


def _plot(
    title: str,
    unit: str,
    bars: Sequence[Bar],
    theme: Theme,
    parts: Sequence[str] = (),
    longest: float | None = None,
) -> Plot:
    """Horizontal bars under a title, with a legend where they have parts."""
    shown, left = bars[:MOST_ROWS], len(bars) - MOST_ROWS
    top = HEAD + (26 if parts else 0)
    height = top + ROW * max(1, len(shown)) + (24 if left > 0 else 0) + 14
    most = longest or max((max(sum(bar.parts), *(bar.whisker or (0,))) for bar in shown), default=1) or 1
    scale = (WIDTH - LABEL - RIGHT) / most
    drawn = [_row(bar, top + ROW * place, scale, theme) for place, bar in enumerate(shown)]
    if not shown:
        drawn.append(_text(WIDTH / 2, top + 18, "nothing to show yet", theme.quiet, "middle"))
    if left > 0:
        drawn.append(_text(LABEL, height - 18, f"and {left:,} more", theme.quiet))
    said = "; ".join(f"{bar.label}: {bar.figure}" for bar in shown)
    head = (
        f'<text x="16" y="26" fill="{theme.ink}" font-size="15" font-weight="600">{_safe(title)}'
        f'<tspan fill="{theme.quiet}" font-size="12" font-weight="400" dx="10">{_safe(unit)}</tspan></text>'
    )
    body = f"{head}{_legend(parts, theme)}{''.join(drawn)}"
    return Plot(title, said or "nothing to show yet", height, body, theme)


def _file(title: str, said: str, height: int, body: str, theme: Theme) -> str:
    """A whole SVG file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" font-family="{FACE}" font-size="13">'
        f"<title>{_safe(title)}</title><desc>{_safe(said)}</desc>"
        f"<defs>{_patterns(theme)}</defs>"
        f'<rect width="{WIDTH}" height="{height}" fill="{theme.paper}"/>'
        f"{body}</svg>\n"
    )


def _row(bar: Bar, y: float, scale: float, theme: Theme) -> str:
    middle = y + ROW / 2
    label = bar.label if len(bar.label) <= 28 else f"{bar.label[:27]}…"
    pieces = [_text(LABEL - 12, middle + 4.5, label, theme.ink, "end")]
    pieces.append(_box(LABEL, y + 6, WIDTH - LABEL - RIGHT, theme.line, 0.45))
    x = float(LABEL)
    for number, part in enumerate(bar.parts):
        long = part * scale
        if long > 0:
            pieces.append(_box(x, y + 6, long, theme.parts[number]))
            if number:
                pieces.append(_box(x, y + 6, long, f"url(#p{number})"))
        x += long
    if bar.whisker:
        low, high = (LABEL + bound * scale for bound in bar.whisker)
        line = (
            f"M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 5:.1f}v10M{high:.1f} {middle - 5:.1f}v10"
        )
        pieces.append(f'<path d="{line}" stroke="{theme.ink}" stroke-width="1.5" fill="none"/>')
    pieces.append(_text(WIDTH - RIGHT + 10, middle + 4.5, bar.figure, theme.ink))
    return "".join(pieces)


def _legend(parts: Sequence[str], theme: Theme) -> str:
    pieces, x = [], float(LABEL)
    for number, name in enumerate(parts):
        pieces.append(_box(x, HEAD, 14, theme.parts[number], high=12))
        if number:
            pieces.append(_box(x, HEAD, 14, f"url(#p{number})", high=12))
        pieces.append(_text(x + 19, HEAD + 10.5, name, theme.quiet))
        x += 19 + 7.2 * len(name) + 16
    return "".join(pieces)


def _patterns(theme: Theme) -> str:
    """Strokes that tell the parts of a bar apart without their colours; the first part is plain."""
    strokes = ("M0 6L6 0", "M0 0L6 6M0 6L6 0", "M3 0V6", "M3 3h.01")
    return "".join(
        f'<pattern id="p{number}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="{stroke}" stroke="{theme.paper}" stroke-width="1.1" stroke-opacity=".75"/></pattern>'
        for number, stroke in enumerate(strokes, 1)
    )


def _box(x: float, y: float, wide: float, fill: str, opacity: float = 1.0, high: float = ROW - 12) -> str:
    faint = "" if opacity == 1.0 else f' fill-opacity="{opacity}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high}" fill="{fill}"{faint}/>'


def _text(x: float, y: float, text: str, fill: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}">{_safe(text)}</text>'


def _safe(text: str) -> str:
    """Text for XML, without the characters that XML cannot hold."""
    return escape("".join(c if c.isprintable() else " " for c in text))
