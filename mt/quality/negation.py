"""Denial that appears on one side only.

"Niet" mostly becomes "not", but also "unable", "less than" or "far from"; "not until" mostly comes from
"pas". A denial counts as lost only where nothing on the other side can stand for it: a word like "only" or
"unfair" can, unless it translates "alleen" or "oneerlijk".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mt.data import Finding, Severity
from mt.quality.view import PairView, Side, once

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

CONTRACTED = ("n't", "n’t")

STAND_INS: tuple[dict[str, str], ...] = (
    {
        "nl": r"\b(?:alleen|enkel|slechts|uitsluitend|louter|pas|eerst|net|juist|zojuist|hooguit|hoogstens"
        r"|ten hoogste|maximaal|uiterlijk)\b",
        "en": r"\b(?:only|just|other than|at most|up to|by .{1,20} at the latest)\b",
    },
    {
        "nl": r"\b(?:tenzij|behalve|exclusief|afgezien|uitgezonderd|uitzondering|laat staan)\b",
        "en": r"\b(?:unless|except|exception|let alone|apart from)\b",
    },
    {
        "nl": r"\b(?:weinig|minder|minst|klein|kleine|beetje|paar|schaars|slecht)\b|[a-z]{3}[tpk]jes?\b",
        "en": r"\b(?:little|few|less|(?<!at )least|small|bit|badly|poorly)\b",
    },
    {
        "nl": r"\b(?:zelden|zeldzaam|zeldzame|moeilijk|lastig|nog moet)\b",
        "en": r"\b(?:seldom|rare|rarely|yet to|hard to|difficult)\b",
    },
    {
        "nl": r"\b(?:fout|verkeerd|mis|verkeerde|foute|per ongeluk|anders)\b",
        "en": r"\b(?:wrong|by mistake|otherwise|excuse)\b",
    },
    {
        "nl": r"\b(?:in plaats|liever|eerder|veeleer)\b",
        "en": r"\b(?:instead|rather)\b",
    },
    {
        "nl": r"\b(?:maar liefst|hoe dan ook|wie dan ook|hoe \w+ ook|wat \w+ ook|allerminst|allesbehalve|alsof"
        r"|ongeacht|uit den boze|steken|handomdraai|spoorloos|bladstil|tot \w+ keer toe|toch)\b",
        "en": r"\b(?:far from|anything but|out of the question|at a loss|last thing|free of|short of|run out"
        r"|ran out|stood still|remember|as many as|whatever|no matter|cancel\w*)\b",
    },
    {
        "nl": r"\bon(?!der|t|s\b|ze|line|langs|geveer|middel|derw)[a-z]{4}|[a-z]{3}lo(?:os|ze)\b|\bnon-",
        "en": r"\bun(?!der|til|ion|it|iv|iq)[a-z]{4}|\bim(?:possib|probab|permis)|\bin(?:valid|suff|capab|adeq"
        r"|acces|visib|elig|correct|distinct)|\birrel|\bil(?:leg|lic)"
        r"|(?!ruth|regard|never|none)\b[a-z]{3,}less\b|\bnon[- ]?[a-z]{4}",
    },
    {
        "nl": r"gebrek|\b(?:ontbr|ontbeer|geweiger|weiger|verbied|verbod|verboden|vermijd|voorkom|voorkwam"
        r"|bl(?:ijft?|eef|even|ijven) uit|uitblij|uitgebl|ontken|afgeraden|af te raden|vergeefs|nietsdoe"
        r"|wegvall|weggeval|afwez|afgewez|kwijt|stop|verlie|verloor|verlor|verdw|belet|weerh|geheim)",
        "en": r"\b(?:fail|lack|refus|ban(?:s|n)|prohibit|forb|prevent|avoid|den(?:y|ie)|reject|absen|declin"
        r"|withh|ceas|stop|exclud|begrudg|miss(?:ing|ed)|dis(?:agree|allow|appr|appear|contin|regard)|lose|lost"
        r"|beyond|secret)",
    },
)
"""What can stand for a denial of the other language without being one, in groups that translate each other; patterns,
compiled when they are needed."""


@cache
def _stand_in_groups() -> tuple[dict[str, re.Pattern[str]], ...]:
    return tuple(
        {lang: re.compile(pattern, re.IGNORECASE) for lang, pattern in group.items()} for group in STAND_INS
    )


LEFT_OVER = re.compile(
    r"\b(?:ca|wo) (?=[a-z])|(?<!no )(?<!any )\blonger\b"
    r"|(?<!to )\b(?:do|does|did) (?!you|he|she|it|we|they|the|so\b|with|a |this|that)[a-z]+"
    r"|\b(?:is|was) until\b|\b(?:anymore|whatsoever|at all|so much|so as)\b|(?<!, )\byet\b(?! to\b|,)",
)
"""English that needs a denial beside it, and stays behind where one was taken away: "can longer", "did dare"."""


class Denials(NamedTuple):
    """How a pair denies.

    Attributes:
        source, target: indices of the denying words of each side.
        source_stand_ins, target_stand_ins: how many expressions of the side can stand for a denial and have no
            counterpart of their own sort on the other side; counted where the side denies less.
        left_over: whether the target has words that need a denial.
    """

    source: list[int]
    target: list[int]
    source_stand_ins: int = 0
    target_stand_ins: int = 0
    left_over: bool = False

    @property
    def lost(self) -> bool:
        """Whether the source denies more often than the target, and nothing makes up for it."""
        missing = len(self.source) - len(self.target)
        return missing > 0 and (self.left_over or missing > self.target_stand_ins)

    @property
    def added(self) -> bool:
        """Whether the target denies more often than the source, and nothing makes up for it."""
        return len(self.target) - len(self.source) > self.source_stand_ins


def negators(text: Side) -> list[int]:
    """Indices of the words that deny; two that belong together (neither, nor) count as one."""
    known = DENIALS.get(text.lang, frozenset())
    english = text.lang == "en"
    if known.isdisjoint(text.vocabulary) and not (english and ("n't" in text.text or "n’t" in text.text)):
        return []
    found = [
        index
        for index, word in enumerate(text.lower)
        if word in known or (english and word.endswith(CONTRACTED))
    ]
    pair = ("neither", "nor") if english else ("noch", "noch")
    first = next((i for i in found if text.lower[i] == pair[0]), None)
    return [i for i in found if first is None or i <= first or text.lower[i] != pair[1]]


BOUND = re.compile(r"\b(?:less|fewer|under|short of|just|barely|within)\b", re.IGNORECASE)
"""English for "nog geen", which bounds an amount and denies nothing: nog geen tien euro, less than ten euros."""

TAG = re.compile(r",[^,]*n['’]t (?:i|you|he|she|it|we|they)[?.]|, niet\?", re.IGNORECASE)
"""A question that asks for agreement, for which Dutch mostly has "toch" and "hè"."""


def _without_idioms(text: Side, found: list[int], other: Side) -> list[int]:
    """The denials without those that deny nothing: a bound, "zonder meer", a question tag."""
    if not found:
        return found
    words = text.lower
    if TAG.search(text.text):
        found = found[:-1]
    if text.lang == "en":
        return found
    bound = BOUND.search(other.text) is not None
    return [
        i
        for i in found
        if not (bound and words[i] in ("geen", "niet") and i > 0 and words[i - 1] in ("nog", "altijd"))
        and not (words[i] == "zonder" and words[i + 1 : i + 2] == ["meer"])
    ]


def _stand_ins(text: Side, other: Side) -> int:
    """Expressions of a side that can stand for a denial, without those that the other side has as well."""
    surplus = 0
    for group in _stand_in_groups():
        if here := len(group[text.lang].findall(text.text)):
            surplus += max(0, here - len(group[other.lang].findall(other.text)))
    return surplus


@once
def denials(pair: PairView) -> Denials:
    """The denials of both sides; none for languages without a list."""
    source, target = pair.source, pair.target
    if {source.lang, target.lang} != DENIALS.keys():
        return Denials([], [])
    here = _without_idioms(source, negators(source), target)
    there = _without_idioms(target, negators(target), source)
    if len(here) > len(there):
        left_over = target.lang == "en" and LEFT_OVER.search(target.text) is not None
        return Denials(here, there, 0, _stand_ins(target, source), left_over)
    return Denials(here, there, _stand_ins(source, target) if len(here) < len(there) else 0)


MOST = 2
"""Denials of a side from which it no longer matters how many there are."""


ALWAYS = "always"
"""The mark that every pair has."""


def marks(found: Denials) -> list[str]:
    """What was counted, as names of :class:`mt.quality.lexicon.DenialWeights`."""
    named = [("lost", found.lost), ("added", found.added), ("left over", found.left_over)]
    counts = f"{min(len(found.source), MOST)}:{min(len(found.target), MOST)}"
    return [ALWAYS, counts, *(name for name, there in named if there)]


def pulls(pair: PairView) -> tuple[float, float]:
    """How suspicious it is that the target lacks a denial, and that it has one too many.

    A logistic regression on the words of both sides: ``pas`` with "until" and ``ontbreekt`` ask for a "not" where the
    source has none, "unless" and "unable" make up for one. Zero means no suspicion, and much the same is said of
    languages that nothing is known of; above that it is about the log-odds (softplus).
    """
    weights = pair.lexicon.denials
    if not weights.marks:
        return 0.0, 0.0
    found = [weights.marks[mark] for mark in marks(denials(pair)) if mark in weights.marks]
    source, target = weights.source, weights.target
    found += [source[word] for word in pair.source.vocabulary if word in source]
    found += [target[word] for word in pair.target.vocabulary if word in target]
    # Sets have another order in every process, and an exact sum has none.
    lost, added = math.fsum([pull[0] for pull in found]), math.fsum([pull[1] for pull in found])
    return math.log1p(math.exp(lost)), math.log1p(math.exp(added))


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
