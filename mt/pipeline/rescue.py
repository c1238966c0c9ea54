"""How a source is changed, or the search widened, when a translation shows one of the known failures.

A strategy turns one source into the inputs that an engine reads and joins what comes back. Which strategies are
tried follows from the findings; the candidate with the fewest findings wins, and all are kept with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from mt.data import Candidate, Finding, Hypothesis, Severity
from mt.engines import DecodeOptions
from mt.quality import RESTORED, check, is_all_caps, restore_caps, restore_numbers, sentence_case, trivial
from mt.quality.trivial import EMAIL, URL

CLAUSE = re.compile(
    r"(?<=[;:,)–—])\s+|\s+(?=(?:en|maar|want|omdat|terwijl|waarbij|waarna|zodat|hoewel|of)\s)"
)
"""Where a long sentence may be cut: after a clause mark, or before a conjunction."""


PICTURE = "[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0e\ufe0f\u200d\u2600-\u27bf\U0001f000-\U0001faff]*"

_MARKS = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
_LETTERS = "\u0370-\u1cff\u3040-\ud7ff\U00020000-\U000323af"
_SCRIPT = f"[{_LETTERS}][{_LETTERS}\u0300-\u036f\u200c\u200d]*"
FOREIGN = f"{_MARKS}{_SCRIPT}(?:[ -]{_SCRIPT})*{_MARKS}"
"""Words in another script than the Latin one, with the marks of direction around them."""


@cache
def literals() -> re.Pattern[str]:
    """What is copied under the strategy ``protect``: addresses, vulgar fractions, emoji and words in other scripts.

    Its wide ranges take milliseconds to compile, so that it is made when it is first asked for.
    """
    pattern = f"{EMAIL.pattern}|{URL.pattern}|(?-i:[¼-¾⅐-⅞]|{PICTURE}|{FOREIGN})"
    return re.compile(pattern, EMAIL.flags | URL.flags)


ALWAYS_CAPITAL = frozenset({
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March",
    "April", "May", "June", "July", "August", "September", "October", "November", "December", "I'm", "I've", "I'll",
    "I'd", "I’m", "I’ve", "I’ll", "I’d",
})  # fmt: skip
"""English words that have a capital where the Dutch ones have none."""

NO_SPACE = re.compile(r" ([.,;:!?)\]}”’»](?:\s|$))")
"""A space that joining put before a closing mark."""


class Piece(NamedTuple):
    """A part of a source: text for the engine to read, or a literal that is copied."""

    text: str
    copied: bool = False


class Strategy(NamedTuple):
    """One way to make a candidate.

    Attributes:
        name: as stored with the candidate.
        split: whether the source is cut at clause marks.
        protect: whether what :func:`literals` finds is copied, and only the text around it is read.
        recase: whether an ALL-CAPS source is read in sentence case, and the result set in capitals again.
        options: turns the run's decode options into the strategy's.
    """

    name: str
    split: bool = False
    protect: bool = False
    recase: bool = False
    options: Callable[[DecodeOptions], DecodeOptions] = lambda options: options

    @property
    def cuts(self) -> bool:
        """Whether the strategy cuts a source that the model could read whole."""
        return self.split or self.protect


BEAM = Strategy("beam")
RECASE = Strategy("recase", recase=True)
SPLIT = Strategy("split", split=True)
PROTECT = Strategy("protect", protect=True)
WIDE_BEAM = Strategy(
    "wide-beam",
    options=lambda o: replace(o, beam_size=max(8, 2 * o.beam_size), length_penalty=o.length_penalty + 0.2),
)
NO_REPEAT = Strategy(
    "no-repeat", options=lambda o: replace(o, no_repeat_ngram_size=3, repetition_penalty=1.1)
)

REMEDIES: dict[str, tuple[Strategy, ...]] = {
    "repetition": (NO_REPEAT, SPLIT),
    "truncation": (WIDE_BEAM, SPLIT),
    "length": (WIDE_BEAM, SPLIT),
    "empty": (WIDE_BEAM, SPLIT),
    "copy": (WIDE_BEAM, RECASE, SPLIT),
    "language": (WIDE_BEAM, RECASE),
    "number": (PROTECT, SPLIT, WIDE_BEAM),
    "garbled": (PROTECT, SPLIT, WIDE_BEAM),
    "url": (WIDE_BEAM, PROTECT),
    "quote": (WIDE_BEAM,),
    "negation": (WIDE_BEAM,),
    "case": (RECASE,),
    "name": (WIDE_BEAM,),
    "extra": (WIDE_BEAM, NO_REPEAT),
}
"""Name of a check to the strategies that can help, the most promising first."""

RESCUED = (Severity.ERROR,)
"""Findings of these severities are worth another search."""


def remedies(source: str, findings: Sequence[Finding]) -> list[Strategy]:
    """The strategies to try for a candidate with these findings, each once.

    Args:
        source: what was translated.
        findings: what the checks saw.
    """
    chosen: list[Strategy] = []
    for finding in findings:
        if finding.severity in RESCUED:
            chosen += [strategy for strategy in REMEDIES.get(finding.check, ()) if strategy not in chosen]
    if not chosen:
        return []
    cuts = len(clauses(source)) > 1
    if cuts and SPLIT in chosen and WIDE_BEAM in chosen[chosen.index(SPLIT) :]:
        # What cutting did not mend a wider beam seldom does, and it takes three times as long.
        chosen.remove(WIDE_BEAM)
    caps = is_all_caps(source)
    copied = literals().search(source) is not None
    return [
        s for s in chosen if (cuts or not s.split) and (caps or not s.recase) and (copied or not s.protect)
    ]


def pieces(strategy: Strategy, source: str, count: Callable[[str], int], limit: int) -> list[Piece]:
    """The parts of a source under a strategy, in order; none for the engine is above the limit.

    Args:
        strategy: how the candidate is made.
        source: one segment.
        count: number of the model's pieces in a text.
        limit: the most pieces that one input may have.
    """
    found: list[Piece] = []
    for part in _literals(source) if strategy.protect else [Piece(source)]:
        if part.copied:
            found.append(part)
            continue
        text = sentence_case(part.text) if strategy.recase else part.text
        parts = clauses(text) if strategy.split else [text]
        found += [Piece(fit) for one in parts for fit in fitting(one, count, limit)]
    return found


def _literals(source: str) -> list[Piece]:
    """The URLs and addresses of a source as copied pieces, and the text between them."""
    found: list[Piece] = []
    position = 0
    for match in literals().finditer(source):
        literal = match.group().rstrip(".,;:!?)'’\"”")
        found += [*_text(source[position : match.start()]), Piece(literal, copied=True)]
        position = match.start() + len(literal)
    return found + _text(source[position:])


def _text(text: str) -> list[Piece]:
    """A stretch of text as a piece; punctuation by itself is copied, white space is nothing."""
    stripped = text.strip()
    return [Piece(stripped, copied=bool(trivial(stripped)))] if stripped else []


def clauses(text: str, shortest: int = 4) -> list[str]:
    """The clauses of a sentence, none shorter than `shortest` words; the words in order, none lost."""
    parts: list[str] = []
    for part in CLAUSE.split(text):
        if parts and (len(part.split()) < shortest or len(parts[-1].split()) < shortest):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


COMFORTABLE = 120
"""Model pieces in a part of an over-long source: models see few longer sentences in training and loop on them."""


def fitting(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """The text itself where the model reads it; else parts of a comfortable length.

    It is cut at clause marks where possible, else at spaces; a single word above the limit between characters.
    """
    if len(text) <= limit or count(text) <= limit:
        return [text]
    limit = min(limit, COMFORTABLE)
    pieces: list[str] = []
    room = 0
    for clause in CLAUSE.split(text):
        for part in _bounded(clause, count, limit):
            size = count(part)
            if pieces and size <= room:
                pieces[-1] += f" {part}"
                room -= size
            else:
                pieces.append(part)
                room = limit - size
    return pieces


def _bounded(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """Parts of a clause that each fit, cut at spaces, and a giant word cut between characters."""
    if len(text) <= limit or count(text) <= limit:
        return [text]
    words = [word[i : i + limit] for word in text.split() for i in range(0, len(word), limit)]
    parts: list[list[str]] = [[]]
    used = 0
    for word in words:
        size = count(word)
        if parts[-1] and used + size > limit:
            parts.append([])
            used = 0
        parts[-1].append(word)
        used += size
    return [" ".join(part) for part in parts]


def join(strategy: Strategy, pieces: Sequence[Piece], parts: Sequence[Hypothesis]) -> Hypothesis:
    """One hypothesis from those of a source's pieces, copied ones included.

    Args:
        strategy: under which the pieces were made.
        pieces: of the source.
        parts: what became of each.
    """
    texts = [part.text for part in parts]
    if strategy.split:
        texts = [
            _inside(p.text, text, i, len(pieces))
            for i, (p, text) in enumerate(zip(pieces, texts, strict=True))
        ]
    text = NO_SPACE.sub(r"\1", " ".join(text for text in texts if text))
    if strategy.recase:
        text = restore_caps(text)
    if len(parts) == 1:
        return parts[0]._replace(text=text)
    return Hypothesis(
        text=text,
        log_prob=sum(part.log_prob for part in parts),
        engine=parts[0].engine,
        tokens=tuple(token for part in parts for token in part.tokens),
        source_tokens=tuple(token for part in parts for token in part.source_tokens),
    )


def begun_alike(source: str, hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis with a capital where the source begins with one and a model forgot it; ``iPhone`` stays."""
    text = hypothesis.text
    if not (source[:1].isupper() and text[:1].islower()) or text.split(maxsplit=1)[0] in source:
        return hypothesis
    return hypothesis._replace(text=text[0].upper() + text[1:])


def _inside(source: str, target: str, place: int, count: int) -> str:
    """A clause's translation as it stands inside the sentence: models write every input as a sentence of its own."""
    first = target.split(maxsplit=1)[0] if target else ""
    if place and source[:1].islower() and first[1:].islower() and first not in ALWAYS_CAPITAL:
        target = first[0].lower() + target[1:]
    if place < count - 1 and target.endswith(".") and not source.endswith("."):
        target = target[:-1] + (source[-1] if source.endswith((",", ";", ":")) else "")
    return target


def with_numbers_restored(
    source: str, tried: Sequence[Candidate], langs: tuple[str, str]
) -> Candidate | None:
    """The best candidate with its changed numbers put right, or None where none can be, or need be.

    Args:
        source: one segment.
        tried: the candidates of all searches.
        langs: of source and target.
    """
    ranked = sorted(tried, key=lambda candidate: badness(candidate)[:2])
    if not any(f.check == "number" and f.severity is Severity.ERROR for f in ranked[0].findings):
        return None
    restored = (_restored(source, candidate, langs) for candidate in ranked)
    return next((candidate for candidate in restored if candidate), None)


def _restored(source: str, best: Candidate, langs: tuple[str, str]) -> Candidate | None:
    text = restore_numbers(source, best.hypothesis.text, *langs)
    if text == best.hypothesis.text:
        return None
    message = f"Numbers were put right after the translation, which had: {best.hypothesis.text}"
    told = Finding(RESTORED, Severity.INFO, message)
    findings = (*check(source, text, *langs), told)
    return Candidate(
        best.hypothesis._replace(text=text), "restore-numbers", findings, chosen=False, reason=""
    )


def badness(candidate: Candidate) -> tuple[int, int, float]:
    """Sort key: fewer errors, then fewer warnings, then the higher log-probability for each token."""
    severities = [finding.severity for finding in candidate.findings]
    length = len(candidate.hypothesis.tokens) + 1
    return (
        severities.count(Severity.ERROR),
        severities.count(Severity.WARNING),
        -candidate.hypothesis.log_prob / length,
    )


def choose(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates, best first, each with the reason why it won or lost.

    The first candidate is the plain search: another one must have fewer findings to replace it.
    """
    plain = candidates[0]
    best = min(candidates, key=badness)
    if badness(best)[:2] == badness(plain)[:2]:
        best = plain
    others = [candidate for candidate in candidates if candidate is not best]
    why = f"{_faults(best)}; best of {len(candidates)}" if others else f"{_faults(best)}; only candidate"
    return (
        best._replace(chosen=True, reason=why),
        *(c._replace(chosen=False, reason=f"{_faults(c)}; not better than {best.strategy}") for c in others),
    )


def _faults(candidate: Candidate) -> str:
    errors, warnings, cost = badness(candidate)
    return f"{errors} errors, {warnings} warnings, log-probability {-cost:.2f} a token"
