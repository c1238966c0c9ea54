"""Drawing a pair with what is known of it, the editor, and the cursor in the text."""

from __future__ import annotations

from itertools import chain
from typing import Any

from textual.content import Content

from mt.review.diff import diff
from mt.review.session import PairView
from mt.review.terminal.facts import facts, score_word
from mt.review.terminal.frame import Frame
from mt.review.terminal.pane import NARROW, context_lines, key_line, pair_lines, side_texts
from mt.review.terminal.text import clipped, difference, marked, padded, visible
from mt.review.words import ORDERS

ROOMY, SMALL = 36, 16
"""Lines from which two neighbours are shown on each side, and below which none is."""


class Drawing(Frame):
    """Writes what is known of the pair that is shown."""

    def on_resize(self) -> None:
        """Everything is written for the width there is."""
        self.call_after_refresh(self.draw)

    @property
    def roomy(self) -> bool:
        """Whether more than the nearest neighbours fit."""
        return self.size.height >= ROOMY

    def draw(self) -> None:
        """Write everything anew."""
        self.screen_stack[0].set_class(self.size.width < NARROW, "narrow")
        self.part("keys").write([key_line(self.keymap, self.size.width - 2)])
        self.draw_head()
        self.draw_pair()

    def draw_head(self) -> None:
        """Queue, filter and reviewer; document, place, score and status."""
        left = "" if self._left is None else f"{self._left:,} left  "
        end = f"{left}{visible(self.session.reviewer)}"
        start = f"{ORDERS[self.order]}  {visible(self.filter)}"
        room = max(1, self.size.width - 4 - len(end))
        head = padded(Content(start).truncate(room, ellipsis=True), room)
        self.part("head").write([Content.assemble(head, "  ", end).stylize("reverse")])
        self.part("title").write([self._title_line()])

    def _title_line(self) -> Content:
        if self.pair is None:
            return Content("")
        stored = self.pair.stored
        info = self._heads.get(stored.document)
        of = f"/{info.segments:,}" if info and info.segments and info.kind != "alignment" else ""
        name = visible(info.base_name if info else stored.document)
        score, style = score_word(stored.pair.score)
        by = f" by {visible(stored.reviewer)}" if stored.reviewer and stored.decided else ""
        parts: list[Any] = [(name, "bold"), f"  pair {stored.position + 1:,}{of}   ", (score, style)]
        parts.append(f"   {stored.status.value}{by}")
        if self.pair.holder:
            parts.append((f"   {visible(self.pair.holder)} has this pair", "bold ansi_yellow"))
        return Content.assemble(*parts)

    def draw_pair(self) -> None:
        """The pair between its neighbours and what is known of it; while it is edited, what that changes."""
        view, width = self.pair, self.paper.width
        if view is None:
            lines = [line for text in self._nothing() for line in clipped(text, width)]
        else:
            sides = side_texts(view, self.cursor, self._links)
            known = facts(view, self.paper, self._reasons)
            before, after = self._neighbours(view)
            if self.editing:
                parts = [self._edit_lines(view), before, after, known]
            else:
                parts = [before, pair_lines(view, sides, width), after, known]
            lines = list(chain.from_iterable([*part, Content("")] for part in parts if part))
        self.part("body").write(lines)

    def _neighbours(self, view: PairView) -> tuple[list[Content], list[Content]]:
        """Neighbours on both sides, as many as there is room for."""
        count = 2 if self.roomy else 1 if self.size.height >= SMALL else 0
        near = view.before[len(view.before) - count :], view.after[:count]
        before, after = (context_lines(side, self.paper.width, 4 if self.roomy else 2) for side in near)
        return before, after

    def _nothing(self) -> list[Content]:
        if self._busy:
            return [Content.styled("…", "dim")]
        key = self.keymap.key
        lines = [Content.styled("Nothing is left in this queue.", "bold"), Content("")]
        lines.append(Content(f"{key('search')} another filter   {key('undo')} undo   {key('quit')} leave"))
        if self.filter:
            lines.append(Content.styled(f"The filter is: {visible(self.filter)}", "dim"))
        lines.append(Content.styled("status:skipped and status:flagged show what was put aside.", "dim"))
        lines.append(Content.styled(f"{key('next')} starts over with what you passed over.", "dim"))
        return lines

    def _edit_lines(self, view: PairView) -> list[Content]:
        target, text = view.stored.pair.target, self.editor.text
        if text == target:
            shown = Content.styled("No change yet: Enter accepts the pair.", "dim")
        else:
            shown = difference(diff(target, text), self.paper.colour)
        judged = clipped(marked(self._judged, style="dim"), self.paper.width) if self._judged else []
        return [*clipped(shown, self.paper.width), *judged]

    def start_editing(self, text: str) -> None:
        """Put a text into the editor."""
        self.screen_stack[0].add_class("editing")
        self._judged = ""
        editor = self.editor
        editor.disabled = False
        editor.load_text(text)
        editor.move_cursor(editor.document.end)
        editor.focus()
        self._draw_original()
        self.tell("Enter saves, Esc leaves the editor, Ctrl+J breaks the line.")
        self.draw_pair()

    def _draw_original(self) -> None:
        """The source beside the editor."""
        if self.pair is None:
            return
        width = self.paper.width if self.size.width < NARROW else (self.paper.width - 4) // 2
        lines = clipped(side_texts(self.pair, self.cursor, self._links)[0], width)
        place = self.part("original")
        place.styles.height = len(lines)
        place.write(lines)

    def stop_editing(self) -> None:
        """Show the pair instead of the editor."""
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None
        self.screen_stack[0].remove_class("editing")
        self.screen_stack[0].set_focus(None)
        self.editor.disabled = True

    async def _link(self, view: PairView) -> None:
        pair = view.stored.pair
        if not pair.target:
            return
        found = await self.think(self._linker, pair.source, pair.target)
        if self.pair is view:
            self._links = found
            self.draw_pair()

    def do_word_right(self) -> None:
        """The next word."""
        self._move(1)

    def do_word_left(self) -> None:
        """The word before."""
        self._move(-1)

    def do_extend_right(self) -> None:
        """Select to the next word."""
        self._move(1, extend=True)

    def do_extend_left(self) -> None:
        """Select to the word before."""
        self._move(-1, extend=True)

    def _move(self, step: int, extend: bool = False) -> None:
        assert self.pair is not None
        self.cursor = self.cursor.moved(self.pair, step, extend)
        self._light()

    def do_side(self) -> None:
        """The word cursor goes to the other side."""
        assert self.pair is not None
        self.cursor = self.cursor.other_side(self.pair, self._links)
        self._light()

    def _light(self) -> None:
        self.draw_pair()
        if not self._wanted_links and self.pair is not None:
            self._wanted_links = True
            self.work(self._link(self.pair))
