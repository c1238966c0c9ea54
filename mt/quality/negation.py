"""Denial that appears on one side only.

"Niet" mostly becomes "not", but also "unable", "less than" or "far from"; "not until" mostly comes from
"pas". A denial counts as lost only where nothing on the other side can stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from mt.data import Finding, Severity
from mt.quality.view import PairView, Side

DENIALS: dict[str, frozenset[str]] = {
    lang: frozenset(words.split())
    for lang, words in {
        "nl": "niet geen nooit nergens niemand niets niks noch nimmer geenszins evenmin zonder nauwelijks amper nee"
        " neen geeneen niemands níét niét géén nóóit",
        "en": "not no never nowhere nobody none nothing neither nor cannot without hardly barely scarcely nope"
        " no-one",
    }.items()
}
"""Words that deny, and that the other language nearly always renders with one of its own."""

CONTRACTED = re.compile(r"n['’]t$")

STAND_INS: dict[str, str] = {
    "nl": (
        r"\b(?:pas|tenzij|behalve|hooguit|hoogstens|ten hoogste|maximaal|uiterlijk|maar liefst|hoe dan ook"
        r"|wie dan ook|hoe \w+ ook|allerminst|allesbehalve|amper|weinig|slecht|minder|alsof|exclusief|afgezien"
        r"|uitgezonderd|uit den boze|steken|laat staan|handomdraai|spoorloos|bladstil|eerst|tot \w+ keer toe)\b"
        r"|\bon(?!der|t|s\b|ze|line|langs|geveer|middel|derw)[a-z]{4}|[a-z]{3}lo(?:os|ze)\b"
        r"|\b(?:ontbr|gebrek|geweiger|weiger|verbied|verbod|vermijd|voorkom|bl(?:ijft?|eef|even|ijven) uit"
        r"|uitblij|uitgebl|ontken"
        r"|afgeraden|af te raden|schaars|vergeefs|ongeacht|nietsdoe|non-|wegvall|weggeval|afwez|kwijt)"
    ),
    "en": (
        r"\b(?:little|few|rather than|instead|far from|anything but|out of the question|at a"
        r" loss|unless|except|last thing|wrong|free of|short of|seldom|rare|rarely|otherwise|yet to|hard to"
        r"|stood still|excuse|by mistake|other than|just|only)\b"
        r"|\bun(?!der|til|ion|it|iv|iq)[a-z]{4}|\bim(?:possib|probab|permis)|\bin(?:valid|suff|capab|adeq|acces|visib"
        r"|elig|correct|distinct)|\birrel|\bil(?:leg|lic)|\bdis(?:agree|allow|appr|appear|contin|regard)|[a-z]{3}less\b"
        r"|\b(?:fail|lack|refus|ban(?:s|n)|prohibit|forb|prevent|avoid|den(?:y|ie)|reject|absen|declin|withh|ceas"
        r"|exclud|begrudg|miss(?:ing|ed))"
    ),
}
"""What can stand for a denial of the other language without being one; patterns, compiled when one is needed."""


@cache
def _stand_in(lang: str) -> re.Pattern[str]:
    return re.compile(STAND_INS[lang], re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Denials:
    """How a pair denies.

    Attributes:
        source, target: indices of the denying words of each side.
        source_stand_in, target_stand_in: whether the side has something that can stand for a denial.
    """

    source: list[int]
    target: list[int]
    source_stand_in: bool
    target_stand_in: bool

    @property
    def lost(self) -> bool:
        """Whether the source denies more often than the target, and nothing makes up for it."""
        return len(self.source) > len(self.target) and not self.target_stand_in

    @property
    def added(self) -> bool:
        """Whether the target denies more often than the source, and nothing makes up for it."""
        return len(self.target) > len(self.source) and not self.source_stand_in


def negators(text: Side) -> list[int]:
    """Indices of the words that deny."""
    known = DENIALS.get(text.lang, frozenset())
    english = text.lang == "en"
    if known.isdisjoint(text.vocabulary) and not (english and ("n't" in text.text or "n’t" in text.text)):
        return []
    return [
        index
        for index, word in enumerate(text.lower)
        if word in known or (english and CONTRACTED.search(word))
    ]


BOUND = re.compile(r"\b(?:less|fewer|under|short of|just|barely|within)\b", re.IGNORECASE)
"""English for "nog geen", which bounds an amount and denies nothing: nog geen tien euro, less than ten euros."""


def _without_bounds(text: Side, found: list[int], other: Side) -> list[int]:
    """The denials without the "geen" of a "nog geen" that the other side renders as a bound."""
    if text.lang != "nl" or "geen" not in text.vocabulary or not BOUND.search(other.text):
        return found
    return [i for i in found if not (text.lower[i] == "geen" and i > 0 and text.lower[i - 1] == "nog")]


@lru_cache(maxsize=4)
def denials(pair: PairView) -> Denials:
    """The denials of both sides; none for languages without a list."""
    if pair.source.lang not in DENIALS or pair.target.lang not in DENIALS:
        return Denials([], [], False, False)
    source = _without_bounds(pair.source, negators(pair.source), pair.target)
    target = _without_bounds(pair.target, negators(pair.target), pair.source)
    more, less = len(source) > len(target), len(source) < len(target)
    return Denials(
        source,
        target,
        less and _stand_in(pair.source.lang).search(pair.source.text) is not None,
        more and _stand_in(pair.target.lang).search(pair.target.text) is not None,
    )


def negation(pair: PairView) -> Iterator[Finding]:
    """A denial that only one side has."""
    found = denials(pair)
    if found.lost and not found.target:
        word = found.source[0]
        message = f"“{pair.source.words[word]}” has no counterpart."
        span = pair.source.span(word)
        yield Finding("negation", Severity.WARNING, message, side="source", span=span)
    elif found.added and not found.source:
        word = found.target[0]
        message = f"“{pair.target.words[word]}” is not in the source."
        yield Finding("negation", Severity.WARNING, message, span=pair.target.span(word))
