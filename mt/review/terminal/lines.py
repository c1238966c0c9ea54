"""A widget of lines that are cut to their width already: drawing it lays nothing out."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget, can_focus=False):
    """Lines below one another, of which those from ``top`` on are shown.

    Attributes:
        lines: all of them.
        top: number of the first one that is shown.
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.lines: list[Content] = []
        self.top = 0

    def write(self, lines: Iterable[Content]) -> None:
        """Show other lines; where the old ones were scrolled to is kept."""
        self.lines = list(lines)
        self.top = min(self.top, self._lowest)
        self.refresh()

    def scroll(self, step: int) -> None:
        """Scroll by some lines, down where ``step`` is positive."""
        top = min(max(self.top + step, 0), self._lowest)
        if top != self.top:
            self.top = top
            self.refresh()

    @property
    def page(self) -> int:
        """Lines of one page, one of them shown again."""
        return max(1, self.size.height - 1)

    @property
    def _lowest(self) -> int:
        return max(0, len(self.lines) - self.size.height)

    def render_line(self, y: int) -> Strip:
        """One line; an arrow at the end says that more stands above or below."""
        width, height, place = self.size.width, self.size.height, self.top + y
        line = self.lines[place] if place < len(self.lines) else Content("")
        more = "▲" if y == 0 and self.top else "▼" if y == height - 1 and place < len(self.lines) - 1 else ""
        strip = Strip(line.render_segments())
        if not more or width < 2:
            return strip.adjust_cell_length(width)
        return Strip.join(
            [strip.adjust_cell_length(width - 1), Strip(Content.styled(more, "bold").render_segments())]
        )
