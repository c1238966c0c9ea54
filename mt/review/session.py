"""What the human decided: verdicts, undo, false alarms, error spans, beads.

Nothing is ever overwritten: every decision names the version of the pair it was made on, and one on a
version that has passed is not stored but shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from mt.data import Bead, Finding, Origin, Pair, QualityScore, Review, Severity, Verdict
from mt.errors import UsageError
from mt.review.diff import Change, diff
from mt.review.queue import CLAIM_SECONDS, Queue, utc_now
from mt.review.words import CATEGORIES, SEVERITIES
from mt.store import (
    REVIEWED,
    ErrorSpan,
    MemoryMatch,
    Order,
    PairQuery,
    Saved,
    Store,
    StoredAlignment,
    StoredBead,
    StoredPair,
    StoredReview,
    effective_reviews,
)

Judge = Callable[[Pair], QualityScore | None]
"""Scores a pair; the pipeline gives it in."""

BeadScorer = Callable[[Sequence[str], Sequence[str], Sequence[Bead]], Sequence[float]]
"""How likely each bead of a chain over these source and target segments is right; the pipeline gives it in."""

BULK = "bulk"
"""The note of a decision that was one of many at once."""

SUGGESTIONS = 9
"""Targets that a front end offers, one for each digit."""


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A finding and whether a reviewer dismissed it as a false alarm."""

    finding: Finding
    dismissed: bool


@dataclass(frozen=True, slots=True)
class PairView:
    """Everything that a reviewer sees of a pair.

    Attributes:
        stored: the pair with its score and the engine's candidates.
        before, after: its neighbours in the document.
        findings: what the checks see, with what was dismissed.
        history: every decision, the oldest first.
        changes: from what the engine wrote to what stands there now.
        memory: accepted pairs with the same or a similar source.
        spans: errors that reviewers marked.
        holder: who else holds the pair, or empty.
        bead: of an aligned document, with its segments; else None.
    """

    stored: StoredPair
    before: tuple[StoredPair, ...]
    after: tuple[StoredPair, ...]
    findings: tuple[SeenFinding, ...]
    history: tuple[StoredReview, ...]
    changes: tuple[Change, ...]
    memory: tuple[MemoryMatch, ...]
    spans: tuple[ErrorSpan, ...]
    holder: str
    bead: StoredBead | None = None

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Targets that may be taken over by a number: other candidates first, then the memory."""
        pair = self.stored.pair
        others = [one.hypothesis.text for one in pair.candidates if not one.chosen]
        texts = dict.fromkeys([*others, *(match.target for match in self.memory)])
        return tuple(text for text in texts if text and text != pair.target)[:SUGGESTIONS]

    def compare(self) -> None:
        """Work out ahead of time what a front end will show of the differences."""
        pair = self.stored.pair
        for candidate in pair.candidates:
            diff(pair.target, candidate.hypothesis.text)
        for match in self.memory:
            diff(match.source, pair.source)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of the pairs of a bulk accept; the counts add up to the pairs that fitted.

    Attributes:
        accepted: accepted.
        with_errors: left, because a check found an error that nobody dismissed.
        without_target: left, because they failed to translate.
        decided: left, because a human had decided already.
        held: left, because another reviewer holds them or changed them meanwhile.
    """

    accepted: int = 0
    with_errors: int = 0
    without_target: int = 0
    decided: int = 0
    held: int = 0

    @property
    def skipped(self) -> int:
        """How many were left."""
        return self.with_errors + self.without_target + self.decided + self.held

    @property
    def summary(self) -> str:
        """What was accepted, and what was left for which reason, in one sentence."""
        reasons = (
            (self.with_errors, "with an error"),
            (self.without_target, "without a target"),
            (self.decided, "decided already"),
            (self.held, "held by others"),
        )
        why = ", ".join(f"{count:,} {reason}" for count, reason in reasons if count)
        return f"{self.accepted:,} accepted, {self.skipped:,} skipped{f': {why}' if why else ''}."


class ReviewSession:
    """One reviewer at work on a store.

    Args:
        store: where the pairs are.
        reviewer: who decides.
        judge: scores an edited pair at once; without it the score of the old target stays.
        score_beads: scores beads that were split or merged; without it such beads are certain.
        claim_seconds: how long a pair that was handed out is kept from others.
        now: the clock.

    Raises:
        UsageError: the reviewer has no name.
    """

    def __init__(
        self,
        store: Store,
        reviewer: str,
        *,
        judge: Judge | None = None,
        score_beads: BeadScorer | None = None,
        claim_seconds: float = CLAIM_SECONDS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        if not reviewer.strip():
            raise UsageError("A review needs a reviewer.", "Give a name: --reviewer NAME")
        self.store = store
        self.reviewer = reviewer
        self.queue = Queue(store, reviewer, claim_seconds, now)
        self._judge = judge
        self._score_beads = score_beads
        self._now = now
        self._out_of_reach: set[int] = set()

    # What is next

    def next(self, query: PairQuery, order: Order = Order.WORST) -> StoredPair | None:
        """The next pair, held for this reviewer, or None where nothing is left."""
        return next(iter(self.queue.next(query, order)), None)

    def view(self, pair_id: int, *, context: int = 2, memory: int = 5) -> PairView:
        """A pair with everything that helps to decide.

        Args:
            pair_id: the pair.
            context: neighbours on each side.
            memory: similar accepted pairs at most; 0 does not look for them.

        Raises:
            StoreError: there is no such pair.
        """
        with self.store.snapshot():
            return self._view(self.store.pair(pair_id), context, memory)

    def _view(self, stored: StoredPair, context: int, memory: int) -> PairView:
        before, after = self.store.neighbours(stored.id, context)
        gone = self.store.dismissed([stored.id]).get(stored.id, set())
        found = stored.pair.score.findings if stored.pair.score else ()
        history = self.store.reviews([stored.id]).get(stored.id, [])
        holder = self.store.holders([stored.id], self._now()).get(stored.id, "")
        first = history[0].before if history else stored.pair.target
        return PairView(
            stored=stored,
            before=tuple(before),
            after=tuple(after),
            findings=tuple(SeenFinding(one, one in gone) for one in found),
            history=tuple(history),
            changes=diff(first, stored.pair.target),
            memory=self._matches(stored, memory),
            spans=tuple(self.store.error_spans([stored.id]).get(stored.id, ())),
            holder="" if holder == self.reviewer else holder,
            bead=self.store.bead(stored.document, stored.position),
        )

    def pair_at(self, document_id: str, position: int) -> StoredPair | None:
        """The first pair of a document at a position or behind it, or None."""
        return next((one for one in self.store.pairs(document_id) if one.position >= position), None)

    def _matches(self, stored: StoredPair, limit: int) -> tuple[MemoryMatch, ...]:
        if not limit:
            return ()
        pair = stored.pair
        found = self.store.find_similar(pair.source, pair.source_lang, pair.target_lang, limit=limit + 1)
        return tuple(match for match in found if match.pair != stored.id)[:limit]

    # Verdicts

    def accept(self, pair_id: int, version: int, note: str = "") -> Saved:
        """The target is right as it stands.

        Raises:
            UsageError: the pair has no target.
        """
        stored = self.store.pair(pair_id)
        if stored.version == version and not stored.pair.target:
            raise UsageError(f"Pair {pair_id} has no target to accept.", "Write one: edit it.")
        return self._record(stored, version, Verdict.ACCEPTED, note=note)

    def edit(self, pair_id: int, version: int, target: str, note: str = "") -> Saved:
        """The target should be this one; it is judged again at once. The same target is an acceptance.

        Raises:
            UsageError: the new target is empty.
        """
        if not target.strip():
            raise UsageError("An edit needs a target.", "To leave the pair without one, reject it.")
        stored = self.store.pair(pair_id)
        if stored.version == version and target == stored.pair.target:
            return self.accept(pair_id, version, note)
        score = self._judge(stored.pair._replace(target=target, failure="")) if self._judge else None
        return self._record(stored, version, Verdict.EDITED, target, note, score)

    def judge(self, pair_id: int, target: str) -> QualityScore | None:
        """What an edit would be worth, without deciding; None without a judge or for an empty target.

        Raises:
            StoreError: there is no such pair.
        """
        pair = self.store.pair(pair_id).pair
        if self._judge is None or not target.strip():
            return None
        return self._judge(pair._replace(target=target, failure=""))

    def reject(self, pair_id: int, version: int, reason: str) -> Saved:
        """The pair is of no use.

        Raises:
            UsageError: there is no reason.
        """
        if not reason.strip():
            raise UsageError("A rejection needs a reason.", "Say in a word what is wrong.")
        return self._record(self.store.pair(pair_id), version, Verdict.REJECTED, note=reason)

    def skip(self, pair_id: int, version: int, note: str = "") -> Saved:
        """Not now; the pair leaves the open ones and is found again with ``status:skipped``."""
        return self._record(self.store.pair(pair_id), version, Verdict.SKIPPED, note=note)

    def flag(self, pair_id: int, version: int, note: str = "") -> Saved:
        """Somebody else should look; the pair is found again with ``status:flagged``."""
        return self._record(self.store.pair(pair_id), version, Verdict.FLAGGED, note=note)

    def comment(self, pair_id: int, version: int, text: str) -> Saved:
        """Say something about the pair without deciding.

        Raises:
            UsageError: nothing is said.
        """
        if not text.strip():
            raise UsageError("A comment needs a text.")
        return self._record(self.store.pair(pair_id), version, Verdict.COMMENTED, note=text)

    def _record(
        self,
        stored: StoredPair,
        version: int,
        verdict: Verdict,
        target: str | None = None,
        note: str = "",
        score: QualityScore | None = None,
    ) -> Saved:
        after = stored.pair.target if target is None else target
        review = Review(stored.id, verdict, after, self.reviewer, self._now(), note)
        if stored.version != version and target is None:
            # What the reviewer saw is not what stands there; only the very same decision may pass.
            review = review._replace(target=self._target_of(stored.id, version, after))
        return self.store.record(review, version, score)

    def _target_of(self, pair_id: int, version: int, otherwise: str) -> str:
        """The target that a version of a pair had."""
        for row in self.store.reviews([pair_id]).get(pair_id, []):
            if row.version > version:
                return row.before
        return otherwise

    def accept_all(self, query: PairQuery) -> BulkResult:
        """Accept every pair that fits, but those in which a check found an error that nobody dismissed.

        Pairs on which a human has decided are left as they are.
        """
        counts, at = dict.fromkeys(BulkResult.__slots__, 0), self._now()
        waiting = self.store.select(query)
        while page := list(islice(waiting, 500)):
            dismissed = self.store.dismissed([one.id for one in page])
            holders = self.store.holders([one.id for one in page], self._now())
            decisions = []
            for stored in page:
                reason = self._obstacle(stored, dismissed.get(stored.id, set()), holders.get(stored.id))
                if reason:
                    counts[reason] += 1
                else:
                    target = stored.pair.target
                    review = Review(stored.id, Verdict.ACCEPTED, target, self.reviewer, at, BULK)
                    decisions.append((review, stored.version))
            saved = self.store.record_all(decisions)
            counts["accepted"] += sum(saved)
            counts["held"] += len(saved) - sum(saved)
        return BulkResult(**counts)

    def _obstacle(self, stored: StoredPair, dismissed: Iterable[Finding], holder: str | None) -> str:
        """Why a pair is left out of a bulk accept, as a field of the result, or empty."""
        if stored.status in REVIEWED:
            return "decided"
        if not stored.pair.target:
            return "without_target"
        if holder not in (None, self.reviewer):
            return "held"
        found = stored.pair.score.findings if stored.pair.score else ()
        errors = {one for one in found if one.severity is Severity.ERROR} - set(dismissed)
        return "with_errors" if errors else ""

    # Taking back

    def undo(self) -> Saved | None:
        """Take back this reviewer's newest decision that still counts; as often as there is one.

        Returns:
            The pair as it stands then; not saved where somebody decided on it later, and the next call
            goes on behind it. None where nothing is left.
        """
        before: int | None = None
        while rows := self.store.reviewed_by(self.reviewer, before):
            histories = self.store.reviews(list({row.pair for row in rows}))
            for row in rows:
                counting = effective_reviews(histories[row.pair])
                if row.id in self._out_of_reach or row.id not in {one.id for one in counting}:
                    continue
                if counting[-1].id != row.id:
                    self._out_of_reach.add(row.id)
                    return Saved(False, self.store.pair(row.pair))
                return self.undo_pair(row.pair, histories[row.pair][-1].version)
            before = rows[-1].id
        return None

    def undo_bulk(self) -> tuple[int, int]:
        """Take back the newest bulk accept of this reviewer of which something can be taken back.

        Returns:
            How many pairs are as they were before, and how many stay because somebody decided on them later.
        """
        at: datetime | None = None
        undone, left = 0, Counter[datetime]()
        before: int | None = None
        while rows := self.store.reviewed_by(self.reviewer, before, 500):
            histories = self.store.reviews(list({row.pair for row in rows}))
            decisions = []
            for row in (row for row in rows if row.note == BULK and at in (None, row.at)):
                counting = effective_reviews(histories[row.pair])
                if counting and counting[-1].id == row.id:
                    at = row.at
                    review = Review(row.pair, Verdict.UNDONE, "", self.reviewer, self._now(), BULK)
                    decisions.append((review, histories[row.pair][-1].version))
                elif row.id in {one.id for one in counting}:
                    left[row.at] += 1
            saved = self.store.record_all(decisions)
            undone += sum(saved)
            if at is not None:
                left[at] += len(saved) - sum(saved)
            before = rows[-1].id
        return undone, left[at] if at is not None else 0

    def undo_pair(self, pair_id: int, version: int) -> Saved:
        """Take back the newest decision on a pair, whoever made it.

        Raises:
            UsageError: no decision on it is left.
        """
        return self.store.record(Review(pair_id, Verdict.UNDONE, "", self.reviewer, self._now()), version)

    # False alarms and error spans

    def dismiss(self, pair_id: int, finding: Finding) -> bool:
        """The finding is a false alarm; it no longer keeps the pair from a bulk accept.

        Raises:
            UsageError: the pair has no such finding.
        """
        return self.store.dismiss(pair_id, finding, self.reviewer, self._now())

    def restore(self, pair_id: int, finding: Finding) -> bool:
        """The finding is none after all; False where it was not dismissed."""
        return self.store.restore_finding(pair_id, finding)

    def mark(
        self,
        pair_id: int,
        category: str,
        severity: str,
        span: tuple[int, int],
        side: str = "target",
        note: str = "",
    ) -> int:
        """Mark an error in the text; returns the identifier of the mark.

        Args:
            pair_id: the pair.
            category: one of :data:`CATEGORIES`.
            severity: one of :data:`SEVERITIES`.
            span: offsets in the text of the side.
            side: ``source`` or ``target``.
            note: what is wrong.

        Raises:
            UsageError: no such category, severity or span.
        """
        if category not in CATEGORIES:
            raise UsageError(f"{category!r} is no error category.", f"Categories: {', '.join(CATEGORIES)}.")
        if severity not in SEVERITIES:
            raise UsageError(f"{severity!r} is no severity.", f"Severities: {', '.join(SEVERITIES)}.")
        where = ErrorSpan(pair_id, category, severity, side, *span, self.reviewer, self._now(), note)
        return self.store.add_error_span(where)

    def unmark(self, span_id: int) -> bool:
        """Take a mark back; False where there is none."""
        return self.store.remove_error_span(span_id)

    # Beads

    def split(self, document_id: str, position: int, sources: int, targets: int) -> bool:
        """Split a bead after its first source and target segments; both parts are scored again.

        Args:
            document_id: the alignment.
            position: of the bead, which is that of its pair.
            sources, targets: how many segments of each side the first part gets.

        Returns:
            False where somebody changed the bead meanwhile.

        Raises:
            UsageError: there is no such bead, or a part would be empty on both sides.
        """
        alignment = self.store.alignment(document_id)
        bead = alignment.beads.get(position)
        if bead is None:
            raise UsageError(f"Alignment {document_id} has no bead at position {position}.")
        if not (0 <= sources <= len(bead.source) and 0 <= targets <= len(bead.target)):
            raise UsageError(f"The bead {bead.kind} cannot be split at {sources}-{targets}.")
        parts = [
            Bead(bead.source[:sources], bead.target[:targets], 1.0),
            Bead(bead.source[sources:], bead.target[targets:], 1.0),
        ]
        return self._replace_beads(alignment.document, [bead], parts)

    def merge(self, document_id: str, position: int) -> bool:
        """Make one bead of a bead and the next one; it is scored again.

        Returns:
            False where somebody changed one of them meanwhile.

        Raises:
            UsageError: there is no such bead, or none behind it.
        """
        beads = self.store.alignment(document_id).beads
        places = list(beads)
        if position not in beads or position == places[-1]:
            raise UsageError(f"Alignment {document_id} has no two beads at position {position}.")
        pair = [beads[position], beads[places[places.index(position) + 1]]]
        whole = Bead(pair[0].source + pair[1].source, pair[0].target + pair[1].target, 1.0)
        return self._replace_beads(document_id, pair, [whole])

    def _replace_beads(self, document_id: str, old: Sequence[Bead], new: Sequence[Bead]) -> bool:
        alignment, info = self.store.alignment(document_id), self.store.document_info(document_id)
        texts = [self._bead_texts(alignment, bead) for bead in new]
        sides = [[text for both in texts for text in both[side]] for side in (0, 1)]
        scores = self._score_beads(sides[0], sides[1], new) if self._score_beads else [1.0] * len(new)
        scored = [bead._replace(score=score) for bead, score in zip(new, scores, strict=True)]
        langs = (info.lang, info.target_lang)
        pairs = [self._bead_pair(" ".join(sources), " ".join(targets), langs) for sources, targets in texts]
        return self.store.replace_beads(document_id, old, scored, pairs)

    def _bead_texts(self, alignment: StoredAlignment, bead: Bead) -> tuple[list[str], list[str]]:
        return (
            self.store.segment_texts(alignment.source, bead.source),
            self.store.segment_texts(alignment.target, bead.target),
        )

    def _bead_pair(self, source: str, target: str, langs: tuple[str, str]) -> Pair | None:
        """The pair of a bead with two sides, judged."""
        if not source or not target:
            return None
        pair = Pair(source, target, *langs, origin=Origin.ALIGNED)
        return pair._replace(score=self._judge(pair)) if self._judge else pair
