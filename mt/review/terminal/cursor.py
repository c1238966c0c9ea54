"""The word cursor: a word of one side, or several, and what it stands on."""

from __future__ import annotations

from dataclasses import dataclass

from mt.pipeline.links import Links
from mt.review.session import PairView
from mt.review.terminal.text import words


@dataclass(frozen=True, slots=True)
class Cursor:
    """A selection of words, from where it began to where it is now; nothing where no word is chosen.

    Attributes:
        side: ``source`` or ``target``.
        word: index of the word it is on, or None.
        anchor: index of the word where the selection began.
    """

    side: str = "target"
    word: int | None = None
    anchor: int = 0

    def moved(self, view: PairView, step: int, extend: bool = False) -> Cursor:
        """The cursor some words on; it begins at the first or the last word and stays within the text."""
        count = len(words(getattr(view.stored.pair, self.side)))
        if not count:
            return self
        if self.word is None or self.word >= count:
            start = 0 if step > 0 else count - 1
            return Cursor(self.side, start, start)
        word = min(max(self.word + step, 0), count - 1)
        return Cursor(self.side, word, self.anchor if extend else word)

    def other_side(self, view: PairView, links: Links) -> Cursor:
        """The cursor on the other side, on the word that belongs to this one where that is known."""
        side = "source" if self.side == "target" else "target"
        count = len(words(getattr(view.stored.pair, side)))
        if not count:
            return self
        near = min(self.partners(links), default=min(self.word or 0, count - 1))
        return Cursor(side, near, near)

    @property
    def chosen(self) -> range:
        """The words that are chosen."""
        if self.word is None:
            return range(0)
        return range(min(self.word, self.anchor), max(self.word, self.anchor) + 1)

    def partners(self, links: Links) -> set[int]:
        """The words of the other side that belong to the chosen ones."""
        here, there = (0, 1) if self.side == "source" else (1, 0)
        return {link[there] for link in links if link[here] in self.chosen}

    def span(self, view: PairView) -> tuple[str, int, int] | None:
        """Side, start and end of the chosen words, without punctuation around them; None for no words."""
        text = getattr(view.stored.pair, self.side)
        places = words(text)
        chosen = [places[word] for word in self.chosen if word < len(places)]
        if not chosen:
            return None
        start, end = chosen[0][0], chosen[-1][1]
        letters = [place for place in range(start, end) if text[place].isalnum()]
        return (self.side, letters[0], letters[-1] + 1) if letters else (self.side, start, end)
