"""The words of the project: every type that crosses from one part to another.

All types are frozen and hold no logic beyond views. Offsets count Unicode code points, half open.
Language codes are BCP 47 (``nl``, ``en``, ``en-GB``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class SegmentKind(StrEnum):
    """What a segment is in its document."""

    SENTENCE = "sentence"
    HEADING = "heading"
    ITEM = "item"
    CELL = "cell"
    ATTRIBUTE = "attribute"


class Origin(StrEnum):
    """Where the target of a pair comes from."""

    ENGINE = "engine"
    ALIGNED = "aligned"
    IMPORTED = "imported"
    HUMAN = "human"
    MEMORY = "memory"
    COPY = "copy"


class Severity(StrEnum):
    """How much a finding matters: an error blocks bulk acceptance, a warning lowers the score, info only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Verdict(StrEnum):
    """What a reviewer did with a pair; UNDONE takes back the newest row of the same pair."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    COMMENTED = "commented"
    FLAGGED = "flagged"
    UNDONE = "undone"


class Inline(NamedTuple):
    """One piece of markup inside a block that is carried, not translated: an inline tag, code, a footnote mark.

    Attributes:
        position: offset in the block's ``plain`` before which the markup stands.
        start: offset of ``raw`` in the document's text.
        raw: the markup as written.
        kind: ``open``, ``close``, ``empty``, or ``code``: ``raw`` stands for the characters at ``position`` that
            were made from it, which are read but never changed.
    """

    position: int
    start: int
    raw: str
    kind: str


class Segment(NamedTuple):
    """The unit of translation: one sentence, heading, list item or cell.

    Attributes:
        text: the slice of the document, ``document.text[start:end]``, with its line breaks and markup.
        start, end: offsets in the document's text.
        kind: what it is in the document.
        plain: what the engine reads: markup removed, entities decoded, white space joined.
        block: index of the block that holds it.
    """

    text: str
    start: int
    end: int
    kind: SegmentKind = SegmentKind.SENTENCE
    plain: str = ""
    block: int = 0


class Block(NamedTuple):
    """A translatable stretch of a document as its format sees it: a paragraph, a heading, an item, a cell.

    Attributes:
        start, end: offsets in the document's text.
        kind: the kind that its segments get.
        plain: the text a reader sees, white space joined, markup removed.
        origins: for each character of ``plain`` the offset in the document's text of the piece it was
            made from, and one more for the end: ``len(origins) == len(plain) + 1``, never decreasing.
        ends: for each character of ``plain`` the offset where the piece it was made from ends,
            ``len(ends) == len(plain)``. An entity such as ``&amp;`` is one piece.
        inline: the markup inside, in document order.
    """

    start: int
    end: int
    kind: SegmentKind
    plain: str
    origins: Sequence[int]
    ends: Sequence[int]
    inline: tuple[Inline, ...] = ()


class Document(NamedTuple):
    """A text and its segments in reading order; every character is in one segment or in one gap between them.

    Attributes:
        id: identifier in the store.
        lang: language of the text.
        text: the whole decoded content of the file, line ends untouched.
        segments: in order, not overlapping.
        name: what the user calls it, usually the path.
        format: name of the format that reads and writes it.
        encoding: of the bytes the text came from, as Python names it.
        bom: whether the bytes began with a byte order mark.
    """

    id: str
    lang: str
    text: str
    segments: tuple[Segment, ...] = ()
    name: str = ""
    format: str = "text"
    encoding: str = "utf-8"
    bom: bool = False

    def gaps(self) -> Iterator[tuple[int, int]]:
        """The stretches outside every segment, as ``(start, end)``, empty ones left out."""
        position = 0
        for segment in self.segments:
            if segment.start > position:
                yield position, segment.start
            position = segment.end
        if position < len(self.text):
            yield position, len(self.text)


class Hypothesis(NamedTuple):
    """What an engine wrote for one source segment; it becomes a target only inside a Pair.

    Attributes:
        text: detokenised.
        log_prob: sum of the natural log-probabilities of the target tokens, ``</s>`` included.
        engine: name and version of the engine.
        tokens: target pieces without ``</s>``.
        source_tokens: source pieces as the engine read them, without ``</s>``.
        attention: cross attention, one row for each target token and one column for each source token,
            or None where it was not asked for.
    """

    text: str
    log_prob: float
    engine: str
    tokens: tuple[str, ...] = ()
    source_tokens: tuple[str, ...] = ()
    attention: tuple[tuple[float, ...], ...] | None = None


class Finding(NamedTuple):
    """One problem that a named check sees in a pair.

    Attributes:
        check: name of the check, for example ``number``.
        severity: how much it matters.
        message: one sentence for a reviewer.
        side: ``source`` or ``target``: where ``span`` lies.
        span: offsets in that side's text, or None where the whole side is meant.
    """

    check: str
    severity: Severity
    message: str
    side: str = "target"
    span: tuple[int, int] | None = None


class QualityScore(NamedTuple):
    """The probability in 0..1 that a reviewer accepts the pair, without a reference.

    Attributes:
        value: the probability.
        method: name and version of what computed it; two scores compare only where it is the same.
        findings: the reasons.
        features: the measured values that went in, by name.
    """

    value: float
    method: str
    findings: tuple[Finding, ...] = ()
    features: Mapping[str, float] = {}


class Candidate(NamedTuple):
    """One hypothesis that was considered for a pair, and why it won or lost.

    Attributes:
        hypothesis: what the engine wrote.
        strategy: how it was made: ``beam``, ``split``, ``recase``, ``no-repeat``, ``wide-beam``.
        findings: what the checks saw in it.
        chosen: whether it became the target; at most one of a pair's candidates.
        reason: why it won or lost.
    """

    hypothesis: Hypothesis
    strategy: str
    findings: tuple[Finding, ...]
    chosen: bool
    reason: str


class Pair(NamedTuple):
    """A source segment and its target.

    Attributes:
        source, target: plain text; an empty target belongs to a failed segment only.
        source_lang, target_lang: BCP 47.
        origin: where the target comes from.
        score: quality without a reference, or None where it was not judged.
        candidates: what was considered, for pairs of an engine.
        failure: why there is no target, or empty.
    """

    source: str
    target: str
    source_lang: str = "nl"
    target_lang: str = "en"
    origin: Origin = Origin.ENGINE
    score: QualityScore | None = None
    candidates: tuple[Candidate, ...] = ()
    failure: str = ""


class Bead(NamedTuple):
    """One step of an alignment: which source segments go with which target segments.

    Attributes:
        source, target: indices, ascending and contiguous; one side may be empty (deletion or insertion).
        score: probability in 0..1 that the bead is exactly right.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    score: float

    @property
    def kind(self) -> str:
        """Numbers of segments on both sides, for example ``2-1``."""
        return f"{len(self.source)}-{len(self.target)}"


class Alignment(NamedTuple):
    """Two segmented texts and the beads that join them; every index is in exactly one bead."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    beads: tuple[Bead, ...]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Source and target text of every bead with two sides, segments joined by a space."""
        for bead in self.beads:
            if bead.source and bead.target:
                yield (
                    " ".join(self.source[i] for i in bead.source),
                    " ".join(self.target[j] for j in bead.target),
                )


class MetricScore(NamedTuple):
    """A score against references, never without its signature.

    Attributes:
        value: on the metric's own scale.
        metric: its name, for example ``BLEU``.
        signature: as sacrebleu writes it.
        interval: lower and upper bound of the 95% confidence interval, or None.
    """

    value: float
    metric: str
    signature: str
    interval: tuple[float, float] | None = None


class Review(NamedTuple):
    """One decision of a reviewer; append-only.

    Attributes:
        pair: identifier of the pair in the store.
        verdict: what was decided.
        target: the target after the decision.
        reviewer: who.
        at: when, in UTC.
        note: reason or comment.
    """

    pair: int
    verdict: Verdict
    target: str
    reviewer: str
    at: datetime
    note: str = ""
