"""What is measured during a run: one JSON object a line, and a page of curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 720, 240, 48


class Journal:
    """The metrics of a run.

    Args:
        path: JSONL file; entries after ``update`` come from a run that was killed and are removed.
        update: the update that the run goes on from.
    """

    def __init__(self, path: Path, update: int) -> None:
        self._path = path
        kept = [entry for entry in read_journal(path) if entry["update"] <= update]
        path.write_text("".join(_line(entry) for entry in kept), encoding="utf-8")

    def add(self, **values: Any) -> None:
        """Append one entry; it has ``update``."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(_line(values))


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The entries in order; a last line that a kill cut off is left out."""
    if not path.is_file():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            break
    return entries


def plot(entries: Sequence[dict[str, Any]], title: str) -> str:
    """A self-contained HTML page with one curve for each number in the entries, drawn as inline SVG."""
    names = list(dict.fromkeys(name for entry in entries for name in entry if name != "update"))
    charts = []
    for name in names:
        points = [
            (float(entry["update"]), float(entry[name]))
            for entry in entries
            if isinstance(entry.get(name), int | float)
        ]
        if points:
            charts.append(f"<h2>{escape(name)}</h2>\n{_chart(points, name)}")
    body = "\n".join(charts) or "<p>Nothing was measured yet.</p>"
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:46rem}"
        "h2{font-size:1rem;margin:1.5rem 0 .2rem}svg{width:100%;height:auto}"
        "text{font-size:12px;fill:currentColor}</style>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</html>\n"
    )


def _chart(points: Sequence[tuple[float, float]], name: str) -> str:
    """One curve over updates with its lowest and highest value."""
    across = [x for x, _ in points]
    up = [y for _, y in points]
    left, right, low, high = min(across), max(across), min(up), max(up)

    def place(x: float, y: float) -> str:
        column = MARGIN + (x - left) / ((right - left) or 1) * (WIDTH - 2 * MARGIN)
        row = HEIGHT - MARGIN - (y - low) / ((high - low) or 1) * (HEIGHT - 2 * MARGIN)
        return f"{column:.1f},{row:.1f}"

    line = " ".join(place(x, y) for x, y in points)
    last = points[-1]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)} over updates">'
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{WIDTH - 2 * MARGIN}" height="{HEIGHT - 2 * MARGIN}" '
        'fill="none" stroke="#bbb"/>'
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>'
        f'<text x="{MARGIN}" y="{MARGIN - 8}">highest {high:.5g}</text>'
        f'<text x="{MARGIN}" y="{HEIGHT - MARGIN + 16}">{left:.0f}</text>'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - MARGIN + 16}" text-anchor="end">{right:.0f} updates</text>'
        f'<text x="{WIDTH - MARGIN}" y="{MARGIN - 8}" text-anchor="end">last {last[1]:.5g}, '
        f"lowest {low:.5g}</text></svg>"
    )
