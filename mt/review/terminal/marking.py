"""Findings that are dismissed, errors that are marked, segments that are split and joined."""

from __future__ import annotations

from mt.review.ahead import Lookahead
from mt.review.session import PairView
from mt.review.terminal.deciding import Deciding
from mt.review.terminal.dialogs import Choice, Prompt, numbered
from mt.review.terminal.facts import Paper, finding_lines
from mt.review.terminal.text import stacked, visible
from mt.review.words import CATEGORIES, SEVERITIES


class Marking(Deciding):
    """Says more of a pair than a verdict does."""

    def do_dismiss(self) -> None:
        """Dismiss the finding, or ask which one."""
        assert self.pair is not None
        seen = self.pair.findings
        waiting = [one for one in seen if not one.dismissed]
        if not seen:
            self.tell("There is no finding to dismiss.")
        elif len(waiting) == 1:
            self.work(self._dismiss(seen.index(waiting[0])))
        else:
            labels = [
                stacked(
                    finding_lines(
                        self.pair.stored, one, number, Paper(self.size.width - 8, self.paper.colour)
                    )
                )
                for number, one in enumerate(seen, 1)
            ]
            title = "Which finding is a false alarm?" if waiting else "Which finding counts after all?"
            self.push_screen(
                Choice(title, numbered(labels)),
                lambda said: self.work(self._dismiss(int(said))) if said else None,
            )

    async def _dismiss(self, place: int) -> None:
        view = self.pair
        assert view is not None
        seen = view.findings[place]
        call = self.session.restore if seen.dismissed else self.session.dismiss
        await self.write(call, view.stored.id, seen.finding)
        await self.again()
        done = "counts again" if seen.dismissed else "is dismissed as a false alarm"
        self.tell(f"Saved: {seen.finding.check} {done}.", "good")

    def do_mark(self) -> None:
        """Mark the words at the cursor as an error."""
        view = self.pair
        assert view is not None
        if not self.mqm:
            self.tell("Marking errors is switched on by --mqm, or by mqm = true under [review] in mt.toml.")
            return
        place = self.cursor.span(view)
        if place is None:
            key = self.keymap.key
            self.tell(
                f"Go to the wrong words first: {key('word_right')}, {key('side')}, {key('extend_right')}."
            )
            return
        side, start, end = place
        text = getattr(view.stored.pair, side)[start:end]
        here = [one for one in view.spans if one.side == side and one.start < end and start < one.end]
        options = numbered([*(f"take back: {one.severity} {one.category}" for one in here), *CATEGORIES])

        def chosen(said: str | None) -> None:
            if said is None:
                return
            number = int(said)
            if number < len(here):
                self.work(self._unmark(here[number].id))
            else:
                self._ask_severity(view, place, CATEGORIES[number - len(here)])

        self.push_screen(Choice(f"What is wrong with «{visible(text)}»?", options), chosen)

    def _ask_severity(self, view: PairView, place: tuple[str, int, int], category: str) -> None:
        def chosen(said: str | None) -> None:
            if said is not None:
                self._ask_mark_note(view, place, category, SEVERITIES[int(said)])

        self.push_screen(Choice(f"{category}: how bad is it?", numbered(SEVERITIES)), chosen)

    def _ask_mark_note(
        self, view: PairView, place: tuple[str, int, int], category: str, severity: str
    ) -> None:
        def answered(note: str | None) -> None:
            if note is not None:
                self.work(self._mark(view, place, category, severity, note))

        self.push_screen(Prompt(f"{severity} {category}; a note, if you like:"), answered)

    async def _mark(
        self, view: PairView, place: tuple[str, int, int], category: str, severity: str, note: str
    ) -> None:
        side, start, end = place
        await self.write(self.session.mark, view.stored.id, category, severity, (start, end), side, note)
        await self.again()
        self.tell("Saved: the mark.", "good")

    async def _unmark(self, span_id: int) -> None:
        await self.write(self.session.unmark, span_id)
        await self.again()
        self.tell("Saved: the mark is taken back.", "good")

    def do_split(self) -> None:
        """Split the bead of an aligned pair."""
        bead = self.pair.bead if self.pair else None
        if bead is None:
            self.tell("Only pairs of aligned documents have segments to split.")
            return
        many = len(bead.source) + len(bead.target)
        cuts = [
            (i, j)
            for i in range(len(bead.source) + 1)
            for j in range(len(bead.target) + 1)
            if 0 < i + j < many
        ]
        if len(bead.source) < 2 and len(bead.target) < 2:
            self.tell("The pair has one segment on each side; there is nothing to split.")
            return
        cuts.sort(key=lambda cut: (0 in cut or cut == (len(bead.source), len(bead.target)), cut))
        labels = [f"after {i} of the source and {j} of the target" for i, j in cuts]

        def chosen(said: str | None) -> None:
            if said is not None:
                self.work(self._beads("split", *cuts[int(said)]))

        self.push_screen(Choice("Where does the first part end?", numbered(labels)), chosen)

    def do_merge(self) -> None:
        """Join the bead of an aligned pair with the next one."""
        bead = self.pair.bead if self.pair else None
        if bead is None:
            self.tell("Only pairs of aligned documents are joined.")
        elif bead.last:
            self.tell("This is the last pair of its document.")
        else:
            self.work(self._beads("merge"))

    async def _beads(self, what: str, *places: int) -> None:
        assert self.pair is not None
        stored = self.pair.stored
        self._busy = True
        self.tell("Scoring …")
        changed = await self.write(getattr(self.session, what), stored.document, stored.position, *places)
        there = await self.read(self.session.pair_at, stored.document, stored.position)
        self._busy = False
        self._left = None
        if self._from_queue:
            self.queue.forget(stored.id)
            self._from_queue = False
        await self._open_queue_again()
        if there is None:
            self.go_on()
        else:
            self.pair = None
            await self.open(there.id)
        self.work(self._fill())
        done = "Saved: split and scored again." if what == "split" else "Saved: joined and scored again."
        if changed:
            self.tell(done, "good")
        else:
            self.tell("Somebody changed these segments meanwhile. Nothing was done.", "error")

    async def _open_queue_again(self) -> None:
        """Forget what was read ahead; the pairs of beads that were changed are gone."""
        old = self.queue
        self._ahead = Lookahead(self.session, old.query, old.order)
        await self.read(old.close)
