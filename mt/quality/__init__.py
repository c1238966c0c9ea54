"""A pair without a reference: what is wrong with it, and how likely a reviewer accepts it.

findings = check("Drie van de 1.200 gingen niet.", "Three of the 1,200 went.")
[judged] = score([("Het regent.", "It is raining.")])

``check`` runs named checks that need no model; ``score`` turns their findings, cheap measures and whatever
signals the caller has (an engine's log-probabilities, a cosine, word links) into a calibrated probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

from mt.data import Finding, QualityScore
from mt.errors import unknown_name
from mt.quality.casing import is_all_caps, restore_caps, sentence_case
from mt.quality.language import identify
from mt.quality.level import Level
from mt.quality.repair import restore_numbers
from mt.quality.trivial import trivial
from mt.quality.view import PairView, view

__all__ = [
    "CHECKS",
    "FINDINGS",
    "OVER_LENGTH",
    "RESTORED",
    "Check",
    "Level",
    "PairView",
    "Signals",
    "check",
    "identify",
    "is_all_caps",
    "restore_caps",
    "restore_numbers",
    "score",
    "sentence_case",
    "trivial",
]

Check = Callable[[PairView], Iterable[Finding]]
"""Looks at one pair and yields what it found; it never raises because of what a text holds."""

CHECKS: dict[str, str] = {
    "empty": "mt.quality.lengths:empty",
    "copy": "mt.quality.language:copied",
    "language": "mt.quality.language:languages",
    "untranslated": "mt.quality.language:untranslated_words",
    "repetition": "mt.quality.repetition:repetition",
    "truncation": "mt.quality.lengths:truncation",
    "extra": "mt.quality.lengths:extra",
    "length": "mt.quality.lengths:length",
    "number": "mt.quality.numbers:numbers",
    "negation": "mt.quality.negation:negation",
    "name": "mt.quality.names:names",
    "url": "mt.quality.marks:urls",
    "quote": "mt.quality.marks:quotes",
    "bracket": "mt.quality.marks:brackets",
    "markup": "mt.quality.marks:markup",
    "punctuation": "mt.quality.marks:end_punctuation",
    "case": "mt.quality.casing:casing",
    "garbled": "mt.quality.marks:garbled",
}
"""Name of a check to the function that does it, in the order in which findings are listed."""

OVER_LENGTH, RESTORED = "over-length", "restored"
"""Findings that say what was done while translating: the source was cut, numbers were put right."""

FINDINGS = (*CHECKS, OVER_LENGTH, RESTORED)
"""Every name that a finding of this program may have."""


class Signals(NamedTuple):
    """What models said about one pair; each part may be None where nobody measured it.

    Attributes:
        log_probs: natural log-probabilities of the target's tokens, given the source and the tokens before,
            ``</s>`` last.
        cosine: of the two sides' sentence embeddings, -1..1.
        source_cover: for each white-space token of the source the cosine, in context, of the target token that
            it is most alike: the strength of its best word link.
        target_cover: the same for each white-space token of the target.
        level: of the engine that the log-probabilities are from; None for the starter model of the package.
    """

    log_probs: Sequence[float] | None = None
    cosine: float | None = None
    source_cover: Sequence[float] | None = None
    target_cover: Sequence[float] | None = None
    level: Level | None = None


NO_SIGNALS = Signals()
"""For a pair that only the checks have seen."""


@cache
def _function(name: str) -> Check:
    module, _, function = CHECKS[name].partition(":")
    found: Check = getattr(import_module(module), function)
    return found


def check(
    source: str,
    target: str,
    source_lang: str = "nl",
    target_lang: str = "en",
    *,
    checks: Sequence[str] | None = None,
) -> tuple[Finding, ...]:
    """The problems that named checks see in a pair, in the order of :data:`CHECKS`.

    Args:
        source, target: plain text of one segment.
        source_lang, target_lang: BCP 47. Checks that know words work on Dutch and English only; the others on any pair.
        checks: names in :data:`CHECKS`; None runs all.

    Raises:
        UsageError: a check of that name does not exist.
    """
    return tuple(
        check_view(view(source, target, source_lang, target_lang), CHECKS if checks is None else checks)
    )


def check_view(pair: PairView, checks: Iterable[str]) -> Iterator[Finding]:
    """The findings of a pair whose words are known already; a side without text leaves only ``empty`` to say so.

    Raises:
        UsageError: a check of that name does not exist.
    """
    one_sided = pair.one_sided
    for function in _functions(tuple(checks)):
        if not one_sided or function.__name__ == "empty":
            yield from function(pair)


@cache
def _functions(names: tuple[str, ...]) -> tuple[Check, ...]:
    """The functions of some checks, in the order of the names."""
    for name in names:
        if name not in CHECKS:
            raise unknown_name("check", name, CHECKS)
    return tuple(_function(name) for name in names)


def score(
    pairs: Sequence[tuple[str, str]],
    signals: Sequence[Signals] | None = None,
    *,
    source_lang: str = "nl",
    target_lang: str = "en",
    findings: Sequence[Sequence[Finding]] | None = None,
) -> list[QualityScore]:
    """The probability that a reviewer accepts each pair, with the findings and measures behind it.

    Which model is used follows from the signals that are there; ``method`` of the score names it.

    Args:
        pairs: ``(source, target)``, plain text.
        signals: one for each pair, or None where there are none.
        source_lang, target_lang: BCP 47.
        findings: what :func:`check` says of each pair, where that is known already.

    Returns:
        one score for each pair, in order; ``value`` is in 0..1.

    Raises:
        UsageError: another number of signals or findings than pairs.
    """
    from mt.quality.scorer import score_pairs

    return score_pairs(pairs, signals, source_lang, target_lang, findings=findings)
