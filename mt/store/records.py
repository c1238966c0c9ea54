"""What goes into the store and what comes out of it, besides the words of :mod:`mt.data`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from mt.data import Bead, Finding, Pair, Verdict


class Status(StrEnum):
    """Where a pair stands in review; it follows from the pair's reviews."""

    OPEN = "open"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FLAGGED = "flagged"


REVIEWED = (Status.ACCEPTED, Status.EDITED, Status.REJECTED)
"""The statuses in which a human has decided; such a pair is never replaced by an engine's."""

MEMORY = (Status.ACCEPTED, Status.EDITED)
"""The statuses whose pairs are reused as memory."""


class RunState(StrEnum):
    """How a run stands; a run whose process is gone without a word is interrupted."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class SettingsKey(NamedTuple):
    """What decides an engine's output: two pairs are comparable only where all four are equal.

    Attributes:
        engine: name and version of the engine.
        model: name of the model.
        model_sha256: checksum of its files.
        options: decode options in one canonical text.
    """

    engine: str
    model: str
    model_sha256: str
    options: str = ""

    @classmethod
    def of(cls, engine: str, model: str, model_sha256: str, options: Mapping[str, Any]) -> SettingsKey:
        """The key with its options written canonically: JSON with sorted names."""
        text = json.dumps(dict(options), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return cls(engine, model, model_sha256, text)


class StoredReview(NamedTuple):
    """One row of a pair's history.

    Attributes:
        verdict: what was decided; ``undone`` takes back the newest row that still counts.
        before, after: the target before and after it.
        reviewer: who.
        at: when, UTC.
        note: reason or comment.
        id: identifier, ascending in time; 0 while it is not stored.
        pair: identifier of the pair; 0 while it is not stored.
        version: the pair's version after it.
    """

    verdict: Verdict
    before: str
    after: str
    reviewer: str
    at: datetime
    note: str = ""
    id: int = 0
    pair: int = 0
    version: int = 0


class Saved(NamedTuple):
    """What became of a decision.

    Attributes:
        saved: False where somebody else changed the pair first; then nothing was written.
        pair: the pair as it stands now.
    """

    saved: bool
    pair: StoredPair


class Carried(NamedTuple):
    """What a file said about a pair beyond the store's own columns.

    Attributes:
        key: a signed 64-bit number by which the same entry of a file is found again, or None where it has
            nothing to be known by.
        values: by name, as JSON has them.
    """

    key: int | None
    values: Mapping[str, Any]


class PairRow(NamedTuple):
    """One pair on its way into the store.

    Attributes:
        position: index of its segment in the document.
        pair: source, target, score, findings and candidates.
        settings: what made the target, or None where no engine did (memory, copy, import).
        milliseconds: how long its translation took, or None where that was not measured.
        reviews: its history, oldest first, where it comes from elsewhere; the pair's target is the one
            after the last of them.
        carried: what else the file said that it comes from, or None.
    """

    position: int
    pair: Pair
    settings: SettingsKey | None = None
    milliseconds: float | None = None
    reviews: tuple[StoredReview, ...] = ()
    carried: Carried | None = None


class Added(NamedTuple):
    """What became of a batch of pairs; the three counts add up to the batch.

    Attributes:
        new: stored where there was none.
        replaced: stored in place of an unreviewed pair of other settings or of a failed one, which is
            kept as history.
        kept: not stored, because the same pair is there already or a human has decided on the one there.
    """

    new: int = 0
    replaced: int = 0
    kept: int = 0


class StoredPair(NamedTuple):
    """A pair as the store holds it.

    Attributes:
        id: identifier, never used twice.
        document: identifier of its document.
        position: index of its segment in the document.
        pair: as it stands now, after edits.
        status: where it stands in review.
        version: grows with every change; a decision names the version it was made on.
        settings: what made the target, or None where no engine did.
        milliseconds: how long its translation took, or None.
        created: when it was stored, UTC.
        decided: when its status last changed, UTC, or None.
        reviewer: who decided last, or empty.
    """

    id: int
    document: str
    position: int
    pair: Pair
    status: Status = Status.OPEN
    version: int = 0
    settings: SettingsKey | None = None
    milliseconds: float | None = None
    created: datetime | None = None
    decided: datetime | None = None
    reviewer: str = ""


class ErrorSpan(NamedTuple):
    """An error that a reviewer marked in a pair's text, as Multidimensional Quality Metrics name them.

    Attributes:
        pair: identifier of the pair.
        category: for example ``accuracy/omission``.
        severity: ``neutral``, ``minor``, ``major`` or ``critical``.
        side: ``source`` or ``target``.
        start, end: offsets in that side's text.
        reviewer: who.
        at: when, UTC.
        note: what is wrong.
        id: identifier; 0 while it is not stored.
        version: of the pair when it was marked.
    """

    pair: int
    category: str
    severity: str
    side: str
    start: int
    end: int
    reviewer: str
    at: datetime
    note: str = ""
    id: int = 0
    version: int = 0


class Dismissal(NamedTuple):
    """A finding that a reviewer called a false alarm, and when, UTC."""

    finding: Finding
    reviewer: str
    at: datetime


class SavedFilter(NamedTuple):
    """A filter with a name.

    Attributes:
        name: what it is called.
        filter: as it is typed.
        order: what comes first.
        reviewer: who saved it.
    """

    name: str
    filter: str
    order: str
    reviewer: str


class MemoryMatch(NamedTuple):
    """An accepted or edited pair whose source is like the one asked for.

    Attributes:
        source, target: of the pair in memory.
        similarity: 1.0 for the same source, else the share of characters in common, 0..1.
        status: accepted or edited.
        pair: identifier of the pair in memory.
        document: identifier of its document.
        reviewer: who decided.
        at: when, UTC.
    """

    source: str
    target: str
    similarity: float
    status: Status
    pair: int
    document: str
    reviewer: str
    at: datetime


class StoredAlignment(NamedTuple):
    """Two documents and the beads that join them.

    Attributes:
        document: identifier of the alignment, the document that holds its pairs.
        source, target: identifiers of the aligned documents.
        method: name and version of what aligned them.
        beads: by position, in order; a bead's pair has the same position.
    """

    document: str
    source: str
    target: str
    method: str
    beads: Mapping[int, Bead]


class StoredBead(NamedTuple):
    """One bead of an alignment with the texts of its segments.

    Attributes:
        bead: which segments, and how likely.
        source, target: their plain texts.
        last: whether no bead comes after it.
    """

    bead: Bead
    source: tuple[str, ...]
    target: tuple[str, ...]
    last: bool


class DocumentInfo(NamedTuple):
    """A document and how far it is.

    Attributes:
        id: short identifier.
        name: what the user calls it, usually the path.
        kind: ``text``, ``bitext`` (imported pairs) or ``alignment``.
        lang, target_lang: BCP 47.
        format: name of the format that reads and writes it.
        encoding, bom: of the bytes it came from.
        sha256: of its text.
        length: characters.
        created: UTC.
        superseded: whether a newer version of the same name is in the store.
        segments: how many the document has.
        pairs: how many of them have a pair.
        failed: pairs without a target.
        reviewed: pairs on which a human has decided.
        mean_score: of the pairs with a score, or None.
    """

    id: str
    name: str
    kind: str
    lang: str
    target_lang: str
    format: str
    encoding: str
    bom: bool
    sha256: str
    length: int
    created: datetime
    superseded: bool
    segments: int = 0
    pairs: int = 0
    failed: int = 0
    reviewed: int = 0
    mean_score: float | None = None

    @property
    def base_name(self) -> str:
        """What it is called, without folders; its identifier where it has no name.

        The name of an alignment is that of both sides.
        """
        paths = self.name.replace("\\", "/").split(" | ")
        return " – ".join(path.rpartition("/")[2] or path for path in paths) or self.id

    @property
    def translated(self) -> int:
        """Pairs with a target."""
        return self.pairs - self.failed

    @property
    def state(self) -> str:
        """``old``, ``empty``, ``partial``, ``failed``, ``translated`` or ``reviewed``."""
        if self.superseded:
            return "old"
        if not self.pairs:
            return "empty"
        if self.pairs < self.segments:
            return "partial"
        if self.failed:
            return "failed"
        return "reviewed" if self.reviewed == self.pairs else "translated"


class Run(NamedTuple):
    """One call of a command that writes to the store.

    Attributes:
        id: identifier.
        command: its name.
        arguments: what it was called with.
        started, finished: UTC; ``finished`` is None while it runs.
        state: how it stands.
        counts: what it did, by name.
    """

    id: int
    command: str
    arguments: Mapping[str, Any] = {}
    started: datetime | None = None
    finished: datetime | None = None
    state: RunState = RunState.RUNNING
    counts: Mapping[str, float] = {}
