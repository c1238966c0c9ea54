"""Plots as SVG elements that stand in an HTML page: no script, no file, colours from the page's style.

Every plot has a title for screen readers; series differ in shape as well as in colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 460
LEFT, RIGHT = 164, 14
LONGEST = 20
AXIS = 60
ROW = 26
TOP, BOTTOM = 8, 40
SERIES = 8
"""Colours that the page's style defines, ``.s0`` and on; more series take them again."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis: ``low..high`` to ``start..end`` in pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 6) -> list[float]:
        """Round values within the axis, 1, 2 or 5 times a power of ten apart."""
        raw = (self.high - self.low) / about
        power = 10.0 ** _exponent(raw)
        step = next(s * power for s in (1, 2, 5, 10) if s * power >= raw * 0.999)
        count = int((self.high - self.low) / step) + 2
        first = -(-self.low // step) * step
        return [first + i * step for i in range(count) if first + i * step <= self.high + step * 1e-6]


def interval_plot(
    title: str, rows: Sequence[tuple[str, float, tuple[float, float] | None]], unit: str
) -> str:
    """A dot for each row with a whisker for its interval.

    Args:
        title: for screen readers.
        rows: label, value and bounds.
        unit: name of the axis.
    """
    values = [bound for _, value, interval in rows for bound in (value, *(interval or ()))]
    scale = _around(values)

    def body() -> Iterator[str]:
        for index, (label, value, interval) in enumerate(rows):
            y = TOP + ROW * (index + 0.5)
            yield _row_label(label, y)
            if interval:
                a, b = scale(interval[0]), scale(interval[1])
                yield f'<path class="line s{index % SERIES}" d="M{a:.1f} {y:.1f}H{b:.1f}'
                yield f'M{a:.1f} {y - 5:.1f}v10M{b:.1f} {y - 5:.1f}v10"/>'
            yield marker(index, scale(value), y, f"{label}: {value:.2f}")

    return _frame(title, len(rows) * ROW, scale, unit, body)


def dot_plot(
    title: str, rows: Sequence[tuple[str, Mapping[str, float | None]]], series: Sequence[str], unit: str
) -> str:
    """A row of dots, one for each series.

    Args:
        title: for screen readers.
        rows: label and value by series; None is left out.
        series: in the order of their colours.
        unit: name of the axis.
    """
    scale = _around([value for _, values in rows for value in values.values() if value is not None])

    def body() -> Iterator[str]:
        for index, (label, values) in enumerate(rows):
            y = TOP + ROW * (index + 0.5)
            yield _row_label(label, y)
            known = [scale(value) for value in values.values() if value is not None]
            if known:
                yield f'<path class="grid" d="M{min(known):.1f} {y:.1f}H{max(known):.1f}"/>'
            for number, name in enumerate(series):
                value = values.get(name)
                if value is not None:
                    yield marker(number, scale(value), y, f"{name}, {label}: {value:.1f}")

    return _frame(title, len(rows) * ROW, scale, unit, body)


def histograms(title: str, counts: Mapping[str, Sequence[int]], edges: Sequence[float], unit: str) -> str:
    """Bars for each series, one series under the other on one axis.

    Args:
        title: for screen readers.
        counts: by series, one for each bin.
        edges: one more than bins, ascending.
        unit: name of the axis.
    """
    height = 58
    scale = Scale(edges[0], edges[-1], LEFT, WIDTH - RIGHT)
    highest = max((max(series) for series in counts.values()), default=1) or 1

    def body() -> Iterator[str]:
        for index, (name, series) in enumerate(counts.items()):
            floor = TOP + height * (index + 1) - 6
            yield _row_label(name, floor - 16)
            yield f'<path class="axis" d="M{LEFT} {floor}H{WIDTH - RIGHT}"/>'
            for count, a, b in zip(series, edges, edges[1:], strict=False):
                tall = (height - 14) * count / highest
                x, wide = scale(a) + 0.75, scale(b) - scale(a) - 1.5
                yield (
                    f'<rect class="bar s{index % SERIES}" x="{x:.1f}" y="{floor - tall:.1f}" width="{wide:.1f}"'
                    f' height="{tall:.1f}"><title>{escape(name)}, {a:g} to {b:g}: {count:,}</title></rect>'
                )

    return _frame(title, height * len(counts), scale, unit, body)


def scatter_plot(
    title: str, points: Mapping[str, Sequence[tuple[float, float]]], horizontal: str, vertical: str
) -> str:
    """A mark for each point.

    Args:
        title: for screen readers.
        points: by series, ``(x, y)``.
        horizontal, vertical: names of the axes.
    """
    height = 320
    x_scale = _around([x for series in points.values() for x, _ in series], AXIS)
    y_values = _around([y for series in points.values() for _, y in series])
    y_scale = Scale(y_values.low, y_values.high, TOP + height, TOP + 4)

    def body() -> Iterator[str]:
        for tick in y_scale.ticks():
            y = y_scale(tick)
            yield f'<path class="grid" d="M{AXIS} {y:.1f}H{WIDTH - RIGHT}"/>'
            yield f'<text class="end" x="{AXIS - 8}" y="{y + 4:.1f}">{tick:g}</text>'
        middle = TOP + height / 2
        yield f'<text class="middle" transform="translate(14 {middle}) rotate(-90)">{escape(vertical)}</text>'
        for index, series in enumerate(points.values()):
            for x, y in series:
                yield marker(index, x_scale(x), y_scale(y), small=True)

    return _frame(title, height, x_scale, horizontal, body)


def marker(series: int, x: float, y: float, title: str = "", small: bool = False) -> str:
    """The mark of a series: circle, square, diamond or triangle."""
    r = 2.6 if small else 5.0
    shapes = (
        f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
        f"M{x - r:.1f} {y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z",
        f"M{x:.1f} {y - 1.3 * r:.1f}l{1.3 * r:.1f} {1.3 * r:.1f}l{-1.3 * r:.1f} {1.3 * r:.1f}"
        f"l{-1.3 * r:.1f} {-1.3 * r:.1f}z",
        f"M{x:.1f} {y - 1.2 * r:.1f}l{1.2 * r:.1f} {2.2 * r:.1f}h{-2.4 * r:.1f}z",
    )
    kind = "dot small" if small else "dot"
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<path class="{kind} s{series % SERIES}" d="{shapes[series % len(shapes)]}">{inner}</path>'


def legend(series: Sequence[str]) -> str:
    """Names with their marks, as HTML."""
    items = "".join(
        f'<li><svg width="14" height="14" aria-hidden="true">{marker(index, 7, 7)}</svg>{escape(name)}</li>'
        for index, name in enumerate(series)
    )
    return f'<ul class="legend">{items}</ul>'


def _frame(title: str, height: float, scale: Scale, unit: str, body: Callable[[], Iterator[str]]) -> str:
    """The plot with its horizontal axis; the body's rows lie between the margins."""
    floor = TOP + height
    ticks = []
    for tick in scale.ticks():
        x = scale(tick)
        ticks.append(f'<path class="grid" d="M{x:.1f} {TOP}V{floor:.1f}"/>')
        ticks.append(f'<text class="middle" x="{x:.1f}" y="{floor + 15:.1f}">{tick:g}</text>')
    middle = (scale.start + scale.end) / 2
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {floor + BOTTOM:.0f}">'
        f"<title>{escape(title)}</title>{''.join(ticks)}"
        f'<text class="middle unit" x="{middle:.1f}" y="{floor + 33:.1f}">{escape(unit)}</text>'
        f"{''.join(body())}</svg>"
    )


def _row_label(label: str, y: float) -> str:
    shown = label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
    full = "" if shown == label else f"<title>{escape(label)}</title>"
    return f'<text class="end" x="{LEFT - 10}" y="{y + 4:.1f}">{escape(shown)}{full}</text>'


def _around(values: Sequence[float], left: float = LEFT) -> Scale:
    """An axis that holds all values with some room; values that are all the same get room too."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5
    return Scale(low - room, high + room, left, WIDTH - RIGHT)


def _exponent(value: float) -> int:
    """The power of ten at or below a positive number."""
    return int(f"{value:e}".partition("e")[2])
