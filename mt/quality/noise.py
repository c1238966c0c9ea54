"""Pairs that are wrong in a known way, made from pairs that are right.

Each kind is a small function that takes a place in a corpus and returns a spoilt pair, or None where that
place cannot be spoilt so. They imitate what aligners, decoders, files and hurried people do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Text = tuple[str, str]
"""Source and target."""

Article = Sequence[Text]

TARGET_NEGATION = re.compile(
    r"\b(?:not|never|no|without|nobody|nothing|none|neither)\b|(?<=[a-z])n['’]t\b"
    r"|\bun(?!der|i[a-z]|anim|til|less)(?=[a-z]{5})"
)

NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w-]{2,}")


@dataclass(frozen=True, slots=True)
class Place:
    """A pair in a corpus, and the dice.

    Attributes:
        articles: the corpus.
        article, index: where the pair is.
        dice: source of all choices.
    """

    articles: Sequence[Article]
    article: int
    index: int
    dice: random.Random

    @property
    def source(self) -> str:
        """The pair's source."""
        return self.articles[self.article][self.index][0]

    @property
    def target(self) -> str:
        """The pair's target."""
        return self.articles[self.article][self.index][1]

    def neighbour(self, *steps: int) -> Text | None:
        """A pair some steps away in the same article."""
        article = self.articles[self.article]
        there = [self.index + step for step in steps if 0 <= self.index + step < len(article)]
        return article[self.dice.choice(there)] if there else None

    def stranger(self) -> Text:
        """A pair of any article, of a similar length where one turns up soon."""
        best = self.dice.choice(self.dice.choice(self.articles))
        for _ in range(5):
            other = self.dice.choice(self.dice.choice(self.articles))
            if abs(len(other[1]) - len(self.target)) < abs(len(best[1]) - len(self.target)):
                best = other
        return best


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair for fitting or measuring.

    Attributes:
        kind: ``real`` or a name in :data:`NOISES`.
        source, target: its text.
        article: number of its article, so that no article is on both sides of a split.
    """

    kind: str
    source: str
    target: str
    article: int


def _random(p: Place) -> Text | None:
    return p.source, p.dice.choice((p.stranger()[1], p.dice.choice(p.dice.choice(p.articles))[1]))


def _near(p: Place) -> Text | None:
    other = p.neighbour(-1, 1, -1, 1, -2, 2)
    return other and (p.source, other[1])


def _copied(p: Place) -> Text | None:
    return p.source, p.source


def _half_copied(p: Place) -> Text | None:
    source, target = p.source.split(), p.target.split()
    share = p.dice.uniform(0.3, 0.7)
    return p.source, " ".join(target[: int(share * len(target))] + source[int(share * len(source)) :])


def _wrong_language(p: Place) -> Text | None:
    other = p.stranger()
    return p.dice.choice(((p.source, other[0]), (p.target, p.target), (other[1], p.target)))


def _target_cut(p: Place) -> Text | None:
    words = p.target.split()
    kept = int(p.dice.uniform(0.35, 0.8) * len(words))
    cut = " ".join(words[:kept]).rstrip(",;:")
    return p.source, cut + p.dice.choice(("", "", ".", "..."))


def _source_cut(p: Place) -> Text | None:
    words = p.source.split()
    cut = " ".join(words[: int(p.dice.uniform(0.35, 0.8) * len(words))]).rstrip(",;:")
    return cut + p.dice.choice(("", ".")), p.target


def _head_cut(p: Place) -> Text | None:
    words = p.target.split()
    text = " ".join(words[int(p.dice.uniform(0.2, 0.6) * len(words)) :])
    return p.source, text[:1].upper() + text[1:]


def _clause_dropped(p: Place) -> Text | None:
    parts = re.split(r"(?<=[,;:]) ", p.target)
    if len(parts) < 2:
        return None
    del parts[p.dice.randrange(len(parts))]
    text = " ".join(parts)
    if len(text) < 12:
        return None
    return p.source, text.rstrip(",;:") + ("." if p.target.endswith(".") and not text.endswith(".") else "")


def _target_extra(p: Place) -> Text | None:
    other = p.neighbour(-1, 1) if p.dice.random() < 0.8 else p.stranger()
    if other is None:
        return None
    parts = [p.target, other[1]]
    if p.dice.random() < 0.3:
        parts.reverse()
    return p.source, " ".join(parts)


def _source_extra(p: Place) -> Text | None:
    other = p.neighbour(-1, 1) if p.dice.random() < 0.8 else p.stranger()
    if other is None:
        return None
    parts = [p.source, other[0]]
    if p.dice.random() < 0.3:
        parts.reverse()
    return " ".join(parts), p.target


def _clause_added(p: Place) -> Text | None:
    clauses = [part for part in re.split(r"(?<=[,;:]) ", p.stranger()[1]) if 3 <= len(part.split()) <= 10]
    words = p.target.split()
    if not clauses or len(words) < 4:
        return None
    where = p.dice.randrange(2, len(words) + 1)
    return p.source, " ".join([*words[:where], p.dice.choice(clauses).strip(".,;:"), *words[where:]])


def _content(words: Sequence[str]) -> list[int]:
    return [i for i, word in enumerate(words) if len(word) > 3 and word.isalpha() and word.islower()]


def _word_dropped(p: Place) -> Text | None:
    words = p.target.split()
    if len(words) < 5:
        return None
    choice = _content(words) if p.dice.random() < 0.6 else list(range(1, len(words) - 1))
    if not choice:
        return None
    for index in sorted(p.dice.sample(choice, min(len(choice), p.dice.choice((1, 1, 1, 2)))), reverse=True):
        del words[index]
    return p.source, " ".join(words)


def _word_replaced(p: Place) -> Text | None:
    words, others = p.target.split(), p.stranger()[1].split()
    here, there = _content(words), _content(others)
    if not here or not there:
        return None
    for index in p.dice.sample(here, min(len(here), p.dice.choice((1, 1, 2, 3)))):
        words[index] = others[p.dice.choice(there)]
    return p.source, " ".join(words)


def _word_untranslated(p: Place) -> Text | None:
    words, others = p.target.split(), p.source.split()
    here, there = _content(words), _content(others)
    if not here or not there:
        return None
    index = p.dice.choice(here)
    nearest = min(there, key=lambda j: abs(j / len(others) - index / len(words)))
    words[index] = others[nearest]
    return p.source, " ".join(words)


def _shuffled(p: Place) -> Text | None:
    words = p.target.split()
    if len(words) < 5:
        return None
    if p.dice.random() < 0.5:
        p.dice.shuffle(words)
    else:
        order = sorted(range(len(words)), key=lambda i: i + p.dice.uniform(0, 5))
        words = [words[i] for i in order]
    return p.source, " ".join(words)


def _two_swapped(p: Place) -> Text | None:
    words = p.target.split()
    if len(words) < 6:
        return None
    a, b = p.dice.sample(range(len(words)), 2)
    words[a], words[b] = words[b], words[a]
    return p.source, " ".join(words)


def _number_changed(p: Place) -> Text | None:
    found = list(re.finditer(r"\d+(?:[.,]\d+)*", p.target))
    if not found:
        return None
    match = p.dice.choice(found)
    number = match.group()
    digits = [i for i, char in enumerate(number) if char.isdigit()]
    where = p.dice.choice(digits)
    other = p.dice.choice([d for d in "123456789" if d != number[where]])
    changed = number[:where] + other + number[where + 1 :]
    way = p.dice.random()
    if way < 0.15:
        changed = number + "0"
    elif way < 0.25 and len(digits) > 1:
        changed = number[:where] + number[where + 1 :]
    elif way < 0.35:
        changed = ""
    if not re.search(r"\d", changed) and way >= 0.35:
        return None
    return p.source, re.sub(r" {2,}", " ", p.target[: match.start()] + changed + p.target[match.end() :])


NUMBER_WORDS = r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"


def _number_word_changed(p: Place) -> Text | None:
    found = list(re.finditer(rf"\b(?:{NUMBER_WORDS})\b", p.target))
    if not found:
        return None
    match = p.dice.choice(found)
    other = p.dice.choice([word for word in NUMBER_WORDS.split("|") if word != match.group()])
    return p.source, p.target[: match.start()] + other + p.target[match.end() :]


def _negation_dropped(p: Place) -> Text | None:
    found = list(TARGET_NEGATION.finditer(p.target))
    if not found:
        return None
    match = p.dice.choice(found)
    spoilt = p.target[: match.start()].rstrip() if match.group() not in ("un",) else p.target[: match.start()]
    return p.source, spoilt + p.target[match.end() :]


def _negation_added(p: Place) -> Text | None:
    match = re.search(
        r"\b(?:is|are|was|were|will|can|could|should|would|has|have|had|must|may|does|did)\b", p.target
    )
    if not match:
        return None
    return p.source, p.target[: match.end()] + p.dice.choice((" not", " never")) + p.target[match.end() :]


def _source_negation_dropped(p: Place) -> Text | None:
    if not re.search(r"\b(?:niet|geen|nooit)\b", p.source):
        return None
    return re.sub(r" ?\b(?:niet|geen|nooit)\b", "", p.source, count=1), p.target


def _name_swapped(p: Place) -> Text | None:
    here = list(NAME.finditer(p.target))
    there = [name for _ in range(12) for name in NAME.findall(p.stranger()[1])]
    if not here or not there:
        return None
    match, other = p.dice.choice(here), p.dice.choice(there)
    if match.group() == other:
        return None
    return p.source, p.target[: match.start()] + other + p.target[match.end() :]


def _name_dropped(p: Place) -> Text | None:
    found = list(NAME.finditer(p.target))
    if not found:
        return None
    match = p.dice.choice(found)
    return p.source, (p.target[: match.start()] + p.target[match.end() :]).replace("  ", " ")


def _looped(p: Place) -> Text | None:
    words = p.target.split()
    if len(words) < 3:
        return None
    length = p.dice.randint(1, min(5, len(words)))
    start = len(words) - length if p.dice.random() < 0.6 else p.dice.randrange(len(words) - length + 1)
    times = p.dice.randint(2, 6) if length > 1 else p.dice.randint(3, 8)
    loop = words[start : start + length] * times
    return p.source, " ".join(words[:start] + loop + words[start + length :])


def _stuttered(p: Place) -> Text | None:
    words = p.target.split()
    index = p.dice.randrange(len(words))
    return p.source, " ".join([*words[: index + 1], *words[index:]])


def _marks_lost(p: Place) -> Text | None:
    bare = re.sub(r"[“”\"„«»()\[\]]", "", p.target)
    return None if bare == p.target else (p.source, bare)


def _shouted(p: Place) -> Text | None:
    return p.source, p.target.upper()


def _lower_cased(p: Place) -> Text | None:
    if sum(char.isupper() for char in p.target) < 2:
        return None
    return p.source, p.target.lower()


def _misspelt(p: Place) -> Text | None:
    words = p.target.split()
    where = [i for i, word in enumerate(words) if len(word) > 4]
    if len(where) < 2:
        return None
    for index in p.dice.sample(where, max(2, len(where) // 3)):
        word = words[index]
        at = p.dice.randrange(1, len(word) - 2)
        words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return p.source, " ".join(words)


def _garbled(p: Place) -> Text | None:
    spoilt = p.target.encode().decode("cp1252", "replace")
    return None if spoilt == p.target else (p.source, spoilt)


NOISES: dict[str, Callable[[Place], Text | None]] = {
    "random": _random,
    "near": _near,
    "copied": _copied,
    "half_copied": _half_copied,
    "wrong_language": _wrong_language,
    "target_cut": _target_cut,
    "source_cut": _source_cut,
    "head_cut": _head_cut,
    "clause_dropped": _clause_dropped,
    "clause_added": _clause_added,
    "target_extra": _target_extra,
    "source_extra": _source_extra,
    "word_dropped": _word_dropped,
    "word_replaced": _word_replaced,
    "word_untranslated": _word_untranslated,
    "shuffled": _shuffled,
    "two_swapped": _two_swapped,
    "number_changed": _number_changed,
    "number_word_changed": _number_word_changed,
    "negation_dropped": _negation_dropped,
    "negation_added": _negation_added,
    "source_negation_dropped": _source_negation_dropped,
    "name_swapped": _name_swapped,
    "name_dropped": _name_dropped,
    "looped": _looped,
    "stuttered": _stuttered,
    "marks_lost": _marks_lost,
    "shouted": _shouted,
    "lower_cased": _lower_cased,
    "misspelt": _misspelt,
    "garbled": _garbled,
}
"""Name of a kind of noise to what makes it."""


OFTEN = {
    "negation_dropped": 3,
    "negation_added": 3,
    "source_negation_dropped": 3,
    "number_changed": 3,
    "name_swapped": 2,
}
"""Kinds that say something else in fluent words, and how many times as often as the others they are made: a score
must put them last, though they show in one feature only."""


def samples(articles: Sequence[Article], real: int, each: int, seed: int) -> Iterator[Sample]:
    """Real pairs and the same number of each kind of noise, from places drawn at random; more of :data:`OFTEN`.

    Args:
        articles: pairs that are right, in reading order.
        real: how many real pairs, at most all.
        each: how many pairs of most kinds; fewer where the corpus has too few places for it.
        seed: the same seed gives the same samples, each kind by itself.
    """
    dice = random.Random(seed)
    places = [(a, i) for a, article in enumerate(articles) for i in range(len(article))]
    for a, i in dice.sample(places, min(real, len(places))):
        yield Sample("real", *articles[a][i], a)
    for kind, spoil in NOISES.items():
        dice = random.Random(f"{seed} {kind}")
        wanted, made = each * OFTEN.get(kind, 1), 0
        for a, i in dice.sample(places, len(places)):
            if made == wanted:
                break
            spoilt = spoil(Place(articles, a, i, dice))
            if spoilt is not None and spoilt != articles[a][i] and all(side.strip() for side in spoilt):
                made += 1
                yield Sample(kind, *spoilt, a)
