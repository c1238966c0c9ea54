"""Decisions: recorded without waiting for the disk, and never over somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from textual import events
from textual.content import Content

from mt.data import QualityScore
from mt.errors import MTError
from mt.review.diff import diff
from mt.review.session import PairView
from mt.review.terminal.dialogs import Choice, Option, Prompt
from mt.review.terminal.queueing import Queueing
from mt.review.terminal.text import difference, stacked, visible
from mt.review.words import REASONS
from mt.store import REVIEWED, Saved

JUDGE_AFTER = 0.6
"""Seconds without a key after which an edit is judged while it is being written."""


class Deciding(Queueing):
    """Records what the reviewer decides on the pair that is shown."""

    def _too_soon(self) -> bool:
        """Whether the pair came up so lately that the key was meant for the one before."""
        return asyncio.get_running_loop().time() - self._shown_at < self._settle

    def decide(self, said: str, call: Callable[[PairView], Saved], wanted: str | None = None) -> None:
        """Record a decision and go on to the next pair, without waiting for the disk.

        Args:
            said: the decision in a word.
            call: records it on the version that is shown.
            wanted: the target that was written, where one was.
        """
        view = self.pair
        assert view is not None
        self.tell(f"Saving: {said}, pair {view.stored.position + 1} …")
        self.work(self._save(view, said, call, wanted))
        self.go_on()

    async def _save(
        self, view: PairView, said: str, call: Callable[[PairView], Saved], wanted: str | None
    ) -> None:
        stored, queue = view.stored, self.queue
        try:
            saved = await self.write(call, view)
        except MTError as error:
            queue.forget(stored.id)
            await self.open(stored.id)
            if wanted is not None:
                self.start_editing(wanted)
            self.tell(f"NOT SAVED: {said}, pair {stored.position + 1}. {error}", "error")
            return
        if not saved.saved:
            self._conflict(view, saved, said, call, wanted)
            return
        self.saved += 1
        queue.settle(saved.pair)
        if stored.status not in REVIEWED and self._left:
            self._left -= 1
        self._since_count += 1
        self.tell(self._said(stored.position, said, stored.pair.score, saved), "good")
        self.draw_head()
        await self.again()

    def _said(self, position: int, said: str, before: QualityScore | None, saved: Saved) -> str:
        after = saved.pair.pair.score
        text = f"Saved: {said}, pair {position + 1}."
        if after is None or before == after:
            return text
        old = f"{before.value:.2f} → " if before else ""
        names = ", ".join(dict.fromkeys(one.check for one in after.findings))
        found = f"; findings: {names}" if names else ""
        return f"{text} Judged again: {old}{after.value:.2f}{found}."

    def _conflict(
        self,
        view: PairView,
        saved: Saved,
        said: str,
        call: Callable[[PairView], Saved],
        wanted: str | None,
    ) -> None:
        """Somebody was faster: both versions, and what to do."""
        now, paper = saved.pair, self.paper
        body = [
            Content.assemble(f"Now {now.status.value} by {visible(now.reviewer)}: ", visible(now.pair.target))
        ]
        options = [Option("k", Content("keep theirs"), "keep")]
        if wanted is not None:
            body.append(Content.assemble("Yours: ", difference(diff(now.pair.target, wanted), paper.colour)))
            options.append(Option("e", Content("edit further"), "edit"))
        again = "save mine over it" if wanted is not None else f"still: {said}"
        options.append(Option("o", Content(again), "again"))

        def answered(choice: str | None) -> None:
            self.queue.forget(now.id)
            if choice == "again":
                newer = replace(view, stored=view.stored._replace(version=now.version))
                self.work(self._save(newer, said, call, wanted))
            elif choice == "edit":
                self.work(self._edit_again(now.id, wanted or ""))
            else:
                self.tell("Theirs is kept; nothing of yours was written.")

        title = f"Somebody changed pair {now.position + 1} first. Nothing was overwritten."
        self.push_screen(Choice(title, options, stacked(body)), answered)

    async def _edit_again(self, pair_id: int, text: str) -> None:
        await self.open(pair_id)
        self.start_editing(text)

    def do_accept(self) -> None:
        """Accept the pair as it stands."""
        if self._too_soon():
            return
        if self.pair and not self.pair.stored.pair.target:
            self.tell(f"There is no target to accept. {self.keymap.key('edit')} writes one.", "error")
            return
        self.decide("accepted", lambda view: self.session.accept(view.stored.id, view.stored.version))

    def do_skip(self) -> None:
        """Skip the pair."""
        if not self._too_soon():
            self.decide("skipped", lambda view: self.session.skip(view.stored.id, view.stored.version))

    def do_reject(self) -> None:
        """Ask for a reason and reject the pair."""
        self._ask_note(
            "Reject, because:",
            lambda note: self.decide(
                "rejected", lambda view: self.session.reject(view.stored.id, view.stored.version, note)
            ),
            reasons=True,
        )

    def do_flag(self) -> None:
        """Ask for a word and flag the pair."""
        self._ask_note(
            "Flag for somebody else; why, if you like:",
            lambda note: self.decide(
                "flagged", lambda view: self.session.flag(view.stored.id, view.stored.version, note)
            ),
            required=False,
        )

    def do_comment(self) -> None:
        """Ask for a comment; the pair stays."""
        self._ask_note("Comment:", lambda note: self.work(self._comment(note)))

    def _ask_note(
        self, title: str, then: Callable[[str], None], reasons: bool = False, required: bool = True
    ) -> None:
        view = self.pair

        def answered(note: str | None) -> None:
            if note is not None and self.pair is view:
                then(note)

        offered = [(reason, reason) for reason in REASONS] if reasons else []
        self.push_screen(Prompt(title, suggestions=offered, digits=reasons, required=required), answered)

    async def _comment(self, note: str) -> None:
        view = self.pair
        assert view is not None
        saved = await self.write(self.session.comment, view.stored.id, view.stored.version, note)
        if saved.saved:
            self.saved += 1
            self.tell(f"Saved: comment, pair {view.stored.position + 1}.", "good")
        else:
            self.tell("Somebody changed this pair first; the comment was not saved.", "error")
        await self.again()

    def do_undo(self) -> None:
        """Take back the newest decision."""
        self._busy = True
        self.work(self._undo())

    async def _undo(self) -> None:
        taken = await self.write(self.session.undo)
        self._busy = False
        if taken is None:
            self.tell("There is nothing left to undo.")
            return
        await self.open(taken.pair.id)
        if taken.saved:
            self._left = None if self._left is None else self._left + 1
            self.tell(f"Undone: pair {taken.pair.position + 1} is {taken.pair.status.value} again.", "good")
            self.draw_head()
        else:
            who = taken.pair.reviewer or "Somebody"
            self.tell(f"{who} decided on this pair after you; your decision stays in its history.", "error")

    def do_edit(self) -> None:
        """Change the target."""
        assert self.pair is not None
        self.start_editing(self.pair.stored.pair.target)

    def use(self, number: int) -> None:
        """Put a suggestion into the editor."""
        offered = self.pair.suggestions if self.pair else ()
        if number <= len(offered):
            self.start_editing(offered[number - 1])
        else:
            self.tell(f"There is no suggestion {number}.")

    def _editor_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.stop_editing()
            self.draw_pair()
            self.tell("The edit was not saved.")
        elif event.key in ("enter", "ctrl+s"):
            event.stop()
            self.save_edit()

    def save_edit(self) -> None:
        """Record what stands in the editor."""
        text = self.editor.text
        if not text.strip():
            self.tell("An edit needs a target. To leave the pair without one, reject it.", "error")
            return
        same = self.pair is not None and text == self.pair.stored.pair.target
        self.decide(
            "accepted" if same else "edited",
            lambda view: self.session.edit(view.stored.id, view.stored.version, text),
            None if same else text,
        )

    def on_text_area_changed(self) -> None:
        """Show what the edit changes, and judge it when the reviewer pauses."""
        if not self.editing or self.pair is None:
            return
        self._judged = ""
        self.draw_pair()
        if self._judging is not None:
            self._judging.cancel()
        self._judging = asyncio.create_task(self._judge_edit(self.pair, self.editor.text))

    async def _judge_edit(self, view: PairView, text: str) -> None:
        await asyncio.sleep(JUDGE_AFTER)
        if text.strip() and text != view.stored.pair.target:
            score = await self.think(self.session.judge, view.stored.id, text)
            if self.pair is view and self.editing and self.editor.text == text and score is not None:
                names = ", ".join(dict.fromkeys(f"{one.check}: {one.message}" for one in score.findings))
                self._judged = f"Judged: {score.value:.2f}. {names or 'The checks find nothing.'}"
                self.draw_pair()
