"""What is measured of a pair before it is scored: plain numbers with names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from mt.data import Finding, Severity
from mt.quality import Signals
from mt.quality.language import FUNCTION_WORDS, function_words
from mt.quality.lengths import ratio
from mt.quality.level import Level
from mt.quality.lexicon import missing_letters, uncovered
from mt.quality.names import unmatched
from mt.quality.negation import denials, pulls
from mt.quality.view import PairView, Side

WEIGHT = {Severity.ERROR: 1.0, Severity.WARNING: 0.5, Severity.INFO: 0.2}
"""How a finding counts in the feature of its check."""

COUNTED_CHECKS = (
    "copy", "language", "untranslated", "repetition", "number", "name", "url", "bracket", "markup", "quote",
    "punctuation", "case",
)  # fmt: skip
"""Checks whose findings are features; what the others see is measured below without a threshold."""

SURPRISE, SHOCK = 1.6, 3.0
"""Surprises above which one in five and one in twenty of the tokens of right translations lie."""

Features = dict[str, float]


def cheap(pair: PairView, findings: Sequence[Finding]) -> Features:
    """Measures that need no model: lengths, words, and the findings."""
    source, target = pair.source, pair.target
    found = dict.fromkeys((f"check_{name}" for name in COUNTED_CHECKS), 0.0)
    for finding in findings:
        name = f"check_{finding.check}"
        if name in found:
            found[name] += WEIGHT[finding.severity]
    denied = denials(pair)
    lost, added = pulls(pair)
    shared = len(source.vocabulary & target.vocabulary)
    return found | {
        "length_ratio": math.log(ratio(pair)),
        "letters_target": missing_letters(source, target, pair.lexicon.source_letters),
        "letters_source": missing_letters(target, source, pair.lexicon.target_letters),
        "length": math.log1p(len(source.text)),
        "word_ratio": math.log((len(target.words) + 3) / (len(source.words) + 3)),
        "denials": float(len(denied.target) - len(denied.source)),
        "denials_lost": float(denied.lost),
        "denials_added": float(denied.added),
        "denials_lost_pull": lost,
        "denials_added_pull": added,
        "sentences": _sentences(target.text) - _sentences(source.text),
        "shared_words": shared / (len(source.vocabulary) + len(target.vocabulary) - shared or 1),
        "repeated_words": _repeated(target) - _repeated(source),
        "clause_marks": _clause_marks(target.text) - _clause_marks(source.text),
        "capitals": _capitals(target) - _capitals(source),
        "foreign_target": _foreign(target),
        "foreign_source": _foreign(source),
    } | _lexical(pair) | _names(pair)  # fmt: skip


def _names(pair: PairView) -> Features:
    lost, added = unmatched(pair)
    return {"names_lost": float(len(lost)), "names_added": float(len(added))}


def _repeated(text: Side) -> float:
    """Pairs of neighbouring words that stand there more than once."""
    bigrams = list(zip(text.lower, text.lower[1:], strict=False))
    return float(len(bigrams) - len(set(bigrams)))


SENTENCE_MARK = re.compile(r"[.!?…][\"”’»)]*\s+[\"“„‘«(]*[^\W\da-z_]")


def _sentences(text: str) -> float:
    """How often a sentence ends and another one begins."""
    return float(len(SENTENCE_MARK.findall(text)))


CLAUSE_MARK = re.compile(r"[,;:.!?–—]")


def _clause_marks(text: str) -> float:
    return float(len(CLAUSE_MARK.findall(text)))


def _capitals(text: Side) -> float:
    """Share of the words that begin with a capital."""
    return sum([text.words[i][0].isupper() for i in text.capitals]) / max(1, len(text.words))


def _foreign(text: Side) -> float:
    """Function words of other languages less those of its own, for each word."""
    counts = function_words(text)
    own = counts.get(text.lang, 0.0)
    others = max((count for lang, count in counts.items() if lang != text.lang), default=0.0)
    return (others - own) / max(1, len(text.words))


def _lexical(pair: PairView) -> Features:
    """Content words without any known translation on the other side: how many, and how many in a row."""
    known = pair.lexicon
    found: Features = {}
    for name, text, other, table in (
        ("source", pair.source, pair.target, known.forward),
        ("target", pair.target, pair.source, known.backward),
    ):
        function = FUNCTION_WORDS.get(text.lang, frozenset())
        content = [word for word in text.lower if word not in function]
        flags = uncovered(content, other.vocabulary, table)
        found[f"{name}_uncovered"] = flags.count(True) / (len(flags) + 1)
        found[f"{name}_uncovered_run"] = float(_longest_run(flags))
        tail = flags[-max(2, len(flags) // 3) :]
        found[f"{name}_uncovered_tail"] = tail.count(True) / (len(tail) + 1)
    return found


def _longest_run(flags: Sequence[bool | None]) -> int:
    """The longest run of uncovered words; an unknown word neither ends a run nor counts."""
    longest = current = 0
    for flag in flags:
        if flag:
            current += 1
        elif flag is False:
            longest = max(longest, current)
            current = 0
    return max(longest, current)


def from_engine(surprises: Sequence[float]) -> Features:
    """How the engine's surprise is spread over the target's tokens, ``</s>`` last."""
    words = surprises[:-1] or surprises
    ordered = sorted(words, reverse=True)
    third = max(1, len(words) // 3)
    usual = math.log(len(words))
    return {
        "engine_mean": sum(words) / len(words),
        "engine_median": ordered[len(ordered) // 2],
        "engine_max": ordered[0] - usual,
        "engine_second": ordered[min(1, len(ordered) - 1)] - usual,
        "engine_third": ordered[min(2, len(ordered) - 1)] - usual,
        "engine_worst_window": -_weakest([-value for value in words], 4),
        "engine_end": surprises[-1],
        "engine_head": sum(words[:third]) / third,
        "engine_tail": sum(words[-third:]) / third,
        "engine_surprises": sum(value > SURPRISE for value in words) / len(words),
        "engine_shocks": sum(value > SHOCK for value in words) / len(words),
    }


def from_encoder(cosine: float, source_cover: Sequence[float], target_cover: Sequence[float]) -> Features:
    """Similarity of the sentences, and how well the words of each side are covered by the other's."""
    found = {"cosine": cosine}
    for name, cover in (("source", source_cover), ("target", target_cover)):
        ordered = sorted(cover) or [0.0]
        found |= {
            f"{name}_cover": sum(ordered) / len(ordered),
            f"{name}_cover_min": ordered[0],
            f"{name}_cover_gap3": _weakest(cover, 3),
            f"{name}_cover_gap5": _weakest(cover, 5),
        }
    return found


def _weakest(values: Sequence[float], width: int) -> float:
    """The lowest mean of so many neighbours."""
    if len(values) <= width:
        return sum(values) / max(1, len(values))
    return min(sum(values[i : i + width]) for i in range(len(values) - width + 1)) / width


def measured(
    pair: PairView, findings: Sequence[Finding], signals: Signals, level: Level
) -> Mapping[str, float]:
    """All features that the signals allow; ``level`` is that of an engine whose signals name none."""
    found = cheap(pair, findings)
    if signals.log_probs:
        found |= from_engine((signals.level or level).surprises(signals.log_probs))
    if has_encoder(signals):
        assert signals.cosine is not None
        found |= from_encoder(signals.cosine, signals.source_cover or (), signals.target_cover or ())
    return found


def has_encoder(signals: Signals) -> bool:
    """Whether all that an encoder tells is there."""
    return None not in (signals.cosine, signals.source_cover, signals.target_cover)
